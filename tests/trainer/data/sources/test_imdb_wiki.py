import datetime as dt
import os
import random
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from trainer.data.sources.imdb_wiki import ImdbWiki, age_of, apart, broken_rule, read_rows
from trainer.data.sources.source import find_source
from trainer.errors import UserError

REAL_TABLE = Path(os.environ.get("FACEGAN_IMDB_WIKI", "../shared/data/imdb_wiki")) / "wiki.mat"


def datenum(year: int, month: int, day: int) -> int:
    return dt.date(year, month, day).toordinal() + 366


def row(**changes: Any) -> dict[str, Any]:
    plain = {
        "dob": datenum(1960, 3, 4),
        "photo_taken": 1990,
        "full_path": "01/1_1960-03-04_1990.jpg",
        "gender": 1.0,
        "face_location": [[10.0, 20.0, 110.0, 120.0]],
        "face_score": 4.0,
        "second_face_score": np.nan,
    }
    return plain | changes


def write_table(folder: Path, rows: list[dict[str, Any]], name: str = "wiki") -> None:
    """A Matlab table as the real one is laid out: one struct whose fields are [1, N]."""
    kinds = {"dob": np.int32, "photo_taken": np.uint16, "full_path": object, "face_location": object}
    fields = {}
    for field in row():
        column = np.empty((1, len(rows)), kinds.get(field, np.float64))
        for index, one in enumerate(rows):
            column[0, index] = np.array([one[field]]) if field == "full_path" else np.array(one[field])
        fields[field] = column
    savemat(folder / f"{name}.mat", {name: fields})
    for one in rows:
        if not one["full_path"] or one["full_path"][0] in "./":
            continue
        path = folder / one["full_path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_rows_are_read_with_age_sex_and_path(tmp_path: Path) -> None:
    write_table(tmp_path, [row(), row(gender=0.0, full_path="02/2_1960-03-04_1990.jpg")])
    man, woman = find_source("imdb_wiki").read(tmp_path).photographs
    assert (man.file, man.values) == ("01/1_1960-03-04_1990.jpg", {"sex": (1.0, 1.0), "age": (30.0, 31.0)})
    assert woman.values["sex"] == (-1.0, -1.0)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"second_face_score": 2.0}, "second_face"),
        ({"gender": np.nan}, "sex"),
        ({"face_score": -np.inf}, "score"),
        ({"face_score": 1.0}, "score"),
        ({"face_location": [[0.0, 0.0, 60.0, 60.0]]}, "box"),
        ({"dob": 0}, "date"),
        ({"dob": 366}, "date"),
        ({"dob": datenum(9999, 12, 31) + 1}, "date"),
        ({"face_location": np.zeros((1, 0))}, "box"),
        ({"full_path": "../elsewhere.jpg"}, "path"),
        ({"full_path": "/etc/hostname"}, "path"),
        ({"full_path": ""}, "path"),
        ({"photo_taken": 1970}, "age"),
        ({"photo_taken": 2060}, "age"),
    ],
)
def test_a_row_is_left_out_by_the_rule_that_it_breaks(tmp_path: Path, changes: dict[str, Any], rule: str) -> None:
    write_table(tmp_path, [row(), row(**{"full_path": "03/3_1960-03-04_1990.jpg", **changes})])
    listing = ImdbWiki().read(tmp_path)
    assert len(listing.photographs) == 1
    assert {name for name, count in listing.left_out.items() if count} == {rule}


def test_the_first_datenum_of_python_is_read(tmp_path: Path) -> None:
    write_table(tmp_path, [row(dob=367, photo_taken=51)])
    (photograph,) = ImdbWiki().read(tmp_path).photographs
    assert photograph.age == (50.0, 51.0)


def test_a_missing_file_is_counted(tmp_path: Path) -> None:
    write_table(tmp_path, [row(), row(full_path="04/4_1960-03-04_1990.jpg")])
    (tmp_path / "04/4_1960-03-04_1990.jpg").unlink()
    assert ImdbWiki().read(tmp_path).left_out["missing"] == 1


def test_names_that_disagree_with_the_table_are_kept_and_counted(tmp_path: Path) -> None:
    names = ["1_1960-03-04_1990", "2_1960-04-03_1990", "3_1960-03-04_1991", "4_1960-00-00_1990", "5_1960-03-04UTC_1990"]
    write_table(tmp_path, [row(full_path=f"01/{name}.jpg") for name in names])
    listing = ImdbWiki().read(tmp_path)
    assert len(listing.photographs) == 5
    assert listing.remarks == {
        "name tells another birthday": 2,
        "name tells another year": 1,
        "name tells no dates": 1,
    }


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither"):
        ImdbWiki().read(tmp_path)
    (tmp_path / "wiki.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    with pytest.raises(UserError, match=r"wiki\.mat: is no table"):
        ImdbWiki().read(tmp_path)


def dies(table: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def test_a_table_that_ends_its_reader_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"wiki\.mat: is damaged"):
        apart(dies, tmp_path / "wiki.mat")


@pytest.mark.parametrize("seed", range(4))
def test_a_table_with_wrong_bytes_is_read_or_refused_in_a_line(tmp_path: Path, seed: int) -> None:
    write_table(tmp_path, [row(), row(full_path="02/2_1960-03-04_1990.jpg")])
    path, dice = tmp_path / "wiki.mat", random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(8):
        data[dice.randrange(128, len(data))] = dice.randrange(256)
    path.write_bytes(data)
    told = ""
    try:
        ImdbWiki().read(tmp_path)
    except UserError as error:
        told = str(error)
    assert told == "" or ("wiki.mat" in told and "\n" not in told)


@pytest.mark.skipif(not REAL_TABLE.is_file(), reason="the real wiki.mat is not on this machine")
def test_the_real_table_gives_the_known_counts() -> None:
    rows = read_rows(REAL_TABLE)
    assert len(rows.path) == 62_328
    of_known_sex = [i for i in range(len(rows.path)) if broken_rule(rows, i) not in ("second_face", "sex")]
    one_face = [index for index in of_known_sex if np.isfinite(rows.score[index])]
    assert len(one_face) == 39_455
    assert sum(broken_rule(rows, index) != "score" for index in one_face) == 38_187
    kept = [index for index in one_face if broken_rule(rows, index) is None]
    ages = [age_of(rows, index) for index in kept]
    assert 10 < min(ages) <= max(ages) < 100
