"""The tables that a preparation writes, and what its labels mean."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.data.dataset import COLUMNS
from trainer.data.labels import AGE_GROUP_LIMITS, age_group
from trainer.data.parts import measure_names
from trainer.data.sources import Photograph

Measured = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Picture:
    """A photograph that was inspected: its labels, and its measures `[m]` in the order of `measure_names`."""

    photograph: Photograph
    measures: Measured


def labels_table(
    source: str, pictures: Sequence[Picture], groups: npt.NDArray[np.int32], held_out: npt.NDArray[np.bool_]
) -> str:
    """The text of labels.csv: the fixed columns, the source's extra ones, the measures."""
    extra = sorted({name for picture in pictures for name in picture.photograph.extra} - set(COLUMNS))
    rows = (
        [
            picture.photograph.file,
            f"{picture.photograph.sex:g}",
            f"{picture.photograph.age_low:g}",
            f"{picture.photograph.age_high:g}",
            int(held),
            int(group),
            source,
            *(picture.photograph.extra.get(name, "") for name in extra),
            *_written(picture.measures),
        ]
        for picture, group, held in zip(pictures, groups, held_out, strict=True)
    )
    return _csv_text([*COLUMNS, *extra, *measure_names()], rows)


def dropped_table(pictures: Iterable[Picture], rules: Iterable[str]) -> str:
    """The text of dropped.csv: file, rule and measures of every picture that broke a rule ('' where it broke none)."""
    rows = (
        [picture.photograph.file, rule, *_written(picture.measures)]
        for picture, rule in zip(pictures, rules, strict=True)
        if rule
    )
    return _csv_text(["file", "rule", *measure_names()], rows)


def strata(pictures: Sequence[Picture]) -> npt.NDArray[np.int64]:
    """A number for each picture's sex and age group, `[N]` int64."""
    photographs = [picture.photograph for picture in pictures]
    return np.array([2 * age_group(one.age_low, one.age_high) + (one.sex > 0) for one in photographs], dtype=np.int64)


def label_declarations(pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """What each label means and which values it takes, in the terms of the model's card."""
    return [
        {"name": "sex", "kind": "binary", "negative": "female", "positive": "male"},
        {
            "name": "age",
            "kind": "number",
            "unit": "years",
            "minimum": min(picture.photograph.age_low for picture in pictures),
            "maximum": max(picture.photograph.age_high for picture in pictures),
            "groups": [limit for limit in AGE_GROUP_LIMITS if not math.isinf(limit)],
        },
    ]


def _written(measures: Measured) -> list[str]:
    return [f"{value:.4g}" for value in measures]


def _csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
