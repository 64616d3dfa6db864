"""What finding near-duplicates takes, by an index and by comparing each with each, in time and memory.

    python benchmarks/near_duplicates.py DATASET --counts 20000 100000

DATASET is a prepared one with embeddings. First its own pictures are grouped both ways, which must agree. Then
collections of each count are drawn that are spread as its descriptors are (normal, of their covariance), one vector in
fifty being a near-duplicate of another: as alike as `trainer prepare` still counts, or more. Each is searched in a
process of its own, whose processor time and peak of memory are told. Above 100,000, where comparing each with each
takes hours, it is left out.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trainer.data.prepare import near_duplicates
from trainer.data.prepare.neighbours import Search, components

SIMILARITY, SAME_PERSON = 0.66, 0.25
PLANTED = 50
EXACT_MOST = 100_000
Vectors = npt.NDArray[np.float32]


def drawn(like: Vectors, count: int, seed: int) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """`count` unit vectors spread as `like` [N, D], and the planted pairs [P, 2], as alike as 0.66 to 1."""
    dice = np.random.default_rng(seed)
    root = np.linalg.cholesky(np.cov(like, rowvar=False) + 1e-9 * np.eye(like.shape[1])).astype(np.float32)
    vectors = np.empty((count, like.shape[1]), np.float32)
    for start in range(0, count, 8192):
        rows = vectors[start : start + 8192]
        rows[:] = dice.standard_normal(rows.shape, np.float32) @ root.T
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = np.sort(dice.permutation(count)[: count // PLANTED * 2].reshape(-1, 2), axis=1)
    first, second = vectors[pairs[:, 0]], vectors[pairs[:, 1]]
    alike = dice.uniform(SIMILARITY + 0.001, 1, (len(pairs), 1)).astype(np.float32)
    apart = second - (first * second).sum(axis=1, keepdims=True) * first
    apart /= np.linalg.norm(apart, axis=1, keepdims=True)
    vectors[pairs[:, 1]] = alike * first + np.sqrt(1 - alike**2) * apart
    return vectors, pairs


def together(groups: npt.NDArray[np.int32], pairs: npt.NDArray[np.int64]) -> float:
    """The share of `pairs` that stand in one group."""
    return float((groups[pairs[:, 0]] == groups[pairs[:, 1]]).mean())


def peak() -> float:
    """The most memory that this process has held since `forget_peak`, in MB (Linux)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak() -> float:
    """Count the peak anew; what is held now, in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def measured(descriptors: Vectors, count: int, exact: bool, threads: int) -> str:
    """A row of the table, measured in this process."""
    vectors, planted = drawn(descriptors, count, seed=count)
    near_duplicates.EXACT_UP_TO = count if exact else 0
    before, began = forget_peak(), time.process_time()
    groups = components(count, near_duplicates.similar_pairs(vectors, SIMILARITY, Search(threads)))
    seconds, held = time.process_time() - began, peak() - before
    way = "each with each" if exact else "index"
    return f"| {count:,} | {way} | {seconds:.1f} | {held:.0f} | {together(groups, planted):.2%} |"


def agreement(dataset: Path, threads: int) -> str:
    """Whether both ways group the pictures of the dataset alike."""
    pictures = np.load(dataset / "images.npy", mmap_mode="r")
    embeddings = np.load(dataset / "embeddings.npy").astype(np.float32)
    descriptors = near_duplicates.describe(pictures)
    groups, pairs = [], []
    for exact in (True, False):
        near_duplicates.EXACT_UP_TO = len(pictures) if exact else 0
        found = (
            near_duplicates.similar_pairs(descriptors, SIMILARITY, Search(threads)),
            near_duplicates.close_pairs(embeddings, SAME_PERSON, Search(threads)),
        )
        pairs.append(found)
        groups.append(components(len(pictures), np.concatenate(found)))
    recall = [together(components(len(pictures), one), every) for every, one in zip(*pairs, strict=True)]
    same = "the same groups" if (groups[0] == groups[1]).all() else "OTHER groups"
    return (
        f"{len(pictures):,} pictures: {same}; of {len(pairs[0][0])} pairs of one shot {recall[0]:.2%} are together, "
        f"of {len(pairs[0][1])} of one person {recall[1]:.2%}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--counts", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", choices=("exact", "index"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        descriptors = near_duplicates.describe(np.load(options.dataset / "images.npy", mmap_mode="r"))
        print(measured(descriptors, options.counts[0], options.one == "exact", options.threads))
        return
    print(agreement(options.dataset, options.threads), "\n")
    print("| vectors | way | processor seconds | MB beside the vectors | planted pairs together |")
    print("|---:|---|---:|---:|---:|")
    for count in options.counts:
        for way in ("exact", "index"):
            if way == "index" or count <= EXACT_MOST:
                own = [str(options.dataset), "--counts", str(count), "--threads", str(options.threads), "--one", way]
                done = subprocess.run([sys.executable, __file__, *own], check=True, stdout=subprocess.PIPE, text=True)
                print(done.stdout, end="", flush=True)


if __name__ == "__main__":
    main()
