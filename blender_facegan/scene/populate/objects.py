"""Characters that are objects: each a person whose head carries the record, the slot and the tile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.plan import Tile
from ...core.atlas.request import Bystander, Faces, Wanted
from ...core.errors import CrowdError
from ...core.head.placement import picture_fit
from ...core.likeness.tone import tones_of
from ...core.model.file import read_card
from ...core.people.population import Recipe
from ..head.coordinates import drop_coordinates
from ..head.finder import Carrier, FaceFinder, Shapes, write_face
from ..head.in_camera import largest_picture
from ..head.mirroring import complete_mirrored
from ..head.persons import Person, called, with_parts
from ..head.search import FaceSearch
from ..materials.materials import FaceMaterials
from ..materials.slots import drop_added_slots, face_slots
from ..pages.images import existing, faces_on, pages_in_file, write_pages
from ..pages.page_set import is_page_set
from ..people.cast import taking_part, write_character
from ..people.characters import Kind, Skipped, Surveyor, has_face
from ..people.recipes import Change, Revision, keep_seed, write_skin
from ..people.scope import stable_keys
from ..people.sources import read_given
from ..records import FIT, SKIN, TILE, Character, character, write_property
from .dressing import dress, leave_skin, match_skin_of
from .fitting import fitting, slot_for
from .removal import take_face
from .settings import Settings
from .store import Carried, NothingToPopulateError, Store
from .wanted import wanted_of

Color = tuple[float, float, float]


@dataclass(frozen=True)
class _Member:
    """A person in scope as it was looked at. mesh: of the head, by `session_uid`; body: by uid.

    carriers: what carries its face, the head first, then its other levels of detail.

    origin: what was drawn. revision: what is done to it instead. replaces: whether it has another face.
    """

    wanted: Wanted
    name: str
    kind: Kind
    mesh: int
    carriers: Sequence[Carrier]
    body: Sequence[int]
    revision: Revision | None
    origin: Recipe
    replaces: bool

    @classmethod
    def of(cls, person: Person, kind: Kind, revision: Revision | None, told: tuple[Wanted, Recipe, bool]) -> "_Member":
        """told: by `wanted_of`."""
        wanted, origin, replaces = told
        return cls(
            wanted=wanted,
            name=person.head.name,
            kind=kind,
            mesh=_mesh_uid(person.head),
            carriers=person.carriers,
            body=[one.session_uid for one in person.body],
            revision=revision if not wanted.locked else None,
            origin=origin,
            replaces=replaces,
        )


@dataclass(frozen=True, kw_only=True)
class ObjectStore(Store):
    """Persons as they were looked at. page_uids: the pages' images, by `session_uid`."""

    members: Sequence[_Member]
    page_uids: Sequence[int]

    @classmethod
    def look(
        cls,
        objects: Sequence[bpy.types.Object],
        settings: Settings,
        change: Change | None = None,
        search: FaceSearch | None = None,
    ) -> "ObjectStore":
        """Looks at the objects and changes nothing.

        change: of the faces that the objects have; without one, everybody's is drawn. search: see `FaceFinder`; where
        it is not complete afterwards, what is returned or raised is not the whole truth. Raises
        NothingToPopulateError when none of them can get a face, and CrowdError for what objects say of themselves and
        cannot be, and for a page that cannot be read.
        """
        surveyor, materials = Surveyor(), FaceMaterials(settings.look)
        finder, skin_material = FaceFinder(settings.look.projection == "FACE", search), settings.skin_material
        parts = with_parts(objects, surveyor)
        found, skipped = fitting(parts, surveyor.problem, finder, surveyor, materials, skin_material, _instanced)
        persons = [one.person for one in found]
        revisions, left_out = taking_part([person.head for person in persons], settings.model, change)
        persons = [person for person in persons if person.head.session_uid in revisions]
        skipped += left_out
        if not persons:
            remedy = rpt_("select the objects that are to get a face, or choose a collection")
            raise NothingToPopulateError.of(rpt_("No characters"), skipped, remedy)
        heads = [person.head for person in persons]
        images = pages_in_file()
        faces = faces_on(images)
        keys = stable_keys(heads, settings.crowd_seed if change is None else None)
        given = read_given(heads, settings.sources)

        def member(person: Person) -> _Member:
            obj, uid = person.head, person.head.session_uid
            told = wanted_of(obj, keys[obj.name], settings, given[uid], revisions[uid], faces.get(uid))
            return _Member.of(person, person.kind(surveyor), revisions[uid], told)

        members = [member(person) for person in persons]
        in_scope = {member.wanted.uid for member in members}
        return cls(
            members=members,
            wanted=[member.wanted for member in members],
            skipped=skipped,
            pages=[existing(image) for image in images],
            page_uids=[image.session_uid for image in images],
            others={tile: Bystander(uid, seed) for uid, (tile, seed) in faces.items() if uid not in in_scope},
            is_drawn=change is None,
            picture_side=_picture_side(persons, settings),
        )

    @property
    def replaced(self) -> int:
        """Characters who have a face and are to get another."""
        return sum(member.replaces for member in self.members)

    def check(self, faces: Faces, settings: Settings, beside: Path | None) -> "_Writing":
        """See `store.Store.check`."""
        objects = {obj.session_uid: obj for obj in bpy.data.objects}
        images = {image.session_uid: image for image in bpy.data.images}
        if any(uid not in images for uid in self.page_uids):
            raise CrowdError(rpt_("A page of faces was removed while faces were made"), rpt_("populate again"))
        surveyor, materials = Surveyor(), FaceMaterials(settings.look)
        found: list[_Found] = []
        gone, shapes = [], Shapes(objects)
        for member in self.members:
            obj = objects.get(member.wanted.uid)
            same = obj is not None and (member.kind == "BILLBOARD" or _mesh_uid(obj) == member.mesh)
            same = same and shapes.fit(member.carriers)
            slot: int | Skipped | None = None
            if obj is not None and same:
                slot = surveyor.problem(obj) or _instanced(obj)
                slot = slot or slot_for(obj, member.kind, member.carriers, materials, settings.skin_material)
            if obj is None or not isinstance(slot, int):
                gone.append(member.name)
                continue
            found.append(_Found(member, obj, slot))
        return _Writing(found, gone, objects, [images[uid] for uid in self.page_uids], faces, settings, beside)


@dataclass(frozen=True)
class _Found:
    """A person in scope whose head was found again, with the slot for its face."""

    member: _Member
    head: bpy.types.Object
    slot: int


@dataclass
class _Writing:
    """Writes one person after another; see `store.Writing`."""

    found: Sequence[_Found]
    gone: Sequence[str]
    objects: Mapping[int, bpy.types.Object]
    old: list[bpy.types.Image]
    faces: Faces
    settings: Settings
    beside: Path | None
    shared: ClassVar[int] = 0
    carrying: set[int] = field(default_factory=set)

    @property
    def present(self) -> Sequence[Wanted]:
        """The characters that are still there."""
        return [one.member.wanted for one in self.found]

    def name_of(self, uid: int) -> str | None:
        """The object's name."""
        return self.objects[uid].name if uid in self.objects else None

    @property
    def carried(self) -> Sequence[Carried]:
        """Of each person the meshes that carry its face."""
        found = []
        for one in self.found:
            carriers = [self.objects[item.uid].name for item in one.member.carriers if item.uid in self.objects]
            found.append(Carried(called(one.head), tuple(carriers) or (one.head.name,)))
        return found

    def write(self) -> Sequence[str]:
        """See `store.Writing.write`."""
        strangers = self._strangers()
        self._pages = write_pages(self.faces, self.old, self.beside)
        self._materials = FaceMaterials(self.settings.look)
        # All at once: one by one they take longer than all else that is written.
        self._tones = dict(zip(self.faces.skins, tones_of(list(self.faces.skins.values())).tolist(), strict=True))
        for obj, tile_index in strangers:
            self._move(obj, tile_index)
        for one in self.found:
            self._write(one)
        self._take_from_bodies()
        self._join_skins()
        self._tint_pages()
        return ()

    def _strangers(self) -> list[tuple[bpy.types.Object, int]]:
        """Characters out of scope whose face moves, with its new tile index."""
        index = {page.session_uid: i for i, page in enumerate(self.old)}
        in_scope = {one.member.wanted.uid for one in self.found}
        found = []
        for uid, obj in self.objects.items():
            shown = character(obj).page
            if uid in in_scope or shown is None or shown.session_uid not in index or not obj.is_editable:
                continue
            tile = Tile(index[shown.session_uid], character(obj).cell)
            tile_index = self.faces.moved.get(tile)
            if tile_index is not None and tile not in self.faces.unmoved:
                found.append((obj, tile_index))
        return found

    def _write(self, one: _Found) -> None:
        """Everything a character in scope keeps: who it is, its tile, its skin, its material."""
        obj, member, wanted = one.head, one.member, one.member.wanted
        record, place = character(obj), self.faces.places[wanted.uid]
        record.is_character, record.key = True, wanted.key
        recipe = self.faces.recipe(wanted.uid, wanted.recipe)
        if wanted.may_change and place.fresh and self.settings.settles:
            keep_seed(record, member.origin, recipe.seed, self.settings.doubt)
        write_character(obj, recipe, member.revision, self.settings.labels)
        if place.tile_index is not None and place.fresh:
            write_skin(record, recipe, self._tones[place.tile_index])
        if place.tile_index is None:
            return
        page = self._pages[self.faces.atlas.rectangle(place.tile_index).page]
        as_before = member.kind == "HEAD" and not member.carriers and self.settings.look.projection == "FACE"
        carrier = next(iter(member.carriers), None)
        dress(self._materials, obj, member.kind, one.slot, carrier, page, as_before)
        record.made_with = place.made_with
        if member.kind != "BILLBOARD" and not as_before:
            write_property(obj, FIT, picture_fit(self.faces.card))
        self._put_on_tile(obj, record, place.tile_index)
        if place.fresh:
            write_property(obj, SKIN, self.faces.skins[place.tile_index])
            obj.update_tag()
        for carrier in member.carriers:
            self._carry(carrier, obj, page)

    def _carry(self, carrier: Carrier, head: bpy.types.Object, page: bpy.types.Image) -> None:
        """Writes the face into a mesh, once; another level of detail shows the face of the head."""
        obj = self.objects.get(carrier.uid)
        if obj is None or obj.type != "MESH" or obj.data is None:
            return
        if obj.data.session_uid not in self.carrying:
            self.carrying.add(obj.data.session_uid)
            write_face(carrier, obj)
        else:
            complete_mirrored(obj)
        if obj == head or not carrier.slots:
            return
        slot = min(carrier.slots[0], max(len(obj.material_slots) - 1, 0))
        dress(self._materials, obj, "HEAD", slot, carrier, page)
        for name in (TILE, SKIN, FIT):
            write_property(obj, name, head[name])
        obj.update_tag()

    def _move(self, obj: bpy.types.Object, tile_index: int) -> None:
        """A character out of scope whose face now stands elsewhere."""
        page = self._pages[self.faces.atlas.rectangle(tile_index).page]
        for index in face_slots(obj):
            self._materials.follow(obj, index, page)
        self._put_on_tile(obj, character(obj), tile_index)

    def _put_on_tile(self, obj: bpy.types.Object, record: Character, tile_index: int) -> None:
        rectangle = self.faces.atlas.rectangle(tile_index)
        page, cell, before = self._pages[rectangle.page], tile_index % self.faces.atlas.per_page, obj.get(TILE)
        if (record.page, record.cell) == (page, cell) and before is not None and tuple(before) == rectangle[1:]:
            # Whoever stays is not evaluated again.
            return
        record.page, record.cell = page, cell
        write_property(obj, TILE, rectangle[1:])
        obj.update_tag()

    def _take_from_bodies(self) -> None:
        """Takes the face off meshes that showed their person's before the artist said that another is the head."""
        bodies = [self.objects[uid] for one in self.found for uid in one.member.body if uid in self.objects]
        before = [body for body in bodies if has_face(body)]
        for body in before:
            take_face(body)
            character(body).is_character = False
        drop_added_slots(before)
        drop_coordinates(body.data for body in before if body.data is not None)

    def _join_skins(self) -> None:
        """Gives the rest of each person the skin of its face, or takes it off where the face takes theirs."""
        for one in self.found:
            place = self.faces.places[one.member.wanted.uid]
            bodies = [self.objects[uid] for uid in one.member.body if uid in self.objects]
            if self.settings.look.skin_from == "BODY":
                leave_skin(bodies)
            elif self.settings.match_body and place.tile_index is not None:
                match_skin_of(one.head, bodies, anew=place.fresh)

    def _tint_pages(self) -> None:
        """Gives the materials of each page the mean of its new faces' skin, for the Solid view."""
        by_page: dict[int, list[Color]] = {}
        for tile_index, skin in self.faces.skins.items():
            by_page.setdefault(tile_index // self.faces.atlas.per_page, []).append(skin)
        for index, skins in by_page.items():
            red, green, blue = (float(value) for value in np.mean(skins, axis=0))
            self._materials.tint(self._pages[index], (red, green, blue))


def _instanced(obj: bpy.types.Object) -> Skipped | None:
    """Why an object that shows its instances' faces gets none of its own."""
    if is_page_set(character(obj).page):
        return Skipped(obj.name, rpt_("instanced, and showing its instances' faces"), rpt_("populate or remove those"))
    return None


def _picture_side(persons: Sequence[Person], settings: Settings) -> float:
    """The side of the largest picture in the camera, where a larger model waits for it."""
    if settings.larger is None or bpy.context.scene is None:
        return 0.0
    return largest_picture(bpy.context.scene, persons, read_card(settings.model).eye_distance)


def _mesh_uid(obj: bpy.types.Object) -> int:
    return obj.data.session_uid if obj.data is not None else 0
