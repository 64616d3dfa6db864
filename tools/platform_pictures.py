"""Renders the extension platform's featured picture and icon: the demo's stand, and one of its people.

    python -m tools.platform_pictures [--zip ZIP] [FOLDER]      with the environment of `make demo`

They go to docs/platform/ unless another folder is named.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from build_addon import BuildError, build

ROOT = Path(__file__).parents[1]
FEATURED, ICON = (1920, 1080), (256, 256)
"""Pixels, as the platform wants them."""


class PictureError(Exception):
    """Why there are no pictures, in one line."""


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Render the platform's pictures.")
    parser.add_argument("--zip", type=Path, help="the add-on (default: built from this checkout)")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "platform")
    chosen = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="crowd-faces-") as home:
            # Set before Blender is imported: the user's own Blender stays as it is.
            os.environ["BLENDER_USER_RESOURCES"] = home
            archive = chosen.zip or build(Path(home))
            if not archive.is_file():
                raise PictureError(f"{archive} does not exist: run `python build_addon.py` first, or leave --zip out")
            render_pictures(archive.resolve(), chosen.folder.resolve())
    except (PictureError, BuildError, OSError) as error:
        print(f"platform_pictures: {error}", file=sys.stderr)
        return 2
    return 0


def render_pictures(archive: Path, folder: Path) -> None:
    """The stand in the demo's first view, then a woman of its close-up. Raises PictureError."""
    import bpy

    from examples.grandstand import scene
    from examples.grandstand.view import View, light_scene, render

    if not scene.install(archive):
        raise PictureError(f"{archive}: Blender did not install it; its messages are above")
    scene.populate(scene.build(), 0)
    wide, near = scene.VIEWS["crowd"], scene.VIEWS["closeup"]
    for name, view, sun in (
        ("featured", View("Featured", wide.place, wide.aim, wide.lens, FEATURED, 12), scene.SUNS["crowd"]),
        ("icon", View("Icon", near.place, (-4.95, 1.93, 3.60), 980.0, ICON, 64), scene.SUNS["closeup"]),
    ):
        light_scene(bpy.context.scene, sun)
        render(bpy.context.scene, view, folder / f"{name}.png")
        print(folder / f"{name}.png", flush=True)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Blender's own clean-up can wait for ever for one of its threads (seen with 4.5.15).
    os._exit(code)
