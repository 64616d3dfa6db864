"""The pictures held out of training."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def hold_out(
    groups: npt.NDArray[np.int32], strata: npt.NDArray[np.int64], files: Sequence[str], share: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Which pictures are held out, `[N]` bool: whole near-duplicate groups, `share` of every stratum.

    A group belongs to its first picture's stratum. Groups are taken in an order drawn from `seed` and their
    first file's name alone, so that much the same pictures are held out when others join or leave the dataset.
    """
    members: dict[int, list[int]] = {}
    for index, number in enumerate(groups):
        members.setdefault(int(number), []).append(index)
    by_stratum: dict[int, list[list[int]]] = {}
    for indices in members.values():
        by_stratum.setdefault(int(strata[indices[0]]), []).append(indices)
    held = np.zeros(len(groups), dtype=np.bool_)
    for own_groups in by_stratum.values():
        wanted = round(share * sum(map(len, own_groups)))
        for indices in sorted(own_groups, key=lambda own: _draw(seed, files[own[0]])):
            if wanted >= len(indices):
                held[indices] = True
                wanted -= len(indices)
    return held


def _draw(seed: int, name: str) -> bytes:
    return hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
