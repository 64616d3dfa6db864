"""A photograph drawn over the 3D view, with what was clicked on."""

from collections.abc import Sequence
from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ...core.cast.alignment import Pixels
from ...core.cast.viewing import PictureView, Place
from ...core.likeness.skin import LIGHT_OF_BYTES

_LARGEST = 2048
"""Pixels along a side that are shown; of a larger photograph every so manieth."""
_BACK, _MARK = (0.05, 0.05, 0.05, 1.0), (0.2, 0.7, 1.0, 1.0)
_ARM = 12.0
"""Of the cross on an eye, in pixels of the screen."""


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
