"""Where the faces of persons lie: by the landmarks that their meshes carry, else by what is found; in threads."""

import hashlib
from collections.abc import Hashable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..head.covering import Covered
from ..head.eyes import named_eyes
from ..head.finding import Refusal, Why, find_face
from ..head.landmarks import Landmarks, implausible
from ..head.names import part_role
from ..head.person import Part, Person
from ..head.placement import place
from ..head.posture import Frame

_PLACING = 4
"""Counts the ways in which faces were placed: one that was placed in another is placed anew."""
_KEEPS_EYES = ("eye meshes", "eyeballs")
"""Ways to find eyes that tell that the mesh has its own: they stay, and the painted ones give way."""
_BESIDE = 0.3
"""Eyes further than this from where they are marked, in eye distances, are something else."""
_AHEAD = 8
"""Persons for each thread that wait for it: enough until the next look at it, and few enough for the memory."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Marked:
    """Landmarks of a mesh: float64 [5, 3] in its own coordinates, the last a point ahead of the eyes.

    by_hand: whether the artist has set them.
    """

    points: NDArray[np.float64]
    by_hand: bool

    @classmethod
    def of(cls, frame: Frame, found: Landmarks, matrix: NDArray[np.float64]) -> "Marked":
        """Landmarks that were found on an object of this matrix."""
        ahead = found.eyes + np.array([0.0, 0.0, found.eye_distance])
        world = frame.world(np.concatenate((found.points, ahead[None])))
        return cls((world - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T, False)

    def in_frame(self, matrix: NDArray[np.float64]) -> tuple[Frame, Landmarks]:
        """The head's frame in the world under an object's matrix, and the landmarks in it."""
        world = self.points @ matrix[:3, :3].T + matrix[:3, 3]
        eyes = (world[0] + world[1]) / 2
        across = _along(world[1] - world[0])
        up = eyes - world[3]
        up = _along(up - across * (up @ across))
        front = np.cross(across, up)
        if front @ (world[4] - eyes) < 0:
            # The object mirrors its mesh: the viewer's left is the mesh's right.
            across, front = -across, -front
        frame = Frame(np.stack((across, up, front)), world.mean(axis=0))
        local = frame.inside(world)
        first, second = (0, 1) if local[0, 0] < local[1, 0] else (1, 0)
        return frame, Landmarks(local[first], local[second], local[2], local[3])


def _along(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length: NDArray[np.float64] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return length


@dataclass(frozen=True)
class Subject:
    """A person whose face is looked for.

    corners: of each part's mesh; parts may have more, which a modifier adds. carried: the landmarks that a part's mesh
    carries. placed: how a face was placed on a part's mesh that shows one, see `Located.placed`. Both by the part's
    place.
    """

    person: Person
    corners: tuple[int, ...]
    carried: Mapping[int, Marked] = field(default_factory=dict)
    placed: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Located:
    """A face on a part of a person.

    part: its place among the parts. slots: the material slots that show the face, the largest share first. values: what
    the part's mesh is to carry (see `placement.Placement`), None where it carries that already. marked: the landmarks
    in the mesh's own coordinates. confidence: 0 to 1, of the least sure of them. placed: a mark of all that the values
    come from, and the slots. mirrored: values for the corners that a Mirror modifier adds, None without one.
    """

    part: int
    slots: tuple[int, ...]
    values: NDArray[np.float32] | None
    marked: Marked
    confidence: float
    placed: str
    mirrored: NDArray[np.float32] | None = None


def locate(subject: Subject) -> Located | Why | str:
    """The person's face; why there is none, or, in a few words, what is wrong with the landmarks that it carries."""
    person, carried = subject.person, _still_valid(subject)
    if carried:
        part = max(carried, key=lambda one: carried[one].by_hand)
        marked = carried[part]
        frame, landmarks = marked.in_frame(person.parts[part].to_world)
        problem = implausible(landmarks)
        if problem:
            return problem
        return _placed(subject, part, marked, (frame, landmarks), 1.0)
    face = find_face(person)
    if isinstance(face, Refusal | Covered):
        return face
    marked = Marked.of(face.frame, face.landmarks, person.parts[face.part].to_world)
    keeps_eyes = face.landmarks.sources[0] in _KEEPS_EYES
    return _placed(subject, face.part, marked, (face.frame, face.landmarks), min(face.landmarks.confidence), keeps_eyes)


def _still_valid(subject: Subject) -> Mapping[int, Marked]:
    """The landmarks that count: those that were found elsewhere than on the head that the artist has chosen do not."""
    if not subject.person.is_told:
        return subject.carried
    parts = subject.person.parts
    return {
        part: marked for part, marked in subject.carried.items() if marked.by_hand or parts[part].chosen is not None
    }


def _placed(
    subject: Subject,
    index: int,
    marked: Marked,
    lying: tuple[Frame, Landmarks],
    confidence: float,
    keeps_eyes: bool = False,
) -> Located | Why:
    """The face laid on the part, unless it lies there already.

    lying: how. keeps_eyes: whether the mesh is known to have its own.
    """
    part, count = subject.person.parts[index], subject.corners[index]
    if len(part.surface.corners) > 2 * count:
        return Refusal.MIRRORED
    lids = _has_eyes(subject.person, *lying)
    mark = _mark(part, marked, lids)
    digest, _, slots = subject.placed.get(index, "").partition(":")
    if digest == mark:
        known = tuple(int(slot) for slot in slots.split(",") if slot)
        return Located(index, known, None, marked, confidence, subject.placed[index])
    placement = place(part, *lying, lids or keeps_eyes, marked.by_hand)
    told = ",".join(str(slot) for slot in placement.slots)
    values, mirrored = placement.values[:count], placement.values[count:] if len(placement.values) > count else None
    return Located(index, placement.slots, values, marked, confidence, f"{mark}:{told}", mirrored)


def _has_eyes(person: Person, frame: Frame, landmarks: Landmarks) -> bool:
    """Whether the artist has modelled eyes where the landmarks say that they are."""
    eyes = named_eyes(person.parts, frame)
    if eyes is None:
        return False
    away = np.hypot(*(eyes[:, :2] - landmarks.points[:2, :2]).T)
    return bool((away < _BESIDE * landmarks.eye_distance).all())


def _mark(part: Part, marked: Marked, lids: bool) -> str:
    """A mark of what a placement comes from: the same for an object that is turned, moved or made larger."""
    surface, turned = part.surface, part.to_world[:3, :3]
    stretched = turned.T @ turned
    stretched = np.round(stretched / max(float(np.trace(stretched)), 1e-12), 4) + 0.0
    roles = "|".join(part_role(name) for name in part.materials)
    digest = hashlib.blake2b(f"{_PLACING}:{int(lids)}:{roles}".encode(), digest_size=8)
    for column in (surface.vertices, surface.corners, surface.sizes, surface.materials, surface.shown):
        digest.update(np.ascontiguousarray(column).data)
    for column in (marked.points, stretched):
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


class LocatingThreads(Generic[Key]):
    """Give it persons while it is not full, and take what they have found."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="crowd-faces-search")
        self._most = threads * _AHEAD
        self._under_way: dict[Future[Located | Why | str], Key] = {}

    @property
    def is_full(self) -> bool:
        """Whether no more persons are taken for now."""
        return len(self._under_way) >= self._most

    def put(self, key: Key, subject: Subject) -> None:
        """Has a person looked at. key: what it is told by when it is found."""
        self._under_way[self._pool.submit(locate, subject)] = key

    def take(self, seconds: float = 0.0) -> dict[Key, Located | Why | str]:
        """What has been found since the last time; waits so long for the first if there is nothing yet."""
        done, _ = wait(self._under_way, seconds, FIRST_COMPLETED)
        return {self._under_way.pop(future): future.result() for future in done}

    def close(self) -> None:
        """Ends the threads after the persons that they are at; nobody else is looked at."""
        self._pool.shutdown(wait=False, cancel_futures=True)
