"""Two clicks on the eyes of a photograph, which lies over the 3D view meanwhile."""

from collections.abc import Sequence
from typing import Any, Literal

import bpy
import gpu
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from gpu_extras.batch import batch_for_shader

from ...core.cast.alignment import Pixels
from ...core.cast.viewing import PictureView, Place, in_order
from ...core.errors import CrowdError
from ...core.likeness.skin import LIGHT_OF_BYTES

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

_LARGEST = 2048
"""Pixels along a side that are shown; of a larger photograph every so manieth."""
_BACK, _MARK = (0.05, 0.05, 0.05, 1.0), (0.2, 0.7, 1.0, 1.0)
_ARM = 12.0
"""Of the cross on an eye, in pixels of the screen."""

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


class PhotographOverlay:
    """Draws the photograph in one region until it is closed. photograph: uint8 [H, W, 3], row 0 at the top."""

    def __init__(self, region: bpy.types.Region, photograph: Pixels) -> None:
        self._region = region.as_pointer()
        self._view: PictureView | None = None
        self._origin: Place = (0.0, 0.0)
        self._places: tuple[Place, ...] = ()
        step = -(-max(photograph.shape[:2]) // _LARGEST)
        self._shown: Pixels | None = photograph[::-step, ::step] if step > 1 else photograph[::-1]
        self._texture: Any = None
        self._handle: Any = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")

    def show(self, view: PictureView, origin: Place, places: Sequence[Place]) -> None:
        """From now on, as the view says, with crosses at places in the photograph. origin: the view's in the region."""
        self._view, self._origin, self._places = view, origin, tuple(places)

    def close(self) -> None:
        """Draws nothing any more, and holds nothing of the photograph."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            self._handle = self._texture = self._shown = None

    def _draw(self) -> None:
        region = bpy.context.region
        if region is None or region.as_pointer() != self._region or self._shown is None or self._view is None:
            return
        if self._texture is None:
            self._texture = _texture(self._shown)
        right, top = region.width, region.height
        _draw_quad("UNIFORM_COLOR", ((0, 0), (right, 0), (right, top), (0, top)), color=_BACK)
        left, bottom = self._origin
        _draw_quad("IMAGE", [(left + x, bottom + y) for x, y in self._view.corners], image=self._texture)
        shader: Any = gpu.shader.from_builtin("UNIFORM_COLOR")
        shader.uniform_float("color", _MARK)
        for place in self._places:
            across, up = self._view.in_region(place)
            x, y = left + across, bottom + up
            ends = [(x - _ARM, y), (x + _ARM, y), (x, y - _ARM), (x, y + _ARM)]
            batch_for_shader(shader, "LINES", {"pos": ends}).draw(shader)


def _draw_quad(name: str, corners: Sequence[Place], color: Any = None, image: Any = None) -> None:
    shader: Any = gpu.shader.from_builtin(name)
    content: dict[str, Any] = {"pos": list(corners)}
    if image is not None:
        content["texCoord"] = [(0, 0), (1, 0), (1, 1), (0, 1)]
    batch = batch_for_shader(shader, "TRIS", content, indices=[(0, 1, 2), (0, 2, 3)])
    if image is not None:
        shader.uniform_sampler("image", image)
    else:
        shader.uniform_float("color", color)
    batch.draw(shader)


def _texture(shown: Pixels) -> Any:
    height, width = shown.shape[:2]
    # The screen encodes what it is given.
    colours: Any = np.concatenate([LIGHT_OF_BYTES[shown], np.ones((height, width, 1), np.float32)], axis=2)
    buffer = gpu.types.Buffer("FLOAT", height * width * 4, colours.ravel())
    return gpu.types.GPUTexture((width, height), format="RGBA16F", data=buffer)
