"""Contact sheets."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

COLUMNS = 20
ROWS = 12


def spread(count: int, wanted: int) -> npt.NDArray[np.int64]:
    """Up to `wanted` indices spread evenly over `count`."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, wanted)).round().astype(np.int64))


def contact_sheet(pictures: Sequence[npt.NDArray[np.uint8]], path: Path) -> None:
    """Write up to 240 pictures `[S, S, 3]` uint8 of one size, spread evenly over all, as one JPEG."""
    chosen = [pictures[index] for index in spread(len(pictures), COLUMNS * ROWS)]
    if not chosen:
        return
    side = chosen[0].shape[0]
    rows = -(-len(chosen) // COLUMNS)
    sheet = np.full((rows * side, COLUMNS * side, 3), 128, dtype=np.uint8)
    for place, picture in enumerate(chosen):
        row, column = divmod(place, COLUMNS)
        sheet[row * side : (row + 1) * side, column * side : (column + 1) * side] = picture
    Image.fromarray(sheet).save(path, quality=92, subsampling=0)
