"""Where the values of a run live: one block of memory a thread, in which values that do not live together share."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..model.operations import Shape
from .products import Floats
from .rewriting import Instruction, Instructions

_IN_PLACE = frozenset({"film", "scale_shift", "affine", "leaky_relu", "tanh", "clip", "add", "multiply", "normalise"})
"""Ops that may write their result over an input of the same shape."""
_ALIGNMENT = 16
"""float32 values to a cache line of 64 bytes."""


@dataclass
class _Room:
    """A stretch of memory for values that follow each other. margin: pixels of zeros around a map."""

    shape: Shape
    margin: int
    first: int
    last: int
    values: list[str] = field(default_factory=list)
    offset: int = 0

    @property
    def size(self) -> int:
        if not self.margin:
            return math.prod(self.shape)
        height, width, channels = self.shape
        return (height + 2 * self.margin) * (width + 2 * self.margin) * channels


@dataclass(frozen=True)
class Span:
    """A value's place: its shape, the room's offset in float32 values and margin; or the value that it is a view of."""

    shape: Shape
    offset: int = 0
    margin: int = 0
    view_of: str | None = None
    starts_room: bool = False

    def whole(self, memory: Floats, faces: int) -> Floats:
        """The room as an array for so many faces, the margin included: [F, C], or [H, W, F, C].

        memory: as large as the plan says, for each face.
        """
        shape = self.shape
        if self.margin:
            shape = (shape[0] + 2 * self.margin, shape[1] + 2 * self.margin, shape[2])
        stretch = memory[self.offset * faces : (self.offset + math.prod(shape)) * faces]
        return stretch.reshape(*shape[:-1], faces, shape[-1])

    def inside(self, memory: Floats, faces: int) -> Floats:
        """The value itself."""
        margin = self.margin
        whole = self.whole(memory, faces)
        return whole[margin:-margin, margin:-margin] if margin else whole


@dataclass(frozen=True)
class StoragePlan:
    """The place of every value but constants. size: float32 values in all, for one face; F faces take F times that."""

    places: Mapping[str, Span]
    size: int


def plan_storage(instructions: Instructions, inputs: Mapping[str, Shape], margins: Mapping[str, int]) -> StoragePlan:
    """Gives every value a place.

    margins: for each instruction that is a convolution, by its output, the zeros it wants around its input. A slice is
    a view; an op of one shape throughout writes over an input that nobody asks for afterwards.
    """
    return _Planner(instructions, margins).plan(inputs)


class _Planner:
    def __init__(self, instructions: Instructions, margins: Mapping[str, int]) -> None:
        self._steps, self._shapes = instructions.steps, instructions.shapes
        self._last = {name: index for index, step in enumerate(self._steps) for name in step.inputs}
        self._last[instructions.output] = len(self._steps)
        self._margins = self._wanted_margins(margins)
        self._rooms: list[_Room] = []
        self._room_of: dict[str, _Room] = {}
        self._views: dict[str, str] = {}
        self._starts: set[str] = set()

    def plan(self, inputs: Mapping[str, Shape]) -> StoragePlan:
        for name in inputs:
            self._new_room(name, -1)
        for index, step in enumerate(self._steps):
            if step.op != "constant":
                self._settle(step, index)
        size = _lay_out(self._rooms)
        return StoragePlan(dict(self._places()), size)

    def _places(self) -> Iterator[tuple[str, Span]]:
        for name, room in self._room_of.items():
            starts = name in self._starts
            yield name, Span(self._shapes[name], room.offset, room.margin, self._views.get(name), starts)

    def _wanted_margins(self, asked: Mapping[str, int]) -> dict[str, int]:
        wanted: dict[str, int] = {}
        for step in reversed(self._steps):
            passed_on = wanted.get(step.output, 0) if step.op in _IN_PLACE else 0
            for name in step.inputs[:1]:
                wanted[name] = max(wanted.get(name, 0), asked.get(step.output, 0), passed_on)
        return {name: margin for name, margin in wanted.items() if len(self._shapes[name]) == 3}

    def _settle(self, step: Instruction, index: int) -> None:
        source = self._view_source(step)
        over = self._overwritten(step, index)
        if source is not None:
            self._join(step.output, self._room_of[source])
            self._views[step.output] = source
        elif over is not None:
            self._join(step.output, over)
        else:
            self._new_room(step.output, index)

    def _view_source(self, step: Instruction) -> str | None:
        """The input that the result is a view of; constants are copied."""
        return step.inputs[0] if step.op == "slice" and step.inputs[0] in self._room_of else None

    def _overwritten(self, step: Instruction, index: int) -> _Room | None:
        if step.op not in _IN_PLACE:
            return None
        candidates = step.inputs if step.op == "add" else step.inputs[:1]
        for name in candidates:
            room = self._room_of.get(name)
            if room is None or name in self._sliced() or self._shapes[name] != self._shapes[step.output]:
                continue
            others = list(step.inputs)
            others.remove(name)
            shared = any(self._room_of.get(other) is room for other in others)
            dies = room.first >= 0 and all(self._last.get(value, -1) <= index for value in room.values)
            fits = room.margin >= self._margins.get(step.output, 0)
            if dies and fits and not shared:
                return room
        return None

    def _sliced(self) -> set[str]:
        """Values whose room is larger than they are."""
        return {n for n, r in self._room_of.items() if math.prod(self._shapes[n]) != math.prod(r.shape)}

    def _join(self, name: str, room: _Room) -> None:
        room.values.append(name)
        room.last = max(room.last, self._last.get(name, -1))
        self._room_of[name] = room

    def _new_room(self, name: str, index: int) -> None:
        room = _Room(self._shapes[name], self._margins.get(name, 0), index, index)
        self._rooms.append(room)
        self._starts.add(name)
        self._join(name, room)


def _lay_out(rooms: Sequence[_Room]) -> int:
    """Gives each room the lowest offset free throughout its life; returns the memory's size."""
    laid: list[_Room] = []
    for room in sorted(rooms, key=lambda room: -room.size):
        rivals = [other for other in laid if other.first <= room.last and room.first <= other.last]
        offset = 0
        for other in sorted(rivals, key=lambda other: other.offset):
            if offset + room.size <= other.offset:
                break
            offset = max(offset, -(-(other.offset + other.size) // _ALIGNMENT) * _ALIGNMENT)
        room.offset = offset
        laid.append(room)
    return max((room.offset + room.size for room in rooms), default=0)
