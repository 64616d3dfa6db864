"""Who is in a crowd, read off objects, points and single instances."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.atlas.request import Existing
from ...core.atlas.worker import labels_made_with
from ...core.export.crowd_table import Row, Source
from ...core.likeness.tone import tone_of
from ...core.model.file import model_digest
from ..head.persons import Families
from ..instances.face_id import tables_of
from ..instances.point_data import MADE_WITH, PAGES, SKIN_TONE, Carrier, carrier
from ..model.store import installed_models
from ..pages.images import existing
from ..pages.page_set import existing_pages, is_page_set
from ..people.characters import Skipped, Surveyor, has_face
from ..records import SKIN, TILE, character, shows_tile
from .standing import Places

PageKey = tuple[int, int]
"""An image, by `session_uid`, and the number of a page in it."""
_UDIM_COLUMNS = 10
_UNSET = 2**31 - 1
"""Of the numbers by which Blender tells an instance."""


@dataclass(frozen=True)
class Shown:
    """A character, and where its face stands. made_with: see `core.atlas.worker.fingerprint`."""

    obj: bpy.types.Object
    row: Row
    page: PageKey
    existing: Existing
    cell: int
    made_with: str


def shown_faces(objects: Sequence[bpy.types.Object], has_transforms: bool) -> tuple[list[Shown], list[Skipped]]:
    """Every character with a face among the objects, by name; of instances, each. And who is left out and why.

    One whose place cannot be told is there without it, and among those who are left out as well. Raises PageFileError
    and CrowdError for pages that cannot be read.
    """
    found: list[Shown] = []
    skipped: list[Skipped] = []
    pages: dict[int, Sequence[Existing]] = {}
    places = Places()
    tables = {table.session_uid for obj in objects for table in tables_of(obj)}
    for obj in sorted(objects, key=lambda one: one.name):
        if has_face(obj) and not is_page_set(character(obj).page):
            found.append(_of_object(obj, pages, places))
            continue
        owned = tables_of(obj) or ([obj] if obj.get(PAGES) is not None and obj.session_uid not in tables else [])
        for table in owned:
            one = carrier(table, is_read=True)
            if table.get(PAGES) is None:
                skipped.append(Skipped(obj.name, rpt_("instances without faces"), rpt_("populate them first")))
            elif isinstance(one, Skipped):
                skipped.append(one)
            else:
                found += _of_instances(obj, one, pages, places)
    if has_transforms:
        return _with_levels(found), skipped + _placeless(found)
    return [replace(one, row=replace(one.row, matrix=None)) for one in _with_levels(found)], skipped


def _placeless(found: Sequence[Shown]) -> list[Skipped]:
    """Whose place cannot be told, and what to do about it."""
    hidden = rpt_("no transform: hidden, and moved by others"), rpt_("show it in the viewport")
    scattered = (
        rpt_("no transforms: Blender does not tell where its instances are"),
        rpt_("show it in the viewport, or use Blender 4.5 or newer"),
    )
    without = {one.obj: one for one in found if one.row.matrix is None}
    return [Skipped(obj.name, *(hidden if has_face(obj) else scattered)) for obj in without]


def _with_levels(found: list[Shown]) -> list[Shown]:
    """The same, each character with the other objects that show its face."""
    others = {obj.session_uid for obj in bpy.data.objects if shows_tile(obj) and not has_face(obj)}
    if not others:
        return found
    families = Families(Surveyor())
    levels = [sorted(part.name for part in families.of(one.obj) if part.session_uid in others) for one in found]
    return [
        replace(one, row=replace(one.row, levels=names)) if has_face(one.obj) else one
        for one, names in zip(found, levels, strict=True)
    ]


def sources_of(shown: Sequence[Shown]) -> list[Source]:
    """The models that the faces were made with, and what is known of them."""
    digests = sorted({_digest(one.made_with) for one in shown if one.made_with})
    known = {}
    for one in installed_models() if digests else ():
        if one.card is not None:
            known[model_digest(one.path)] = one.card
    return [
        Source(digest, known[digest].name, known[digest].licence, known[digest].attribution)
        if digest in known
        else Source(digest)
        for digest in digests
    ]


def _digest(made_with: str) -> str:
    """Of the model file alone, without what else was done to its faces."""
    return re.split("[@+]", made_with.partition(":")[0])[0]


def _library(obj: bpy.types.Object) -> str:
    return Path(obj.library.filepath).name if obj.library is not None else ""


def _of_object(obj: bpy.types.Object, pages: dict[int, Sequence[Existing]], places: Places) -> Shown:
    record = character(obj)
    image: Any = record.page
    if image.session_uid not in pages:
        pages[image.session_uid] = [existing(image)]
    red, green, blue = (float(value) for value in obj.get(SKIN, (0.0, 0.0, 0.0)))
    row = Row(
        name=obj.name,
        sex=record.sex.lower(),
        age=record.age,
        seed=record.seed,
        skin_tone=record.skin_tone,
        skin=(red, green, blue),
        matrix=places.of(obj),
        labels=labels_made_with(record.made_with),
        library=_library(obj),
        person=record.person,
        consent=record.consent,
    )
    return Shown(obj, row, (image.session_uid, 0), pages[image.session_uid][0], record.cell, record.made_with)


def _of_instances(
    owner: bpy.types.Object, one: Carrier, pages: dict[int, Sequence[Existing]], places: Places
) -> Iterator[Shown]:
    image: Any = one.obj.get(PAGES)
    if not isinstance(image, bpy.types.Image):
        return
    if image.session_uid not in pages:
        pages[image.session_uid] = existing_pages(image)
    found = pages[image.session_uid]
    made_with = str(one.obj.get(MADE_WITH, ""))
    tiles, skins = one.read_colors(TILE), one.read_colors(SKIN)
    people = {name: one.read(f"facegan_{name}") or [0] * one.count for name in ("sex", "age", "seed")}
    tones = one.read(SKIN_TONE) or [tone_of(skin[:3].tolist()) for skin in skins]
    for number, (index, matrix) in enumerate(_placed(owner, one, tiles, places)):
        where = _at(tiles[index], found)
        if where is None:
            continue
        red, green, blue = (float(value) for value in skins[index, :3])
        row = Row(
            name=owner.name,
            sex="female" if people["sex"][index] < 0 else "male",
            age=people["age"][index],
            seed=people["seed"][index],
            skin_tone=tones[index],
            skin=(red, green, blue),
            instance=None if one.is_single else number,
            matrix=matrix,
            labels=labels_made_with(made_with),
            library=_library(owner),
        )
        yield Shown(owner, row, (image.session_uid, where[0]), found[where[0]], where[1], made_with)


def _at(tile: NDArray[np.float32], pages: Sequence[Existing]) -> tuple[int, int] | None:
    """Page and cell of a tile that is counted from the first page on; None where it is no face."""
    if not tile[2] > 0:
        return None
    index = int(tile[0]) + _UDIM_COLUMNS * int(tile[1])
    if index >= len(pages):
        return None
    page = pages[index]
    column = round((float(tile[0]) % 1 * page.shape.width - page.gutter) / page.shape.cell_side)
    row = round((float(tile[1]) % 1 * page.shape.height - page.gutter) / page.shape.cell_side)
    return index, row * page.shape.columns + column


Placed = list[tuple[int, NDArray[np.float64] | None]]


def _placed(owner: Any, one: Carrier, tiles: NDArray[np.float32], places: Places) -> Placed:
    """Which of the carrier's characters each instance is, and where it stands; each once where that cannot be told."""
    if one.is_single:
        return [(0, places.of(owner))]
    told = None
    if places.shows(owner):
        graph = bpy.context.evaluated_depsgraph_get()
        told = _by_geometry(owner, graph, tiles)
        if told is None and owner == one.obj:
            told = _by_number(owner, graph, one)
    return told if told is not None else [(index, None) for index in range(one.count)]


def _by_geometry(owner: Any, graph: Any, tiles: NDArray[np.float32]) -> Placed | None:
    """By the tile that each instance has, as Blender 4.5 and newer tell it."""
    if not hasattr(owner, "evaluated_geometry"):
        return None
    # Held as long as its instances are read: they go with it.
    geometry = owner.evaluated_get(graph).evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    if cloud is None or TILE not in cloud.attributes or "instance_transform" not in cloud.attributes:
        return None
    amount = len(cloud.attributes[TILE].data)
    shown = np.empty((amount, 4), np.float32)
    cloud.attributes[TILE].data.foreach_get("color", shown.ravel())
    matrices = [np.array(element.value) for element in cloud.attributes["instance_transform"].data]
    rows = {tile.tobytes(): index for index, tile in enumerate(tiles)}
    world = np.array(owner.matrix_world)
    return [
        (rows[tile.tobytes()], world @ matrix)
        for tile, matrix in zip(shown, matrices, strict=True)
        if tile.tobytes() in rows
    ]


def _by_number(owner: Any, graph: Any, one: Carrier) -> Placed | None:
    """By the number of each instance, where there is one for each point."""
    placed: dict[int, NDArray[np.float64]] = {}
    for instance in graph.object_instances:
        if instance.is_instance and instance.parent.original.session_uid == owner.session_uid:
            # From the inside out: the last that is set is the number among the owner's own instances.
            number = [one for one in instance.persistent_id if one != _UNSET][-1]
            placed.setdefault(number, np.array(instance.matrix_world))
    if sorted(placed) != list(range(one.count)):
        return None
    return [(index, placed[index]) for index in range(one.count)]
