r"""How long it takes to bake characters, and to write the table of a crowd.

    python -m benchmarks.export [--characters 20] [--crowd 1000] [--sizes 512 2048 4096]

Runs in an environment with Blender's Python module. `textures` bakes heads of MakeHuman's man into copies of their
texture, for each size; the column is seconds a character, of wall and of processor. `images` is *Bake to Images* with
*Use on Characters* at 256 pixels. `table` writes pages, texture array and table of a crowd of billboards. Memory is the
most that the process has held so far.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import bpy

import blender_facegan
from blender_facegan import api
from tests.blender.crowds import plane
from tests.blender.export.test_texture_baking import painted, textured, unwrapped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=20)
    parser.add_argument("--crowd", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 2048, 4096])
    arguments = parser.parse_args()
    print(f"Blender {bpy.app.version_string}, {os.cpu_count()} cores{'':24}wall  processor     memory")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for size in arguments.sizes:
            count = max(1, min(arguments.characters, arguments.characters * 512 // size))
            heads = busts(folder / f"painted_{size}.png", size, count)
            told(f"textures, {size} pixels", count, lambda: api.bake_textures(heads, folder / f"textures_{size}"))  # noqa: B023
        heads = busts(folder / "painted.png", 512, arguments.characters)
        told("images", arguments.characters, lambda: api.bake_images(heads, folder / "images", size=256))
        crowd = billboards(arguments.crowd)
        told(f"table of {len(crowd):,}, all of it", 1, lambda: api.export_table(crowd, folder / "table", array=True))


def told(name: str, count: int, work: Callable[[], Any]) -> None:
    """Does the work and tells what it took for each of `count`."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  {name:40}{wall / count:8.2f} s{processor / count:9.2f} s{memory:8.2f} GB", flush=True)


def busts(path: Path, size: int, count: int) -> list[Any]:
    """Heads side by side that share a mesh and a texture, with a face each."""
    fresh()
    first = unwrapped("Bust")
    first.data.materials[0] = textured("Painted", painted(path, size, size, is_clear=False))
    heads = [first]
    for index in range(1, count):
        obj: Any = bpy.data.objects.new(f"Bust {index}", first.data)
        obj.location.x = 2.0 * index
        scene: Any = bpy.context.scene
        scene.collection.objects.link(obj)
        heads.append(obj)
    api.populate(heads)
    return heads


def billboards(count: int) -> list[Any]:
    """A crowd of planes that share a mesh."""
    fresh()
    first = plane("Flat")
    crowd = [first, *(plane(f"Flat {i}", (float(i % 40), float(i // 40), 0.0), first.data) for i in range(1, count))]
    api.populate(crowd)
    return crowd


def fresh() -> None:
    """An empty file, with the add-on."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if not hasattr(bpy.types, "FACEGAN_OT_populate"):
        blender_facegan.register()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(0)
