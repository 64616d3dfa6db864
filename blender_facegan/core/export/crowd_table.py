"""Who is in a crowd and where each face stands, as tables that engines read: CSV and JSON."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..atlas.png import SYNTHETIC, owner_of
from .ktx2 import is_texture_array

GENERATOR = "Crowd Faces"
FORMAT = 1
PICTURE_OWNER = "crowd table"
"""Whose the pictures of a table are (see `core.atlas.png.with_owner`)."""
_PLACE = ("object", "instance", "image", "page", "u", "v", "width", "height", "tile")
_WHO = ("sex", "age", "seed", "skin_tone", "skin_r", "skin_g", "skin_b")
_TRANSFORM = ("x", "y", "z", "qw", "qx", "qy", "qz", "sx", "sy", "sz")


@dataclass(frozen=True)
class Row:
    """One character.

    name: of its object. instance: its number among the object's instances, None for an object itself. image: a file
    beside the table; page: its number, None for a picture of its own. place: lower left corner and size in UV units of
    the image. tile: the face's number in the array. sex: female or male. skin: linear RGB. matrix: [4, 4], to the
    world, in Blender's axes. labels: the model's further ones, by name. textures: files by the names of materials.
    """

    name: str
    sex: str
    age: float
    seed: int
    skin_tone: float
    skin: tuple[float, float, float]
    image: str = ""
    place: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    tile: int = 0
    instance: int | None = None
    page: int | None = None
    matrix: NDArray[np.float64] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    textures: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class PageFile:
    """A page of faces as it was written: its files from the largest to the smallest, and its grid in pixels."""

    files: Sequence[str]
    width: int
    height: int
    tile: int
    gutter: int
    columns: int


@dataclass(frozen=True)
class TileArray:
    """All faces in equal tiles: files of a grid, row by row from the upper left, and files of an array with mip levels.

    Each has the next `per_file` tiles.
    """

    grids: Sequence[str]
    arrays: Sequence[str]
    tile: int
    columns: int
    count: int
    per_file: int


@dataclass(frozen=True)
class Source:
    """A model that made faces: the digest of its file, and its card's words, empty where it is not known."""

    digest: str
    name: str = ""
    licence: str = ""
    attribution: str = ""


def as_csv(rows: Sequence[Row]) -> bytes:
    """One line for each character. Columns of transforms and labels are there where any row has them."""
    labels = sorted({name for row in rows for name in row.labels})
    has_place = any(row.matrix is not None for row in rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow((*_PLACE, *_WHO, *labels, *(_TRANSFORM if has_place else ())))
    for row in rows:
        cells: list[Any] = [
            row.name,
            _or_empty(row.instance),
            row.image,
            _or_empty(row.page),
            *_told(row.place),
            row.tile,
        ]
        cells += [row.sex, f"{row.age:.7g}", row.seed, f"{row.skin_tone:.5g}", *_told(row.skin)]
        cells += [row.labels.get(name, "") for name in labels]
        if has_place:
            cells += _told(transform(row.matrix)) if row.matrix is not None else [""] * len(_TRANSFORM)
        writer.writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def as_json(
    rows: Sequence[Row], pages: Sequence[PageFile], array: TileArray | None, sources: Sequence[Source], meter: float
) -> bytes:
    """The same, with what there is to say of the files. meter: metres of a unit of the transforms."""
    told = {
        "generator": GENERATOR,
        "format": FORMAT,
        "digital_source_type": SYNTHETIC,
        "models": [vars(source) for source in sources],
        "origin_of_uv": "lower left",
        "axes": "right-handed, Z up, -Y ahead",
        "meters_per_unit": meter,
        "pages": [{**vars(page), "files": list(page.files)} for page in pages],
        "array": None if array is None else {**vars(array), "grids": list(array.grids), "arrays": list(array.arrays)},
        "characters": [_character(row) for row in rows],
    }
    return json.dumps(told, indent=1, ensure_ascii=False).encode("utf-8", "replace")


def licence_text(sources: Sequence[Source]) -> bytes:
    """What the files beside it may be used for, and that nobody is shown on them."""
    lines = [
        f"{GENERATOR}: faces made by a trained model. They show nobody who exists.",
        f"Digital source type: {SYNTHETIC}",
    ]
    for source in sources:
        known = source.licence or "not known here: the model is not installed. See its card"
        lines += ["", f"Model: {source.name or source.digest}", f"Licence: {known}"]
        lines += [f"Attribution: {source.attribution}"] if source.attribution else []
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def is_ours(data: bytes) -> bool:
    """Whether a file is one of a table that was written before, and may be written again."""
    starts = (",".join(_PLACE), f'{{\n "generator": "{GENERATOR}"', f"{GENERATOR}: faces made by")
    return (
        any(data.startswith(start.encode()) for start in starts)
        or owner_of(data) == PICTURE_OWNER
        or is_texture_array(data)
    )


def transform(matrix: NDArray[np.float64]) -> tuple[float, ...]:
    """Place, turn (a quaternion, real part first) and size of a matrix without shear: ten numbers."""
    linear = matrix[:3, :3]
    size = np.linalg.norm(linear, axis=0)
    if np.linalg.det(linear) < 0:
        size = -size
    turn = linear / np.where(size == 0, 1.0, size)
    return (*(float(value) for value in matrix[:3, 3]), *_quaternion(turn), *(float(value) for value in size))


def _quaternion(turn: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """By the largest of its four parts, so that no small number is divided by."""
    trace = float(np.trace(turn))
    squares = np.array([1 + trace, *(1 + 2 * turn[i, i] - trace for i in range(3))])
    largest = int(np.argmax(squares))
    twice = float(np.sqrt(max(squares[largest], 1e-12)))
    skew = (turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1])
    parts = np.empty(4)
    if largest == 0:
        parts[:] = (twice * twice, *skew)
    else:
        one = largest - 1
        parts[0], parts[largest] = skew[one], twice * twice
        for other in {0, 1, 2} - {one}:
            parts[1 + other] = turn[one, other] + turn[other, one]
    parts /= 2 * twice
    w, x, y, z = (float(value) for value in parts / np.linalg.norm(parts))
    return w, x, y, z


def _character(row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {
        "object": row.name,
        "instance": row.instance,
        "image": row.image,
        "page": row.page,
        "place": [round(value, 7) for value in row.place],
        "tile": row.tile,
        "sex": row.sex,
        "age": round(row.age, 4),
        "seed": row.seed,
        "skin_tone": round(row.skin_tone, 4),
        "skin": [round(value, 6) for value in row.skin],
        "labels": dict(row.labels),
    }
    if row.matrix is not None:
        told["matrix"] = [[round(float(value), 6) for value in line] for line in row.matrix]
    if row.textures:
        told["textures"] = {name: list(files) for name, files in row.textures.items()}
    return told


def _told(values: Sequence[float]) -> list[str]:
    return [f"{value:.7g}" for value in values]


def _or_empty(value: int | None) -> str:
    return "" if value is None else str(value)
