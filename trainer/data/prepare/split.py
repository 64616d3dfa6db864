"""The pictures held out of training."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class EarlierSplit:
    """Which files an earlier dataset trained on, and which it held out: what a model has seen stays seen.

    `fingerprints` are those of the earlier dataset, and of the ones whose splits it kept itself.
    """

    trained: frozenset[str] = frozenset()
    held_out: frozenset[str] = frozenset()
    fingerprints: tuple[str, ...] = ()

    def sides(
        self, groups: npt.NDArray[np.int32], files: Sequence[str]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which pictures must be trained on and which held out, `[N]` bool each, by whole groups.

        A group with a trained file is trained on, whatever else is in it; the rest of those with a held-out one are
        held out; a group of new files alone is in neither.
        """
        count = int(groups.max(initial=-1)) + 1
        trained = np.bincount(groups, [file in self.trained for file in files], count) > 0
        held = (np.bincount(groups, [file in self.held_out for file in files], count) > 0) & ~trained
        return trained[groups], held[groups]


NO_SPLIT = EarlierSplit()


def hold_out(
    groups: npt.NDArray[np.int32],
    strata: npt.NDArray[np.int64],
    files: Sequence[str],
    share: float,
    seed: int,
    earlier: EarlierSplit = NO_SPLIT,
) -> npt.NDArray[np.bool_]:
    """Which pictures are held out, `[N]` bool: whole near-duplicate groups, `share` of every stratum.

    A group belongs to its first picture's stratum. Groups are taken in an order drawn from `seed` and their
    first file's name alone, so that much the same pictures are held out when others join or leave the dataset.
    With an `earlier` split, what it held out stays so, what it trained on never is, and new groups make up the share.
    """
    trained, held = earlier.sides(groups, files)
    _, first, which, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    settled, taken = held[first] | trained[first], np.zeros(len(first), np.bool_)
    for stratum in np.unique(strata[first]):
        own = np.flatnonzero(strata[first] == stratum)
        wanted = round(share * int(sizes[own].sum())) - int(sizes[own][held[first[own]]].sum())
        for group in sorted(own.tolist(), key=lambda group: place_of(seed, files[int(first[group])])):
            if wanted >= sizes[group] and not settled[group]:
                taken[group] = True
                wanted -= int(sizes[group])
    return held | taken[which]


def place_of(seed: int, name: str) -> bytes:
    """Where a name stands in an order that is drawn from `seed`, whatever other names there are."""
    return hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
