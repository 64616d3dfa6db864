"""Fit what tells faces that the eye would not take, and say how well it does.

    python -m benchmarks.faults --model MODEL --out trainer/evaluation/judges/faults.safetensors

data/default-model-faults.csv holds what the eye said of faces of the default model of 1.5 million images (sha256
c0706f0a9296..., in this repository's history), by seed, sex and age. The two hundred marked `test` were drawn at random
and take no part in the fit that is judged; in the fit that is written they do.
"""

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from benchmarks.occluders import area, logistic, read_table
from trainer.data.faces.alignment import Geometry
from trainer.drawing.inference import open_generator
from trainer.evaluation.judges.faults import early_looks
from trainer.evaluation.judges.identity import describe
from trainer.review.looks import unlike_faces

SEEN = Path(__file__).parents[1] / "data" / "default-model-faults.csv"
RIDGE = 0.03
SHARES = (0.05, 0.1, 0.15, 0.2, 0.25)


def fit(features: np.ndarray, broken: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights [F] and bias for raw features [N, F] and whether the eye refused each, [N]."""
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    slope, bias = logistic((features - middle) / spread, broken, np.ones(len(broken), np.float32), RIDGE)
    return (slope / spread).astype(np.float32), bias - float((slope / spread) @ middle)


def main() -> None:
    """Draw, look, fit, tell, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows, generator = read_table(SEEN), open_generator(options.model)
    sex = np.array([-1.0 if row["sex"] == "female" else 1.0 for row in rows], np.float32)
    age = np.array([float(row["age"]) for row in rows], np.float32)
    pictures = generator([int(row["seed"]) for row in rows], sex, age)
    seen, test = np.array([row["seen"] for row in rows]), np.array([row["test"] == "1" for row in rows])
    geometry = Geometry(**generator.card["face"])
    early, sure = early_looks(pictures, geometry), seen != "unsure"
    told = {"early layer": early, "descriptor": describe(pictures, geometry)}
    judged = test & sure
    print("| measure | area under the curve |\n|---|---|")
    for name, features in told.items():
        slope, _ = fit(features[sure & ~test], seen[sure & ~test] == "broken")
        print(f"| {name} | {area(features[judged] @ slope, seen[judged] == 'broken'):.3f} |")
    print(f"| eigenface residual | {area(unlike_faces(pictures)[judged], seen[judged] == 'broken'):.3f} |")
    slope, _ = fit(early[sure & ~test], seen[sure & ~test] == "broken")
    score = early[test] @ slope
    for share in SHARES:
        refused = score > np.quantile(score, 1 - share)
        counts = ", ".join(
            f"{int((refused & (seen[test] == name)).sum())} of {int((seen[test] == name).sum())} {name}"
            for name in ("broken", "unsure", "good")
        )
        print(f"refusing {share:.0%} of the test: {counts}")
    if options.out is not None:
        slope, bias = fit(early[sure], seen[sure] == "broken")
        save_file({"weight": slope, "bias": np.array(bias, np.float32)}, options.out)
        print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
