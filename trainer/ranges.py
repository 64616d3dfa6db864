"""What settings and options may be: declared where the setting is, as `Annotated[float, Within(0, 1)]`."""

import dataclasses
import math
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from trainer.errors import UserError

LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Within:
    """From `low` to `high`, both included unless `open_low`, `open_high`."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"above {self.low:.12g}" if self.open_low else f"{self.low:.12g} or more"
        low = f"above {self.low:.12g}" if self.open_low else f"from {self.low:.12g}"
        return f"{low} {'to below' if self.open_high else 'to'} {self.high:.12g}"

    def holds(self, value: float) -> bool:
        """Whether the value lies inside."""
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)


@dataclass(frozen=True)
class Length:
    """How many items a list has."""

    low: int
    high: int


@dataclass(frozen=True)
class Rising:
    """That each item of a list is above the one before."""


def check_ranges(settings: Any, where: str = "", named: Callable[[str], str] = str) -> None:
    """Raises `UserError` for the first value of a dataclass, or of those in it, that is not as declared.

    No number may be nan or infinite. `named` makes a field's dotted name what the user knows it by.
    """
    hints = typing.get_type_hints(type(settings), include_extras=True)
    for item in dataclasses.fields(settings):
        value, name = getattr(settings, item.name), where + item.name
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            check_ranges(value, f"{name}.", named)
        elif problem := problem_of(value, hints[item.name]):
            raise UserError(f"{named(name)} {shown(value)}: {problem}")


def problem_of(value: Any, hint: Any) -> str | None:
    """What is wrong with a value that is declared as `hint`, or None."""
    told = typing.get_args(hint)[1:] if typing.get_origin(hint) is typing.Annotated else ()
    inner = typing.get_args(hint)[0] if told else hint
    if isinstance(value, float) and not math.isfinite(value):
        return "give a finite number"
    if isinstance(value, tuple):
        return _problem_of_items(value, inner, told)
    if value is None or isinstance(value, str):
        return None
    return next(
        (f"give a number {limit}" for limit in told if isinstance(limit, Within) and not limit.holds(value)), None
    )


def _problem_of_items(values: tuple[Any, ...], hint: Any, told: tuple[Any, ...]) -> str | None:
    for limit in told:
        if isinstance(limit, Length) and not limit.low <= len(values) <= limit.high:
            return f"give {limit.low} to {limit.high} items"
        if isinstance(limit, Rising) and any(low >= high for low, high in pairwise(values)):
            return "give rising numbers"
    of = (typing.get_args(hint) or (Any,))[0]
    return next((f"{problem} for each" for problem in (problem_of(value, of) for value in values) if problem), None)


def shown(value: Any) -> str:
    """A value as an error message quotes it, cut where it is long."""
    told = str(list(value)) if isinstance(value, tuple) else repr(value)
    return told if len(told) < LONGEST_SHOWN else f"{told[:LONGEST_SHOWN]} ..."


def variant(union: types.UnionType, kind: str, where: str) -> Any:
    """The default value of the member of `union` whose `kind` is that one. Raises `UserError` where none is."""
    for member in typing.get_args(union):
        if member().kind == kind:
            return member()
    raise UserError(f"{where}.kind: no {shown(kind)}; there are: {', '.join(m().kind for m in typing.get_args(union))}")


def checked(value: Any, hint: Any, where: str) -> Any:
    """`value` as the type that `hint` asks for. Raises `UserError` naming the field if it is not one."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise UserError(f"{where}: {shown(value)} is not one of {', '.join(map(str, arguments))}")
        return value
    if origin is tuple:
        if isinstance(value, str | Mapping):
            raise UserError(f"{where}: {shown(value)} is not a list")
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(checked(item, arguments[0], where) for item in items)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) <= sys.float_info.max else math.copysign(math.inf, 1 if value > 0 else -1)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise UserError(f"{where}: {shown(value)} is not of type {hint.__name__}")
    return value
