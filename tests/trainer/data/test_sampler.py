"""Balanced batches."""

import json
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.data.dataset import Dataset
from trainer.data.sampler import BalancedSampler, copies_of
from trainer.errors import UserError

bins_of = st.lists(st.integers(-1, 5), min_size=1, max_size=60).filter(lambda bins: max(bins) >= 0)
batch_sizes = st.integers(1, 24)
seeds = st.integers(0, 2**32 - 1)


def drawn(sampler: BalancedSampler, batches: int) -> list[int]:
    return [int(picture) for _ in range(batches) for picture in sampler.next_batch()]


@given(bins_of, batch_sizes, seeds)
def test_no_picture_repeats_before_all_of_its_bin_were_seen(bins: list[int], batch_size: int, seed: int) -> None:
    bin_of = np.array(bins)
    stream = drawn(BalancedSampler(bin_of, batch_size, seed), 200 // batch_size + 1)
    for number in set(bins) - {-1}:
        own = [picture for picture in stream if bins[picture] == number]
        size = bins.count(number)
        for start in range(0, len(own), size):
            turn = own[start : start + size]
            assert len(set(turn)) == len(turn)


@given(bins_of, batch_sizes, seeds, st.integers(1, 30))
def test_bins_never_differ_by_more_than_one_picture(bins: list[int], batch_size: int, seed: int, batches: int) -> None:
    stream = drawn(BalancedSampler(np.array(bins), batch_size, seed), batches)
    counts = Counter(dict.fromkeys(set(bins) - {-1}, 0))
    counts.update(bins[picture] for picture in stream)
    assert max(counts.values()) - min(counts.values()) <= 1


@given(bins_of, seeds)
def test_pictures_outside_the_bins_are_never_drawn(bins: list[int], seed: int) -> None:
    stream = drawn(BalancedSampler(np.array(bins), 16, seed), 5)
    assert all(bins[picture] >= 0 for picture in stream)


@given(bins_of, batch_sizes, seeds, st.integers(0, 40))
def test_a_saved_state_goes_on_exactly(bins: list[int], batch_size: int, seed: int, batches: int) -> None:
    bin_of = np.array(bins)
    sampler = BalancedSampler(bin_of, batch_size, seed)
    for _ in range(batches):
        sampler.next_batch()
    state = json.loads(json.dumps(sampler.state()))
    resumed = BalancedSampler(bin_of, batch_size, seed)
    resumed.load_state(state)
    assert drawn(resumed, 7) == drawn(sampler, 7)


def test_a_run_can_go_back_to_an_earlier_state() -> None:
    sampler = BalancedSampler(np.array([0, 0, 0, 1]), 3, 0)
    sampler.next_batch()
    state = sampler.state()
    first = drawn(sampler, 20)
    sampler.load_state(state)
    assert drawn(sampler, 20) == first


def test_the_seed_and_every_pass_draw_another_order() -> None:
    bin_of = np.zeros(50, dtype=np.int64)
    first, second = drawn(BalancedSampler(bin_of, 50, 1), 1), drawn(BalancedSampler(bin_of, 50, 2), 1)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    two_passes = drawn(BalancedSampler(bin_of, 50, 1), 2)
    assert two_passes[:50] == first
    assert two_passes[50:] != first


def test_every_place_of_a_pass_is_as_likely_for_every_picture() -> None:
    bin_of = np.zeros(4, dtype=np.int64)
    sampler = BalancedSampler(bin_of, 4, 5)
    places = np.zeros((4, 4))
    for _ in range(2000):
        places[np.arange(4), sampler.next_batch()] += 1
    assert np.abs(places - 500).max() < 100


def test_empty_bins_are_told_and_their_share_goes_to_the_others() -> None:
    bin_of = np.array([0, 0, 2, 2, 2, -1])
    with pytest.warns(UserWarning, match="no pictures of b, d"):
        sampler = BalancedSampler(bin_of, 8, 0, names=["a", "b", "c", "d"])
    assert Counter(bin_of[sampler.next_batch()].tolist()) == {0: 4, 2: 4}


def test_full_bins_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        BalancedSampler(np.array([0, 1]), 2, 0, names=["a", "b"])


def test_nothing_to_draw_from_is_told() -> None:
    with pytest.raises(UserError, match="no picture is left to train on"):
        BalancedSampler(np.array([-1, -1]), 4, 0)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="batch of 0: give 1 or more"):
        BalancedSampler(np.array([0, 1]), 0, 0)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        BalancedSampler(np.array([0]), 1, seed)


def test_the_state_of_another_run_is_refused_with_the_reason() -> None:
    bin_of = np.array([0, 1, 1])
    state = BalancedSampler(bin_of, 4, 7).state()
    with pytest.raises(UserError, match="batch size 4, not 8"):
        BalancedSampler(bin_of, 8, 7).load_state(state)
    with pytest.raises(UserError, match="seed 7, not 6"):
        BalancedSampler(bin_of, 4, 6).load_state(state)
    with pytest.raises(UserError, match="the dataset, its labels or their bins"):
        BalancedSampler(np.array([1, 0, 1]), 4, 7).load_state(state)


def weighed(cells: list[str]) -> Dataset:
    return Dataset(
        images=np.zeros((len(cells), 8, 8, 3), np.uint8),
        values={},
        held_out=np.zeros(len(cells), np.bool_),
        group=np.arange(len(cells), dtype=np.int32),
        files=[f"{number}.png" for number in range(len(cells))],
        metadata={"labels": []},
        extra={"detail": cells},
    )


def test_pictures_come_as_much_more_often_as_they_weigh() -> None:
    copies = copies_of(weighed(["0.2", "0.4", "0.6", "2"]), "detail")
    assert copies is not None
    assert copies.tolist() == [1, 2, 3, 4]
    bins = np.array([0, 0, 1, 1])
    seen = np.bincount(drawn(BalancedSampler(bins, 7, 5, copies=copies), 6 * 7), minlength=4)
    assert seen[0] + seen[1] == seen[2] + seen[3]
    assert (seen[1] / seen[0], seen[3] / seen[2]) == (2, pytest.approx(4 / 3))
    assert copies_of(weighed(["0.2"]), "") is None


def test_a_run_that_weighs_pictures_otherwise_is_not_gone_on_with() -> None:
    bins, copies = np.array([0, 0, 1]), np.array([1, 2, 1])
    state = BalancedSampler(bins, 4, 5, copies=copies).state()
    with pytest.raises(UserError, match="not those of the run"):
        BalancedSampler(bins, 4, 5).load_state(state)


@pytest.mark.parametrize(
    ("cells", "column", "told"),
    [(["1"], "glory", "no such column"), (["", "1"], "detail", "not a number"), (["0", "1"], "detail", "above 0")],
)
def test_a_weight_that_is_none_is_told(cells: list[str], column: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        copies_of(weighed(cells), column)
