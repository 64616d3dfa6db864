"""The market in Blender: two rows of stalls along a lane, a thousand crates on them, the light and the views."""

import math
from pathlib import Path
from typing import Any

import bpy
from mathutils import Matrix

from examples.grandstand import looks
from examples.grandstand.shapes import Shape
from examples.grandstand.view import View, light_scene, render

__all__ = ["PRODUCE", "VIEWS", "build", "populate", "render_view"]

PRODUCE = (
    *("tomato", "pepper", "carrots", "satsumas", "orange", "mango", "nectarine", "peach", "apple", "pomegranate"),
    *("red-grapefruit", "melon", "lemon", "banana", "pear", "lime", "avocado", "cucumber", "zucchini", "cabbage"),
    *("leek", "asparagus", "pineapple", "kiwi", "potato", "ginger", "mushroom", "onion", "garlic", "passion-fruit"),
    *("plum", "aubergine", "red-beet", "papaya"),
)
"""What is sold, from the front of the lane to its end; all that the model knows."""
STALLS, COLUMNS, ROWS = 5, 10, 10
"""Stalls on each side of the lane, and the crates of each."""
VIEWS = {
    "market": View("Camera", (-0.35, -2.6, 2.5), (0.15, 9.0, 0.6), 20.0, (1280, 720), 16),
    "stall": View("Stall", (1.2, 2.3, 2.9), (-4.0, 2.3, 1.25), 26.0, (1280, 720), 16),
}
_SIDE, _PITCH = 0.39, 0.42
"""Metres of a crate's side, and from one to the next."""
_TILT = math.radians(58)
"""How far crates lean back."""
_LANE, _STALL, _FOOT = 1.9, 4.6, 0.5
"""Metres from the lane's middle to the stalls, from stall to stall, and to the lowest crates."""
_CLOTHS = ((0.55, 0.04, 0.03), (0.03, 0.16, 0.34), (0.10, 0.30, 0.08), (0.60, 0.32, 0.03), (0.30, 0.05, 0.22))
_LABEL = "facegan_label_produce"
_SUN = -6.0
"""Along the lane, so that both sides of it are lit: see `light_scene`."""


def build() -> bpy.types.Collection:
    """Everything but what is in the crates; returns the collection of the thousand planes that will show it."""
    scene: Any = bpy.context.scene
    scene.name = "Market"
    furniture, goods = bpy.data.collections.new("Stalls"), bpy.data.collections.new("Goods")
    for collection in (furniture, goods):
        scene.collection.children.link(collection)
    _link(furniture, "Ground", _ground())
    crate, plane = _crate(), _plane()
    for index, place in enumerate(_places()):
        for part, name, mesh in ((furniture, "Crate", crate), (goods, "Goods", plane)):
            _link(part, f"{name} {index:04}", mesh, place)
    for index, obj in enumerate(goods.objects):
        obj[_LABEL] = _kind(index)
    for number in range(2 * STALLS):
        _link(furniture, f"Stall {number}", _stall(_CLOTHS[number % len(_CLOTHS)]), _stall_place(number))
    light_scene(scene, _SUN)
    return goods


def populate(goods: bpy.types.Collection, model: Path, seed: int) -> None:
    """Presses the button: every plane gets a picture of what its crate holds, by the model."""
    operators: Any = bpy.ops
    operators.facegan.populate(scope="COLLECTION", collection=goods.name, crowd_seed=seed, model=str(model))


def render_view(name: str, target: Path) -> None:
    """Renders one of VIEWS."""
    render(bpy.context.scene, VIEWS[name], target)


def _kind(index: int) -> str:
    """What the crate of that number holds: blocks of ten are of one kind, opposite stalls begin with others."""
    stall, place = divmod(index, COLUMNS * ROWS)
    row, column = divmod(place, COLUMNS)
    blocks = COLUMNS // 2 * 2
    block = stall * blocks + row // (ROWS // 2) * (COLUMNS // 2) + column // 2
    return PRODUCE[block % len(PRODUCE)]


def _stall_place(number: int) -> Matrix:
    """From a stall's own coordinates (the lane ahead of it, at -Y) to the world; even numbers stand on the left."""
    along, side = number // 2 * _STALL + _STALL / 2, -1.0 if number % 2 == 0 else 1.0
    return Matrix.Translation((side * _LANE, along, 0.0)) @ Matrix.Rotation(-side * math.pi / 2, 4, "Z")


def _places() -> list[Matrix]:
    """Where the crates stand: stall by stall, row by row from below."""
    lean = Matrix.Rotation(-_TILT, 4, "X")
    return [
        _stall_place(number)
        @ Matrix.Translation(
            (
                (column - (COLUMNS - 1) / 2) * _PITCH,
                (row + 0.5) * _PITCH * math.sin(_TILT),
                _FOOT + (row + 0.5) * _PITCH * math.cos(_TILT),
            )
        )
        @ lean
        for number in range(2 * STALLS)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]


def _link(collection: bpy.types.Collection, name: str, mesh: bpy.types.Mesh, place: Matrix | None = None) -> None:
    obj: Any = bpy.data.objects.new(name, mesh)
    if place is not None:
        obj.matrix_world = place
    collection.objects.link(obj)


def _plane() -> bpy.types.Mesh:
    half = _SIDE / 2 - 0.012
    mesh = bpy.data.meshes.new("Goods")
    corners = [(-half, 0.0, -half), (half, 0.0, -half), (half, 0.0, half), (-half, 0.0, half)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    return mesh


def _crate() -> bpy.types.Mesh:
    """Four boards around the goods, which lie a little below their upper edge."""
    shape, half, board, deep = Shape(), _SIDE / 2, 0.014, 0.12
    for low in (-half, half - board):
        shape.box((low, -0.03, -half), (low + board, deep, half))
        shape.box((-half, -0.03, low), (half, deep, low + board))
    return shape.mesh("Crate", [looks.plain("Wood", (0.34, 0.20, 0.09), 0.8)], smooth=False)


def _stall(cloth: tuple[float, float, float]) -> bpy.types.Mesh:
    """The wall below the crates, the posts, and a striped awning behind and above them."""
    shape, half = Shape(), COLUMNS * _PITCH / 2
    deep, top = ROWS * _PITCH * math.sin(_TILT), _FOOT + ROWS * _PITCH * math.cos(_TILT)
    shape.box((-half, 0.05, 0.0), (half, 0.10, _FOOT))
    shape.box((-half, deep, 0.0), (half, deep + 0.05, top + 0.6))
    for x in (-half, half - 0.06):
        shape.box((x, 0.25 * deep, 0.0), (x + 0.06, 0.25 * deep + 0.06, top + 0.8))
    stripes = 14
    for stripe in range(stripes):
        left, right = (-half - 0.1 + (2 * half + 0.2) * edge / stripes for edge in (stripe, stripe + 1))
        low, high = top + 0.55, top + 1.0
        shape.box((left, 0.25 * deep, low + 0.15), (right, 0.25 * deep + 0.02, low + 0.45), 1 + stripe % 2)
        shape.box((left, 0.25 * deep, low + 0.43), (right, deep, high), 1 + stripe % 2)
    wood = looks.plain("Planks", (0.20, 0.12, 0.06), 0.85)
    return shape.mesh(
        "Stall", [wood, looks.plain("Cloth", cloth, 0.9), looks.plain("Canvas", (0.7, 0.66, 0.58), 0.9)], smooth=False
    )


def _ground() -> bpy.types.Mesh:
    shape = Shape()
    shape.box((-40.0, -20.0, -0.1), (40.0, 80.0, 0.0))
    return shape.mesh("Ground", [looks.concrete()], smooth=False)
