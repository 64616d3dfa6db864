"""Reads a photograph with Blender, and leaves nothing of it in the file."""

import mmap
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.cast.alignment import Pixels
from ...core.cast.cut_short import is_cut_short
from ...core.cast.orientation import orientation_of, upright
from ...core.errors import CrowdError, system_refusals
from ...core.likeness.skin import srgb_from_linear

_MOST_PIXELS = 200_000_000
_MOST_BYTES = 2**30


def read_photograph(path: Path) -> Pixels:
    """The photograph, uint8 [H, W, 3], sRGB, row 0 at the top, turned as its camera says.

    Any format that Blender reads; transparency is left out. The image goes again at once: no file keeps it. Raises
    CrowdError for what is no picture, or not all of one.
    """
    with system_refusals(rpt_("cannot be read ({})"), rpt_("choose another file"), path):
        size = path.stat().st_size if path.is_file() else None
        cut_short = size is not None and 0 < size <= _MOST_BYTES and _ends_early(path)
    if size is None:
        raise CrowdError(rpt_("there is no such file"), rpt_("choose a photograph"), path)
    if size > _MOST_BYTES:
        raise CrowdError(rpt_("has more than {:,} bytes").format(_MOST_BYTES), rpt_("choose a smaller picture"), path)
    if cut_short:
        raise CrowdError(rpt_("is a picture that is cut short"), rpt_("copy it again"), path)
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as error:
        raise _no_picture(path) from error
    try:
        pixels = _pixels(image, path)
    finally:
        bpy.data.images.remove(image)
    return upright(pixels, orientation_of(path))


def _ends_early(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return is_cut_short(data)


def _pixels(image: Any, path: Path) -> Pixels:
    # Before the pixels are asked for: they would come multiplied.
    image.alpha_mode = "CHANNEL_PACKED"
    width, height = image.size
    if not width or not height:
        raise _no_picture(path)
    if width * height > _MOST_PIXELS:
        told = rpt_("has {} x {} pixels").format(width, height)
        raise CrowdError(told, rpt_("choose a smaller picture"), path)
    channels = image.channels
    values = np.empty(width * height * channels, np.float32)
    image.pixels.foreach_get(values)
    raster = values.reshape(height, width, channels)[::-1]
    colours = raster[..., :3] if channels >= 3 else raster[..., :1].repeat(3, axis=2)
    # Blender has decoded what is not 8 bits deep.
    encoded = srgb_from_linear(colours) if image.is_float else colours
    if not colours.any():  # as Blender shows animated and damaged WebP files, without a word
        raise CrowdError(rpt_("is black all over, or nothing that Blender reads"), rpt_("save it as PNG or JPEG"), path)
    rounded: Pixels = np.rint(np.clip(np.nan_to_num(encoded), 0, 1) * 255).astype(np.uint8)
    return rounded


def _no_picture(path: Path) -> CrowdError:
    return CrowdError(rpt_("is no picture that Blender can read"), rpt_("choose a photograph"), path)
