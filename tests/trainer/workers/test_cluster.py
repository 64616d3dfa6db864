"""What becomes of a cluster that nobody joins, whose machines or scheduler are lost, or that is of other packages."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, cast

import pytest

from trainer.errors import UserError
from trainer.workers import cluster
from trainer.workers.cluster import Cluster, on_cluster


class Tasks(Executor):
    """What a client gives for carrying out tasks; it notes that they are cancelled."""

    def __init__(self) -> None:
        self.cancelled = False

    def shutdown(self, wait: bool = True, **_: bool) -> None:
        self.cancelled = not wait


class Client:
    """A client of a scheduler that has so many workers, of two threads each, at one look after another."""

    def __init__(self, *looks: int) -> None:
        self.looks, self.tasks = list(looks), Tasks()

    def scheduler_info(self) -> dict[str, Any]:
        count = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {"workers": {f"tcp://10.0.0.{number}:1": {"nthreads": 2} for number in range(count)}}

    def get_executor(self, **_: Any) -> Tasks:
        return self.tasks


def of(client: Client) -> Cluster:
    return Cluster(cast("Any", client), "cluster.json")


def test_the_first_machine_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LOOK_EVERY", 0.001)
    found = of(Client(0, 0, 3))
    found.wait_for_one()
    assert found.processes == 6


def test_a_cluster_that_nobody_joins_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "JOINING", 0.0)
    with pytest.raises(UserError, match=r"cluster\.json: no machine has joined; start some: dask worker"):
        of(Client(0)).wait_for_one()


def test_a_cluster_that_has_lost_all_machines_says_so_and_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "LOOK_EVERY", 0.001)
    monkeypatch.setattr(cluster, "JOINING", 0.01)
    client = Client(2, 2, 0)
    found = of(client)
    found.watch()
    assert client.tasks.cancelled
    assert "no machine is left" in found.lost
    assert capsys.readouterr().err.count("waiting") == 1


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `dask WHAT` with the file in `tmp_path`."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(what: str, *words: str) -> "subprocess.Popen[bytes]":
        line = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *words]
        line += ["--scheduler-file", str(tmp_path / "cluster.json")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}
        quiet = subprocess.DEVNULL
        running.append(subprocess.Popen(line, env=environment, cwd=tmp_path, stdout=quiet, stderr=quiet))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def begin_scheduler(start: Start, file: Path) -> "subprocess.Popen[bytes]":
    scheduler = start("scheduler", "--port", "0")
    until = time.monotonic() + 120
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.1)
    return scheduler


def test_a_scheduler_that_is_lost_is_one_line(start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cluster.json"
    scheduler = begin_scheduler(start, file)
    start("worker", "--nthreads", "1", "--no-nanny")

    def lose_it() -> None:
        with on_cluster(str(file)) as found:
            assert found is not None
            assert found.submit(abs, -3).result(60) == 3
            waiting = found.submit(time.sleep, 60)
            scheduler.send_signal(signal.SIGKILL)
            waiting.result(60)

    with pytest.raises(UserError, match="the scheduler is gone; start it"):
        lose_it()
    assert capfd.readouterr().err == ""


def test_a_machine_without_the_packages_is_named(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "cluster.json"
    begin_scheduler(start, file)
    start("worker", "--nthreads", "1", "--no-nanny", "--preload", 'import sys; sys.modules["trainer"] = None')
    with pytest.raises(UserError, match=r"tcp://\S+ has not the trainer's packages .*trainer"), on_cluster(str(file)):
        pass
