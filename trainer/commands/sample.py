"""`trainer sample`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from trainer.errors import UserError
from trainer.inference import FaceGenerator, open_generator
from trainer.training.sheets import SHEET_AGES, save_sheet

STEPS = 10
Kind = Literal["random", "sexes", "ageing", "interpolation"]


@dataclass(frozen=True)
class Sample:
    """Draw a sheet of faces from a run, a checkpoint or a model file.

    random: all ages, both sexes; sexes: the same people as a woman and as a man; ageing: the same people growing
    older; interpolation: from one person to the next.

    Example: python -m trainer sample faces.facegan --kind ageing --out ageing.png
    """

    source: tyro.conf.Positional[Path]
    """A .facegan file, a run folder or a checkpoint."""
    out: Path
    """The picture to write (.png, .jpg, .webp)."""
    kind: Kind = "random"
    """What the sheet shows."""
    rows: int = 10
    """Rows of the sheet."""
    seed: int = 0
    """The first seed."""

    def run(self) -> None:
        """Draw and write."""
        if self.rows < 1:
            raise UserError(f"--rows {self.rows}: at least 1")
        draw = open_generator(self.source)
        images, columns = drawn(draw, self.kind, self.rows, self.seed)
        try:
            save_sheet(images, columns, self.out)
        except (OSError, ValueError) as error:
            raise UserError(f"{self.out}: cannot be written ({error})") from error
        print(f"{self.out}: {len(images)} faces of {draw.resolution} px")


def drawn(draw: FaceGenerator, kind: Kind, rows: int, seed: int) -> tuple[np.ndarray, int]:
    """The faces of a sheet, uint8 [N, H, W, 3], row by row, and how many stand in a row."""
    if kind == "interpolation":
        return interpolated(draw, rows, seed), STEPS
    if kind == "random":
        count = rows * 2 * STEPS
        dice = np.random.default_rng(seed)
        sex, age = dice.choice([-1.0, 1.0], count), dice.uniform(1.0, 85.0, count)
        return draw(np.arange(seed, seed + count), sex, age), 2 * STEPS
    if kind == "sexes":
        pairs = rows * STEPS
        people = np.repeat(np.arange(seed, seed + pairs), 2)
        age = np.repeat(np.array(SHEET_AGES)[np.arange(pairs) % len(SHEET_AGES)], 2)
        return draw(people, np.tile([-1.0, 1.0], pairs), age), 2 * STEPS
    people = np.repeat(np.arange(seed, seed + rows), len(SHEET_AGES))
    sex = np.repeat(np.where(np.arange(rows) % 2, 1.0, -1.0), len(SHEET_AGES))
    return draw(people, sex, np.tile(SHEET_AGES, rows)), len(SHEET_AGES)


def interpolated(draw: FaceGenerator, rows: int, seed: int) -> np.ndarray:
    """Each row goes from one seed's latent to the next one's along the sphere that both lie near, sex and age kept."""
    ends = draw.latents(np.arange(seed, seed + 2 * rows))
    shares = np.linspace(0.0, 1.0, STEPS, dtype=np.float32)[:, None]
    latents = np.concatenate([spherical(ends[2 * row], ends[2 * row + 1], shares) for row in range(rows)])
    sex = np.repeat(np.where(np.arange(rows) % 2, 1.0, -1.0), STEPS)
    age = np.repeat(np.array(SHEET_AGES)[1 + np.arange(rows) % (len(SHEET_AGES) - 1)], STEPS)
    return draw.from_latents(latents, sex, age)


def spherical(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Spherical interpolation (Shoemake 1985) between two latents [L] at `shares` [S, 1]: [S, L]."""
    cosine = float(start @ end / (np.linalg.norm(start) * np.linalg.norm(end)))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if angle < 1e-4:
        return np.asarray(start + shares * (end - start), np.float32)
    mixed = np.sin((1.0 - shares) * angle) * start + np.sin(shares * angle) * end
    return np.asarray(mixed / np.sin(angle), np.float32)
