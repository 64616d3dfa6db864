"""Where faces land after they were baked into the artist's textures, written as GLB and read back: measured in renders.

python -m tools.baked_placement [--images] FILE...          with a Python that has Blender's module

The files are those of `tools.face_placement`, with the true places beside them. The tiles of the pages hold their own
coordinates, red across and green up, and blue where a face is whole, while the faces are baked; so every pixel of what
is read back says which point of the picture lies there. Printed are the offsets in shares of eye to chin.
--images: what *Bake to Images* makes, in place of *Bake to Textures*.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np

import blender_facegan
from tools.face_placement import VIEWS, bald, head_frame, light, load, offsets, refresh, rest, truth

data: Any = bpy.data
ops: Any = bpy.ops


def main(arguments: list[str]) -> None:
    """Measures each file."""
    images = "--images" in arguments
    for file in (Path(name) for name in arguments if name != "--images"):
        load(file)
        blender_facegan.register()
        try:
            print(f"{file.name:34s} {measure(file, images)}", flush=True)
        finally:
            blender_facegan.unregister()


def measure(file: Path, images: bool) -> str:
    """Populates, bakes, writes, reads back, and says what came of it in one line."""
    scene: Any = bpy.context.scene
    refresh()
    for obj in scene.objects:
        obj.select_set(obj.type == "MESH" and not obj.name.startswith("Icosphere"))
    try:
        ops.facegan.populate(scope="SELECTED")
    except RuntimeError as error:
        return f"refused: {str(error).strip()[:150]}"
    told = truth(file)
    if told is None:
        return "no true places"
    heads = [obj for obj in scene.objects if obj.type == "MESH" and obj.facegan.page is not None]
    rest(scene)
    frame = head_frame(heads[0], told)
    tell_places(heads)
    with tempfile.TemporaryDirectory() as folder:
        try:
            if images:
                ops.facegan.bake(directory=folder, use_baked=True, size=1024)
            else:
                ops.facegan.bake_textures(directory=folder)
        except RuntimeError as error:
            return f"not baked: {str(error).strip()[:150]}"
        path = Path(folder) / "baked.glb"
        written = {picture.stem for picture in Path(folder).glob("*.png")}
        if not written:
            return "not baked: no UV map, or none with room for a face"
        ops.export_scene.gltf(filepath=str(path), export_rest_position_armature=True, export_animations=False)
        load(path)
    back: Any = bpy.context.scene
    rest(back)
    light(back)
    bald(back.objects)
    for material in data.materials:
        shine(material, written)
    return " | ".join(offsets(back, frame, yaw, told) for yaw in VIEWS)


def tell_places(heads: list[Any]) -> None:
    """Puts their coordinates into the tiles of the page, and takes the skin's colour away, which would add to them."""
    page: Any = heads[0].facegan.page
    width, height = page.size
    pixels = np.empty(width * height * 4, np.float32)
    page.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)
    for head in heads:
        u, v, size_u, size_v = head["facegan_tile"]
        left, low = round(u * width), round(v * height)
        right, top = left + round(size_u * width), low + round(size_v * height)
        pixels[low:top, left:right, 0] = encoded((np.arange(left, right) + 0.5 - u * width) / (size_u * width))
        pixels[low:top, left:right, 1] = encoded((np.arange(low, top) + 0.5 - v * height) / (size_v * height))[:, None]
        pixels[low:top, left:right, 2] = 1.0
        head["facegan_skin"] = (0.0, 0.0, 0.0)
    page.pixels.foreach_set(pixels.ravel())
    page.update()


def encoded(linear: Any) -> Any:
    """Values in sRGB of linear ones (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def shine(material: Any, written: set[str]) -> None:
    """Lets a material show the picture that was baked by itself, and others nothing. written: the pictures' names."""
    tree = material.node_tree
    shader = next((node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled"), None) if tree else None
    if shader is None:
        return
    emission = tree.nodes.new("ShaderNodeEmission")
    emission.inputs["Color"].default_value = (0, 0, 0, 1)
    for link in shader.inputs["Base Color"].links:
        image = getattr(link.from_node, "image", None)
        if image is not None and {image.name, Path(image.name).stem} & written:
            tree.links.new(link.from_socket, emission.inputs["Color"])
    out = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
    tree.links.new(emission.outputs[0], out.inputs["Surface"])


if __name__ == "__main__":
    main(sys.argv[1:])
