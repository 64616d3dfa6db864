"""Characters without objects: points that are instanced on, and objects that instance a collection."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.drawing import is_made_in
from ...core.atlas.request import Existing, Faces, Wanted
from ...core.atlas.worker import fingerprint
from ...core.errors import CrowdError
from ...core.head.placement import picture_fit
from ...core.likeness.tone import tone_of
from ...core.people.skin_tones import LIGHTEST_TONE
from ..head.finder import write_face
from ..head.persons import called
from ..head.search import FaceSearch
from ..materials.materials import FaceMaterials
from ..pages.page_set import check_count, existing_pages, is_page_set, tiles_of, write_page_set
from ..people.characters import Skipped
from ..people.scope import stable_keys
from ..populate.dressing import dress
from ..populate.settings import Settings
from ..populate.store import Carried, NothingToPopulateError, Store
from ..records import FIT, SKIN, TILE, character, write_property
from .drawn import DrawnPoints, check_names, draw_points
from .face_id import tables_of
from .point_data import (
    ASKED,
    KEPT_FOR,
    KEPT_SEED,
    MADE_WITH,
    OWN_ID,
    PAGES,
    SKIN_TONE,
    TILE_INDEX,
    Carrier,
    bystanders,
    carrier,
    faces_of,
    move,
)
from .prototypes import Prototype, choose_prototypes, copies, has_own_face, instances_of

_OUT_OF_SCOPE = -1
"""The uid of every instance out of scope."""


@dataclass(frozen=True, kw_only=True)
class PointStore(Store):
    """Carriers as they were looked at. Their characters are numbered one after the other.

    prototypes: the objects that show the faces, by `session_uid`. image: that of the pages, likewise. even_light: how
    far faces are to be evened.
    """

    drawn: Sequence[DrawnPoints]
    prototypes: Sequence[int]
    image: int | None
    even_light: float
    search: FaceSearch | None = None
    one_image: ClassVar[bool] = True

    @classmethod
    def look(
        cls,
        objects: Sequence[bpy.types.Object],
        settings: Settings,
        instanced: Iterable[bpy.types.Object] | None = None,
        search: FaceSearch | None = None,
    ) -> "PointStore":
        """Looks at the carriers among the objects and changes nothing.

        instanced: the objects that are shown, found by themselves when None. search: as in `ObjectStore`. Raises
        NothingToPopulateError, and CrowdError for what carriers say of their characters and cannot be, and for pages
        that cannot be read.
        """
        owners, targets = with_tables(objects)
        made = instances_of(owners)
        owners, targets, faced = _that_can_tell_apart(owners, targets, made)
        found, skipped = _carriers(targets)
        skipped = [*faced, *skipped]
        if not found:
            remedy = rpt_("select the object whose points are instanced, or an Empty that instances a collection")
            raise NothingToPopulateError.of(rpt_("No points"), skipped, remedy)
        by_owners = {obj for owner in owners for obj in made[owner.session_uid]}
        shown = list(instanced) if instanced is not None else sorted(by_owners, key=lambda obj: obj.name)
        prototypes, why = _that_show(shown, settings, search)
        check_names(found, settings)
        keys = stable_keys([one.obj for one in found])
        drawn: list[DrawnPoints] = []
        for one in found:
            first = drawn[-1].first + len(drawn[-1].recipes) if drawn else 0
            drawn.append(draw_points(one, keys[one.obj.name], first, settings))
        image = _page_set(found)
        pages = existing_pages(image) if image is not None else []
        return cls(
            drawn=drawn,
            wanted=[
                item for one, points in zip(found, drawn, strict=True) for item in _wanted(one, points, image, pages)
            ],
            skipped=[*skipped, *why],
            prototypes=[one.obj.session_uid for one in prototypes],
            pages=pages,
            image=image.session_uid if image is not None else None,
            others=bystanders(image, pages, {one.obj.session_uid for one in found}, _OUT_OF_SCOPE),
            even_light=settings.even_light,
            search=search,
        )

    @property
    def replaced(self) -> int:
        """Characters who have a face and are to get another."""
        return sum(_changes(wanted, self.even_light) for wanted in self.wanted)

    def check(self, faces: Faces, settings: Settings, beside: Path | None) -> "_Writing":
        """See `populate.store.Store.check`."""
        check_count(faces)
        objects = {obj.session_uid: obj for obj in bpy.data.objects}
        old = next((image for image in bpy.data.images if image.session_uid == self.image), None)
        if self.image is not None and old is None:
            raise CrowdError(rpt_("The page set was removed while faces were made"), rpt_("populate again"))
        present: list[tuple[DrawnPoints, Carrier]] = []
        gone = []
        for points in self.drawn:
            obj = objects.get(points.uid)
            one = carrier(obj) if obj is not None else None
            if isinstance(one, Carrier) and one.count == len(points.recipes):
                present.append((points, one))
            else:
                gone.append(points.name)
        there = [objects[uid] for uid in self.prototypes if uid in objects]
        faced = next((obj for obj in there if has_own_face(obj)), None)
        if faced is not None:
            raise CrowdError(
                rpt_("{} was given a face of its own while faces were made").format(faced.name), rpt_("populate again")
            )
        # Looked at again: a slot or the mesh may have changed while faces were made.
        shown, _ = choose_prototypes(there, settings, self.search, on_the_spot=True)
        return _Writing(self, faces, settings, beside, old, present, gone, shown)


@dataclass(frozen=True)
class _Writing:
    """The drawn that are still there, with their carriers, and the prototypes; see `populate.store.Writing`."""

    store: PointStore
    faces: Faces
    settings: Settings
    beside: Path | None
    old: bpy.types.Image | None
    drawn: Sequence[tuple[DrawnPoints, Carrier]]
    gone: Sequence[str]
    prototypes: Sequence[Prototype]

    @property
    def present(self) -> Sequence[Wanted]:
        """The characters that are still there."""
        uids = {uid for points, _ in self.drawn for uid in points.uids}
        return [wanted for wanted in self.store.wanted if wanted.uid in uids]

    @property
    def shared(self) -> int:
        """Characters whose identity another has too."""
        return sum(len(points.identities) - len(set(points.identities)) for points, _ in self.drawn)

    def name_of(self, uid: int) -> str | None:
        """The carrier's name and the point's index."""
        if uid == _OUT_OF_SCOPE:
            return rpt_("an instance out of scope")
        starts = [points.first for points in self.store.drawn]
        return self.store.drawn[bisect_right(starts, uid) - 1].called(uid)

    @property
    def carried(self) -> Sequence[Carried]:
        """Of what is instanced, the meshes that carry the faces."""
        return [Carried(called(one.obj), (one.obj.name,)) for one in self.prototypes]

    def write(self) -> Sequence[str]:
        """See `populate.store.Writing.write`."""
        in_scope = {points.uid for points, _ in self.drawn}
        strangers = [
            obj
            for obj in bpy.data.objects
            if self.old is not None and obj.get(PAGES) == self.old and obj.session_uid not in in_scope
        ]
        image = write_page_set(self.faces, self.old, self.beside)
        for obj in strangers:
            move(obj, self.faces, self.store.pages)
        for points, one in self.drawn:
            self._write(points, one, image)
        return self._dress(image)

    def _write(self, points: DrawnPoints, one: Carrier, image: bpy.types.Image) -> None:
        places = [self.faces.places[uid] for uid in points.uids]
        tile_indices = np.array([place.tile_index for place in places], np.int64)
        skins = one.read_colors(SKIN)
        tones = one.read(SKIN_TONE) or [LIGHTEST_TONE] * one.count
        for i, place in enumerate(places):
            if place.fresh and place.tile_index is not None:
                skins[i] = (*self.faces.skins[place.tile_index], 1.0)
                tones[i] = tone_of(self.faces.skins[place.tile_index])
        recipes = points.people(self.faces)
        asked = [recipe.skin for recipe in recipes]
        tones = [tone if skin is None else skin for tone, skin in zip(tones, asked, strict=True)]
        one.write(TILE, "FLOAT_COLOR", tiles_of(self.faces.atlas, tile_indices))
        one.write(SKIN, "FLOAT_COLOR", skins)
        one.write(TILE_INDEX, "INT", tile_indices)
        one.write("facegan_seed", "INT", np.array([recipe.seed for recipe in recipes], np.int64))
        one.write("facegan_sex", "FLOAT", np.array([recipe.sex for recipe in recipes]))
        one.write("facegan_age", "FLOAT", np.array([recipe.age for recipe in recipes]))
        one.write(SKIN_TONE, "FLOAT", np.array(tones))
        if points.keeps_identities and not one.is_single:
            one.write(OWN_ID, "INT", np.array(points.identities, np.int64))
        kept = np.array(points.kept_seeds(self.faces, recipes), np.int64)
        if kept.any():
            one.write(KEPT_FOR, "INT", kept[:, 0])
            one.write(KEPT_SEED, "INT", kept[:, 1])
        made_with = [places[0].made_with.partition(":")[0], *([ASKED] if asked[0] is not None else [])]
        made_with += [f"{name}={value}" for name, value in recipes[0].labels]
        one.obj[PAGES], one.obj[MADE_WITH] = image, ":".join(made_with)
        character(one.obj).key = points.key
        one.tag()

    def _dress(self, image: bpy.types.Image) -> Sequence[str]:
        """Gives the prototypes the material that shows their instances' faces; alone, they show the first one's."""
        faces, look = self.faces, self.settings.look
        materials = FaceMaterials(look)
        tile = [float(value) for value in tiles_of(faces.atlas, [0])[0]]
        for obj, kind, slot, face in self.prototypes:
            dress(materials, obj, kind, slot, face, image)
            record = character(obj)
            record.page, record.cell, record.made_with = image, 0, ""
            write_property(obj, TILE, tile)
            if faces.skins:
                write_property(obj, SKIN, faces.skins.get(0, next(iter(faces.skins.values()))))
            if kind != "BILLBOARD":
                write_property(obj, FIT, picture_fit(faces.card))
            if face is not None:
                write_face(face, obj)
            obj.update_tag()
        if faces.skins:
            red, green, blue = (float(value) for value in np.mean(list(faces.skins.values()), axis=0))
            materials.tint(image, (red, green, blue))
        return [one.obj.name for one in self.prototypes]


def with_tables(objects: Sequence[bpy.types.Object]) -> tuple[list[bpy.types.Object], list[bpy.types.Object]]:
    """The objects that make instances, and those that hold their faces: themselves, or tables."""
    owners, targets = list(objects), []
    for obj in objects:
        targets += tables_of(obj) or [obj]
    chosen = set(targets)
    owners += [obj for obj in bpy.data.objects if obj not in owners and chosen.intersection(tables_of(obj))]
    return owners, list(dict.fromkeys(targets))


def _that_can_tell_apart(
    owners: Sequence[bpy.types.Object],
    targets: Sequence[bpy.types.Object],
    made: Mapping[int, Sequence[bpy.types.Object]],
) -> tuple[list[bpy.types.Object], list[bpy.types.Object], list[Skipped]]:
    """Owners and targets without those whose instances show characters that have faces of their own, or are none.

    A material asks the instancer for the tile first: one that is written there is shown in place of theirs.
    """
    kept: list[bpy.types.Object] = []
    skipped: list[Skipped] = []
    barred: set[bpy.types.Object] = set()
    for owner in owners:
        faced = next((obj for obj in made[owner.session_uid] if has_own_face(obj)), None)
        unseen = copies(owner, bool(made[owner.session_uid])) if faced is None else None
        if faced is None and unseen is None:
            kept.append(owner)
            continue
        barred.update(tables_of(owner) or [owner])
        if faced is None:
            skipped += [unseen] if unseen is not None else []
            continue
        remedy = rpt_("remove its faces in the library") if faced.library is not None else rpt_("remove its face first")
        skipped.append(Skipped(owner.name, rpt_("it shows {}, who has a face").format(faced.name), remedy))
    return kept, [obj for obj in targets if obj not in barred], skipped


def _that_show(
    shown: Sequence[bpy.types.Object], settings: Settings, search: FaceSearch | None
) -> tuple[list[Prototype], list[Skipped]]:
    """The prototypes among the objects, and why the others are none.

    Raises CrowdError for one that has a face of its own, and NothingToPopulateError where there are objects, and none
    of them can show a face: nobody would see the faces.
    """
    faced = next((obj for obj in shown if has_own_face(obj)), None)
    if faced is not None:
        raise CrowdError(rpt_("has a face of its own"), rpt_("remove its face first"), faced.name)
    prototypes, why = choose_prototypes(shown, settings, search)
    if shown and not prototypes:
        raise NothingToPopulateError.of(rpt_("No instanced object can show a face"), why, "")
    return prototypes, why


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


def _page_set(found: Sequence[Carrier]) -> bpy.types.Image | None:
    """The image that holds the carriers' faces so far, else the one of other instances in the file."""
    used = (one.obj.get(PAGES) for one in found)
    images = [image for image in (*used, *bpy.data.images) if isinstance(image, bpy.types.Image)]
    return next((image for image in images if is_page_set(image) and image.library is None), None)


def _wanted(
    one: Carrier, points: DrawnPoints, image: bpy.types.Image | None, pages: Sequence[Existing]
) -> Iterable[Wanted]:
    shown = faces_of(one, pages) if image is not None and one.obj.get(PAGES) == image else None
    for i, (uid, recipe, may_change) in enumerate(zip(points.uids, points.recipes, points.may_change, strict=True)):
        tile, made_with = shown[i] if shown is not None else (None, "")
        key = points.key_of(i)
        yield Wanted(uid, recipe, tile, made_with, key=key, may_change=may_change, may_be_refused=may_change)


def _changes(wanted: Wanted, even_light: float) -> bool:
    """Whether the character has a face and is to get another, as far as its recipe and its light tell."""
    digest = wanted.made_with.partition(":")[0]
    is_same = wanted.made_with == fingerprint(digest, wanted.recipe) and is_made_in(wanted.made_with, even_light)
    return wanted.tile is not None and not is_same
