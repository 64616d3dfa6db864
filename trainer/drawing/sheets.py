"""Sheets of samples: what a person looks at to know how a training goes."""

import base64
import html
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from trainer.files import write_bytes, write_text
from trainer.labels.label import Label
from trainer.labels.matrix import drawn_evenly, label_matrix
from trainer.labels.people import of_people
from trainer.labels.years import SHOWN_AGES
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
    """Write pictures uint8 [N, H, W, 3] as one sheet to `path`; as .svg with `heads` above the columns."""
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
    rows = latents[:ROWS]
    if not of_people(labels):
        sheets = {"random": tiled(random_sheet(draw, latents, labels), PEOPLE_COLUMNS)}
        further = list(labels)
    else:
        ageing = ageing_sheet(draw, rows, labels)
        sheets = {
            "people": tiled(people_sheet(draw, latents, labels), PEOPLE_COLUMNS),
            "ageing": tiled(ageing, len(SHOWN_AGES)),
        }
        further = [label for label in labels if label.name not in ("sex", "age")]
    for label in further:
        sheets[label.name] = tiled(label_sheet(draw, rows, labels, label), len(label.steps))
    return sheets


def asked(labels: Sequence[Label], count: int, repeats: int, **given: Sequence[float] | np.ndarray) -> Tensor:
    """A raw label matrix [count * repeats, C], `repeats` rows for each character: as `given`, else drawn evenly."""
    drawn = drawn_evenly(labels, count, np.random.default_rng(0))
    values = {name: np.repeat(value, repeats, axis=0) for name, value in drawn.items()}
    people = np.repeat(np.arange(count), repeats)
    return torch.from_numpy(label_matrix(labels, {**values, **given}, people))


def random_sheet(draw: Draw, latents: Tensor, labels: Sequence[Label]) -> np.ndarray:
    """Each latent of [N, L] with labels drawn evenly: uint8 [N, H, W, 3]."""
    return drawn(draw, latents, asked(labels, len(latents), 1).to(latents.device))


def label_sheet(draw: Draw, latents: Tensor, labels: Sequence[Label], label: Label) -> np.ndarray:
    """Each latent of [N, L] with every value of `label`, other labels drawn evenly: uint8 [N * values, H, W, 3]."""
    steps = label.steps
    values = {label.name: np.tile(steps, (len(latents), 1))}
    matrix = asked(labels, len(latents), len(steps), **values).to(latents.device)
    return drawn(draw, latents.repeat_interleave(len(steps), dim=0), matrix)


def people_sheet(draw: Draw, latents: Tensor, labels: Sequence[Label]) -> np.ndarray:
    """Each latent of [N, L] as a woman and as a man, at ages that go round `SHOWN_AGES`: uint8 [2 N, H, W, 3]."""
    count = len(latents)
    ages = [SHOWN_AGES[index // 2 % len(SHOWN_AGES)] for index in range(2 * count)]
    matrix = asked(labels, count, 2, sex=[-1.0, 1.0] * count, age=ages).to(latents.device)
    return drawn(draw, latents.repeat_interleave(2, dim=0), matrix)


def ageing_sheet(draw: Draw, latents: Tensor, labels: Sequence[Label]) -> np.ndarray:
    """Each latent of [N, L] at every age of `SHOWN_AGES`, women and men in turn: uint8 [N * ages, H, W, 3]."""
    count, steps = len(latents), len(SHOWN_AGES)
    sexes = [(-1.0, 1.0)[row % 2] for row in range(count) for _ in range(steps)]
    matrix = asked(labels, count, steps, sex=sexes, age=list(SHOWN_AGES) * count).to(latents.device)
    return drawn(draw, latents.repeat_interleave(steps, dim=0), matrix)


@torch.no_grad()
def drawn(draw: Draw, latents: Tensor, matrix: Tensor, batch: int = 128) -> np.ndarray:
    """Pictures of latents [N, L] and raw labels [N, C], `batch` at a time: uint8 [N, H, W, 3]."""
    chunks = zip(latents.split(batch), matrix.split(batch), strict=True)
    return np.concatenate([pictures_of(draw(*chunk)) for chunk in chunks])
