"""Whether a dataset is still the one that it was."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from trainer.data.dataset import Dataset, differences, fingerprint_of


def one_pixel(dataset: Dataset, row: int) -> Dataset:
    images = np.array(dataset.images)
    images[row, 63, 63, 2] ^= 1
    return replace(dataset, images=images)


def one_age(dataset: Dataset) -> Dataset:
    low, high = dataset.values["age"]
    changed = low.copy()
    changed[5] += 1
    return replace(dataset, values={**dataset.values, "age": (changed, high)})


def swapped(dataset: Dataset) -> Dataset:
    order = np.arange(len(dataset))
    order[[0, 1]] = [1, 0]
    return dataset.rows(order)


def redeclared(dataset: Dataset) -> Dataset:
    labels = [{**entry, "balanced": False} for entry in dataset.metadata["labels"]]
    return replace(dataset, metadata={**dataset.metadata, "labels": labels})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: one_pixel(data, 0), ["the pictures to train on"]),
        (lambda data: one_pixel(data, 9), ["the held-out pictures"]),
        (one_age, ["the pictures' labels, or the decisions on them"]),
        (redeclared, ["what the labels are"]),
        (swapped, ["the pictures to train on", "the pictures' labels, or the decisions on them"]),
        (lambda data: replace(data, held_out=~data.held_out), ["the pictures to train on", "the held-out pictures"]),
        (lambda data: data.rows(np.arange(len(data) - 1)), ["the pictures to train on", "the pictures' labels, or"]),
    ],
)
def test_the_least_change_is_told(discs: Dataset, change: Callable[[Dataset], Dataset], told: list[str]) -> None:
    found = differences(fingerprint_of(discs), fingerprint_of(change(discs)))
    assert len(found) == len(told)
    assert all(words.startswith(start) for words, start in zip(found, told, strict=True))


def test_the_same_dataset_is_the_same_however_it_lies_in_memory(discs: Dataset) -> None:
    turned = replace(discs, images=np.asfortranarray(discs.images))
    assert fingerprint_of(turned) == fingerprint_of(discs)
    assert differences({}, fingerprint_of(discs)) == []
