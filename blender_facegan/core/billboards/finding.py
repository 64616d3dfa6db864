"""Finds the one face of a picture, or says why there is none to lay another on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..head.finding import Reason
from ..likeness.skin import linear_from_srgb, typical_colours
from .figures import Figure, figures_of
from .picture import Picture, View
from .sight import Seen, Sights, glance, look

_TIGHT = 1.8
"""Side of the view in which a face is measured, in eye to chin."""
_TRIED = 4
"""Views that are looked into from nearer, the most promising first."""
_LIKELY, _SURE = 0.9, 0.97
"""Chances of a face: at the first it is one, at the second the search can end."""
_WORTH = 0.08
"""Chance at which a view is worth a nearer look."""
_SETTLED = 0.01
"""A view is near enough when its points move less than this share of it."""
_TURNED = 0.6
"""Chance at which a head is one from the side or from behind."""
_LEANS = np.radians(4.0)
"""A head that leans further is looked at again upright."""
_SHARES = (0.14, 0.18, 0.24, 0.33, 0.45, 0.65, 0.95)
"""Sides of the views at the top of a figure of unknown proportions, in its height: from eight heads to one."""
_STRIDE, _GROWTH = 0.4, 1.45
"""Where nothing tells where to look: from view to view in sides, and from side to side."""
_SMALLEST, _LARGEST = 0.1, 1.3
"""Sides of such views, in the height of the picture."""
_UPPER = 0.5
"""Share of a figure's height, from its top, in which its head is."""
_FEWEST_PIXELS = 8
"""Pixels across the smallest view that shows something."""
_APART = 0.55
"""Faces are two when their middles are this far apart, in sides of their views."""
_ALIKE = 0.45
"""A second face this much smaller than the first is in its background, or on its clothes."""
_AROUND = (0.85, 1.4)
"""Sides of the views in which a second face is looked for, in that of the first."""
_SECOND, _AS_SURE = 0.97, 1.5
"""Chance of a second face, and how much less well placed than the first it may be."""
_UNSURE = 0.07
"""An expected error of the eyes that is larger, as a share of eye to chin, is no face's: of rendered heads of 8 to 85
pixels it is 0.01 to 0.062, of the same heads from behind and from the side 0.075 and more."""
_PATCHES = ((-0.5, 0.62, 0.22), (0.5, 0.62, 0.22), (0.0, -0.42, 0.2))
"""Cheeks and forehead: right of the middle, below the eyes, and half side, in eye distances."""


class NoFace(Reason):
    """Why no face can be laid on a picture."""

    EMPTY = ("a picture that is clear all over", "check its alpha")
    NO_HEAD = (
        "a picture without a human face that can be told",
        "mark its face by hand: Mark Face. Or show it without the picture",
    )
    ASIDE = ("a picture of somebody from the side", "use a picture from the front, or mark its face by hand: Mark Face")
    BEHIND = ("a picture of somebody from behind", "use a picture from the front, or lay it on another plane")
    SEVERAL = (
        "several people in its picture",
        "let its UV map show one of them, or mark one face by hand: Mark Face",
    )


@dataclass(frozen=True)
class PictureFace:
    """A face that was found in a picture.

    points: float64 [5, 2], pixels from the upper left: the eyes from the viewer's left to right, the nose, the mouth,
    the chin. chance: that it is a face. spread: the error that is expected of its eyes, as a share of eye to chin.
    """

    points: NDArray[np.float64]
    chance: float
    spread: float


@dataclass(frozen=True)
class _Sighted:
    """What was seen in one view. points: in the picture."""

    view: View
    points: NDArray[np.float64]
    chances: NDArray[np.float64]
    spread: float

    @property
    def chance(self) -> float:
        return float(self.chances[Seen.FRONT])

    @property
    def is_face(self) -> bool:
        """Whether a face can be placed by what is seen."""
        return self.chance > _LIKELY and self.spread < _UNSURE

    @property
    def middle(self) -> NDArray[np.float64]:
        centre: NDArray[np.float64] = (self.points[:2].mean(axis=0) + self.points[4]) / 2
        return centre


def find_face_in(picture: Picture) -> PictureFace | NoFace:
    """The face of the one person in a picture."""
    figure = picture.figure
    if figure is not None and not figure.any():
        return NoFace.EMPTY
    figures = figures_of(figure) if figure is not None else []
    first = _seen(picture, list(_at_tops(figures)))
    best = _nearest(picture, first)
    if best is None or not best.is_face:
        scanned = _seen(picture, list(_all_over(picture, figures)))
        further = _nearest(picture, scanned)
        if further is not None and (best is None or further.is_face or further.chance > best.chance):
            best = further
        first = [*first, *scanned]
    if best is None or not best.is_face or _turned_at(best, first) > best.chance:
        return _why_none(first, best)
    if _another(picture, best) is not None:
        return NoFace.SEVERAL
    return PictureFace(best.points, best.chance, best.spread)


def skin_in(picture: Picture, points: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """The skin's colour on cheeks and forehead of a face, linear RGB; None where the picture is clear there.

    points: left eye, right eye and more, [N, 2] in pixels.
    """
    across = points[1] - points[0]
    apart = float(np.hypot(*across))
    down = np.array((-across[1], across[0]))
    middle = points[:2].mean(axis=0)
    grid = np.linspace(-1, 1, 9)
    chosen = []
    for x, y, half in _PATCHES:
        at = middle + x * across + y * down
        shares = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2) * half * apart + at
        column, row = np.floor(shares).astype(int).T
        inside = (column >= 0) & (column < picture.width) & (row >= 0) & (row < picture.height)
        chosen.append(picture.pixels[row[inside], column[inside]])
    pixels = np.concatenate(chosen)
    pixels = pixels[pixels[:, 3] > 0.5]
    if not len(pixels):
        return None
    red, green, blue = typical_colours(np.ascontiguousarray(linear_from_srgb(pixels[None, :, :3])))[0]
    return float(red), float(green), float(blue)


def _at_tops(figures: Sequence[Figure]) -> Iterable[View]:
    """Views at the top of each figure."""
    for figure in figures:
        for share in _SHARES:
            side = share * figure.height
            if side < _FEWEST_PIXELS:
                continue
            for middle in figure.middles(0.8 * side):
                yield View(middle, figure.top + 0.42 * side, side)


def _all_over(picture: Picture, figures: Sequence[Figure]) -> Iterable[View]:
    """Views all over the picture where it is covered, of all sizes; not in the lower half of the lowest figure.

    Whoever stands or sits has no head there, and a shoe looks like one now and then.
    """
    lowest = max((figure.top + _UPPER * figure.height for figure in figures), default=picture.height)
    side = max(_SMALLEST * picture.height, _FEWEST_PIXELS)
    cover = picture.figure if picture.figure is not None else picture.pixels[..., 3] > 0.5
    while side < _LARGEST * picture.height:
        step = _STRIDE * side
        for y in np.arange(0.3 * side, lowest, step):
            for x in np.arange(0.3 * side, picture.width, step):
                if cover[int(y), int(min(x, picture.width - 1))]:
                    yield View(float(x), float(y), side)
        side *= _GROWTH


def _seen(picture: Picture, views: Sequence[View]) -> list[_Sighted]:
    found: list[_Sighted] = []
    for start in range(0, len(views), 64):
        chosen = list(views[start : start + 64])
        found += _sighted(chosen, glance(picture.shown_in(chosen)))
    return found


def _sighted(views: Sequence[View], sights: Sights) -> list[_Sighted]:
    return [
        _Sighted(view, view.places(sights.points[index]), sights.chances[index], float(sights.spread[index, :2].mean()))
        for index, view in enumerate(views)
    ]


def _nearest(picture: Picture, seen: Sequence[_Sighted]) -> _Sighted | None:
    """The best of the views, looked at again from nearer."""
    best: _Sighted | None = None
    for one in sorted(seen, key=lambda each: -each.chance)[:_TRIED]:
        if one.chance < _WORTH:
            break
        nearer = _approached(picture, one)
        if nearer is not None and (best is None or nearer.chance > best.chance):
            best = nearer
        if best is not None and best.chance > _SURE:
            break
    return best


def _approached(picture: Picture, seen: _Sighted) -> _Sighted | None:
    """What is seen from nearer and upright; None where the view drifts off the one that it began in."""
    coarse = seen.view
    for _ in range(4):
        view = _tight(seen)
        if view is None or np.hypot(view.x - coarse.x, view.y - coarse.y) > 0.6 * coarse.side:
            return None
        if not 0.2 < view.side / coarse.side < 2.0:
            return None
        (nearer,) = _sighted([view], look(picture.shown_in([view])))
        moved = float(np.abs(nearer.points - seen.points).max())
        seen = nearer
        if moved < _SETTLED * view.side:
            break
    return seen


def _tight(seen: _Sighted) -> View | None:
    """The view in which a face is measured; None where eyes and chin are in one place."""
    eyes, chin = seen.points[:2].mean(axis=0), seen.points[4]
    tall = float(np.hypot(*(chin - eyes)))
    if tall < 1.0:
        return None
    across = seen.points[1] - seen.points[0]
    turn = float(np.arctan2(across[1], across[0]))
    x, y = seen.middle - 0.1 * (chin - eyes)
    return View(float(x), float(y), _TIGHT * tall, turn if abs(turn) > _LEANS else 0.0)


def _another(picture: Picture, best: _Sighted) -> _Sighted | None:
    """A second face, of about the size of the first."""
    cover = picture.figure if picture.figure is not None else picture.pixels[..., 3] > 0.5
    views = []
    for size in np.array(_AROUND) * best.view.side:
        for y in np.arange(0.3 * size, picture.height, 0.4 * size):
            for x in np.arange(0.3 * size, picture.width, 0.4 * size):
                away = float(np.hypot(*(best.middle - (x, y))))
                if away > _APART * best.view.side and cover[int(y), int(min(x, picture.width - 1))]:
                    views.append(View(float(x), float(y), float(size)))
    for one in sorted(_seen(picture, views), key=lambda each: -each.chance)[:_TRIED]:
        if one.chance < 0.5:
            break
        nearer = _approached(picture, one)
        if nearer is None or not nearer.is_face or nearer.chance < _SECOND:
            continue
        if nearer.spread > _AS_SURE * best.spread + 0.01:
            continue
        apart = float(np.hypot(*(nearer.middle - best.middle)))
        if apart > _APART * max(nearer.view.side, best.view.side) and nearer.view.side > _ALIKE * best.view.side:
            return nearer
    return None


def _turned_at(best: _Sighted, seen: Sequence[_Sighted]) -> float:
    """The chance that the best view's head is seen from the side or from behind: the largest of all views of it."""
    near = [one for one in seen if np.hypot(*(best.middle - (one.view.x, one.view.y))) < 0.5 * one.view.side]
    return max((float(max(one.chances[Seen.ASIDE], one.chances[Seen.BEHIND])) for one in near), default=0.0)


def _why_none(seen: Sequence[_Sighted], best: _Sighted | None) -> NoFace:
    """What a head shows that shows no face."""
    chances = [one.chances for one in seen] + ([best.chances] if best is not None else [])
    if not chances:
        return NoFace.NO_HEAD
    most = np.max(chances, axis=0)
    if max(most[Seen.ASIDE], most[Seen.BEHIND]) < _TURNED:
        return NoFace.NO_HEAD
    return NoFace.ASIDE if most[Seen.ASIDE] > most[Seen.BEHIND] else NoFace.BEHIND
