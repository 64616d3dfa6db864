"""See to the shared libraries that Blender's Python module needs from the system.

    python -m tools.shared_libraries [FOLDER]

FOLDER is the installed `bpy` package; left out, the one of the running Python. For root on Debian or Ubuntu,
what is missing is installed, and said; for others, one line tells what to run, and the exit code is 2.
`bpy` is never imported, since that is what fails where a library is missing.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# What the module of Blender 4.2 to 5.2 asks of the system besides libc, in Debian's and Ubuntu's names.
DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libICE.so.6": "libice6",
    "libOpenGL.so.0": "libopengl0",
    "libSM.so.6": "libsm6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXrender.so.1": "libxrender1",
    "libXt.so.6": "libxt6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libgcc_s.so.1": "libgcc-s1",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
}


class SetUpError(Exception):
    """What the user has to do, in one line."""


def missing_libraries(package: Path) -> list[str]:
    """The sonames that the module in the folder `package` needs and the loader cannot find, sorted.

    None where there is no `ldd`: only Linux leaves these libraries to the system.
    """
    if shutil.which("ldd") is None:
        return []
    modules = sorted(package.glob("__init__*.so"))
    if not modules:
        raise SetUpError(f"{package} holds no Blender module (__init__*.so); reinstall bpy")
    report = subprocess.run(["ldd", *map(str, modules)], capture_output=True, text=True, check=False)
    if report.returncode != 0:
        raise SetUpError(f"ldd cannot read {modules[0]}: {report.stderr.strip()}")
    return sorted(set(re.findall(r"^\s*(\S+) => not found", report.stdout, flags=re.MULTILINE)))


def distribution_family(os_release: Path) -> str:
    """`debian`, `rpm` or `other`, from the ID and ID_LIKE of an os-release file."""
    text = os_release.read_text(encoding="utf-8") if os_release.exists() else ""
    names = set(" ".join(re.findall(r'^ID(?:_LIKE)?="?([^"\n]*)', text, flags=re.MULTILINE)).split())
    if names & {"debian", "ubuntu"}:
        return "debian"
    if names & {"fedora", "rhel", "centos", "suse", "opensuse"}:
        return "rpm"
    return "other"


def debian_packages(libraries: list[str]) -> list[str]:
    """The Debian packages that hold `libraries`. Raises SetUpError where one is in no known package."""
    unknown = [library for library in libraries if library not in DEBIAN_PACKAGES]
    if unknown:
        names = ", ".join(unknown)
        raise SetUpError(f"Blender needs {names}, of no package known here; run: apt-file search {unknown[0]}")
    return [DEBIAN_PACKAGES[library] for library in libraries]


def remedy(libraries: list[str], family: str) -> str:
    """The one line that a user runs to get `libraries`."""
    if family == "debian":
        return f"sudo apt-get install {' '.join(debian_packages(libraries))}"
    if family == "rpm":
        tool = "dnf" if shutil.which("dnf") else "zypper"
        capabilities = " ".join(f"'{library}()(64bit)'" for library in libraries)
        return f"sudo {tool} install {capabilities}"
    return f"install, with the system's package manager, what holds {', '.join(libraries)}"


def install(packages: list[str]) -> None:
    """Install Debian `packages`, quietly. Raises SetUpError with apt's own last line where it cannot."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        outcome = subprocess.run(
            ["apt-get", "-qq", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if outcome.returncode != 0:
            reason = (outcome.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SetUpError(f"apt-get {arguments[0]} failed: {reason}")


def provide(package: Path, os_release: Path = Path("/etc/os-release")) -> None:
    """Make the module in the folder `package` loadable, or raise SetUpError with the line to run."""
    libraries = missing_libraries(package)
    if not libraries:
        return
    family = distribution_family(os_release)
    if family != "debian" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetUpError(f"Blender needs {', '.join(libraries)}. Run: {remedy(libraries, family)}")
    packages = debian_packages(libraries)
    print(f"Installing what Blender needs of the system: {' '.join(packages)}", flush=True)
    install(packages)
    still_missing = missing_libraries(package)
    if still_missing:
        raise SetUpError(f"after installing {' '.join(packages)}, Blender still lacks {', '.join(still_missing)}")


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0, or 2 after one line on stderr."""
    try:
        if arguments:
            provide(Path(arguments[0]))
        else:
            found = importlib.util.find_spec("bpy")
            if found is None or found.origin is None:
                raise SetUpError(f"{sys.executable} has no bpy; install it first")
            provide(Path(found.origin).parent)
    except SetUpError as error:
        print(f"shared libraries: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
