"""The sheets of a report: faces side by side on dark ground, with words where they help."""

from collections.abc import Sequence

import cv2
import numpy as np

from trainer.pictures import GAP, Pixels, tiled

WORD_HEIGHT = 14
GROUND, INK = 24, 220


def grid(pictures: Sequence[Pixels] | Pixels, columns: int) -> Pixels:
    """Pictures [H, H, 3] row by row: uint8 RGB."""
    return _framed(tiled(pictures, columns, ground=GROUND), GAP, GAP, GAP)


def strips(pictures: Pixels, row_words: Sequence[str], column_words: Sequence[str]) -> Pixels:
    """[rows, columns, H, H, 3] with a word before each row and one above each column: uint8 RGB."""
    rows, columns, side = pictures.shape[:3]
    margin = 10 + 8 * max((len(word) for word in row_words), default=0)
    sheet = tiled(pictures.reshape(-1, *pictures.shape[2:]), columns, ground=GROUND)
    sheet = _framed(sheet, WORD_HEIGHT, margin, 2 * GAP)
    for column, word in enumerate(column_words):
        _write(sheet, word, margin + column * (side + GAP) + 2, WORD_HEIGHT - 4)
    for row in range(rows):
        _write(sheet, row_words[row], 4, WORD_HEIGHT + row * (side + GAP) + side // 2 + 4)
    return sheet


def _framed(sheet: Pixels, top: int, left: int, end: int) -> Pixels:
    return np.pad(sheet, ((top, end), (left, end), (0, 0)), constant_values=GROUND)


def _write(sheet: Pixels, word: str, left: int, base: int) -> None:
    cv2.putText(sheet, word, (left, base), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (INK, INK, INK), 1, cv2.LINE_AA)
