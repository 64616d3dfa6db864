"""The figures of an encoder: of people with two photographs, beside two plain rivals and photographs themselves."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from trainer.encoder.drawing import Likenesses, as_tensor
from trainer.encoder.measuring import Pairs, edits_of, likeness_of, photographs_apart, years_read
from trainer.encoder.photographs.people_table import Sitter
from trainer.encoder.photographs.reading import FaceReader, Studio, sitter_labels
from trainer.encoder.rivals import nearest_of_seeds, optimised, people_of_seeds, plain_cost
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.labels.people import of_people
from trainer.networks.offsets import OffsetGenerator
from trainer.pictures import Pixels, png, tiled

SHEET_FILE = "likeness.png"
SHOWN = 20
DIGITS = 4


def read_pairs(sitters: Sequence[Sitter], labels: tuple[Label, ...], studio: Studio) -> Pairs:
    """Two photographs of each sitter, with all labels that a model has. Raises `UserError`."""
    if not of_people(labels):
        raise UserError("likeness is measured of a model with the labels sex and age")
    reader = FaceReader.of(studio, bare=False)
    shots = [np.stack([reader.read(sitter.photographs[at]) for sitter in sitters]) for at in (0, 1)]
    return Pairs(shots[0], shots[1], sitter_labels(sitters, labels, shots[0], studio.geometry))


def report(
    likenesses: Likenesses,
    generator: OffsetGenerator,
    pairs: Pairs,
    labels: tuple[Label, ...],
    studio: Studio,
    seeds: int,
) -> tuple[dict[str, Any], dict[str, Pixels]]:
    """The figures by name, and the pictures uint8 [N, S, S, 3] of the encoder and its rivals."""
    matrix, geometry = pairs.labels, studio.geometry
    size = generator.generator.latent_size, generator.offsets.size
    vectors = likenesses.vectors(pairs.first, matrix)
    cost = plain_cost(as_tensor(pairs.first, likenesses.device))
    start = np.random.RandomState(0).standard_normal((len(matrix), sum(size))) * [*[0.1] * size[0], *[0.0] * size[1]]
    made = {
        "encoder": likenesses.pictures(vectors, matrix),
        "nearest_seed": nearest_of_seeds(likenesses, pairs.first, matrix, size, seeds),
        "optimised_latent": likenesses.pictures(optimised(likenesses, matrix, start, size[0], cost), matrix),
    }
    real = photographs_apart(pairs, geometry)
    names = [label.name for label in labels for _ in range(label.columns)]
    columns = names.index("sex"), names.index("age")
    groups = {name: asdict(likeness_of(pictures, pairs, geometry)) for name, pictures in made.items()}
    groups["photographs"] = real | {"years": years_read(pairs.first, matrix[:, columns[1]], geometry)}
    people = {"edits": vectors, "edits_of_seeds": people_of_seeds(len(matrix), size)}
    for name, own in people.items():
        groups[name] = asdict(edits_of(likenesses, own, matrix, columns, real["strangers_5"], geometry))
    figures: dict[str, Any] = {
        name: {key: round(value, 4) for key, value in own.items()} for name, own in groups.items()
    }
    return figures | {"people": len(matrix), "seeds": seeds}, made


def told(figures: dict[str, Any]) -> str:
    """The figures as lines for a terminal."""
    rows = [f"{'':<18}to the photograph  to another  nearer than 19 of 20  right of ten"]
    for name in ("encoder", "optimised_latent", "nearest_seed"):
        own = figures[name]
        rows.append(
            f"{name.replace('_', ' '):<18}{own['to_photograph']:>17.3f}{own['to_other']:>12.3f}{own['found']:>22.2f}"
            f"{own['picked']:>14.2f}"
        )
    real, edits, seeds = figures["photographs"], figures["edits"], figures["edits_of_seeds"]
    rows.append(f"{'photographs':<18}{'':>17}{real['same_person']:>12.3f}{real['found']:>22.2f}{real['picked']:>14.2f}")
    rows.append(f"strangers: {real['strangers']:.3f}, one in twenty below {real['strangers_5']:.3f}")
    rows.append(
        f"ten years older or younger: {edits['kept']:.2f} still below that, median {edits['apart']:.3f}; the judge sees"
        f" {edits['years']:+.1f} years; the other sex is seen in {edits['sex']:.2f}"
    )
    rows.append(
        f"the same of seeds: {seeds['years']:+.1f} years, {seeds['sex']:.2f}; between photographed people ten years"
        f" apart the judge sees {real['years']:+.1f}"
    )
    return "\n".join(rows)


def sheet(pairs: Pairs, made: dict[str, Pixels]) -> bytes:
    """A PNG of the first people: both photographs, then each way's face, a column for each person."""
    rows = [pairs.first, pairs.second, *made.values()]
    return png(tiled(np.concatenate([row[:SHOWN] for row in rows]), min(SHOWN, len(pairs.first))), made=True)
