"""What is known of the characters that are no objects: attributes of points, custom properties of a single instance.

One carrier is one object: a mesh or a point cloud whose points are instanced, or an Empty that instances a collection.
Both are read and written in columns, a value for each character.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.atlas.plan import Tile
from ...core.atlas.request import Bystander, Existing, Faces
from ...core.atlas.worker import fingerprint
from ...core.errors import CrowdError
from ...core.people.population import Recipe
from ...core.people.skin_tones import DARKEST_TONE, LIGHTEST_TONE
from ...core.people.values import PeopleValueError, read_id
from ..pages.page_set import tiles_of
from ..people.characters import Skipped
from ..records import TILE, write_property

OWN_ID = "facegan_id"
"""The add-on's own attribute that tells the points of a mesh apart, where the artist names none."""
SKIN_TONE = "facegan_skin_tone"
"""The tone of a character's skin, 1 to 10, as its face has it."""
TILE_INDEX = "facegan_slot"
"""Where a character's face stands, counted over all pages. The name is older than the term."""
KEPT_FOR, KEPT_SEED = "facegan_settled_for", "facegan_settled_seed"
"""The seed that a character keeps while the same is drawn for it, and what was drawn then, as a mark."""
_VALUES = {"FLOAT": np.float32, "INT": np.int32, "INT8": np.int8, "BOOLEAN": np.bool_}
_SIZES = {"FLOAT": 1, "INT": 1, "FLOAT_COLOR": 4}
_LARGEST_ID = 2**31 - 1


class Carrier:
    """An object with the data of `count` characters."""

    def __init__(self, obj: bpy.types.Object) -> None:
        self.obj = obj
        data: Any = obj.data
        self._data = None if obj.type == "EMPTY" else data
        points = None if self._data is None else self._data.vertices if obj.type == "MESH" else self._data.points
        self.count = 1 if points is None else len(points)

    @property
    def is_single(self) -> bool:
        """Whether it is one instance and not a set of points."""
        return self._data is None

    def read(self, name: str) -> list[Any] | None:
        """The column of that name, or None where there is none. Raises CrowdError for one that holds no values."""
        if self._data is None:
            value = self.obj.get(name)
            return None if value is None else [value]
        attribute = self._data.attributes.get(name)
        if attribute is None:
            return None
        if attribute.domain != "POINT" or attribute.data_type not in (*_VALUES, "STRING"):
            kind = f"{attribute.data_type} on {attribute.domain}"
            raise CrowdError(
                rpt_("the attribute {} is {}").format(name, kind),
                rpt_("choose numbers or text on points"),
                self.obj.name,
            )
        if attribute.data_type == "STRING":
            values = [element.value for element in attribute.data]
            return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values]
        numbers: NDArray[Any] = np.empty(self.count, _VALUES[attribute.data_type])
        attribute.data.foreach_get("value", numbers)
        return list(numbers.tolist())

    def read_colors(self, name: str) -> NDArray[np.float32]:
        """The column of that name as float32 [N, 4]; zeros where there is none."""
        colors = np.zeros((self.count, 4), np.float32)
        if self._data is None:
            value: Any = self.obj.get(name)
            if value is not None:
                colors[0, : len(value)] = value
        elif (attribute := self._data.attributes.get(name)) is not None and attribute.data_type == "FLOAT_COLOR":
            attribute.data.foreach_get("color", colors.ravel())
        return colors

    def write(self, name: str, kind: str, values: NDArray[Any]) -> None:
        """Writes a column. kind: FLOAT, INT or FLOAT_COLOR, Blender's name of the type."""
        if self._data is None:
            plain = values.reshape(-1).tolist()
            write_property(self.obj, name, plain if _SIZES[kind] > 1 else plain[0])
            return
        attributes = self._data.attributes
        attribute = attributes.get(name)
        if attribute is not None and (attribute.data_type, attribute.domain) != (kind, "POINT"):
            attributes.remove(attribute)
            attribute = None
        if attribute is None:
            attribute = attributes.new(name, kind, "POINT")
        dtype = np.int32 if kind == "INT" else np.float32
        attribute.data.foreach_set(
            "color" if _SIZES[kind] > 1 else "value", np.ascontiguousarray(values, dtype).ravel()
        )

    def remove(self, name: str) -> None:
        """Takes a column away."""
        if self._data is None:
            if self.obj.get(name) is not None:
                del self.obj[name]
        elif (attribute := self._data.attributes.get(name)) is not None:
            self._data.attributes.remove(attribute)

    def tag(self) -> None:
        """Tells Blender that the data has changed."""
        self.obj.update_tag()
        if self._data is not None:
            self._data.update_tag()


def carrier(obj: bpy.types.Object, is_read: bool = False) -> Carrier | Skipped:
    """The object as a carrier, or why it is none. is_read: nothing will be written, so a linked one will do."""
    if obj.type == "EMPTY" and obj.instance_type == "COLLECTION" and obj.instance_collection is not None:
        return Carrier(obj) if is_read or obj.is_editable else _read_only(obj)
    if obj.type not in ("MESH", "POINTCLOUD") or obj.data is None:
        return Skipped(
            obj.name, rpt_("no points and no collection instance"), rpt_("choose meshes or point clouds of points")
        )
    if not is_read and not (obj.is_editable and obj.data.is_editable):
        return _read_only(obj)
    if obj.mode == "EDIT":
        return Skipped(obj.name, rpt_("in Edit Mode"), rpt_("leave Edit Mode"))
    found = Carrier(obj)
    return found if found.count else Skipped(obj.name, rpt_("without points"), rpt_("choose an object that has points"))


def converted(found: Carrier, name: str, read: Callable[[object], Any]) -> list[Any] | None:
    """The column of that name, every value read by `read`. Raises CrowdError naming the object and the point."""
    values = found.read(name)
    if values is None:
        return None
    result = []
    for i, value in enumerate(values):
        try:
            result.append(read(value))
        except PeopleValueError as error:
            where = "" if found.is_single else rpt_(", point {}").format(i)
            raise CrowdError(rpt_("{} (attribute {})").format(error, name), where=f"{found.obj.name}{where}") from error
    return result


def identities(found: Carrier, name: str) -> list[int]:
    """What tells the characters apart for good: the attribute of that name, else the add-on's own.

    New and copied points lack an identity of their own; they get the next free ones. Raises CrowdError for an
    attribute that is not there or holds no whole numbers.
    """
    if found.is_single:
        return [0]
    if name:
        given = converted(found, name, read_id)
        if given is None:
            raise CrowdError(
                rpt_("has no attribute {} that tells its points apart").format(name),
                rpt_("check the name"),
                found.obj.name,
            )
        return given
    own = found.read(OWN_ID)
    if own is None:
        return list(range(found.count))
    taken: set[int] = set()
    result = []
    free = max(own, default=-1) + 1
    for value in own:
        known = int(value)
        if known in taken or not 0 <= known < _LARGEST_ID:
            known, free = free, free + 1
        taken.add(known)
        result.append(known)
    return result


def own_columns() -> Sequence[str]:
    """The columns that the add-on writes, beside the tile and the skin."""
    people = ("facegan_seed", "facegan_sex", "facegan_age", SKIN_TONE)
    return (*people, TILE_INDEX, OWN_ID, KEPT_FOR, KEPT_SEED)


def _read_only(obj: bpy.types.Object) -> Skipped:
    return Skipped(obj.name, rpt_("linked and read-only"), rpt_("make it local or populate it in its own file"))


PAGES, MADE_WITH, ASKED = "facegan_pages", "facegan_made_with", "skin"
"""Custom properties of a carrier: the image with its faces, and what they were made with: the model's digest, the word
`skin` if tones were asked for, and labels."""


def faces_of(one: Carrier, pages: Sequence[Existing]) -> list[tuple[Tile | None, str]] | None:
    """The tile of every character and what its face was made with, or None for a carrier without faces."""
    columns = [one.read(name) for name in (TILE_INDEX, "facegan_seed", "facegan_sex", "facegan_age")]
    digest, *rest = str(one.obj.get(MADE_WITH, "")).split(":")
    asked = rest[:1] == [ASKED]
    skins = one.read(SKIN_TONE) if asked else [None] * one.count
    if any(column is None for column in columns) or skins is None or not digest:
        return None
    tail = "".join(f":{label}" for label in rest[int(asked) :])
    tile_indices, seeds, sexes, ages = (column for column in columns if column is not None)
    return [
        (_tile_at(tile_index, pages), fingerprint(digest, Recipe(seed, sex, age, skin=skin)) + tail)
        if seed >= 0 and -1 <= sex <= 1 and (skin is None or LIGHTEST_TONE <= skin <= DARKEST_TONE)
        else (None, "")
        for tile_index, seed, sex, age, skin in zip(tile_indices, seeds, sexes, ages, skins, strict=True)
    ]


def bystanders(
    image: bpy.types.Image | None, pages: Sequence[Existing], in_scope: set[int], uid: int
) -> Mapping[Tile, Bystander]:
    """The tiles of instances out of scope."""
    found: dict[Tile, Bystander] = {}
    for obj in bpy.data.objects:
        if image is None or obj.get(PAGES) != image or obj.session_uid in in_scope:
            continue
        one = carrier(obj)
        if isinstance(one, Carrier):
            tile_indices, seeds = one.read(TILE_INDEX), one.read("facegan_seed")
            for tile_index, seed in zip(tile_indices or (), seeds or (), strict=False):
                tile = _tile_at(tile_index, pages)
                if tile is not None:
                    found[tile] = Bystander(uid, max(seed, 0))
    return found


def move(obj: bpy.types.Object, faces: Faces, pages: Sequence[Existing]) -> None:
    """Instances out of scope whose faces may now stand elsewhere."""
    one = carrier(obj)
    if not isinstance(one, Carrier) or not faces.taken_over:
        return
    tiles = [_tile_at(index, pages) for index in one.read(TILE_INDEX) or ()]
    tile_indices = np.array([faces.moved.get(tile, 0) if tile is not None else 0 for tile in tiles], np.int64)
    one.write(TILE, "FLOAT_COLOR", tiles_of(faces.atlas, tile_indices))
    one.write(TILE_INDEX, "INT", tile_indices)
    one.tag()


def _tile_at(tile_index: int, pages: Sequence[Existing]) -> Tile | None:
    """The tile of an index; all pages but the last are full, and as large."""
    if not pages or tile_index < 0:
        return None
    index, cell = divmod(tile_index, pages[0].shape.capacity)
    return Tile(index, cell) if index < len(pages) and cell < pages[index].shape.capacity else None
