"""The tables that a preparation writes, and what its labels mean."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.data.dataset import COLUMNS
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.skin import measured_values
from trainer.data.prepare.parts import measure_names
from trainer.data.sources.source import Photograph
from trainer.errors import UserError
from trainer.labels.declaration import Declaration
from trainer.labels.label import Label, Range, Value
from trainer.labels.matrix import joint_bins

Measured = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Picture:
    """A photograph that was inspected: its labels, and its measures `[m]` in the order of `measure_names`."""

    photograph: Photograph
    measures: Measured


@dataclass(frozen=True)
class Labelled:
    """The kept pictures' labels: what each means, and each picture's value of each, by the label's name."""

    labels: tuple[Label, ...]
    values: Mapping[str, list[Value]]

    @property
    def ranges(self) -> dict[str, Range]:
        """The values as a dataset holds them."""
        return {label.name: label.ranges(self.values[label.name]) for label in self.labels}


def label_pictures(
    declaration: Declaration, pictures: Sequence[Picture], images: npt.NDArray[np.uint8], geometry: Geometry | None
) -> Labelled:
    """The labels of the kept pictures: those that were told, and those that are measured in `images` `[N, H, W, 3]`.

    `geometry` says where the faces stand, None where none were looked for. Raises UserError where a label cannot be
    learnt from these pictures.
    """
    labels, values = [], {}
    for declared in declaration.labels:
        name = declared.label.name
        if declared.measure:
            if geometry is None:
                raise UserError(f"the label {name} is measured in aligned faces: it cannot be had with --whole")
            measured = measured_values(declared.measure, images, geometry)
            own: list[Value] = [(float(value), float(value)) for value in measured]
        else:
            own = [picture.photograph.values[name] for picture in pictures]
        labels.append(declared.settled(own))
        values[name] = own
    return Labelled(tuple(labels), values)


def labels_table(
    source: str,
    pictures: Sequence[Picture],
    labelled: Labelled,
    groups: npt.NDArray[np.int32],
    held_out: npt.NDArray[np.bool_],
) -> str:
    """The text of labels.csv: file, labels, the fixed columns, the source's extra ones, the measures."""
    columns = [column for label in labelled.labels for column in label.table_columns]
    fixed = ("file", *columns, *COLUMNS)
    extra = sorted({name for picture in pictures for name in picture.photograph.extra})
    titles = told_apart(extra, {*fixed, *measure_names()})
    rows = (
        [
            pictures[index].photograph.file,
            *(cell for label in labelled.labels for cell in label.cells(labelled.values[label.name][index])),
            int(held_out[index]),
            int(groups[index]),
            source,
            *(pictures[index].photograph.extra.get(name, "") for name in extra),
            *_written(pictures[index].measures),
        ]
        for index in range(len(pictures))
    )
    return _csv_text([*fixed, *titles, *measure_names()], rows)


def told_apart(names: Sequence[str], taken: Collection[str]) -> list[str]:
    """What a source's further columns are called beside those `taken`: a name that is taken gets `_told` behind it."""
    titles: list[str] = []
    for name in names:
        title = name
        while title in taken or title in titles or (title != name and title in names):
            title += "_told"
        titles.append(title)
    return titles


def dropped_table(pictures: Iterable[Picture], rules: Iterable[str]) -> str:
    """The text of dropped.csv: file, rule and measures of every picture that broke a rule ('' where it broke none)."""
    rows = (
        [picture.photograph.file, rule, *_written(picture.measures)]
        for picture, rule in zip(pictures, rules, strict=True)
        if rule
    )
    return _csv_text(["file", "rule", *measure_names()], rows)


def strata(labelled: Labelled, count: int) -> npt.NDArray[np.int64]:
    """A number for what each of `count` pictures is labelled with, numbers by their groups, `[N]` int64."""
    even = [replace(label, balanced=True) for label in labelled.labels]
    return joint_bins(count, even, labelled.ranges).of


def _written(measures: Measured) -> list[str]:
    return [f"{value:.4g}" for value in measures]


def _csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
