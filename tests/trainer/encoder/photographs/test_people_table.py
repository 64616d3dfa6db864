from pathlib import Path

import pytest

from trainer.encoder.photographs.people_table import YOUNGEST, parse_age, parse_sex, read_sitters
from trainer.errors import UserError

HEAD = "file,name,sex,age,consent\n"


def table(folder: Path, *rows: str, head: str = HEAD) -> Path:
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(b"")
    path = folder / "people.csv"
    path.write_text(head + "\n".join(rows) + "\n")
    return path


def test_photographs_of_one_name_are_one_person(tmp_path: Path) -> None:
    path = table(tmp_path, "a.jpg,Ann,female,34,Ann on 1 May 2026", "b.jpg,Ann,female,34,Ann on 1 May 2026")
    (ann,) = read_sitters(path, tmp_path)
    assert (ann.name, ann.sex, ann.age, ann.consent) == ("Ann", -1.0, 34.0, "Ann on 1 May 2026")
    assert [photograph.name for photograph in ann.photographs] == ["a.jpg", "b.jpg"]


def test_somebody_without_a_name_is_called_as_the_file(tmp_path: Path) -> None:
    (person,) = read_sitters(table(tmp_path, "a.jpg,,m,40,yes"), tmp_path)
    assert (person.name, person.sex) == ("a", 1.0)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.jpg,Ann,female,34,", "no consent of Ann"),
        ("a.jpg,Ann,female,34,   ", "no consent of Ann"),
        (f"a.jpg,Ann,female,{YOUNGEST - 0.5},Ann", "nobody under 16"),
        ("a.jpg,Ann,female,-3,Ann", "nobody under 16"),
        ("a.jpg,Ann,female,nan,Ann", "no number of years"),
        ("a.jpg,Ann,female,150,Ann", "up to 120"),
        ("a.jpg,Ann,someone,34,Ann", "sex"),
        ("c.jpg,Ann,female,34,Ann", "no such photograph"),
        (",Ann,female,34,Ann", "no such photograph"),
    ],
)
def test_who_cannot_be_taken_in_is_refused_with_the_line(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        read_sitters(table(tmp_path, row), tmp_path)
    assert "line 2" in str(error.value)


def test_a_table_without_the_column_consent_takes_nobody_in(tmp_path: Path) -> None:
    path = table(tmp_path, "a.jpg,female,34", head="file,sex,age\n")
    with pytest.raises(UserError, match="consent"):
        read_sitters(path, tmp_path)
    assert len(read_sitters(path, tmp_path, with_consent=False)) == 1


def test_one_name_for_two_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"line 3.*another sex, age or consent"):
        read_sitters(table(tmp_path, "a.jpg,Ann,female,34,Ann", "b.jpg,Ann,male,34,Ann"), tmp_path)


def test_a_sex_and_an_age_may_be_typed() -> None:
    assert (parse_sex(" Female "), parse_age(" 34.5")) == (-1.0, 34.5)
    with pytest.raises(UserError, match="neither"):
        parse_sex("0")
