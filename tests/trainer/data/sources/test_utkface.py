from pathlib import Path

import pytest

from trainer.data.sources.source import find_source
from trainer.errors import UserError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_names_tell_age_and_sex_where_zero_is_male(tmp_path: Path) -> None:
    touch(tmp_path, "26_0_1_20170116174525125.jpg", "part2/1_1_4_20161219140642920.jpg.chip.jpg", "notes.txt")
    listing = find_source("utkface").read(tmp_path)
    man, girl = listing.photographs
    assert man.file == "26_0_1_20170116174525125.jpg"
    assert man.values == {"sex": (1.0, 1.0), "age": (26.0, 27.0)}
    assert man.extra == {"race": "Black"}
    assert girl.file == "part2/1_1_4_20161219140642920.jpg.chip.jpg"
    assert girl.values == {"sex": (-1.0, -1.0), "age": (1.0, 2.0)}
    assert listing.left_out == {"name": 0, "age": 0, "ending": 0}


def test_names_that_lack_a_field_are_counted(tmp_path: Path) -> None:
    """The three of the published set, an age that nobody has, and pictures of other endings."""
    known = ["39_1_20170116174525125.jpg", "61_1_20170109142408075.jpg", "61_1_20170109150557335.jpg"]
    touch(
        tmp_path, *known, "1_0_1_2.PNG", "1_0_1_2.gif", "140_0_1_20170116174525125.jpg", "26_0_1_20170116174525125.jpg"
    )
    listing = find_source("utkface").read(tmp_path)
    assert len(listing.photographs) == 1
    assert listing.left_out == {"name": 3, "age": 1, "ending": 2}


def test_a_folder_without_such_names_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "me.jpg")
    with pytest.raises(UserError, match="as UTKFace's are"):
        find_source("utkface").read(tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        find_source("utkface").read(tmp_path / "nowhere")
