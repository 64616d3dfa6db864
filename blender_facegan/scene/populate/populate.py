"""Populate: look at the characters, have their faces made, and write everything down in one short step."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.layout import Tile
from ...core.atlas.request import Bystander, Faces, Order, Wanted
from ...core.atlas.staging import Staging
from ...core.head.fit import head_fit
from ...core.likeness.separation import Likeness
from ...core.model.card import Label
from ...core.people.population import Demographics, Recipe, draw
from ..materials.materials import FaceMaterials, Look
from ..materials.slots import choose_slot, hand_over, own_material
from ..pages.images import drop_unused, existing, pages_in_file, write_pages
from ..pages.page_set import is_page_set
from ..pages.storage import pages_folder
from ..people.agents import Bodies, Kind, Skipped, Surveyor, stable_keys, write_property
from ..people.casting import SEXES, Revision, differs, drawn, is_unsettled, settle, write_recipe
from ..people.labels import Chosen, read_labels
from ..people.mixes import note_mix
from ..people.sources import Given, Sources, read_given
from ..records import FIT, SKIN, TILE, Character, character


class NothingToPopulateError(Exception):
    """No object in scope can get a face. The message names the reason and the remedy."""


@dataclass(frozen=True)
class Settings:
    """Everything that Populate is told. gutter, page_size and face_size in pixels; threads: None for every core.

    face_size: the largest side of a face; None for whatever the model makes.

    labels: what the model's card declares besides sex and age; crowd_labels: what the crowd has of them, unless a
    character says otherwise. alike: the distance (see `core.likeness.descriptors`) that drawn faces keep from all
    others; None where it does not matter. scene: the `session_uid` of the scene that shows what the crowd came out as.
    """

    model: Path
    demographics: Demographics
    crowd_seed: int
    look: Look
    skin_material: str = ""
    match_body: bool = True
    gutter: int = 4
    page_size: int = 4096
    threads: int | None = None
    sources: Sources = field(default_factory=Sources)
    labels: tuple[Label, ...] = ()
    crowd_labels: Chosen = ()
    alike: float | None = None
    scene: int | None = None
    face_size: int | None = None


@dataclass(frozen=True)
class _Agent:
    """A character as it was looked at. Blender's objects may go while faces are made: it is found again by `uid`."""

    uid: int
    name: str
    key: str
    recipe: Recipe
    kind: Kind
    slot: int
    size: tuple[float, float, float]
    locked: bool
    sets: frozenset[str]
    replaces: bool
    origin: Recipe
    may_change: bool


@dataclass(frozen=True)
class Survey:
    """What was found: who gets a face, who does not, the pages there are, and what has to be made.

    is_drawn: whether the crowd's mix was drawn from, rather than faces revised. beside: the folder in which the pages
    are kept; None where they are packed.
    """

    settings: Settings
    agents: Sequence[_Agent]
    skipped: Sequence[Skipped]
    pages: Sequence[int]
    order: Order
    is_drawn: bool
    beside: Path | None

    @property
    def replaced(self) -> int:
        """Characters who have a face and are to get another."""
        return sum(agent.replaces for agent in self.agents)


@dataclass(frozen=True)
class Report:
    """What was done. `gone`: the characters that were deleted, or lost their mesh, while their faces were made.

    recipes: whom all characters in scope are now. rerolled: new faces that were drawn again for looking like another's;
    alike: those that still do. closest: the most alike of the pairs with a new face, by name, with their distance.
    """

    characters: int
    fresh: int
    women: int
    pages: int
    skipped: Sequence[Skipped]
    gone: Sequence[str]
    recipes: Sequence[Recipe]
    rerolled: int
    alike: int
    closest: tuple[str, str, float] | None


def survey(objects: Sequence[bpy.types.Object], settings: Settings, revision: Revision | None = None) -> Survey:
    """Looks at the objects and changes nothing.

    revision: changes the faces that the objects have; without one, everybody's is drawn. Raises
    NothingToPopulateError when none of them can get a face; SourceError and LabelError for what objects say of
    themselves and cannot be; PageFileError for a page that cannot be read.
    """
    surveyor = Surveyor()
    agents: list[tuple[bpy.types.Object, Kind, int]] = []
    skipped = []
    for obj in objects:
        problem = surveyor.problem(obj) or _shown_by_instances(obj)
        kind: Kind = surveyor.kind(obj) if problem is None else "HEAD"
        slot = choose_slot(obj, kind, settings.skin_material) if problem is None else problem
        if isinstance(slot, Skipped):
            skipped.append(slot)
        else:
            agents.append((obj, kind, slot))
    if not agents:
        raise NothingToPopulateError(_nothing(skipped))
    keys = stable_keys([obj for obj, _, _ in agents])
    given = read_given([obj for obj, _, _ in agents], settings.sources)
    found = [
        _agent(obj, keys[obj.name], kind, slot, surveyor.shape(obj).size, settings, given[obj.session_uid], revision)
        for obj, kind, slot in agents
    ]
    pages = pages_in_file()
    beside = pages_folder()
    order = _order(found, pages, settings, beside)
    return Survey(settings, found, skipped, [page.session_uid for page in pages], order, revision is None, beside)


def commit(survey: Survey, faces: Faces) -> Report:
    """Writes pages, properties and materials. Everything that can fail was looked at before, and nothing is half done.

    Characters that were deleted since the survey are left out and named, renamed ones are found.
    """
    objects = {obj.session_uid: obj for obj in bpy.data.objects}
    images = {image.session_uid: image for image in bpy.data.images}
    missing = [uid for uid in survey.pages if uid not in images]
    if missing:
        raise NothingToPopulateError(rpt_("A page of faces was removed while faces were made: populate again"))
    old = [images[uid] for uid in survey.pages]
    present = [agent for agent in survey.agents if _still_fits(objects.get(agent.uid), agent)]
    found = {agent.uid for agent in present}
    gone = [agent.name for agent in survey.agents if agent.uid not in found]
    strangers = _others_on_pages(objects, found, old, faces)
    pages = write_pages(faces, old, survey.beside)
    writer = _Writer(survey.settings, faces, pages)
    for obj, slot in strangers:
        writer.move(obj, slot)
    for agent in present:
        writer.write(objects[agent.uid], agent)
    if survey.settings.match_body:
        writer.match_bodies()
    writer.tint_pages()
    drop_unused()
    recipes = [agent.recipe for agent in present]
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == survey.settings.scene), None)
    if scene is not None and survey.is_drawn:
        note_mix(scene, survey.settings.demographics, recipes)
    return Report(
        characters=len(present),
        fresh=sum(faces.places[agent.uid].fresh for agent in present),
        women=sum(agent.recipe.sex < 0 for agent in present),
        pages=len(pages),
        skipped=survey.skipped,
        gone=gone,
        recipes=recipes,
        rerolled=len(faces.rerolled),
        alike=faces.alike,
        closest=_named(faces.closest, objects),
    )


def _named(pair: Likeness | None, objects: dict[int, bpy.types.Object]) -> tuple[str, str, float] | None:
    if pair is None or pair.first not in objects or pair.second not in objects:
        return None
    return objects[pair.first].name, objects[pair.second].name, pair.distance


def _still_fits(obj: bpy.types.Object | None, agent: _Agent) -> bool:
    return obj is not None and obj.type == "MESH" and obj.is_editable and agent.slot < max(len(obj.material_slots), 1)


def _shown_by_instances(obj: bpy.types.Object) -> Skipped | None:
    if not is_page_set(character(obj).page):
        return None
    return Skipped(obj.name, rpt_("instanced, and showing its instances' faces"), rpt_("populate or remove those"))


def _nothing(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return "No characters: select the objects that are to get a face, or choose a collection"
    first = skipped[0]
    others = rpt_(" (and {} more objects)").format(len(skipped) - 1) if len(skipped) > 1 else ""
    return (
        rpt_("No characters: {} is {}{}: {}")
        .format(first.name, first.reason, others, first.remedy)
        .replace(" is no ", " has no ")
    )


def _agent(
    obj: bpy.types.Object,
    key: str,
    kind: Kind,
    slot: int,
    size: tuple[float, float, float],
    settings: Settings,
    given: Given,
    revision: Revision | None,
) -> _Agent:
    record = character(obj)
    locked = record.locked and record.page is not None
    labels = tuple(sorted(dict([*settings.crowd_labels, *read_labels(obj, settings.labels)]).items()))
    origin = draw(settings.demographics, settings.crowd_seed, key)
    current = Recipe(record.seed, SEXES[record.sex], record.age, labels)
    if locked:
        recipe = current
    elif revision is not None:
        recipe = revision.apply(current, key)
    else:
        recipe = replace(drawn(record, origin, given), labels=labels)
    sets = revision.sets if revision is not None and not locked else frozenset[str]()
    replaces = record.page is not None and differs(recipe, current)
    may_change = revision is None and not locked and is_unsettled(record, origin, given)
    return _Agent(obj.session_uid, obj.name, key, recipe, kind, slot, size, locked, sets, replaces, origin, may_change)


def _order(
    agents: Sequence[_Agent], pages: Sequence[bpy.types.Image], settings: Settings, beside: Path | None
) -> Order:
    index = {page.session_uid: i for i, page in enumerate(pages)}
    in_scope = {agent.uid for agent in agents}
    tiles: dict[int, Tile] = {}
    made_with: dict[int, str] = {}
    seeds: dict[int, int] = {}
    for obj in bpy.data.objects:
        record = character(obj)
        if record.page is not None and record.page.session_uid in index and obj.is_editable:
            tiles[obj.session_uid] = Tile(index[record.page.session_uid], record.cell)
            made_with[obj.session_uid] = record.made_with
            seeds[obj.session_uid] = record.seed
    # By key, so that who makes way for whom does not hang on the order in which the objects were given.
    wanted = [
        Wanted(
            agent.uid,
            agent.recipe,
            tiles.get(agent.uid),
            made_with.get(agent.uid, ""),
            agent.locked,
            agent.key,
            agent.may_change,
        )
        for agent in sorted(agents, key=lambda agent: agent.key)
    ]
    others = {tile: Bystander(uid, seeds[uid]) for uid, tile in tiles.items() if uid not in in_scope}
    return Order(
        settings.model,
        wanted,
        [existing(page) for page in pages],
        others,
        settings.gutter,
        settings.page_size,
        settings.threads,
        settings.alike,
        Staging(beside, whole=False) if beside is not None else None,
        settings.face_size,
    )


def _others_on_pages(
    objects: dict[int, bpy.types.Object], in_scope: set[int], old: Sequence[bpy.types.Image], faces: Faces
) -> list[tuple[bpy.types.Object, int]]:
    """Characters out of scope whose face moves, with its new slot."""
    index = {page.session_uid: i for i, page in enumerate(old)}
    found = []
    for uid, obj in objects.items():
        shown = character(obj).page
        if uid in in_scope or shown is None or shown.session_uid not in index or not obj.is_editable:
            continue
        slot = faces.moved.get(Tile(index[shown.session_uid], character(obj).cell))
        if slot is not None:
            found.append((obj, slot))
    return found


class _Writer:
    """Writes one character after another."""

    def __init__(self, settings: Settings, faces: Faces, pages: Sequence[bpy.types.Image]) -> None:
        self._settings, self._faces, self._pages = settings, faces, pages
        self._materials = FaceMaterials(settings.look)
        self._skins: list[tuple[bpy.types.Object, tuple[float, float, float]]] = []

    def write(self, obj: bpy.types.Object, agent: _Agent) -> None:
        """Everything a character in scope keeps: who it is, its tile, its skin, its material."""
        record, place = character(obj), self._faces.places[agent.uid]
        record.is_character, record.key = True, agent.key
        rerolled = self._faces.rerolled.get(agent.uid)
        recipe = agent.recipe if rerolled is None else replace(agent.recipe, seed=rerolled)
        if agent.may_change and place.fresh and self._settings.alike is not None:
            settle(record, agent.origin, recipe.seed)
        write_recipe(record, recipe, agent.sets)
        if place.slot is None:
            return
        page = self._pages[self._faces.atlas.rectangle(place.slot).page]
        original = own_material(obj, agent.slot)
        hand_over(obj, agent.slot, self._materials.material(agent.kind, original, page))
        record.made_with = place.made_with
        if agent.kind == "HEAD":
            write_property(obj, FIT, head_fit(agent.size, self._settings.look.facing, self._faces.card))
        self._put_on_tile(obj, record, place.slot)
        if place.fresh:
            skin = self._faces.skins[place.slot]
            write_property(obj, SKIN, skin)
            self._skins.append((obj, skin))

    def move(self, obj: bpy.types.Object, slot: int) -> None:
        """A character out of scope whose face now stands elsewhere."""
        record = character(obj)
        page = self._pages[self._faces.atlas.rectangle(slot).page]
        if record.slot < len(obj.material_slots):
            self._materials.follow(obj, record.slot, page)
        self._put_on_tile(obj, record, slot)

    def tint_pages(self) -> None:
        """Gives the materials of each page the mean of its new faces' skin, for the Solid view."""
        by_page: dict[int, list[tuple[float, float, float]]] = {}
        for slot, skin in self._faces.skins.items():
            by_page.setdefault(slot // self._faces.atlas.per_page, []).append(skin)
        for index, skins in by_page.items():
            red, green, blue = (float(value) for value in np.mean(skins, axis=0))
            self._materials.tint(self._pages[index], (red, green, blue))

    def _put_on_tile(self, obj: bpy.types.Object, record: Character, slot: int) -> None:
        rectangle = self._faces.atlas.rectangle(slot)
        record.page, record.cell = self._pages[rectangle.page], slot % self._faces.atlas.per_page
        write_property(obj, TILE, rectangle[1:])
        obj.update_tag()

    def match_bodies(self) -> None:
        """Gives the rest of each character the skin of its new face: last, since only then all are marked."""
        bodies = Bodies()
        for obj, skin in self._skins:
            for body in bodies.of(obj):
                write_property(body, SKIN, skin)
                body.update_tag()
