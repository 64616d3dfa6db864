"""Small pictures of faces for the interface. Blender keeps them beside the file, and no image data-block holds them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import bpy
import bpy.utils.previews
import numpy as np
from numpy.typing import NDArray

from ...core.atlas.page_rows import ReadPage
from ...core.atlas.staging import PageFileError
from ..pages.images import existing
from ..records import character, redraw

_MOST = 128
"""Pictures kept; those that were shown first go first."""
_POLL = 0.05
"""Seconds between two looks at the thread that reads a page."""
_HOLDER = "facegan_icons"


class _Spot(NamedTuple):
    """A face in this session: its page, which no other page is ever called, and its cell."""

    page: int
    cell: int

    @property
    def key(self) -> str:
        return f"{self.page}/{self.cell}"


class FaceIcons:
    """Pictures by key. A character's is read off its page in a thread, when it is first asked for."""

    def __init__(self) -> None:
        self._previews = bpy.utils.previews.new()
        self._wanted: _Spot | None = None
        self._reading: tuple[_Spot, Future[NDArray[np.uint8]]] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="face-icons")
        self._timer = self._look  # one object, by which Blender knows the timer

    def icon_id(self, key: str) -> int:
        """What layouts take as `icon_value`; 0 without the picture, and always in background mode."""
        preview: Any = self._previews.get(key)
        return 0 if preview is None else int(preview.icon_id)

    def put(self, key: str, picture: NDArray[np.uint8]) -> None:
        """Keeps a picture: uint8 [H, W, 3], sRGB, row 0 at the top."""
        while len(self._previews) >= _MOST:
            del self._previews[next(iter(self._previews))]
        preview: Any = self._previews[key] if key in self._previews else self._previews.new(key)
        height, width = picture.shape[:2]
        pixels = np.ones((height, width, 4), np.float32)
        pixels[..., :3] = picture[::-1] / np.float32(255)
        preview.image_size = (width, height)
        preview.image_pixels_float.foreach_set(pixels.ravel())

    def picture(self, key: str) -> NDArray[np.uint8] | None:
        """The picture as `put` took it, or None."""
        preview: Any = self._previews.get(key)
        if preview is None:
            return None
        width, height = preview.image_size
        pixels = np.empty(width * height * 4, np.float32)
        preview.image_pixels_float.foreach_get(pixels)
        rows = pixels.reshape(height, width, 4)[::-1, :, :3]
        return np.round(rows * 255).astype(np.uint8)

    def face_of(self, obj: bpy.types.Object) -> int:
        """The icon of a character's face: 0 without one, and for a moment until its page is read. For `draw`."""
        place = _spot(obj)
        if place is None:
            return 0
        if place.key not in self._previews and not bpy.app.background:
            self._wanted = place
            if not bpy.app.timers.is_registered(self._timer):
                bpy.app.timers.register(self._timer, first_interval=0.0)
        return self.icon_id(place.key)

    def read_face(self, obj: bpy.types.Object) -> str | None:
        """Reads a character's face at once, for who cannot wait; returns its key, or None without a face."""
        place = _spot(obj)
        if place is None:
            return None
        if place.key not in self._previews:
            read = _reader(place)
            if read is None:
                return None
            self.put(place.key, read())
        return place.key

    def close(self) -> None:
        """Gives everything back to Blender."""
        if bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.unregister(self._timer)
        self._pool.shutdown(cancel_futures=True)
        bpy.utils.previews.remove(self._previews)

    def _look(self) -> float | None:
        """Starts a reading, or takes what was read; a timer, so that `draw` never waits."""
        if self._reading is None:
            place, self._wanted = self._wanted, None
            read = _reader(place) if place is not None else None
            if place is None or read is None:
                return None
            self._reading = place, self._pool.submit(read)
            return _POLL
        place, future = self._reading
        if not future.done():
            return _POLL
        self._reading = None
        self.put(place.key, future.result())
        redraw()
        return 0.0 if self._wanted is not None else None


def open_icons() -> None:
    """Makes the one holder of icons; when the add-on is registered."""
    setattr(bpy.types.WindowManager, _HOLDER, FaceIcons())


def close_icons() -> None:
    """Drops all icons; when the add-on is unregistered."""
    icons().close()
    delattr(bpy.types.WindowManager, _HOLDER)


def icons() -> FaceIcons:
    """The one holder of icons."""
    return cast(FaceIcons, getattr(bpy.types.WindowManager, _HOLDER))


def _spot(obj: bpy.types.Object) -> _Spot | None:
    page = character(obj).page
    return None if page is None else _Spot(page.session_uid, character(obj).cell)


def _reader(place: _Spot) -> Callable[[], NDArray[np.uint8]] | None:
    """How to read the face off its page without Blender; None when the page, or its file, has gone.

    A page of which Blender alone has the pixels, since it was painted on, is read at once.
    """
    page = next((image for image in bpy.data.images if image.session_uid == place.page), None)
    if page is None:
        return None
    try:
        content = existing(page)
    except PageFileError:
        return None
    return lambda: ReadPage(content).picture(place.cell).copy()
