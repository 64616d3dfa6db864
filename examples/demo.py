"""A grandstand of 1,000 people who all have a face of their own.

    python -m examples.demo                 demo/crowd.blend, and pictures of it

Installs the add-on's zip into Blender as an artist does, builds the stand, presses Populate, saves and renders.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


class DemoError(Exception):
    """Why there is no demo, in one line."""


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Fill a grandstand and render it.")
    parser.add_argument("--zip", type=Path, help="the add-on (default: the newest in dist/)")
    parser.add_argument("--out", type=Path, default=ROOT / "demo", help="folder for the results (default: %(default)s)")
    parser.add_argument("--crowd-seed", type=int, default=0, help="another number is another crowd")
    chosen = parser.parse_args(arguments)
    try:
        archive = chosen.zip or newest_zip()
        with tempfile.TemporaryDirectory(prefix="crowd-faces-") as home:
            # Set before Blender is imported: the user's own Blender stays as it is.
            os.environ["BLENDER_USER_RESOURCES"] = home
            run(archive.resolve(), chosen.out.resolve(), chosen.crowd_seed)
    except (DemoError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    return 0


def newest_zip() -> Path:
    """The zip that was built last. Raises DemoError when there is none."""
    found = sorted((ROOT / "dist").glob("facegan-*.zip"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise DemoError("no add-on in dist/: run `python build_addon.py` first")
    return found[-1]


def run(archive: Path, out: Path, crowd_seed: int) -> None:
    """The demo, step by step. Raises DemoError."""
    from examples.grandstand import scene

    started = time.monotonic()

    def tell(what: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {what}", flush=True)

    out.mkdir(parents=True, exist_ok=True)
    tell(f"Blender {scene.blender_version()}")
    if not scene.install(archive):
        raise DemoError(f"{archive}: Blender did not install it; its messages are above")
    tell(f"Installed {archive.name}")
    crowd = scene.build()
    tell(f"Built a grandstand with {len(crowd.persons):,} people")
    before = time.monotonic()
    scene.populate(crowd, crowd_seed)
    tell(f"Populated it in {time.monotonic() - before:.1f} s")
    for name in scene.VIEWS:
        tell(f"Rendering {name}.png, which takes up to a minute ...")
        scene.render_view(name, out / f"{name}.png")
        tell(f"Rendered {out / name}.png")
    scene.save(out / "crowd.blend")
    tell(f"Saved {out / 'crowd.blend'}")


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(code)
