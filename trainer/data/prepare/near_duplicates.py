"""Pictures of the same shot, found so that none stands on both sides of the held-out split."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from trainer.data.prepare.neighbours import Likeness, Pairs, Search, Vectors, components, connecting_pairs
from trainer.files import growing_array, mapped

DESCRIPTOR_SIDE = 32
COEFFICIENTS = 16
BLOCK = 4096
EXACT_UP_TO = 20_000
"""Pictures that are compared each with each, which takes ten seconds on one core; above, an index is searched."""
ALONE = Search()
LOOKS = "looks.npy"

PRIOR_COUNT = 200
PRIOR_SPREAD = (800.0, -1.29)
"""Standard deviation of a cosine coefficient as `a * frequency ** b`, fitted to 21,226 aligned FairFace faces."""


class Stack(Protocol):
    """Pictures `[N, H, W, 3]` uint8, of which a run at a time is looked at."""

    def __len__(self) -> int: ...
    def __getitem__(self, rows: slice, /) -> npt.NDArray[np.uint8]: ...


def describe(pictures: Stack, kept: Path | None = None) -> Vectors:
    """What a shot looks like, whatever its brightness, contrast and compression: `[N, 255]` float32, unit length.

    The lowest 16 x 16 cosine coefficients, less the constant, of the aligned picture's luma, each less its mean
    over the pictures and divided by its standard deviation. So what all faces share counts for nothing, and
    the product of two descriptors is 1 for one shot and near 0 for two. `pictures` is `[N, H, W, 3]` uint8; mean
    and deviation are shrunk towards those of faces at large where there are few. Where a file `kept` is given, the
    descriptors are mapped from it, a block in memory at a time.
    """
    count, length = len(pictures), COEFFICIENTS**2 - 1
    with (
        growing_array(kept, (count, length), np.float32)
        if kept
        else nullcontext(np.empty((count, length), np.float32)) as spectra
    ):
        blocks = [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]
        for rows in blocks:
            spectra[rows] = _spectra(pictures[rows])
        _whiten(spectra, blocks)
    return mapped(kept) if kept else spectra


def _spectra(pictures: npt.NDArray[np.uint8]) -> Vectors:
    """The cosine coefficients of some pictures, as `describe` takes them."""
    spectra = np.empty((len(pictures), COEFFICIENTS**2 - 1), dtype=np.float32)
    for index, picture in enumerate(pictures):
        luma = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
        small = cv2.resize(luma, (DESCRIPTOR_SIDE, DESCRIPTOR_SIDE), interpolation=cv2.INTER_AREA)
        spectra[index] = cv2.dct(small.astype(np.float32))[:COEFFICIENTS, :COEFFICIENTS].ravel()[1:]
    return spectra


def _whiten(spectra: Vectors, blocks: Sequence[slice]) -> None:
    """Make descriptors of spectra, in their place, block by block."""
    rows, columns = np.mgrid[:COEFFICIENTS, :COEFFICIENTS]
    frequency = np.hypot(rows, columns).ravel()[1:]
    even, count = _mirror_signs() > 0, len(spectra)
    total = sum((spectra[block].sum(axis=0, dtype=np.float64) for block in blocks), np.zeros(len(frequency)))
    mean = (even * total / (count + PRIOR_COUNT)).astype(np.float32)
    squares = sum(
        (((spectra[block] - mean) ** 2).sum(axis=0, dtype=np.float64) for block in blocks), np.zeros(len(frequency))
    )
    prior = (PRIOR_SPREAD[0] * frequency ** PRIOR_SPREAD[1]) ** 2
    deviation = np.sqrt((squares + PRIOR_COUNT * prior) / (count + PRIOR_COUNT)).astype(np.float32)
    for block in blocks:
        whitened = (spectra[block] - mean) / deviation
        spectra[block] = whitened / np.maximum(np.linalg.norm(whitened, axis=1, keepdims=True), 1e-6)


def mirrored(descriptors: Vectors) -> Vectors:
    """The descriptors of the pictures' mirror images: odd horizontal frequencies change sign."""
    return np.asarray(descriptors * _mirror_signs(), dtype=np.float32)


def _mirror_signs() -> Vectors:
    signs = np.where(np.arange(COEFFICIENTS) % 2, -1.0, 1.0)
    return np.tile(signs, COEFFICIENTS)[1:].astype(np.float32)


def likeness(descriptors: Vectors, others: Vectors) -> Vectors:
    """How alike pictures are, mirrored or not: `[N, M]`, 1 for the same shot, about 0 for strangers."""
    columns = others.T
    return np.asarray(np.maximum(descriptors @ columns, mirrored(descriptors) @ columns), np.float32)


def similar_pairs(descriptors: Vectors, similarity: float, search: Search = ALONE) -> Pairs:
    """Pairs `[P, 2]` int64 (first < second) that are alike, mirrored or not, by at least `similarity`.

    Of up to `EXACT_UP_TO` all of them; of more, as many as connect those that are alike (`neighbours`).
    """

    def alike(first: Vectors, second: Vectors) -> npt.NDArray[np.bool_]:
        straight, other = (np.einsum("ij,ij->i", one, second) for one in (first, mirrored(first)))
        return np.asarray(np.maximum(straight, other) >= similarity)

    def alike_blocks(rows: slice, columns: slice) -> npt.NDArray[np.bool_]:
        return np.asarray(likeness(descriptors[rows], descriptors[columns]) >= similarity)

    # Of unit vectors, |a - b|^2 = 2 - 2 a.b.
    radius = float(np.sqrt(max(2 - 2 * similarity, 1e-6)))
    same = Likeness("same-shot", radius, alike, (np.asarray, mirrored))
    return _pairs(descriptors, same, alike_blocks, search)


def close_pairs(embeddings: Vectors, distance: float, search: Search = ALONE) -> Pairs:
    """Pairs `[P, 2]` int64 (first < second) whose embeddings `[N, 128]` lie nearer than `distance`.

    All of them, or as many as connect them, as `similar_pairs`.
    """

    def close(first: Vectors, second: Vectors) -> npt.NDArray[np.bool_]:
        return np.asarray(((first - second) ** 2).sum(axis=1) < distance**2)

    squares = (embeddings**2).sum(axis=1)

    def close_blocks(rows: slice, columns: slice) -> npt.NDArray[np.bool_]:
        products = embeddings[rows] @ embeddings[columns].T
        return np.asarray(squares[rows, None] + squares[None, columns] - 2 * products < distance**2)

    return _pairs(embeddings, Likeness("same-person", distance, close, (np.asarray,)), close_blocks, search)


def _pairs(
    vectors: Vectors, same: Likeness, linked: Callable[[slice, slice], npt.NDArray[np.bool_]], search: Search
) -> Pairs:
    """All pairs for which `linked`, asked for blocks of rows and columns, holds; of many, what connects them."""
    count = len(vectors)
    if count > EXACT_UP_TO:
        return connecting_pairs(vectors, same, search)
    found: list[Pairs] = [np.empty((0, 2), dtype=np.int64)]
    starts = range(0, count, BLOCK)
    with tqdm(total=len(starts) * (len(starts) + 1) // 2, unit="block", desc=same.name) as progress:
        for row in starts:
            for column in range(row, count, BLOCK):
                block = linked(slice(row, row + BLOCK), slice(column, column + BLOCK))
                pairs = np.argwhere(block) + np.array([row, column])
                found.append(pairs[pairs[:, 0] < pairs[:, 1]])
                progress.update()
    return np.concatenate(found)


def grouped(
    pictures: Stack,
    embeddings: npt.NDArray[np.floating] | None,
    similarity: float,
    same_person: float,
    search: Search = ALONE,
) -> npt.NDArray[np.int32]:
    """The near-duplicate group of every picture of `[N, H, W, 3]`, `[N]` int32, by looks and by `embeddings`.

    Above `EXACT_UP_TO`, what was found is kept in the search's folder, and a killed one goes on there.
    """
    kept = search.folder / LOOKS if search.folder and len(pictures) > EXACT_UP_TO else None
    descriptors = mapped(kept) if kept and kept.is_file() else describe(pictures, kept)
    pairs = [similar_pairs(descriptors, similarity, search)]
    if embeddings is not None:
        pairs.append(close_pairs(embeddings.astype(np.float32, copy=False), same_person, search))
    return components(len(pictures), np.concatenate(pairs))


def group_summary(groups: npt.NDArray[np.int32], similarity: float, same_person: float) -> dict[str, float]:
    """What a dataset.json tells of the groups [N] of more than one picture, and by what they were found."""
    sizes = np.bincount(groups)
    several = sizes[sizes > 1]
    found = {"groups": len(several), "pictures": int(several.sum()), "largest": int(sizes.max())}
    return {"similarity": similarity, "same_person": same_person, **found}
