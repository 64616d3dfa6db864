"""Whoever a table is of: linked, hidden, sheared, known people, levels of detail, and tables that were there before."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan import api
from tests.blender.cast.people import seeing_model, take_in
from tests.blender.crowds import context, data, head, operators, plane, select, tile_pixels
from tests.blender.export.test_crowd_table import IMAGES, picture_of, read_table
from tests.blender.export.test_texture_baking import unwrapped
from tests.blender.labelled_models import labelled_model
from tests.blender.materials.test_materials import populated
from tests.blender.point_crowds import collection_instance, column, instance_on, points, tile_pictures

NAMES = [
    "a\nb",
    "c\r\nd",
    "=1+1",
    'q"u',
    "tab\t",
    "x" * 60,
    "semi;colon",
    " lead ",
    "é" * 20,
    "/slash",
    "\u2028ls",
    ",",
]


def link(library: Path, name: str) -> Any:
    """The object of the library, linked into the scene by a path from where this file is."""
    libraries: Any = data.libraries
    with libraries.load(str(library), link=True, relative=bool(data.filepath)) as (_, wanted):
        wanted.objects = [name]
    (obj,) = wanted.objects
    context.scene.collection.objects.link(obj)
    return obj


def save(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_any_name_is_read_back_from_both_tables(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [plane(name, (2 * i, 0, 0)) for i, name in enumerate(NAMES)]
    populated(model, *crowd)
    operators.export_table(directory=str(tmp_path))
    rows, told = read_table(tmp_path)
    expected = {obj.name for obj in crowd}
    assert {row["object"] for row in rows} == {one["object"] for one in told["characters"]} == expected


def test_pages_beside_a_linked_file_are_found_from_another_folder(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    save(tmp_path / "library" / "crowd.blend")
    flat, seats = plane("Flat"), instance_on(points("Seats", 2), head("Hero", (0, 50, 0)))
    populated(model, flat, even_light=0.0)
    select([seats])
    operators.populate_instances(model=str(model), even_light=0.0)
    face = tile_pixels(flat)
    operators.save_pages()
    save(tmp_path / "library" / "crowd.blend")
    bpy.ops.wm.read_homefile(use_empty=True)
    save(tmp_path / "shot" / "shot.blend")
    linked = [link(tmp_path / "library" / "crowd.blend", name) for name in ("Flat", "Seats")]
    operators.export_table(directory="//out")
    rows, told = read_table(tmp_path / "shot" / "out")
    assert [row["object"] for row in rows] == ["Flat", "Seats", "Seats"]
    assert {row["library"] for row in rows} == {"crowd.blend"}
    np.testing.assert_array_equal(picture_of(tmp_path / "shot" / "out", rows[0]), face)
    assert len(told["pages"]) == 2
    select(linked[:1])
    operators.bake(directory="//faces")
    assert (tmp_path / "shot" / "faces" / "Flat.png").is_file()


def test_namesakes_of_two_libraries_are_told_apart(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        bpy.ops.wm.read_homefile(use_empty=True)
        populated(model, plane("Anna"), crowd_seed=number)
        save(tmp_path / f"library{number}.blend")
    bpy.ops.wm.read_homefile(use_empty=True)
    seeds = {f"library{number}.blend": link(tmp_path / f"library{number}.blend", "Anna") for number in (1, 2)}
    operators.export_table(directory=str(tmp_path / "out"))
    rows, told = read_table(tmp_path / "out")
    expected = {name: obj.facegan.seed for name, obj in seeds.items()}
    assert {row["library"]: int(row["seed"]) for row in rows} == expected
    assert {one["library"]: one["seed"] for one in told["characters"]} == expected


def test_who_is_hidden_stands_where_it_was_put(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    """Blender places nobody whom the view layer does not show: after the file is opened all would be at the origin."""
    crowd = [plane(name, (2 * i + 5, 0, 0)) for i, name in enumerate("ABCDEF")]
    populated(model, *crowd)
    crowd[0].hide_viewport = True
    crowd[1].hide_set(True)
    crowd[2].hide_render = True
    away = data.collections.new("Away")
    scene.collection.children.link(away)
    root = data.objects.new("Root", None)
    root.scale, root.location = (2, 2, 2), (0, 0, 1)
    for obj in (*crowd[3:], root):
        away.objects.link(obj)
        if obj != root:
            scene.collection.objects.unlink(obj)
    crowd[4].parent = root
    crowd[5].constraints.new("COPY_LOCATION").target = root
    context.view_layer.layer_collection.children["Away"].exclude = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hidden.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "hidden.blend"))
    done = api.export_table(list(context.scene.objects), tmp_path / "out")
    rows, _ = read_table(tmp_path / "out")
    placed = {row["object"]: row["x"] for row in rows}
    assert placed == {"A": "5", "B": "7", "C": "9", "D": "11", "E": "26", "F": ""}
    assert [one.name for one in done.skipped] == ["F"]


def test_hidden_instances_stand_where_they_were_put(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    seats = instance_on(points("Seats", 2), head("Hero", (0, 50, 0)))
    empty = collection_instance("Empty", plane("Flat"), (7, 0, 0))
    select([seats, empty])
    operators.populate_instances(model=str(model))
    seats.hide_viewport = empty.hide_viewport = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hidden.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "hidden.blend"))
    operators.export_table(directory=str(tmp_path / "out"))
    rows, _ = read_table(tmp_path / "out")
    assert [(row["object"], row["x"]) for row in rows] == [("Empty", "7"), ("Seats", ""), ("Seats", "")]


def test_what_a_script_has_moved_is_where_it_was_moved_to(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    flat = plane("Flat")
    populated(model, flat)
    flat.location = (9, 0, 0)
    api.export_table([flat], tmp_path)
    rows, _ = read_table(tmp_path)
    assert rows[0]["x"] == "9"


def test_shear_is_told(scene: bpy.types.Scene, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    leaning, straight = plane("Leaning"), plane("Straight")
    above = data.objects.new("Above", None)
    scene.collection.objects.link(above)
    above.scale = (1, 1, 3)
    leaning.parent = straight.parent = above
    leaning.rotation_euler, straight.scale = (0.5, 0.3, 0.2), (1, -2, 3)
    populated(model, leaning, straight)
    operators.export_table(directory=str(tmp_path))
    assert "Sheared, so that turn and size in the CSV are the nearest there are (the JSON has matrices): Leaning" in (
        capfd.readouterr().out
    )
    rows, told = read_table(tmp_path)
    for row in rows:
        assert np.linalg.norm([float(row[name]) for name in ("qw", "qx", "qy", "qz")]) == pytest.approx(1)
    by_name = {one["object"]: one["matrix"] for one in told["characters"]}
    np.testing.assert_allclose(by_name["Leaning"], np.array(leaning.matrix_world), atol=1e-6)


def test_pages_of_a_table_before_do_not_stay(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [plane(f"P{i}", (2 * i, 0, 0)) for i in range(3)]
    populated(model, *crowd)
    (tmp_path / "page_9.png").write_bytes(b"mine")
    operators.export_table(directory=str(tmp_path), array=True, smaller=3)
    more = {"page_1_half.png", "page_1_4th.png", "page_1_8th.png", "tiles_1.png", "tiles_1.ktx2"}
    assert names_in(tmp_path) == IMAGES | more | {"page_9.png"}
    operators.export_table(directory=str(tmp_path))
    assert names_in(tmp_path) == IMAGES | {"page_9.png"}


def test_pages_are_made_no_smaller_than_their_gutters_allow(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    populated(model, plane("Flat"))
    operators.export_table(directory=str(tmp_path), smaller=6)
    assert "Smaller pages of page_1.png: 3; a gutter of 4 pixels keeps neighbors out of no more" in (
        capfd.readouterr().out
    )
    _, told = read_table(tmp_path)
    assert len(told["pages"][0]["files"]) == 4
    assert told["pages"][0]["max_lod"] == 3


def test_a_bake_leads_to_its_pictures_wherever_the_table_goes(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    bust = unwrapped("Bust")
    populated(model, bust)
    (tmp_path / "LICENCE.txt").write_text("MIT", encoding="utf-8")
    operators.bake(directory=str(tmp_path))
    rows, _ = read_table(tmp_path / "crowd")
    assert rows[0]["image"] == "../Bust.png"
    assert (tmp_path / "crowd" / rows[0]["image"]).is_file()


def test_a_second_bake_adds_to_the_table(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [unwrapped(name, (3 * i, 0, 0)) for i, name in enumerate("ABC")]
    populated(model, *crowd)
    before = {}
    for obj in crowd:
        select([obj])
        operators.bake(directory=str(tmp_path))
        before[obj.name] = read_table(tmp_path)[1]["characters"][-1]
    (tmp_path / "B.png").unlink()
    operators.bake(directory=str(tmp_path))
    rows, told = read_table(tmp_path)
    assert [(row["object"], row["image"], row["tile"]) for row in rows] == [("A", "A.png", "0"), ("C", "C.png", "1")]
    assert told["characters"][0] == before["A"]


def test_a_bake_leaves_the_pages_of_a_crowd_alone(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    bust = unwrapped("Bust")
    populated(model, bust)
    operators.export_table(directory=str(tmp_path))
    operators.bake(directory=str(tmp_path))
    assert names_in(tmp_path) == IMAGES | {"Bust.png", "crowd"}
    assert read_table(tmp_path)[0][0]["image"] == "page_1.png"
    assert read_table(tmp_path / "crowd")[0][0]["image"] == "../Bust.png"
    operators.export_table(directory=str(tmp_path / "crowd"))
    assert read_table(tmp_path / "crowd" / "crowd")[0][0]["image"] == "page_1.png"


def test_known_people_and_their_consent_are_told(scene: bpy.types.Scene, tmp_path: Path) -> None:
    seeing = seeing_model(tmp_path / "seeing.facegan")
    known, stranger = plane("Known"), plane("Stranger", (2, 0, 0))
    populated(seeing, known, stranger)
    select([known])
    take_in(tmp_path, seeing, ("Anna", "female", 40, 0.5))
    operators.export_table(directory=str(tmp_path / "out"))
    rows, told = read_table(tmp_path / "out")
    assert [(row["person"], row["consent"]) for row in rows] == [("Anna", "Anna, 3 May 2026"), ("", "")]
    assert [one.get("consent") for one in told["characters"]] == ["Anna, 3 May 2026", None]
    assert [one["labels"] for one in told["characters"]] == [{}, {}]
    licence = (tmp_path / "out" / "LICENCE.txt").read_text(encoding="utf-8")
    assert "They show nobody who exists, but for\n- Anna, from a photograph. Consent: Anna, 3 May 2026\n" in licence


def test_hair_comes_along_where_it_was_asked_for(scene: bpy.types.Scene, tmp_path: Path) -> None:
    crowd = [plane("A"), plane("B")]
    crowd[1]["facegan_label_hair"] = 1
    populated(labelled_model(tmp_path / "labelled.facegan"), *crowd)
    operators.export_table(directory=str(tmp_path / "out"))
    rows, _ = read_table(tmp_path / "out")
    assert [row["hair"] for row in rows] == ["", "fair"]


@pytest.mark.parametrize("finest", ["Hero_LOD0", "Hero"])
def test_levels_of_detail_share_a_row(scene: bpy.types.Scene, model: Path, tmp_path: Path, finest: str) -> None:
    near = unwrapped(finest)
    for level in (1, 2):
        scene.collection.objects.link(data.objects.new(f"Hero_LOD{level}", near.data.copy()))
    populated(model, near, plane("Flat", (5, 0, 0)))
    operators.export_table(directory=str(tmp_path))
    rows, told = read_table(tmp_path)
    assert [row["object"] for row in rows] == ["Flat", finest]
    assert [one.get("levels") for one in told["characters"]] == [None, ["Hero_LOD1", "Hero_LOD2"]]


def test_instances_of_many_pages_lead_to_their_faces(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    owner = instance_on(points("Seats", 14), head("Hero", (0, 50, 0)))
    api.populate_instances([owner], api.settings("street", model=model, page_size=64, even_light=0.0))
    operators.export_table(directory=str(tmp_path), array=True)
    rows, told = read_table(tmp_path)
    assert [page["files"] for page in told["pages"]] == [[f"page_{number}.png"] for number in range(1, 5)]
    assert {row["page"] for row in rows} == {"1", "2", "3", "4"}
    pictures = tile_pictures(owner["facegan_pages"], column(owner, "facegan_tile"))
    for row, picture in zip(rows, pictures, strict=True):
        np.testing.assert_allclose(picture_of(tmp_path, row), picture, atol=1 / 255)


def test_a_painted_page_leaves_as_it_was_painted(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    flat = plane("Flat")
    populated(model, flat)
    page: Any = flat.facegan.page
    pixels = np.tile(np.array((1, 0, 0, 0.5), np.float32), page.size[0] * page.size[1])
    page.pixels.foreach_set(pixels)
    operators.export_table(directory=str(tmp_path))
    rows, _ = read_table(tmp_path)
    assert (picture_of(tmp_path, rows[0]) == (1, 0, 0)).all()


def test_a_page_that_is_gone_is_named_and_nothing_is_written(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    save(tmp_path / "shot.blend")
    populated(model, plane("Flat"))
    operators.save_pages()
    (page,) = (tmp_path / "shot_faces").iterdir()
    page.unlink()
    with pytest.raises(RuntimeError, match=rf"{page.name}: cannot be read \(.*\): put it back"):
        operators.export_table(directory="//out")
    assert not list((tmp_path / "out").iterdir())
