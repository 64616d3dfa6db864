"""Fit what tells faces that the eye would not take, and say how well it does.

    python -m benchmarks.faults --models FIRST KEPT --out trainer/evaluation/judges/faults.safetensors

What the eye said of faces stands in data/: of the default model of 1.5 million images (default-model-faults.csv, by
seed; FIRST is that one, sha256 c0706f0a9296...), of one that learnt from evened pictures, while it trained
(even-model-faults.csv, by place on the sheet beside it), and of those that the model of 2.4 million images did not
refuse by what the judge of the first two had taught it (kept-faults.csv, by seed; KEPT, sha256 9787233cb780...). Both
models are in this repository's history. Faces marked `test` were drawn at random and take no part in the fit that is
judged; in the fit that is written they do.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file

from benchmarks.occluders import area, read_table
from trainer.data.faces.alignment import Geometry
from trainer.drawing.inference import open_generator
from trainer.evaluation.judges.faults import early_looks
from trainer.evaluation.judges.identity import describe
from trainer.review.looks import unlike_faces

DATA = Path(__file__).parents[1] / "data"
COLUMNS = 20
"""Faces side by side on a sheet."""
RIDGE = 0.05
UNSURE = 0.3
"""What an unsure verdict counts as, between good (0) and broken (1): the faces of one third of them would be missed."""
SHARES = (0.1, 0.15, 0.2, 0.25)
GROUPS = {
    "tones 1-4": ("skin_tone", 1, 4),
    "tones 4-7": ("skin_tone", 4, 7),
    "tones 7-10": ("skin_tone", 7, 10.1),
    "women": ("sex", -1.1, 0),
    "men": ("sex", 0, 1.1),
    "under 20": ("age", 0, 20),
    "20-39": ("age", 20, 40),
    "40-59": ("age", 40, 60),
    "60 and older": ("age", 60, 200),
}
TARGETS = {"good": 0.0, "unsure": UNSURE, "broken": 1.0}
TABLES = ("first default model", "evened model", "kept by the default model")
AT_RANDOM = 1
"""The table whose faces were all drawn at random, none refused: the bias of the judge is that one's."""


@dataclass(frozen=True)
class Seen:
    """Faces uint8 [N, H, W, 3], what the eye `said` of each, which are the `test`, who was `asked` for by name [N]."""

    pictures: NDArray[np.uint8]
    said: NDArray[np.str_]
    test: NDArray[np.bool_]
    asked: dict[str, NDArray[np.float32]]

    @classmethod
    def of(cls, name: str, pictures: NDArray[np.uint8] | None = None, model: Path | None = None) -> "Seen":
        """The table of that name; its faces are given, or drawn by the model."""
        rows = read_table(DATA / f"{name}.csv")
        asked: dict[str, NDArray[np.float32]] = {
            key: np.array([float(row[key]) for row in rows], np.float32)
            for key in ("age", "skin_tone", "undertone")
            if key in rows[0]
        }
        asked["sex"] = np.array([-1.0 if row["sex"] == "female" else 1.0 for row in rows], np.float32)
        if pictures is None:
            assert model is not None
            pictures = open_generator(model).draw([int(row["seed"]) for row in rows], asked)
        said, test = np.array([row["seen"] for row in rows]), np.array([row["test"] == "1" for row in rows])
        return cls(pictures[: len(rows)], said, test, asked)


def from_sheet(path: Path) -> NDArray[np.uint8]:
    """The faces of a sheet without gaps, row by row: uint8 [N, H, H, 3]."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    side = sheet.shape[1] // COLUMNS
    rows = sheet.reshape(-1, side, COLUMNS, side, 3)
    return np.ascontiguousarray(rows.transpose(0, 2, 1, 3, 4)).reshape(-1, side, side, 3)


def fit(
    features: NDArray[np.float32], wanted: NDArray[np.float64], table: NDArray[np.integer]
) -> tuple[np.ndarray, float]:
    """Weights [F] and bias of a ridge logistic regression on raw features [N, F], towards `wanted` 0 ... 1, [N].

    Each `table` [N] has a bias of its own, since two of them were not drawn at random; that of `AT_RANDOM` is returned.
    """
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    inputs, targets = torch.from_numpy((features - middle) / spread), torch.from_numpy(wanted.astype(np.float32))
    of_table = torch.nn.functional.one_hot(torch.from_numpy(table), len(TABLES)).float()
    slope = torch.zeros(features.shape[1], requires_grad=True)
    biases = torch.zeros(len(TABLES), requires_grad=True)
    optimiser = torch.optim.LBFGS([slope, biases], max_iter=100, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        told = inputs @ slope + of_table @ biases
        loss = torch.nn.functional.binary_cross_entropy_with_logits(told, targets) + RIDGE * (slope**2).sum()
        torch.autograd.backward(loss)
        return loss

    optimiser.step(step)
    weight = slope.detach().numpy() / spread
    return weight.astype(np.float32), float(biases[AT_RANDOM].detach()) - float(weight @ middle)


def judge_fit(name: str, seen: Seen, scores: NDArray[np.float32]) -> None:
    """Print how well scores of the test faces [N] tell what the eye said."""
    said = seen.said[seen.test]
    sure = said != "unsure"
    print(f"\n{name}: area under the curve {area(scores[sure], said[sure] == 'broken'):.3f}, unsure ones left out")
    for share in SHARES:
        refused = scores > np.quantile(scores, 1 - share)
        counts = ", ".join(f"{(refused & (said == k)).sum()} of {(said == k).sum()} {k}" for k in reversed(TARGETS))
        print(f"refusing {share:.0%}: {counts}")


def tell_groups(seen: Seen, scores: NDArray[np.float32], share: float) -> None:
    """Print who is refused, beside whom the eye found broken and whom it doubted."""
    refused, said = scores > np.quantile(scores, 1 - share), seen.said[seen.test]
    print(f"\n| refusing {share:.0%} | faces | refused | broken | doubtful |\n|---|---|---|---|---|")
    for name, (key, low, high) in GROUPS.items():
        if key in seen.asked:
            value = seen.asked[key][seen.test]
            own = (value >= low) & (value < high)
            shares = [refused[own].mean(), (said[own] == "broken").mean(), (said[own] == "unsure").mean()]
            print(f"| {name} | {own.sum()} | " + " | ".join(f"{one:.2f}" for one in shares) + " |")


def main() -> None:
    """Draw, look, fit, tell, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, nargs=2, required=True, metavar=("FIRST", "KEPT"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    first, kept = options.models
    seen = (
        Seen.of("default-model-faults", model=first),
        Seen.of("even-model-faults", from_sheet(DATA / "even-model-faults.webp")),
        Seen.of("kept-faults", model=kept),
    )
    tables = dict(zip(TABLES, seen, strict=True))
    pictures = np.concatenate([one.pictures for one in seen])
    wanted = np.array([TARGETS[word] for one in seen for word in one.said])
    test = np.concatenate([one.test for one in seen])
    table = np.repeat(np.arange(len(seen)), [len(one.said) for one in seen])
    early, looks = early_looks(pictures, Geometry()), describe(pictures, Geometry())
    told = {
        "early layer": early @ fit(early[~test], wanted[~test], table[~test])[0],
        "descriptor": looks @ fit(looks[~test], wanted[~test], table[~test])[0],
        "eigenface residual": unlike_faces(pictures),
    }
    for number, (name, one) in enumerate(tables.items()):
        own = test & (table == number)
        for measure, scores in told.items():
            judge_fit(f"{name}, {measure}", one, scores[own])
        tell_groups(one, told["early layer"][own], 0.2)
    if options.out is not None:
        slope, bias = fit(early, wanted, table)
        save_file({"weight": slope, "bias": np.array(bias, np.float32)}, options.out)
        print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
