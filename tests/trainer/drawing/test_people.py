from pathlib import Path

import pytest

from trainer.drawing.people import drawn_things, read_people
from trainer.errors import UserError
from trainer.labels.people import SEX_AND_AGE


def test_people_are_read(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("seed,sex,age\n1,female,30\n4294967295, Male ,70.5\n3,-0.25,0\n")
    people = read_people(path)
    assert people.seed.tolist() == [1, 4294967295, 3]
    assert people.values["sex"][:, 0].tolist() == [-1.0, 1.0, -0.25]
    assert people.values["age"][:, 0].tolist() == [30.0, 70.5, 0.0]


def test_people_of_a_spreadsheet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Seed;Sex;Age;Name\n1;woman;30,5;Ann\n2;man;0;Bo\n", encoding="utf-8-sig")
    people = read_people(path)
    assert people.values["sex"][:, 0].tolist() == [-1.0, 1.0]
    assert people.values["age"][:, 0].tolist() == [30.5, 0.0]


def test_halfway_between_the_sexes_can_be_asked_for_beside_other_numbers(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("seed,sex,age\n1,0,30\n2,-1,30\n3,1,30\n")
    assert read_people(path).values["sex"][:, 0].tolist() == [0.0, -1.0, 1.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed,sex\n1,female\n", "no column age"),
        ("seed,sex,age\n", "lists nobody"),
        ("seed,sex,age\n-1,female,3\n", "line 2: seed '-1'"),
        ("seed,sex,age\n1.5,female,3\n", "line 2: seed '1.5'"),
        ("seed,sex,age\n1,woman,3\n1,girl,3\n", "line 3: sex 'girl'"),
        ("seed,sex,age\n1,2,3\n", "line 2: sex '2'"),
        ("seed,sex,age\n1,f,old\n", "line 2: age 'old'"),
        ("seed,sex,age\n1,f,nan\n", "line 2: age 'nan'"),
        ("seed,sex,age\n1,0,3\n2,1,3\n", "column sex: holds 0 and 1 alone"),
        ("seed,sex,age\n1,0.0,3\n2,1.0,3\n", "column sex: holds 0.0 and 1.0 alone"),
        ("seed,sex,age\n1,0_1,3\n", "line 2: sex '0_1'"),
        ("seed,sex,age\n1_0,f,3\n", "line 2: seed '1_0'"),
        ("seed,sex,age\n１,f,3\n", "line 2: seed '１'"),
        ("seed,sex,age\n+1,f,3\n", "line 2: seed"),
        ("seed,sex,age\n1,f,1_0\n", "line 2: age '1_0'"),
        ("seed,sex,age\n1,f,３\n", "line 2: age '３'"),
        ("seed,sex,age\n1,f,inf\n", "line 2: age 'inf'"),
        ("seed,sex,age\n1,f,121\n", "line 2: age '121'"),
        ("seed,sex,age,age\n1,f,3,4\n", "the column age stands twice"),
        (f"seed,sex,age,note\n1,f,3,{'x' * 200_000}\n", "line 2: .*131,072"),
        ("seed,sex,age\n1,f\n", "line 2: has 2 cells"),
    ],
)
def test_a_value_that_does_not_fit_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message) as caught:
        read_people(path)
    assert "people.csv" in str(caught.value)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nobody\.csv"):
        read_people(tmp_path / "nobody.csv")


@pytest.mark.parametrize(("count", "told"), [(0, "0 faces"), (1, "1 face"), (2, "2 faces")])
def test_one_is_told_as_one(count: int, told: str) -> None:
    assert drawn_things(count, SEX_AND_AGE) == told
    assert drawn_things(count, ()) == told.replace("face", "picture")
