"""All vectors that lie near each other, in collections of millions: an inverted file, searched block by block.

Comparing each with each takes hours for a million. The inverted file (Sivic and Zisserman, ICCV 2003; Jegou, Douze and
Schmid, PAMI 2011) sorts the vectors into lists about centres, and looks for a vector's neighbours in the lists nearest
to it alone. It gives *all* within a radius, where a graph of neighbours (HNSW) gives so many; it is built in minutes,
takes two bytes a number, and any block of it can be searched apart from the others, so that a killed search goes on
where it was, and several machines share one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from trainer.errors import UserError
from trainer.files import whole

Vectors = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.int64]
Accept = Callable[[Vectors, Vectors], npt.NDArray[np.bool_]]
"""Of rows [P, D] and [P, D], which are alike."""
Variant = Callable[[Vectors], Vectors]
"""What else of a vector may lie near another, as its mirror image: [B, D] to [B, D]."""

BLOCK = 8192
"""Vectors whose neighbours are written away together."""
CHUNK = 256
"""Vectors whose neighbours are in memory together: a tenth of a million that all look alike find each other."""
LISTS_PER_ROOT = 4
"""Lists, as a multiple of the root of the number of vectors."""
PROBES = 64
"""Lists searched for each vector: all near-duplicates of 13,924 real faces are found with 8."""
TRAINED_ON, ROUNDS = 64, 10
"""Vectors for each centre, and rounds of k-means, that the centres are found with."""
SLACK = 1.01
"""How much farther is looked than asked, since the index holds rounded numbers: what is found is measured exactly."""
WIDTH = 16
SEED = 1234
NO_PAIRS = np.empty((0, 2), np.int64)


@dataclass(frozen=True)
class Search:
    """How neighbours are looked for: on how many `threads`; what is found is kept in `folder`, to go on from there."""

    threads: int = 1
    folder: Path | None = None


@dataclass(frozen=True)
class Likeness:
    """What counts as near: all within `radius` (Euclidean) of a vector or one of its `variants`, which `accept` takes.

    `name` is for files and the progress bar.
    """

    name: str
    radius: float
    accept: Accept
    variants: Sequence[Variant]


def connecting_pairs(vectors: Vectors, likeness: Likeness, search: Search) -> Pairs:
    """Pairs [P, 2] int64 (first < second) that connect all of [N, D] that are alike, directly or by way of others.

    Of those that are connected anyhow some pairs are left out, so that there are never more than 2 N times the
    variants. Equal vectors are found without a search. Raises `UserError` where the index cannot be had or kept.
    """
    distinct, copies = apart_from_copies(vectors, likeness.accept)
    index = _index(vectors, distinct, likeness, search)
    found = [copies]
    starts = range(0, len(distinct), BLOCK)
    for number, start in enumerate(tqdm(starts, unit="block", desc=likeness.name)):
        kept = search.folder and search.folder / f"{likeness.name}-{number:06d}.npy"
        if kept and kept.is_file():
            found.append(_read(kept))
            continue
        pairs = _of_block(vectors, distinct, slice(start, start + BLOCK), index, likeness)
        found.append(pairs)
        if kept:
            with whole(kept) as unfinished, unfinished.open("wb") as file:
                np.save(file, pairs)
    return np.concatenate(found)


def apart_from_copies(vectors: Vectors, accept: Accept) -> tuple[npt.NDArray[np.int64], Pairs]:
    """The first of all that are equal, [M] in order, and for each of the others its pair with that, [P, 2]."""
    keys = np.empty(len(vectors), np.uint64)
    factors = np.random.default_rng(SEED).integers(0, 2**64, vectors.shape[1], np.uint64) | np.uint64(1)
    for start in range(0, len(vectors), BLOCK):
        bits = np.ascontiguousarray(vectors[start : start + BLOCK]).view(np.uint32).astype(np.uint64)
        mixed = (bits + np.uint64(1)) * factors
        keys[start : start + BLOCK] = ((mixed ^ (mixed >> np.uint64(29))) * factors[::-1]).sum(axis=1, dtype=np.uint64)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    second = np.flatnonzero(first[which] != np.arange(len(vectors)))
    return np.sort(first), _accepted(vectors, np.stack([first[which[second]], second], axis=1), accept)


def forest(pairs: Pairs) -> Pairs:
    """As few pairs as connect what `pairs` [P, 2] connect: each with the first of its component."""
    names, ends = np.unique(pairs, return_inverse=True)
    first = names[_first_of_component(len(names), ends.reshape(-1, 2))]
    return np.asarray(np.stack([first, names], axis=1)[first != names], np.int64)


def components(count: int, pairs: Pairs) -> npt.NDArray[np.int32]:
    """A number for each of `count`, [count] int32: who is connected by `pairs` shares one; by their first members."""
    first = _first_of_component(count, pairs)
    return np.unique(first, return_inverse=True)[1].astype(np.int32)


def _first_of_component(count: int, pairs: Pairs) -> npt.NDArray[np.int64]:
    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    number, label = connected_components(links, directed=False)
    first: npt.NDArray[np.int64] = np.full(number, count, np.int64)
    np.minimum.at(first, label, np.arange(count))
    return np.asarray(first[label])


def _of_block(vectors: Vectors, distinct: npt.NDArray[np.int64], rows: slice, index: Any, likeness: Likeness) -> Pairs:
    """What connects the `distinct` vectors of the block `rows` with each other and all the others."""
    found = [NO_PAIRS]
    block = distinct[rows]
    for start in range(0, len(block), CHUNK):
        own = block[start : start + CHUNK]
        for variant in likeness.variants:
            queries = _filled_up(variant(vectors[own]))
            limits, _, near = index.range_search(queries, (SLACK * likeness.radius) ** 2)
            pairs = np.stack([np.repeat(own, np.diff(limits).astype(np.int64)), distinct[near]], axis=1)
            pairs.sort(axis=1)
            found.append(forest(_accepted(vectors, pairs[pairs[:, 0] < pairs[:, 1]], likeness.accept)))
    return forest(np.concatenate(found))


def _accepted(vectors: Vectors, pairs: Pairs, accept: Accept) -> Pairs:
    parts = [pairs[start : start + BLOCK] for start in range(0, len(pairs), BLOCK)]
    kept = [part[accept(vectors[part[:, 0]], vectors[part[:, 1]])] for part in parts]
    return np.concatenate(kept) if kept else NO_PAIRS


def _index(vectors: Vectors, distinct: npt.NDArray[np.int64], likeness: Likeness, search: Search) -> Any:
    """The inverted file of the `distinct` vectors; the one that the folder keeps, or a new one."""
    faiss = _faiss()
    faiss.omp_set_num_threads(max(1, search.threads))
    kept = search.folder and search.folder / f"{likeness.name}.index"
    if kept and kept.is_file():
        try:
            index = faiss.read_index(str(kept))
        except RuntimeError as error:
            raise UserError(f"{kept}: damaged ({str(error).splitlines()[0]}); delete it and run again") from error
    else:
        index = _filled(faiss, vectors, distinct)
        if kept:
            with whole(kept) as unfinished:
                faiss.write_index(index, str(unfinished))
    index.nprobe = PROBES
    return index


def _filled(faiss: Any, vectors: Vectors, distinct: npt.NDArray[np.int64]) -> Any:
    count, size = len(distinct), _filled_up(vectors[:1]).shape[1]
    lists = max(1, min(round(LISTS_PER_ROOT * count**0.5), count // 40))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatL2(size), size, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2, False
    )
    index.cp.niter, index.cp.seed = ROUNDS, SEED
    index.cp.max_points_per_centroid, index.cp.min_points_per_centroid = TRAINED_ON, 1
    chosen = np.random.default_rng(SEED).permutation(count)[: lists * TRAINED_ON]
    index.train(_filled_up(vectors[distinct[np.sort(chosen)]]))
    for start in range(0, count, BLOCK):
        index.add(_filled_up(vectors[distinct[start : start + BLOCK]]))
    return index


def _filled_up(vectors: Vectors) -> Vectors:
    """The vectors with zeros behind them, to a length that faiss has fast code for: it takes 255 ten times as long."""
    return np.ascontiguousarray(np.pad(vectors, ((0, 0), (0, -vectors.shape[1] % WIDTH))))


def _faiss() -> Any:
    """faiss, which is loaded for large collections alone."""
    try:
        import faiss
    except ImportError as error:
        raise UserError(
            "near-duplicates of so many pictures are found with the package faiss-cpu; run: pip install faiss-cpu"
        ) from error
    return faiss


def _read(path: Path) -> Pairs:
    try:
        return np.asarray(np.load(path, allow_pickle=False), np.int64).reshape(-1, 2)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: damaged ({error}); delete it and run again") from None
