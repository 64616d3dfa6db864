"""What a file with faces holds and shows, as plain values that can be kept and compared."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from tests.blender.crowds import data, read_face
from tests.blender.pictures import front_view
from tests.blender.point_crowds import column, read_tiles

_VIEW, _BLOCKS = 32, 4
_COLUMNS = ("facegan_tile", "facegan_skin", "facegan_seed", "facegan_sex", "facegan_age", "facegan_slot")


def objects_of(names: Iterable[str]) -> dict[str, Any]:
    """Who the objects are, their slots, and the face on their tile, by name."""
    return {name: _object(data.objects[name]) for name in names}


def views_of(names: Iterable[str]) -> dict[str, list[float]]:
    """Each object seen from the front: linear RGBA, the means of 4 by 4 blocks."""
    found = {}
    for name in names:
        view = front_view(data.objects[name], _VIEW)
        side = _VIEW // _BLOCKS
        blocks = view.reshape(_BLOCKS, side, _BLOCKS, side, 4).mean(axis=(1, 3))
        found[name] = [round(float(value), 4) for value in blocks.ravel()]
    return found


def instances_of(names: Iterable[str]) -> dict[str, Any]:
    """The faces of the points or instances of the objects, by name."""
    return {name: _carrier(data.objects[name]) for name in names}


def _object(obj: Any) -> dict[str, Any]:
    record = obj.facegan
    return {
        "recipe": [record.sex, round(record.age, 3), record.seed],
        "by_hand": [record.sex_by_hand, record.age_by_hand, record.seed_by_hand, record.locked],
        "key": record.key,
        "slots": [[slot.link, slot.material.name if slot.material is not None else ""] for slot in obj.material_slots],
        "mesh": obj.data.name,
        "tile": _numbers(obj.get("facegan_tile")),
        "skin": _numbers(obj.get("facegan_skin")),
        "fit": _numbers(obj.get("facegan_fit")),
        "face": _numbers(read_face(obj), 2) if record.page is not None else None,
    }


def _carrier(obj: Any) -> dict[str, Any]:
    image = obj.get("facegan_pages")
    single = obj.type == "EMPTY"
    attributes = {} if single else {one.name for one in obj.data.attributes}
    held = obj if single else attributes
    found: dict[str, Any] = {}
    for name in _COLUMNS:
        if name in held:
            rows = [obj[name]] if single else column(obj, name)
            found[name] = [_numbers(row) if np.ndim(row) else round(float(row), 3) for row in rows]
    if image is not None:
        tiles = [obj["facegan_tile"]] if single else column(obj, "facegan_tile")
        found["faces"] = [_numbers(told, 2) for told in read_tiles(image, tiles)]
    return found


def _numbers(values: Any, digits: int = 4) -> list[float] | None:
    return None if values is None else [round(float(value), digits) for value in values]
