"""The error that a person can mend: shown as one line, exit code 2."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A mistake in what the user gave. The message names the thing and the remedy, in one line."""


def meant(word: str, known: Iterable[str]) -> str:
    """What stands in a message behind a `word` that is none of the `known`: the nearest of them, if one is near."""
    by_case = {one.casefold(): one for one in known}
    near = get_close_matches(word.casefold(), by_case, n=1)
    return f" (do you mean {by_case[near[0]]}?)" if near else ""
