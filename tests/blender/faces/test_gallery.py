"""Pictures of faces in the interface: a character's own, and others to choose from."""

import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.scene.faces.candidates import COUNT, Sheet, candidate_sheet, icon_key
from blender_facegan.scene.faces.icons import FaceIcons, _spot, close_icons, icons, open_icons
from blender_facegan.ui.faces.operators import FACEGAN_OT_gallery, FACEGAN_OT_take_face, _draw_sheet
from tests.blender.crowds import (
    MAX_AGE,
    context,
    data,
    head,
    operators,
    plane,
    read_face,
    recipe_of,
    select,
    snapshot,
    tile_pixels,
)
from tests.blender.interface.test_panels import Layout, draw, panel
from tests.blender.populate.test_modal import Running, tick_until_over


@pytest.fixture
def crowd(scene: bpy.types.Scene, model: Path) -> list[Any]:
    made = [plane("A"), head("B"), head("C")]
    select(made)
    operators.populate(model=str(model))
    context.view_layer.objects.active = made[1]
    return made


def sheet(model: Path, number: int = 0) -> Sheet:
    """The active character's."""
    from blender_facegan.core.people.ages import Uniform
    from blender_facegan.core.people.population import Demographics
    from blender_facegan.scene.materials.look import Look
    from blender_facegan.scene.populate.settings import Settings

    return candidate_sheet(context.object, Settings(model, Demographics(0.5, Uniform(1, 2)), 0, Look()), number)


def as_bytes(obj: Any) -> Any:
    return np.round(tile_pixels(obj) * 255).astype(np.uint8)


def test_a_sheet_shows_others_of_the_same_sex_and_age(crowd: list[Any], model: Path) -> None:
    obj = crowd[1]
    operators.gallery(model=str(model))
    shown = sheet(model)
    pictures = [icons().picture(icon_key(shown, seed)) for seed in shown.seeds]
    assert len(set(shown.seeds)) == len(pictures) == COUNT
    for picture in pictures:
        assert picture is not None
        red, green, _ = picture[-3, -3] / 255
        assert red == pytest.approx({"FEMALE": 0, "MALE": 1}[obj.facegan.sex], abs=0.01)
        assert green * MAX_AGE == pytest.approx(obj.facegan.age, abs=0.5)
        assert picture[2, 2].sum() == pytest.approx(0.8 * picture[-3, -3].sum(), rel=0.03)
    assert obj.facegan.seed not in shown.seeds


def test_looking_at_sheets_changes_nothing_and_leaves_nothing_in_the_file(
    crowd: list[Any], model: Path, tmp_path: Path
) -> None:
    before, images = snapshot(), set(data.images.keys())
    for number in range(3):
        operators.gallery(model=str(model), sheet=number)
    icons().read_face(crowd[0])
    assert snapshot() == before
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert set(data.images.keys()) <= images


def test_more_are_on_the_next_sheet_and_the_first_is_always_the_same(crowd: list[Any], model: Path) -> None:
    first, second = sheet(model).seeds, sheet(model, 1).seeds
    assert not set(first) & set(second)
    operators.take_face(model=str(model), seed=second[3])
    assert sheet(model).seeds == first
    context.view_layer.objects.active = crowd[2]
    assert not set(sheet(model).seeds) & set(first)


def test_what_is_taken_is_what_was_shown(crowd: list[Any], model: Path) -> None:
    obj, others = crowd[1], [(recipe_of(one), read_face(one)) for one in (crowd[0], crowd[2])]
    operators.gallery(model=str(model))
    shown = sheet(model)
    seed = shown.seeds[7]
    sex, age, _ = recipe_of(obj)
    operators.take_face(model=str(model), seed=seed)
    assert recipe_of(obj) == (sex, age, seed)
    assert (as_bytes(obj) == icons().picture(icon_key(shown, seed))).all()
    assert obj.facegan.seed_by_hand
    assert [(recipe_of(one), read_face(one)) for one in (crowd[0], crowd[2])] == others


def test_a_face_that_was_taken_is_kept_by_the_next_populate(crowd: list[Any], model: Path) -> None:
    operators.take_face(model=str(model), seed=4321)
    chosen = read_face(crowd[1])
    operators.populate(model=str(model), likeness=200.0)
    assert (crowd[1].facegan.seed, read_face(crowd[1])) == (4321, chosen)


def test_the_sheet_opens_when_its_run_is_over(crowd: list[Any], model: Path, timers: list[str]) -> None:
    running: Any = Running(model, FACEGAN_OT_gallery)
    running.sheet = 0
    assert running.start(context) == {"RUNNING_MODAL"}
    assert tick_until_over(running) == {"FINISHED"}
    assert timers[-2:] == ["timer removed", "asked"]


def test_the_sheet_has_a_picture_and_a_button_for_each(crowd: list[Any], model: Path) -> None:
    shown: list[str] = []
    _draw_sheet(Layout(shown), sheet(model))  # type: ignore[arg-type]
    assert shown.count("a picture") == shown.count("Take") == COUNT
    assert shown[-1] == "More"
    assert "Back" in shown


@pytest.mark.parametrize("operator", [FACEGAN_OT_gallery, FACEGAN_OT_take_face])
def test_only_a_character_with_a_face_that_is_not_locked_can_choose(crowd: list[Any], operator: Any) -> None:
    assert operator.poll(context)
    crowd[1].facegan.locked = True
    assert not operator.poll(context)
    context.view_layer.objects.active = plane("New")
    assert not operator.poll(context)


def test_a_characters_face_is_its_thumbnail(crowd: list[Any], model: Path) -> None:
    for obj in crowd:
        key = icons().read_face(obj)
        assert key is not None
        assert (icons().picture(key) == as_bytes(obj)).all()


def test_a_new_face_has_a_new_thumbnail(crowd: list[Any], model: Path) -> None:
    before = icons().read_face(crowd[1])
    operators.take_face(model=str(model), seed=77)
    after = icons().read_face(crowd[1])
    assert after is not None
    assert after != before
    assert (icons().picture(after) == as_bytes(crowd[1])).all()


def test_a_page_that_was_painted_on_has_thumbnails(crowd: list[Any]) -> None:
    page = crowd[0].facegan.page
    page.pixels.foreach_set([0.2, 0.4, 0.6, 1.0] * (page.size[0] * page.size[1]))
    page.update()
    key = icons().read_face(crowd[0])
    assert key is not None
    picture = icons().picture(key)
    assert picture is not None
    assert picture[3, 3] == pytest.approx([51, 102, 153], abs=1)


def test_the_thread_reads_what_is_read_at_once(crowd: list[Any]) -> None:
    """As in a window: `draw` asks, the timer starts the thread, and takes what it read."""
    held = FaceIcons()
    try:
        deadline = time.monotonic() + 60
        held._wanted = _spot(crowd[2])
        while held._look() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        key = icons().read_face(crowd[2])
        assert key is not None
        picture = held.picture(key)
        assert picture is not None
        assert (picture == as_bytes(crowd[2])).all()
    finally:
        held.close()


def test_a_page_that_has_gone_has_no_thumbnail(crowd: list[Any]) -> None:
    held = FaceIcons()
    try:
        held._wanted = _spot(crowd[2])
        data.images.remove(crowd[2].facegan.page)
        assert held._look() is None
        assert held.read_face(crowd[2]) is None
        assert held.face_of(crowd[2]) == 0
    finally:
        held.close()


def test_panels_show_the_face_of_who_has_one(crowd: list[Any]) -> None:
    for name in ("FACEGAN_PT_character", "FACEGAN_PT_object"):
        assert "a picture" in draw(panel(name))
    context.view_layer.objects.active = plane("New")
    assert "a picture" not in draw(panel("FACEGAN_PT_character"))


def test_only_so_many_pictures_are_kept(scene: bpy.types.Scene) -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    for number in range(200):
        icons().put(str(number), picture)
    assert icons().picture("0") is None
    assert icons().picture("199") is not None
    assert sum(icons().picture(str(number)) is not None for number in range(200)) == 128


def test_icons_are_dropped_with_the_add_on(scene: bpy.types.Scene) -> None:
    held = icons()
    held.put("one", np.zeros((4, 4, 3), np.uint8))
    close_icons()
    assert not hasattr(bpy.types.WindowManager, "facegan_icons")
    with pytest.raises(AttributeError):
        icons()
    open_icons()
    assert icons().picture("one") is None
