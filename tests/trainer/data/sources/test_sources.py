"""The tables of the sources."""

from pathlib import Path

import pytest

from tests.trainer.data.conftest import person
from trainer.data.sources.folder import Folder, every_picture
from trainer.data.sources.source import find_source
from trainer.errors import UserError
from trainer.labels.declaration import read_declaration


def write(folder: Path, text: str, name: str = "labels.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_fairface_keeps_race_for_auditing_only(tmp_path: Path) -> None:
    write(tmp_path, "file,age_group,sex,race\nimages/2.jpg,70+,female,Indian\n")
    listing = find_source("fairface").read(tmp_path)
    assert listing.photographs == [person("images/2.jpg", -1, 70, 90, {"race": "Indian"})]


def test_fairface_knows_its_licence_and_a_folder_does_not() -> None:
    provenance = find_source("fairface").provenance
    assert provenance is not None
    assert provenance.licence == "CC-BY-4.0"
    assert find_source("folder").provenance is None


def test_a_folder_may_call_its_only_table_anything(tmp_path: Path) -> None:
    write(tmp_path, "age,file,sex,photographer\n34.5,a\\b.jpg,0.5,Ann\n", "people.csv")
    listing = find_source("folder").read(tmp_path)
    assert listing.photographs == [person("a/b.jpg", 0.5, 34.5, 35.5, {"photographer": "Ann"})]


def test_of_several_tables_labels_is_meant(tmp_path: Path) -> None:
    write(tmp_path, "anything\n", "notes.csv")
    write(tmp_path, "file,sex,age\na.jpg,f,3\n")
    assert find_source("folder").read(tmp_path).photographs[0].file == "a.jpg"


@pytest.mark.parametrize("name", ["LABELS.CSV", "labels.tsv", "people.Csv"])
def test_a_table_is_known_however_its_ending_is_written(tmp_path: Path, name: str) -> None:
    write(tmp_path, "file\tsex\tage\na.jpg\tf\t3\n", name)
    write(tmp_path, "what a system keeps about it", f"._{name}")
    assert find_source("folder").read(tmp_path).photographs == [person("a.jpg", -1, 3, 4)]


def test_what_is_no_table_yet_is_named(tmp_path: Path) -> None:
    write(tmp_path, "", "People.xlsx")
    with pytest.raises(UserError, match=r"no labels\.csv with the columns file, sex, age; save People\.xlsx as CSV"):
        find_source("folder").read(tmp_path)
    write(tmp_path, "", "one.csv")
    write(tmp_path, "", "two.csv")
    with pytest.raises(UserError, match=r"; there are one\.csv, two\.csv: rename the right one"):
        find_source("folder").read(tmp_path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg,boy,34", r"labels\.csv, line 3, column sex: sex 'boy': .* cells = \{ \"boy\" = "),
        ("a.jpg,1,34", r"labels\.csv, line 3, column sex: sex '1': tables disagree"),
        ("C:/a.jpg,male,34", "line 3, column file: .* inside the folder"),
        ("\\\\share\\a.jpg,male,34", "line 3, column file: .* inside the folder"),
        ("a.jpg,male,old", r"labels\.csv, line 3, column age: age 'old'"),
        (",male,34", "line 3, column file"),
        ("../a.jpg,male,34", "line 3, column file: .* inside the folder"),
        ("/etc/a.jpg,male,34", "line 3, column file"),
        ("first.jpg,male,34", "line 3, column file: first.jpg stands on line 2 too"),
        (".//first.jpg,male,34", "line 3, column file: first.jpg stands on line 2 too"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(tmp_path: Path, row: str, message: str) -> None:
    write(tmp_path, f"file,sex,age\nfirst.jpg,f,20-29\n{row}\n")
    with pytest.raises(UserError, match=message):
        find_source("folder").read(tmp_path)


def test_a_table_without_rows_is_told(tmp_path: Path) -> None:
    write(tmp_path, "file,sex,age\n")
    with pytest.raises(UserError, match="lists no photographs"):
        find_source("folder").read(tmp_path)


@pytest.mark.parametrize("source", ["folder", "fairface"])
def test_an_empty_or_missing_folder_is_told(tmp_path: Path, source: str) -> None:
    with pytest.raises(UserError, match=r"labels\.csv"):
        find_source(source).read(tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        find_source(source).read(tmp_path / "none")


def test_an_unknown_source_names_those_there_are() -> None:
    with pytest.raises(UserError, match="no source 'flickr'; there are: fairface, folder"):
        find_source("flickr")


def test_a_coded_table_is_read_as_its_declaration_says(tmp_path: Path) -> None:
    write(
        tmp_path, 'labels = [{ name = "sex", column = "gender", cells = { 0 = "female", 1 = "male" } }]', "labels.toml"
    )
    write(tmp_path, "file,gender\na.jpg,0\nb.jpg,1\n")
    listing = Folder(read_declaration(tmp_path / "labels.toml")).read(tmp_path)
    assert [photograph.values["sex"] for photograph in listing.photographs] == [(-1, -1), (1, 1)]


@pytest.mark.parametrize("cells", ['{ 0 = "woman?" }', "{ 0 = 1 }", '"0"', '["0"]'])
def test_a_code_for_what_no_cell_can_say_is_refused(tmp_path: Path, cells: str) -> None:
    write(tmp_path, f'labels = [{{ name = "sex", cells = {cells} }}]', "labels.toml")
    with pytest.raises(UserError, match=r"label sex: cells"):
        read_declaration(tmp_path / "labels.toml")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1" + 400 * "0", "1" + 5000 * "0"])
def test_a_declared_number_is_a_finite_one(tmp_path: Path, number: str) -> None:
    text = f'labels = [{{ name = "height", kind = "number", minimum = {number} }}]'
    write(tmp_path, text, "labels.toml")
    with pytest.raises(UserError, match=r"finite numbers|read as TOML"):
        read_declaration(tmp_path / "labels.toml")


def test_linked_folders_are_looked_into_once_and_never_without_end(tmp_path: Path) -> None:
    folder, far = tmp_path / "photographs", tmp_path / "far"
    for place in (folder / "b", far):
        place.mkdir(parents=True)
        (place / "1.jpg").touch()
    (folder / "a").symlink_to(folder / "b")
    (folder / "b" / "around").symlink_to(folder)
    (folder / "c").symlink_to(far)
    (folder / "none").symlink_to(tmp_path / "nowhere")
    assert [one.file for one in every_picture(folder).photographs] == ["b/1.jpg", "c/1.jpg"]
