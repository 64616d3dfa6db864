"""Which mesh of a person carries its face, found once for each mesh however many objects share it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.head.finding import Refusal
from ...core.head.names import level_of_detail
from ...core.search.locating import Located, Marked
from ..people.characters import Skipped
from .coordinates import has_coordinates, set_landmarks, write_coordinates
from .mirroring import complete_mirrored
from .reading import shape_mark
from .search import FaceSearch


@dataclass(frozen=True)
class Carrier:
    """A mesh object that shows a face. values: what its mesh is to carry, None where it carries that already.

    slots: the material slots that show the face, the largest share of it first. confidence: 0 to 1, of the least sure
    landmark. marked: the landmarks in the mesh's own coordinates. placed, mirrored: see `core.search.locating.Located`.
    shape: the mesh's when it was looked at, see `reading.shape_mark`.
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
        self._seen: dict[tuple[int, ...], Located | Refusal | str | None] = {}
        self._shapes = Shapes({})

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
            set_landmarks(obj, carrier.marked.points, by_hand=False)
        write_coordinates(obj.data, carrier.values, carrier.placed, carrier.mirrored)
    complete_mirrored(obj)


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
