"""Make the project's virtual environments, pinned, with nothing but the standard library.

    python -m tools.environments NAME        makes .venv-NAME in the project's folder, or keeps a current one

NAME is `dev` (the trainer, its tests, ruff and mypy), `demo` (the Blender of the running Python) or
`blender-VERSION` (that Blender and what tests need). The environment gets the Python that runs this.
pip reads its usual settings: PIP_EXTRA_INDEX_URL, for one, leads to a CPU build of torch. TORCH_VERSION=2.9.1
takes that torch in place of the pinned one.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.shared_libraries import SetUpError, provide

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
TEST_PACKAGES = ("pytest", "hypothesis", "safetensors", "scipy")
GIGABYTE = 10**9
NO_ROOM = 3


class NoRoomError(SetUpError):
    """The disk cannot take it."""


@dataclass(frozen=True)
class Blender:
    """A release of Blender's module: the Python it is built for, and the numpy to test it with.

    4.5 and 5.0 ask for numpy 1.26 or newer and below 2; 4.2, whose official build ships 1.24, takes any.
    """

    version: str
    python: str
    numpy: str | None = None


BLENDERS = (
    Blender("4.2.23", python="3.11", numpy="1.26.4"),
    Blender("4.5.15", python="3.11", numpy="1.26.4"),
    Blender("5.0.1", python="3.11", numpy="1.26.4"),
    Blender("5.2.3", python="3.13"),
)
DEMO_BLENDERS = {"3.11": "4.5.15", "3.13": "5.2.3"}


@dataclass(frozen=True)
class Environment:
    """What one environment holds: pip's arguments, and pins that replace those of constraints.txt.

    `size` is the disk it takes, in bytes, rounded up.
    """

    name: str
    requirements: tuple[str, ...]
    replaced_pins: Mapping[str, str] = field(default_factory=dict)
    holds_blender: bool = False
    size: int = 2 * GIGABYTE

    @property
    def folder(self) -> Path:
        """Where it stands."""
        return ROOT / f".venv-{self.name}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def running_python() -> str:
    """Major and minor version, as `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def blender_for(python: str) -> str:
    """The version of Blender that the demo and `make test` use on `python`."""
    if python not in DEMO_BLENDERS:
        raise SetUpError(f"Blender's module is built for Python {' and '.join(DEMO_BLENDERS)}, this is {python}")
    return DEMO_BLENDERS[python]


def blender_environment(name: str, version: str, *more: str) -> Environment:
    """The environment `name` that holds the Blender `version` and the packages `more`."""
    blender = next((known for known in BLENDERS if known.version == version), None)
    if blender is None:
        known_versions = ", ".join(known.version for known in BLENDERS)
        raise SetUpError(f"Blender {version} is not among those known: {known_versions}")
    if blender.python != running_python():
        raise SetUpError(f"Blender {version} needs Python {blender.python}, this is {running_python()}")
    pins = {} if blender.numpy is None else {"numpy": blender.numpy}
    return Environment(name, (f"bpy=={version}", "numpy", *more), pins, holds_blender=True)


def environment(name: str) -> Environment:
    """The environment called `name`. Raises SetUpError for an unknown name or a Python that does not fit."""
    if name == "dev":
        torch = os.environ.get("TORCH_VERSION")
        pins = {"torch": torch} if torch else {}
        return Environment(name, ("--editable", f"{ROOT}[train,judge,dev]"), pins)
    if name == "demo":
        return blender_environment(name, blender_for(running_python()))
    if name.startswith("blender-"):
        return blender_environment(name, name.removeprefix("blender-"), *TEST_PACKAGES)
    raise SetUpError(f"no environment {name!r}; there are: dev, demo, blender-VERSION")


def with_replaced_pins(constraints: str, pins: Mapping[str, str]) -> str:
    """The text of a constraints file with the versions of `pins` in place of its own."""
    for package, version in pins.items():
        constraints, found = re.subn(rf"^{package}==.*$", f"{package}=={version}", constraints, flags=re.MULTILINE)
        if found != 1:
            raise SetUpError(f"{CONSTRAINTS.name} pins {package} {found} times; it has to once")
    return constraints


def fingerprint(made: Environment, constraints: str) -> str:
    """Changes when the environment would be made of something else."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8") if "--editable" in made.requirements else ""
    parts = (sys.version, *made.requirements, constraints, project)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def make(made: Environment) -> None:
    """Make the environment unless it is current. Raises NoRoomError, or SetUpError where pip fails."""
    constraints = with_replaced_pins(CONSTRAINTS.read_text(encoding="utf-8"), made.replaced_pins)
    stamp = made.folder / "made-from.sha256"
    current = fingerprint(made, constraints)
    if not (stamp.exists() and stamp.read_text() == current):
        if shutil.disk_usage(ROOT).free < made.size:
            raise NoRoomError(f"{made.folder.name} needs {made.size // GIGABYTE} GB of free disk under {ROOT}")
        print(f"Making {made.folder.name} with Python {running_python()}: {' '.join(made.requirements)}")
        print("Downloading and installing takes some minutes ...", flush=True)
        venv.create(made.folder, clear=True, with_pip=True)
        pins = made.folder / "constraints.txt"
        pins.write_text(constraints, encoding="utf-8")
        install(made, pins)
        stamp.write_text(current)
    if made.holds_blender:
        provide(next((made.folder / "lib").glob("python*/site-packages/bpy")))


def install(made: Environment, pins: Path) -> None:
    """Let the environment's pip install its requirements, held to `pins`."""
    command = [str(made.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    command += ["--prefer-binary", "--constraint", str(pins), *made.requirements]
    outcome = subprocess.run(command, check=False)
    if outcome.returncode != 0:
        raise SetUpError(
            f"pip could not fill {made.folder.name} (its message is above); behind a proxy set HTTPS_PROXY, for a"
            " mirror PIP_INDEX_URL, on a small disk TMPDIR and PIP_NO_CACHE_DIR=1, and run again"
        )


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0, or, after one line on stderr, 3 where the disk has no room and 2 else."""
    if len(arguments) != 1:
        print("usage: python -m tools.environments dev|demo|blender-VERSION", file=sys.stderr)
        return 2
    try:
        make(environment(arguments[0]))
    except SetUpError as error:
        print(f"environments: {error}", file=sys.stderr)
        return NO_ROOM if isinstance(error, NoRoomError) else 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
