"""Characters to populate, a model whose pictures tell what they were made from, and what is seen of a face."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import bpy
import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.likeness.descriptors import descriptors
from tests.blender.labelled_models import with_true_golden
from tests.core.model.model_writer import Draft, Network

context: Any = bpy.context
data: Any = bpy.data
operators: Any = bpy.ops.facegan  # type: ignore[attr-defined]  # added by the add-on
SIDE = 16
MAX_AGE = 90.0


def telling_model(path: Path, side: int = SIDE) -> Path:
    """A model file: see `telling_draft`."""
    return with_true_golden(telling_draft(side), path)


def telling_draft(side: int = SIDE) -> Draft:
    """A model: red is the sex (0 female, 1 male), green the age (0 to 90), blue the seed's first number.

    The upper left quarter of each picture is darkened to 0.8 of its color, so that a mirrored picture shows.
    """
    network = Network(4)
    first = network.add("slice", "latent", start=0, stop=1)
    code = network.add("concat", "sex", "age", network.add("tanh", first))
    to_color = np.diag([0.5, 1 / MAX_AGE, 0.5]).astype(np.float32)
    color = network.add("linear", code, tensors={"weight": to_color, "bias": np.array([0.5, 0, 0.5], np.float32)})
    shade = np.ones((side, side, 1), np.float32)
    shade[: side // 2, : side // 2] = 0.8
    spread = np.zeros((side * side * 3, 3), np.float32)
    for channel in range(3):
        spread[channel::3, channel] = (shade * 2).ravel()
    flat = network.add("linear", color, tensors={"weight": spread, "bias": np.full(side * side * 3, -1, np.float32)})
    network.add("reshape", flat, shape=[side, side, 3])
    return network.draft(side)


class Told(NamedTuple):
    """What a picture of `telling_model` says: sex 0 female to 1 male, age in years, and the seed's number, 0 to 1."""

    sex: float
    age: float
    seed: float


def tile_pixels(obj: Any) -> NDArray[np.float32]:
    """A character's face as the page holds it: float32 [H, W, 3], sRGB 0 to 1, row 0 at the top."""
    image: Any = obj.facegan.page
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    u, v, size_u, size_v = obj["facegan_tile"]
    left, bottom = round(u * width), round(v * height)
    right, top = left + round(size_u * width), bottom + round(size_v * height)
    return pixels.reshape(height, width, 4)[bottom:top, left:right, :3][::-1]


def read_face(obj: Any) -> Told:
    """What the character's face says of itself."""
    red, green, blue = (float(value) for value in tile_pixels(obj)[-3, -3])
    return Told(red, green * MAX_AGE, blue)


class Closest(NamedTuple):
    """The two pictures that are most alike by their index, and the distance of their descriptors."""

    first: int
    second: int
    distance: float


def closest_of(pictures: NDArray[np.uint8]) -> Closest:
    """Which two of the pictures are most alike: uint8 [N, H, W, 3]. Every pair is looked at."""
    vectors = descriptors(pictures).astype(np.float64)
    apart = [
        Closest(a, b, float(np.linalg.norm(vectors[a] - vectors[b]))) for b in range(len(vectors)) for a in range(b)
    ]
    return min(apart, key=lambda pair: pair.distance)


def recipe_of(obj: Any) -> tuple[str, float, int]:
    """Sex, age and seed, as the character's record has them."""
    return obj.facegan.sex, obj.facegan.age, obj.facegan.seed


def plane(name: str, location: tuple[float, float, float] = (0, 0, 0), mesh: Any = None) -> Any:
    """A billboard: one quad, 1 by 1, upright, facing -Y."""
    if mesh is None:
        corners = [(-0.5, 0, -0.5), (0.5, 0, -0.5), (0.5, 0, 0.5), (-0.5, 0, 0.5)]
        mesh = data.meshes.new(name)
        mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    return _linked(name, mesh, location)


def lying_plane(name: str) -> Any:
    """A billboard that was modelled flat on the ground, and set upright by its rotation."""
    mesh = data.meshes.new(name)
    mesh.from_pydata([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0)], [], [(0, 1, 2, 3)])
    obj = plane(name, mesh=mesh)
    obj.rotation_euler[0] = np.pi / 2
    return obj


def head(name: str, location: tuple[float, float, float] = (0, 0, 0), mesh: Any = None) -> Any:
    """A head: a box of 1 by 1 by 1.5, with a material called Skin."""
    if mesh is None:
        mesh = data.meshes.new(name)
        x, y, z = 0.5, 0.5, 0.75
        corners = [(a, b, c) for c in (-z, z) for a, b in ((-x, -y), (x, -y), (x, y), (-x, y))]
        sides = [(0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (3, 2, 1, 0), (4, 5, 6, 7)]
        mesh.from_pydata(corners, [], sides)
        mesh.materials.append(skin_material())
        mark_face(mesh)
    return _linked(name, mesh, location)


def body(name: str, location: tuple[float, float, float] = (0, 0, 0)) -> Any:
    """A box like a head, that nobody has marked a face on: the rest of somebody."""
    obj = head(name, location)
    for key in ("facegan_landmarks", "facegan_by_hand"):
        del obj.data[key]
    return obj


def mark_face(mesh: Any, width: float = 1.0, eyes: float = 0.0) -> None:
    """Marks a face by hand on the side of a box that faces -Y: eyes, mouth, chin, and what is ahead.

    width: of the box; eyes: their height. The picture of `telling_model` is then as wide as the box.
    """
    apart = 0.36 * width
    places = [(-apart / 2, eyes), (apart / 2, eyes), (0.0, eyes - 1.066 * apart), (0.0, eyes - 1.752 * apart)]
    points = [value for x, z in places for value in (x, -0.5 * width, z)]
    mesh["facegan_landmarks"] = [*points, 0.0, -width, eyes]
    mesh["facegan_by_hand"] = True


def skin_material(name: str = "Skin") -> Any:
    """A principled material of a color of its own, made once."""
    found: Any = data.materials.get(name)
    if found is None:
        found = data.materials.new(name)
        if bpy.app.version < (5, 0, 0):
            found.use_nodes = True
        found.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.1, 0.7, 0.3, 1)
    return found


def select(objects: Iterable[Any]) -> None:
    """Selects these and nothing else."""
    for obj in context.selected_objects:
        obj.select_set(False)
    for obj in objects:
        obj.select_set(True)


def defaults_of(operator: type) -> dict[str, Any]:
    """What the properties of a registered operator are where nobody sets them: for whatever stands for a run of it."""
    group, name = operator.bl_idname.split(".")  # type: ignore[attr-defined]
    properties = getattr(getattr(bpy.ops, group), name).get_rna_type().properties
    return {one.identifier: one.default for one in properties if one.identifier != "rna_type"}


def _linked(name: str, mesh: Any, location: tuple[float, float, float]) -> Any:
    obj = data.objects.new(name, mesh)
    obj.location = location
    context.scene.collection.objects.link(obj)
    return obj


def snapshot() -> dict[str, Any]:
    """Everything of the file that Populate may touch, as plain values to compare."""
    return {
        "objects": {obj.name: _object_state(obj) for obj in data.objects},
        "materials": {material.name: _tree_state(material) for material in data.materials},
        "meshes": {mesh.name: [_name(material) for material in mesh.materials] for mesh in data.meshes},
        "images": {image.name: (*image.size, image.packed_file is not None) for image in data.images},
        "groups": sorted(tree.name for tree in data.node_groups),
    }


def _object_state(obj: Any) -> dict[str, Any]:
    record = obj.facegan
    return {
        "custom": {key: _plain(value) for key, value in obj.items() if key.startswith("facegan_")},
        "slots": [(slot.link, _name(slot.material)) for slot in obj.material_slots],
        "record": (*recipe_of(obj), record.key, _name(record.page), record.cell, record.made_with, record.is_character),
        "by_hand": (record.sex_by_hand, record.age_by_hand, record.seed_by_hand, record.locked),
    }


def _tree_state(material: Any) -> Any:
    if material.node_tree is None:
        return None
    nodes = sorted((node.bl_idname, node.name) for node in material.node_tree.nodes)
    links = sorted(
        (link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier)
        for link in material.node_tree.links
    )
    return nodes, links, tuple(material.diffuse_color)


def _plain(value: Any) -> Any:
    return list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def _name(found: Any) -> str:
    return found.name if found is not None else ""
