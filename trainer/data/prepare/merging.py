"""Several prepared datasets become one: grouped anew, split as they were, no source too much of a bin."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer import __version__
from trainer.data.dataset import (
    COLUMNS,
    FORMAT,
    IMAGES,
    KEEPS_SPLIT_OF,
    LABELS,
    METADATA,
    Dataset,
    open_dataset,
)
from trainer.data.prepare.near_duplicates import group_summary, grouped
from trainer.data.prepare.neighbours import Search
from trainer.data.prepare.split import NO_SPLIT, EarlierSplit, place_of
from trainer.data.prepare.workspace import EMBEDDINGS, PARTS, claim, finished_metadata
from trainer.errors import UserError
from trainer.files import appended_array, write_text, written_table
from trainer.labels.label import Label
from trainer.labels.matrix import joint_bins
from trainer.labels.number import Number
from trainer.workers.cluster import cores

BLOCK = 4096
SAME = ("size", "geometry", "light", "background")
"""What datasets must have in common."""


@dataclass(frozen=True)
class Merger:
    """How datasets are merged.

    `similarity` and `same_person` as for preparing (the second 0 where any dataset has no embeddings). `most` limits a
    dataset, by the name of its folder, to a share of each bin (of sex, age and what else is balanced) on either side of
    the split; bins that no other dataset has pictures of are left to it. `earlier`: a split to keep.
    """

    similarity: float = 0.66
    same_person: float = 0.25
    most: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    earlier: EarlierSplit = NO_SPLIT

    def __post_init__(self) -> None:
        for name, share in self.most.items():
            if not 0 < share < 1:
                raise UserError(f"share {share} for {name}: give more than 0 and less than 1")


@dataclass(frozen=True)
class Joined:
    """Datasets side by side: which one each picture is of `[N]`, its row there, its name, its side, its bin."""

    datasets: list[Dataset]
    names: list[str]
    labels: tuple[Label, ...]
    source: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    files: list[str]
    held_out: npt.NDArray[np.bool_]
    bins: npt.NDArray[np.int64]

    def chosen(self, keep: npt.NDArray[np.bool_]) -> "Joined":
        """Those pictures alone."""
        files = [file for file, kept in zip(self.files, keep, strict=True) if kept]
        return replace(
            self,
            source=self.source[keep],
            row=self.row[keep],
            files=files,
            held_out=self.held_out[keep],
            bins=self.bins[keep],
        )


def merge(paths: Sequence[Path], out: Path, merger: Merger, overwrite: bool = False) -> dict[str, Any]:
    """Merge the datasets at `paths` into the folder `out`, as decisions beside them leave them; returns dataset.json.

    Near-duplicates are looked for across all, and stay on one side of the split: a group is held out where all of it
    was. Raises UserError where the datasets do not fit together, or `out` holds something else.
    """
    joined = join(paths)
    if unknown := sorted(set(merger.most) - set(joined.names)):
        raise UserError(f"{', '.join(unknown)}: no dataset of this name is merged; there are {', '.join(joined.names)}")
    told = [[str(dataset.metadata.get("fingerprint")), dataset.files] for dataset in joined.datasets]
    plan = [told, merger.similarity, merger.same_person, sorted(merger.most.items()), merger.seed]
    plan += [sorted(merger.earlier.trained), sorted(merger.earlier.held_out)]
    fingerprint = hashlib.sha256(json.dumps(plan).encode()).hexdigest()
    if not claim(out, fingerprint, overwrite):
        return finished_metadata(out)
    embeddings = _embeddings(paths, joined, merger.same_person)
    images = Joint([dataset.images for dataset in joined.datasets])
    search = Search(cores(), out / PARTS)
    groups = grouped(images, embeddings, merger.similarity, merger.same_person, search)
    joined = replace(joined, held_out=held_together(joined, groups, merger.earlier))
    kept = within_shares(joined, merger.most, merger.seed)
    over = {name: int((~kept[joined.source == number]).sum()) for number, name in enumerate(joined.names)}
    result = joined.chosen(kept)
    groups = np.unique(groups[kept], return_inverse=True)[1].astype(np.int32)
    _write(result, groups, None if embeddings is None else embeddings[kept], out)
    metadata = _metadata(result, groups, merger, over) | {"fingerprint": fingerprint}
    write_text(out / METADATA, json.dumps(metadata, indent=1, ensure_ascii=False))
    shutil.rmtree(out / PARTS)
    return metadata


def join(paths: Sequence[Path]) -> Joined:
    """The datasets at `paths` side by side. Raises UserError where they do not fit together."""
    if len(paths) < 2:
        raise UserError("give two datasets or more to merge")
    datasets = [open_dataset(path) for path in paths]
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        raise UserError(f"{', '.join(names)}: give datasets whose folders have different names")
    for path, dataset in zip(paths[1:], datasets[1:], strict=True):
        _refuse_unlike(path, dataset, datasets[0])
    labels = tuple(_widest(same) for same in zip(*(dataset.labels for dataset in datasets), strict=True))
    count = [len(dataset) for dataset in datasets]
    files = _file_names(datasets, names)
    values = {}
    for label in labels:
        ranges = [dataset.range_of(label) for dataset in datasets]
        low, high = (np.concatenate([ends[side] for ends in ranges]) for side in (0, 1))
        values[label.name] = low, high
    return Joined(
        datasets,
        names,
        labels,
        source=np.repeat(np.arange(len(datasets)), count),
        row=np.concatenate([np.arange(own) for own in count]),
        files=files,
        held_out=np.concatenate([dataset.held_out for dataset in datasets]),
        bins=joint_bins(sum(count), labels, values).of,
    )


def _refuse_unlike(path: Path, dataset: Dataset, first: Dataset) -> None:
    for name in SAME:
        own, other = (getattr(one, name, None) or one.metadata.get(name) for one in (dataset, first))
        if own != other:
            raise UserError(f"{path}: its {name} is {own}, that of the first dataset {other}; prepare them alike")
    shapes = [[label.shape for label in one.labels] for one in (dataset, first)]
    if shapes[0] != shapes[1]:
        raise UserError(f"{path}: its labels are not those of the first dataset; prepare them with the same labels")


def _widest(same: Sequence[Label]) -> Label:
    """The same label of every dataset, with a range that holds all of theirs."""
    numbers = [label for label in same if isinstance(label, Number)]
    if not numbers:
        return same[0]
    low, high = min(label.minimum for label in numbers), max(label.maximum for label in numbers)
    return replace(numbers[0], minimum=low, maximum=high)


def _file_names(datasets: Sequence[Dataset], names: Sequence[str]) -> list[str]:
    """Names by which decisions can refer to pictures: as they were, behind the dataset's where one stands twice."""
    seen: dict[str, int] = {}
    for dataset in datasets:
        for file in dataset.files:
            seen[file] = seen.get(file, 0) + 1
    return [
        file if seen[file] == 1 else f"{name}/{file}"
        for name, dataset in zip(names, datasets, strict=True)
        for file in dataset.files
    ]


def _embeddings(paths: Sequence[Path], joined: Joined, same_person: float) -> npt.NDArray[np.float16] | None:
    """Those of all pictures [N, 128]; None where they are not asked for. Raises UserError where a dataset has none."""
    if same_person == 0:
        return None
    found = []
    for path, dataset in zip(paths, joined.datasets, strict=True):
        stored = path / EMBEDDINGS
        if not stored.is_file():
            raise UserError(f"{path}: holds no {EMBEDDINGS}; prepare it anew, or group by looks alone: --same-person 0")
        row_of = {file: row for row, file in enumerate(open_dataset(path, decided=False).files)}
        found.append(np.load(stored, allow_pickle=False)[[row_of[file] for file in dataset.files]])
    return np.concatenate(found)


@dataclass(frozen=True)
class Joint:
    """The pictures of several datasets behind each other, `[N, H, W, 3]` uint8, of which a run at a time is read."""

    parts: Sequence[npt.NDArray[np.uint8]]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, rows: slice, /) -> npt.NDArray[np.uint8]:
        start, stop, _ = rows.indices(len(self))
        found = []
        for part in self.parts:
            found.append(part[max(start, 0) : max(stop, 0)])
            start, stop = start - len(part), stop - len(part)
        return np.concatenate(found)


def held_together(joined: Joined, groups: npt.NDArray[np.int32], earlier: EarlierSplit) -> npt.NDArray[np.bool_]:
    """Which are held out, [N] bool: groups all of which were, or that `earlier` held out and did not train on."""
    trained, held = earlier.sides(groups, joined.files)
    outside = np.bincount(groups, ~joined.held_out) > 0
    return np.asarray((~outside[groups] | held) & ~trained)


def within_shares(joined: Joined, most: Mapping[str, float], seed: int) -> npt.NDArray[np.bool_]:
    """Which pictures stay, [N] bool, so that no dataset exceeds its share of a bin on a side of the split.

    Of those too many, the ones that a hash of `seed` and their names puts last are left out.
    """
    kept = np.ones(len(joined.files), dtype=np.bool_)
    cells = joined.bins * 2 + joined.held_out
    for name, share in most.items():
        own = joined.source == joined.names.index(name)
        for cell in np.unique(cells[own]):
            mine, others = np.flatnonzero(own & (cells == cell)), int((~own & (cells == cell)).sum())
            allowed = int(share / (1 - share) * others)
            if others and len(mine) > allowed:
                order = sorted(mine, key=lambda index: place_of(seed, joined.files[index]))
                kept[order[allowed:]] = False
    return kept


def _write(
    joined: Joined, groups: npt.NDArray[np.int32], embeddings: npt.NDArray[np.float16] | None, out: Path
) -> None:
    """Write pictures, embeddings and labels.csv."""
    size = joined.datasets[0].size
    with appended_array(out / IMAGES, (len(joined.files), size, size, 3), np.uint8) as append:
        for number, dataset in enumerate(joined.datasets):
            rows = joined.row[joined.source == number]
            for start in range(0, len(rows), BLOCK):
                append(dataset.images[rows[start : start + BLOCK]])
    if embeddings is not None:
        np.save(out / EMBEDDINGS, embeddings)
    _write_labels(out / LABELS, joined, groups)


def _write_labels(path: Path, joined: Joined, groups: npt.NDArray[np.int32]) -> None:
    columns = [column for label in joined.labels for column in label.table_columns]
    fixed = ("file", *columns, *COLUMNS)
    further = [name for dataset in joined.datasets for name in dataset.extra if name not in fixed]
    extra = list(dict.fromkeys(further))
    cells = [[_cells(dataset, label) for label in joined.labels] for dataset in joined.datasets]
    with written_table(path, [*fixed, *extra]) as writer:
        for index, file in enumerate(joined.files):
            source, row = int(joined.source[index]), int(joined.row[index])
            own = joined.datasets[source].extra
            values = [cell for label in cells[source] for cell in label[row]]
            told = [own[name][row] if name in own else "" for name in extra]
            writer.writerow([file, *values, int(joined.held_out[index]), groups[index], joined.names[source], *told])


def _cells(dataset: Dataset, label: Label) -> list[list[str]]:
    """What labels.csv holds of a label, for every picture."""
    low, high = dataset.range_of(label)
    if label.columns > 1:
        return [label.cells(str(word)) for word in label.in_words(low)]
    return [label.cells((float(first), float(last))) for first, last in zip(low[:, 0], high[:, 0], strict=True)]


def _metadata(joined: Joined, groups: npt.NDArray[np.int32], merger: Merger, over: Mapping[str, int]) -> dict[str, Any]:
    first = joined.datasets[0].metadata
    return {
        "format": FORMAT,
        "size": joined.datasets[0].size,
        "count": len(joined.files),
        "sources": [
            {**source, "dataset": name}
            for name, dataset in zip(joined.names, joined.datasets, strict=True)
            for source in dataset.metadata["sources"]
        ],
        "geometry": first.get("geometry", {}),
        "light": joined.datasets[0].light,
        **({"background": first["background"]} if "background" in first else {}),
        "labels": [label.declaration() for label in joined.labels],
        "split": {
            "by": "near-duplicate group over all sources, as the merged datasets were split",
            "training": int((~joined.held_out).sum()),
            "held_out": int(joined.held_out.sum()),
        },
        "near_duplicates": group_summary(groups, merger.similarity, merger.same_person),
        **({KEEPS_SPLIT_OF: kept} if (kept := _kept(joined, merger)) else {}),
        "dropped": _added([dataset.metadata["dropped"] for dataset in joined.datasets]),
        "unreadable": [one for dataset in joined.datasets for one in dataset.metadata.get("unreadable", [])],
        "merged": {
            "most": dict(merger.most),
            "left_out_over_its_share": dict(over),
            "pictures": {name: int((joined.source == number).sum()) for number, name in enumerate(joined.names)},
            "options": {
                name: one.metadata.get("options") for name, one in zip(joined.names, joined.datasets, strict=True)
            },
        },
        "trainer": __version__,
    }


def _kept(joined: Joined, merger: Merger) -> list[str]:
    """The fingerprints of earlier datasets none of whose training pictures is held out here."""
    if merger.earlier.fingerprints:
        return list(merger.earlier.fingerprints)
    every = [set(dataset.metadata.get(KEEPS_SPLIT_OF, [])) for dataset in joined.datasets]
    return sorted(set.intersection(*every))


def _added(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for own in counts for name in own)
    return {name: sum(own.get(name, 0) for own in counts) for name in names}
