"""The one error that a model file can cause."""

import os

from ..errors import CrowdError

DAMAGED = "the file is damaged or was not written by the trainer: copy it again, or export it again"
"""What to do about a file that breaks the format."""


class ModelFileError(CrowdError, ValueError):
    """A model file that cannot be used. The message is one line: the file, the reason, the remedy."""

    def __init__(self, path: str | os.PathLike[str], reason: str, remedy: str = DAMAGED) -> None:
        super().__init__(f"{printable(reason)}; {remedy}", where=printable(os.fspath(path)))
        self.path = os.fspath(path)
        self.reason = reason


def shown(value: object, limit: int = 60) -> str:
    """A value from a hostile file as short, printable ASCII, cut after `limit` characters."""
    if isinstance(value, (str, bytes, list, tuple)):
        value = value[:limit]
    text = ascii(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def printable(text: str) -> str:
    """The text with their codes in the place of signs that cannot be seen."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
