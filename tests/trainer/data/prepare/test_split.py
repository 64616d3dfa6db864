"""The held-out split."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.data.prepare.split import EarlierSplit, hold_out

FILES = [f"{index}.jpg" for index in range(2000)]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.integers(0, 2**32), st.floats(0, 0.9))
def test_no_group_stands_on_both_sides(groups: list[int], seed: int, share: float) -> None:
    numbers = np.array(groups, dtype=np.int32)
    held = hold_out(numbers, np.arange(len(groups), dtype=np.int64) % 3, FILES[: len(groups)], share, seed)
    for number in set(groups):
        assert len(set(held[numbers == number].tolist())) == 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), st.floats(0, 0.9))
def test_every_stratum_gives_its_share(strata: list[int], share: float) -> None:
    numbers = np.array(strata, dtype=np.int64)
    held = hold_out(np.arange(len(strata), dtype=np.int32), numbers, FILES[: len(strata)], share, 0)
    for stratum in set(strata):
        own = held[numbers == stratum]
        assert own.sum() == round(share * len(own))


def test_the_seed_draws_the_pictures() -> None:
    groups, strata = np.arange(1000, dtype=np.int32), np.zeros(1000, dtype=np.int64)
    first, again, other = (hold_out(groups, strata, FILES[:1000], 0.1, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first & other).sum() < 40


def test_much_the_same_pictures_are_held_out_when_others_leave() -> None:
    strata = np.zeros(1000, dtype=np.int64)
    whole = hold_out(np.arange(1000, dtype=np.int32), strata, FILES[:1000], 0.1, 0)
    stay = np.arange(1000) % 10 != 3
    rest = hold_out(np.arange(900, dtype=np.int32), strata[:900], [FILES[i] for i in np.flatnonzero(stay)], 0.1, 0)
    assert (whole[stay] & rest).sum() >= 80


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from("tho")), min_size=1, max_size=200), st.floats(0, 0.9))
def test_an_earlier_split_is_kept_by_whole_groups(pictures: list[tuple[int, str]], share: float) -> None:
    """t: trained on before, h: held out before, o: new."""
    groups = np.array([number for number, _ in pictures], dtype=np.int32)
    files = FILES[: len(pictures)]
    before = {
        side: frozenset(file for file, (_, own) in zip(files, pictures, strict=True) if own == side) for side in "th"
    }
    earlier = EarlierSplit(before["t"], before["h"])
    held = hold_out(groups, np.zeros(len(groups), dtype=np.int64), files, share, 0, earlier)
    for number in np.unique(groups):
        sides = {own for group, own in pictures if group == number}
        own_held = set(held[groups == number].tolist())
        assert len(own_held) == 1
        assert "t" not in sides or own_held == {False}
        assert not ("h" in sides and "t" not in sides) or own_held == {True}
