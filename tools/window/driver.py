"""The hand on the mouse and the camera: starts the screen and Blender, clicks, and takes the pictures.

    python3 -m tools.window.driver ZIP          within the Debian that has the Blender; see `tools.window`

What Blender is at is told by files that `session` writes beside the zip.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DISPLAY = ":77"
WIDTH, HEIGHT = 1600, 1000
TAB, POPULATE, PEOPLE, GALLERY = (1308, 203), (1165, 209), (1100, 324), (1165, 699)
"""Where the sidebar's tab, its buttons, and the head of the panel People are: pixels from the window's upper left."""
SIDEBAR, SHEET = "256x777+1038+82", "524x412+658+578"
"""What is cut out of the window for the pictures of the sidebar and of the sheet of faces."""
SIGNS = ("ready", "populated", "sheet", "shade", "shown")
"""Files by which the session and the driver tell each other how far they are."""
PATIENCE = 900.0
"""Seconds for each step: a processor draws slowly."""
STILL, COMPILED = 8, 60
"""Looks, two seconds apart, that find the screen unchanged before it counts as drawn; and so with its shaders, each of
which takes the processor a while."""


class DriverError(Exception):
    """Which step did not come about."""


def main(archive: Path) -> None:
    """Installs, populates, and leaves the pictures beside the zip. Raises DriverError."""
    out = archive.parent
    for old in (*SIGNS, "error"):
        (out / old).unlink(missing_ok=True)
    with _screen(), _blender(archive) as blender:
        _wait_for(out / "ready", blender)
        _settle(out)
        _click(*TAB)
        _settle(out)
        _picture(out / "window-before.webp")
        _click(*POPULATE)
        time.sleep(12)
        _picture(out / "window-progress.webp")
        _wait_for(out / "populated", blender)
        _settle(out)
        _click(*PEOPLE)
        _settle(out)
        _picture(out / "sidebar.webp", SIDEBAR)
        _click(*GALLERY)
        _wait_for(out / "sheet", blender)
        _settle(out)
        _picture(out / "gallery.webp", SHEET)
        _do("key", "Escape")
        _click(*PEOPLE)
        (out / "shade").touch()
        _wait_for(out / "shown", blender)
        _settle(out, COMPILED)
        _picture(out / "window.webp")
    for name in SIGNS:
        (out / name).unlink()


@contextmanager
def _screen() -> Iterator[None]:
    screen = ["Xvfb", DISPLAY, "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "+extension", "GLX", "-nolisten", "tcp"]
    server = subprocess.Popen(screen, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(2)
    if server.poll() is not None:
        raise DriverError(f"Xvfb did not start on {DISPLAY}: is that display taken?")
    try:
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _blender(archive: Path) -> Iterator["subprocess.Popen[bytes]"]:
    home = Path("/tmp/crowd-faces-home")  # within a Debian of our own
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(home),
        "DISPLAY": DISPLAY,
        "HOME": str(home),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "XDG_RUNTIME_DIR": str(home),
    }
    script = Path(__file__).with_name("session.py")
    command = ["blender", "--factory-startup", "--gpu-backend", "opengl", "-p", "0", "0", str(WIDTH), str(HEIGHT)]
    blender = subprocess.Popen([*command, "--python", str(script), "--", str(archive)], env=environment)
    try:
        yield blender
    finally:
        blender.kill()
        blender.wait()


def _wait_for(sign: Path, blender: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while not sign.exists():
        error = sign.with_name("error")
        if error.exists():
            raise DriverError(error.read_text(encoding="utf-8"))
        if blender.poll() is not None:
            raise DriverError(f"Blender ended with {blender.returncode} before it was {sign.name}")
        if time.monotonic() > end:
            _picture(sign.with_name("window-failed.webp"))
            raise DriverError(f"not {sign.name} after {PATIENCE:.0f} s: see window-failed.webp")
        time.sleep(1)


def _click(x: int, y: int) -> None:
    # Blender wants to see the pointer come, before it takes a click.
    for step in (["mousemove", str(x - 30), str(y + 40)], ["mousemove", str(x), str(y)], ["click", "1"]):
        _do(*step)
        time.sleep(1)


def _do(*words: str) -> None:
    subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": DISPLAY}, check=True)


def _settle(out: Path, still: int = STILL) -> None:
    """Waits until the screen has stayed the same for a while."""
    end, before, same = time.monotonic() + PATIENCE, b"", 0
    while same < still and time.monotonic() < end:
        time.sleep(2)
        _take(out / "look.ppm")
        now = (out / "look.ppm").read_bytes()
        before, same = now, same + 1 if now == before else 0
    (out / "look.ppm").unlink()


def _take(target: Path) -> None:
    subprocess.run(["import", "-display", DISPLAY, "-window", "root", str(target)], check=True)


def _picture(target: Path, cut: str = "") -> None:
    taken = target.with_suffix(".taken.png")
    _take(taken)
    if cut:
        subprocess.run(["convert", str(taken), "-crop", cut, "+repage", str(taken)], check=True)
    subprocess.run(["convert", str(taken), "-quality", "92", str(target)], check=True)
    taken.unlink()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except DriverError as error:
        print(f"window: {error}", file=sys.stderr)
        raise SystemExit(2) from None
