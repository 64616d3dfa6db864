"""Photographs for a trial run: drawn faces, made large, with something around them.

    python tools/drawn_photographs.py FACES PEOPLE.csv PHOTOGRAPHS

FACES is a folder that `trainer generate` filled for PEOPLE.csv. Needs numpy and Pillow alone.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, BORDER = 256, 48
"""In pixels: a face large enough to be found, and room for a crop that is a little wider."""


def main(arguments: list[str]) -> int:
    """Write the photographs and their labels.csv. Returns the exit code."""
    faces, people, photographs = (Path(argument) for argument in arguments)
    photographs.mkdir(parents=True)
    rows = list(csv.DictReader(people.read_text(encoding="utf-8").splitlines()))
    lines = ["file,sex,age"]
    for face, row in zip(sorted(faces.glob("*.png")), rows, strict=True):
        with Image.open(face) as picture:
            large = np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
        around = np.pad(large, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), mode="reflect")
        name = f"{face.stem}.jpg"
        Image.fromarray(around).save(photographs / name, quality=92)
        lines.append(f"{name},{row['sex']},{row['age']}")
    (photographs / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
