"""Which objects are characters, what each of them is, and why an object cannot get a face."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, cast

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ..records import FIT, SKIN, TILE, character, selected

Kind = Literal["BILLBOARD", "HEAD"]
Scope = Literal["SELECTED", "COLLECTION", "MARKED", "FACELESS"]
_FLAT = 0.01
"""A mesh whose thinnest side is less than this share of its widest is a billboard."""
_NAMED = 4
"""Names listed for each reason before the rest is only counted."""


class Skipped(NamedTuple):
    """An object that cannot get a face: its name, the reason, and what to do about it."""

    name: str
    reason: str
    remedy: str


class Shape(NamedTuple):
    """What the add-on needs to know of a mesh: the sides of its bounding box in local units, and its faces."""

    size: tuple[float, float, float]
    polygons: int


def has_face(obj: bpy.types.Object) -> bool:
    """Whether Populate has given the object a face that still stands on a page."""
    return character(obj).page is not None


def in_scope(
    scope: Scope, context: bpy.types.Context, collection: bpy.types.Collection | None
) -> list[bpy.types.Object]:
    """The objects to act on, by name. FACELESS takes in the duplicates, who show another's face.

    The collection counts only for the scope COLLECTION, with all the collections in it.
    """
    objects: Iterable[bpy.types.Object]
    if scope == "SELECTED":
        objects = selected(context)
    elif scope == "COLLECTION":
        objects = collection.all_objects if collection is not None else ()
    else:
        objects = scene_characters(context.scene, scope == "FACELESS") if context.scene is not None else ()
    return sorted(objects, key=lambda obj: obj.name)


def scene_characters(scene: bpy.types.Scene, faceless: bool) -> list[bpy.types.Object]:
    """The characters of the scene; faceless: only those who are without a face, or show another's."""
    marked = [obj for obj in scene.objects if character(obj).is_character]
    if not faceless:
        return marked
    owners = _owners(bpy.data.objects)
    return [obj for obj in marked if not has_face(obj) or owners.get(character(obj).key) != obj]


def stable_keys(objects: Sequence[bpy.types.Object]) -> dict[str, str]:
    """The key of each object by its name: what its seed derives from, for good, whatever it is called later.

    An object's first key is its name. A duplicate, which carries its original's key, gets one of its own.
    """
    owners = _owners(bpy.data.objects)
    keys: dict[str, str] = {}
    taken = set(owners)
    for obj in objects:
        key = character(obj).key
        if not key or owners[key] != obj:
            key = _free_key(obj.name, taken)
        taken.add(key)
        keys[obj.name] = key
    return keys


def _owners(objects: Iterable[bpy.types.Object]) -> dict[str, bpy.types.Object]:
    """Whose key it is: the object of that name, else the oldest of those that carry it: duplicates are younger."""
    owners: dict[str, bpy.types.Object] = {}
    for obj in sorted(objects, key=lambda obj: obj.session_uid):
        key = character(obj).key
        if key and (key not in owners or obj.name == key):
            owners[key] = obj
    return owners


def _free_key(name: str, taken: set[str]) -> str:
    key, number = name, 1
    while key in taken:
        number += 1
        key = f"{name}/{number}"
    return key


class Surveyor:
    """Tells objects that can get a face from those that cannot. It looks at each mesh once."""

    def __init__(self) -> None:
        self._shapes: dict[int, Shape] = {}

    def shape(self, obj: bpy.types.Object) -> Shape:
        """The shape of the object's mesh, without its modifiers."""
        mesh = _mesh(obj)
        if mesh.session_uid not in self._shapes:
            self._shapes[mesh.session_uid] = _measure(mesh)
        return self._shapes[mesh.session_uid]

    def kind(self, obj: bpy.types.Object) -> Kind:
        """BILLBOARD for a flat mesh and HEAD for any other, unless the artist has said which."""
        chosen = character(obj).kind
        if chosen != "AUTO":
            return cast(Kind, chosen)
        size = sorted(self.shape(obj).size)
        return "BILLBOARD" if size[0] <= _FLAT * size[2] else "HEAD"

    def problem(self, obj: bpy.types.Object) -> Skipped | None:
        """Why the object cannot get a face, or None when it can."""
        if obj.type != "MESH":
            return Skipped(obj.name, rpt_("no mesh"), rpt_("choose mesh objects"))
        if not obj.is_editable:
            remedy = rpt_("make a library override of it (Object > Relations > Make Library Override)")
            return Skipped(obj.name, rpt_("linked and read-only"), remedy)
        if obj.override_library is not None and not _is_marked(obj.override_library.reference):
            remedy = rpt_("open its library, mark it as a character there, and save")
            return Skipped(obj.name, rpt_("an override whose library object is not marked"), remedy)
        if self.shape(obj).polygons == 0:
            return Skipped(obj.name, rpt_("a mesh without faces"), rpt_("choose meshes with polygons"))
        if not obj.material_slots and not _mesh(obj).is_editable:
            return Skipped(
                obj.name, rpt_("a linked mesh without a material slot"), rpt_("give the mesh a material in its library")
            )
        return None


class Bodies:
    """Which objects are the rest of a character.

    Its children, and, when it is the only character on its parent, the parent and the parent's other children.
    Blender knows an object's parent, not its children: all objects are asked once.
    """

    def __init__(self) -> None:
        self._children: dict[int, list[bpy.types.Object]] = {}
        for obj in bpy.data.objects:
            if obj.parent is not None:
                self._children.setdefault(obj.parent.session_uid, []).append(obj)

    def of(self, obj: bpy.types.Object) -> list[bpy.types.Object]:
        """The mesh objects that belong to the character and are none themselves."""
        family = list(self._children.get(obj.session_uid, ()))
        if obj.parent is not None:
            siblings = self._children[obj.parent.session_uid]
            if sum(character(sibling).is_character for sibling in siblings) == 1:
                family += [obj.parent, *siblings]
        return [one for one in family if one.type == "MESH" and one.is_editable and not character(one).is_character]


def describe_skipped(skipped: Sequence[Skipped]) -> str:
    """One line that names the objects, by reason, and the remedy; empty when none was skipped."""
    reasons = Counter((item.reason, item.remedy) for item in skipped)
    parts = []
    for (reason, remedy), count in reasons.items():
        names = [item.name for item in skipped if item.reason == reason and item.remedy == remedy]
        more = rpt_(" and {} more").format(count - _NAMED) if count > _NAMED else ""
        parts.append(f"{', '.join(names[:_NAMED])}{more} ({reason}: {remedy})")
    return rpt_("Skipped {}: {}").format(len(skipped), "; ".join(parts)) if parts else ""


def mark(objects: Iterable[bpy.types.Object]) -> int:
    """Marks mesh objects as characters and returns how many.

    Their properties are made, blank, and open to library overrides: an override can only keep a value of a property
    that the library's object has.
    """
    count = 0
    for obj in objects:
        if obj.type == "MESH" and obj.is_editable:
            character(obj).is_character = True
            for name, blank in ((TILE, (0.0,) * 4), (SKIN, (0.0,) * 3), (FIT, (0.0,) * 4)):
                write_property(obj, name, obj.get(name, blank))
            count += 1
    return count


def write_property(obj: bpy.types.Object, name: str, value: Any) -> None:
    """Sets a plain custom property that library overrides may change."""
    obj[name] = value
    if obj.override_library is None:
        obj.property_overridable_library_set(f'["{name}"]', True)


def keep_by_hand(name: str) -> Any:
    """An update function for the property `name` of a character: what the artist types is kept from then on."""

    def update(self: Any, _context: bpy.types.Context) -> None:
        setattr(self, f"{name}_by_hand", True)

    return update


def _is_marked(obj: bpy.types.ID | None) -> bool:
    return isinstance(obj, bpy.types.Object) and obj.get(TILE) is not None


def _mesh(obj: bpy.types.Object) -> bpy.types.Mesh:
    if not isinstance(obj.data, bpy.types.Mesh):
        raise TypeError(f"{obj.name} has no mesh")
    return obj.data


def _measure(mesh: bpy.types.Mesh) -> Shape:
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    if not points.size:
        return Shape((0.0, 0.0, 0.0), 0)
    corners = points.reshape(-1, 3)
    width, depth, height = (float(side) for side in corners.max(axis=0) - corners.min(axis=0))
    return Shape((width, depth, height), len(mesh.polygons))
