"""Drive the add-on in a Blender with a window, as an artist does, and take pictures of it.

    python -m tools.window --debian FOLDER [--make] [--zip ZIP] [--out FOLDER]

The Blender is that of Debian 13 (4.3), in a folder of its own, so that nothing is installed on this machine: --make
fills the folder with `debootstrap` (1.9 GB). The window is on an invisible screen (Xvfb), drawn by the processor
(Mesa). The add-on's zip is installed from its file, a grandstand is built, `Populate` is clicked with xdotool, and
ImageMagick's `import` takes the pictures, since Blender's own screenshots are black there. Only root can do this, on
Linux: the folder is entered by chroot, with mounts that no other process sees.

The pictures, as WebP: window-before, window-progress, sidebar, gallery, window.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from build_addon import BuildError, build

ROOT = Path(__file__).parents[2]
RELEASE = "trixie"
PACKAGES = (
    "blender",
    "imagemagick",
    "libegl1",
    "libgl1-mesa-dri",
    "python3-numpy",
    "python3-zstandard",
    "xdotool",
    "xvfb",
)
"""Besides Blender: what its add-ons need, and the screen, the mouse and the camera."""
INSIDE = Path("/mnt")
"""Where the driver finds the checkout (code) and puts its pictures (out), seen from within."""


class WindowError(Exception):
    """Why there is no picture, in one line."""


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.window", description="Photograph the add-on in a window.")
    parser.add_argument("--debian", type=Path, required=True, help="folder of the Debian that has the Blender")
    parser.add_argument("--make", action="store_true", help="make that Debian first")
    parser.add_argument("--zip", type=Path, help="the add-on (default: built from this checkout)")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "demo", help="folder for the pictures (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    try:
        if chosen.make:
            make_debian(chosen.debian.resolve())
        archive = chosen.zip or build(chosen.out.resolve())
        photograph(chosen.debian.resolve(), archive.resolve(), chosen.out.resolve())
    except (WindowError, BuildError, OSError) as error:
        print(f"window: {error}", file=sys.stderr)
        return 2
    return 0


def make_debian(folder: Path) -> None:
    """Fills the folder. Raises WindowError."""
    if shutil.which("debootstrap") is None:
        raise WindowError("no debootstrap: apt-get install debootstrap")
    folder.mkdir(parents=True, exist_ok=True)
    _run(["debootstrap", "--variant=minbase", RELEASE, str(folder)], "debootstrap failed")
    shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
    install = "apt-get update && apt-get install -y --no-install-recommends " + " ".join(PACKAGES)
    _enter(folder, {}, f"DEBIAN_FRONTEND=noninteractive sh -c {shlex.quote(install)}", "apt-get failed")


def photograph(debian: Path, archive: Path, out: Path) -> None:
    """Runs the driver within that Debian. Raises WindowError."""
    if not (debian / "usr" / "bin" / "blender").is_file():
        raise WindowError(f"no Blender in {debian}: run again with --make")
    if not archive.is_file():
        raise WindowError(f"{archive} does not exist: run `python build_addon.py` first, or leave --zip out")
    out.mkdir(parents=True, exist_ok=True)
    target = out / archive.name
    if target != archive:
        shutil.copy(archive, target)
    binds = {ROOT: INSIDE / "code", out: INSIDE / "out"}
    command = f"cd {INSIDE}/code && python3 -B -m tools.window.driver {shlex.quote(f'{INSIDE}/out/{archive.name}')}"
    _enter(debian, binds, command, "no picture; what went wrong is told above")


def _enter(debian: Path, binds: dict[Path, Path], command: str, failure: str) -> None:
    """Runs a shell command within the folder, with these places bound to places of its own."""
    if os.geteuid() != 0:
        raise WindowError("only root may chroot: run it as root")
    steps = ["set -e"]
    for place, inside in ({Path("/proc"): Path("/proc"), Path("/dev"): Path("/dev")} | binds).items():
        target = debian / inside.relative_to("/")
        target.mkdir(parents=True, exist_ok=True)
        steps.append(f"mount --bind {shlex.quote(str(place))} {shlex.quote(str(target))}")
    steps.append(f"exec chroot {shlex.quote(str(debian))} sh -c {shlex.quote(command)}")
    _run(["unshare", "--mount", "sh", "-c", "\n".join(steps)], failure)


def _run(command: list[str], failure: str) -> None:
    if subprocess.run(command, check=False).returncode:
        raise WindowError(failure)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
