"""Sheets of samples: what a person looks at to know how a training goes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from trainer.labels import LabelSpec

Draw = Callable[[Tensor, Tensor], Tensor]

SHEET_AGES = (3.0, 10.0, 18.0, 27.0, 36.0, 45.0, 55.0, 65.0, 75.0, 85.0)


def to_bytes(images: Tensor) -> np.ndarray:
    """Float [N, 3, H, W], -1 ... 1 -> uint8 [N, H, W, 3], as the model file's format rounds."""
    return ((images.float() + 1.0) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def tiled(images: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Pictures uint8 [N, H, W, 3] as one uint8 sheet, row by row, on white."""
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def save_sheet(images: np.ndarray, columns: int, path: Path) -> None:
    """Write pictures uint8 [N, H, W, 3] as one sheet to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(tiled(images, columns)).save(path)


def label_rows(labels: Sequence[LabelSpec], sex: Sequence[float], age: Sequence[float]) -> Tensor:
    """A raw label matrix [N, C] with sex and age given, and every other label in the middle of its range."""
    columns = []
    for label in labels:
        if label.name == "sex":
            columns.append(torch.tensor(sex)[:, None])
        elif label.name == "age":
            columns.append(torch.tensor(age)[:, None])
        elif label.kind == "classes":
            columns.append(torch.full((len(sex), label.columns), 1.0 / label.columns))
        else:
            columns.append(
                torch.full((len(sex), 1), (label.minimum + label.maximum) / 2 if label.kind == "number" else 0.0)
            )
    return torch.cat(columns, dim=1).float()


def people_sheet(draw: Draw, latents: Tensor, labels: Sequence[LabelSpec]) -> np.ndarray:
    """Each latent of [N, L] as a woman and as a man, at ages that go round `SHEET_AGES`: uint8 [2 N, H, W, 3]."""
    count = len(latents)
    ages = [SHEET_AGES[index // 2 % len(SHEET_AGES)] for index in range(2 * count)]
    sexes = [-1.0, 1.0] * count
    matrix = label_rows(labels, sexes, ages).to(latents.device)
    return drawn(draw, latents.repeat_interleave(2, dim=0), matrix)


def ageing_sheet(draw: Draw, latents: Tensor, labels: Sequence[LabelSpec]) -> np.ndarray:
    """Each latent of [N, L] at every age of `SHEET_AGES`, women and men in turn: uint8 [N * ages, H, W, 3]."""
    count, steps = len(latents), len(SHEET_AGES)
    sexes = [(-1.0, 1.0)[row % 2] for row in range(count) for _ in range(steps)]
    matrix = label_rows(labels, sexes, list(SHEET_AGES) * count).to(latents.device)
    return drawn(draw, latents.repeat_interleave(steps, dim=0), matrix)


@torch.no_grad()
def drawn(draw: Draw, latents: Tensor, matrix: Tensor, batch: int = 128) -> np.ndarray:
    """Pictures of latents [N, L] and raw labels [N, C], `batch` at a time: uint8 [N, H, W, 3]."""
    chunks = zip(latents.split(batch), matrix.split(batch), strict=True)
    return np.concatenate([to_bytes(draw(*chunk)) for chunk in chunks])
