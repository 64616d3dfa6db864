"""Real Blender, empty for every test, with the add-on registered from its source."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

import blender_facegan
from blender_facegan.scene.records import run
from tests.blender.crowds import head, operators, select, telling_model
from tests.blender.labelled_models import untrue_model

_STATUS = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose pictures tell the recipe that they were made from: see `crowds.read_face`."""
    return telling_model(tmp_path_factory.mktemp("model") / "telling.facegan")


@pytest.fixture(scope="session")
def untrue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that makes other pictures than it promises."""
    return untrue_model(tmp_path_factory.mktemp("model") / "untrue.facegan")


@contextmanager
def empty_file() -> Iterator[None]:
    """An empty file, and the add-on, for as long as it lasts."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    blender_facegan.register()
    yield
    blender_facegan.unregister()
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def blender() -> Iterator[None]:
    """An empty file, and the add-on."""
    with empty_file():
        yield


@pytest.fixture
def scene(blender: None) -> bpy.types.Scene:
    """The empty file's scene."""
    scene = bpy.context.scene
    assert scene is not None
    return scene


@pytest.fixture
def library(blender: None, tmp_path: Path) -> Path:
    """A file with the heads `Hero`, marked as a character, and `Extra`, which is not."""
    head("Extra")
    select([head("Hero")])
    operators.mark()
    path = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done to timers and handlers; without a window there are none.

    A menu that opens while a run goes on is in vain: what waits for the run is grey in it, and stays so.
    """
    done: list[str] = []
    manager = SimpleNamespace(
        event_timer_add=lambda *_, **__: done.append("timer added"),
        event_timer_remove=lambda _: done.append("timer removed"),
        modal_handler_add=lambda _: done.append("handler added"),
        popup_menu=lambda *_, **__: done.append("asked in vain" if run(bpy.context).running else "asked"),
        windows=(),
    )
    monkeypatch.setattr("blender_facegan.ui.running.windows", lambda _: manager)
    return done


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps the outcome for `pytest_unconfigure`."""
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leaves without Blender's own clean-up: a thread of the module can then wait for another for ever (4.5.15)."""
    status = config.stash.get(_STATUS, 1)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
