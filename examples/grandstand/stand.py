"""The stand itself: terraces, aisles, seats, rails, the wall behind and the pitch in front."""

import math
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from . import looks
from .shapes import Shape

__all__ = ["AISLES", "COLUMNS", "PITCH", "RISE", "ROWS", "SEAT", "TREAD", "Seat", "build_stand", "seats"]

ROWS, COLUMNS = 20, 56
PITCH, TREAD, RISE = 0.56, 0.84, 0.46
"""Metres between neighbours, between rows, and from row to row."""
SEAT = 0.44
"""Height of a seat above its step."""
AISLES = (14, 28, 42)
"""Columns in front of which a stairway runs."""
_AISLE = 1.1
_FIRST_STEP = 1.1
"""Height of the first row's floor above the pitch."""
_SEAT_COLORS = ((0.012, 0.045, 0.16), (0.55, 0.53, 0.50))


@dataclass(frozen=True)
class Seat:
    """A place: its row and column, and the middle of the seat's top."""

    row: int
    column: int
    position: tuple[float, float, float]


def seats() -> list[Seat]:
    """All places, row by row from the front. The stand faces -Y; the middle of the first row is near the origin."""
    offsets = [column * PITCH + sum(column >= aisle for aisle in AISLES) * _AISLE for column in range(COLUMNS)]
    middle = (offsets[0] + offsets[-1]) / 2
    return [
        Seat(row, column, (offset - middle, row * TREAD, _FIRST_STEP + row * RISE + SEAT))
        for row in range(ROWS)
        for column, offset in enumerate(offsets)
    ]


def build_stand(collection: bpy.types.Collection) -> None:
    """Adds everything that is not a person."""
    places = seats()
    left, right = places[0].position[0] - 2.2, places[-1].position[0] + 2.2
    made = [
        _terraces(left, right),
        _stairs(places),
        _seats(places),
        _rails(left, right),
        _front(left, right),
        _back(left, right),
        _pitch(),
    ]
    for name, mesh in made:
        collection.objects.link(bpy.data.objects.new(name, mesh))
    collection.objects.link(_lettering(left, right))


def _terraces(left: float, right: float) -> tuple[str, bpy.types.Mesh]:
    shape = Shape()
    for row in range(ROWS):
        top = _FIRST_STEP + row * RISE
        shape.box((left, row * TREAD - 0.55, 0.0), (right, (row + 1) * TREAD - 0.55, top))
        shape.box((left, row * TREAD - 0.55, top), (right, row * TREAD - 0.51, top + 0.006), 1)
    shape.box((left, ROWS * TREAD - 0.55, 0), (right, ROWS * TREAD + 2.5, _FIRST_STEP + ROWS * RISE))
    edge = looks.paint("Step Edge", (0.55, 0.50, 0.40))
    return "Terraces", shape.mesh("Terraces", [looks.concrete(), edge], smooth=False)


def _stairs(places: list[Seat]) -> tuple[str, bpy.types.Mesh]:
    shape = Shape()
    for aisle in AISLES:
        x = places[aisle].position[0] - PITCH / 2 - _AISLE / 2
        for row in range(ROWS - 1):
            top = _FIRST_STEP + row * RISE
            y = (row + 1) * TREAD - 0.55
            shape.box((x - 0.5, y - 0.30, top), (x + 0.5, y, top + RISE / 2))
            shape.box((x - 0.5, y - 0.30, top + RISE / 2), (x + 0.5, y - 0.25, top + RISE / 2 + 0.006), 1)
    yellow = looks.paint("Aisle Edge", (0.75, 0.48, 0.03))
    return "Stairs", shape.mesh("Stairs", [looks.plain("Stair", (0.30, 0.29, 0.28), 0.9), yellow], smooth=False)


def _seats(places: list[Seat]) -> tuple[str, bpy.types.Mesh]:
    shape = Shape()
    for seat in places:
        x, y, z = seat.position
        slot = int(_is_light(seat))
        shape.box((x - 0.23, y - 0.22, z - 0.05), (x + 0.23, y + 0.20, z - 0.01), slot)
        shape.box((x - 0.23, y + 0.18, z - 0.02), (x + 0.23, y + 0.22, z + 0.36), slot)
        shape.box((x - 0.03, y - 0.05, z - SEAT), (x + 0.03, y + 0.15, z - 0.05), 2)
    colors = [looks.paint(f"Seat {i}", color) for i, color in enumerate(_SEAT_COLORS)]
    return "Seats", shape.mesh("Seats", [*colors, looks.paint("Steel", (0.3, 0.3, 0.32))], smooth=False)


def _is_light(seat: Seat) -> bool:
    """A broad chevron in the second colour, to be seen where seats are free."""
    return abs((seat.column - COLUMNS / 2) / 2.2 - (seat.row - 2)) < 3.2


def _rails(left: float, right: float) -> tuple[str, bpy.types.Mesh]:
    shape = Shape()
    for height in (1.95, 1.55):
        shape.tube([(left, -0.95, height), (right, -0.95, height)], [0.028, 0.028], sides=8)
    for x in np.arange(left, right, 1.6):
        shape.box((x - 0.02, -0.97, 1.0), (x + 0.02, -0.93, 1.95))
    return "Rails", shape.mesh("Rails", [looks.plain("Rail", (0.6, 0.6, 0.62), 0.3, Metallic=0.9)], smooth=False)


def _front(left: float, right: float) -> tuple[str, bpy.types.Mesh]:
    shape = Shape()
    shape.box((left, -1.15, 0), (right, -0.9, _FIRST_STEP))
    panel, x = 0, left + 0.1
    while x < right - 3.9:
        shape.box((x, -1.22, 0.12), (x + 3.8, -1.15, 0.98), 1 + panel % 3)
        panel, x = panel + 1, x + 4.0
    boards = [
        looks.paint(f"Board {i}", color)
        for i, color in enumerate(((0.42, 0.02, 0.03), (0.015, 0.05, 0.17), (0.02, 0.02, 0.025)))
    ]
    return "Front", shape.mesh("Front", [looks.concrete(), *boards], smooth=False)


def _lettering(left: float, right: float) -> bpy.types.Object:
    """The same words on every board along the pitch."""
    text: Any = bpy.data.curves.new("Lettering", "FONT")
    boards = int((right - 4.0 - left) / 4.0)
    text.body, text.size, text.align_x = "CROWD FACES", 0.52, "CENTER"
    text.materials.append(looks.paint("Lettering", (0.85, 0.84, 0.80)))
    first = bpy.data.objects.new("Lettering", text)
    place: Any = first
    place.location, place.rotation_euler[0] = (left + 2.0, -1.226, 0.37), math.pi / 2
    repeat: Any = first.modifiers.new("Boards", "ARRAY")
    repeat.count, repeat.use_relative_offset, repeat.use_constant_offset = boards, False, True
    repeat.constant_offset_displace = (4.0, 0.0, 0.0)
    return first


def _back(left: float, right: float) -> tuple[str, bpy.types.Mesh]:
    shape = Shape()
    y, floor = ROWS * TREAD + 0.4, _FIRST_STEP + ROWS * RISE
    shape.box((left, y, floor), (right, y + 0.3, floor + 2.2))
    shape.box((left, y - 0.02, floor + 1.9), (right, y, floor + 2.25), 1)
    for x in np.arange(left + 0.6, right, 5.6):
        shape.box((x, y - 0.3, floor), (x + 0.25, y, floor + 4.2), 2)
    shape.box((left, y - 5.5, floor + 4.2), (right, y + 1.5, floor + 4.45), 2)
    shape.box((left, y - 5.6, floor + 4.0), (right, y - 5.5, floor + 4.7), 1)
    wall = looks.plain("Wall", (0.10, 0.10, 0.11), 0.8)
    return "Back", shape.mesh(
        "Back",
        [wall, looks.paint("Trim", (0.42, 0.02, 0.03)), looks.paint("Frame", (0.55, 0.56, 0.58))],
        smooth=False,
    )


def _pitch() -> tuple[str, bpy.types.Mesh]:
    shape = Shape()
    shape.grid(np.array([[(-120, -120, 0), (120, -120, 0)], [(-120, 60, 0), (120, 60, 0)]], float), closed=False)
    return "Pitch", shape.mesh("Pitch", [looks.grass()], smooth=False)
