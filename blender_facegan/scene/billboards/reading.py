"""A flat mesh and its picture, as the plain values in which `core.billboards` looks for a face."""

import zlib
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.billboards.plane import Plane
from ...core.likeness.skin import srgb_from_linear
from ..people.mesh_columns import column, corner_places, corner_vertices, positions
from .shown_picture import Laid, ShownPicture

_MOST = 1 << 24
"""Pixels of an image that are looked at, at most: larger ones are halved first."""

Bytes = NDArray[np.uint8]


class Pixels:
    """The pixels of pictures, each read once."""

    def __init__(self) -> None:
        self._levels: dict[tuple[int, int, str, bool], list[Bytes]] = {}

    def sample(self, shown: ShownPicture, uv: NDArray[np.float64], texels: float) -> NDArray[np.float32]:
        """Colours, sRGB, and cover at UV places [N, 2], as pixels of so many texels see them: float32 [N, 4]."""
        levels = self._of(shown)
        level = levels[int(np.clip(np.floor(np.log2(max(texels, 1.0))), 0, len(levels) - 1))]
        height, width = level.shape[:2]
        x, y = uv[:, 0], uv[:, 1]
        inside = np.ones(len(uv), bool)
        if shown.extension == "REPEAT":
            x, y = x % 1.0, y % 1.0
        elif shown.extension == "MIRROR":
            x, y = 1.0 - np.abs(x % 2.0 - 1.0), 1.0 - np.abs(y % 2.0 - 1.0)
        elif shown.extension == "CLIP":
            inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        columns = np.floor(x * width).clip(0, width - 1).astype(np.intp)
        rows = np.floor(y * height).clip(0, height - 1).astype(np.intp)
        values: NDArray[np.float32] = level[rows, columns].astype(np.float32) / np.float32(255)
        values[~inside] = 0
        return values

    def _of(self, shown: ShownPicture) -> list[Bytes]:
        cover = shown.cover
        key = (
            shown.image.session_uid,
            cover[0].session_uid if cover is not None else 0,
            cover[1] if cover is not None else "",
            cover is not None and cover[2],
        )
        if key not in self._levels:
            whole = _read(shown.image)
            whole[..., 3] = 255 if cover is None else _cover(cover, whole, shown.image)
            levels = [whole]
            while min(levels[-1].shape[:2]) >= 8:
                levels.append(_halved(levels[-1]))
            self._levels[key] = levels
        return self._levels[key]


def _read(image: Any) -> Bytes:
    """An image as it is stored, sRGB where it is a picture: uint8 [H, W, 4], the bottom row first."""
    copy: Any = None
    try:
        while image.size[0] * image.size[1] > _MOST:
            if copy is None:
                image = copy = image.copy()
            image.scale(max(1, image.size[0] // 2), max(1, image.size[1] // 2))
        width, height = image.size
        values = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(values)
        grid = values.reshape(height, width, image.channels)
        colours = grid[..., :3] if image.channels >= 3 else np.repeat(grid[..., :1], 3, axis=2)
        if image.is_float:
            colours = srgb_from_linear(colours)
        alpha = grid[..., 3:] if image.channels == 4 else np.ones((height, width, 1), np.float32)
        if image.alpha_mode == "PREMUL" and not image.is_float:
            colours = colours / np.maximum(alpha, 1e-3)
        whole = np.concatenate((colours, alpha), axis=2)
        pixels: Bytes = np.round(np.nan_to_num(whole).clip(0, 1) * 255).astype(np.uint8)
        return pixels
    finally:
        if copy is not None:
            bpy.data.images.remove(copy)


def _cover(cover: tuple[bpy.types.Image, str, bool], whole: Bytes, image: bpy.types.Image) -> Bytes:
    """How far each pixel of a picture is covered: uint8 [H, W]."""
    other, channel, inverted = cover
    pixels = whole if other == image else _read(other)
    values: Bytes = pixels[..., 3] if channel == "ALPHA" else pixels[..., :3].max(axis=2)
    height, width = whole.shape[:2]
    rows = np.arange(height) * values.shape[0] // height
    columns = np.arange(width) * values.shape[1] // width
    fitted: Bytes = values[rows[:, None], columns[None]]
    return np.subtract(255, fitted, dtype=np.uint8) if inverted else fitted


def _halved(pixels: Bytes) -> Bytes:
    """Half as wide and high: means of what is covered."""
    rows, columns = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    four = pixels[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2, 4).astype(np.uint32)
    cover = four[..., 3:]
    total = cover.sum(axis=(1, 3))
    colours = (four[..., :3] * cover).sum(axis=(1, 3)) // np.maximum(total, 1)
    return np.concatenate((colours, total // 4), axis=2).astype(np.uint8)


def read_plane(obj: bpy.types.Object, shown: ShownPicture, slot: int) -> Plane | None:
    """The polygons of the slot with the picture on them; None where it is not laid on them."""
    mesh: Any = obj.data
    uv = _laid_places(mesh, shown.laid)
    if uv is None:
        return None
    matrix = np.array(obj.matrix_world)
    corners = positions(mesh)[corner_vertices(mesh)].astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    mesh.calc_loop_triangles()
    triangles = column(mesh.loop_triangles, "loops", np.int32, 3)
    slots = column(mesh.loop_triangles, "material_index", np.int32)
    chosen = triangles[np.minimum(slots, max(len(obj.material_slots) - 1, 0)) == slot]
    whole = np.concatenate((uv, np.zeros((len(uv), 1)), np.ones((len(uv), 1))), axis=1) if uv.shape[1] == 2 else (
        np.concatenate((uv, np.ones((len(uv), 1))), axis=1)
    )  # fmt: skip
    laid = (whole @ shown.laid.matrix.T)[:, :2]
    size: Any = shown.image.size
    return Plane(corners, laid, chosen, (size[0], size[1]))


def _laid_places(mesh: Any, laid: Laid) -> NDArray[np.float64] | None:
    """The places by which a picture is laid on each corner: [L, 2] or [L, 3]."""
    if laid.by == "UV":
        layer = mesh.uv_layers.get(laid.uv_map) if laid.uv_map else None
        layer = layer or next((one for one in mesh.uv_layers if one.active_render), None)
        if layer is None:
            return None
        return corner_places(layer).astype(np.float64)
    local = positions(mesh).astype(np.float64)
    if laid.by == "GENERATED":
        low, extent = local.min(axis=0), np.ptp(local, axis=0)
        local = np.where(extent > 0, (local - low) / np.where(extent > 0, extent, 1.0), 0.5)
    return local[corner_vertices(mesh)]


def picture_mark(shown: ShownPicture, plane: Plane) -> str:
    """What tells one picture on a plane from another: with another its face is found anew."""
    image: Any = shown.image
    laid = zlib.crc32(np.round(plane.uv, 5).astype(np.float32).tobytes())
    return f"{image.name}:{image.size[0]}x{image.size[1]}:{laid:08x}"
