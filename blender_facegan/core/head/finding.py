"""Finds the face of a person: its front, its eyes, mouth and chin, and the mesh that carries it, or says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from .covering import Cover, Covered, all_of, bared, covered, is_one, shares, worn
from .detector import Sighting
from .eyes import as_seen, eye_bones, eyeballs, named_eyes
from .landmarks import Landmarks, implausible
from .looking import SEEN, SURE, Skins, closest, faced, look_around, tight
from .names import part_role
from .person import Part, Person
from .posture import Frame, Skeleton, skeleton
from .relief import Window, relief

_NOT_SKIN = frozenset({"HAIR", "HAT", "GLASSES", "LASHES", "BROWS", "TEETH"})
"""What covers a face, or would be taken for its features."""
_FEWEST = 24
"""Vertices that a head needs: with fewer there is no place for eyes and mouth."""
_MUZZLE = 0.75
"""Mouths further before the eyes than this, in eye to chin, are an animal's."""
_LONG = 0.9
"""A figure deeper from front to back than this share of its height goes on four feet, unless it is but a head."""
_AT_END = 0.4
"""A head this far from the middle of what is below it, in its height, hangs on a neck that people do not have."""
_SPREAD = 0.16
"""An expected error of the mouth or the eyes that is larger, as a share of eye to chin, is too much to place a face."""
_NO_NOSE, _FLAT = 0.09, 0.15
"""A nose that stands out by less than the first of these shares of eye to chin is none: people's and those of simple
figures stand out by 0.14 and more. Where the middle is also less than the second before the cheeks the front is flat:
that of heads without any features is 0.25 before them, that of a space suit 0.08."""
_CHEEKS = (0.35, 0.61)
"""Places on the cheeks beside a nose, in eye distances from the middle."""
_ACROSS, _WIDE = 56, 1.4
"""Side of the picture in which a nose is looked for, in pixels and in eye distances."""
_FEW = 256
"""Triangles that are looked at together until one has an area."""
_NEAR = 0.3
"""Modelled eyes this far from where the network sees them, in eye to chin, are something else."""


class Reason(Enum):
    """Reasons of one kind: each tells what is the matter, and what to do about it."""

    _value_: tuple[str, str]

    @property
    def reason(self) -> str:
        """What is the matter, to be read after the name."""
        return self.value[0]

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.value[1]


class Refusal(Reason):
    """Why no face can be placed."""

    NO_SURFACE = ("without a surface", "choose meshes with polygons that have an area")
    TOO_COARSE = ("a head of too few vertices", "subdivide it, or mark its face by hand: Mark Face")
    NO_HEAD = ("without a head that can be told", "mark its face by hand: Mark Face")
    NOTHING_CHOSEN = ("with a chosen head that is empty or gone", "choose its head anew: Choose Head")
    NO_FACE = ("without a human face that can be told", "mark its face by hand: Mark Face")
    HAT_ALONE = ("a hat or a mask without a head", "choose the head that it belongs to as well")
    TWO_HEADS = ("with two heads", "separate them, or say which one has the face: Choose Head")
    SEVERAL = ("several persons in one mesh", "separate them (Mesh > Separate > By Loose Parts), or Choose Head")
    VISOR = ("with a flat front in the place of the face, such as a visor", "mark its face by hand: Mark Face")
    ANIMAL = ("an animal, or something else than a person", "mark its face by hand: Mark Face")
    MIRRORED = ("mirrored on several axes", "apply its Mirror modifier, or all but one axis of it")
    FACE_DOWN = ("with the face to the floor", "turn it upright, or mark its face by hand: Mark Face")


Why = Refusal | Covered


@dataclass(frozen=True)
class Face:
    """A face that was found. frame: the head's axes in the world. landmarks: in the frame.

    part: index of the part that carries it. score: the network's logit. balls: for each part, which of its vertices are
    eyeballs and what belongs to them.
    """

    frame: Frame
    landmarks: Landmarks
    part: int
    score: float


def find_face(person: Person) -> Face | Why:
    """The face of a person in its rest pose."""
    scene = _scene(person)
    if scene is None:
        return Refusal.NO_SURFACE
    bones = skeleton(person)
    if person.is_told and not len(person.chosen):
        return Refusal.NOTHING_CHOSEN
    if not person.is_told and all(part.role == "HAT" for part in person.parts):
        named = [part.name for part in person.parts if part_role(part.name) == "HAT"]
        return Covered((named or [person.parts[0].name])[0]) if bones.heads() else Refusal.HAT_ALONE
    if not person.is_told and len(_apart(bones, scene)) > 1:
        return Refusal.TWO_HEADS
    best = look_around(person, bones, scene)
    if best is None:
        return Refusal.NO_HEAD
    frame, seen = best
    scene, seen, off = bared(person, scene, frame, seen)
    if seen.score < SEEN:
        return _why_none(scene, frame, seen)
    frame, seen = faced(scene, frame, seen)
    landmarks = _landmarks(person, bones, scene, frame, seen)
    if landmarks is None:
        return Refusal.NO_FACE
    problem = _problem(person, [*worn(person), *off], bones, scene, frame, landmarks)
    if problem is not None:
        return problem
    return Face(frame, landmarks, _carrier(person, scene, frame, landmarks), seen.score)


def _problem(
    person: Person, covers: Sequence[Cover], bones: Skeleton, scene: Skins, frame: Frame, landmarks: Landmarks
) -> Why | None:
    """Why a face that was seen is none to place a picture on. Which of several heads it is may have been chosen."""
    told = person.is_told
    if _has_muzzle(landmarks) or (not told and _is_animal(bones, scene, frame, landmarks)):
        return Refusal.ANIMAL
    if frame.axes[2] @ np.array([0.0, 0.0, 1.0]) < -0.7:
        return Refusal.FACE_DOWN
    problem: Why | None = covered(covers, scene, frame, landmarks)
    if problem is None and landmarks.sources[0] == "shape" and _is_visor(scene, frame, landmarks):
        problem = Refusal.VISOR
    if problem is not None or told:
        return problem
    return _second_face(scene, frame, landmarks) or (Refusal.ANIMAL if _hangs(bones, scene, frame, landmarks) else None)


def _scene(person: Person) -> Skins | None:
    """What may be skin: what is not called something else, or is chosen all the same; all where that leaves nothing."""
    named = [part.role not in _NOT_SKIN or part.chosen is not None for part in person.parts]
    for chosen, strict in ((named, True), ([True] * len(person.parts), False)):
        points, triangles, owners, slots, count = [], [], [], [], 0
        for index, (part, use) in enumerate(zip(person.parts, chosen, strict=True)):
            mesh, of_slot = _uncovered(part) if use and strict else all_of(part)
            if not use or not len(mesh):
                continue
            points.append(part.world)
            triangles.append(mesh + count)
            owners.append(np.full(len(mesh), index))
            slots.append(of_slot)
            count += len(part.surface.vertices)
        if points and float(np.ptp(np.concatenate(points), axis=0).max()) > 0:
            scene = Skins(*(np.concatenate(column) for column in (points, triangles, owners, slots)))
            if _has_area(scene):
                return scene
    return None


def _uncovered(part: Part) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The triangles whose material is not hair or its like, and the slot of each."""
    triangles, slots = all_of(part)
    covering = [index for index, name in enumerate(part.materials) if part_role(name) in _NOT_SKIN]
    kept = ~np.isin(slots, covering)
    if part.chosen is not None and not part.chosen[triangles[kept]].any():
        return triangles, slots
    return triangles[kept], slots[kept]


def _has_area(scene: Skins) -> bool:
    for first in range(0, len(scene.triangles), _FEW):
        a, b, c = (scene.points[scene.triangles[first : first + _FEW, corner]] for corner in range(3))
        if float(np.abs(np.cross(b - a, c - a)).max()) > 0:
            return True
    return False


def _apart(bones: Skeleton, scene: Skins) -> list[NDArray[np.float64]]:
    """Places of the head bones: those of one rig that stand in one place are one."""
    size = float(np.ptp(scene.points, axis=0).max())
    places: list[NDArray[np.float64]] = []
    for bone in bones.heads():
        if all(np.linalg.norm(bone.head - place) > 0.08 * size for place in places):
            places.append(bone.head)
    return places


def _why_none(scene: Skins, frame: Frame, seen: Sighting) -> Refusal:
    """Why nothing was seen in the likeliest place: too little of it, or nothing like a face."""
    window = tight(seen)
    if window is None:
        return Refusal.NO_FACE
    points = frame.inside(scene.points)
    away = np.maximum(np.abs(points[:, 0] - window.x), np.abs(points[:, 1] - window.y))
    within: NDArray[np.bool_] = away < window.side / 2
    used = np.unique(scene.triangles)
    return Refusal.TOO_COARSE if int(within[used].sum()) < _FEWEST else Refusal.NO_FACE


def _is_visor(scene: Skins, frame: Frame, landmarks: Landmarks) -> bool:
    """Whether the front is flat and no nose stands out of it, between the eyes and the mouth."""
    points, tall = frame.inside(scene.points), float(landmarks.eyes[1] - landmarks.chin[1])
    middle = landmarks.eyes * 0.4 + landmarks.mouth * 0.6
    window = Window(float(middle[0]), float(middle[1]), _WIDE * landmarks.eye_distance)
    seen = relief(points, scene.triangles, window, _ACROSS)[_ACROSS // 4 : -_ACROSS // 4]
    aside = np.abs((np.arange(_ACROSS) + 0.5) / _ACROSS - 0.5) * _WIDE
    nose = seen[:, aside < 0.12].max(axis=1)
    near, far = (np.median(seen[:, np.abs(aside - place) < 0.06], axis=1) for place in _CHEEKS)
    known = np.isfinite(nose) & np.isfinite(near) & np.isfinite(far)
    if not known.any():
        return False
    # A parabola through the cheeks tells how far forward the middle is without a nose.
    without = near + (near - far) * _CHEEKS[0] ** 2 / (_CHEEKS[1] ** 2 - _CHEEKS[0] ** 2)
    stands_out, curves = (nose - without)[known].max(), (nose - far)[known].max()
    return bool(stands_out < _NO_NOSE * tall and curves < _FLAT * tall)


def _has_muzzle(landmarks: Landmarks) -> bool:
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    return float(landmarks.mouth[2] - landmarks.eyes[2]) > _MUZZLE * tall


def _is_animal(bones: Skeleton, scene: Skins, frame: Frame, landmarks: Landmarks) -> bool:
    """Whether there are a beast's legs, or a body that lies behind the head."""
    if bones.is_beast:
        return True
    if bones.pair("FOOT") is not None:
        return False
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    extent = np.ptp(frame.inside(scene.points), axis=0)
    return bool(extent[1] > 3 * tall and extent[2] > _LONG * extent[1])


def _hangs(bones: Skeleton, scene: Skins, frame: Frame, landmarks: Landmarks) -> bool:
    """Whether the head is at one end of a body that is seen from its side."""
    points = frame.inside(scene.points)
    low, high = points.min(axis=0), points.max(axis=0)
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    aside = abs(float(landmarks.eyes[0] - (low[0] + high[0]) / 2))
    return bool(bones.pair("FOOT") is None and high[1] - low[1] > 3 * tall and aside > _AT_END * (high[1] - low[1]))


def _landmarks(person: Person, bones: Skeleton, scene: Skins, frame: Frame, seen: Sighting) -> Landmarks | None:
    """The network's points, with the eyes where the artist has modelled them, and all of them on the surface."""
    points = frame.inside(scene.points)
    flat = seen.points
    tall = float((flat[0, 1] + flat[1, 1]) / 2 - flat[4, 1])
    eyes, source = _modelled_eyes(person, bones, scene, frame, flat, tall)
    if eyes is None:
        eyes, source = flat[:2], "shape"
    window = tight(seen)
    if window is None:
        return None
    placed = [_on_surface(points, scene.triangles, point, tall) for point in (*eyes[:, :2], flat[3], flat[4])]
    sure = np.clip(1.0 - seen.spread / _SPREAD, 0.0, 1.0)
    found = Landmarks(
        placed[0],
        placed[1],
        placed[2],
        placed[3],
        confidence=(1.0 if source != "shape" else float(sure[:2].min()), float(sure[3]), float(sure[4])),
        sources=(source, "shape", "shape"),
    )
    if implausible(found) or min(found.confidence[:2]) <= 0:
        return None
    return found


def _modelled_eyes(
    person: Person, bones: Skeleton, scene: Skins, frame: Frame, flat: NDArray[np.float64], tall: float
) -> tuple[NDArray[np.float64] | None, str]:
    """Eyes that stand about where the network sees them, and what they were found by."""

    def near(eyes: NDArray[np.float64] | None) -> bool:
        return eyes is not None and bool((np.hypot(*(eyes[:, :2] - flat[:2]).T) < _NEAR * tall).all())

    named = named_eyes(person.parts, frame)
    if near(named):
        return named, "eye meshes"
    balls = eyeballs(frame.inside(scene.points), scene.triangles, flat[:2], float(flat[1, 0] - flat[0, 0]))
    if balls is not None and near(balls[0]):
        return as_seen(frame.inside(scene.points), scene.triangles, balls), "eyeballs"
    by_bone = eye_bones(bones, frame)
    if near(by_bone):
        return by_bone, "eye bones"
    return None, ""


def _on_surface(
    points: NDArray[np.float64], triangles: NDArray[np.int32], place: NDArray[np.float64], tall: float
) -> NDArray[np.float64]:
    """The foremost surface about a place seen from the front: [3]. Eyes and mouths may be holes."""
    window = Window(float(place[0]), float(place[1]), 0.2 * tall)
    picture = relief(points, triangles, window, 9)
    known = picture[np.isfinite(picture)]
    if len(known):
        return np.array([place[0], place[1], float(np.quantile(known, 0.8))])
    away = np.hypot(points[:, 0] - place[0], points[:, 1] - place[1])
    return np.array([place[0], place[1], points[int(np.argmin(away)), 2]])


def _second_face(scene: Skins, frame: Frame, landmarks: Landmarks) -> Refusal | None:
    """Whether another face stands beside the one that was found."""
    points = frame.inside(scene.points)
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    level = np.abs(points[:, 1] - landmarks.eyes[1]) < 0.7 * tall
    away = np.abs(points[:, 0] - landmarks.eyes[0])
    beside = points[level & (away > 1.6 * tall)]
    if len(beside) < _FEWEST:
        return None
    middle = (landmarks.eyes + landmarks.chin) / 2
    for x in np.unique(np.round(beside[:, 0] / tall)) * tall:
        seen = closest(points, scene.triangles, [Window(float(x), float(middle[1]), 2.6 * tall)])
        if seen is None or seen.score < SURE or abs(seen.points[3, 0] - landmarks.mouth[0]) < 1.2 * tall:
            continue
        between = (landmarks.mouth[0] + seen.points[3, 0]) / 2
        column = points[np.abs(points[:, 0] - between) < 0.3 * tall]
        return Refusal.TWO_HEADS if len(column) else Refusal.SEVERAL
    return None


def _carrier(person: Person, scene: Skins, frame: Frame, landmarks: Landmarks) -> int:
    """The part that shows most of the face, seen foremost between the brows and the chin; of those that are chosen."""
    if is_one(scene):
        return int(scene.owner[0])
    points = frame.inside(scene.points)
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    middle = landmarks.eyes * 0.5 + landmarks.chin * 0.5
    window = Window(float(middle[0]), float(middle[1]), 1.2 * tall)
    seen_of = shares(points, scene, window)
    skins = [index for index in seen_of if person.parts[index].role != "EYE"]
    skins = [index for index in skins if person.parts[index].chosen is not None] or skins
    return max(skins, key=lambda index: seen_of[index]) if skins else int(scene.owner[0])
