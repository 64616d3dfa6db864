"""A market with a thousand crates, what is in each drawn by a model of fruit and vegetables.

    python -m examples.market MODEL            market/market.blend, and pictures of it

MODEL is a model file that was trained on the pictures of `examples.market.pictures` (see README.md beside this).
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from examples.demo import ROOT, DemoError, newest_zip


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="examples.market", description="Fill a market and render it.")
    parser.add_argument("model", type=Path, help="model file of fruit and vegetables")
    parser.add_argument("--zip", type=Path, help="the add-on (default: the newest in dist/)")
    parser.add_argument("--out", type=Path, default=ROOT / "market", help="folder for results (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another number is another market")
    chosen = parser.parse_args(arguments)
    try:
        if not chosen.model.is_file():
            raise DemoError(f"{chosen.model}: no such file; examples/market/README.md tells how it is trained")
        archive = chosen.zip or newest_zip()
        with tempfile.TemporaryDirectory(prefix="crowd-faces-") as home:
            # Set before Blender is imported: the user's own Blender stays as it is.
            os.environ["BLENDER_USER_RESOURCES"] = home
            run(archive.resolve(), chosen.model.resolve(), chosen.out.resolve(), chosen.seed)
    except (DemoError, OSError) as error:
        print(f"market: {error}", file=sys.stderr)
        return 2
    return 0


def run(archive: Path, model: Path, out: Path, seed: int) -> None:
    """The market, step by step. Raises DemoError."""
    import bpy

    from examples.grandstand import scene
    from examples.market import stalls

    out.mkdir(parents=True, exist_ok=True)
    if not scene.install(archive):
        raise DemoError(f"{archive}: Blender did not install it; its messages are above")
    goods = stalls.build()
    started = time.monotonic()
    stalls.populate(goods, model, seed)
    print(f"Filled {len(goods.objects):,} crates in {time.monotonic() - started:.1f} s", flush=True)
    for name in stalls.VIEWS:
        stalls.render_view(name, out / f"{name}.png")
        print(f"Rendered {out / name}.png", flush=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "market.blend"), compress=True)
    print(f"Saved {out / 'market.blend'}", flush=True)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(code)
