"""Fit what tells covered faces, and say how well it does beside plain measures.

    python benchmarks/occluders.py PICTURES --work FOLDER --out trainer/data/faces/occluders.safetensors

PICTURES is FairFace's folder with labels.csv; data/fairface-occluders.csv holds what the eye saw in some of them. Most
of those were shown because an earlier fit suspected them, so that plain faces are rare among them: of the pictures that
nobody looked at, all but the most suspected stand in for those. The 300 marked `test` were drawn at random among what
`prepare` keeps, judged before any score was known, and take no part in the fit.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file
from tqdm import tqdm

from trainer.data.faces.alignment import Geometry, align
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.embedding import FaceEmbedding
from trainer.data.faces.occlusion import KINDS
from trainer.data.prepare.inspection import read_photograph
from trainer.review.looks import unlike_faces

SEEN = Path(__file__).parents[1] / "data" / "fairface-occluders.csv"
MEANT = dict(zip(KINDS, ("object", "sunglasses", "painted"), strict=True))
"""What the eye called that which each measure reads."""
SOURCE = "FairFace (Karkkainen and Joo, WACV 2021), CC BY 4.0"
CROP_SIDE = 64
NOT_SEEN = 4000
"""Pictures that nobody looked at, taken as plain."""
NOT_SEEN_WEIGHT = 0.3
SUSPECTED = 0.2
"""Share of them that a first fit suspects most, which is left out: one in ten is covered."""
FIRST_RIDGE, RIDGE = 0.02, 0.01
Values = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


def look_at(pictures: Path, files: Sequence[str], cache: Path) -> tuple[Values, Values, npt.NDArray[np.uint8]]:
    """Regional activity [N, 2048], embeddings [N, 128] and crops of each file; zeros where no face is found."""
    if cache.exists():
        kept = np.load(cache)
        if list(kept["files"]) == list(files):
            return kept["regional"], kept["embedding"], kept["crops"]
    detector, network = FaceDetector(), FaceEmbedding()
    regional, embedding = np.zeros((len(files), 2048), np.float32), np.zeros((len(files), 128), np.float32)
    crops = np.zeros((len(files), CROP_SIDE, CROP_SIDE, 3), np.uint8)
    for row, file in enumerate(tqdm(files, unit="picture", desc="looking")):
        photograph = read_photograph(pictures / file)
        if faces := detector.find(photograph):
            embedding[row], regional[row] = network.look(photograph, faces[0].landmarks)
            crops[row] = align(photograph, faces[0].landmarks, Geometry(), CROP_SIDE)
    np.savez(cache, files=np.array(files), regional=regional, embedding=embedding, crops=crops)
    return regional, embedding, crops


def logistic(features: Values, wanted: Flags, weight: Values, ridge: float) -> tuple[Values, float]:
    """Weights [F] and bias of a logistic regression with a ridge penalty on the weights, by L-BFGS."""
    inputs, targets, counts = (torch.from_numpy(np.asarray(one, np.float32)) for one in (features, wanted, weight))
    slope, bias = torch.zeros(features.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([slope, bias], max_iter=60, line_search_fn="strong_wolfe")
    loss = torch.nn.BCEWithLogitsLoss(weight=counts, reduction="sum")

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        value = torch.as_tensor(loss(inputs @ slope + bias, targets) / counts.sum() + ridge * (slope**2).sum())
        value.backward()
        return value

    optimiser.step(step)
    return slope.detach().numpy(), float(bias.detach())


def fit(features: Values, seen: npt.NDArray[np.str_], kind: str) -> tuple[Values, float]:
    """Weights [F] and bias for raw features [N, F]; `seen` is what the eye saw, '' where nobody looked."""
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    scaled = (features - middle) / spread
    # Sunglasses are told from everything else; an object may stand before a painted face, and is not asked there.
    known = np.isin(seen, list(MEANT.values()) if kind == "sunglasses" else [MEANT[kind]]) | (seen == "clear")
    rows = np.flatnonzero(known)
    slope, bias = logistic(scaled[rows], seen[rows] == MEANT[kind], np.ones(len(rows), np.float32), FIRST_RIDGE)
    others = np.flatnonzero(seen == "")
    suspicion = scaled[others] @ slope + bias
    others = others[suspicion < np.quantile(suspicion, 1 - SUSPECTED)] if len(others) else others
    weight = np.r_[np.ones(len(rows)), np.full(len(others), NOT_SEEN_WEIGHT)].astype(np.float32)
    rows = np.r_[rows, others]
    slope, bias = logistic(scaled[rows], seen[rows] == MEANT[kind], weight, RIDGE)
    return (slope / spread).astype(np.float32), bias - float((slope / spread) @ middle)


def area(score: Values, wanted: Flags) -> float:
    """The share of pairs of a wanted and another picture that the score puts in the right order."""
    rank = np.argsort(np.argsort(score, kind="stable"), kind="stable")
    many = int(wanted.sum())
    return float((rank[wanted].sum() - many * (many - 1) / 2) / (many * (len(wanted) - many)))


def report(scores: dict[str, Values], wanted: Flags) -> str:
    """A table in Markdown: each measure's area under the curve, and what it finds among as many as there are."""
    lines = ["| measure | area under the curve | found among as many as there are |", "|---|---|---|"]
    for name, score in scores.items():
        first = np.argsort(-score, kind="stable")[: int(wanted.sum())]
        lines.append(f"| {name} | {area(score, wanted):.3f} | {int(wanted[first].sum())} of {int(wanted.sum())} |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Collection:
    """Pictures in which a face was found: what a network and the eye saw of each.

    `regional` [N, 2048], `embedding` [N, 128] float32, `crops` [N, 64, 64, 3] uint8; `seen` [N], '' where nobody
    looked; `test` [N]: takes no part in a fit that is judged.
    """

    regional: Values
    embedding: Values
    crops: npt.NDArray[np.uint8]
    seen: npt.NDArray[np.str_]
    test: Flags

    def told(self, features: Values, kind: str) -> Values:
        """What a fit to `features` of all but the test's pictures says of every picture: odds' logarithm [N]."""
        slope, bias = fit(features[~self.test], self.seen[~self.test], kind)
        return np.asarray(features @ slope + bias)

    def judged(self, kind: str) -> str:
        """A table of how the measures do on the test's pictures, those left out on which the eye was unsure."""
        rows = self.test & np.isin(self.seen, ["clear", MEANT[kind]])
        wanted = self.seen[rows] == MEANT[kind]
        told = self.told(self.regional, kind)[rows]
        scores = {
            "middle layer (`trainer prepare`)": told,
            "the descriptor, fitted alike": self.told(self.embedding, kind)[rows],
            "eigenface residual (`review`'s `unusual`)": unlike_faces(self.crops)[rows],
        }
        flagged = told > 0
        return (
            f"{kind}: {int(wanted.sum())} of {len(wanted)} test pictures\n{report(scores, wanted)}\n"
            f"at one half: {int((flagged & wanted).sum())} found, {int((flagged & ~wanted).sum())} others"
        )


def collect(pictures: Path, table: Path, work: Path) -> Collection:
    """The pictures that the eye saw, and as many others as `NOT_SEEN`."""
    rows, listed = read_table(table), {row["file"] for row in read_table(pictures / "labels.csv")}
    others = sorted(listed - {row["file"] for row in rows})
    others = [others[place] for place in np.random.RandomState(0).permutation(len(others))[:NOT_SEEN]]
    work.mkdir(parents=True, exist_ok=True)
    regional, embedding, crops = look_at(pictures, [row["file"] for row in rows] + others, work / "occluders.npz")
    seen = np.array([row["seen"] for row in rows] + [""] * len(others))
    test = np.array([row["test"] == "1" for row in rows] + [False] * len(others))
    found = regional.any(axis=1)
    return Collection(regional[found], embedding[found], crops[found], seen[found], test[found])


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_weights(collection: Collection, path: Path) -> None:
    """Fit to all pictures, the test's included, and write what `trainer prepare` reads."""
    fitted = [fit(collection.regional, collection.seen, kind) for kind in KINDS]
    weight, bias = np.stack([slope for slope, _ in fitted]), np.array([shift for _, shift in fitted], np.float32)
    save_file({"weight": weight, "bias": bias}, path, {"source": SOURCE})


def main() -> None:
    """Look, fit, tell, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--seen", type=Path, default=SEEN)
    parser.add_argument("--work", type=Path, required=True, help="folder for what was looked at")
    parser.add_argument("--out", type=Path, help="file of weights to write")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    collection = collect(options.pictures, options.seen, options.work)
    counts = Counter(name or "not looked at" for name in collection.seen.tolist())
    print(f"{len(collection.seen):,} pictures: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    for kind in KINDS:
        print(f"\n{collection.judged(kind)}")
    if options.out is not None:
        write_weights(collection, options.out)
        print(f"\n{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
