"""File names for anything that an artist may call an object."""

import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.atlas.file_names import file_names


@pytest.mark.parametrize("name", ["Zoë", "李雷", "🙂", "a.b", "Ωmega 7", "👩‍🚀", "हिन्दी"])
def test_legible_names_stay(name: str) -> None:
    assert file_names([name]) == [name]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b:c", "a_b_c"),
        ('"who?"', "_who__"),
        (" .hidden. ", "hidden"),
        ("..", "_"),
        ("", "_"),
        ("CON", "CON_"),
        ("nul.001", "nul.001_"),
        ("COM1", "COM1_"),
        ("com\u00b9", "com\u00b9_"),
        ("LPT\u00b3.body", "LPT\u00b3.body_"),
        ("COM\u2074", "COM\u2074"),
        ("CONOUT$", "CONOUT$_"),
        ("tab\there", "tab_here"),
        ("\ud800", "_"),
        ("e\u0301", "é"),
    ],
)
def test_what_a_system_forbids_is_replaced(name: str, safe: str) -> None:
    assert file_names([name]) == [safe]


def test_names_that_a_system_takes_for_the_same_are_numbered() -> None:
    names = ["Anna", "ANNA", "a:b", "a?b", "e\u0301", "é", "Anna_2"]
    assert file_names(names) == ["Anna", "ANNA_2", "a_b", "a_b_2", "é", "é_2", "Anna_2_2"]


@given(st.lists(st.text(max_size=300), max_size=30))
def test_every_name_gets_a_valid_one_of_its_own(names: list[str]) -> None:
    safe = file_names(names)
    folded = {unicodedata.normalize("NFD", name.casefold()) for name in safe}
    assert len(folded) == len(safe) == len(names)
    for name in safe:
        assert 0 < len(f"{name}.png".encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert name == name.strip(" .")
        assert Path(f"{name}.png").name == f"{name}.png"
        assert PureWindowsPath(f"{name}.png").name == f"{name}.png"


@given(st.lists(st.text(max_size=20), unique=True, max_size=10))
def test_names_are_the_same_every_time(names: list[str]) -> None:
    assert file_names(names) == file_names(names)


def test_a_name_that_is_refused_gets_a_number() -> None:
    refused = {(0, "Anna"), (0, "Anna_2"), (1, "Bob")}
    assert file_names(["Anna", "Bob", "Anna"], lambda index, name: (index, name) not in refused) == [
        "Anna_3",
        "Bob_2",
        "Anna",
    ]
