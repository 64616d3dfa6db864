"""What of a character is to be baked into which texture: a slot of an object, and how its polygons lie there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ....core.atlas.staging import FIRST_TILE
from ....core.export.texture_space import overlap
from ...head.coordinates import landmarks_points
from ...head.persons import Person
from ...materials.materials import base_color_input, original_of
from ...materials.skin_matching import matches_skin
from ...pages.page_set import is_page_set
from ...people.characters import Skipped, first_names
from ...people.mesh_columns import column, corner_vertices, corners_per_polygon, material_indices, positions
from ...records import FACE, SKIN, character, face_material, page
from ..baked_mesh import MOST_UV_MAPS
from .base import BaseTexture, active_map, base_texture, map_places, places_in

_FINEST_GRID = 1024
_LEAST_TEXELS = 8**2
"""Texels of a face below which its texture has no room for it."""
_SHARED = 0.02
"""Share of a face's texels that others have too, from which it is told."""
_REPEATED = 0.5
"""The same, from which a texture counts as repeated over the surface."""
_SIZES = (256, 4096)
"""Sides of textures for materials that have none."""
_WITHOUT_FACE = 1024
_TWICE = 1.5
"""Texels of such a texture for each pixel of the face's picture, both ways."""
_STEP_AHEAD = 0.05
"""Eye distances by which one part of a face must lie ahead of another to be kept for it."""


class Note(NamedTuple):
    """What an artist is told of a character that was baked."""

    name: str
    what: str


@dataclass(frozen=True)
class Surface:
    """A slot of an object that shows a face, or takes the skin of one. head: its character.

    texture: the artist's, None where the material has none. places: of every corner on the picture, float32 [C, 2].
    size: of a picture that is not a set of tiles. tiles: numbers of the UDIM tiles that polygons lie on; numbers: that
    of each polygon, [P]. polygons: those that are baked, bool [P]; under: those
    of them that give way where they lie on others. is_billboard: whether the face is cut out.
    """

    obj: bpy.types.Object
    head: bpy.types.Object
    slot: int
    live: bpy.types.Material
    texture: BaseTexture | None
    uv_map: str
    places: NDArray[np.float32]
    size: tuple[int, int]
    tiles: tuple[int, ...]
    numbers: NDArray[np.int64]
    polygons: NDArray[np.bool_]
    under: NDArray[np.bool_]
    is_billboard: bool
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """What its file is called: the object and the artist's material."""
        material = original_of(self.live)
        return f"{self.obj.name} {material.name if material is not None else rpt_('Face')}"

    @property
    def is_plain(self) -> bool:
        """Whether the artist's texture is what the material shows apart from the face, texel for texel."""
        if self.texture is None or not self.texture.is_plain:
            return False
        return bool(self.tiles) or self.texture.size == self.size


def slots_of(person: Person) -> Iterator[tuple[bpy.types.Object, int]]:
    """The slots of a person that show its face or take its skin."""
    for obj in (person.head, *person.body):
        for index, slot in enumerate(obj.material_slots):
            material = slot.material
            if material is None or face_material(material).role == "BAKED":
                continue
            has_skin = any(obj.get(SKIN) or ())
            if face_material(material).role != "NONE" or (matches_skin(material) and has_skin):
                yield obj, index


def person_problem(person: Person) -> Skipped | None:
    """Why the person cannot be baked, or None when it can."""
    head = person.head
    if is_page_set(character(head).page):
        remedy = rpt_("export a crowd table, or make its instances real and populate those")
        return Skipped(head.name, rpt_("instanced"), remedy)
    if not head.is_editable or head.override_library is not None:
        return Skipped(head.name, rpt_("linked"), rpt_("make it local (Object > Relations > Make Local)"))
    if next(slots_of(person), None) is None:
        return Skipped(head.name, rpt_("no material with a face"), rpt_("populate again"))
    return None


def surface_of(obj: bpy.types.Object, slot: int, head: bpy.types.Object, smallest: int) -> Surface | Skipped:
    """How a slot is to be baked, or why it cannot be. smallest: side below which textures are made larger."""
    mesh: Any = obj.data
    live: Any = obj.material_slots[slot].material
    role = face_material(live).role
    texture = base_texture(live, mesh)
    is_billboard = role == "BILLBOARD" and texture is None
    if not is_billboard and base_color_input(live) is None:
        return Skipped(obj.name, rpt_("no shader with a color in {}").format(live.name), rpt_("populate again"))
    name = texture.uv_map if texture is not None else active_map(mesh)
    if name is None:
        return Skipped(obj.name, rpt_("no UV map"), rpt_("unwrap it, or use Bake to Images"))
    if len(mesh.uv_layers) >= MOST_UV_MAPS:
        reason = rpt_("already with {} UV maps").format(MOST_UV_MAPS)
        return Skipped(obj.name, reason, rpt_("remove one, since baking needs one"))
    chosen = _polygons_of(mesh, slot)
    weight, rank = _weights(mesh)
    if texture is not None:
        laid = _lie(mesh, texture, places_in(texture, mesh), chosen, weight, rank)
        if laid.share <= _REPEATED or np.array_equal(texture.placement, np.eye(2, 3)):
            return _settled(obj, slot, live, texture, name, laid, weight, head, smallest, is_billboard)
    # Of a texture that is repeated over the surface no copy can hold a face: it is baked by the UV map itself.
    laid = _lie(mesh, None, map_places(mesh, name), chosen, weight, rank)
    return _settled(obj, slot, live, None, name, laid, weight, head, smallest, is_billboard)


class _Laid(NamedTuple):
    """places: within 0 to 1 of their tile. share: of the face's texels, the shared. covered: by it, of a whole tile."""

    places: NDArray[np.float32]
    polygons: NDArray[np.bool_]
    under: NDArray[np.bool_]
    tiles: tuple[int, ...]
    numbers: NDArray[np.int64]
    share: float
    covered: float


def _settled(
    obj: bpy.types.Object,
    slot: int,
    live: bpy.types.Material,
    texture: BaseTexture | None,
    uv_map: str,
    laid: _Laid,
    weight: NDArray[np.float64],
    head: bpy.types.Object,
    smallest: int,
    is_billboard: bool,
) -> Surface | Skipped:
    mesh: Any = obj.data
    size = _size(texture, laid, head, smallest, bool((weight > 0).any()) or is_billboard)
    has_face = bool((weight[_polygons_of(mesh, slot)] > 0).any())
    if has_face and laid.covered * size[0] * size[1] < _LEAST_TEXELS:
        return Skipped(obj.name, rpt_("its UV map has no room for a face"), rpt_("use Bake to Images"))
    notes = []
    if has_face and laid.share > _SHARED:
        what = rpt_("parts of the face share their place on the UV map: they show the same part of the picture")
        notes.append(Note(obj.name, what))
    if texture is None:
        notes.append(Note(obj.name, rpt_("no texture before: {} pixels").format(size[0])))
    return Surface(
        obj,
        head,
        slot,
        live,
        texture,
        uv_map,
        laid.places,
        size,
        laid.tiles if texture is not None and texture.is_tiled else (),
        laid.numbers,
        laid.polygons,
        laid.under,
        is_billboard,
        tuple(notes),
    )


def _lie(
    mesh: Any,
    texture: BaseTexture | None,
    places: NDArray[np.float32],
    chosen: NDArray[np.bool_],
    weight: NDArray[np.float64],
    rank: NDArray[np.int64],
) -> _Laid:
    """How the chosen polygons lie in the picture, and which of them under others."""
    totals, starts = corners_per_polygon(mesh), column(mesh.polygons, "loop_start", np.int32)
    means = np.add.reduceat(places.astype(np.float64), starts) / totals[:, None]
    corners = np.floor(means + 1e-6)
    is_tiled = texture is not None and texture.is_tiled
    numbers = (FIRST_TILE + corners[:, 0] + 10 * corners[:, 1]).astype(np.int64)
    inside = np.ones(len(totals), bool)
    if texture is not None and is_tiled:
        there: Any = texture.image
        inside = (corners[:, 0] >= 0) & (corners[:, 0] < 10) & np.isin(numbers, [tile.number for tile in there.tiles])
    shifted = places - np.repeat(corners, totals, axis=0).astype(np.float32)
    mesh.calc_loop_triangles()
    loops = column(mesh.loop_triangles, "loops", np.int32, 3)
    owners = column(mesh.loop_triangles, "polygon_index", np.int32).astype(np.int64)
    side = min(max(texture.size) if texture is not None else _FINEST_GRID, _FINEST_GRID)
    groups = sorted(set(numbers[chosen & inside].tolist())) if is_tiled else [0]
    hidden = np.zeros(len(totals), bool)
    shares, covered = [0.0], 0.0
    for group in groups:
        of_group = chosen & inside & (numbers == group) if is_tiled else chosen
        mine = of_group[owners]
        found = overlap(shifted[loops[mine]].astype(np.float64), owners[mine], weight, rank, side)
        hidden |= found.hidden & of_group
        shares.append(found.share)
        covered += found.weighed
    return _Laid(shifted, chosen & inside, hidden, tuple(groups), numbers, max(shares), covered)


def _weights(mesh: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How much of the face each polygon shows, and who is kept of two on one place.

    First the face, of it what lies further ahead. Of two as far ahead, which are mirrored halves, the viewer's left.
    """
    count, attribute = len(mesh.polygons), mesh.attributes.get(FACE)
    if attribute is None:
        return np.zeros(count), np.zeros(count, np.int64)
    x, y, shown = column(attribute.data, "vector", np.float32, 3).T.astype(np.float64)
    # Roughly the oval around the face, in eye distances.
    within = shown * (np.hypot(x / 1.1, (y + 0.5) / 1.7) < 1)
    totals, starts = corners_per_polygon(mesh), column(mesh.polygons, "loop_start", np.int32)
    weight = np.add.reduceat(within, starts) / totals
    left = np.add.reduceat(x, starts) < 0
    ahead = np.add.reduceat(_ahead(mesh), starts) / totals
    steps = np.clip(np.round(ahead / _STEP_AHEAD), -1000, 1000).astype(np.int64) + 1001
    return weight, np.where(weight > 0, 2 * steps + left, 0)


def _ahead(mesh: Any) -> NDArray[np.float64]:
    """How far each corner lies ahead of the eyes, in eye distances."""
    stored = landmarks_points(mesh)
    corners = corner_vertices(mesh)
    if stored is None:
        return np.zeros(len(corners))
    eyes, apart = (stored[0] + stored[1]) / 2, max(float(np.linalg.norm(stored[1] - stored[0])), 1e-12)
    front = stored[4] - eyes
    ahead: NDArray[np.float64] = (positions(mesh) - eyes) @ (front / max(float(np.linalg.norm(front)), 1e-12))
    return ahead[corners] / apart


def _size(
    texture: BaseTexture | None, laid: _Laid, head: bpy.types.Object, smallest: int, has_face: bool
) -> tuple[int, int]:
    if texture is not None:
        width, height = texture.size
        while max(width, height) < smallest:
            width, height = width * 2, height * 2
        return width, height
    shown = character(head).page
    wanted = _WITHOUT_FACE
    if has_face and shown is not None and laid.covered > 0:
        wanted = int(_TWICE * page(shown).tile / np.sqrt(laid.covered))
    elif has_face and shown is not None:
        wanted = 2 * page(shown).tile
    side = min(max(1 << (wanted - 1).bit_length(), _SIZES[0], smallest), max(_SIZES[1], smallest))
    return side, side


def _polygons_of(mesh: Any, slot: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.minimum(material_indices(mesh), max(len(mesh.materials) - 1, 0)) == slot
    return found


def described(notes: Sequence[Note]) -> str:
    """One line that tells the notes, those of the same words together."""
    named: dict[str, list[str]] = {}
    for note in notes:
        if note.name not in named.setdefault(note.what, []):
            named[note.what].append(note.name)
    return "; ".join(f"{first_names(names)}: {what}" for what, names in named.items())
