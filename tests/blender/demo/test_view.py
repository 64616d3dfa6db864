"""What a view shows, by Blender's own camera, and where the sun stands."""

from typing import Any

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from examples.grandstand.scene import SUNS, VIEWS
from examples.grandstand.view import light_scene

VIEW = VIEWS["closeup"]


def test_a_view_shows_what_blender_s_camera_shows(scene: Any) -> None:
    camera = VIEW.camera(scene)
    scene.render.resolution_x, scene.render.resolution_y = VIEW.size
    layer: Any = bpy.context.view_layer
    layer.update()
    chance = np.random.default_rng(5)
    seen = 0
    for point in chance.uniform((-8, -12, 0), (0, 8, 6), (400, 3)).tolist():
        found = world_to_camera_view(scene, camera, Vector(point))
        inside = bool(found.z > 0 and 0 < found.x < 1 and 0 < found.y < 1)
        assert VIEW.shows(point, 0.0) == inside
        seen += inside
    assert 3 < seen < 200


def test_a_margin_shows_more(scene: Any) -> None:
    edge = (-8.4, 1.75, 3.02)
    assert not VIEW.shows(edge, 0.0)
    assert VIEW.shows(edge, 4.0)


@pytest.mark.parametrize(("name", "side"), [("closeup", 1), ("closeup_right", -1)])
def test_the_close_ups_have_their_sun_on_either_side(scene: Any, name: str, side: int) -> None:
    for turn in (0.0, SUNS[name]):
        light_scene(scene, turn)
    suns = [obj for obj in scene.objects if obj.type == "LIGHT"]
    assert len(suns) == 1
    layer: Any = bpy.context.view_layer
    layer.update()
    shines = suns[0].matrix_world.to_3x3() @ Vector((0.0, 0.0, -1.0))
    ahead: Any = Vector(VIEWS[name].aim) - Vector(VIEWS[name].place)
    right = ahead.cross(Vector((0.0, 0.0, 1.0))).normalized()
    assert shines.z < -0.3
    assert shines.y > 0.2, "onto the faces, which look to -Y"
    assert 0.35 < side * shines.dot(right) < 0.8
