"""What stands before a face: hair that no name tells, which is seen through, and hats and masks, which hide it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .detector import SIZE, Sighting
from .landmarks import Landmarks
from .looking import SEEN, Skins, closest, tight
from .names import part_role
from .person import Part, Person
from .posture import Frame
from .relief import Window, relief

_MOST_COVERED = 0.4
"""A face of which more is hidden cannot be seen. A cap hides less, and so does a mask for the mouth."""
_GLIMPSE = 0.2
"""Of the eyes so much more may be hidden than of the whole."""
_CLEARER = 6.0
"""A part without which the network's logit rises by more than this hangs before the face. Clothes and limbs raise it by
up to 3, hair before the eyes by 28."""
_BEHIND_MATERIAL = 6.0
"""What is seen where a material of a mesh is left out needs so much to be a face: without its coat a beast has one."""
_CLEAR = 25.0
"""With this logit nothing hides a face, and materials are not looked behind: bare heads have 30 and more."""
_IN_FRONT = 0.02
"""What shows less of the face than this share of it cannot stand in its way."""
_NEVER_HAIR = frozenset({"SKIN", "HEAD", "EYE"})
"""What does not hang before a face, though the face behind it may look clearer without a collar or a helmet's rim."""


@dataclass(frozen=True)
class Covered:
    """No face can be placed since too much of it is hidden. by: the part or the material that hides the most."""

    by: str
    reason: ClassVar[str] = "a face that {} covers"
    remedy: ClassVar[str] = "take it off, or mark the face by hand: Mark Face"


class Cover(NamedTuple):
    """What may hide a face: its name, and its surface in the world."""

    name: str
    points: NDArray[np.float64]
    triangles: NDArray[np.int32]


def bared(person: Person, scene: Skins, frame: Frame, seen: Sighting) -> tuple[Skins, Sighting, list[Cover]]:
    """The scene without what the face is seen far better without, and that: hair that no name tells."""
    off: list[Cover] = []
    points = frame.inside(scene.points)
    while (hider := _hider(person, points, scene, seen)) is not None:
        name, hidden, seen = hider
        off.append(Cover(name, scene.points, scene.triangles[hidden]))
        scene = Skins(scene.points, scene.triangles[~hidden], scene.owner[~hidden], scene.slot[~hidden])
    return scene, seen, off


def _hider(
    person: Person, points: NDArray[np.float64], scene: Skins, seen: Sighting
) -> tuple[str, NDArray[np.bool_], Sighting] | None:
    """What hides a face the most: its name, which triangles are its, and what is seen without them.

    points: [V, 3], the scene's in the frame.
    """
    window = tight(seen)
    if window is None:
        return None
    found = []
    for name, mine, least in _in_the_way(person, points, scene, window, seen):
        rest = scene.triangles[~mine]
        without = closest(points, rest, [window]) if len(rest) else None
        if without is not None and without.score > max(least, seen.score + _CLEARER):
            found.append((name, mine, without))
    return max(found, key=lambda one: one[2].score, default=None)


def _in_the_way(
    person: Person, points: NDArray[np.float64], scene: Skins, window: Window, seen: Sighting
) -> Iterator[tuple[str, NDArray[np.bool_], float]]:
    """What may be hair: parts, and materials where the face is not clear.

    Its name, which triangles are its, and the least score of a face behind it.
    """
    seen_of = {} if is_one(scene) else shares(points, scene, window)
    for index, share in seen_of.items():
        if share > _IN_FRONT and person.parts[index].role not in _NEVER_HAIR:
            yield person.parts[index].name, scene.owner == index, SEEN
    if seen.score > _CLEAR:
        return
    for index in np.unique(scene.owner):
        mine, materials = scene.owner == index, person.parts[index].materials
        slots = np.unique(scene.slot[mine])
        for slot in slots[slots < len(materials)] if len(slots) > 1 else ():
            if part_role(materials[slot]) == "":
                yield materials[slot] or person.parts[index].name, mine & (scene.slot == slot), _BEHIND_MATERIAL


def worn(person: Person) -> list[Cover]:
    """What is called a hat, a mask or a visor, of parts and of materials."""
    found = []
    for part in person.parts:
        triangles, slots = all_of(part)
        if part.role == "HAT" and part.chosen is None:
            found.append(Cover(part.name, part.world, triangles))
            continue
        for slot, name in enumerate(part.materials):
            if part_role(name) == "HAT" and (slots == slot).any():
                found.append(Cover(name, part.world, triangles[slots == slot]))
    return found


def covered(covers: Sequence[Cover], scene: Skins, frame: Frame, landmarks: Landmarks) -> Covered | None:
    """Whether too much is hidden of the face from brows to chin, or of the eyes; and what hides the most of it."""
    covers = [one for one in covers if len(one.triangles)]
    if not covers:
        return None
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    window = Window(float(landmarks.eyes[0]), float(landmarks.eyes[1] - 0.4 * tall), 1.1 * tall)
    skin = relief(frame.inside(scene.points), scene.triangles, window, SIZE // 3)
    hidden = np.stack([relief(frame.inside(one.points), one.triangles, window, SIZE // 3) > skin for one in covers])
    whole: NDArray[np.bool_] = np.any(hidden, axis=0)
    size = len(whole)
    eyes = whole[size // 16 : size // 4, size // 6 : -size // 6]
    if max(float(whole.mean()), float(eyes.mean()) - _GLIMPSE) <= _MOST_COVERED:
        return None
    return Covered(covers[int(np.argmax(hidden.sum(axis=(1, 2))))].name)


def all_of(part: Part) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The triangles of a part, and the material slot of each."""
    triangles, owner = part.surface.fans
    return triangles, part.surface.materials[owner]


def is_one(scene: Skins) -> bool:
    """Whether all of the scene is of one part."""
    return bool((scene.owner == scene.owner[0]).all())


def shares(points: NDArray[np.float64], scene: Skins, window: Window) -> dict[int, float]:
    """How much of what is seen in a window each part of the scene shows. points: [V, 3], the scene's in the frame."""
    parts = np.unique(scene.owner)
    depth = np.stack([relief(points, scene.triangles[scene.owner == part], window, SIZE // 2) for part in parts])
    seen = np.isfinite(depth).any(axis=0)
    counts = np.bincount(np.argmax(depth, axis=0)[seen], minlength=len(parts))
    return {int(part): float(count / max(1, seen.sum())) for part, count in zip(parts, counts, strict=True)}
