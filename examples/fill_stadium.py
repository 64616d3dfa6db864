"""Fills the stands of a stadium with people who all have a face of their own, from Python and without a window.

    blender --background --python examples/fill_stadium.py -- stadium.blend 5000

There are not 5,000 objects: the seats are points of one mesh, geometry nodes put a fan on each, and the faces are
attributes of the points. Blender 4.2 or newer with the add-on enabled; nothing else.
"""

import importlib
import math
import os
import sys
from pathlib import Path
from typing import Any

import bpy

SEAT, ROW, RISE = 0.6, 0.9, 0.45
"""Metres between seats, between rows, and up from row to row."""
INNER = 20.0
"""Radius of the first row in metres."""
HAIR = ((0.01, 0.008, 0.006), (0.04, 0.02, 0.01), (0.12, 0.06, 0.025), (0.3, 0.2, 0.09), (0.35, 0.34, 0.33))
SHIRTS = ((0.55, 0.02, 0.03), (0.02, 0.05, 0.3), (0.75, 0.72, 0.65), (0.02, 0.15, 0.06))


def crowd_faces() -> Any:
    """The add-on's Python interface: its name depends on the repository that it was installed from."""
    for addon in bpy.context.preferences.addons:  # type: ignore[union-attr]  # there in every real Blender
        if addon.module.split(".")[-1] == "facegan":
            return importlib.import_module(f"{addon.module}.api")
    raise SystemExit("Crowd Faces is not enabled: enable it under Edit > Preferences > Add-ons")


def seats(count: int) -> Any:
    """A mesh with a point for each seat, and what the club knows of the people: who is a man, and how old."""
    places: list[tuple[float, float, float]] = []
    turns: list[float] = []
    row = 0
    while len(places) < count:
        radius = INNER + row * ROW
        here = min(int(2 * math.pi * radius / SEAT), count - len(places))
        for i in range(here):
            turn = 2 * math.pi * (i + row % 2 / 2) * SEAT / (SEAT * int(2 * math.pi * radius / SEAT))
            places.append((radius * math.cos(turn), radius * math.sin(turn), row * RISE))
            turns.append(turn - math.pi / 2)
        row += 1
    mesh: Any = bpy.data.meshes.new("Seats")
    mesh.from_pydata(places, [], [])
    mesh.attributes.new("turn", "FLOAT", "POINT").data.foreach_set("value", turns)
    mesh.attributes.new("seat", "INT", "POINT").data.foreach_set("value", range(count))
    stand = bpy.data.objects.new("Seats", mesh)
    bpy.context.scene.collection.objects.link(stand)  # type: ignore[union-attr]
    return stand


def fan() -> Any:
    """A collection: a head, whose material takes the face, hair, and a body; hair and shirt differ from fan to fan."""
    group = bpy.data.collections.new("Fan")
    parts = (
        (_solid("Head", (0.105, 0.125, 0.15), (0.0, 0.0, 0.72)), _material("Skin")),
        (_solid("Hair", (0.115, 0.12, 0.135), (0.0, 0.035, 0.765)), _varied("Hair", HAIR)),
        (_solid("Body", (0.23, 0.14, 0.36), (0.0, 0.02, 0.24)), _varied("Shirt", SHIRTS)),
    )
    for part, material in parts:
        part.data.materials.append(material)
        group.objects.link(part)
    return group


def _solid(name: str, radii: tuple[float, float, float], center: tuple[float, float, float]) -> Any:
    """An ellipsoid."""
    mesh: Any = bpy.data.meshes.new(name)
    around, up = 24, 14
    points = [(0.0, 0.0, -1.0)]
    for j in range(1, up):
        ring, z = math.sin(math.pi * j / up), -math.cos(math.pi * j / up)
        points += [
            (ring * math.cos(2 * math.pi * i / around), ring * math.sin(2 * math.pi * i / around), z)
            for i in range(around)
        ]
    points.append((0.0, 0.0, 1.0))
    sides: list[tuple[int, ...]] = [(0, 1 + (i + 1) % around, 1 + i) for i in range(around)]
    for j in range(up - 2):
        low = 1 + j * around
        sides += [
            (low + i, low + (i + 1) % around, low + around + (i + 1) % around, low + around + i) for i in range(around)
        ]
    last = len(points) - 1
    sides += [(last, last - around + i, last - around + (i + 1) % around) for i in range(around)]
    placed = [tuple(a * b + c for a, b, c in zip(point, radii, center, strict=True)) for point in points]
    mesh.from_pydata(placed, [], sides)
    mesh.shade_smooth()
    return bpy.data.objects.new(name, mesh)


def _material(name: str) -> Any:
    material: Any = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    return material


def _varied(name: str, colors: tuple[tuple[float, float, float], ...]) -> Any:
    """One of the colours for each fan, by the random number of the instance."""
    material = _material(name)
    tree = material.node_tree
    ramp, info = tree.nodes.new("ShaderNodeValToRGB"), tree.nodes.new("ShaderNodeObjectInfo")
    ramp.color_ramp.interpolation = "CONSTANT"
    ramp.color_ramp.elements[1].position = 1 / len(colors)
    while len(ramp.color_ramp.elements) < len(colors):
        ramp.color_ramp.elements.new(len(ramp.color_ramp.elements) / len(colors))
    for element, color in zip(ramp.color_ramp.elements, colors, strict=True):
        element.color = (*color, 1.0)
    tree.links.new(info.outputs["Random"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    return material


def sit_down(stand: Any, group: Any) -> None:
    """Geometry nodes that put the collection on every seat, turned to the field."""
    tree: Any = bpy.data.node_groups.new("Sit Down", "GeometryNodeTree")
    for in_out in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=in_out, socket_type="NodeSocketGeometry")
    nodes = {
        kind: tree.nodes.new(kind)
        for kind in (
            "NodeGroupInput",
            "NodeGroupOutput",
            "GeometryNodeCollectionInfo",
            "GeometryNodeInstanceOnPoints",
            "GeometryNodeInputNamedAttribute",
            "ShaderNodeCombineXYZ",
        )
    }
    place, turn = nodes["GeometryNodeInstanceOnPoints"], nodes["GeometryNodeInputNamedAttribute"]
    nodes["GeometryNodeCollectionInfo"].inputs["Collection"].default_value = group
    turn.inputs["Name"].default_value = "turn"
    tree.links.new(nodes["NodeGroupInput"].outputs[0], place.inputs["Points"])
    tree.links.new(nodes["GeometryNodeCollectionInfo"].outputs[0], place.inputs["Instance"])
    tree.links.new(turn.outputs["Attribute"], nodes["ShaderNodeCombineXYZ"].inputs["Z"])
    tree.links.new(nodes["ShaderNodeCombineXYZ"].outputs[0], place.inputs["Rotation"])
    tree.links.new(place.outputs["Instances"], nodes["NodeGroupOutput"].inputs[0])
    stand.modifiers.new("Sit Down", "NODES").node_group = tree


def main(arguments: list[str]) -> None:
    """Builds the stands, fills them, and saves. arguments: the .blend to write, and how many seats."""
    out = Path(arguments[0] if arguments else "stadium.blend").resolve()
    count = int(arguments[1]) if len(arguments) > 1 else 5000
    faces = crowd_faces()
    bpy.ops.wm.read_homefile(use_empty=True)
    stand, group = seats(count), fan()
    # An egg has no features by which a face would be found.
    faces.mark_face(
        group.objects["Head"],
        left_eye=(-0.033, -0.117, 0.74),
        right_eye=(0.033, -0.117, 0.74),
        mouth=(0.0, -0.12, 0.67),
        chin=(0.0, -0.1, 0.625),
    )
    sit_down(stand, group)
    chosen = faces.settings(
        "stadium",
        crowd_seed=2026,
        skin_material="Skin",  # only the head has it, so hair and shirt stay as they are
        sources=faces.Sources(identity="seat"),  # a seat keeps its face, whoever comes or goes around it
    )
    report = faces.populate_instances([stand], chosen, progress=lambda made, total: print(f"{made:,} of {total:,}"))
    print(f"{report.characters:,} fans, {report.women:,} of them women, on {report.pages} pages of faces")
    bpy.ops.wm.save_as_mainfile(filepath=str(out))
    print(f"Saved {out}")


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
    sys.stdout.flush()
    if not bpy.app.binary_path:  # Blender as a Python module: its clean-up can wait for ever
        os._exit(0)
