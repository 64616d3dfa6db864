"""The smallest crowds and large ones: everybody has their own face, on as few pages as hold them."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import MAX_AGE, SIDE, data, operators, plane, select
from tests.blender.point_crowds import column, instance_on, points, read_tiles

CELL = SIDE + 2 * 4
PER_PAGE = (4096 // CELL) ** 2
COUNTS = [1, 2, PER_PAGE, PER_PAGE + 1]


def page_pixels(image: Any) -> Any:
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)


@pytest.mark.parametrize("count", [1, 2, 4000])
def test_objects(scene: bpy.types.Scene, model: Path, count: int) -> None:
    mesh = plane("P0").data
    crowd = [data.objects["P0"], *(plane(f"P{i}", mesh=mesh) for i in range(1, count))]
    select(crowd)
    operators.populate(model=str(model), keep_apart=False)
    (image,) = {obj.facegan.page for obj in crowd}
    pixels = page_pixels(image)
    height, width = pixels.shape[:2]
    tiles = np.array([obj["facegan_tile"] for obj in crowd])
    corners = np.round(tiles[:, :2] * (width, height)).astype(int)
    assert len(np.unique(corners, axis=0)) == count
    ages = pixels[corners[:, 1] + 2, corners[:, 0] + SIDE - 3, 1] * MAX_AGE
    np.testing.assert_allclose(ages, [obj.facegan.age for obj in crowd], atol=0.5)


@pytest.mark.parametrize("count", COUNTS)
def test_instances(scene: bpy.types.Scene, model: Path, count: int) -> None:
    owner = instance_on(points("Points", count), plane("Shown", (0, 50, 0)))
    select([owner])
    operators.populate_instances(model=str(model), keep_apart=False)
    image = owner["facegan_pages"]
    assert len(image.tiles) == -(-count // PER_PAGE)
    tiles = column(owner, "facegan_tile")
    assert len(set(tiles)) == count
    some = sorted({0, count - 1, *range(0, count, 997)})
    ages = column(owner, "facegan_age")
    told = read_tiles(image, [tiles[i] for i in some])
    assert [face.age for face in told] == pytest.approx([ages[i] for i in some], abs=0.5)
