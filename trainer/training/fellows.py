"""What a process of a training says where another one is lost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from torch import distributed

from trainer.errors import UserError

MOST_TOLD = 160


@contextmanager
def among(processes: int) -> Iterator[None]:
    """Raises `UserError` where another of the `processes` is lost meanwhile, in each that is left."""
    try:
        yield
    except RuntimeError as error:
        if processes == 1 or not _is_of_others(error):
            raise
        told = re.sub(r"^\[\S+\] ", "", " ".join(str(error).split())).partition(". ")[0][:MOST_TOLD]
        raise UserError(
            f"another of the {processes} processes is lost or out of reach ({told}); its last lines, or its machine's"
            " log, tell why. --resume goes on from the last checkpoint"
        ) from error


def _is_of_others(error: RuntimeError) -> bool:
    """Whether an error is of the messages between processes; of those on CPUs gloo says so in its text alone."""
    kinds = distributed.DistError if distributed.is_available() else ()
    return isinstance(error, kinds) or "gloo" in str(error)
