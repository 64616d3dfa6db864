"""`NAME=VALUE` settings from a command line."""

import tomllib
from collections.abc import Sequence
from typing import Any

from trainer.errors import UserError


def parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """`loss.r1=0.1` and the like as nested values; a value is TOML, or a bare word. Raises `UserError`."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not all(name.split(".")):
            raise UserError(f"--set {word}: give NAME=VALUE, such as loss.r1=0.1")
        inner = values
        *groups, last = name.split(".")
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = parse_value(text)
    return values


def parse_value(text: str) -> Any:
    """A TOML value, or the text itself where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
