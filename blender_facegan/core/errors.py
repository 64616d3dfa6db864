"""What the user can mend: one kind of error for all of the add-on, so that whoever reports it needs no list."""

from collections.abc import Iterator
from contextlib import contextmanager


class CrowdError(Exception):
    """What is wrong, where, and what to do about it; as text one line of the three.

    what: the fault. where: the file, object or setting that has it. remedy: what to do, in the imperative. The last two
    may be left out.
    """

    def __init__(self, what: str, remedy: str = "", where: object = "") -> None:
        super().__init__(": ".join(part for part in (str(where), what, remedy) if part))
        self.what, self.remedy, self.where = what, remedy, str(where)


@contextmanager
def system_refusals(what: str, remedy: str = "", where: object = "") -> Iterator[None]:
    """What the system refuses to do with a file, as a CrowdError. what: takes the reason that the system gives."""
    try:
        yield
    except OSError as error:
        raise CrowdError(what.format(error.strerror), remedy, where) from error
