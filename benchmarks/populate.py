r"""Seconds that Populate takes in Blender, its three steps apart, for crowds of objects and of instances.

    python benchmarks/populate.py [--model faces.facegan] [--count 1000 10000] [--threads 1] [--distinct]

Runs in an environment with Blender's Python module (`make test-blender` makes one). `look` and `write` hold Blender up;
`make` runs in a thread while the artist goes on working. `again` populates once more with nothing changed, `re-roll`
gives one of the crowd another face, and `one more` gives one to somebody who has joined it. Wall is what a user waits;
processor is what this process used, which other programs on the machine disturb less.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

import bpy

import blender_facegan
from blender_facegan import api
from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.scene.instances.points import PointStore
from blender_facegan.scene.people.recipes import Revision
from blender_facegan.scene.populate.objects import ObjectStore
from blender_facegan.scene.populate.populate import Survey, commit, survey
from blender_facegan.scene.populate.settings import Settings

Result = TypeVar("Result")
SPACING = 1.2


def billboard() -> Any:
    mesh = bpy.data.meshes.new("Billboard")
    mesh.from_pydata([(-0.5, 0, -0.5), (0.5, 0, -0.5), (0.5, 0, 0.5), (-0.5, 0, 0.5)], [], [(0, 1, 2, 3)])
    return mesh


def place(i: int, side: int) -> tuple[float, float, float]:
    return (i % side * SPACING, i // side * SPACING, 0.0)


def objects(count: int) -> list[Any]:
    mesh, side = billboard(), int(count**0.5)
    collection: Any = bpy.context.scene.collection  # type: ignore[union-attr]  # a new file has a scene
    crowd = []
    for i in range(count):
        obj = bpy.data.objects.new(f"Person {i}", mesh)
        obj.location = place(i, side)
        collection.objects.link(obj)
        crowd.append(obj)
    return crowd


def seats(count: int) -> Any:
    mesh, side = bpy.data.meshes.new("Seats"), int(count**0.5)
    mesh.from_pydata([place(i, side) for i in range(count)], [], [])
    owner = bpy.data.objects.new("Seats", mesh)
    collection: Any = bpy.context.scene.collection  # type: ignore[union-attr]  # a new file has a scene
    collection.objects.link(owner)
    return owner


def timed(name: str, call: Callable[[], Result]) -> Result:
    wall, processor = time.perf_counter(), time.process_time()
    result = call()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"  {name:18}{wall:9.2f} s{processor:9.2f} s", flush=True)
    return result


def time_objects(count: int, settings: Settings) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    crowd = objects(count)
    head("objects", count)
    for when in ("", ", again"):
        time_steps(when, lambda: survey(ObjectStore.look(crowd, settings), settings))
    reroll = Revision(reroll=True)
    time_steps(", re-roll", lambda: survey(ObjectStore.look([crowd[count // 2]], settings, reroll), settings))
    joined = crowd[0].copy()
    collection: Any = bpy.context.scene.collection  # type: ignore[union-attr]  # a new file has a scene
    collection.objects.link(joined)
    time_steps(", one more", lambda: survey(ObjectStore.look([joined], settings), settings))


def time_instances(count: int, settings: Settings) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    owner = seats(count)
    shown = bpy.data.objects.new("Billboard", billboard())
    head("instances", count)
    for when in ("", ", again"):
        time_steps(when, lambda: survey(PointStore.look([owner], settings, [shown]), settings))


def time_steps(when: str, look: Callable[[], Survey]) -> None:
    found = timed(f"look{when}", look)
    faces = timed(f"make{when}", lambda: make_faces(found.request, lambda *_: None, lambda: False))
    report = timed(f"write{when}", lambda: commit(found, faces))
    print(f"  {report.fresh:,} new faces on {report.pages} pages")


def head(what: str, count: int) -> None:
    print(f"{count:,} {what}{'':12}     wall  processor", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="default: the one that comes with the add-on")
    parser.add_argument("--count", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--threads", type=int, help="default: every core")
    parser.add_argument("--distinct", action="store_true", help="keep near-clones apart, as the panel does")
    arguments = parser.parse_args()
    blender_facegan.register()
    try:
        chosen = api.settings("stadium", model=arguments.model, threads=arguments.threads, likeness=None)
    except ModelFileError as error:
        parser.error(str(error))
    if arguments.distinct:
        chosen = replace(chosen, likeness=api.settings(model=arguments.model).likeness)
    print(f"Blender {bpy.app.version_string}, {chosen.model.name}, {arguments.threads or os.cpu_count()} threads")
    for count in arguments.count:
        time_objects(count, chosen)
        time_instances(count, chosen)
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB of memory")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(0)
