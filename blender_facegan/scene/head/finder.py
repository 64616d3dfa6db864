"""Which mesh of a person carries its face, found once for each mesh however many objects share it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.head.covering import Covered
from ...core.head.finding import Refusal, Why
from ...core.head.names import levels_of_detail
from ...core.search.locating import Located, Marked
from ..billboards.looking import FaceOnPicture
from ..billboards.shown_picture import PictureProblem
from ..materials.materials import PlainBackground
from ..people.characters import Skipped
from ..records import PICTURE_SKIN, write_property
from .coordinates import has_coordinates, landmarks_of, set_landmarks, write_coordinates
from .mirroring import complete_mirrored
from .reading import shape_mark
from .search import FaceSearch


@dataclass(frozen=True)
class Carrier:
    """A mesh object that shows a face. values: what its mesh is to carry, None where it carries that already.

    slots: the material slots that show the face, the largest share of it first. confidence: 0 to 1, of the least sure
    landmark. marked: the landmarks in the mesh's own coordinates. placed, mirrored: see `core.search.locating.Located`.
    shape: the mesh's when it was looked at, see `reading.shape_mark`. on_picture: what is known of the picture that the
    face is laid on; None for a head.
    """

    uid: int
    name: str
    slots: tuple[int, ...]
    values: NDArray[np.float32] | None = field(repr=False, default=None)
    marked: Marked | None = None
    confidence: float = 1.0
    placed: str = ""
    shape: str = ""
    mirrored: NDArray[np.float32] | None = field(repr=False, default=None)
    on_picture: "OnPicture | None" = None

    @property
    def background(self) -> PlainBackground | None:
        """The plain background of a picture, if it has one."""
        return self.on_picture.background if self.on_picture is not None else None


@dataclass(frozen=True)
class OnPicture:
    """Of a picture on a plane: what tells it from others, the skin in it (linear RGB), its background if plain."""

    mark: str
    skin: tuple[float, float, float] | None
    background: PlainBackground | None


class Shapes:
    """The shapes of meshes, each looked at once. objects: all there are, by `session_uid`."""

    def __init__(self, objects: Mapping[int, bpy.types.Object]) -> None:
        self._objects = objects
        self._known: dict[int, str] = {}

    def of(self, obj: bpy.types.Object) -> str:
        """The shape of the object's mesh: see `reading.shape_mark`."""
        uid = _mesh(obj).session_uid
        if uid not in self._known:
            self._known[uid] = shape_mark(obj)
        return self._known[uid]

    def fit(self, carriers: Iterable[Carrier]) -> bool:
        """Whether the meshes that are to carry a face, of those that are still there, are as they were looked at."""
        found = ((carrier, self._objects.get(carrier.uid)) for carrier in carriers if carrier.values is not None)
        return all(obj.type == "MESH" and self.of(obj) == carrier.shape for carrier, obj in found if obj is not None)


class Unseen(Skipped):
    """A person who is yet to be looked at."""


class FaceFinder:
    """Finds the faces of persons in one survey. Each set of meshes is looked at once, so that duplicates cost nothing.

    by_coordinates: whether faces are placed by what is found; a UV map of the artist's says it for one mesh alone.
    search: knows what was found before, and is told what is yet to be found: those persons are told as skipped. Without
    one all are looked at on the spot. on_the_spot: so are those whom the search does not know.
    """

    def __init__(
        self, by_coordinates: bool = True, search: FaceSearch | None = None, on_the_spot: bool = False
    ) -> None:
        self._by_coordinates = by_coordinates
        self._search = search or FaceSearch()
        self._on_the_spot = on_the_spot or search is None
        self._seen: dict[tuple[int, ...], Located | Why | str | None] = {}
        self._shapes = Shapes({})
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
        unseen: Unseen | None = None
        for level in _levels(objects):
            one = self._carrier(name, level)
            if isinstance(one, Unseen):
                # The others are asked for as well, so that one search finds all.
                unseen = unseen or one
            elif isinstance(one, Carrier):
                found.append(one)
            elif not found and unseen is None:
                return one
        return unseen or found

    def on_picture(self, obj: bpy.types.Object) -> Carrier | Skipped | None:
        """What a flat mesh with somebody's picture carries; None for one that shows no picture. Changes nothing.

        Planes that share a mesh share the place of the face on it: all of them have to show one picture.
        """
        pictures = self._search.pictures
        picture = pictures.lookout.picture_on(obj)
        if picture is None:
            return None
        if isinstance(picture, PictureProblem):
            return Skipped(obj.name, picture.reason, picture.remedy)
        mesh = _mesh(obj)
        first, mark = self._on_mesh.setdefault(mesh.session_uid, (obj.name, picture.mark))
        if mark != picture.mark:
            reason = rpt_("another picture on the mesh that {} has").format(first)
            return Skipped(obj.name, reason, rpt_("make it single user: Object > Relations > Make Single User"))
        face = pictures.at_once(obj, picture) if self._on_the_spot else pictures.look_up(obj, picture)
        if face is None:
            return Unseen(obj.name, rpt_("not looked at yet"), rpt_("wait for the search"))
        if not isinstance(face, FaceOnPicture):
            return Skipped(obj.name, face.reason, face.remedy)
        if not mesh.is_editable and not has_coordinates(mesh):
            remedy = rpt_("open its library, select it, Mark as Characters, and save")
            return Skipped(obj.name, rpt_("a linked mesh that carries no face"), remedy)
        marked = landmarks_of(obj, picture.mark)
        if marked is None or not marked.by_hand:
            marked = Marked.of(face.frame, face.landmarks, np.array(obj.matrix_world))
        return Carrier(
            uid=obj.session_uid,
            name=obj.name,
            slots=(picture.slot,),
            values=face.values if mesh.is_editable else None,
            marked=marked,
            confidence=face.chance,
            shape=self._shapes.of(obj),
            on_picture=OnPicture(picture.mark, face.skin, face.background),
        )

    def _carrier(self, name: str, objects: Sequence[bpy.types.Object]) -> Carrier | Skipped:
        ordered = sorted(objects, key=lambda obj: (_mesh(obj).session_uid, obj.name))
        key = tuple(_mesh(obj).session_uid for obj in ordered)
        if key not in self._seen:
            look = self._search.at_once if self._on_the_spot else self._search.look_up
            self._seen[key] = look(key, name, ordered)
        seen = self._seen[key]
        if seen is None:
            return Unseen(name, rpt_("not looked at yet"), rpt_("wait for the search"))
        if isinstance(seen, Refusal):
            return Skipped(name, rpt_(seen.reason), rpt_(seen.remedy))
        if isinstance(seen, Covered):
            return Skipped(name, rpt_(seen.reason).format(seen.by), rpt_(seen.remedy))
        if isinstance(seen, str):
            return Skipped(
                name, rpt_("with landmarks that cannot be: {}").format(rpt_(seen)), rpt_("mark its face anew")
            )
        obj = ordered[seen.part]
        mesh = _mesh(obj)
        if not mesh.is_editable and not has_coordinates(mesh):
            remedy = rpt_("open its library, select it, Mark as Characters, and save")
            return Skipped(name, rpt_("a linked mesh that carries no face"), remedy)
        values = seen.values if mesh.is_editable else None
        told = (seen.marked, seen.confidence, seen.placed, self._shapes.of(obj), seen.mirrored)
        return Carrier(obj.session_uid, obj.name, seen.slots, values, *told)


def write_face(carrier: Carrier, obj: bpy.types.Object) -> None:
    """Writes into the object's mesh what it is to carry, and has the half that a Mirror modifier adds show its own."""
    if carrier.values is not None and carrier.marked is not None:
        if not carrier.marked.by_hand:
            mark = carrier.on_picture.mark if carrier.on_picture is not None else ""
            set_landmarks(obj, carrier.marked.points, by_hand=False, picture=mark)
        write_coordinates(obj.data, carrier.values, carrier.placed, carrier.mirrored)
    complete_mirrored(obj)


def write_picture_skin(carrier: Carrier, obj: bpy.types.Object) -> None:
    """Tells the material of a plane which colour the skin in its picture has."""
    if carrier.on_picture is not None and carrier.on_picture.skin is not None:
        write_property(obj, PICTURE_SKIN, carrier.on_picture.skin)


def _levels(objects: Sequence[bpy.types.Object]) -> list[list[bpy.types.Object]]:
    """The objects of each level of detail, the finest first; those that name no level belong to all."""
    by_level: dict[int, list[bpy.types.Object]] = {}
    common = []
    for obj, level in zip(objects, levels_of_detail([obj.name for obj in objects]), strict=True):
        if level is None:
            common.append(obj)
        else:
            by_level.setdefault(level[1], []).append(obj)
    if not by_level:
        return [list(objects)]
    return [[*by_level[level], *common] for level in sorted(by_level)]


def _mesh(obj: bpy.types.Object) -> Any:
    return obj.data
