"""Which objects Populate acts on, and the key by which each is told from all others for good."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import bpy

from ...core.people.population import character_seed
from ..records import character, crowd_of, redraw, run, selected
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


def remembered(objects: Iterable[bpy.types.Object]) -> Callable[[], list[bpy.types.Object]]:
    """Tells later which of these objects are still there, in their order: a pointer does not survive an undo."""
    uids = [obj.session_uid for obj in objects]

    def still_there() -> list[bpy.types.Object]:
        there = {obj.session_uid: obj for obj in bpy.data.objects}
        return [there[uid] for uid in uids if uid in there]

    return still_there


def scene_characters(scene: bpy.types.Scene, faceless: bool) -> list[bpy.types.Object]:
    """The characters of the scene; faceless: only those who are without a face, or show another's."""
    marked = [obj for obj in scene.objects if character(obj).is_character]
    if not faceless:
        return marked
    owners = _owners(bpy.data.objects)
    return [obj for obj in marked if not has_face(obj) or not _owns_key(obj, owners)]


def stable_keys(objects: Sequence[bpy.types.Object], crowd_seed: int | None = None) -> dict[str, str]:
    """The key of each object by its name: what its seed derives from, for good, whatever it is called later.

    An object's first key is its name. A duplicate, which carries its original's key and shows its original's face, gets
    one of its own. Who carries the key of another and has a face of its own was appended from a file with the same
    names, and keeps its key: what was drawn for it is drawn again. With a crowd seed that it was not drawn with, it
    gets one of its own as well: two of one key would be drawn the same person.
    """
    owners = _owners(bpy.data.objects)
    keys: dict[str, str] = {}
    taken = {key for key, _ in owners}
    for obj in objects:
        key = character(obj).key
        if not key or not _owns_key(obj, owners) or _is_drawn_twice(obj, owners, crowd_seed):
            key = _free_key(obj.name, taken)
        taken.add(key)
        keys[obj.name] = key
    return keys


_Shown = tuple[int, int] | None
"""The page, by `session_uid`, and the cell of the face that an object shows; None without one."""


def _owners(objects: Iterable[bpy.types.Object]) -> dict[tuple[str, _Shown], bpy.types.Object]:
    """Whose key and face it is: the object of that name, else the oldest of those that carry both.

    Duplicates are younger. Without regard to faces, by None: the same of all that carry the key.
    """
    owners: dict[tuple[str, _Shown], bpy.types.Object] = {}
    for obj in sorted(objects, key=lambda obj: obj.session_uid):
        key = character(obj).key
        if key:
            for shown in {_shown(obj), None}:
                if (key, shown) not in owners or obj.name == key:
                    owners[key, shown] = obj
    return owners


def _owns_key(obj: bpy.types.Object, owners: Mapping[tuple[str, _Shown], bpy.types.Object]) -> bool:
    return owners.get((character(obj).key, _shown(obj))) == obj


def _is_drawn_twice(
    obj: bpy.types.Object, owners: Mapping[tuple[str, _Shown], bpy.types.Object], crowd_seed: int | None
) -> bool:
    """Whether the crowd seed would now draw the object the person that it draws another of the same key."""
    record = character(obj)
    if crowd_seed is None or owners.get((record.key, None)) == obj:
        return False
    seed = character_seed(crowd_seed, record.key)
    return record.seed != seed and not record.settled_for.startswith(f"{seed}:")


def _shown(obj: bpy.types.Object) -> _Shown:
    record = character(obj)
    return (record.page.session_uid, record.cell) if record.page is not None else None


def _free_key(name: str, taken: set[str]) -> str:
    key, number = name, 1
    while key in taken:
        number += 1
        key = f"{name}/{number}"
    return key


_PAUSE = 0.5
"""Seconds between two counts at the least."""
_SHARE = 0.05
"""Share of the time that counting may take, however large the scene."""


def characters_in_scope(context: bpy.types.Context) -> int | None:
    """The number that was counted last; None where it was not for this scene and scope, or nothing was counted yet."""
    scene = context.scene
    return run(context).counted if scene is not None and run(context).counted_for == _key(scene) else None


def ask_for_count() -> None:
    """Has the characters counted soon. For `draw`."""
    if not bpy.app.background and not bpy.app.timers.is_registered(count):
        bpy.app.timers.register(count, first_interval=max(_PAUSE, run(bpy.context).counting / _SHARE))


def count() -> None:
    """Counts the characters of the scene in the first window; a timer."""
    manager = bpy.context.window_manager
    scene = manager.windows[0].scene if manager is not None and len(manager.windows) else bpy.context.scene
    if scene is None:
        return
    state, began = run(bpy.context), time.perf_counter()
    before = state.counted_for, state.counted
    state.counted = len(scene_characters(scene, crowd_of(scene).scope == "FACELESS"))
    state.counted_for, state.counting = _key(scene), time.perf_counter() - began
    if (state.counted_for, state.counted) != before:
        redraw()


def stop_counting() -> None:
    """Forgets what was asked for."""
    if bpy.app.timers.is_registered(count):
        bpy.app.timers.unregister(count)


def _key(scene: bpy.types.Scene) -> str:
    return f"{scene.session_uid}:{crowd_of(scene).scope}"
