"""Which objects Populate acts on, and the key by which each is told from all others for good."""

from collections.abc import Iterable, Sequence
from typing import Literal

import bpy

from ..records import character, selected
from .characters import has_face

Scope = Literal["SELECTED", "COLLECTION", "MARKED", "FACELESS"]


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
