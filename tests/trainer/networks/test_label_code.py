import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainer.labels.classes import Classes
from trainer.labels.hats import hat_functions
from trainer.labels.number import AGE_KNOTS
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.label_code import KnotCode, PlainCode


@given(st.floats(-50, 200, allow_nan=False))
def test_hat_functions_are_a_partition_of_one_that_interpolates_the_age(age: float) -> None:
    knots = torch.tensor(AGE_KNOTS)
    hats = hat_functions(torch.tensor([[age]]), knots)[0]
    assert (hats >= 0).all()
    assert torch.isclose(hats.sum(), torch.tensor(1.0))
    assert np.isclose(float(hats @ knots), np.clip(age, AGE_KNOTS[0], AGE_KNOTS[-1]), atol=1e-3)


def test_the_knot_code_lets_the_sexes_age_differently() -> None:
    code = KnotCode(SEX_AND_AGE)
    woman, man = code(torch.tensor([[-1.0, 40.0], [1.0, 40.0]]))
    assert code.size == 1 + 2 * len(AGE_KNOTS)
    assert torch.equal(woman[1 : 1 + len(AGE_KNOTS)], man[1 : 1 + len(AGE_KNOTS)])
    assert torch.equal(woman[1 + len(AGE_KNOTS) :], -man[1 + len(AGE_KNOTS) :])


def test_the_plain_code_is_the_papers() -> None:
    code = PlainCode(SEX_AND_AGE)(torch.tensor([[1.0, 50.0], [-1.0, 100.0], [1.0, 0.0]]))
    assert torch.allclose(code, torch.tensor([[1.0, 0.0], [-1.0, 1.0], [1.0, -1.0]]))


def test_declared_classes_stay_one_hot() -> None:
    labels = (Classes("glasses", ("none", "clear", "dark")),)
    matrix = torch.tensor([[0.0, 1.0, 0.0]])
    assert torch.equal(KnotCode(labels)(matrix), matrix)
