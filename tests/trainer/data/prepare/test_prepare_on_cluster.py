"""Preparing on a cluster: the same dataset as on one machine, whatever happens to the machines."""

import os
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from tests.trainer.data.conftest import Pixels, write_collection
from trainer.commands.prepare import Prepare
from trainer.data.dataset import IMAGES, LABELS, METADATA
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.measures import Limits
from trainer.data.prepare import pool
from trainer.data.prepare.inspection import Settings
from trainer.data.prepare.pool import Task, inspect_here
from trainer.errors import UserError
from trainer.workers.cluster import on_cluster

T = TypeVar("T")


@pytest.fixture
def photographs(portraits: list[Pixels], tmp_path: Path) -> Path:
    shown = [
        (f"{number}-{turn}.jpg", np.roll(one, turn, axis=1)) for number, one in enumerate(portraits) for turn in (0, 2)
    ]
    return write_collection(tmp_path / "photographs", shown)


def prepared(photographs: Path, out: Path, cluster: str | None = None) -> Path:
    Prepare("folder", photographs, out, workers=1, held_out=0.25, same_person=0.0, cluster=cluster).run()
    return out


def same(first: Path, second: Path) -> bool:
    files = (first / name for name in (IMAGES, LABELS, METADATA))
    return all(one.read_bytes() == (second / one.name).read_bytes() for one in files)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[Path, list["subprocess.Popen[bytes]"]]]:
    """A scheduler's file, and its two workers, as they are started by hand."""
    file = tmp_path / "scheduler.json"
    begin = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    join = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}

    def started(*words: str) -> "subprocess.Popen[bytes]":
        quiet = subprocess.DEVNULL
        command = [*words, "--no-dashboard", "--scheduler-file", str(file)]
        return subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=quiet, stderr=quiet)

    first = started(*begin, "--port", "0")
    workers = [started(*join, "--name", str(number)) for number in range(2)]
    deadline = time.monotonic() + 120
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    yield file, workers
    for process in (*workers, first):
        process.kill()
        process.wait()


def joined(file: Path) -> None:
    """Wait until both workers have joined."""
    from distributed import Client

    with Client(scheduler_file=str(file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)


def test_a_cluster_prepares_the_same_dataset_although_a_machine_is_lost(
    photographs: Path,
    scheduler: tuple[Path, list["subprocess.Popen[bytes]"]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "PART_LENGTH", 1)
    expected = prepared(photographs, tmp_path / "alone")
    file, workers = scheduler
    joined(file)
    finish = pool._finish

    def and_lose_one(*given: object) -> object:
        workers[0].kill()
        return finish(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "_finish", and_lose_one)
    assert same(prepared(photographs, tmp_path / "together", str(file)), expected)


def test_what_was_inspected_elsewhere_is_not_inspected_again(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "PART_LENGTH", 2)
    settings = Settings(64, Geometry(), Limits(), embed=False)
    names = sorted(one.name for one in photographs.glob("*.jpg"))
    tasks = pool.split_into_tasks(tmp_path / "parts", photographs, names, [False] * len(names))
    (tmp_path / "parts").mkdir()
    done: list[Path] = []

    def noted(task: Task, *given: Any) -> object:
        done.append(task.path)
        return inspect_here(task, *given)

    monkeypatch.setattr(pool, "inspect_here", noted)
    with ThreadPoolExecutor(2) as elsewhere:
        pool.inspect_all(tasks[:2], settings, 1, elsewhere)
        pool.inspect_all(tasks, settings, 1, elsewhere)
    assert sorted(done) == [task.path for task in tasks]


class Elsewhere(ThreadPoolExecutor):
    """Carries tasks out beside; `held` tells of each future whether somebody still has it."""

    def __init__(self) -> None:
        super().__init__(1)
        self.held: list[weakref.ref[Future[object]]] = []

    def submit(self, *given: object, **named: object) -> "Future[object]":  # type: ignore[override]
        future: Future[object] = super().submit(*given, **named)  # type: ignore[arg-type]
        self.held.append(weakref.ref(future))
        return future


def test_nothing_holds_on_to_a_part_that_is_done(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask does what somebody holds on to again where the machine that did it is lost."""
    monkeypatch.setattr(pool, "PART_LENGTH", 1)
    names = sorted(one.name for one in photographs.glob("*.jpg"))
    tasks = pool.split_into_tasks(tmp_path / "parts", photographs, names, [False] * len(names))
    (tmp_path / "parts").mkdir()
    finish, held = pool._finish, []

    def counted(future: "Future[T]", task: Task) -> T:
        held.append(sum(reference() is not None for reference in elsewhere.held))
        return finish(future, task)

    monkeypatch.setattr(pool, "_finish", counted)
    with Elsewhere() as elsewhere:
        pool.inspect_all(tasks, Settings(64, Geometry(), Limits(), embed=False), 1, elsewhere)
    assert len(tasks) > 4
    assert held[-1] <= 2


def test_a_photograph_that_nobody_has_is_unreadable_as_on_one_machine(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "PART_LENGTH", 3)
    next(iter(sorted(photographs.glob("*.jpg")))).unlink()
    expected = prepared(photographs, tmp_path / "alone")
    with ThreadPoolExecutor(2) as elsewhere:
        monkeypatch.setattr("trainer.commands.prepare.on_cluster", lambda _: nullcontext(elsewhere))
        assert same(prepared(photographs, tmp_path / "together", "scheduler.json"), expected)
    assert '"missing"' in (expected / METADATA).read_text()


def test_a_machine_whose_folder_is_empty_is_named_and_leaves_nothing_out(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a place where the disk is not mounted."""
    (tmp_path / "empty").mkdir()
    names = sorted(one.name for one in photographs.glob("*.jpg"))
    tasks = pool.split_into_tasks(tmp_path / "parts", photographs, names, [False] * len(names))
    (tmp_path / "parts").mkdir()

    def blind(task: Task, *given: Any) -> object:
        return inspect_here(replace(task, source=tmp_path / "empty"), *given)

    monkeypatch.setattr(pool, "inspect_here", blind)
    seen = rf"{photographs / names[0]}: is seen here, and not on .+; all machines must see the photographs"
    with ThreadPoolExecutor(1) as elsewhere, pytest.raises(UserError, match=seen):
        pool.inspect_all(tasks, Settings(64, Geometry(), Limits(), embed=False), 1, elsewhere)
    assert list((tmp_path / "parts").iterdir()) == []


def test_a_part_that_stays_out_of_sight_is_one_line(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SEEN_WITHIN", 0.0)
    tasks = pool.split_into_tasks(tmp_path / "parts", photographs, ["0-0.jpg"], [False])
    (tmp_path / "parts").mkdir()
    monkeypatch.setattr(pool, "inspect_here", lambda *_: None)
    with ThreadPoolExecutor(1) as elsewhere, pytest.raises(UserError, match="was written on another machine"):
        pool.inspect_all(tasks, Settings(64, Geometry(), Limits(), embed=False), 1, elsewhere)


def test_a_machine_that_does_not_see_the_photographs_is_named(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    task = Task(tmp_path / "parts" / "000000.npz", tmp_path / "elsewhere", ("a.jpg",), (False,))
    settings = Settings(64, Geometry(), Limits(), embed=False)
    with pytest.raises(UserError, match=r"elsewhere: no such folder on .+; all machines must see it under one path"):
        inspect_here(task, settings)


@pytest.mark.parametrize(
    ("address", "message"),
    [("none.json", "no such scheduler file"), ("tcp://127.0.0.1:9", "no scheduler answers .* dask scheduler")],
)
def test_a_cluster_that_is_not_there_is_told_in_a_line(
    address: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.workers.cluster.PATIENCE", 1.0)
    with pytest.raises(UserError, match=message), on_cluster(address):
        pass


def test_without_dask_the_option_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install .*\[cluster\]"), on_cluster("tcp://first:8786"):
        pass
