r"""How long finding faces takes: on characters that share meshes, and on those that do not.

    python -m benchmarks.heads [--shared 1000] [--different 100] [--threads 2]

Runs in an environment with Blender's Python module. `shared` characters of ten meshes, then `different` ones of a mesh
each, of 13,500 vertices. `find` looks for all faces, as Populate does before it makes any; `again` looks at the same
crowd when its meshes carry their faces. Wall is what a user waits; processor is what this process used, which other
programs on the machine disturb less. `held` is the longest that Blender's own thread was kept at a time, in a window
that looks ten times a second.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import bpy
import numpy as np

import blender_facegan
from blender_facegan.scene.head.finder import FaceFinder, write_face
from blender_facegan.scene.head.persons import Person, persons_of
from blender_facegan.scene.head.search import FaceSearch
from blender_facegan.scene.people.characters import Surveyor
from tests.blender.head.characters import rigged

READING, PAUSE = 0.03, 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=int, default=1000)
    parser.add_argument("--different", type=int, default=100)
    parser.add_argument("--threads", type=int, help="default: every core")
    arguments = parser.parse_args()
    blender_facegan.register()
    print(f"Blender {bpy.app.version_string}, {arguments.threads or os.cpu_count()} threads")
    shared, different = arguments.shared, arguments.different
    for title, count, meshes in (("sharing ten meshes", shared, 10), ("of a mesh each", different, different)):
        crowd = build(count, meshes)
        print(f"{count:,} characters {title}{'':10}wall  processor       held")
        persons = find("find", crowd, arguments.threads)
        for person in persons:
            for carrier in person.carriers:
                write_face(carrier, person.head)
        again = find("again", crowd, arguments.threads)
        print(f"  {len(persons):,} and {len(again):,} persons", flush=True)


def find(name: str, crowd: list[Any], threads: int | None) -> list[Person]:
    """Goes on as the operator does in a window, without the pauses in which Blender has nothing to do."""
    wall, processor, held = time.perf_counter(), time.process_time(), 0.0
    search = FaceSearch(threads)
    while True:
        began = time.perf_counter()
        persons, _ = persons_of(crowd, Surveyor(), FaceFinder(search=search))
        held = max(held, time.perf_counter() - began)
        if search.is_complete:
            break
        over = False
        while not over:
            began = time.perf_counter()
            over = search.step(READING)
            held = max(held, time.perf_counter() - began)
            if not over:
                time.sleep(PAUSE - READING)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"  {name:34}{wall:8.2f} s{processor:9.2f} s{held:9.2f} s", flush=True)
    return persons


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
    main()
    sys.stdout.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(0)
