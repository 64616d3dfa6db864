import pytest

from blender_facegan.core.errors import CrowdError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (CrowdError("cannot be read", "choose another", "mix.json"), "mix.json: cannot be read: choose another"),
        (CrowdError("cannot be read", where="mix.json"), "mix.json: cannot be read"),
        (CrowdError("no characters", "select some"), "no characters: select some"),
        (CrowdError("no characters"), "no characters"),
    ],
)
def test_an_error_is_one_line_of_what_it_knows(error: CrowdError, told: str) -> None:
    assert str(error) == told
