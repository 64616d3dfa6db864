"""`trainer encode` from photographs to a cast, and what it refuses."""

import csv
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from tests.trainer.encoder.cast.photographs import FILES, SPOILT, portrait, saved
from tests.trainer.encoder.trainings import Exported
from trainer.cli import main
from trainer.encoder.cast.cast_file import model_digest
from trainer.model_file.storage import read_model, write_model
from trainer.pictures import GAP

WHO = ["--sex", "female", "--age", "44", "--consent", "Ann Example, in writing, 3 May 2026"]
HEAD = "file,name,sex,age,consent"


def encode(model: Path, out: Path, photographs: Sequence[Path], *more: str) -> int:
    given = [*map(str, photographs), "--model", str(model), "--out", str(out), "--workers", "1", "--quiet", *more]
    return main(["encode", *given])


def table(folder: Path, *rows: str) -> list[str]:
    path = folder / "people.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return ["--table", str(path)]


def rows_of(cast: Path) -> list[dict[str, str]]:
    with cast.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def vector_of(row: dict[str, str]) -> np.ndarray:
    return np.array([float(number) for number in row["latent"].split()])


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """A folder of four portraits, a.jpg to d.jpg."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for letter, file in zip("abcd", FILES, strict=True):
        shutil.copy(file, folder / f"{letter}.jpg")
    return folder


def test_a_table_of_people_becomes_a_cast(encoding_model: Exported, photographs: Path, tmp_path: Path) -> None:
    people = table(tmp_path, "c.jpg,Ann,female,44,Ann on 3 May 2026", "a.jpg,Bob,male,69,Bob", "d.jpg,Bob,male,69,Bob")
    out = tmp_path / "cast.csv"
    assert encode(encoding_model.model, out, [photographs], *people) == 0
    ann, bob = rows_of(out)
    assert (ann["name"], ann["sex"], float(ann["age"]), ann["consent"]) == ("Ann", "female", 44, "Ann on 3 May 2026")
    assert (bob["name"], bob["sex"], float(bob["age"])) == ("Bob", "male", 69)
    assert {ann["model"], bob["model"]} == {model_digest(encoding_model.model)}
    model = read_model(encoding_model.model)
    assert model.encoder is not None
    assert len(vector_of(ann)) == model.encoder.latents.shape[1]
    assert not np.allclose(vector_of(ann), vector_of(bob), atol=1e-3)


def test_both_kinds_of_file_hold_the_same_people(encoding_model: Exported, photographs: Path, tmp_path: Path) -> None:
    people = table(tmp_path, "c.jpg,Ann,female,44,Ann", "a.jpg,Bob,male,69,Bob")
    text, tensors = tmp_path / "cast.csv", tmp_path / "cast.safetensors"
    for out in (text, tensors):
        assert encode(encoding_model.model, out, [photographs], *people) == 0
    with safe_open(tensors, "np") as file:
        latents, metadata = file.get_tensor("latent"), file.metadata()
    assert latents.dtype == np.float32
    assert np.array_equal(latents, np.stack([vector_of(row) for row in rows_of(text)]).astype(np.float32))
    assert [one["name"] for one in json.loads(metadata["cast"])] == ["Ann", "Bob"]
    assert metadata["model"] == model_digest(encoding_model.model)


def test_photographs_of_one_person_make_one_vector(encoding_model: Exported, photographs: Path, tmp_path: Path) -> None:
    files = [photographs / "a.jpg", photographs / "b.jpg"]
    alone = []
    for number, file in enumerate(files):
        assert encode(encoding_model.model, tmp_path / f"{number}.csv", [file], *WHO) == 0
        alone.append(vector_of(rows_of(tmp_path / f"{number}.csv")[0]))
    assert encode(encoding_model.model, tmp_path / "both.csv", files, *WHO, "--name", "Ann") == 0
    (row,) = rows_of(tmp_path / "both.csv")
    assert row["name"] == "Ann"
    apart = [float(np.linalg.norm(vector_of(row) - one)) for one in alone]
    assert 0.01 < max(apart) < float(np.linalg.norm(alone[0] - alone[1]))


def test_the_order_and_the_company_of_photographs_do_not_matter(
    encoding_model: Exported, photographs: Path, tmp_path: Path
) -> None:
    rows = ["c.jpg,Ann,female,44,Ann", "a.jpg,Bob,male,69,Bob", "b.jpg,Cid,male,43,Cid"]
    for name, listed in (("one", rows), ("other", rows[::-1])):
        assert encode(encoding_model.model, tmp_path / f"{name}.csv", [photographs], *table(tmp_path, *listed)) == 0
    one, other = (
        {row["name"]: vector_of(row) for row in rows_of(tmp_path / f"{name}.csv")} for name in ("one", "other")
    )
    assert all(one[name] == pytest.approx(other[name], abs=1e-4) for name in ("Ann", "Bob", "Cid"))


def test_going_on_from_the_answer_comes_nearer_to_the_photograph(
    encoding_model: Exported, photographs: Path, tmp_path: Path
) -> None:
    distances = []
    for steps in ("0", "40"):
        sheet = tmp_path / f"{steps}.png"
        given = [*WHO, "--optimise", steps, "--sheet", str(sheet)]
        assert encode(encoding_model.model, tmp_path / "cast.csv", [photographs / "c.jpg"], *given) == 0
        shown = np.asarray(Image.open(sheet).convert("RGB"), np.float64)[:64]
        halves = [
            half.reshape(16, 4, 16, 4, 3).mean(axis=(1, 3)) for half in (shown[:, :64], shown[:, 64 + GAP : 128 + GAP])
        ]
        distances.append(np.abs(halves[0] - halves[1]).mean())
    assert distances[1] < 0.95 * distances[0]


def test_the_sheet_has_a_row_for_each_person_and_says_what_it_is(
    encoding_model: Exported, photographs: Path, tmp_path: Path
) -> None:
    people = table(tmp_path, "c.jpg,Ann,female,44,Ann", "a.jpg,Bob,male,69,Bob")
    sheet = tmp_path / "sheet.png"
    assert encode(encoding_model.model, tmp_path / "cast.csv", [photographs], *people, "--sheet", str(sheet)) == 0
    # Photograph, likeness, 10 to 80 in tens, the other sex.
    assert Image.open(sheet).size == (11 * (64 + GAP) - GAP, 2 * (64 + GAP) - GAP)
    assert b"trainedAlgorithmicMedia" in sheet.read_bytes()


@pytest.mark.parametrize("name", SPOILT)
def test_what_cannot_be_used_is_refused_in_one_line(
    encoding_model: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    make, told = SPOILT[name]
    out = tmp_path / "cast.csv"
    assert encode(encoding_model.model, out, [saved(tmp_path, name, make())], *WHO) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("trainer encode: error: ")
    assert name in line
    assert re.search(told, line), line
    assert not out.exists()


@pytest.mark.parametrize("content", [b"", b"no picture at all", FILES[0].read_bytes()[:3000]])
def test_a_file_that_is_no_picture_is_refused(
    encoding_model: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "broken.jpg").write_bytes(content)
    assert encode(encoding_model.model, tmp_path / "cast.csv", [tmp_path / "broken.jpg"], *WHO) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "broken.jpg" in line
    assert "give a JPEG or PNG photograph" in line


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK"])
def test_pictures_of_other_modes_with_colour_are_taken(encoding_model: Exported, tmp_path: Path, mode: str) -> None:
    file = tmp_path / ("photograph.tif" if mode == "CMYK" else "photograph.png")
    Image.fromarray(portrait(2)).convert(mode).save(file)
    assert encode(encoding_model.model, tmp_path / "cast.csv", [file], *WHO) == 0


def test_a_small_face_in_a_large_photograph_is_found(encoding_model: Exported, tmp_path: Path) -> None:
    canvas = np.full((1900, 1500, 3), (120, 130, 140), np.uint8)
    large = np.asarray(Image.fromarray(portrait(2)).resize((450, 550), Image.Resampling.LANCZOS))
    canvas[200:750, 500:950] = large
    file = saved(tmp_path, "afar.jpg", canvas)
    assert encode(encoding_model.model, tmp_path / "cast.csv", [file], *WHO) == 0


def test_photographs_that_cannot_be_used_may_be_left_out(
    encoding_model: Exported, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(photographs, "drawn.png", SPOILT["drawn.png"][0]())
    people = table(tmp_path, "c.jpg,Ann,female,44,Ann", "drawn.png,Ann,female,44,Ann", "drawn.png,Bob,male,40,Bob")
    out = tmp_path / "cast.csv"
    assert encode(encoding_model.model, out, [photographs], *people, "--leave-out") == 0
    assert [row["name"] for row in rows_of(out)] == ["Ann"]
    told = capsys.readouterr().err.splitlines()
    assert [line.startswith("left out: ") for line in told] == [True] * 3
    assert "Bob, of whom no photograph can be used" in told[2]
    only = table(tmp_path, "drawn.png,Bob,male,40,Bob")
    assert encode(encoding_model.model, tmp_path / "none.csv", [photographs], *only, "--leave-out") == 2
    assert "no photograph is left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("c.jpg,Ann,female,44,", "no consent of Ann"),
        ("c.jpg,Ann,female,15.9,Ann", "nobody under 16"),
        ("c.jpg,Ann,female,old,Ann", "no number of years"),
        ("missing.jpg,Ann,female,44,Ann", "no such photograph"),
    ],
)
def test_nobody_is_taken_in_without_consent_or_too_young(
    encoding_model: Exported, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, told: str
) -> None:
    assert encode(encoding_model.model, tmp_path / "cast.csv", [photographs], *table(tmp_path, row)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "people.csv, line 2" in line
    assert told in line
    assert not (tmp_path / "cast.csv").exists()


@pytest.mark.parametrize("missing", ["--sex", "--age", "--consent"])
def test_what_is_not_told_is_asked_for_where_somebody_can_answer(
    encoding_model: Exported,
    photographs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
) -> None:
    place = WHO.index(missing)
    given, answer = WHO[:place] + WHO[place + 2 :], WHO[place + 1]
    assert encode(encoding_model.model, tmp_path / "cast.csv", [photographs / "c.jpg"], *given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{missing} is missing" in line
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert encode(encoding_model.model, tmp_path / "cast.csv", [photographs / "c.jpg"], *given) == 0
    (row,) = rows_of(tmp_path / "cast.csv")
    assert (row["sex"], float(row["age"]), row["consent"]) == ("female", 44, WHO[-1])


def test_a_model_without_an_encoder_is_told_how_to_get_one(
    encoding_model: Exported, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = tmp_path / "plain.facegan"
    write_model(plain, replace(read_model(encoding_model.model), encoder=None))
    assert encode(plain, tmp_path / "cast.csv", [photographs / "c.jpg"], *WHO) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "plain.facegan" in line
    assert "has no encoder" in line
    assert "trainer encoder" in line


def test_a_model_of_no_faces_is_refused(
    encoding_model: Exported, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = read_model(encoding_model.model)
    things = tmp_path / "trees.facegan"
    write_model(things, replace(model, card={**model.card, "face": {}}))
    assert encode(things, tmp_path / "cast.csv", [photographs / "c.jpg"], *WHO) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "draws no aligned faces" in line


def test_a_cast_of_an_unknown_kind_is_refused_before_the_work(
    encoding_model: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert encode(encoding_model.model, tmp_path / "cast.txt", [tmp_path / "nothing.jpg"], *WHO) == 2
    assert "a cast is a .csv or a .safetensors file" in capsys.readouterr().err


def test_a_folder_without_photographs_is_told(
    encoding_model: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert encode(encoding_model.model, tmp_path / "cast.csv", [tmp_path], *WHO) == 2
    assert "no photograph is given" in capsys.readouterr().err


def test_no_photograph_stands_in_a_cast(encoding_model: Exported, photographs: Path, tmp_path: Path) -> None:
    for out in (tmp_path / "cast.csv", tmp_path / "cast.safetensors"):
        assert encode(encoding_model.model, out, [photographs / "c.jpg"], *WHO) == 0
        assert out.stat().st_size < 20_000
    with safe_open(tmp_path / "cast.safetensors", "np") as file:
        assert list(file.keys()) == ["latent"]
