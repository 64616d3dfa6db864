"""File names for anything that an artist may call an object."""

import unicodedata
from collections.abc import Callable, Iterable

_FORBIDDEN = frozenset('/\\:*?"<>|')
"""Not allowed in names by Windows; the slash by no system."""
_RESERVED = frozenset(
    (
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{i}" for port in ("com", "lpt") for i in "123456789¹²³"),
    )
)
"""Names of devices on Windows, with any ending; it takes the superscripts of Latin-1 for digits
(https://learn.microsoft.com/windows/win32/fileio/naming-a-file)."""
_MOST_BYTES = 200
"""Of the name in UTF-8, without its number and ending: file systems allow 255."""


def file_names(names: Iterable[str], is_free: Callable[[int, str], bool] = lambda _index, _name: True) -> list[str]:
    """A file name without ending for each name: valid on Windows, macOS and Linux, legible, and unlike all others.

    Letters of every script stay, in Unicode's form C; what a system forbids becomes an underscore. Two names that a
    system could take for the same (case, composition) get numbers, in the order of the names given. So does one that
    `is_free` refuses, which is asked with the place of the name among `names`.
    """
    given: list[str] = []
    taken: set[str] = set()
    for index, name in enumerate(names):
        plain = _plain(name)
        candidate, number = plain, 1
        while _fold(candidate) in taken or not is_free(index, candidate):
            number += 1
            candidate = f"{plain}_{number}"
        taken.add(_fold(candidate))
        given.append(candidate)
    return given


def _plain(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    kept = "".join("_" if letter in _FORBIDDEN or _is_unprintable(letter) else letter for letter in composed)
    kept = kept.encode()[:_MOST_BYTES].decode(errors="ignore").strip(" .") or "_"
    return f"{kept}_" if kept.partition(".")[0].strip().casefold() in _RESERVED else kept


def _is_unprintable(letter: str) -> bool:
    # Joiners (Cf) hold many emoji and some scripts together.
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in "\u202a\u202b\u202c\u202d\u202e"


def _fold(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFC", name).casefold())
