import numpy as np
import pytest

from trainer.evaluation.statistics.distances import frechet_distance, kernel_distance, nearest, precision_recall


@pytest.fixture
def dice() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_set_has_no_frechet_distance_to_itself(dice: np.random.Generator) -> None:
    points = dice.normal(size=(300, 20))
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-9)


def test_a_shift_is_its_squared_length(dice: np.random.Generator) -> None:
    points = dice.normal(size=(300, 4))
    assert frechet_distance(points, points + np.array([3, 0, 4, 0])) == pytest.approx(25)


def test_two_normal_distributions_are_as_far_apart_as_the_formula_says(dice: np.random.Generator) -> None:
    first = dice.normal(0, [1, 2, 3], (200_000, 3))
    second = dice.normal(1, [2, 2, 1], (200_000, 3))
    assert frechet_distance(first, second) == pytest.approx(3 + 1 + 0 + 4, rel=0.02)


def test_fewer_vectors_than_dimensions_still_give_a_distance(dice: np.random.Generator) -> None:
    first, second = dice.normal(size=(10, 50)), dice.normal(size=(12, 50))
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(first, second) == pytest.approx(frechet_distance(second, first))


def test_the_kernel_distance_is_about_zero_within_a_distribution_and_large_across(dice: np.random.Generator) -> None:
    first, second = dice.normal(size=(2000, 8)), dice.normal(size=(2000, 8))
    assert abs(kernel_distance(first, second)) < 0.01
    assert kernel_distance(first, second + 1) > 1


def test_the_kernel_distance_is_the_mean_over_unequal_pairs() -> None:
    first, second = np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]])
    # k(0, 1) = 1, k(2, 3) = 343, across: k(0, .) = 1 twice, k(1, 2) = 27, k(1, 3) = 64
    assert kernel_distance(first, second) == pytest.approx(1 + 343 - 2 * (1 + 1 + 27 + 64) / 4)


def test_a_set_covers_itself_whole(dice: np.random.Generator) -> None:
    points = dice.normal(size=(200, 6))
    own = precision_recall(points, points)
    assert (own.precision, own.recall, own.coverage) == (1, 1, 1)
    # Each point lies in its own reach and in those of the points that count it among their nearest: 6/5 on average.
    assert own.density == pytest.approx(6 / 5)
    assert own.inside.all()


def test_a_collapsed_set_is_precise_and_covers_little(dice: np.random.Generator) -> None:
    real = dice.normal(size=(400, 4))
    collapsed = dice.normal(0, 0.1, (400, 4))
    found = precision_recall(real, collapsed)
    assert found.precision > 0.95
    assert found.recall < 0.1
    assert found.coverage < 0.3


def test_a_set_far_away_has_nothing_in_common(dice: np.random.Generator) -> None:
    found = precision_recall(dice.normal(size=(50, 3)), dice.normal(100, 1, (60, 3)))
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)
    assert len(found.inside) == 60


def test_nearest_finds_each_ones_own_place(dice: np.random.Generator) -> None:
    others = dice.normal(size=(1300, 5))
    order = dice.permutation(1300)
    distances, indices = nearest(others[order], others)
    assert (indices == order).all()
    assert distances.max() < 1e-6


@pytest.mark.parametrize("shapes", [((1, 3), (5, 3)), ((5, 3), (5, 4)), ((5,), (5,))])
def test_what_cannot_be_compared_is_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match=r"feature sets|vectors"):
        frechet_distance(np.zeros(shapes[0]), np.zeros(shapes[1]))
