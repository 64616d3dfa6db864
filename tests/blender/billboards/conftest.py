"""Pictures of the repository's people, each rendered once, and of a tree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.blender.conftest import empty_file
from tests.blender.crowds import data
from tools.portraits import Portrait, take


@pytest.fixture(scope="session")
def woman(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "woman.png", "woman_average", cut="bob")


@pytest.fixture(scope="session")
def man(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "man.png", "man_heavy", "shirt", "combed")


@pytest.fixture(scope="session")
def side(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "side.png", "man_slim", cut="crop", turn=90.0, size=(512, 640))


@pytest.fixture(scope="session")
def back(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "back.png", "man_average", cut="crop", turn=180.0)


@pytest.fixture
def blender(woman: Portrait, man: Portrait, back: Portrait, side: Portrait) -> Iterator[None]:
    """The pictures are taken in files of their own, before the test's."""
    with empty_file():
        yield


@pytest.fixture
def tree(tmp_path: Path) -> Any:
    """A picture of a tree: a trunk, and leaves in many greens."""
    random = np.random.default_rng(2)
    pixels = np.zeros((320, 200, 4), np.float32)
    down, across = np.mgrid[:320, :200]
    pixels[(np.abs(across - 100) < 12) & (down < 150)] = (0.35, 0.22, 0.12, 1)
    for _ in range(900):
        x, y = random.normal(100, 38), random.normal(220, 42)
        leaf = np.hypot(across - x, down - y) < random.uniform(3, 8)
        pixels[leaf] = (0.1 + 0.15 * random.random(), 0.3 + 0.35 * random.random(), 0.08, 1)
    image = data.images.new("Tree", 200, 320, alpha=True)
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image
