"""What happens within Blender's window before and after the click: the add-on, the scene, the view.

Blender runs this at its start; the zip's path comes after `--`. Signs beside the zip tell the driver how far it is.
"""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.object_utils import world_to_camera_view

ARCHIVE = Path(sys.argv[sys.argv.index("--") + 1])
ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from examples.grandstand import people, scene  # noqa: E402  # found only now

DRAWING = 30.0
"""Seconds given to the first drawing with materials before the screen is watched: meanwhile it may stand still."""
MARGIN = 0.3
"""Around the camera's picture, as a share of its side: what is there is still drawn."""


def sign(name: str, text: str = "") -> None:
    """Tells the driver."""
    (ARCHIVE.parent / name).write_text(text, encoding="utf-8")


def told(step: Callable[[], float | None]) -> Callable[[], float | None]:
    """The step, its errors told to the driver too."""

    def run() -> float | None:
        try:
            return step()
        except Exception:
            sign("error", traceback.format_exc())
            raise

    return run


def viewport() -> Any:
    """The area of the 3D view."""
    context: Any = bpy.context
    return next(area for area in context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D")


def prepare() -> people.Crowd:
    """The add-on installed from its file, and the stand with nobody's face yet."""
    view: Any = bpy.context.preferences.view  # type: ignore[union-attr]  # always there
    view.show_splash = view.show_tooltips = False
    for found in list(bpy.data.objects):
        bpy.data.objects.remove(found)
    operators: Any = bpy.ops
    operators.extensions.package_install_files(filepath=str(ARCHIVE), repo="user_default", enable_on_install=True)
    if not hasattr(bpy.types.Object, "facegan"):
        raise RuntimeError(f"{ARCHIVE} was not installed")
    crowd = scene.build()
    settings: Any = bpy.context.scene.facegan  # type: ignore[union-attr]  # the add-on's
    settings.scope, settings.collection = "COLLECTION", crowd.people
    settings.sex_source, settings.age_source = "sex", "age"
    return crowd


def arrange(shading: str) -> None:
    """The 3D view through the camera, with its sidebar."""
    view = scene.VIEWS["closeup"]
    current: Any = bpy.context.scene
    if current.camera is None:
        current.camera = view.camera(current)
    area = viewport()
    space = area.spaces.active
    space.show_region_ui, space.shading.type = True, shading
    space.region_3d.view_perspective = "CAMERA"
    space.region_3d.view_camera_zoom = 22.0
    space.overlay.show_floor = space.overlay.show_axis_x = space.overlay.show_axis_y = False
    space.overlay.show_relationship_lines = space.overlay.show_extras = False


def hide_unseen() -> None:
    """Leaves the processor only those objects to draw with materials that the camera sees."""
    context: Any = bpy.context
    for obj in context.scene.objects:
        if obj.type == "MESH" and obj.name not in bpy.data.collections["Stand"].all_objects:
            corner = world_to_camera_view(context.scene, context.scene.camera, obj.matrix_world.translation)
            obj.hide_viewport = not (
                -MARGIN < corner.x < 1 + MARGIN and -MARGIN < corner.y < 1 + MARGIN and corner.z > 0
            )


def begin() -> float | None:
    """The window is there: wait for the click."""
    bpy.app.timers.register(told(watch), first_interval=2.0)
    sign("ready")
    return None


def watch() -> float | None:
    """Until everybody has a face."""
    if any(person.body.facegan.page is None for person in CROWD.persons):
        return 0.5
    hide_unseen()
    select_middle()
    sign("populated")
    bpy.app.timers.register(told(shade), first_interval=1.0)
    return None


def select_middle() -> None:
    """Makes the character nearest to the middle of the picture the active one."""
    context: Any = bpy.context

    def aside(face: Any) -> float:
        place = world_to_camera_view(context.scene, context.scene.camera, face.matrix_world.translation)
        return float(abs(place.x - 0.45) + abs(place.y - 0.4))

    middle: Any = min((person.body for person in CROWD.persons if not person.body.hide_viewport), key=aside)
    middle.select_set(True)
    context.view_layer.objects.active = middle


def shade() -> float | None:
    """When the driver is done with the panels: the crowd with its materials."""
    if not (ARCHIVE.parent / "shade").exists():
        return 1.0
    arrange("MATERIAL")
    bpy.app.timers.register(lambda: sign("shown"), first_interval=DRAWING)
    return None


CROWD = prepare()
arrange("SOLID")
bpy.app.timers.register(told(begin), first_interval=5.0)
