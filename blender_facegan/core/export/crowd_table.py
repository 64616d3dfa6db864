"""Who is in a crowd and where each face stands, as tables that engines read: CSV and JSON."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..atlas.png import SYNTHETIC
from .standing import TRANSFORM, transform

GENERATOR = "Crowd Faces"
FORMAT = 1
COLUMNS = ("object", "instance", "image", "page", "u", "v", "width", "height", "tile")
"""The first of the CSV file."""
_WHO = ("sex", "age", "seed", "skin_tone", "skin_r", "skin_g", "skin_b")
_IF_ANY = ("library", "person", "consent")
"""Columns that are there where any row has a value."""
_TAKEN = frozenset((*COLUMNS, *_WHO, *_IF_ANY, *TRANSFORM))


@dataclass(frozen=True)
class Row:
    """One character.

    name: of its object. instance: its number among the object's instances, None for an object itself. image: a file,
    told from where the table is; page: its number, None for a picture of its own. place: lower left corner and size in
    UV units of the image. tile: the face's number in the array. sex: female or male. skin: linear RGB. matrix: [4, 4],
    to the world, in Blender's axes. labels: the model's further ones, by name. textures: files by the names of
    materials. library: the file that the object is linked from, if it is. levels: the other objects that show the same
    face, the character's levels of detail. person, consent: whose likeness it is, and who has agreed.
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
    library: str = ""
    levels: Sequence[str] = ()
    person: str = ""
    consent: str = ""


@dataclass(frozen=True)
class PageFile:
    """A page of faces as it was written: its files from the largest to the smallest, and its grid in pixels.

    max_lod: the last mip level of the first file whose tiles show nothing of their neighbours.
    """

    files: Sequence[str]
    width: int
    height: int
    tile: int
    gutter: int
    columns: int
    max_lod: int = 0


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
    """One line for each character. Columns of transforms, labels and _IF_ANY are there where any row has them.

    A label that is called like a column has `label_` ahead of its name.
    """
    labels = sorted({name for row in rows for name in row.labels})
    further = [name for name in _IF_ANY if any(getattr(row, name) for row in rows)]
    has_place = any(row.matrix is not None for row in rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    named = [f"label_{name}" if name in _TAKEN else name for name in labels]
    writer.writerow((*COLUMNS, *_WHO, *further, *named, *(TRANSFORM if has_place else ())))
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
        cells += [getattr(row, name) for name in further]
        cells += [row.labels.get(name, "") for name in labels]
        if has_place:
            cells += _told(transform(row.matrix)) if row.matrix is not None else [""] * len(TRANSFORM)
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


def licence_text(sources: Sequence[Source], rows: Sequence[Row] = ()) -> bytes:
    """What the files beside it may be used for, and that nobody is shown on them but who has agreed."""
    people = sorted({(row.person, row.consent) for row in rows if row.person or row.consent})
    lines = [
        f"{GENERATOR}: faces made by a trained model. They show nobody who exists{', but for' if people else '.'}",
        *(f"- {person}, from a photograph. Consent: {consent}" for person, consent in people),
        f"Digital source type: {SYNTHETIC}",
    ]
    for source in sources:
        known = source.licence or "not known here: the model is not installed. See its card"
        lines += ["", f"Model: {source.name or source.digest}", f"Licence: {known}"]
        lines += [f"Attribution: {source.attribution}"] if source.attribution else []
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


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
        told["matrix"] = [[float(f"{value:.9g}") for value in line] for line in row.matrix]
    if row.levels:
        told["levels"] = list(row.levels)
    told |= {name: getattr(row, name) for name in _IF_ANY if getattr(row, name)}
    if row.textures:
        told["textures"] = {name: list(files) for name, files in row.textures.items()}
    return told


def _told(values: Sequence[float]) -> list[str]:
    return [f"{value:.7g}" for value in values]


def _or_empty(value: int | None) -> str:
    return "" if value is None else str(value)
