"""How long finding faces takes, beside nothing else: characters that share meshes, and characters that do not.

python -m benchmarks.heads [SHARED] [DIFFERENT]        with a Python that has Blender's module

SHARED characters of ten meshes (default 1,000), then DIFFERENT ones of a mesh each (default 100), of 13,500 vertices.
Prints seconds, and seconds for 1,000.
"""

import sys
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import blender_facegan  # noqa: E402  # found only now
from blender_facegan.scene.head.finder import FaceFinder  # noqa: E402
from blender_facegan.scene.head.persons import persons_of  # noqa: E402
from blender_facegan.scene.people.characters import Surveyor  # noqa: E402
from tests.blender.head.characters import rigged  # noqa: E402


def main(arguments: list[str]) -> None:
    shared, different = (int(value) for value in (*arguments, "1000", "100")[:2])
    blender_facegan.register()
    for title, count, meshes in (("sharing ten meshes", shared, 10), ("of a mesh each", different, different)):
        crowd = build(count, meshes)
        began = time.perf_counter()
        persons, skipped = persons_of(crowd, Surveyor(), FaceFinder())
        took = time.perf_counter() - began
        print(f"{count:,} characters {title}: {took:.2f} s, {took / count * 1000:.1f} s for 1,000", flush=True)
        print(f"  {len(persons):,} persons, {len(skipped)} skipped")


def build(count: int, meshes: int) -> list[Any]:
    """Rigged men side by side, of as many meshes, each of another size."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene: Any = bpy.context.scene
    first, rig = rigged("Man")
    shapes = [first.data]
    places = np.empty(len(first.data.vertices) * 3, np.float32)
    first.data.vertices.foreach_get("co", places)
    for index in range(1, meshes):
        other = first.data.copy()
        other.vertices.foreach_set("co", places * (1 + 0.1 * index / meshes))
        shapes.append(other)
    crowd = [first]
    for index in range(1, count):
        armature = rig.copy()
        obj = first.copy()
        obj.data, obj.parent = shapes[index % meshes], armature
        obj.modifiers[0].object = armature
        armature.location = (index % 50 * 2.0, index // 50 * 2.0, 0.0)
        scene.collection.objects.link(armature)
        scene.collection.objects.link(obj)
        crowd.append(obj)
    layer: Any = bpy.context.view_layer
    layer.update()
    return crowd


if __name__ == "__main__":
    main(sys.argv[1:])
