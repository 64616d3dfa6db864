"""Sheets of samples: what a person looks at to know how a training goes."""

import base64
import html
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from PIL import Image
from torch import Tensor

from trainer.files import write_bytes, write_text
from trainer.labels.label import Label
from trainer.labels.matrix import evenly_but, label_matrix
from trainer.labels.people import of_people
from trainer.labels.sex_and_years import SHOWN_AGES
from trainer.pictures import GAP, MADE_RDF, Pixels, png, save_marked, tiled, to_bytes

Draw = Callable[[Tensor, Tensor], Tensor]

HEAD = 16
"""Pixels above pictures for words."""
PEOPLE_COLUMNS = 16
ROWS = 8


def pictures_of(images: Tensor) -> Pixels:
    """Float [N, 3, H, W], -1 ... 1 -> uint8 [N, H, W, 3]."""
    return to_bytes(images.float().permute(0, 2, 3, 1).cpu().numpy())


def save_sheet(images: np.ndarray, columns: int, path: Path, heads: Sequence[str] = ()) -> None:
    """Write pictures uint8 [N, H, W, 3] as one sheet to `path`; as .svg with `heads` above the columns.

    Raises ValueError for an ending that no picture has.
    """
    sheet = tiled(images, columns)
    if path.suffix.lower() == ".svg":
        write_text(path, as_svg(sheet, images.shape[2] + GAP, heads))
        return
    encoded, kind = io.BytesIO(), Image.registered_extensions().get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"no picture ends in {path.suffix or 'nothing'}: give .png, .jpg, .webp or .svg")
    save_marked(Image.fromarray(sheet), encoded, kind)
    write_bytes(path, encoded.getvalue())


def as_svg(sheet: Pixels, pitch: int, heads: Sequence[str]) -> str:
    """A sheet as SVG, its pixels sharp at any scale; columns stand `pitch` apart."""
    top, (height, width) = HEAD if heads else 0, sheet.shape[:2]
    words = "".join(
        f'<text x="{(place + 0.5) * pitch - GAP / 2:g}" y="{HEAD - 4}">{html.escape(word)}</text>'
        for place, word in enumerate(heads)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + top}" font-family="sans-serif"'
        f' font-size="11" text-anchor="middle"><metadata>{MADE_RDF}</metadata>'
        f'<rect width="100%" height="100%" fill="#fff"/>{words}'
        f'<image y="{top}" width="{width}" height="{height}" style="image-rendering:pixelated"'
        f' href="data:image/png;base64,{base64.b64encode(png(sheet, made=True)).decode()}"/></svg>\n'
    )


def run_sheets(draw: Draw, latents: Tensor, labels: Sequence[Label]) -> dict[str, np.ndarray]:
    """What a run shows of itself now and then, by name: uint8 [H, W, 3] each, from latents [N, L].

    `people`: everybody as a woman and as a man; `ageing`: the first few at every age. Without sex and age, `random`:
    everybody with labels drawn evenly. And for each further label a sheet of its name: the first few with every value.
    """

    def sheet(rows: Tensor, columns: int, repeats: int, **given: ArrayLike) -> np.ndarray:
        values = evenly_but(labels, len(rows), repeats, given, np.random.default_rng(0))
        matrix = torch.from_numpy(label_matrix(labels, values, np.arange(len(rows) * repeats))).to(latents.device)
        return tiled(drawn(draw, rows.repeat_interleave(repeats, dim=0), matrix), columns)

    first, ages = latents[:ROWS], len(SHOWN_AGES)
    if of_people(labels):
        turns = np.array(SHOWN_AGES)[np.arange(len(latents)) % ages]
        sexes = np.where(np.arange(len(first)) % 2, 1.0, -1.0)
        sheets = {
            "people": sheet(latents, PEOPLE_COLUMNS, 2, sex=[-1.0, 1.0] * len(latents), age=np.repeat(turns, 2)),
            "ageing": sheet(first, ages, ages, sex=np.repeat(sexes, ages), age=np.tile(SHOWN_AGES, len(first))),
        }
    else:
        sheets = {"random": sheet(latents, PEOPLE_COLUMNS, 1)}
    for label in labels:
        if label.name not in ("sex", "age") or not of_people(labels):
            count = len(label.steps)
            sheets[label.name] = sheet(first, count, count, **{label.name: np.tile(label.steps, (len(first), 1))})
    return sheets


@torch.no_grad()
def drawn(draw: Draw, latents: Tensor, matrix: Tensor, batch: int = 128) -> np.ndarray:
    """Pictures of latents [N, L] and raw labels [N, C], `batch` at a time: uint8 [N, H, W, 3]."""
    chunks = zip(latents.split(batch), matrix.split(batch), strict=True)
    return np.concatenate([pictures_of(draw(*chunk)) for chunk in chunks])
