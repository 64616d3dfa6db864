"""The objects that are instanced: they carry the material, and each instance its own face."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..head.finder import Carrier, FaceFinder
from ..head.search import FaceSearch
from ..materials.materials import FaceMaterials
from ..pages.page_set import is_page_set
from ..people.characters import Kind, Skipped, Surveyor, has_face
from ..populate.fitting import fitting
from ..populate.settings import Settings
from ..records import character

_COPYING = {"GeometryNodeObjectInfo": "As Instance"}
"""Nodes that copy the geometry that they show unless this input is on."""


class Prototype(NamedTuple):
    """An instanced object that shows the face, what it is, the material slot for it, and what its mesh carries."""

    obj: bpy.types.Object
    kind: Kind
    slot: int
    carrier: Carrier | None


def instances_of(owners: Iterable[bpy.types.Object]) -> dict[int, list[bpy.types.Object]]:
    """The mesh objects that each owner instances, by name, through geometry nodes or as a collection.

    By the owner's `session_uid`. Members of a collection that are hidden in the viewport are told too: they may render.
    """
    found: dict[int, dict[int, bpy.types.Object]] = {}
    for owner in owners:
        mine = found.setdefault(owner.session_uid, {})
        if owner.instance_type == "COLLECTION" and owner.instance_collection is not None:
            mine.update((obj.session_uid, obj) for obj in owner.instance_collection.all_objects if obj.type == "MESH")
    graph: Any = bpy.context.evaluated_depsgraph_get()
    for instance in graph.object_instances:
        if not instance.is_instance or instance.parent.original.session_uid not in found:
            continue
        original = instance.object.original
        # Geometry that has no object of its own goes by the name of its owner.
        if isinstance(original, bpy.types.Object) and original.type == "MESH" and original.session_uid not in found:
            found[instance.parent.original.session_uid][original.session_uid] = original
    return {uid: sorted(mine.values(), key=lambda obj: obj.name) for uid, mine in found.items()}


def instanced_by(owners: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """The mesh objects that any of the owners instances, by name."""
    found = {obj.session_uid: obj for shown in instances_of(owners).values() for obj in shown}
    return sorted(found.values(), key=lambda obj: obj.name)


def has_own_face(obj: bpy.types.Object) -> bool:
    """Whether the object shows a face of its own, which a tile of its instancer would put out of sight."""
    return has_face(obj) and not shows_page_set(obj)


def choose_prototypes(
    objects: Sequence[bpy.types.Object],
    settings: Settings,
    search: FaceSearch | None = None,
    on_the_spot: bool = False,
) -> tuple[list[Prototype], list[Skipped]]:
    """Which of the instanced objects show the face: the heads of the persons that are marked, else of all.

    With a skin material, only those that have it; why the rest cannot is told only where none can. search,
    on_the_spot: as in `FaceFinder`.
    """
    marked = [obj for obj in objects if character(obj).is_character]
    surveyor, materials = Surveyor(), FaceMaterials(settings.look)
    finder = FaceFinder(settings.look.projection == "FACE", search, on_the_spot)
    found, skipped = fitting(marked or objects, surveyor.problem, finder, surveyor, materials, settings.skin_material)
    chosen = [Prototype(one.person.head, one.kind, one.slot, next(iter(one.person.carriers), None)) for one in found]
    return chosen, [] if chosen else skipped


def shows_page_set(obj: bpy.types.Object) -> bool:
    """Whether the object is a prototype that shows its instances' faces."""
    return is_page_set(character(obj).page)


def copies(owner: bpy.types.Object, makes_instances: bool) -> Skipped | None:
    """Why what the owner multiplies are copies, which cannot tell their faces apart; None where they may.

    Particles have no points to keep faces on. Geometry that Object Info copies has no instancer.
    """
    remedy = rpt_("instance on points with geometry nodes instead")
    for system in getattr(owner, "particle_systems", ()):
        if system.settings.render_type in ("OBJECT", "COLLECTION") and not _trees(owner):
            return Skipped(owner.name, rpt_("instanced by the particle system {}").format(system.name), remedy)
    for tree in () if makes_instances else _trees(owner):
        for node in tree.nodes:
            kind = _COPYING.get(node.bl_idname)
            if kind is not None and not node.inputs[kind].is_linked and not node.inputs[kind].default_value:
                reason = rpt_("{} copies geometry and makes no instances").format(node.label or node.name)
                return Skipped(owner.name, reason, rpt_("switch on {} there").format(kind))
    return None


def _trees(owner: bpy.types.Object) -> list[Any]:
    """The node groups of the owner's geometry nodes, those inside them too."""
    modifiers: Any = owner.modifiers
    waiting = [one.node_group for one in modifiers if one.type == "NODES" and one.node_group is not None]
    found: list[Any] = []
    while waiting:
        tree = waiting.pop()
        if tree not in found:
            found.append(tree)
            waiting += [node.node_tree for node in tree.nodes if getattr(node, "node_tree", None) is not None]
    return found
