"""The materials that a character shows its face with, in all slots that the face lies on, and its body's skin."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import bpy

from ..head.coordinates import read_coordinates
from ..head.finder import Carrier, write_picture_skin
from ..materials.materials import FaceMaterials, SkinColor
from ..materials.skin_color import skin_color
from ..materials.slots import also_hand_over, give_live_back, hand_over, own_material
from ..people.characters import Kind
from ..records import ASPECT, SKIN, write_property

_SIDES = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
"""Across and up of a plane whose thinnest side is the first, second or third: as its material lays a face on it."""


def dress(
    materials: FaceMaterials,
    obj: bpy.types.Object,
    kind: Kind,
    slot: int,
    carrier: Carrier | None,
    page: bpy.types.Image,
    as_before: bool = False,
) -> None:
    """Hands the slot over to the face, and those that the face spans with it.

    carrier: what the object's mesh carries or is to carry, None for a billboard. as_before: see
    `materials.FaceMaterials.material`.
    """
    own = own_material(obj, slot)
    painted = partial(_painted, obj, slot, own, carrier)
    background = carrier.background if carrier is not None else None
    hand_over(obj, slot, materials.material(kind, own, page, painted, as_before, background))
    if kind == "BILLBOARD":
        write_property(obj, ASPECT, proportion(obj))
    if carrier is not None:
        write_picture_skin(carrier, obj)
    spanned = carrier.slots if carrier is not None else ()
    for index in spanned if slot in spanned else ():
        further = own_material(obj, index)
        if index != slot and further is not None and materials.can_show("HEAD", further):
            painted = partial(_painted, obj, index, further, carrier)
            also_hand_over(obj, index, materials.material("HEAD", further, page, painted))


def _painted(
    obj: bpy.types.Object, slot: int, material: bpy.types.Material | None, carrier: Carrier | None
) -> SkinColor:
    """What of a material's texture is skin. Asked for once for each material: what the mesh carries is read then."""
    values = carrier.values if carrier is not None else None
    if values is None and carrier is not None:
        values = read_coordinates(obj.data)
    return skin_color(obj, slot, material, values)


def match_skin_of(head: bpy.types.Object, bodies: Iterable[bpy.types.Object], anew: bool) -> None:
    """Tells the rest of a person the skin of its face. anew: also those who have been told of another."""
    skin = head.get(SKIN)
    for body in bodies:
        if not body.is_editable:
            continue
        give_live_back(body)
        if skin is not None and (anew or body.get(SKIN) is None):
            write_property(body, SKIN, skin)
            body.update_tag()


def leave_skin(bodies: Iterable[bpy.types.Object]) -> None:
    """Leaves the rest of a person its own skin."""
    for body in bodies:
        if not body.is_editable:
            continue
        give_live_back(body)
        if body.get(SKIN) is not None:
            del body[SKIN]
            body.update_tag()


def proportion(obj: bpy.types.Object) -> float:
    """Width over height of a flat mesh: the sides of its bounding box, as its object scales them; 1 without an area."""
    # Of the eight corners the first is the least and the seventh the most along every axis.
    corners: Any = obj.bound_box
    sizes = [most - least for least, most in zip(corners[0], corners[6], strict=True)]
    matrix: Any = obj.matrix_world
    scales = [column.length for column in matrix.to_3x3().col]
    across, up = _SIDES[sizes.index(min(sizes))]
    width, height = (sizes[side] * scales[side] for side in (across, up))
    return width / height if width > 0 and height > 0 else 1.0
