"""Renders the manual's pictures of heads, billboards and bakes into docs/pictures/, and takes over those of the demo.

    python -m tools.manual_pictures [--demo FOLDER] [FOLDER]        with a Python that has Blender's module

They are WebP: a palette of 256 colours leaves red spots and hard edges on faces, of which there would be no knowing
whether the model has drawn them.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import blender_facegan  # noqa: E402  # found only now
from examples.grandstand.people import materials, wear  # noqa: E402
from examples.grandstand.view import View, light_scene, render  # noqa: E402
from examples.people.figures import Wardrobe  # noqa: E402
from examples.people.models import Models, Person  # noqa: E402
from tools.portraits import take  # noqa: E402

PEOPLE = (
    ("woman_average", "jumper", "bob", "FEMALE", 27.0, 32),
    ("man_tall", "jacket", "combed", "MALE", 41.0, 24),
    ("girl", "shirt", "ponytail", "FEMALE", 9.0, 46),
    ("man_old", "jumper", "receding", "MALE", 72.0, 42),
)
"""Those who are shown: build, top, hair; sex, age in years, and seed of the face."""
TONES = (2.0, 4.0, 6.0, 8.0)
"""The skins of one of them."""
SPACING = 0.42
"""Metres from one to the next."""
EYES = 0.115
"""Height of the eyes in the picture, metres."""
QUALITY = 92
"""Of the pictures, in per cent."""


def main(arguments: list[str]) -> None:
    """Writes heads.webp, skins.webp, billboards.webp, outlines.webp and baked.webp; with a demo, only those of it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.manual_pictures", description="Render the manual's pictures."
    )
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "pictures")
    parser.add_argument("--demo", type=Path, help="take the pictures that the demo has left in this folder, instead")
    chosen = parser.parse_args(arguments)
    if chosen.demo is not None:
        for name in ("crowd", "closeup", "closeup_right"):
            write_webp(chosen.demo / f"{name}.png", chosen.folder / f"{name}.webp")
        return
    blender_facegan.register()
    for name, build in (
        ("heads", build_heads),
        ("skins", build_skins),
        ("billboards", build_billboards),
        ("outlines", build_outlines),
        ("baked", build_baked),
    ):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        light_scene(bpy.context.scene)
        with tempfile.TemporaryDirectory() as scratch:
            width = build(Path(scratch))
            # Pictures of people are taken in files of their own.
            scene: Any = bpy.context.scene
            view = View(name, (0.0, -6.0, 0.14), (0.0, 0.0, 0.115), 1000.0 * 0.216 / width, (1280, 384), 48)
            rendered = Path(scratch) / f"{name}.png"
            render(scene, view, rendered)
            write_webp(rendered, chosen.folder / f"{name}.webp")


def write_webp(source: Path, target: Path) -> None:
    """The picture as it is, in a format that takes a quarter of the space and keeps its colours."""
    picture: Any = bpy.data.images.load(str(source))
    pixels = np.empty(len(picture.pixels), np.float32)
    picture.pixels.foreach_get(pixels)
    picture.pixels.foreach_set(pixels)  # Blender copies the file of a picture that nothing has changed
    picture.file_format = "WEBP"
    picture.save(filepath=str(target), quality=QUALITY)
    print(target, flush=True)


def build_heads(_scratch: Path) -> float:
    """Faces as they come, on a woman, a man, a child and an old man, none of whom was modelled for it."""
    populate([obj for place in range(4) for obj in stand_up(place, place).objects])
    return 4 * SPACING


def build_skins(_scratch: Path) -> float:
    """One person with four skins."""
    persons = [stand_up(0, place) for place in range(4)]
    for person, tone in zip(persons, TONES, strict=True):
        record: Any = person.body.facegan
        record.skin_tone = tone
    populate([obj for person in persons for obj in person.objects])
    return 4 * SPACING


def build_billboards(scratch: Path) -> float:
    """Planes with pictures of a woman and of a man: as the artist has them, and with their faces."""
    portraits = []
    for build, outfit, cut, *_ in PEOPLE[:2]:
        portraits.append(take(scratch / f"{build}.png", build, outfit, cut, size=(576, 518), tall=0.36, samples=24))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    light_scene(bpy.context.scene)
    for place in range(4):
        image: Any = bpy.data.images.load(str(portraits[place // 2].path))
        image.pack()
        sheet = add(f"Picture {place}", sheet_mesh(0.2, 0.18), place)
        sheet.data.materials.append(cut_out_material(image))
        dress(sheet, place // 2)
        if place % 2:
            populate([sheet])
    return 4 * SPACING


def build_outlines(_scratch: Path) -> float:
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
    """People whose faces were baked, and beside each the picture that it carries."""
    persons = [stand_up(index, 2 * index) for index in range(2)]
    populate([obj for person in persons for obj in person.objects])
    operators: Any = bpy.ops.facegan  # type: ignore[attr-defined]  # the add-on's
    operators.bake(directory=str(scratch), use_baked=True, size=512)
    for index, person in enumerate(persons):
        image = next(n.image for n in person.body.material_slots[0].material.node_tree.nodes if hasattr(n, "image"))
        sheet = add(f"Sheet {index}", sheet_mesh(), 2 * index + 1)
        sheet.data.materials.append(sheet_material(image))
    return 4 * SPACING


def stand_up(who: int, place: int) -> Person:
    """One of PEOPLE, the place-th of four from the left, the eyes at EYES."""
    build, outfit, cut, sex, age, seed = PEOPLE[who]
    wardrobe = Wardrobe()
    person = Models(wardrobe, materials()).person(f"Person {place}", build, outfit, "standing", cut)
    wear(person, wardrobe.builds[build], np.random.default_rng(seed))
    eyes = wardrobe.figure(build, outfit, "standing")
    middle = eyes.points[np.unique(eyes.faces[eyes.slots == 1])].mean(0)
    person.rig.location = ((place - 1.5) * SPACING, -middle[1], EYES - middle[2])
    person.refine(2)
    for obj in person.objects:
        bpy.context.scene.collection.objects.link(obj)  # type: ignore[union-attr]  # there is a scene
    record: Any = person.body.facegan
    record.sex, record.age, record.seed = sex, age, seed
    return person


def add(name: str, mesh: Any, place: int) -> Any:
    """An object of the mesh, the place-th of four from the left."""
    obj: Any = bpy.data.objects.new(name, mesh)
    obj.location = ((place - 1.5) * SPACING, 0.0, 0.0)
    bpy.context.scene.collection.objects.link(obj)  # type: ignore[union-attr]  # there is a scene
    return obj


def dress(obj: Any, person: int) -> None:
    """Says who it is."""
    obj.facegan.sex, obj.facegan.age, obj.facegan.seed = PEOPLE[person][3:]


def populate(objects: list[Any], **options: Any) -> None:
    """Gives these their faces."""
    for obj in bpy.context.scene.objects:  # type: ignore[union-attr]  # there is a scene
        obj.select_set(obj in objects)
    operators: Any = bpy.ops.facegan  # type: ignore[attr-defined]  # the add-on's
    operators.populate(**options)


def face_plane() -> Any:
    """The plane of a billboard: upright, as large as a face's picture."""
    mesh: Any = bpy.data.meshes.new("Face")
    half = 0.086
    mesh.from_pydata([(x, 0, z + EYES) for z in (-half, half) for x in (-half, half)], [], [(0, 1, 3, 2)])
    return mesh


def sheet_mesh(across: float = 0.135, up: float = 0.135) -> Any:
    """An upright plane of half these sides with a UV map that shows all of a picture."""
    mesh: Any = bpy.data.meshes.new("Sheet")
    mesh.from_pydata([(x, 0, z + 0.115) for z in (-up, up) for x in (-across, across)], [], [(0, 1, 3, 2)])
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


def cut_out_material(image: Any) -> Any:
    """The picture as it is, and nothing where it is clear."""
    material = sheet_material(image)
    tree = material.node_tree
    nothing, mixed = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeMixShader")
    picture = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeTexImage")
    light, out = (next(n for n in tree.nodes if n.bl_idname.endswith(kind)) for kind in ("Emission", "OutputMaterial"))
    for target, source in zip(
        mixed.inputs, (picture.outputs["Alpha"], nothing.outputs[0], light.outputs[0]), strict=True
    ):
        tree.links.new(source, target)
    tree.links.new(mixed.outputs[0], out.inputs["Surface"])
    return material


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(0)
