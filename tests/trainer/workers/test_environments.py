"""A machine with other packages is refused, by name and release, before it works."""

import pytest

from trainer.errors import UserError
from trainer.workers.environments import MISSING, carried_out, difference, environment


def test_the_same_packages_are_no_difference() -> None:
    assert difference(environment(), environment()) == ""
    assert MISSING not in environment().values()


def test_another_release_and_a_missing_package_are_named() -> None:
    ours = {"Python": "3.12", "numpy": "2.4.6", "dlib-bin": "20.0.1"}
    told = difference({"Python": "3.12", "numpy": "2.1.0"}, ours)
    assert told == f"numpy 2.1.0 (here 2.4.6), dlib-bin {MISSING} (here 20.0.1)"


def test_work_that_comes_from_other_packages_is_refused_where_it_is_done() -> None:
    assert carried_out(environment(), divmod, 7, 2) == (3, 1)
    with pytest.raises(UserError, match=r"has numpy \S+ \(here 0\.1\): install the same packages on all machines"):
        carried_out({**environment(), "numpy": "0.1"}, divmod, 7, 2)
