"""What `trainer encoder` has trained for a generator, read back."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.checkpoints import read_tensors
from trainer.drawing.inference import TrainedGenerator
from trainer.errors import UserError
from trainer.files import file_at, parsed_json
from trainer.networks.crowd import CrowdGenerator
from trainer.networks.encoder import FaceEncoder
from trainer.networks.offsets import OffsetGenerator

ENCODER_FILE = "encoder.pt"
FIGURES_FILE = "likeness.json"
"""Beside it, where it was measured: how like its likenesses are."""


@dataclass(frozen=True)
class TrainedEncoder:
    """An encoder and the generator, with offsets, that draws its vectors; `facts` are for the card."""

    network: FaceEncoder
    generator: OffsetGenerator
    facts: Mapping[str, Any]


def with_offsets(trained: TrainedGenerator) -> OffsetGenerator:
    """The generator, frozen, with offsets that have yet to learn. Raises `UserError` where it can have none."""
    if not isinstance(trained.network, CrowdGenerator):
        raise UserError(f"the {trained.config.generator.kind} generator has no styles to offset: take a crowd model")
    return OffsetGenerator(trained.network, trained.labels)


def new_encoder(trained: TrainedGenerator, generator: OffsetGenerator) -> FaceEncoder:
    """An untrained encoder for the generator. Raises `UserError` for a side that none is made for."""
    try:
        size = trained.network.latent_size
        offsets = generator.offsets
        return FaceEncoder(trained.labels, trained.config.resolution, size, offsets.components, offsets.small)
    except ValueError as error:
        raise UserError(f"{error}; there are encoders for 32, 64, 128 ... pixels") from error


def generator_digest(trained: TrainedGenerator) -> str:
    """What tells a generator's weights from others', rounded so that a light checkpoint's count as the same."""
    digest = hashlib.sha256()
    for name, value in sorted(trained.network.named_parameters()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().half().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def read_encoder_state(path: Path) -> dict[str, Any]:
    """The file that `trainer encoder` keeps. Raises `UserError`. Runs no code that the file brings."""
    file = file_at(path, ENCODER_FILE)
    if not file.is_file():
        raise UserError(f"{file}: no such file; make one with `python -m trainer encoder`")
    state = read_tensors(file, "train the encoder anew")
    if not {"encoder", "offsets", "generator"} <= state.keys():
        raise UserError(f"{file}: is no encoder of this trainer")
    return state


def read_likeness_figures(path: Path) -> dict[str, Any]:
    """What was measured of the encoder at `path`, a folder or its file; empty where nothing was. Raises `UserError`."""
    file = (path if path.is_dir() else path.parent) / FIGURES_FILE
    if not file.is_file():
        return {}
    try:
        figures = parsed_json(file.read_bytes())
        groups = {name: own for name, own in figures.items() if isinstance(own, dict)}
        told = [*(value for own in groups.values() for value in own.values()), figures["people"], figures["seeds"]]
        if not {"encoder", "photographs", "edits"} <= groups.keys() or not all(map(math.isfinite, told)):
            raise ValueError("figures are missing")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise UserError(f"{file}: damaged ({error}); measure again with --pairs, or remove it") from None
    return dict(figures)


def likeness_in_words(card: Mapping[str, Any]) -> str:
    """How like the likenesses of a model with this card are, in a line; empty where it was not measured."""
    figures = card.get("encoder", {}).get("figures")
    if not figures:
        return ""
    own, real = figures["encoder"], figures["photographs"]
    return (
        f"the right one of ten is picked in {own['picked']:.2f}; identity distance to another photograph"
        f" {own['to_other']:.2f}, of two photographs {real['same_person']:.2f}, of strangers {real['strangers']:.2f}"
        f" ({figures['people']} people)"
    )


def load_encoder(path: Path, trained: TrainedGenerator) -> TrainedEncoder:
    """The encoder at `path`, a folder or its file, for the generator that it was trained for. Raises `UserError`."""
    state = read_encoder_state(path)
    if state["generator"] != generator_digest(trained):
        raise UserError(
            f"{path}: was trained for another generator than this one; give its checkpoint and its --variety, or train"
            " one with `python -m trainer encoder`"
        )
    generator = with_offsets(trained)
    network = new_encoder(trained, generator)
    try:
        network.load_state_dict(state["encoder"])
        generator.offsets.load_state_dict(state["offsets"])
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: its weights do not fit this encoder; train it anew") from error
    facts, figures = dict(state.get("facts", {})), read_likeness_figures(path)
    return TrainedEncoder(network.eval(), generator.eval(), facts | ({"figures": figures} if figures else {}))
