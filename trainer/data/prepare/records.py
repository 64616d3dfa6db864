"""The tables that a preparation writes, and what its labels mean."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from trainer.data.dataset import COLUMNS
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.measures import measured_values
from trainer.data.prepare.parts import measure_names
from trainer.data.sources.source import Photograph
from trainer.errors import UserError
from trainer.files import written_table
from trainer.labels.declaration import Declaration
from trainer.labels.label import Label, Range, Value
from trainer.labels.matrix import joint_bins

Measured = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """The kept pictures' labels: what each means, and each picture's value of each, by the label's name."""

    labels: tuple[Label, ...]
    values: Mapping[str, Sequence[Value]]

    @property
    def ranges(self) -> dict[str, Range]:
        """The values as a dataset holds them."""
        return {label.name: label.ranges(self.values[label.name]) for label in self.labels}


def label_pictures(
    declaration: Declaration, kept: Sequence[Photograph], images: npt.NDArray[np.uint8], geometry: Geometry | None
) -> Labelled:
    """The labels of the kept pictures: those that were told, and those that are measured in `images` `[N, H, W, 3]`.

    `geometry` says where the faces stand, None where none were looked for. Raises UserError where a label cannot be
    learnt from these pictures.
    """
    labels: list[Label] = []
    values: dict[str, Sequence[Value]] = {}
    for declared in declaration.labels:
        name = declared.label.name
        if declared.measure:
            if geometry is None:
                raise UserError(f"the label {name} is measured in aligned faces: it cannot be had with --whole")
            measured = measured_values(declared.measure, images, geometry)
            # Each known exactly: rows of both ends, in an array, since there may be millions.
            own = cast("Sequence[Value]", np.stack([measured, measured], axis=1))
        else:
            own = [photograph.values[name] for photograph in kept]
        labels.append(declared.settled(own))
        values[name] = own
    return Labelled(tuple(labels), values)


def write_labels(
    path: Path,
    source: str,
    kept: Sequence[Photograph],
    measures: Measured,
    labelled: Labelled,
    groups: npt.NDArray[np.int32],
    held_out: npt.NDArray[np.bool_],
) -> None:
    """Write labels.csv: file, labels, the fixed columns, the source's extra ones, the `measures` `[N, m]`."""
    columns = [column for label in labelled.labels for column in label.table_columns]
    fixed = ("file", *columns, *COLUMNS)
    extra = sorted({name for photograph in kept for name in photograph.extra})
    titles = told_apart(extra, {*fixed, *measure_names()})
    with written_table(path, [*fixed, *titles, *measure_names()]) as writer:
        for index, photograph in enumerate(kept):
            cells = (cell for label in labelled.labels for cell in label.cells(labelled.values[label.name][index]))
            told = (photograph.extra.get(name, "") for name in extra)
            facts = int(held_out[index]), int(groups[index]), source
            writer.writerow([photograph.file, *cells, *facts, *told, *written_measures(measures[index])])


def told_apart(names: Sequence[str], taken: Collection[str]) -> list[str]:
    """What a source's further columns are called beside those `taken`: a name that is taken gets `_told` behind it."""
    titles: list[str] = []
    for name in names:
        title = name
        while title in taken or title in titles or (title != name and title in names):
            title += "_told"
        titles.append(title)
    return titles


def strata(labelled: Labelled, count: int) -> npt.NDArray[np.int64]:
    """A number for what each of `count` pictures is labelled with, numbers by their groups, `[N]` int64."""
    even = [replace(label, balanced=True) for label in labelled.labels]
    return joint_bins(count, even, labelled.ranges).of


def written_measures(measures: Measured) -> list[str]:
    """A picture's measures as tables hold them."""
    return [f"{value:.4g}" for value in measures]
