"""Tables that were written before: which files are theirs, and what of them stays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..atlas.png import owner_of
from .crowd_table import COLUMNS, GENERATOR, Row, Source
from .ktx2 import is_texture_array

PICTURE_OWNER = "crowd table"
"""Whose the pictures of a table are (see `core.atlas.png.with_owner`)."""


@dataclass(frozen=True)
class WrittenTable:
    """A table as it stands in its folder. files: of its pages and arrays, by name; none where each has its own picture.

    meter: metres of a unit.
    """

    rows: Sequence[Row]
    files: Sequence[str]
    sources: Sequence[Source]
    meter: float


def is_ours(data: bytes) -> bool:
    """Whether a file is one of a table that was written before, and may be written again."""
    starts = (",".join(COLUMNS), f'{{\n "generator": "{GENERATOR}"', f"{GENERATOR}: faces made by")
    return (
        any(data.startswith(start.encode()) for start in starts)
        or owner_of(data) == PICTURE_OWNER
        or is_texture_array(data)
    )


def read_table(data: bytes) -> WrittenTable | None:
    """The JSON file of a table; None for what is none of ours, or has been edited so that it is none any more."""
    try:
        told: Any = json.loads(data)
        if told["generator"] != GENERATOR:
            return None
        files = [name for page in told["pages"] for name in page["files"]]
        if told["array"] is not None:
            files += [*told["array"]["grids"], *told["array"]["arrays"]]
        return WrittenTable(
            rows=[_row(one) for one in told["characters"]],
            files=[str(name) for name in files],
            sources=[Source(**source) for source in told["models"]],
            meter=float(told["meters_per_unit"]),
        )
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return None


def _row(told: Mapping[str, Any]) -> Row:
    left, low, across, up = (float(value) for value in told["place"])
    red, green, blue = (float(value) for value in told["skin"])
    return Row(
        name=str(told["object"]),
        sex=str(told["sex"]),
        age=float(told["age"]),
        seed=int(told["seed"]),
        skin_tone=float(told["skin_tone"]),
        skin=(red, green, blue),
        image=str(told["image"]),
        place=(left, low, across, up),
        tile=int(told["tile"]),
        instance=told["instance"],
        page=told["page"],
        matrix=np.array(told["matrix"], np.float64).reshape(4, 4) if "matrix" in told else None,
        labels=dict(told["labels"]),
        textures={name: list(files) for name, files in told.get("textures", {}).items()},
        library=str(told.get("library", "")),
        levels=list(told.get("levels", ())),
        person=str(told.get("person", "")),
        consent=str(told.get("consent", "")),
    )
