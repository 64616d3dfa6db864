"""Contact sheets."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from trainer.files import write_bytes
from trainer.pictures import Pixels, tiled

Item = TypeVar("Item")

COLUMNS = 20
ROWS = 12
GREY = 128


def spread(count: int, wanted: int) -> npt.NDArray[np.int64]:
    """Up to `wanted` indices spread evenly over `count`."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, wanted)).round().astype(np.int64))


class EvenSample(Generic[Item]):
    """At most 480 items, spread evenly over a stream of unknown length."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._step = 1
        self._seen = 0

    def add(self, item: Item) -> None:
        """Take the item in if it is one of every so many."""
        if self._seen % self._step == 0:
            self.items.append(item)
        self._seen += 1
        if len(self.items) > 2 * COLUMNS * ROWS:
            del self.items[1::2]
            self._step *= 2


def contact_sheet(pictures: Sequence[Pixels] | Pixels, path: Path) -> None:
    """Write up to 240 pictures `[S, S, 3]` uint8 of one size, spread evenly over all, as one JPEG; nothing for none."""
    if len(pictures) == 0:
        return
    chosen = [pictures[index] for index in spread(len(pictures), COLUMNS * ROWS)]
    encoded = io.BytesIO()
    Image.fromarray(tiled(chosen, COLUMNS, gap=0, ground=GREY)).save(encoded, "JPEG", quality=92, subsampling=0)
    write_bytes(path, encoded.getvalue())
