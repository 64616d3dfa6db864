"""A clone of the Grocery Store Dataset becomes a folder that `trainer prepare` reads."""

import csv
import tomllib
from pathlib import Path

import pytest

from examples.market.pictures import PicturesError, lay_out, main

CLASSES = """\
Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic Image Path (str)
Royal-Gala,0,Apple,0,/a.jpg
Milk,1,Milk,1,/b.jpg
Vine-Tomato,2,Tomato,2,/c.jpg
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """One apple that two parts call the same, a tomato, and a carton of milk."""
    folder = tmp_path / "clone"
    listed = {
        "train": "Fruit/Apple/Royal-Gala/Royal-Gala_001.jpg, 0, 0\n{part}/Packages/Milk/Milk/Milk_001.jpg, 1, 1",
        "val": "Fruit/Apple/Royal-Gala/Royal-Gala_001.jpg, 0, 0",
        "test": "Vegetables/Tomato/Vine-Tomato/Vine-Tomato_001.jpg, 2, 2",
    }
    for part, lines in listed.items():
        text = "{part}/" + lines
        (folder / "dataset").mkdir(parents=True, exist_ok=True)
        (folder / "dataset" / f"{part}.txt").write_text(text.replace("{part}", part) + "\n")
        for line in text.replace("{part}", part).splitlines():
            picture = folder / "dataset" / line.split(",")[0]
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.write_text(f"{part} {picture.name}")
    (folder / "dataset" / "classes.csv").write_text(CLASSES)
    (folder / "LICENSE").write_text("MIT License")
    return folder


def test_fruit_and_vegetables_of_all_parts_are_listed_with_what_they_are(clone: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert lay_out(clone, out) == 3
    with (out / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["produce"] for row in rows] == ["apple", "apple", "tomato"]
    assert rows[2]["variety"] == "vine-tomato"
    assert [(out / row["file"]).read_text().split()[0] for row in rows] == ["train", "val", "test"]


def test_the_licence_and_the_declaration_of_the_labels_lie_beside_the_pictures(clone: Path, tmp_path: Path) -> None:
    lay_out(clone, tmp_path / "out")
    assert (tmp_path / "out" / "LICENSE").read_text() == "MIT License"
    declared = tomllib.loads((tmp_path / "out" / "labels.toml").read_text())
    assert declared == {"labels": [{"name": "produce", "kind": "classes"}]}


def test_another_folder_than_a_clone_and_one_that_holds_something_are_refused(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PicturesError, match="missing; clone"):
        lay_out(tmp_path, tmp_path / "out")
    assert main([str(clone), "--out", str(clone)]) == 2
    assert "is not empty" in capsys.readouterr().err
