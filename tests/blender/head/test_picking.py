"""Marking a face by hand: what is under the mouse, on characters as they are posed, in their rest shape."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mathutils import Matrix, Vector

from blender_facegan.scene.head.picking import Picker
from blender_facegan.ui.head.mark_operators import FACEGAN_OT_mark_face
from tests.blender.crowds import context
from tests.blender.head.characters import character, rigged
from tests.core.head.people import truth

SIDE = 800
WIDE = 0.5


def placed(point: Any) -> Any:
    """A point as Blender has them."""
    return Vector(point.tolist())


class View:
    """A 3D view as picking sees it: orthographic, from the front, about a place in the world."""

    def __init__(self, middle: Any, turn: float = 0.0) -> None:
        eye = Matrix.Translation(middle) @ Matrix.Rotation(turn, 4, "Z") @ Matrix.Translation((0, -3, 0))
        self.camera = eye @ Matrix.Rotation(np.pi / 2, 4, "X")
        view = self.camera.inverted()
        scale = Matrix.Diagonal((2 / WIDE, 2 / WIDE, -0.01, 1))
        self.region = SimpleNamespace(width=SIDE, height=SIDE)
        self.region_data = SimpleNamespace(
            perspective_matrix=scale @ view, view_matrix=view, is_perspective=False, view_perspective="ORTHO"
        )

    def evaluated_depsgraph_get(self) -> Any:
        return context.evaluated_depsgraph_get()

    def mouse(self, place: Any) -> tuple[float, float]:
        """Where the mouse is on a place of the world, in pixels."""
        flat = self.region_data.perspective_matrix @ place.to_4d()
        return (flat.x + 1) / 2 * SIDE, (flat.y + 1) / 2 * SIDE


@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_the_point_under_the_mouse_is_told_in_the_rest_shape(scene: Any, turn: float) -> None:
    man, rig = rigged()
    real = truth("man")
    bone = rig.pose.bones["mixamorig:Head"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (0, turn, 0)
    rig.location.x = 1.5
    context.view_layer.update()
    posed = rig.matrix_world @ bone.matrix @ bone.bone.matrix_local.inverted()
    picker = Picker(man)
    for place in (real.left_eye, real.mouth):
        ahead = placed(place)
        ahead.y -= 0.2
        seen = posed @ ahead
        view = View(seen, turn)
        found = picker.hit(view, *view.mouse(seen))  # type: ignore[arg-type]
        assert found is not None
        assert np.hypot(*(found - place)[[0, 2]]) < 0.004
        assert abs(found[1] - place[1]) < 0.05
    assert picker.hit(view, SIDE / 2, SIDE - 1.0) is None  # type: ignore[arg-type]


def test_the_nearest_point_is_grabbed_and_none_beside_them(scene: Any) -> None:
    woman, real = character("woman"), truth("woman")
    points = np.array([real.right_eye, real.left_eye, real.mouth, real.chin])
    picker = Picker(woman)
    middle = placed(real.mouth)
    view: Any = View(middle)
    for index, point in enumerate(points):
        x, y = view.mouse(placed(point))
        assert picker.nearest(view, points, x + 5, y - 5) == index
    assert picker.nearest(view, points, 20.0, 20.0) is None


def test_a_face_is_marked_by_dragging_its_points(scene: Any) -> None:
    """The operator's own steps, with the events that a window sends."""
    woman, real = character("woman"), truth("woman")
    context.view_layer.objects.active = woman
    middle = placed(real.mouth)
    view: Any = View(middle)
    view.object, view.area, view.window_manager, view.mode = woman, None, None, "OBJECT"
    marking = SimpleNamespace(
        _picker=Picker(woman),
        _points=np.array([real.right_eye, real.left_eye, real.mouth, real.chin]),
        _dragged=None,
        _before=[],
        _overlay=SimpleNamespace(move=lambda _: None, close=lambda: None),
        report=lambda *_: None,
    )
    for name in ("_grab", "_move", "_show", "_finish", "_mark", "_close", "execute", "perform", "modal"):
        setattr(marking, name, getattr(FACEGAN_OT_mark_face, name).__get__(marking))

    def send(kind: str, value: str, place: Any) -> Any:
        x, y = view.mouse(placed(place))
        return marking.modal(view, SimpleNamespace(type=kind, value=value, mouse_region_x=x, mouse_region_y=y))

    lower = real.mouth + np.array((0, 0, -0.012))
    assert send("LEFTMOUSE", "PRESS", real.mouth) == {"RUNNING_MODAL"}
    assert send("MOUSEMOVE", "NOTHING", lower) == {"RUNNING_MODAL"}
    assert send("LEFTMOUSE", "RELEASE", lower) == {"RUNNING_MODAL"}
    assert send("MOUSEMOVE", "NOTHING", real.chin) == {"PASS_THROUGH"}
    other = character("old", "Other")
    for kind in ("LEFTMOUSE", "Z", "X", "TAB"):
        assert send(kind, "PRESS", real.mouth + np.array((0.2, 0, 0.2))) == {"RUNNING_MODAL"}
    for kind in ("MIDDLEMOUSE", "WHEELUPMOUSE", "NUMPAD_1", "TIMER"):
        assert send(kind, "PRESS", real.chin) == {"PASS_THROUGH"}
    before = marking._points.copy()
    send("LEFTMOUSE", "PRESS", real.chin)
    send("MOUSEMOVE", "NOTHING", real.chin + np.array((0, 0, 0.01)))
    send("LEFTMOUSE", "RELEASE", real.chin)
    assert not np.array_equal(marking._points, before)
    send("BACK_SPACE", "PRESS", real.chin)
    assert np.array_equal(marking._points, before)
    cheek = real.left_eye + np.array((0.01, 0, -0.002)) * 2.5
    send("LEFTMOUSE", "PRESS", cheek)
    send("LEFTMOUSE", "RELEASE", cheek)
    assert np.hypot(*(marking._points[1] - cheek)[[0, 2]]) < 0.002
    send("BACK_SPACE", "PRESS", cheek)
    view.object = other
    assert send("RET", "PRESS", lower) == {"FINISHED"}
    assert "facegan_landmarks" not in other.data
    marked = np.array(woman.data["facegan_landmarks"]).reshape(5, 3)
    assert np.hypot(*(marked[2] - lower)[[0, 2]]) < 0.002
    assert marked[0] == pytest.approx(real.right_eye, abs=1e-6)


def test_points_to_drag_lie_on_what_has_no_face(scene: Any) -> None:
    from bpy import ops

    ops.mesh.primitive_uv_sphere_add(radius=0.2)
    ball: Any = context.object
    points = Picker(ball).start(context)
    assert points.shape == (4, 3)
    assert points[0, 2] > points[2, 2] > points[3, 2] > -0.15
    assert points[0, 2] < 0.1
    assert points[0, 0] < points[1, 0]
