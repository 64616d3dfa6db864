"""Pictures of the same shot, found so that none stands on both sides of the held-out split."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

Vectors = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.int64]

DESCRIPTOR_SIDE = 32
COEFFICIENTS = 16
BLOCK = 4096

PRIOR_COUNT = 200
PRIOR_SPREAD = (800.0, -1.29)
"""Standard deviation of a cosine coefficient as `a * frequency ** b`, fitted to 21,226 aligned FairFace faces."""


def describe(pictures: npt.NDArray[np.uint8]) -> Vectors:
    """What a shot looks like, whatever its brightness, contrast and compression: `[N, 255]` float32, unit length.

    The lowest 16 x 16 cosine coefficients, less the constant, of the aligned picture's luma, each less its mean
    over the pictures and divided by its standard deviation. So what all faces share counts for nothing, and
    the product of two descriptors is 1 for one shot and near 0 for two. `pictures` is `[N, H, W, 3]` uint8; mean
    and deviation are shrunk towards those of faces at large where there are few.
    """
    spectra = np.empty((len(pictures), COEFFICIENTS**2 - 1), dtype=np.float32)
    for index, picture in enumerate(pictures):
        luma = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
        small = cv2.resize(luma, (DESCRIPTOR_SIDE, DESCRIPTOR_SIDE), interpolation=cv2.INTER_AREA)
        spectra[index] = cv2.dct(small.astype(np.float32))[:COEFFICIENTS, :COEFFICIENTS].ravel()[1:]
    rows, columns = np.mgrid[:COEFFICIENTS, :COEFFICIENTS]
    frequency = np.hypot(rows, columns).ravel()[1:]
    even = (_mirror_signs() > 0).astype(np.float32)
    count = len(pictures)
    mean = even * spectra.sum(axis=0) / (count + PRIOR_COUNT)
    prior = (PRIOR_SPREAD[0] * frequency ** PRIOR_SPREAD[1]) ** 2
    variance = (((spectra - mean) ** 2).sum(axis=0) + PRIOR_COUNT * prior) / (count + PRIOR_COUNT)
    whitened = (spectra - mean) / np.sqrt(variance)
    norms = np.linalg.norm(whitened, axis=1, keepdims=True)
    return np.asarray(whitened / np.maximum(norms, 1e-6), dtype=np.float32)


def mirrored(descriptors: Vectors) -> Vectors:
    """The descriptors of the pictures' mirror images: odd horizontal frequencies change sign."""
    return np.asarray(descriptors * _mirror_signs(), dtype=np.float32)


def _mirror_signs() -> Vectors:
    signs = np.where(np.arange(COEFFICIENTS) % 2, -1.0, 1.0)
    return np.tile(signs, COEFFICIENTS)[1:].astype(np.float32)


def similar_pairs(descriptors: Vectors, similarity: float) -> Pairs:
    """All pairs `[P, 2]` int64 (first < second) that are alike, mirrored or not, by at least `similarity`."""
    flipped = mirrored(descriptors)

    def alike(rows: slice, columns: slice) -> npt.NDArray[np.bool_]:
        others = descriptors[columns].T
        return np.asarray(np.maximum(descriptors[rows] @ others, flipped[rows] @ others) >= similarity)

    return _pairs(len(descriptors), alike, "same shot")


def close_pairs(embeddings: Vectors, distance: float) -> Pairs:
    """All pairs `[P, 2]` int64 (first < second) whose embeddings `[N, 128]` lie nearer than `distance`."""
    squares = (embeddings**2).sum(axis=1)

    def close(rows: slice, columns: slice) -> npt.NDArray[np.bool_]:
        products = embeddings[rows] @ embeddings[columns].T
        return np.asarray(squares[rows, None] + squares[None, columns] - 2 * products < distance**2)

    return _pairs(len(embeddings), close, "same person")


def _pairs(count: int, linked: Callable[[slice, slice], npt.NDArray[np.bool_]], task: str) -> Pairs:
    """The pairs for which `linked` holds, which is asked for blocks of rows and columns; with a progress bar."""
    found: list[Pairs] = [np.empty((0, 2), dtype=np.int64)]
    starts = range(0, count, BLOCK)
    with tqdm(total=len(starts) * (len(starts) + 1) // 2, unit="block", desc=task) as progress:
        for row in starts:
            for column in range(row, count, BLOCK):
                block = linked(slice(row, row + BLOCK), slice(column, column + BLOCK))
                pairs = np.argwhere(block) + np.array([row, column])
                found.append(pairs[pairs[:, 0] < pairs[:, 1]])
                progress.update()
    return np.concatenate(found)


def group(count: int, pairs: Pairs) -> npt.NDArray[np.int32]:
    """A group number for each of `count` pictures, `[count]` int32: who is linked by `pairs` shares one.

    Groups are numbered in the order of their first pictures.
    """
    parent = np.arange(count)
    for first, second in pairs:
        low, high = sorted((_root(parent, first), _root(parent, second)))
        parent[high] = low
    roots = np.array([_root(parent, index) for index in range(count)], dtype=np.int64)
    return np.unique(roots, return_inverse=True)[1].astype(np.int32)


def _root(parent: npt.NDArray[np.int64], index: int) -> int:
    """The first picture of the group of `index`, by the links that `parent` holds; shortens them on the way."""
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = int(parent[index])
    return index
