"""Work that is shared out: over the cores of this machine, or over the machines of a Dask cluster.

Dask (Rocklin, SciPy 2015) is Python alone, starts as two commands (`dask scheduler`, `dask worker`) wherever jobs can
be started, finds its scheduler by a file on the disk that all see, and gives what a lost machine had to another one.
"""

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import UserError
from trainer.workers.environments import carried_out, difference, environment, other_packages

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 30.0
"""Seconds until a scheduler that does not answer is given up."""
JOINING = 120.0
"""Seconds until a cluster that no machine joins, or that has lost all, is given up."""
LOOK_EVERY = 2.0
"""Seconds between two looks at who is there."""
START_SOME = "start some: dask worker --nthreads 1 --nworkers auto --scheduler-file FILE"
AGAIN = "then give the same command again"


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Cluster(Executor):
    """The machines that have joined the scheduler at `address`, and that will.

    Tasks go only to machines with this one's packages. `processes` is how many tasks they carry out at once now. Where
    all machines are lost for `JOINING` seconds, the tasks are cancelled and `lost` says so.
    """

    def __init__(self, client: "Client", address: str) -> None:
        self.address, self.processes, self.lost = address, 0, ""
        self._client = client
        self._tasks = client.get_executor(pure=False, retries=2)
        self._left = threading.Event()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_: Any) -> "Future[Any]":
        """Have `function(*arguments)` carried out; all of it must be pickled."""
        return self._tasks.submit(carried_out, environment(), function, *arguments)  # type: ignore[no-any-return]

    def joined(self) -> bool:
        """Whether a machine is there."""
        workers = self._client.scheduler_info()["workers"].values()
        self.processes = sum(int(worker["nthreads"]) for worker in workers)
        return self.processes > 0

    def wait_for_one(self) -> None:
        """Until a machine is there. Raises `UserError` after `JOINING` seconds."""
        until = time.monotonic() + JOINING
        while not self.joined():
            if time.monotonic() > until:
                raise UserError(f"--cluster {self.address}: no machine has joined; {START_SOME}")
            time.sleep(min(LOOK_EVERY, 0.2))

    def refuse_others(self) -> None:
        """Raises `UserError` where the scheduler, or a machine that has joined, lacks packages or has other ones."""
        try:
            found = {"the scheduler": self._client.run_on_scheduler(environment)}
        except (ImportError, AttributeError) as error:  # no trainer there, or an older one
            found = {"the scheduler": error}
        found |= self._client.run(environment, on_error="return")
        for machine, its in found.items():
            if isinstance(its, OSError):  # lost while it was asked
                continue
            other = difference(its, environment()) if isinstance(its, dict) else f"not the trainer's packages ({its})"
            if other:
                raise UserError(other_packages(f"--cluster {self.address}: {machine}", other))

    def watch(self) -> None:
        """Look who is there until `leave`; say that nobody is, and cancel all tasks where nobody comes."""
        empty_since: float | None = None
        while not self._left.wait(LOOK_EVERY):
            try:
                there = self.joined()
            except (OSError, RuntimeError, CancelledError):  # the scheduler is gone, which cancels the tasks by itself
                return
            if there:
                empty_since = None
            elif empty_since is None:
                empty_since = time.monotonic()
                said = f"\n--cluster {self.address}: no machine is left; waiting {JOINING:.0f} s for one to join"
                print(said, file=sys.stderr, flush=True)
            elif time.monotonic() - empty_since > JOINING:
                self.lost = f"no machine is left, and their own logs tell why; {START_SOME}, {AGAIN}"
                self._tasks.shutdown(wait=False)
                return

    def leave(self) -> None:
        """Let go of the machines."""
        self._left.set()
        self._client.close()


@contextmanager
def on_cluster(address: str | None) -> Iterator[Cluster | None]:
    """What carries out tasks on the cluster at `address`, a scheduler's address or its file; None where none is given.

    Its tasks must be pickled, and what they read and write must lie on a disk that all machines see. Raises
    `UserError` where Dask is not installed, the scheduler does not answer or is lost, no machine joins or all are
    lost, or one has other packages than this one.
    """
    if not address:
        yield None
        return
    try:
        from distributed import KilledWorker
        from distributed.client import ClosedClientError
    except ImportError as error:
        raise UserError('--cluster needs Dask; run: pip install -c constraints.txt ".[cluster]"') from error
    with _silent_dask():
        cluster = Cluster(_client(address), address)
        try:
            cluster.wait_for_one()
            cluster.refuse_others()
            threading.Thread(target=cluster.watch, daemon=True).start()
            yield cluster
        except KilledWorker as error:
            raise UserError(
                f"--cluster {address}: {error.allowed_failures + 1} machines were lost over the same task, perhaps for"
                f" want of memory, and their own logs tell; mend that, {AGAIN}"
            ) from error
        except (CancelledError, ClosedClientError) as error:
            told = cluster.lost or f"the scheduler is gone; start it and its machines anew, {AGAIN}"
            raise UserError(f"--cluster {address}: {told}") from error
        finally:
            cluster.leave()


def _client(address: str) -> "Client":
    """A connexion with the scheduler. Raises `UserError` where there is none."""
    from distributed import Client

    place = {"address": address} if "://" in address else {"scheduler_file": _file(address)}
    try:
        return Client(**place, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"--cluster {address}: no scheduler answers ({told}); start one: dask scheduler --scheduler-file FILE"
        ) from error


@contextmanager
def _silent_dask() -> Iterator[None]:
    """Dask tells in tables and tracebacks what `on_cluster` tells in a line."""
    loggers = {logger: logger.level for logger in map(logging.getLogger, ("distributed", "distributed.client"))}
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for logger, level in loggers.items():
            logger.setLevel(level)


def _file(address: str) -> str:
    if not Path(address).is_file():
        raise UserError(f"--cluster {address}: no such scheduler file, and no address such as tcp://first:8786")
    return address
