"""Whole pages of rows of tiles."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.atlas.plan import AtlasPlan, compose_row


def compose(atlas: AtlasPlan, page: int, faces: Mapping[int, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """A page with faces by their place on it: uint8 [H, W, 3], the lowest pixels first."""
    width, height = atlas.pages[page]
    pixels = np.zeros((height, width, 3), np.uint8)
    for row in range(height // atlas.cell_side):
        cells = range(row * atlas.columns, (row + 1) * atlas.columns)
        shown = {column: faces[cell] for column, cell in enumerate(cells) if cell in faces}
        pixels[row * atlas.cell_side : (row + 1) * atlas.cell_side] = compose_row(atlas, shown)[::-1]
    return pixels
