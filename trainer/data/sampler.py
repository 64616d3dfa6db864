"""Batches that are even over the bins of the labels, drawn so that every picture is seen before any repeats."""

import warnings
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.labels.matrix import JointBins, joint_bins
from trainer.ranges import shown

NAMED_BINS = 20
MOST_COPIES = 4


def bins_of(dataset: Dataset, age_limits: Sequence[float] = ()) -> JointBins:
    """The bins of a dataset's pictures, as its labels declare them. `age_limits` (years), where given, win for age."""
    return joint_bins(len(dataset), dataset.labels, dataset.values, age_limits)


def copies_of(dataset: Dataset, column: str) -> npt.NDArray[np.int64] | None:
    """How often each picture comes [N], 1 to 4: as its value in `column` is to the smallest; None for no column.

    Raises UserError for a column that labels.csv has not, or in which a picture has no number above 0.
    """
    if not column:
        return None
    if column not in dataset.extra:
        raise UserError(
            f"data.weigh_by {shown(column)}: labels.csv has no such column; there are {', '.join(dataset.extra)}"
        )
    try:
        values = np.array([float(cell) for cell in dataset.extra[column]])
    except ValueError as error:
        raise UserError(f"data.weigh_by {column}: not a number for every picture ({error})") from error
    if not (np.isfinite(values) & (values > 0)).all():
        raise UserError(f"data.weigh_by {column}: a picture has {values.min():g} there; its values must be above 0")
    copies: npt.NDArray[np.int64] = np.rint(values / values.min()).clip(1, MOST_COPIES).astype(np.int64)
    return copies


class BalancedSampler:
    """An endless stream of picture indices in which all bins are equally frequent.

    The stream runs in rounds: each round takes one picture of every bin that has any, the bins in an order drawn
    anew. A bin's pictures come in an order drawn anew whenever all have been seen. Batches are cut from the
    stream, so a batch size that is no multiple of the number of bins is balanced in the long run, and no two
    bins ever differ by more than one picture. Everything follows from the seed and the number of batches drawn.
    """

    def __init__(
        self,
        bin_of: npt.NDArray[np.integer[Any]],
        batch_size: int,
        seed: int,
        names: Sequence[str] = (),
        copies: npt.NDArray[np.integer[Any]] | None = None,
    ) -> None:
        """`bin_of` `[N]` holds each picture's bin, -1 where it is not to be drawn (as held-out ones are not).

        `names` are those of all bins there should be; a UserWarning tells which have no picture, and their share goes
        evenly to the others. `copies` `[N]` says how often a picture comes while others come once; None: once each.

        Raises ValueError for a size or seed out of range, UserError where no picture is left.
        """
        if batch_size < 1:
            raise ValueError(f"batch of {batch_size}: give 1 or more")
        if not 0 <= seed < 2**32:
            raise ValueError(f"seed {seed}: give 0 to 2**32 - 1")
        self.bins = [int(number) for number in np.unique(bin_of) if number >= 0]
        if not self.bins:
            raise UserError("no picture is left to train on: all are held out or outside the age limits")
        if empty := [name for number, name in enumerate(names) if number not in self.bins]:
            more = f" and {len(empty) - NAMED_BINS} more bins" if len(empty) > NAMED_BINS else ""
            told = ", ".join(empty[:NAMED_BINS]) + more
            warnings.warn(f"no pictures of {told}; the other bins share their place", stacklevel=2)
        members = [np.flatnonzero(bin_of == number) for number in self.bins]
        self._members = members if copies is None else [np.repeat(own, copies[own]) for own in members]
        self._batch_size = batch_size
        self._seed = seed
        self._batches = 0
        self._pictures = zlib.crc32(np.asarray(bin_of, dtype="<i8").tobytes())
        if copies is not None:
            self._pictures = zlib.crc32(np.asarray(copies, dtype="<i8").tobytes(), self._pictures)
        self._passes: list[tuple[int, npt.NDArray[np.int64]]] = [(-1, np.empty(0, np.int64)) for _ in self.bins]

    def next_batch(self) -> npt.NDArray[np.int64]:
        """Draw the next batch: indices `[batch_size]` int64."""
        start = self._batches * self._batch_size
        self._batches += 1
        count = len(self.bins)
        first, last = start // count, (start + self._batch_size - 1) // count
        offset = start - first * count
        return self._rounds(np.arange(first, last + 1)).ravel()[offset : offset + self._batch_size]

    def _rounds(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The pictures of the rounds `numbers` `[R]`, as `[R, bins]`."""
        picked = np.stack([self._picks(place, numbers) for place in range(len(self.bins))], axis=1)
        return np.take_along_axis(picked, _orders(len(self.bins), self._seed, _ROUNDS, numbers), axis=1)

    def _picks(self, place: int, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The pictures that the bin at `place` gives to the rounds `numbers`, one each."""
        turns, positions = np.divmod(numbers, len(self._members[place]))
        picked = np.empty_like(numbers)
        for turn in range(turns[0], turns[-1] + 1):
            now = turns == turn
            picked[now] = self._pass(place, turn)[positions[now]]
        return picked

    def _pass(self, place: int, turn: int) -> npt.NDArray[np.int64]:
        """The order in which the bin at `place` gives its pictures for the `turn`-th time."""
        if self._passes[place][0] != turn:
            members = self._members[place]
            order = _orders(len(members), self._seed, _PASSES + self.bins[place], np.array([turn]))[0]
            self._passes[place] = turn, members[order]
        return self._passes[place][1]

    def state(self) -> dict[str, int]:
        """What `load_state` needs to go on exactly here; JSON can hold it."""
        return {
            "batches": self._batches,
            "batch_size": self._batch_size,
            "seed": self._seed,
            "pictures": self._pictures,
        }

    def load_state(self, state: Mapping[str, int]) -> None:
        """Go on where `state` was taken.

        Raises UserError where it was taken with another seed or batch size, or of pictures in other bins.
        """
        own = self.state()
        for name in ("batch_size", "seed"):
            if state.get(name) != own[name]:
                told = name.replace("_", " ")
                raise UserError(f"the run to go on with has {told} {state.get(name)}, not {own[name]}")
        if state.get("pictures") != own["pictures"]:
            raise UserError("the dataset, its labels or their bins are not those of the run to go on with")
        self._batches = int(state["batches"])


_ROUNDS, _PASSES = 0, 1
_GOLDEN = 0x9E3779B97F4A7C15


def _orders(count: int, seed: int, stream: int, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each of `numbers` `[R]` the random order of 0 ... count - 1 that belongs to it: `[R, count]`.

    The order of hashes by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), whose state is run through seed, stream and
    number: the same for ever and on every machine.
    """
    state = _mix(_mix(np.array([seed], dtype=np.uint64)) + np.uint64(stream))
    states = _mix(state + numbers.astype(np.uint64))[:, None]
    return np.argsort(_mix(states + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)), kind="stable")


def _mix(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
