"""The result of inspecting a run of photographs, kept on disk until the whole collection is done."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.data.faces.measures import Measures
from trainer.data.prepare.inspection import THUMBNAIL_SIDE, Inspection
from trainer.files import parsed_json, read_arrays, write_arrays
from trainer.pictures import Pixels

THUMBNAILS_PER_RULE = 12
"""Of each part and rule, so that a dropped million does not fill the disk with thumbnails."""


@dataclass(frozen=True)
class Part:
    """The result for a run of photographs.

    `rules` and `problems` as in `Inspection`, one a photograph ('' where kept). `measures` `[n, m]` float64, in
    the order of the fields of `Measures`. `crops` `[k, size, size, 3]` uint8 of those kept, in order, and
    their `embeddings` `[k, 128]` float32, or `[k, 0]` where none were asked for.
    `thumbnails` `[t, 64, 64, 3]` uint8 of dropped ones, whose rules are `thumbnail_rules`.
    """

    rules: list[str]
    problems: list[str]
    measures: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    crops: Pixels
    embeddings: npt.NDArray[np.float32]
    thumbnails: Pixels
    thumbnail_rules: list[str]


def write_part(path: Path, inspections: Sequence[Inspection], size: int) -> None:
    """Write a part so that it is there whole or not at all."""
    crops = [inspection.crop for inspection in inspections if inspection.crop is not None]
    embeddings = [inspection.embedding for inspection in inspections if inspection.embedding is not None]
    thumbnails = list(_few_thumbnails(inspections))
    header = {
        "rules": [inspection.rule or "" for inspection in inspections],
        "problems": [inspection.problem for inspection in inspections],
        "thumbnail_rules": [rule for rule, _ in thumbnails],
    }
    write_arrays(
        path,
        header=np.array(json.dumps(header)),
        measures=np.array([astuple(inspection.measures) for inspection in inspections], dtype=np.float64),
        crops=np.array(crops, dtype=np.uint8).reshape(-1, size, size, 3),
        embeddings=np.array(embeddings, dtype=np.float32).reshape(len(crops), -1 if embeddings else 0),
        thumbnails=np.array([picture for _, picture in thumbnails], dtype=np.uint8).reshape(
            -1, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3
        ),
    )


def _few_thumbnails(inspections: Sequence[Inspection]) -> Iterator[tuple[str, Pixels]]:
    count: dict[str, int] = {}
    for inspection in inspections:
        if inspection.rule is not None and inspection.thumbnail is not None:
            count[inspection.rule] = count.get(inspection.rule, 0) + 1
            if count[inspection.rule] <= THUMBNAILS_PER_RULE:
                yield inspection.rule, inspection.thumbnail


def read_part(path: Path) -> Part:
    """Read a part. Raises UserError where it is damaged."""
    with read_arrays(path) as arrays:
        header = parsed_json(str(arrays["header"]))
        held: dict[str, Any] = {**header, **{name: arrays[name] for name in arrays if name != "header"}}
        return Part(**held)


def kept_in_part(path: Path) -> tuple[int, int]:
    """How many of a part's photographs were kept, and how long their embeddings are, without reading their pictures.

    Raises UserError as `read_part`.
    """
    with read_arrays(path) as arrays:
        return int(parsed_json(str(arrays["header"]))["rules"].count("")), int(arrays["embeddings"].shape[1])


def measure_names() -> list[str]:
    """The columns of `Part.measures`."""
    return [field.name for field in fields(Measures)]
