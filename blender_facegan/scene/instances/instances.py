"""Populate without objects: the faces of instances, told by attributes of points or by one instance's properties."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.request import Existing, Faces, Order, Wanted
from ...core.atlas.staging import Staging
from ...core.atlas.worker import fingerprint
from ...core.head.fit import head_fit
from ...core.likeness.separation import Likeness
from ..materials.materials import FaceMaterials
from ..materials.slots import drop_added_slots, give_back, hand_over, own_material
from ..pages.images import drop_unused
from ..pages.page_set import existing_pages, is_page_set, tiles_of, write_page_set
from ..pages.storage import pages_folder
from ..people.agents import Skipped, stable_keys, write_property
from ..populate.populate import NothingToPopulateError, Settings
from ..records import FIT, SKIN, TILE, character
from .casting import Crowd, cast_crowd, check_names
from .face_id import tables_of
from .faces import MADE_WITH, PAGES, bystanders, faces_of, move
from .point_data import OWN_ID, SETTLED_FOR, SETTLED_SEED, Carrier, carrier, own_columns
from .prototypes import choose_prototypes, instanced_by, shows_page_set


@dataclass(frozen=True)
class InstanceSurvey:
    """What was found. prototypes: the objects that show the faces, by `session_uid`.

    replaced: characters who have a face and are to get another. beside: the folder in which the pages are kept; None
    where they are packed.
    """

    settings: Settings
    crowds: Sequence[Crowd]
    prototypes: Sequence[int]
    pages: int | None
    order: Order
    skipped: Sequence[Skipped]
    replaced: int
    beside: Path | None


@dataclass(frozen=True)
class InstanceReport:
    """What was done. shared: characters whose identity another has too, so that they have one face.

    rerolled, alike, closest: as in `populate.Report`; a point is called by its object and its index.
    """

    characters: int
    fresh: int
    women: int
    pages: int
    prototypes: Sequence[str]
    shared: int
    skipped: Sequence[Skipped]
    gone: Sequence[str]
    rerolled: int
    alike: int
    closest: tuple[str, str, float] | None


def survey_instances(
    objects: Sequence[bpy.types.Object], settings: Settings, instanced: Iterable[bpy.types.Object] | None = None
) -> InstanceSurvey:
    """Looks at the carriers among the objects and changes nothing.

    instanced: the objects that are shown, found by themselves when None. Raises NothingToPopulateError, SourceError,
    LabelError, PageSetError and PageFileError.
    """
    owners, targets = _with_tables(objects)
    found, skipped = _carriers(targets)
    shown = list(instanced) if instanced is not None else instanced_by(owners)
    prototypes, _, why = choose_prototypes(shown, settings.skin_material)
    if not found:
        raise NothingToPopulateError(_nothing(skipped))
    check_names(found, settings)
    keys = stable_keys([one.obj for one in found])
    crowds: list[Crowd] = []
    for one in found:
        first = crowds[-1].first + len(crowds[-1].recipes) if crowds else 0
        crowds.append(cast_crowd(one, keys[one.obj.name], first, settings))
    image = _page_set(found)
    pages = existing_pages(image) if image is not None else []
    beside = pages_folder()
    wanted = [item for one, crowd in zip(found, crowds, strict=True) for item in _wanted(one, crowd, image, pages)]
    # By key, so that who makes way for whom does not hang on the order of the points.
    wanted.sort(key=lambda item: item.key)
    others = bystanders(image, pages, {one.obj.session_uid for one in found}, -1)
    order = Order(
        settings.model,
        wanted,
        pages,
        others,
        settings.gutter,
        settings.page_size,
        settings.threads,
        settings.alike,
        Staging(beside or Path(bpy.app.tempdir), whole=True),
        settings.face_size,
    )
    return InstanceSurvey(
        settings,
        crowds,
        [obj.session_uid for obj, _, _ in prototypes],
        image.session_uid if image is not None else None,
        order,
        [*skipped, *why],
        sum(_changes(item) for item in wanted),
        beside,
    )


def commit_instances(survey: InstanceSurvey, faces: Faces) -> InstanceReport:
    """Writes the page set, the columns of every carrier, and the prototypes' materials."""
    objects = {obj.session_uid: obj for obj in bpy.data.objects}
    old = next((image for image in bpy.data.images if image.session_uid == survey.pages), None)
    if survey.pages is not None and old is None:
        raise NothingToPopulateError(rpt_("The page set was removed while faces were made: populate again"))
    present, gone = _still_there(survey, objects)
    strangers = [obj for obj in objects.values() if obj.get(PAGES) == old and old is not None]
    image = write_page_set(faces, old, survey.beside)
    crowds = {crowd.uid for crowd, _ in present}
    for obj in strangers:
        if obj.session_uid not in crowds:
            move(obj, faces, survey.order.pages)
    for crowd, one in present:
        _write(crowd, one, faces, image)
    shown = _dress(survey, faces, image, objects)
    drop_unused()
    recipes = [recipe for crowd, _ in present for recipe in crowd.recipes]
    return InstanceReport(
        characters=len(recipes),
        fresh=sum(faces.places[crowd.first + i].fresh for crowd, _ in present for i in range(len(crowd.recipes))),
        women=sum(recipe.sex < 0 for recipe in recipes),
        pages=len(faces.pages),
        prototypes=shown,
        shared=sum(len(crowd.identities) - len(set(crowd.identities)) for crowd, _ in present),
        skipped=survey.skipped,
        gone=gone,
        rerolled=len(faces.rerolled),
        alike=faces.alike,
        closest=_named(faces.closest, survey.crowds),
    )


def populated_instances(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The objects of the scene whose instances have faces."""
    return [obj for obj in scene.objects if obj.get(PAGES) is not None]


def remove_instances(objects: Iterable[bpy.types.Object]) -> int:
    """Takes the faces of the carriers among the objects away and returns of how many characters.

    The objects that they instance get their own materials back, unless others still show faces of the same pages.
    """
    _, targets = _with_tables(list(objects))
    removed = [one for obj in targets if obj.get(PAGES) is not None and isinstance(one := carrier(obj), Carrier)]
    owners, _ = _with_tables([one.obj for one in removed])
    prototypes = [obj for obj in instanced_by(owners) if shows_page_set(obj) and obj.is_editable]
    for one in removed:
        for name in (TILE, SKIN, *own_columns()):
            one.remove(name)
        for name in (PAGES, MADE_WITH):
            if one.obj.get(name) is not None:
                del one.obj[name]
        one.tag()
    in_use = {obj[PAGES] for obj in bpy.data.objects if obj.get(PAGES) is not None}
    freed = [obj for obj in prototypes if character(obj).page not in in_use]
    for obj in freed:
        give_back(obj)
        character(obj).page = None
        for name in (TILE, SKIN, FIT):
            if obj.get(name) is not None:
                del obj[name]
    drop_added_slots(freed)
    drop_unused()
    return sum(one.count for one in removed)


def _with_tables(objects: Sequence[bpy.types.Object]) -> tuple[list[bpy.types.Object], list[bpy.types.Object]]:
    """The objects that make instances, and those that hold their faces: themselves, or tables."""
    owners, targets = list(objects), []
    for obj in objects:
        targets += tables_of(obj) or [obj]
    chosen = set(targets)
    owners += [obj for obj in bpy.data.objects if obj not in owners and chosen.intersection(tables_of(obj))]
    return owners, list(dict.fromkeys(targets))


def _carriers(objects: Sequence[bpy.types.Object]) -> tuple[list[Carrier], list[Skipped]]:
    """The carriers, those that share their points once; a mesh with polygons must instance something."""
    found: list[Carrier] = []
    skipped: list[Skipped] = []
    seen: set[int] = set()
    owners: set[int] | None = None
    for obj in objects:
        one = carrier(obj)
        if isinstance(one, Skipped):
            skipped.append(one)
            continue
        if isinstance(obj.data, bpy.types.Mesh) and len(obj.data.polygons):
            owners = _owners_of_instances() if owners is None else owners
            if obj.session_uid not in owners:
                skipped.append(
                    Skipped(obj.name, rpt_("a surface without instances"), rpt_("choose the object with the points"))
                )
                continue
        shared = obj.data.session_uid if obj.data is not None else obj.session_uid
        if shared not in seen:
            seen.add(shared)
            found.append(one)
    return found, skipped


def _owners_of_instances() -> set[int]:
    graph: Any = bpy.context.evaluated_depsgraph_get()
    return {one.parent.original.session_uid for one in graph.object_instances if one.is_instance}


def _nothing(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return "No points: select the object whose points are instanced, or an Empty that instances a collection"
    first = skipped[0]
    return rpt_("No points: {} is {}: {}").format(first.name, first.reason, first.remedy).replace(" is no ", " has no ")


def _page_set(found: Sequence[Carrier]) -> bpy.types.Image | None:
    """The image that holds the carriers' faces so far, else the one of other instances in the file."""
    used = (one.obj.get(PAGES) for one in found)
    images = [image for image in (*used, *bpy.data.images) if isinstance(image, bpy.types.Image)]
    return next((image for image in images if is_page_set(image) and image.library is None), None)


def _wanted(one: Carrier, crowd: Crowd, image: bpy.types.Image | None, pages: Sequence[Existing]) -> Iterable[Wanted]:
    shown = faces_of(one, pages) if image is not None and one.obj.get(PAGES) == image else None
    for i, (recipe, may_change) in enumerate(zip(crowd.recipes, crowd.may_change, strict=True)):
        tile, made_with = shown[i] if shown is not None else (None, "")
        yield Wanted(crowd.first + i, recipe, tile, made_with, key=crowd.key_of(i), may_change=may_change)


def _named(pair: Likeness | None, crowds: Sequence[Crowd]) -> tuple[str, str, float] | None:
    if pair is None:
        return None
    starts = [crowd.first for crowd in crowds]
    first, second = (
        crowds[bisect_right(starts, uid) - 1].called(uid) if uid >= 0 else rpt_("an instance out of scope")
        for uid in (pair.first, pair.second)
    )
    return first, second, pair.distance


def _changes(wanted: Wanted) -> bool:
    """Whether the character has a face and is to get another, as far as its recipe tells."""
    digest = wanted.made_with.partition(":")[0]
    return wanted.tile is not None and wanted.made_with != fingerprint(digest, wanted.recipe)


def _still_there(
    survey: InstanceSurvey, objects: Mapping[int, bpy.types.Object]
) -> tuple[list[tuple[Crowd, Carrier]], list[str]]:
    """The crowds whose points are as they were, and the names of the others."""
    present, gone = [], []
    for crowd in survey.crowds:
        obj = objects.get(crowd.uid)
        one = carrier(obj) if obj is not None else None
        if isinstance(one, Carrier) and one.count == len(crowd.recipes):
            present.append((crowd, one))
        else:
            gone.append(crowd.name)
    return present, gone


def _write(crowd: Crowd, one: Carrier, faces: Faces, image: bpy.types.Image) -> None:
    places = [faces.places[crowd.first + i] for i in range(len(crowd.recipes))]
    slots = np.array([place.slot for place in places], np.int64)
    skins = one.read_colors(SKIN)
    for i, place in enumerate(places):
        if place.fresh and place.slot is not None:
            skins[i] = (*faces.skins[place.slot], 1.0)
    recipes = crowd.cast(faces)
    one.write(TILE, "FLOAT_COLOR", tiles_of(faces.atlas, slots))
    one.write(SKIN, "FLOAT_COLOR", skins)
    one.write("facegan_slot", "INT", slots)
    one.write("facegan_seed", "INT", np.array([recipe.seed for recipe in recipes], np.int64))
    one.write("facegan_sex", "FLOAT", np.array([recipe.sex for recipe in recipes]))
    one.write("facegan_age", "FLOAT", np.array([recipe.age for recipe in recipes]))
    if crowd.keeps_identities and not one.is_single:
        one.write(OWN_ID, "INT", np.array(crowd.identities, np.int64))
    settled = np.array(crowd.settle(faces, recipes), np.int64)
    if settled.any():
        one.write(SETTLED_FOR, "INT", settled[:, 0])
        one.write(SETTLED_SEED, "INT", settled[:, 1])
    labels = "".join(f":{name}={value}" for name, value in recipes[0].labels)
    one.obj[PAGES], one.obj[MADE_WITH] = image, places[0].made_with.partition(":")[0] + labels
    character(one.obj).key = crowd.key
    one.tag()


def _dress(
    survey: InstanceSurvey, faces: Faces, image: bpy.types.Image, objects: Mapping[int, bpy.types.Object]
) -> list[str]:
    """Gives the prototypes the material that shows their instances' faces; alone, they show the first one's."""
    materials = FaceMaterials(survey.settings.look)
    there = [objects[uid] for uid in survey.prototypes if uid in objects]
    # Looked at again: a slot or the mesh may have changed while faces were made.
    chosen, surveyor, _ = choose_prototypes(there, survey.settings.skin_material)
    tile = [float(value) for value in tiles_of(faces.atlas, [0])[0]]
    for obj, kind, slot in chosen:
        hand_over(obj, slot, materials.material(kind, own_material(obj, slot), image))
        record = character(obj)
        record.page, record.cell, record.made_with = image, 0, ""
        write_property(obj, TILE, tile)
        if faces.skins:
            write_property(obj, SKIN, faces.skins.get(0, next(iter(faces.skins.values()))))
        if kind == "HEAD":
            size = surveyor.shape(obj).size
            write_property(obj, FIT, head_fit(size, survey.settings.look.facing, faces.card))
        obj.update_tag()
    if faces.skins:
        red, green, blue = (float(value) for value in np.mean(list(faces.skins.values()), axis=0))
        materials.tint(image, (red, green, blue))
    return [obj.name for obj, _, _ in chosen]
