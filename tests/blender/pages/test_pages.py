"""Where the pages of faces are kept, and what happens to pages that others have changed."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import context, data, operators, plane, read_face, recipe_of, select, tile_pixels
from tests.blender.pictures import front_view
from tests.blender.point_crowds import column, instance_on, points, read_tiles


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
    assert sorted(path.name for path in (tmp_path / "crowd_faces").iterdir()) == ["instances-1.1001.png", "page-1.png"]
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
    assert "1 new face, 3 kept" in capfd.readouterr().out


def faces_of(owner: Any) -> list[Any]:
    return read_tiles(owner["facegan_pages"], column(owner, "facegan_tile"))


def test_pages_that_are_made_anew_stay_beside_the_file(crowd: Any, model: Path, tmp_path: Path) -> None:
    flat, owner = crowd
    operators.save_pages()
    select([flat])
    operators.populate(model=str(model), crowd_seed=5)
    select([owner])
    operators.populate_instances(model=str(model), crowd_seed=5)
    assert [image.packed_file for image in data.images if image.filepath] == [None, None]
    assert all(image.filepath.startswith("//crowd_faces") for image in data.images if image.filepath)
    assert read_face(flat).age == pytest.approx(flat.facegan.age, abs=0.5)
    before = views()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
    np.testing.assert_allclose(views(), before, atol=2e-3)
    assert not [path for path in (tmp_path / "crowd_faces").iterdir() if path.name.startswith(".")]
    operators.pack_pages()
    owner = data.objects["Points"]
    ages = [face.age for face in faces_of(owner)]
    assert ages == pytest.approx(column(owner, "facegan_age"), abs=0.5)


def test_undo_finds_the_faces_from_before_beside_the_file(crowd: Any, model: Path) -> None:
    context.preferences.edit.use_global_undo = True
    operators.save_pages()
    before = views()
    bpy.ops.ed.undo_push(message="Before")
    for populate in (operators.populate, operators.populate_instances):
        select([data.objects["Flat"], data.objects["Points"]])
        populate("EXEC_DEFAULT", True, model=str(model), crowd_seed=8)
    assert np.abs(np.array(views()) - before).max() > 0.02
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    np.testing.assert_allclose(views(), before, atol=2e-3)


def test_pages_that_are_packed_again_stay_packed(crowd: Any, model: Path) -> None:
    flat, _ = crowd
    operators.save_pages()
    operators.pack_pages()
    select([flat])
    operators.populate(model=str(model), crowd_seed=5)
    assert flat.facegan.page.packed_file is not None


def test_saving_pages_twice_writes_them_once_and_overwrites_nothing(crowd: Any, model: Path, tmp_path: Path) -> None:
    flat, _ = crowd
    operators.save_pages()
    folder = tmp_path / "crowd_faces"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    operators.pack_pages()
    operators.save_pages()
    assert {path.name for path in folder.iterdir()} == set(first)
    operators.pack_pages()
    select([flat])
    operators.populate(model=str(model), crowd_seed=5)
    operators.save_pages()
    assert {path.name for path in folder.iterdir()} == {*first, "page-2.png"}
    assert {name: (folder / name).read_bytes() for name in first} == first


def test_a_folder_that_cannot_be_written_is_named_and_nothing_changes(crowd: Any, model: Path, tmp_path: Path) -> None:
    flat, owner = crowd
    operators.save_pages()
    before = recipe_of(flat), column(owner, "facegan_seed")
    moved = (tmp_path / "crowd_faces").rename(tmp_path / "elsewhere")
    (tmp_path / "crowd_faces").write_text("in the way")
    for populate in (operators.populate, operators.populate_instances):
        select([flat, owner])
        with pytest.raises(RuntimeError, match="crowd_faces") as caught:
            populate(model=str(model), crowd_seed=5)
        assert len([line for line in str(caught.value).splitlines() if line.strip()]) == 1
    assert (recipe_of(flat), column(owner, "facegan_seed")) == before
    assert moved.is_dir()


def test_buttons_are_grey_where_there_is_nothing_to_move(crowd: Any) -> None:
    assert operators.save_pages.poll()
    assert not operators.pack_pages.poll()
    operators.save_pages()
    assert not operators.save_pages.poll()
    assert operators.pack_pages.poll()


def test_a_file_that_was_never_saved_has_no_place_beside_it(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Flat")])
    operators.populate(model=str(model))
    with pytest.raises(RuntimeError, match="never saved"):
        operators.save_pages()


def test_what_is_missing_beside_the_file_is_named(crowd: Any, model: Path, tmp_path: Path) -> None:
    _, owner = crowd
    operators.save_pages()
    (tmp_path / "crowd_faces" / "instances-1.1001.png").unlink()
    with pytest.raises(RuntimeError, match=r"instances-1\.1001\.png: cannot be read"):
        operators.populate_instances(model=str(model), crowd_seed=4)
    with pytest.raises(RuntimeError, match="Crowd Faces"):
        operators.pack_pages()
    assert owner.name == "Points"


@pytest.mark.parametrize("operator", ["populate", "bake", "select_closest"])
def test_a_page_that_is_missing_beside_the_file_is_named(
    crowd: Any, model: Path, tmp_path: Path, operator: str
) -> None:
    operators.save_pages()
    (tmp_path / "crowd_faces" / "page-1.png").unlink()
    select([crowd[0]])
    arguments = {"populate": {"model": str(model)}, "bake": {"directory": str(tmp_path)}, "select_closest": {}}
    with pytest.raises(RuntimeError, match=r"page-1\.png: cannot be read .* put it back"):
        getattr(operators, operator)(**arguments[operator])


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


@pytest.mark.parametrize("name", ["other.blend", "folder/crowd.blend"])
def test_new_pages_go_beside_the_file_as_it_is_called_now(crowd: Any, model: Path, tmp_path: Path, name: str) -> None:
    flat, owner = crowd
    operators.save_pages()
    old = {path.name: path.read_bytes() for path in (tmp_path / "crowd_faces").iterdir()}
    new = tmp_path / name
    new.parent.mkdir(exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(new))
    for populate in (operators.populate, operators.populate_instances):
        select([flat, owner])
        populate(model=str(model), crowd_seed=5)
    folder = new.with_name(f"{new.stem}_faces")
    assert sorted(path.name for path in folder.iterdir()) == ["instances-1.1001.png", "page-1.png"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "crowd_faces").iterdir()} == old
    before = views()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(new))
    np.testing.assert_allclose(views(), before, atol=2e-3)


def test_a_crowd_appended_with_pages_beside_its_file_leaves_that_folder_alone(
    crowd: Any, model: Path, tmp_path: Path
) -> None:
    operators.save_pages()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    (tmp_path / "mine").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine" / "mine.blend"))
    with data.libraries.load(str(tmp_path / "crowd.blend")) as (_, wanted):
        wanted.objects = ["Flat"]
    context.scene.collection.objects.link(data.objects["Flat"])
    select([data.objects["Flat"]])
    operators.populate(model=str(model), crowd_seed=5)
    assert [path.name for path in (tmp_path / "mine" / "mine_faces").iterdir()] == ["page-1.png"]
    assert len(list((tmp_path / "crowd_faces").iterdir())) == 2
