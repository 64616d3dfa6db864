"""Work that is shared out: over the cores of this machine, or over the machines of a Dask cluster.

Dask (Rocklin, SciPy 2015) is Python alone, starts as two commands (`dask scheduler`, `dask worker`) wherever jobs can
be started, finds its scheduler by a file on the disk that all see, and gives what a lost machine had to another one.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from trainer.errors import UserError

PATIENCE = 30.0
"""Seconds until a scheduler that does not answer is given up."""


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def on_cluster(address: str | None) -> Iterator[Executor | None]:
    """What carries out tasks on the cluster at `address`, a scheduler's address or its file; None where none is given.

    Its tasks must be pickled, and what they read and write must lie on a disk that all machines see. Raises
    `UserError` where Dask is not installed, or the scheduler does not answer or has no workers.
    """
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError('--cluster needs Dask; run: pip install -c constraints.txt ".[cluster]"') from error
    place = {"address": address} if "://" in address else {"scheduler_file": _file(address)}
    try:
        client = Client(**place, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"--cluster {address}: no scheduler answers ({told}); start one: dask scheduler --scheduler-file FILE"
        ) from error
    try:
        if not client.scheduler_info()["workers"]:
            raise UserError(
                f"--cluster {address}: no machine has joined; start some: dask worker --nthreads 1 --nworkers auto"
                " --scheduler-file FILE"
            )
        yield client.get_executor(pure=False, retries=2)
    finally:
        client.close()


def _file(address: str) -> str:
    if not Path(address).is_file():
        raise UserError(f"--cluster {address}: no such scheduler file, and no address such as tcp://first:8786")
    return address
