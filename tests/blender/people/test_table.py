"""Who the characters are, from a table and into one."""

from pathlib import Path

import bpy
import pytest

from tests.blender.crowds import data, head, operators, plane, read_face, recipe_of, select, snapshot


def test_a_table_sets_what_populate_then_keeps(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [plane("Zoë"), head("李, the second"), plane("Anybody")]
    table = tmp_path / "people.csv"
    table.write_text('object,sex,age,seed\nZoë,female,71.5,99\n"李, the second",Male,8,\n', encoding="utf-8")
    operators.read_people(filepath=str(table))
    select(crowd)
    operators.populate(model=str(model), age_minimum=30, age_maximum=40)
    assert recipe_of(crowd[0]) == ("FEMALE", 71.5, 99)
    assert recipe_of(crowd[1])[:2] == ("MALE", 8.0)
    assert 30 <= crowd[2].facegan.age <= 40
    assert read_face(crowd[0]).age == pytest.approx(71.5, abs=0.5)


def test_what_is_written_reads_back_as_the_same_people(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [plane(f"P, {i}") for i in range(6)]
    select(crowd)
    operators.populate(model=str(model))
    before = [(recipe_of(obj), read_face(obj)) for obj in crowd]
    operators.write_people(filepath=str(tmp_path / "people.csv"))
    operators.populate(model=str(model), crowd_seed=9, share_of_women=10)
    operators.read_people(filepath=str(tmp_path / "people.csv"))
    operators.populate(model=str(model))
    for obj, (recipe, face) in zip(crowd, before, strict=True):
        assert (obj.facegan.sex, obj.facegan.seed) == (recipe[0], recipe[2])
        assert obj.facegan.age == pytest.approx(recipe[1], abs=1e-4)
        assert read_face(obj) == pytest.approx(face, abs=0.01)


def test_a_table_that_a_spreadsheet_of_another_language_saved_is_read(
    scene: bpy.types.Scene, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    person = plane("Zoë")
    table = tmp_path / "people.csv"
    table.write_bytes("Object;Sex;Age;Skin;Team;\r\nZoë;Woman;34,5;2,5;Red;\r\n;;;;;\r\n".encode("utf-16"))
    operators.read_people(filepath=str(table))
    assert (person.facegan.sex, person.facegan.age, person.facegan.skin_tone) == ("FEMALE", 34.5, 2.5)
    assert "Columns that are not used: team" in capfd.readouterr().out


def test_names_that_are_not_there_are_told(
    scene: bpy.types.Scene, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    person = plane("Person")
    data.objects.new("Empty", None)
    (tmp_path / "people.csv").write_text("object,sex,age\nPerson,female,20\nGhost,male,30\nEmpty,male,3\n")
    operators.read_people(filepath=str(tmp_path / "people.csv"))
    assert "Ghost, Empty" in capfd.readouterr().out
    assert person.facegan.age == 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing"),
        ("name,sex,age\nP,female,3\n", "name"),
        ("object,sex,age\nP,lady,3\n", "line 2"),
        ("object,sex,age\nQ,male,30\nP,female,old\n", "line 3"),
        ("object,sex,age\nP,female,nan\n", "'nan'"),
        ("object,sex,age\nP,female,-3\n", "'-3'"),
        ("object,sex,age,seed\nP,female,3,x\n", "'x'"),
        ("object,sex,age,seed\nP,female,3,4294967296\n", "4294967296"),
        ("object,sex,age\nP,female\n", "has 2 values for 3 columns"),
        ("object,sex,age\nP,female,3,4\n", "has 4 values for 3 columns"),
        ("object,sex,age\nP,female,3\nP,male,3\n", "twice"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line_and_sets_nothing(
    scene: bpy.types.Scene, tmp_path: Path, text: str, told: str
) -> None:
    plane("P")
    plane("Q")
    table = tmp_path / "people.csv"
    table.write_text(text)
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        operators.read_people(filepath=str(table))
    (line,) = (line for line in str(caught.value).splitlines() if line.strip())
    assert "people.csv" in line
    assert told in line
    assert snapshot() == before


def test_a_file_that_is_no_text_and_one_that_is_not_there(scene: bpy.types.Scene, tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    (tmp_path / "folder.csv").mkdir()
    told = {"binary.csv": "UTF-8", "none.csv": "no such file", "folder.csv": "cannot be read"}
    for name, what in told.items():
        with pytest.raises(RuntimeError, match=f"{name}: .*{what}") as caught:
            operators.read_people(filepath=str(tmp_path / name))
        assert ("CSV" in str(caught.value)) == (name == "binary.csv")


EVERY = ["read_people", "write_people", "import_mix", "export_mix", "install_model"]


def test_paths_are_meant_from_where_the_file_is(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    select([plane("P")])
    operators.populate(model=str(model))
    operators.write_people(filepath="//people.csv")
    assert (tmp_path / "people.csv").read_text().startswith("object,sex,age")
    data.objects["P"].facegan.age = 3
    operators.read_people(filepath="//people.csv")
    assert data.objects["P"].facegan.age != 3
    operators.export_mix(filepath="//mix.json")
    operators.import_mix(filepath="//mix.json")
    assert {path.name for path in tmp_path.iterdir()} >= {"people.csv", "mix.json"}


@pytest.mark.parametrize("operator", EVERY)
@pytest.mark.parametrize(("path", "told"), [("//x.csv", "never saved"), ("", "choose one")])
def test_a_path_that_means_no_place_is_refused(scene: bpy.types.Scene, operator: str, path: str, told: str) -> None:
    with pytest.raises(RuntimeError, match=told):
        getattr(operators, operator)(filepath=path)
