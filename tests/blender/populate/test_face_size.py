"""Faces of characters near the camera, by the larger of two model files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan import api
from blender_facegan.core.model.file import model_digest
from blender_facegan.scene.head.in_camera import largest_picture
from blender_facegan.scene.head.persons import Person
from blender_facegan.scene.model.store import larger_model
from tests.blender.crowds import data, head, plane, read_face, telling_model, tile_pixels

SMALL, LARGE = 16, 32
WIDTH = 1000


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A model of 16 pixels, beside which lies one that draws the same people with 32."""
    telling_model(tmp_path / "telling-128.facegan", side=LARGE)
    return telling_model(tmp_path / "telling.facegan", side=SMALL)


def camera(scene: bpy.types.Scene, distance: float) -> None:
    """Looks along +Y from so far before the origin; a metre there is 1000 pixels over the distance in metres."""
    made: Any = data.cameras.new("Camera")
    made.sensor_width = made.lens = 36.0
    obj = data.objects.new("Camera", made)
    obj.location, obj.rotation_euler = (0, -distance, 0), (np.pi / 2, 0, 0)
    scene.collection.objects.link(obj)
    scene.camera = obj
    scene.render.resolution_x = scene.render.resolution_y = WIDTH
    scene.render.resolution_percentage = 100
    bpy.context.view_layer.update()  # type: ignore[union-attr]


def sides(objects: Sequence[Any]) -> list[int]:
    return [len(tile_pixels(obj)) for obj in objects]


def populated(objects: Sequence[Any], model: Path, **chosen: Any) -> Any:
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    return api.populate(objects, api.settings(model=model, face_size="auto", likeness=None, **chosen))


def test_a_billboard_stands_as_large_in_the_camera_as_it_is_drawn(scene: bpy.types.Scene) -> None:
    camera(scene, 10.0)
    shown = plane("Shown")
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    expected = 1.0 * WIDTH / 10.0
    assert largest_picture(scene, [Person(shown, ())], 0.36) == pytest.approx(expected, rel=0.02)
    scene.render.resolution_percentage = 50
    assert largest_picture(scene, [Person(shown, ())], 0.36) == pytest.approx(expected / 2, rel=0.02)


def test_only_who_is_in_sight_counts(scene: bpy.types.Scene) -> None:
    camera(scene, 10.0)
    for place in ((0, -20, 0), (50, 0, 0)):
        shown = plane("Aside")
        shown.location = place
        bpy.context.view_layer.update()  # type: ignore[union-attr]
        assert largest_picture(scene, [Person(shown, ())], 0.36) == 0
    scene.camera = None
    assert largest_picture(scene, [Person(plane("Shown"), ())], 0.36) == 0


@pytest.mark.parametrize(("distance", "side"), [(10.0, LARGE), (400.0, SMALL)])
def test_faces_are_as_large_as_their_heads_stand_in_the_camera(
    scene: bpy.types.Scene, pair: Path, distance: float, side: int
) -> None:
    camera(scene, distance)
    crowd = [plane(f"P{i}") for i in range(3)] + [head("H")]
    populated(crowd, pair)
    assert sides(crowd) == [side] * 4
    for obj in crowd:
        assert read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5)
    made_by = pair if side == SMALL else larger_model(pair)
    assert made_by is not None
    assert all(obj.facegan.made_with.startswith(model_digest(made_by)) for obj in crowd)


@pytest.mark.parametrize(("distance", "side"), [(61.0, LARGE), (65.0, SMALL)])
def test_a_heads_picture_is_as_large_as_its_eyes_are_apart(
    scene: bpy.types.Scene, pair: Path, distance: float, side: int
) -> None:
    """A picture is as wide as the box and lies half a metre before its middle: 16 pixels from 63 metres."""
    camera(scene, distance)
    shown = head("Shown")
    populated([shown], pair)
    assert sides([shown]) == [side]


def test_a_pose_moves_the_head_that_is_looked_at(scene: bpy.types.Scene, pair: Path) -> None:
    camera(scene, 10.0)
    shown = head("Shown")
    away: Any = shown.modifiers.new("Away", "DISPLACE")
    away.direction, away.strength, away.mid_level = "Y", 2000.0, 0.0
    populated([shown], pair)
    assert sides([shown]) == [SMALL]


def test_one_model_alone_makes_all_faces(scene: bpy.types.Scene, tmp_path: Path) -> None:
    camera(scene, 1.0)
    shown = plane("Shown")
    populated([shown], telling_model(tmp_path / "alone.facegan", side=SMALL))
    assert sides([shown]) == [SMALL]


def test_another_people_s_larger_model_is_left_alone(pair: Path, tmp_path: Path) -> None:
    assert larger_model(pair) == tmp_path / "telling-128.facegan"
    assert larger_model(tmp_path / "telling-128.facegan") is None
    (tmp_path / "telling-128.facegan").write_bytes(pair.read_bytes())
    assert larger_model(pair) is None


def test_larger_faces_stay_when_the_whole_crowd_is_populated_from_afar(scene: bpy.types.Scene, pair: Path) -> None:
    camera(scene, 10.0)
    near, far = plane("Near"), plane("Far")
    far.location = (0, 2000, 0)
    populated([near], pair)
    scene.camera.location = (0, -600, 0)  # type: ignore[union-attr]
    before = near.facegan.made_with, near.facegan.seed
    report = populated([near, far], pair)
    assert sides([near, far]) == [LARGE, SMALL]
    assert (near.facegan.made_with, near.facegan.seed) == before
    assert report.fresh == 1
    assert read_face(near).age == pytest.approx(near.facegan.age, abs=0.5)


def test_a_crowd_beyond_one_page_is_not_made_larger_for_its_first_row(scene: bpy.types.Scene, pair: Path) -> None:
    camera(scene, 10.0)
    crowd = [plane(f"P{i}") for i in range(10)]
    populated(crowd, pair, page_size=128)
    assert sides(crowd) == [SMALL] * 10
    populated(crowd[:9], pair, page_size=128)
    assert sides(crowd) == [LARGE] * 9 + [SMALL]


def test_the_same_people_are_made_larger_when_the_camera_comes_near(scene: bpy.types.Scene, pair: Path) -> None:
    camera(scene, 600.0)
    crowd = [plane(f"P{i}") for i in range(3)]
    populated(crowd, pair)
    people = [(obj.facegan.seed, obj.facegan.age) for obj in crowd]
    scene.camera.location = (0, -10, 0)  # type: ignore[union-attr]
    populated(crowd, pair)
    assert sides(crowd) == [LARGE] * 3
    assert [(obj.facegan.seed, obj.facegan.age) for obj in crowd] == people
