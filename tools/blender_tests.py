"""Run the core's and the add-on's tests inside real Blenders, each in an environment of its own.

    python -m tools.blender_tests              on the Blender of the running Python
    python -m tools.blender_tests --all        on every Blender that this machine can hold

Blenders are tried beside each other, one for each core, and what each prints comes when it is through.

With --all, a Blender whose Python is not here, or which the disk cannot take, is skipped, and that is said
before the tests run. Exit code 1 when an environment could not be made or a test failed, 2 when no Blender
could be tried.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.environments import BLENDERS, NO_ROOM, ROOT, Blender, blender_for, running_python
from tools.shared_libraries import SetUpError

TESTS = ("tests/core", "tests/blender")


def interpreter(version: str) -> str | None:
    """The path of a Python `version`, or None after the reason on stderr."""
    finder = ["sh", str(Path(__file__).with_name("find_python.sh")), version]
    found = subprocess.run(finder, stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def prepare(blender: Blender) -> Path | None:
    """The interpreter of an environment with `blender`, or None where this machine cannot hold it.

    Raises subprocess.CalledProcessError where it could, but making it failed.
    """
    python = interpreter(blender.python)
    if python is not None:
        name = f"blender-{blender.version}"
        outcome = subprocess.run([python, "-m", "tools.environments", name], cwd=ROOT, check=False)
        if outcome.returncode == 0:
            return ROOT / f".venv-{name}" / "bin" / "python"
        if outcome.returncode != NO_ROOM:
            outcome.check_returncode()
    print(f"SKIPPED: Blender {blender.version}, for the reason above", flush=True)
    return None


def test_on(tried: tuple[Blender, Path]) -> bool:
    """Run the tests on one Blender and print what they printed. Returns whether all passed."""
    blender, python = tried
    outcome = subprocess.run(
        [str(python), "-m", "pytest", *TESTS],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    print(f"\nBlender {blender.version}, Python {blender.python}\n{outcome.stdout}", flush=True)
    return outcome.returncode == 0


def run_tests(blenders: list[Blender]) -> int:
    """Prepare `blenders`, then test on each. Returns the exit code."""
    try:
        pythons = {blender: python for blender in blenders if (python := prepare(blender)) is not None}
    except subprocess.CalledProcessError:
        return 1
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        fine = list(pool.map(test_on, pythons.items()))
    failed = [blender.version for blender, passed in zip(pythons, fine, strict=True) if not passed]
    if failed:
        print(f"FAILED on Blender {', '.join(failed)}", file=sys.stderr)
        return 1
    return 0 if pythons else 2


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    if arguments == ["--all"]:
        return run_tests(list(BLENDERS))
    if arguments:
        print("usage: python -m tools.blender_tests [--all]", file=sys.stderr)
        return 2
    try:
        wanted = blender_for(running_python())
    except SetUpError as error:
        print(f"Blender's tests: {error}", file=sys.stderr)
        return 2
    return run_tests([blender for blender in BLENDERS if blender.version == wanted])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
