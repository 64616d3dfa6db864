"""A dataset as one small file: a zip of its two texts and its pictures, encoded as JPEG pages."""

import io
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from trainer.errors import UserError
from trainer.files import whole

PAGE_SIDE = 16
QUALITY = BEST_QUALITY = 95
"""JPEG quality; above 95 the files grow and nothing is gained (Pillow's own advice)."""
_BLOCK = 8
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)


def is_pack(path: Path) -> bool:
    """Whether the file looks like a packed dataset."""
    return zipfile.is_zipfile(path)


def write_pack(path: Path, texts: Mapping[str, str], images: npt.NDArray[np.uint8], quality: int = QUALITY) -> None:
    """Write `texts` (by name) and `images` `[N, S, S, 3]` uint8; the file is there whole or not at all.

    Pages hold 16 x 16 pictures each, JPEG of `quality` (1 to 95) without chroma subsampling: one header for 256
    pictures. Cells begin on 8-pixel boundaries, so that no picture bleeds into its neighbour.
    """
    with whole(path) as unfinished, zipfile.ZipFile(unfinished, "w") as pack:
        for name, text in texts.items():
            pack.writestr(zipfile.ZipInfo(name, _ENTRY_TIME), text, zipfile.ZIP_DEFLATED)
        starts = range(0, len(images), PAGE_SIDE**2)
        for page, start in enumerate(tqdm(starts, unit="page", desc="packing")):
            encoded = io.BytesIO()
            mosaic = _mosaic(images[start : start + PAGE_SIDE**2])
            Image.fromarray(mosaic).save(encoded, "JPEG", quality=quality, subsampling=0, optimize=True)
            pack.writestr(zipfile.ZipInfo(f"pages/{page:05d}.jpg", _ENTRY_TIME), encoded.getvalue())
        layout = f"{len(images)} {images.shape[1]}"
        pack.writestr(zipfile.ZipInfo("layout.txt", _ENTRY_TIME), layout)


def read_pack(path: Path) -> tuple[dict[str, str], npt.NDArray[np.uint8]]:
    """The texts by name and the pictures `[N, S, S, 3]` uint8. Raises UserError where the file is damaged."""
    try:
        with zipfile.ZipFile(path) as pack:
            count, size = map(int, pack.read("layout.txt").decode().split())
            texts = {
                name: pack.read(name).decode("utf-8") for name in pack.namelist() if name.endswith((".json", ".csv"))
            }
            images = np.empty((count, size, size, 3), dtype=np.uint8)
            for page in range(math.ceil(count / PAGE_SIDE**2)):
                start = page * PAGE_SIDE**2
                cells = images[start : start + PAGE_SIDE**2]
                with Image.open(io.BytesIO(pack.read(f"pages/{page:05d}.jpg"))) as mosaic:
                    _cut(np.asarray(mosaic.convert("RGB")), cells)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: is no packed dataset, or is damaged ({error}); pack it anew") from None
    return texts, images


def _pitch(size: int) -> int:
    return math.ceil(size / _BLOCK) * _BLOCK


def _mosaic(cells: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    size = cells.shape[1]
    pitch = _pitch(size)
    rows = math.ceil(len(cells) / PAGE_SIDE)
    mosaic = np.zeros((rows * pitch, PAGE_SIDE * pitch, 3), dtype=np.uint8)
    for index, cell in enumerate(cells):
        row, column = divmod(index, PAGE_SIDE)
        filled = np.pad(cell, ((0, pitch - size), (0, pitch - size), (0, 0)), mode="edge")
        mosaic[row * pitch : (row + 1) * pitch, column * pitch : (column + 1) * pitch] = filled
    return mosaic


def _cut(mosaic: npt.NDArray[np.uint8], cells: npt.NDArray[np.uint8]) -> None:
    size = cells.shape[1]
    pitch = _pitch(size)
    for index in range(len(cells)):
        row, column = divmod(index, PAGE_SIDE)
        cells[index] = mosaic[row * pitch : row * pitch + size, column * pitch : column * pitch + size]
