"""How many planted label errors `trainer review` puts first, beside cleanlab and beside chance.

    python benchmarks/planted_errors.py DATASET --work FOLDER

One label in fifty is made wrong, the rate of which "Generating Faces using Generative Adversarial Networks" (Sanche,
2016) complains: half of them get the other sex, half an age group whose middle is 15 years or more away. The
comparison needs `pip install cleanlab` (135 MB with pandas and scikit-learn), which nothing else here does.
"""

import argparse
import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from trainer.data.dataset import Dataset, open_dataset
from trainer.labels.people import SexAndAge
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, age_group
from trainer.review.predictions import Predictions, PredictionSettings, predict
from trainer.review.suspects import age_suspicion, label_suspicion, sex_suspicion

RATE = 1 / 50
LEAST_MOVE = 15.0
OLDEST = 90.0
SHARES = (0.02, 0.05, 0.10)
Scores = npt.NDArray[np.floating]


def plant(dataset: Dataset, seed: int) -> tuple[Dataset, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The dataset with wrong labels, and which pictures got a wrong sex and a wrong age, int64 each."""
    dice = np.random.default_rng(seed)
    chosen = dice.permutation(len(dataset))[: round(RATE * len(dataset))]
    swapped, moved = np.array_split(chosen, 2)
    people = dataset.people
    sex, low, high = people.sex.copy(), people.low.copy(), people.high.copy()
    sex[swapped] *= -1
    limits = np.array([0.0, *AGE_GROUP_LIMITS[:-1], OLDEST])
    middles = (limits[:-1] + limits[1:]) / 2
    for row in moved:
        own = (low[row] + high[row]) / 2
        group = dice.choice(np.flatnonzero(np.abs(middles - own) >= LEAST_MOVE))
        low[row], high[row] = limits[group], limits[group + 1]
    return replace(dataset, values={**dataset.values, **SexAndAge(sex, low, high).values}), swapped, moved


def group_probabilities(predictions: Predictions) -> npt.NDArray[np.float64]:
    """The age as read by group, float64 [N, 9]: each knot's probability goes to the group that it lies in."""
    group = np.array([age_group(float(knot), float(knot)) for knot in predictions.knots])
    one_hot = np.eye(len(AGE_GROUP_LIMITS))[group]
    return np.asarray(predictions.age.astype(np.float64) @ one_hot)


def cleanlab_scores(dataset: Dataset, predictions: Predictions) -> dict[str, Scores]:
    """Suspicion by cleanlab from the same readings: one label of sex and age group together, two ways."""
    rank = importlib.import_module("cleanlab.rank")
    male = predictions.male.astype(np.float64)
    ages = np.clip(group_probabilities(predictions), 1e-4, None)
    joint = np.concatenate([ages * (1 - male)[:, None], ages * male[:, None]], axis=1)
    joint /= joint.sum(axis=1, keepdims=True)
    bins = dataset.people.bin
    labels = bins // 2 + len(AGE_GROUP_LIMITS) * (bins % 2)
    return {
        f"cleanlab, {method.replace('_', ' ')}": -rank.get_label_quality_scores(labels, joint, method=method)
        for method in ("self_confidence", "normalized_margin")
    }


def found(score: Scores, planted: npt.NDArray[np.int64], share: float) -> float:
    """The share of `planted` among the first `share` of all pictures by `score`."""
    first = np.argsort(-score, kind="stable")[: round(share * len(score))]
    return float(np.isin(planted, first).mean())


def report(
    dataset: Dataset, predictions: Predictions, swapped: npt.NDArray[np.int64], moved: npt.NDArray[np.int64]
) -> str:
    """A table in Markdown: ranking by planted error and share of the pictures looked at."""
    both = np.concatenate([swapped, moved])
    rankings: list[tuple[str, Scores]] = [("trainer review", label_suspicion(dataset, predictions))]
    rankings += cleanlab_scores(dataset, predictions).items()
    lines = ["| ranking | planted | " + " | ".join(f"first {share:.0%}" for share in SHARES) + " |", "|---" * 5 + "|"]
    for name, score in rankings:
        for what, planted in (("all", both), ("sex swapped", swapped), ("age moved", moved)):
            figures = " | ".join(f"{found(score, planted, share):.0%}" for share in SHARES)
            lines.append(f"| {name} | {what} | {figures} |")
    for name, score, planted in (
        ("trainer review, kind sex", sex_suspicion(dataset, predictions), swapped),
        ("trainer review, kind age", age_suspicion(dataset, predictions), moved),
    ):
        lines.append(
            f"| {name} | its own | " + " | ".join(f"{found(score, planted, share):.0%}" for share in SHARES) + " |"
        )
    lines.append("| chance | all | " + " | ".join(f"{share:.0%}" for share in SHARES) + " |")
    return "\n".join(lines)


def main() -> None:
    """Plant, read, rank, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="where the readings are kept")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    dataset = open_dataset(options.dataset, decided=False)
    flawed, swapped, moved = plant(dataset, options.seed)
    settings = PredictionSettings(options.folds, options.images, options.seed)
    predictions = predict(flawed, options.work, settings, torch.device("cpu"))
    right = float(((predictions.male > 0.5) == (dataset.people.sex > 0)).mean())
    off = float(np.abs(predictions.years - dataset.people.middle).mean())
    print(f"{len(dataset):,} pictures, {len(swapped)} sexes swapped, {len(moved)} ages moved")
    print(f"read out of fold: sex as labelled {right:.1%}, {off:.1f} years from the middle of the labelled range\n")
    print(report(flawed, predictions, swapped, moved))


if __name__ == "__main__":
    main()
