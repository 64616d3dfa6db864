"""What a declaration of labels says, and what a table's cells mean under it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.data.conftest import Pixels, person, write_collection
from trainer.commands.prepare import Prepare
from trainer.data.dataset import open_dataset
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.measures import Limits
from trainer.data.prepare.preparation import Plan
from trainer.data.sources.folder import Folder
from trainer.data.sources.source import Provenance, find_source
from trainer.errors import UserError
from trainer.labels.classes import Classes
from trainer.labels.declaration import SEX_AND_AGE, Declaration, declared, read_declaration
from trainer.labels.number import Number


def declaration(tmp_path: Path, text: str) -> Declaration:
    path = tmp_path / "labels.toml"
    path.write_text(text, encoding="utf-8")
    return read_declaration(path)


def test_the_example_in_the_documentation_works(tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs" / "labels.md").read_text(encoding="utf-8")
    block = page.partition("```toml\n")[2].partition("```")[0]
    table = page.partition("```\nfile,")[2].partition("```")[0]
    (tmp_path / "labels.csv").write_text("file," + table, encoding="utf-8")
    declared_there = declaration(tmp_path, block)
    kinds = [(label.label.name, label.label.kind) for label in declared_there.labels]
    assert kinds == [
        ("sex", "binary"),
        ("age", "number"),
        ("glasses", "binary"),
        ("height", "number"),
        ("hair", "classes"),
        ("skin_tone", "number"),
        ("undertone", "number"),
        ("skin", "number"),
    ]
    anna, bo = Folder(declared_there).read(tmp_path).photographs
    assert anna.values.items() >= {"glasses": (1.0, 1.0), "height": (168.0, 168.0), "hair": "dark"}.items()
    assert [bo.values[name] for name in ("sex", "age", "height")] == [(1.0, 1.0), (20.0, 30.0), (175.0, 180.0)]


def test_skin_tones_are_measured_whatever_the_source(tmp_path: Path) -> None:
    declared_there = declaration(tmp_path, '[[labels]]\nname = "sex"\n[[labels]]\nname = "skin_tone"\n')
    declared_there.refuse_further("fairface")
    tone = declared_there.labels[1]
    assert tone.measure == "skin_tone"
    assert tone.settled([(3.0, 3.0), (4.0, 4.0)]) == tone.label
    assert (tone.label.card()["minimum"], tone.label.card()["maximum"]) == (1.0, 10.0)


def test_the_built_in_labels_need_their_names_alone(tmp_path: Path) -> None:
    assert declaration(tmp_path, '[[labels]]\nname = "sex"\n[[labels]]\nname = "age"\n') == SEX_AND_AGE


def test_no_labels_are_said_in_words(tmp_path: Path) -> None:
    assert declaration(tmp_path, "labels = []\n").labels == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"give one \[\[labels\]\] for each label"),
        ("labels = [1]", r"give one \[\[labels\]\]"),
        ("labels = [", "cannot be read as TOML"),
        ('[[labels]]\nkind = "binary"', "label 1: has no name"),
        ('[[labels]]\nname = "hat"', "label hat: its kind is None"),
        ('[[labels]]\nname = "hat"\nkind = "binary"', "give two words, negative and positive"),
        ('[[labels]]\nname = "hat"\nkind = "binary"\nnegative = "no"\npositive = 1', "positive 1 is of the wrong type"),
        ('[[labels]]\nname = "hat"\nkind = "number"\ncolour = "red"', "number knows no colour"),
        ('[[labels]]\nname = "hat"\nkind = "number"\nminimum = 3\nmaximum = 3', "minimum 3 is not below its maximum"),
        ('[[labels]]\nname = "hat"\nkind = "number"\ngroups = [3, 2]', "its groups do not rise"),
        ('[[labels]]\nname = "hat"\nkind = "number"\nmeasure = "width"', "measure 'width': give skin_lightness"),
        ('[[labels]]\nname = "hat"\nkind = "classes"\nclasses = ["a"]', "two or more different classes"),
        ('[[labels]]\nname = "hat"\nkind = "classes"\nlimits = [3, 2]', "limits are rising"),
        ('[[labels]]\nname = "age"\nkind = "classes"\nlimits = [3, 20]', "call it otherwise, such as age_group"),
        ('[[labels]]\nname = "Big hat"\nkind = "number"', "small letters"),
        ('[[labels]]\nname = "latent"\nkind = "number"', "none of latent"),
        ('[[labels]]\nname = "sex"\n[[labels]]\nname = "sex"', "label sex stands twice"),
    ],
)
def test_a_declaration_that_makes_no_sense_names_the_label_and_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        declaration(tmp_path, text)
    assert "labels.toml" in str(caught.value)


GLASSES = {"name": "glasses", "kind": "binary", "negative": "none", "positive": "worn"}
HEIGHT = {"name": "height", "kind": "number", "unit": "cm", "minimum": 140, "maximum": 210}
GROUPS = {"name": "age_group", "kind": "classes", "unit": "years", "limits": [20, 40]}


@pytest.mark.parametrize(
    ("entry", "text", "value"),
    [
        (GLASSES, "worn", (1, 1)),
        (GLASSES, " None ", (-1, -1)),
        (GLASSES, "0", (-1, -1)),
        (GLASSES, "1", (1, 1)),
        (GLASSES, "-1", (-1, -1)),
        (GLASSES, "yes", (1, 1)),
        (HEIGHT, "172.5", (172.5, 172.5)),
        (HEIGHT, "170-180", (170, 180)),
        ({"name": "warmth", "kind": "number"}, "-3.5 to -1", (-3.5, -1)),
        ({"name": "age"}, "20-29", (20, 30)),
        (GROUPS, "25", "20-39"),
        (GROUPS, "70+", "40+"),
        (GROUPS, "15-19", "0-19"),
        ({"name": "species", "kind": "classes"}, "oak", "oak"),
    ],
)
def test_cells_are_read_as_their_label_means_them(entry: dict[str, Any], text: str, value: Any) -> None:
    assert declared(entry).label.read_cell(text) == value


@pytest.mark.parametrize(
    ("entry", "text", "message"),
    [
        (GLASSES, "0.5", "neither none nor worn"),
        (GLASSES, "", "neither none nor worn"),
        (HEIGHT, "tall", "no number such as"),
        (HEIGHT, "220", "not from 140 to 210 cm"),
        (HEIGHT, "200-220", "not from 140 to 210 cm"),
        (HEIGHT, "180-170", "lower end of a range first"),
        ({"name": "species", "kind": "classes", "classes": ["oak", "birch"]}, "elm", "none of the classes oak, birch"),
        ({"name": "species", "kind": "classes"}, " ", "none of the classes"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused(entry: dict[str, Any], text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        declared(entry).label.read_cell(text)


def test_what_is_left_open_is_told_by_the_photographs() -> None:
    height = declared({"name": "height", "kind": "number", "unit": "cm"}).settled([(150.0, 160.0), (190.0, 190.0)])
    assert isinstance(height, Number)
    assert (height.minimum, height.maximum) == (150, 190)
    species = declared({"name": "species", "kind": "classes"}).settled(["oak", "birch", "oak"])
    assert species == Classes("species", ("birch", "oak"))
    with pytest.raises(UserError, match=r"species cannot be learnt .* two or more"):
        declared({"name": "species", "kind": "classes"}).settled(["oak", "oak"])


def test_a_measured_range_leaves_its_outliers_out() -> None:
    skin = declared({"name": "skin", "kind": "number", "measure": "skin_lightness"})
    values = [(float(value), float(value)) for value in range(201)]
    settled = skin.settled([*values[:-1], (10_000.0, 10_000.0)])
    assert isinstance(settled, Number)
    assert (settled.minimum, settled.maximum) == (2, 198)


def test_a_table_tells_the_declared_columns_and_keeps_the_others_for_auditing(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,glasses,years,camera\na.jpg,worn,34,Leica\n", encoding="utf-8")
    wanted = Declaration((declared(GLASSES), declared({"name": "age", "column": "years"})))
    (photograph,) = Folder(wanted).read(tmp_path).photographs
    assert (photograph.extra, photograph.values) == ({"camera": "Leica"}, {"glasses": (1.0, 1.0), "age": (34.0, 35.0)})


def test_without_labels_and_table_every_picture_is_taken(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.JPG", "deep/a.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [one.file for one in Folder(Declaration(())).read(tmp_path).photographs] == ["b.JPG", "deep/a.png"]
    (tmp_path / "deep" / "a.png").unlink()
    (tmp_path / "b.JPG").unlink()
    with pytest.raises(UserError, match="holds no pictures"):
        Folder(Declaration(())).read(tmp_path)


def test_a_source_with_labels_of_its_own_takes_measured_ones_beside_them() -> None:
    assert find_source("fairface") is not None
    Declaration((declared({"name": "sex"}), declared({"name": "skin", "kind": "number", "measure": "skin_lightness"}))
                ).refuse_further("fairface")  # fmt: skip
    with pytest.raises(UserError, match="fairface tells sex and age alone, not glasses"):
        Declaration((declared(GLASSES),)).refuse_further("fairface")


def test_older_datasets_keep_their_fingerprints(tmp_path: Path) -> None:
    provenance, photographs = Provenance("a", "b", "c"), [person("a.jpg", 1.0, 20.0, 30.0)]
    plan = Plan("folder", provenance, 64, Geometry(), Limits(), 0.66, 0.0, 0.1, 0)
    same = Plan(
        **{**plan.__dict__, "declaration": declaration(tmp_path, '[[labels]]\nname = "sex"\n[[labels]]\nname = "age"')}
    )
    other = Plan(**{**plan.__dict__, "declaration": Declaration(())})
    assert plan.fingerprint(photographs) == same.fingerprint(photographs) != other.fingerprint(photographs)


def test_skin_is_measured_in_the_aligned_pictures(portraits: list[Pixels], tmp_path: Path) -> None:
    shades = [portraits[0], (portraits[0] * 0.6).astype(np.uint8), portraits[1], (portraits[1] * 0.7).astype(np.uint8)]
    names = ["light0.jpg", "dark0.jpg", "light1.jpg", "dark1.jpg"]
    folder = write_collection(tmp_path / "pictures", list(zip(names, shades, strict=True)))
    text = '[[labels]]\nname = "sex"\n[[labels]]\nname = "skin"\nkind = "number"\nmeasure = "skin_lightness"\n'
    (folder / "labels.toml").write_text(text)
    options = {"workers": 1, "held_out": 0.0, "same_person": 0.0}
    Prepare("folder", folder, tmp_path / "out", **options).run()  # type: ignore[arg-type] # mixed values
    dataset = open_dataset(tmp_path / "out")
    assert [label.name for label in dataset.labels] == ["sex", "skin"]
    assert dataset.values.keys() == {"sex", "skin"}
    low, high = dataset.range_of(dataset.labels[1])
    lightness = dict(zip(dataset.files, low[:, 0].tolist(), strict=True))
    assert (low == high).all()
    assert all(lightness[f"light{n}.jpg"] > lightness[f"dark{n}.jpg"] + 10 for n in range(2))
    with pytest.raises(UserError, match="skin is measured in aligned faces"):
        Prepare("folder", folder, tmp_path / "whole", whole=True, workers=1).run()


@pytest.mark.parametrize("source", ["folder", "fairface", "utkface", "imdb_wiki"])
def test_labels_declared_beside_the_photographs_are_heeded_whatever_the_source(source: str, tmp_path: Path) -> None:
    command = Prepare(source, tmp_path, tmp_path / "out")
    assert command.declaration() is SEX_AND_AGE
    names = ["sex", "age", "skin_tone"]
    (tmp_path / "labels.toml").write_text("".join(f'[[labels]]\nname = "{name}"\n' for name in names), encoding="utf-8")
    assert [one.label.name for one in command.declaration().labels] == names
