"""Contact sheets: faces side by side, with words where they help."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WORD_HEIGHT = 14
PAPER, INK = 24, 220


def grid(pictures: Sequence[Picture] | Picture, columns: int, words: Sequence[str] = (), gap: int = 2) -> Picture:
    """Pictures [H, H, 3] row by row, each with its word below it: uint8 RGB. Missing cells stay dark."""
    side = pictures[0].shape[0]
    rows = -(-len(pictures) // columns)
    height, width = side + gap + (WORD_HEIGHT if words else 0), side + gap
    sheet = np.full((rows * height + gap, columns * width + gap, 3), PAPER, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * height + gap, index % columns * width + gap
        sheet[top : top + side, left : left + side] = picture
        if words:
            _write(sheet, words[index], left, top + side + WORD_HEIGHT - 4)
    return sheet


def strips(pictures: Picture, row_words: Sequence[str], column_words: Sequence[str], gap: int = 2) -> Picture:
    """[rows, columns, H, H, 3] with a word before each row and one above each column: uint8 RGB."""
    rows, columns, side = pictures.shape[:3]
    margin = 10 + 8 * max((len(word) for word in row_words), default=0)
    cell = side + gap
    sheet = np.full((WORD_HEIGHT + rows * cell + gap, margin + columns * cell + gap, 3), PAPER, np.uint8)
    for column, word in enumerate(column_words):
        _write(sheet, word, margin + column * cell + 2, WORD_HEIGHT - 4)
    for row in range(rows):
        top = WORD_HEIGHT + row * cell
        _write(sheet, row_words[row], 4, top + side // 2 + 4)
        for column in range(columns):
            left = margin + column * cell
            sheet[top : top + side, left : left + side] = pictures[row, column]
    return sheet


def _write(sheet: Picture, word: str, left: int, base: int) -> None:
    cv2.putText(sheet, word, (left, base), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (INK, INK, INK), 1, cv2.LINE_AA)
