"""Distances between two sets of feature vectors: how far apart they lie, and how far each covers the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Features = NDArray[np.floating]
BLOCK = 1024
"""Vectors whose distances to all others are in memory at once."""


def frechet_distance(first: Features, second: Features) -> float:
    """The squared Frechet distance of two normal distributions fitted to [N, D] and [M, D] (Heusel et al. 2017).

    |mu1 - mu2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2), the root's trace taken from the symmetric form C1^1/2 C2 C1^1/2, which
    has real eigenvalues. In the square of the features' unit. Raises ValueError for fewer than 2 vectors on a side.
    """
    a, b = _pair(first, second, smallest=2)
    difference = a.mean(0) - b.mean(0)
    cov_a, cov_b = np.atleast_2d(np.cov(a, rowvar=False)), np.atleast_2d(np.cov(b, rowvar=False))
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    mixed = np.linalg.eigvalsh(root @ cov_b @ root)
    trace_of_root = np.sqrt(np.clip(mixed, 0, None)).sum()
    return float(max(0.0, difference @ difference + np.trace(cov_a) + np.trace(cov_b) - 2 * trace_of_root))


def kernel_distance(first: Features, second: Features) -> float:
    """KID: the unbiased squared maximum mean discrepancy of [N, D] and [M, D] with the kernel (x.y / D + 1)^3.

    Binkowski et al. 2018. Near 0, and sometimes below it, for two sets from one distribution. Taken over all vectors at
    once instead of over random blocks, so that it has no chance in it.
    """
    a, b = _pair(first, second, smallest=2)
    size, n, m = a.shape[1], len(a), len(b)

    def summed(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
        blocks = (x[start : start + BLOCK] for start in range(0, len(x), BLOCK))
        return sum(float(((block @ y.T / size + 1) ** 3).sum()) for block in blocks)

    itself_a, itself_b = (float((((x**2).sum(1) / size + 1) ** 3).sum()) for x in (a, b))
    same_a = (summed(a, a) - itself_a) / (n * (n - 1))
    same_b = (summed(b, b) - itself_b) / (m * (m - 1))
    return float(same_a + same_b - 2 * summed(a, b) / (n * m))


@dataclass(frozen=True)
class Coverage:
    """How two sets lie in each other, each 0 ... 1 but density, whose value for one distribution is 1.

    `inside` [M] bool: which vectors of the second set lie within the first one's reach (their mean is the precision).
    """

    precision: float
    recall: float
    density: float
    coverage: float
    inside: NDArray[np.bool_]


def precision_recall(real: Features, fake: Features, neighbours: int = 5) -> Coverage:
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020) of [N, D] and [M, D].

    Each vector's reach is the distance to its `neighbours`-th nearest other vector of its own set. Raises ValueError
    unless both sets have more vectors than that.
    """
    a, b = _pair(real, fake, smallest=neighbours + 1)
    reach_real, reach_fake = _reach(a, neighbours), _reach(b, neighbours)
    often = np.zeros(len(b), np.int64)
    recalled, covered = 0, 0
    for start in range(0, len(a), BLOCK):
        across, reach = cdist(a[start : start + BLOCK], b), reach_real[start : start + BLOCK]
        often += (across <= reach[:, None]).sum(0)
        recalled += int((across <= reach_fake[None, :]).any(1).sum())
        covered += int((across.min(1) <= reach).sum())
    return Coverage(
        precision=float((often > 0).mean()),
        recall=recalled / len(a),
        density=float(often.mean() / neighbours),
        coverage=covered / len(a),
        inside=often > 0,
    )


def nearest(points: Features, others: Features, chunk: int = 512) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each of [N, D] the distance to the nearest of [M, D], and its index: float64 [N], int64 [N]."""
    distances = np.empty(len(points))
    indices = np.empty(len(points), np.int64)
    for start in range(0, len(points), chunk):
        block = cdist(points[start : start + chunk], others)
        indices[start : start + chunk] = block.argmin(1)
        distances[start : start + chunk] = block.min(1)
    return distances, indices


def _reach(points: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    reach = np.empty(len(points))
    for start in range(0, len(points), BLOCK):
        own = cdist(points[start : start + BLOCK], points)
        reach[start : start + BLOCK] = np.partition(own, neighbours, axis=1)[:, neighbours]  # 0 is the point itself
    return reach


def _pair(first: Features, second: Features, smallest: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"feature sets of shapes {a.shape} and {b.shape} cannot be compared")
    if min(len(a), len(b)) < smallest:
        raise ValueError(f"{len(a)} and {len(b)} vectors: at least {smallest} on each side are needed")
    return a, b
