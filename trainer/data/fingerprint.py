"""What a run rests on, as a few hashes: whether a dataset is still the one that it was."""

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np

from trainer.data.dataset import Dataset

PARTS = {
    "pictures": "the pictures to train on",
    "held_out": "the held-out pictures",
    "labels": "the pictures' labels, or the decisions on them",
    "declaration": "what the labels are",
}
"""What is compared, and what it is called."""
BLOCK = 4096


def fingerprint_of(dataset: Dataset) -> dict[str, str]:
    """A hash for each of `PARTS`, of the dataset as its decisions leave it: pixels, split, labels, declaration."""
    labels = dataset.labels
    return {
        "pictures": _hash(_pixels(dataset, held_out=False)),
        "held_out": _hash(_pixels(dataset, held_out=True)),
        "labels": _hash(
            np.ascontiguousarray(end, np.float32).tobytes() for label in labels for end in dataset.values[label.name]
        ),
        "declaration": _hash([json.dumps([label.declaration() for label in labels], sort_keys=True).encode()]),
    }


def differences(known: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """In words, what of `present` is another than in `known`; what `known` does not tell is not compared."""
    return [words for part, words in PARTS.items() if part in known and known[part] != present[part]]


def _pixels(dataset: Dataset, *, held_out: bool) -> Iterable[bytes]:
    rows = np.flatnonzero(dataset.held_out == held_out)
    yield np.asarray([*dataset.images.shape[1:], *rows], np.int64).tobytes()
    for start in range(0, len(rows), BLOCK):
        yield np.ascontiguousarray(dataset.images[rows[start : start + BLOCK]]).tobytes()


def _hash(blocks: Iterable[bytes]) -> str:
    state = hashlib.blake2b(digest_size=16)
    for block in blocks:
        state.update(block)
    return state.hexdigest()
