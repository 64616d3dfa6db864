"""Clothes, hair, eyes, glasses keep every pixel: pictures with faces and without are compared."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from examples.grandstand.people import materials
from examples.people.figures import Wardrobe
from examples.people.models import Models
from tests.blender.crowds import context, data, operators, select, skin_material
from tests.blender.head.characters import character
from tests.blender.head.pictures import lit, look_at, owners
from tests.core.head.people import truth

WARDROBE = Wardrobe()


def is_skin(material: Any) -> bool:
    return bool(material.name == "Skin")


def spoilt(model: Path, chosen: list[Any], meshes: list[Any]) -> int:
    """Populates; returns how many pixels of these meshes that show no skin have changed."""
    others = owners(meshes, is_skin)
    before = lit()
    select(chosen)
    operators.populate(model=str(model))
    after = lit()
    changed = (before != after).any(axis=2)
    assert changed.sum() > 30, "no face shows"
    assert others.sum() > 100, "nothing but skin is seen"
    return int((changed & others).sum())


@pytest.mark.parametrize("yaw", [0.0, 45.0, 90.0])
@pytest.mark.parametrize(("build", "outfit", "cut"), [("woman_average", "jumper", "bob"), ("man_old", "jacket", "cap")])
def test_clothes_hair_and_eyes_of_a_dressed_person(
    scene: Any, model: Path, yaw: float, build: str, outfit: str, cut: str
) -> None:
    person = Models(WARDROBE, materials()).person("Ada", build, outfit, "standing", cut)
    for obj in person.objects:
        scene.collection.objects.link(obj)
    context.view_layer.update()
    top = max((person.body.matrix_world @ vertex.co).z for vertex in person.body.data.vertices)
    look_at((0, 0, top - 0.25), 0.6, yaw)
    meshes = [person.body, person.hair]
    assert spoilt(model, person.objects, meshes) == 0


def test_eyes_of_their_own_and_glasses_before_them(scene: Any, model: Path) -> None:
    woman = character("woman", "Woman", eyes=True)
    real = truth("woman")
    bpy.ops.mesh.primitive_torus_add(
        major_radius=0.03,
        minor_radius=0.004,
        location=(0.03, real.left_eye[1] - 0.04, real.left_eye[2]),
        rotation=(1.57, 0, 0),
    )
    glasses: Any = context.object
    glasses.name, glasses.parent = "Glasses", woman
    glasses.data.materials.append(skin_material("Frame"))
    look_at(tuple((real.left_eye + real.right_eye) / 2), 0.12)
    assert spoilt(model, [woman], [woman, glasses]) == 0


def painted(obj: Any, bands: list[tuple[float, tuple[float, float, float]]]) -> Any:
    """A material with one texture that paints the whole person in bands, the lowest first: height, colour."""
    heights = np.array([vertex.co.z for vertex in obj.data.vertices])
    low, high = heights.min(), heights.max()
    image = data.images.new("Painted", 4, 512)
    rows = np.zeros((512, 4, 4), np.float32)
    rows[..., 3] = 1
    for row in range(512):
        height = low + (row + 0.5) / 512 * (high - low)
        color = next(color for top, color in bands if height <= top)
        rows[row, :, :3] = color
    image.pixels.foreach_set(rows.ravel())
    image.pack()
    layer = obj.data.uv_layers.new(name="UV")
    corners = np.array([loop.vertex_index for loop in obj.data.loops])
    layer.data.foreach_set(
        "uv", np.stack((np.full(len(corners), 0.5), (heights[corners] - low) / (high - low)), axis=1).ravel()
    )
    material = skin_material("All")
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image, node.interpolation = image, "Closest"
    material.node_tree.links.new(
        node.outputs["Color"], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"]
    )
    obj.data.materials[0] = material
    return material


@pytest.mark.parametrize(
    "clothes", [(0.05, 0.1, 0.4), (0.3, 0.02, 0.02), (0.02, 0.02, 0.02), (0.8, 0.8, 0.8), (0.25, 0.35, 0.1)]
)
def test_clothes_in_the_same_texture_as_the_skin(scene: Any, model: Path, clothes: tuple[float, float, float]) -> None:
    man = character("man")
    collar = truth("man").chin[2] - 0.08
    painted(man, [(collar, clothes), (9.0, (0.78, 0.55, 0.43))])
    look_at((0, 0, float(collar)), 0.7)
    before = lit()
    select([man])
    operators.populate(model=str(model))
    after = lit()
    changed = (before != after).any(axis=2)
    # A pixel of the collar shows both.
    assert changed[: 96 // 2 - 2].sum() > 60
    assert changed[96 // 2 + 3 :].sum() == 0


def test_a_face_on_a_painted_visor_leaves_the_rest_of_it(scene: Any, model: Path) -> None:
    man, real = character("man"), truth("man")
    painted(man, [(9.0, (0.05, 0.25, 0.6))])
    look_at((0, 0, float(real.chin[2])), 0.7)
    before = lit()
    select([man])
    operators.populate(model=str(model))
    changed = (before != lit()).any(axis=2)
    assert changed[:48].sum() > 60
    assert changed[60:].sum() == 0


def test_a_hood_in_the_same_texture_keeps_its_pixels_and_painted_eyes_do_not(scene: Any, model: Path) -> None:
    man, real = character("man"), truth("man")
    eyes, brow = float(real.left_eye[2]), float(real.left_eye[2]) + 0.045
    skin, green, dark = (0.78, 0.55, 0.43), (0.05, 0.4, 0.1), (0.03, 0.03, 0.05)
    painted(man, [(eyes - 0.006, skin), (eyes + 0.006, dark), (brow, skin), (9.0, green)])
    look_at((0, 0, eyes), 0.3)
    before = lit()
    select([man])
    operators.populate(model=str(model))
    changed = (before != lit()).any(axis=2)
    row = 48 - int(0.045 / 0.3 * 96)
    assert changed[: row - 2].sum() == 0
    painted_eye = int(48 + 0.03 / 0.3 * 96)
    assert changed[47:49, painted_eye - 4 : painted_eye + 4].mean() > 0.5
