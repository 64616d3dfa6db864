"""`trainer sample`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from numpy.typing import ArrayLike

from trainer.drawing.inference import (
    FaceGenerator,
    drawn_in_batches,
    from_trained,
    is_run,
    load_trained,
    open_generator,
)
from trainer.drawing.people import drawn_things, read_settings
from trainer.drawing.sheets import save_sheet
from trainer.errors import UserError
from trainer.evaluation.sources import REDRAWN, whole_seeds
from trainer.labels.label import Label
from trainer.labels.matrix import drawn_evenly, evenly_but, label_matrix
from trainer.labels.sex_and_years import SHOWN_AGES
from trainer.ranges import Within

STEPS = 10
Kind = Literal["random", "sexes", "ageing", "label", "interpolation"]
Statistics = Literal["running", "batch", "padded"]


@dataclass(frozen=True)
class Sample:
    """Draw a sheet of faces from a run, a checkpoint or a model file.

    random: all ages, both sexes, and further labels as they come; sexes: the same people as a woman and as a man;
    ageing: the same people growing older; label: the same people with every value of one label; interpolation: from one
    person to the next.

    Example: python -m trainer sample faces.facegan --kind ageing --out ageing.png

    With and without glasses, all of them blond: --kind label --label glasses --fix hair=blond

    The 2016 paper's ageing strips: python -m trainer sample RUN --kind ageing --statistics padded --out figure10.png
    """

    source: tyro.conf.Positional[Path]
    """A .facegan file, a run folder or a checkpoint."""
    out: Path
    """The picture to write (.png, .jpg, .webp, or .svg with words above the columns)."""
    kind: Kind = "random"
    """What the sheet shows."""
    label: str = ""
    """Which label --kind label shows."""
    fix: tuple[str, ...] = ()
    """Labels that are the same for everybody, NAME=VALUE."""
    rows: Annotated[int, Within(1, 1000)] = 10
    """Rows of the sheet."""
    seed: Annotated[int, Within(0, 2**32 - 1 - 10**6)] = 0
    """The first seed."""
    whole: bool = False
    """--kind random: in place of a face that the model knows to come out broken, another seed's, as Blender's *Whole
    Faces* does."""
    statistics: Statistics = "running"
    """What a run's batch norms go by. running: averages, so that a face does not depend on others. batch: each row of
    the sheet in a batch of 64 of its own, with people at random; padded: with rows of zeros instead of people, as the
    2016 paper drew its ageing strips."""

    def run(self) -> None:
        """Draw and write."""
        draw, pictures_of = self.opened()
        if self.whole and self.kind != "random":
            raise UserError(f"--whole: is for --kind random; --kind {self.kind} shows its people as they come")
        if self.whole and draw.doubt is None:
            raise UserError(f"--whole: {self.source} knows of no broken faces; give a file exported with --doubt")
        fixed = read_settings(self.fix, draw.labels)
        sheet = SHEETS[self.kind](Asked(draw, self.rows, self.seed, self.label, fixed, self.whole))
        images = pictures_of(sheet)
        try:
            save_sheet(images, sheet.columns, self.out, sheet.heads)
        except (OSError, ValueError) as error:
            raise UserError(f"{self.out}: cannot be written ({error})") from error
        print(f"{self.out}: {drawn_things(len(images), draw.labels)} of {draw.resolution} px")
        if self.whole and (left := int(draw.refuses(sheet.seeds, sheet.values).sum())):
            print(f"{left} of them the model refuses from each of {REDRAWN + 1} seeds: they are drawn as they come")

    def opened(self) -> tuple[FaceGenerator, Callable[["Sheet"], np.ndarray]]:
        """Who is drawn from, and how a sheet's pictures are drawn. Raises `UserError`."""
        if self.statistics == "running":
            generator = open_generator(self.source)
            return generator, lambda sheet: generator.from_latents(sheet.latents, sheet.values, sheet.seeds)
        if not is_run(self.source):
            raise UserError(
                f"{self.source}: a model file has its statistics folded in; give a run or a checkpoint for"
                f" --statistics {self.statistics}"
            )
        trained, padded = load_trained(self.source, calibration=0), self.statistics == "padded"

        def drawn(sheet: "Sheet") -> np.ndarray:
            matrix = label_matrix(trained.labels, sheet.values, sheet.seeds)
            return drawn_in_batches(trained, sheet.latents, matrix, sheet.columns, padded=padded)

        return from_trained(trained), drawn


@dataclass(frozen=True)
class Asked:
    """What a sheet is asked for: who draws, how many rows, the first seed, the label shown, labels that are `fixed`.

    `whole`: whether nobody is shown whom the generator refuses.
    """

    generator: FaceGenerator
    rows: int
    seed: int
    label: str
    fixed: Mapping[str, ArrayLike]
    whole: bool = False

    def shown(self, name: str, kind: str = "") -> Label:
        """The model's label `name`, of a kind if one is given. Raises `UserError` where it has none, or it is fixed."""
        if name in self.fixed:
            raise UserError(f"--fix {name}: the sheet shows it, it cannot be fixed and shown")
        for label in self.generator.labels:
            if label.name == name and kind in ("", label.kind):
                return label
        names = ", ".join(label.name for label in self.generator.labels) or "none"
        raise UserError(f"the model has no label {name!r} to show; it has {names}")

    def values(self, people: int, repeats: int, given: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
        """Labels for `people`, `repeats` rows each: fixed or `given` ones, sex and age in turn, others drawn evenly."""
        turns = {
            "sex": np.repeat(np.where(np.arange(people) % 2, 1.0, -1.0), repeats),
            "age": np.repeat(np.array(SHOWN_AGES)[1 + np.arange(people) % (len(SHOWN_AGES) - 1)], repeats),
        }
        fixed = {name: np.tile(np.asarray(value), (people * repeats, 1)) for name, value in self.fixed.items()}
        asked = {**turns, **given, **fixed}
        return evenly_but(self.generator.labels, people, repeats, asked, np.random.default_rng(self.seed))


@dataclass(frozen=True)
class Sheet:
    """Who is drawn: `latents` [N, L], labels by name [N, columns], `seeds` [N]; how many stand in a row, under what."""

    latents: np.ndarray
    values: Mapping[str, np.ndarray]
    seeds: np.ndarray
    columns: int
    heads: Sequence[str] = ()


def random_sheet(asked: Asked) -> Sheet:
    """Everybody at random."""
    count = asked.rows * 2 * STEPS
    seeds = np.arange(asked.seed, asked.seed + count)
    drawn = drawn_evenly(asked.generator.labels, count, np.random.default_rng(asked.seed))
    values = asked.values(count, 1, drawn)
    if asked.whole:
        seeds = whole_seeds(
            seeds,
            lambda tried, rows: asked.generator.refuses(tried, {name: value[rows] for name, value in values.items()}),
            # Another stream than that of the labels.
            np.random.default_rng((asked.seed, 1)),
        )
    return Sheet(asked.generator.latents(seeds), values, seeds, 2 * STEPS)


def sexes_sheet(asked: Asked) -> Sheet:
    """The same people as a woman and as a man, at ages that go round."""
    asked.shown("sex", "binary")
    pairs = asked.rows * STEPS
    people = np.repeat(np.arange(asked.seed, asked.seed + pairs), 2)
    given = {
        "sex": np.tile([-1.0, 1.0], pairs),
        "age": np.repeat(np.array(SHOWN_AGES)[np.arange(pairs) % len(SHOWN_AGES)], 2),
    }
    return Sheet(asked.generator.latents(people), asked.values(pairs, 2, given), people, 2 * STEPS)


def ageing_sheet(asked: Asked) -> Sheet:
    """The same people growing older, women and men in turn."""
    age = asked.shown("age", "number")
    return rows_of(asked, {"age": np.tile(SHOWN_AGES, asked.rows)}, age.step_names)


def label_sheet(asked: Asked) -> Sheet:
    """The same people with every value of one label."""
    label = asked.shown(asked.label)
    return rows_of(asked, {label.name: np.tile(label.steps, (asked.rows, 1))}, label.step_names)


def rows_of(asked: Asked, given: Mapping[str, ArrayLike], heads: Sequence[str]) -> Sheet:
    """A person in each row, a column under each of `heads`, with `given` labels [rows * columns, ...]."""
    count = len(heads)
    people = np.repeat(np.arange(asked.seed, asked.seed + asked.rows), count)
    return Sheet(asked.generator.latents(people), asked.values(asked.rows, count, given), people, count, heads)


def interpolation_sheet(asked: Asked) -> Sheet:
    """Each row goes from one seed's latent to the next one's along the sphere that both lie near, labels kept."""
    seeds = np.arange(asked.seed, asked.seed + 2 * asked.rows)
    ends = asked.generator.latents(seeds)
    shares = np.linspace(0.0, 1.0, STEPS, dtype=np.float32)[:, None]
    pairs = [spherical(ends[2 * row], ends[2 * row + 1], shares) for row in range(asked.rows)]
    people = np.repeat(np.arange(asked.seed, asked.seed + asked.rows), STEPS)
    return Sheet(np.concatenate(pairs), asked.values(asked.rows, STEPS, {}), people, STEPS)


def spherical(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Spherical interpolation (Shoemake 1985) between two latents [L] at `shares` [S, 1]: [S, L]."""
    cosine = float(start @ end / (np.linalg.norm(start) * np.linalg.norm(end)))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if angle < 1e-4:
        return np.asarray(start + shares * (end - start), np.float32)
    mixed = np.sin((1.0 - shares) * angle) * start + np.sin(shares * angle) * end
    return np.asarray(mixed / np.sin(angle), np.float32)


SHEETS = {
    "random": random_sheet,
    "sexes": sexes_sheet,
    "ageing": ageing_sheet,
    "label": label_sheet,
    "interpolation": interpolation_sheet,
}
