"""Planes with pictures: meshes, materials and what is rendered of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.crowds import context, data, operators, select
from tools.portraits import Portrait

CHIN = 1.752
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
"""UV places of a plane's corners, from the lower left against the clock, that show all of a picture."""


def picture(path: Path, name: str = "") -> Any:
    """An image of a file."""
    image: Any = data.images.load(str(path))
    image.name = name or path.stem
    return image


def plane_of(
    image: Any,
    name: str = "Somebody",
    width: float = 0.7,
    height: float = 1.75,
    uv: Sequence[tuple[float, float]] = WHOLE,
    cuts: int = 1,
    shader: str = "PRINCIPLED",
    clear: bool = True,
    low: float = 0.0,
) -> Any:
    """An upright plane that faces -Y, its lower edge at the height `low`, cut into a grid, with a material."""
    across, up = np.meshgrid(np.linspace(0, 1, cuts + 1), np.linspace(0, 1, cuts + 1))
    shares = np.stack((across.ravel(), up.ravel()), axis=1)
    points = [((x - 0.5) * width, 0.0, low + y * height) for x, y in shares]
    row = cuts + 1
    faces = [(a, a + 1, a + 1 + row, a + row) for y in range(cuts) for a in range(y * row, y * row + cuts)]
    mesh: Any = data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    layer = mesh.uv_layers.new(name="UVMap")
    first, second, third, fourth = (np.array(place) for place in uv)
    for loop in mesh.loops:
        x, y = shares[loop.vertex_index]
        layer.data[loop.index].uv = (first * (1 - x) + second * x) * (1 - y) + (fourth * (1 - x) + third * x) * y
    mesh.materials.append(material_of(image, shader, clear))
    obj = data.objects.new(name, mesh)
    context.scene.collection.objects.link(obj)
    context.view_layer.update()
    return obj


def material_of(image: Any, shader: str = "PRINCIPLED", clear: bool = True) -> Any:
    """A material that shows an image: PRINCIPLED, EMISSION, or MIX, emission mixed with what is transparent."""
    material: Any = data.materials.new("Picture")
    if not material.use_nodes:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    out, shown = tree.nodes.new("ShaderNodeOutputMaterial"), tree.nodes.new("ShaderNodeTexImage")
    shown.image, shown.extension = image, "EXTEND"
    if shader == "PRINCIPLED":
        surface = tree.nodes.new("ShaderNodeBsdfPrincipled")
        tree.links.new(shown.outputs["Color"], surface.inputs["Base Color"])
        if clear:
            tree.links.new(shown.outputs["Alpha"], surface.inputs["Alpha"])
        tree.links.new(surface.outputs[0], out.inputs[0])
        return material
    light = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(shown.outputs["Color"], light.inputs["Color"])
    if not clear:
        tree.links.new(light.outputs[0], out.inputs[0])
        return material
    nothing, mixed = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeMixShader")
    tree.links.new(shown.outputs["Alpha"], mixed.inputs[0])
    tree.links.new(nothing.outputs[0], mixed.inputs[1])
    tree.links.new(light.outputs[0], mixed.inputs[2])
    tree.links.new(mixed.outputs[0], out.inputs[0])
    return material


def laid(obj: Any, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Face coordinates, in eye distances, at shares of an upright plane from its upper left: [N, 2].

    By an affine map through all corners of the mesh, as they are interpolated when it is rendered.
    """
    mesh = obj.data
    column = np.empty(len(mesh.loops) * 3, np.float32)
    mesh.attributes["facegan_face"].data.foreach_get("vector", column)
    values = column.reshape(-1, 3)
    points = np.array([mesh.vertices[loop.vertex_index].co for loop in mesh.loops])
    low, high = points.min(axis=0), points.max(axis=0)
    axes = [axis for axis in range(3) if high[axis] - low[axis] > 1e-6]
    shares = (points[:, axes] - low[axes]) / (high[axes] - low[axes])
    basis = np.column_stack((shares[:, 0], 1 - shares[:, 1], np.ones(len(shares))))
    fit = np.linalg.lstsq(basis, values[:, :2], rcond=None)[0]
    found: NDArray[np.float64] = np.column_stack((places, np.ones(len(places)))) @ fit
    return found


def populate(model: Path, *objects: Any, **options: Any) -> None:
    select(objects)
    bpy.context.view_layer.objects.active = objects[0]  # type: ignore[union-attr]
    operators.populate(model=str(model), **options)


def close(obj: Any, portrait: Portrait, eyes: float = 0.05, mouth: float = 0.08) -> None:
    """Whether the face lies on the face: offsets as shares of eye to chin."""
    left, right, lips, _ = laid(obj, portrait.points)
    assert abs(left - (-0.5, 0)).max() / CHIN < eyes, left
    assert abs(right - (0.5, 0)).max() / CHIN < eyes, right
    assert abs(lips - (0, -1.066)).max() / CHIN < mouth, lips


def shown(obj: Any) -> Any:
    (node,) = (
        one
        for one in obj.material_slots[0].material.node_tree.nodes
        if one.bl_idname == "ShaderNodeGroup" and one.node_tree.get("facegan_projection")
    )
    return node


def sheet(portraits: list[Portrait], turned: bool = False) -> Any:
    """A sheet of pictures side by side; turned: each lies on its side in it."""
    found = []
    for portrait in portraits:
        image = picture(portrait.path)
        width, height = image.size
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
        one = pixels.reshape(height, width, 4)
        found.append(np.rot90(one) if turned else one)
        data.images.remove(image)
    pixels = np.concatenate(found, axis=0 if turned else 1)
    made = data.images.new("Sheet", pixels.shape[1], pixels.shape[0], alpha=True)
    made.pixels.foreach_set(np.ascontiguousarray(pixels).ravel())
    made.pack()
    return made


def refused(model: Path, *objects: Any) -> str:
    """What Populate says of objects none of which can get a face."""
    select(objects)
    with pytest.raises(RuntimeError) as told:
        operators.populate(model=str(model))
    return str(told.value)


def state(obj: Any) -> Any:
    mesh = obj.data
    return (
        sorted((one.name, one.domain, one.data_type) for one in mesh.attributes),
        [tuple(tuple(loop.uv) for loop in layer.data) for layer in mesh.uv_layers],
        sorted(mesh.keys()),
        sorted(filter(lambda key: key.startswith("facegan_"), obj.keys())),
        np.array([vertex.co for vertex in mesh.vertices]).tobytes(),
        [(slot.link, slot.material and slot.material.name) for slot in obj.material_slots],
    )
