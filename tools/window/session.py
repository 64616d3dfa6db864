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
from examples.people.models import Person  # noqa: E402

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
    space.overlay.show_relationship_lines = space.overlay.show_extras = space.overlay.show_bones = False


def hide_unseen() -> None:
    """Leaves the processor only those people to draw with materials whom the camera sees."""
    for person in CROWD.persons:
        seen = place_of(person)
        is_drawn = -MARGIN < seen.x < 1 + MARGIN and -MARGIN < seen.y < 1 + MARGIN and seen.z > 0
        for obj in person.objects:
            obj.hide_viewport = not is_drawn


def place_of(person: Person) -> Any:
    """Where a person's seat is in the camera's picture. Only the rig stands there: the hair hangs on a bone."""
    context: Any = bpy.context
    return world_to_camera_view(context.scene, context.scene.camera, person.rig.matrix_world.translation)


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
    bpy.app.timers.register(told(look_at_sheet), first_interval=1.0)
    return None


def select_middle() -> None:
    """Makes a character in the middle of the picture's front rows the active one."""
    context: Any = bpy.context

    def aside(person: Person) -> float:
        seen = place_of(person)
        return float(abs(seen.x - 0.5) + abs(seen.y - 0.1))

    middle: Any = min(CROWD.persons, key=aside).body
    middle.select_set(True)
    context.view_layer.objects.active = middle


def look_at_sheet() -> float | None:
    """Until the sheet of faces has been made."""
    manager: Any = bpy.context.window_manager
    if "FACEGAN_OT_gallery" not in (operator.bl_idname for operator in manager.operators):
        return 0.5
    sign("sheet")
    bpy.app.timers.register(told(shade), first_interval=1.0)
    return None


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
