"""Where the pages of faces are kept, and what happens to pages that others have changed."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import data, operators, plane, select, tile_pixels
from tests.blender.pictures import front_view
from tests.blender.point_crowds import instance_on, points


@pytest.fixture
def crowd(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> tuple[Any, Any]:
    """A billboard with a face, and points with instances, in a saved file."""
    flat, owner = plane("Flat", (0, 0, 9)), instance_on(points("Points", 3), plane("Shown", (0, 50, 0)))
    select([flat])
    operators.populate(model=str(model))
    select([owner])
    operators.populate_instances(model=str(model))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    return flat, owner


def views() -> list[Any]:
    eye = data.objects.get("Eye") or data.objects.new("Eye", None)
    return [front_view(data.objects["Flat"]), front_view(eye)]


def test_pages_move_beside_the_file_and_back(crowd: Any, tmp_path: Path) -> None:
    before = views()
    operators.save_pages()
    assert sorted(path.name for path in (tmp_path / "crowd_faces").iterdir()) == ["instances-2.1001.png", "page-1.png"]
    assert [image.packed_file for image in data.images if image.filepath] == [None, None]
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
    np.testing.assert_allclose(views(), before, atol=2e-3)
    operators.pack_pages()
    for path in (tmp_path / "crowd_faces").iterdir():
        path.unlink()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
    np.testing.assert_allclose(views(), before, atol=2e-3)


def test_faces_beside_the_file_are_kept_when_the_crowd_grows(
    crowd: Any, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flat, owner = crowd
    before = tile_pixels(flat)
    operators.save_pages()
    select([flat, plane("More")])
    operators.populate(model=str(model))
    np.testing.assert_array_equal(tile_pixels(flat), before)
    owner.data.vertices.add(1)
    select([owner])
    capfd.readouterr()
    operators.populate_instances(model=str(model))
    assert "1 new faces, 3 kept" in capfd.readouterr().out


def test_a_file_that_was_never_saved_has_no_place_beside_it(scene: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="never saved"):
        operators.save_pages()


def test_what_is_missing_beside_the_file_is_named(crowd: Any, model: Path, tmp_path: Path) -> None:
    _, owner = crowd
    operators.save_pages()
    (tmp_path / "crowd_faces" / "instances-2.1001.png").unlink()
    with pytest.raises(RuntimeError, match=r"instances-2\.1001\.png: cannot be read"):
        operators.populate_instances(model=str(model), crowd_seed=4)
    with pytest.raises(RuntimeError, match="Crowd Faces"):
        operators.pack_pages()
    assert owner.name == "Points"


def test_what_an_artist_painted_on_a_page_stays(crowd: Any, model: Path) -> None:
    """Blender keeps our name in a picture that it packs again, but packs it in its own way."""
    flat, _ = crowd
    image = flat.facegan.page
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    pixels[: len(pixels) // 2 : 4] = 0.5
    image.pixels.foreach_set(pixels)
    image.pack()
    painted = tile_pixels(flat)
    select([flat, plane("More")])
    operators.populate(model=str(model))
    np.testing.assert_allclose(tile_pixels(flat), painted, atol=1 / 255)
