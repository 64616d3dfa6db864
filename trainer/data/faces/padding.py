"""Black borders that an earlier crop has left in a photograph."""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from trainer.data.faces.alignment import Geometry, Landmarks, crop_transform
from trainer.pictures import Pixels

SEARCH_SIDE = 160
BLACK = 12
SMALLEST = 0.004
STRAIGHT = 0.88
"""Share of the padding that lies outside the rest's convex hull; the blurred edge of thin padding lies inside."""
CORNER_TOLERANCE = 2.0
MOST_CORNERS = 4

Mask = npt.NDArray[np.bool_]


def padding_share(photograph: Pixels, landmarks: Landmarks, geometry: Geometry) -> float:
    """Share of the crop that shows black padding of `photograph` `[H, W, 3]` uint8."""
    mask = find_padding(photograph)
    if not mask.any():
        return 0.0
    scale = mask.shape[1] / photograph.shape[1]
    small = Landmarks((landmarks.points + 0.5) * scale - 0.5)
    side = SEARCH_SIDE // 2
    crop = cv2.warpAffine(mask.astype(np.float32), crop_transform(small, geometry, side), (side, side))
    return float(np.mean(crop))


def find_padding(photograph: Pixels) -> Mask:
    """Where a reduced copy of the photograph (longer side 160) is black padding, bool.

    Padding is black, lies at the border, and is cut off by straight lines, so that the rest is a convex polygon.
    A dark background is not, for a head stands out into it in curves.
    """
    height, width = photograph.shape[:2]
    scale = min(1.0, SEARCH_SIDE / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA)
    black = (small.max(axis=2) <= BLACK).astype(np.uint8)
    regions = list(_border_regions(black))
    together = np.any([np.zeros(black.shape, dtype=np.bool_), *regions], axis=0)
    if not regions or _is_cut_straight(together):
        return np.asarray(together)
    straight = [region for region in regions if _is_cut_straight(region)]
    return np.asarray(np.any([np.zeros(black.shape, dtype=np.bool_), *straight], axis=0))


def _border_regions(black: npt.NDArray[np.uint8]) -> Iterator[Mask]:
    height, width = black.shape
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(black, connectivity=4)
    for number in range(1, count):
        left, top, wide, high, area = statistics[number]
        at_border = left == 0 or top == 0 or left + wide == width or top + high == height
        if at_border and SMALLEST * black.size <= area < black.size:
            yield labels == number


def _is_cut_straight(region: Mask) -> bool:
    """Whether the rest of the picture is a convex polygon of few corners beside those of the picture itself."""
    rest = np.argwhere(~region)[:, ::-1].astype(np.int32)
    hull = cv2.convexHull(rest)
    filled = np.zeros(region.shape, dtype=np.uint8)
    cv2.fillConvexPoly(filled, hull, 1)
    if (filled.astype(bool) & region).sum() > (1 - STRAIGHT) * region.sum():
        return False
    corners = cv2.approxPolyDP(hull, CORNER_TOLERANCE, closed=True).reshape(-1, 2)
    last = np.array(region.shape[::-1]) - 1
    inside = ((corners > CORNER_TOLERANCE) & (corners < last - CORNER_TOLERANCE)).all(axis=1)
    return int(inside.sum()) <= MOST_CORNERS
