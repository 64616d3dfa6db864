"""Two clicks on the eyes of a photograph, which lies over the 3D view meanwhile."""

from typing import Literal

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.cast.alignment import Pixels
from ...core.cast.viewing import PictureView, Place, in_order
from ...core.errors import CrowdError
from .overlay import PhotographOverlay

_ZOOM = 1.25
_ZOOMS = {
    "WHEELUPMOUSE": _ZOOM,
    "WHEELINMOUSE": _ZOOM,
    "NUMPAD_PLUS": _ZOOM,
    "EQUAL": _ZOOM,
    "WHEELDOWNMOUSE": 1 / _ZOOM,
    "WHEELOUTMOUSE": 1 / _ZOOM,
    "NUMPAD_MINUS": 1 / _ZOOM,
    "MINUS": 1 / _ZOOM,
}

Outcome = Literal["OPEN", "PASSED", "TAKEN", "STOPPED"]
"""Of an event: more clicks are wanted; it was meant for another editor; both eyes are there; the artist wants none."""


class EyePicker:
    """Shows a photograph, uint8 [H, W, 3], until both eyes are clicked on, and closes then. Raises CrowdError."""

    def __init__(self, context: bpy.types.Context, photograph: Pixels) -> None:
        area = context.area
        if area is None or area.type != "VIEW_3D":
            raise CrowdError(
                rpt_("No 3D view to click in"), rpt_("open it from the sidebar, or give the eyes in pixels")
            )
        self.photograph = photograph
        self._area = area
        self._region = next(region for region in area.regions if region.type == "WINDOW")
        height, width = photograph.shape[:2]
        self._room = room_of(area, self._region)
        self._view = PictureView.fitted(width, height, self._room[2:])
        self._places: list[Place] = []
        self._overlay = PhotographOverlay(self._region, photograph)
        self._show()
        area.header_text_set(rpt_("Click on both eyes. Wheel: zoom. Backspace: once more. Esc: cancel"))
        area.tag_redraw()

    @property
    def eyes(self) -> tuple[Place, Place]:
        """The eye on the left and that on the right, in pixels of the photograph, once they are taken."""
        first, second = self._places
        return in_order((first, second))

    def take(self, event: bpy.types.Event) -> Outcome:
        """Acts on what the artist does."""
        room = room_of(self._area, self._region)
        if room != self._room:
            self._room, self._view = room, PictureView.fitted(self._view.width, self._view.height, room[2:])
        at = float(event.mouse_x - room[0]), float(event.mouse_y - room[1])
        outcome = self._acted(event, at)
        if outcome in ("TAKEN", "STOPPED"):
            self.close()
        elif outcome == "OPEN":
            self._show()
        return outcome

    def close(self) -> None:
        """Takes the photograph from the screen."""
        self._overlay.close()
        self._area.header_text_set(None)
        self._area.tag_redraw()

    def _acted(self, event: bpy.types.Event, at: Place) -> Outcome:
        if event.value != "PRESS":
            return "PASSED" if event.type in {"TIMER", "MOUSEMOVE", "INBETWEEN_MOUSEMOVE"} else "OPEN"
        if event.type in {"ESC", "RIGHTMOUSE"}:
            return "STOPPED"
        if not (0 <= at[0] < self._room[2] and 0 <= at[1] < self._room[3]):
            return "PASSED"
        if event.type in _ZOOMS:
            self._view = self._view.zoomed(_ZOOMS[event.type], at)
        elif event.type == "BACK_SPACE":
            self._places = self._places[:-1]
        elif event.type == "LEFTMOUSE" and (place := self._view.in_picture(at)) is not None:
            self._places = [*self._places, place]
        return "TAKEN" if len(self._places) == 2 else "OPEN"

    def _show(self) -> None:
        origin = self._room[0] - self._region.x, self._room[1] - self._region.y
        self._overlay.show(self._view, origin, self._places)
        self._area.tag_redraw()


def room_of(area: bpy.types.Area, region: bpy.types.Region) -> tuple[int, int, int, int]:
    """What nothing lies over of a region: left, bottom, width and height in pixels of the window."""
    left, bottom, right, top = region.x, region.y, region.x + region.width, region.y + region.height
    for other in area.regions:
        beside = other.x >= right or other.x + other.width <= left or other.y >= top or other.y + other.height <= bottom
        if other == region or min(other.width, other.height) <= 1 or beside:
            continue
        if other.type == "UI":
            right = min(right, other.x)
        elif other.type == "TOOLS":
            left = max(left, other.x + other.width)
        elif other.y > (bottom + top) / 2:
            top = min(top, other.y)
        else:
            bottom = max(bottom, other.y + other.height)
    return left, bottom, max(right - left, 1), max(top - bottom, 1)
