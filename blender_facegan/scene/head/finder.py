"""Which mesh of a person carries its face, found once for each mesh however many objects share it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.head.eyes import named_eyes
from ...core.head.finding import Refusal, find_face
from ...core.head.landmarks import Landmarks, implausible
from ...core.head.names import level_of_detail
from ...core.head.person import Person
from ...core.head.placement import Placement, place
from ...core.head.posture import Frame
from ..billboards.looking import FaceOnPicture, Lookout, PictureOnPlane
from ..billboards.shown_picture import PictureProblem
from ..materials.materials import PlainBackground
from ..people.characters import Skipped
from ..records import PICTURE_SKIN, write_property
from .coordinates import Marked, has_coordinates, landmarks_of, set_landmarks, write_coordinates
from .reading import read_person

_KEEPS_EYES = ("eye meshes", "eyeballs")
"""Ways to find eyes that tell that the mesh has its own: they stay, and the painted ones give way."""
_BESIDE = 0.3
"""Eyes further than this from where they are marked, in eye distances, are something else."""


@dataclass(frozen=True)
class Carrier:
    """A mesh object that shows a face. values: what its mesh is to carry, None where it carries that already.

    slots: the material slots that show the face, the largest share of it first. confidence: 0 to 1, of the least sure
    landmark. marked: the landmarks in the mesh's own coordinates. on_picture: what is known of the picture that the
    face is laid on; None for a head.
    """

    uid: int
    name: str
    slots: tuple[int, ...]
    values: NDArray[np.float32] | None = field(repr=False, default=None)
    marked: Marked | None = None
    confidence: float = 1.0
    on_picture: "OnPicture | None" = None

    @property
    def background(self) -> PlainBackground | None:
        """The plain background of a picture, if it has one."""
        return self.on_picture.background if self.on_picture is not None else None


@dataclass(frozen=True)
class OnPicture:
    """Of the picture on a plane: what tells it from others, the skin in it (linear RGB), and its background if plain."""

    mark: str
    skin: tuple[float, float, float] | None
    background: PlainBackground | None


@dataclass(frozen=True)
class _Seen:
    """What was found on the meshes of a person: the place of its carrier among them, and what lies there."""

    index: int
    placement: Placement
    marked: Marked
    confidence: float


class FaceFinder:
    """Finds the faces of persons. Each set of meshes is looked at once, so that duplicates cost nothing.

    by_coordinates: whether faces are placed by what is found; a UV map of the artist's says it for one mesh alone.
    """

    def __init__(self, by_coordinates: bool = True) -> None:
        self._by_coordinates = by_coordinates
        self._seen: dict[tuple[int, ...], _Seen | Refusal | str] = {}
        self._lookout = Lookout()
        self._pictures: dict[tuple[int, str], FaceOnPicture | Skipped] = {}
        self._on_mesh: dict[int, tuple[str, str]] = {}

    @property
    def is_told(self) -> bool:
        """Whether the artist's UV map says where the face lies, on each object that is chosen."""
        return not self._by_coordinates

    def carriers(self, name: str, objects: Sequence[bpy.types.Object]) -> list[Carrier] | Skipped:
        """The mesh objects of a person that show its face: one for each of its levels of detail, the finest first.

        name: how the person is told. Changes nothing.
        """
        found: list[Carrier] = []
        for level in _levels(objects):
            one = self._carrier(name, level)
            if isinstance(one, Skipped):
                if not found:
                    return one
                continue
            found.append(one)
        return found

    def on_picture(self, obj: bpy.types.Object) -> Carrier | Skipped | None:
        """What a flat mesh with somebody's picture carries; None for one that shows no picture. Changes nothing.

        Planes that share a mesh share the place of the face on it: all of them have to show one picture.
        """
        picture = self._lookout.picture_on(obj)
        if picture is None:
            return None
        if isinstance(picture, PictureProblem):
            return Skipped(obj.name, picture.reason, picture.remedy)
        mesh = _mesh(obj)
        first, mark = self._on_mesh.setdefault(mesh.session_uid, (obj.name, picture.mark))
        if mark != picture.mark:
            reason = rpt_("another picture on the mesh that {} has").format(first)
            return Skipped(obj.name, reason, rpt_("make it single user: Object > Relations > Make Single User"))
        key = mesh.session_uid, picture.mark
        if key not in self._pictures:
            self._pictures[key] = _look_at_picture(self._lookout, obj, picture)
        face = self._pictures[key]
        if isinstance(face, Skipped):
            return Skipped(obj.name, face.reason, face.remedy)
        if not mesh.is_editable and not has_coordinates(mesh):
            return Skipped(obj.name, rpt_("a linked mesh that carries no face"), _mark_in_library())
        marked = landmarks_of(obj, picture.mark)
        if marked is None or not marked.by_hand:
            marked = Marked.of(face.frame, face.landmarks, np.array(obj.matrix_world))
        values = face.values if mesh.is_editable else None
        known = OnPicture(picture.mark, face.skin, face.background)
        return Carrier(obj.session_uid, obj.name, (picture.slot,), values, marked, face.chance, known)

    def _carrier(self, name: str, objects: Sequence[bpy.types.Object]) -> Carrier | Skipped:
        ordered = sorted(objects, key=lambda obj: (_mesh(obj).session_uid, obj.name))
        key = tuple(_mesh(obj).session_uid for obj in ordered)
        if key not in self._seen:
            self._seen[key] = _look(name, ordered)
        seen = self._seen[key]
        if isinstance(seen, Refusal):
            return Skipped(name, rpt_(seen.reason), rpt_(seen.remedy))
        if isinstance(seen, str):
            return Skipped(
                name, rpt_("with landmarks that cannot be: {}").format(rpt_(seen)), rpt_("mark its face anew")
            )
        obj = ordered[seen.index]
        mesh = _mesh(obj)
        if not mesh.is_editable and not has_coordinates(mesh):
            return Skipped(name, rpt_("a linked mesh that carries no face"), _mark_in_library())
        values = seen.placement.values if mesh.is_editable else None
        return Carrier(obj.session_uid, obj.name, seen.placement.slots, values, seen.marked, seen.confidence)


def write_face(carrier: Carrier, obj: bpy.types.Object) -> None:
    """Writes into the object's mesh what it is to carry."""
    if carrier.values is None or carrier.marked is None:
        return
    if not carrier.marked.by_hand:
        mark = carrier.on_picture.mark if carrier.on_picture is not None else ""
        set_landmarks(obj, carrier.marked.points, by_hand=False, picture=mark)
    write_coordinates(obj.data, carrier.values)


def write_picture_skin(carrier: Carrier, obj: bpy.types.Object) -> None:
    """Tells the material of a plane which colour the skin in its picture has."""
    if carrier.on_picture is not None and carrier.on_picture.skin is not None:
        write_property(obj, PICTURE_SKIN, carrier.on_picture.skin)


def _mark_in_library() -> str:
    return rpt_("open its library, select it, Mark as Characters, and save")


def _look_at_picture(
    lookout: Lookout, obj: bpy.types.Object, picture: PictureOnPlane
) -> FaceOnPicture | Skipped:
    """The face where the mesh says that it is, else where it is found."""
    carried = landmarks_of(obj, picture.mark)
    if carried is None:
        face = lookout.look(obj, picture)
    else:
        frame, landmarks = carried.in_frame(np.array(obj.matrix_world))
        problem = implausible(landmarks)
        if problem:
            reason = rpt_("with landmarks that cannot be: {}").format(rpt_(problem))
            return Skipped(obj.name, reason, rpt_("mark its face anew"))
        face = lookout.laid_at(obj, picture, frame, landmarks)
    return face if isinstance(face, FaceOnPicture) else Skipped(obj.name, rpt_(face.reason), rpt_(face.remedy))


def _look(name: str, objects: Sequence[bpy.types.Object]) -> _Seen | Refusal | str:
    """Landmarks that a mesh carries, else what is found."""
    carried = {index: marked for index, obj in enumerate(objects) if (marked := landmarks_of(obj)) is not None}
    if carried:
        index = max(carried, key=lambda one: carried[one].by_hand)
        person = read_person(name, objects)
        frame, landmarks = carried[index].in_frame(person.parts[index].to_world)
        problem = implausible(landmarks)
        if problem:
            return problem
        lids = _has_eyes(person, frame, landmarks)
        placement = place(person.parts[index], frame, landmarks, lids)
        return _Seen(index, _of_mesh(placement, objects[index]), carried[index], 1.0)
    person = read_person(name, objects)
    face = find_face(person)
    if isinstance(face, Refusal):
        return face
    part = person.parts[face.part]
    placement = place(part, face.frame, face.landmarks, face.landmarks.sources[0] in _KEEPS_EYES)
    marked = Marked.of(face.frame, face.landmarks, part.to_world)
    return _Seen(face.part, _of_mesh(placement, objects[face.part]), marked, min(face.landmarks.confidence))


def _of_mesh(placement: Placement, obj: bpy.types.Object) -> Placement:
    """Without the corners that a Mirror modifier adds."""
    return Placement(placement.values[: len(_mesh(obj).loops)], placement.slots)


def _has_eyes(person: Person, frame: Frame, landmarks: Landmarks) -> bool:
    """Whether the artist has modelled eyes where the landmarks say that they are."""
    eyes = named_eyes(person.parts, frame)
    if eyes is None:
        return False
    away = np.hypot(*(eyes[:, :2] - landmarks.points[:2, :2]).T)
    return bool((away < _BESIDE * landmarks.eye_distance).all())


def _levels(objects: Sequence[bpy.types.Object]) -> list[list[bpy.types.Object]]:
    """The objects of each level of detail, the finest first; those that name no level belong to all."""
    by_level: dict[int, list[bpy.types.Object]] = {}
    common = []
    for obj in objects:
        level = level_of_detail(obj.name)
        if level is None:
            common.append(obj)
        else:
            by_level.setdefault(level[1], []).append(obj)
    if not by_level:
        return [list(objects)]
    return [[*by_level[level], *common] for level in sorted(by_level)]


def _mesh(obj: bpy.types.Object) -> Any:
    return obj.data
