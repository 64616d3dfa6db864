"""Renders the manual's pictures of heads, billboards and bakes into docs/pictures/.

python -m tools.manual_pictures [FOLDER]          with a Python that has Blender's module
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import blender_facegan  # noqa: E402  # found only now
from examples.grandstand import looks  # noqa: E402
from examples.grandstand.heads import face_plane, hair_meshes, head_mesh  # noqa: E402
from examples.grandstand.view import View, light_scene, render  # noqa: E402

PEOPLE = (("FEMALE", 27.0, 36), ("MALE", 41.0, 6))
"""Sex, age in years, and seed of those who are shown."""
TONES = (2.0, 4.0, 6.0, 8.0)
"""The skins of one of them."""
SPACING = 0.34
"""Metres from one to the next."""


def main(folder: Path) -> None:
    """Writes heads.png, skins.png, billboards.png and baked.png."""
    blender_facegan.register()
    for name, build in (
        ("heads", build_heads),
        ("skins", build_skins),
        ("billboards", build_billboards),
        ("baked", build_baked),
    ):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        scene: Any = bpy.context.scene
        light_scene(scene)
        with tempfile.TemporaryDirectory() as scratch:
            width = build(Path(scratch))
            view = View(name, (0.0, -6.0, 0.14), (0.0, 0.0, 0.115), 1000.0 * 0.216 / width, (1280, 384), 48)
            render(scene, view, folder / f"{name}.png")
        print(folder / f"{name}.png", flush=True)


def build_heads(_scratch: Path) -> float:
    """One head's face four ways: as it comes, smaller, moved, and with the body's own colour around it."""
    skin = looks.plain("Skin", (0.45, 0.28, 0.20), 0.5)
    heads = [add(f"Head {i}", head_mesh(skin), i) for i in range(4)]
    for i, obj in enumerate(heads):
        dress(obj, 0)
        obj.data.materials[0] = skin if i == 0 else skin.copy()
    populate(heads)
    for obj, changes in zip(
        heads[1:], ({"Scale": 0.8}, {"Rotation": 0.12, "Offset Y": 0.05}, {"Skin": 0.0}), strict=True
    ):
        for name, value in changes.items():
            face_node(obj).inputs[name].default_value = value
    for i, obj in enumerate(heads):
        add_hair(obj, "short", i)
    return 4 * SPACING


def build_skins(_scratch: Path) -> float:
    """One person with four skins."""
    heads = [add(f"Head {i}", head_mesh(looks.plain("Skin", (0.45, 0.28, 0.20), 0.5)), i) for i in range(4)]
    for obj, tone in zip(heads, TONES, strict=True):
        dress(obj, 0)
        obj.facegan.skin_tone = tone
    populate(heads)
    for i, obj in enumerate(heads):
        add_hair(obj, "short", i)
    return 4 * SPACING


def build_billboards(_scratch: Path) -> float:
    """A soft oval, a soft edge and the whole picture; then the oval as bright as its picture."""
    planes = [add(f"Billboard {i}", face_plane(), i) for i in range(4)]
    for obj, (outline, shading) in zip(
        planes, (("OVAL", "LIT"), ("SOFT", "LIT"), ("FULL", "LIT"), ("OVAL", "EMISSION")), strict=True
    ):
        dress(obj, 1)
        populate([obj], outline=outline, shading=shading)
        obj.scale = (1.3, 1.3, 1.3)
    return 4 * SPACING


def build_baked(scratch: Path) -> float:
    """Heads that were baked, and beside each the picture that it carries."""
    skin = looks.plain("Skin", (0.45, 0.28, 0.20), 0.5)
    heads = [add(f"Head {i}", head_mesh(skin), 2 * i) for i in range(2)]
    for i, obj in enumerate(heads):
        dress(obj, i)
    populate(heads)
    operators: Any = bpy.ops.facegan  # type: ignore[attr-defined]  # the add-on's
    operators.bake(directory=str(scratch), use_baked=True, size=512)
    for i, obj in enumerate(heads):
        image = next(node.image for node in obj.material_slots[0].material.node_tree.nodes if hasattr(node, "image"))
        sheet = add(f"Sheet {i}", sheet_mesh(), 2 * i + 1)
        sheet.data.materials.append(sheet_material(image))
        add_hair(obj, "short", i)
    return 4 * SPACING


def add(name: str, mesh: Any, place: int) -> Any:
    """An object of the mesh, the place-th of four from the left."""
    obj: Any = bpy.data.objects.new(name, mesh)
    obj.location = ((place - 1.5) * SPACING, 0.0, 0.0)
    bpy.context.scene.collection.objects.link(obj)  # type: ignore[union-attr]  # there is a scene
    return obj


def dress(obj: Any, person: int) -> None:
    """Says who it is."""
    obj.facegan.sex, obj.facegan.age, obj.facegan.seed = PEOPLE[person]


def populate(objects: list[Any], **options: Any) -> None:
    """Gives these their faces."""
    for obj in bpy.context.scene.objects:  # type: ignore[union-attr]  # there is a scene
        obj.select_set(obj in objects)
    operators: Any = bpy.ops.facegan  # type: ignore[attr-defined]  # the add-on's
    operators.populate(**options)


def face_node(obj: Any) -> Any:
    """The node group in the object's material that shows the face."""
    nodes = obj.material_slots[0].material.node_tree.nodes
    return next(node for node in nodes if node.type == "GROUP" and "Oval Width" in node.inputs)


def add_hair(obj: Any, cut: str, person: int) -> None:
    """Hair on a head, after its face is there."""
    plain = looks.plain("Cloth", (0.4, 0.02, 0.03), 0.9)
    hair: Any = bpy.data.objects.new(f"Hair {obj.name}", hair_meshes(looks.hair(), plain, plain)[cut])
    hair.parent, hair.color = obj, ((0.035, 0.020, 0.012, 1.0), (0.012, 0.010, 0.009, 1.0))[person % 2]
    bpy.context.scene.collection.objects.link(hair)  # type: ignore[union-attr]  # there is a scene


def sheet_mesh() -> Any:
    """An upright square with a UV map that shows all of a picture."""
    mesh: Any = bpy.data.meshes.new("Sheet")
    half = 0.135
    mesh.from_pydata([(x, 0, z + 0.115) for z in (-half, half) for x in (-half, half)], [], [(0, 1, 3, 2)])
    layer = mesh.uv_layers.new()
    for corner, place in zip(layer.data, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        corner.uv = place
    return mesh


def sheet_material(image: Any) -> Any:
    """The picture as it is."""
    material: Any = bpy.data.materials.new("Sheet")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    picture, light, out = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexImage", "Emission", "OutputMaterial"))
    picture.image = image
    tree.links.new(picture.outputs["Color"], light.inputs["Color"])
    tree.links.new(light.outputs[0], out.inputs["Surface"])
    return material


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
    sys.stdout.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(0)
