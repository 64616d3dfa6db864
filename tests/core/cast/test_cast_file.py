"""A cast file is read whole, or refused in a line that names the row."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blender_facegan.core.cast.file import read_cast
from blender_facegan.core.cast.member import CastMember
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.model.file import ModelFile, model_digest, read_model
from blender_facegan.core.people.latents import latent_seed, latent_text, read_latent
from tests.core.model.model_writer import small_network, write_file

LABELS = [
    {"name": "skin_tone", "kind": "number", "unit": "Monk", "minimum": 1, "maximum": 10},
    {"name": "hair", "kind": "classes", "classes": ["dark", "fair"]},
]
VECTOR = "0.5 -1.25 2 0 0.125 -0.75"
HEADER = "name,sex,age,consent,model,latent"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """A model of 6 numbers that knows a skin tone and hair."""
    draft = small_network().draft(8)
    draft.card["labels"] += LABELS
    return read_model(draft.write(tmp_path_factory.mktemp("model") / "mine.facegan"))


@pytest.fixture(scope="module")
def digest(model: ModelFile) -> str:
    return model_digest(model.path)


def table(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def tensors(path: Path, people: Any, model: str, latents: Any = None) -> Path:
    """The same as safetensors."""
    values = np.array([[0.5, -1.25, 2, 0, 0.125, -0.75]] * len(people), "<f4") if latents is None else latents
    header = {
        "__metadata__": {"cast": json.dumps(people), "model": model},
        "latent": {"dtype": "F32", "shape": list(values.shape), "data_offsets": [0, values.nbytes]},
    }
    return write_file(path, header, values.tobytes())


def anna(**changes: Any) -> dict[str, Any]:
    return {"name": "Anna", "sex": "female", "age": 41.5, "consent": "Anna Ek, 3 May 2026", **changes}


def test_people_are_read_from_a_table(model: ModelFile, digest: str, tmp_path: Path) -> None:
    rows = [
        f'Zoë,female,41.5,"Zoë Ek, 3 May 2026",{digest},{VECTOR},7.5,fair',
        f"Bo,1,30,Bo 2026,{digest.upper()},{VECTOR},,",
    ]
    first, second = read_cast(table(tmp_path / "c.csv", *rows, header=f"{HEADER},skin_tone,hair"), model)
    latent = (0.5, -1.25, 2.0, 0.0, 0.125, -0.75)
    assert first == CastMember("Zoë", -1.0, 41.5, "Zoë Ek, 3 May 2026", digest, latent, (("hair", "fair"),), 7.5)
    assert (second.sex, second.labels, second.skin) == (1.0, (), None)


def test_people_are_read_from_a_table_that_a_spreadsheet_saved(model: ModelFile, digest: str, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    rows = [
        f"{HEADER},skin_tone,".replace(",", ";"),
        f"Zoë, A.;female;41,5;Zoë, 3 May;{digest};{VECTOR};7,5;",
        ";;;;;;;",
    ]
    path.write_bytes("\r\n".join(rows).encode("utf-16"))
    (person,) = read_cast(path, model)
    assert (person.name, person.age, person.consent, person.skin) == ("Zoë, A.", 41.5, "Zoë, 3 May", 7.5)


def test_people_are_read_from_tensors(model: ModelFile, digest: str, tmp_path: Path) -> None:
    path = tensors(tmp_path / "c.safetensors", [anna(skin_tone=3), anna(name="Bo", sex=1, age=16, hair="dark")], digest)
    first, second = read_cast(path, model)
    assert first.latent == (0.5, -1.25, 2.0, 0.0, 0.125, -0.75)
    assert (first.skin, second.labels) == (3.0, (("hair", "dark"),))
    assert (second.name, second.sex, second.age) == ("Bo", 1.0, 16.0)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"A,female,30,A,{'0' * 16},{VECTOR}", "another model"),
        (f"A,female,30,A,,{VECTOR}", "another model"),
        (f"A,female,30,A,DIGEST,{VECTOR} 1", "7 numbers"),
        ("A,female,30,A,DIGEST,1 2 3 4 5 nan", "not within"),
        ("A,female,30,A,DIGEST,1 2 3 4 5 inf", "not within"),
        ("A,female,30,A,DIGEST,1 2 3 4 5 1e300", "not within"),
        ("A,female,30,A,DIGEST,1 2 3 4 5 x", "'x' for a number"),
        ("A,female,30,A,DIGEST,", "0 numbers"),
        (f"A,female,30, ,DIGEST,{VECTOR}", "no consent"),
        (f"A,female,15.9,A,DIGEST,{VECTOR}", "under 16"),
        (f"A,female,,A,DIGEST,{VECTOR}", "age ''"),
        (f"A,female,nan,A,DIGEST,{VECTOR}", "age nan"),
        (f"A,female,130,A,DIGEST,{VECTOR}", "130"),
        (f"A,lady,30,A,DIGEST,{VECTOR}", "'lady'"),
        (f"A,0,30,A,DIGEST,{VECTOR}", "neither female nor male"),
        (f",female,30,A,DIGEST,{VECTOR}", "the name ''"),
        (f"A\x00B,female,30,A,DIGEST,{VECTOR}", "name|NUL"),
        ("A,female,30", "3 values for 6"),
    ],
)
def test_a_wrong_row_is_named(model: ModelFile, digest: str, tmp_path: Path, row: str, told: str) -> None:
    good = f"B,male,30,B,{digest},{VECTOR}"
    path = table(tmp_path / "c.csv", good, row.replace("DIGEST", digest))
    with pytest.raises(CrowdError, match=told) as caught:
        read_cast(path, model)
    assert "\n" not in str(caught.value)
    assert "c.csv" in str(caught.value)
    assert "line 3" in str(caught.value) or "NUL" in str(caught.value)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.write_text(""), "no column name"),
        (lambda path: path.write_text(HEADER + "\n"), "nobody"),
        (lambda path: path.write_bytes(bytes(range(256))), "CSV"),
        (lambda path: path.mkdir(), "not a file"),
        (lambda _: None, "no such file"),
        (lambda path: table(path, header=HEADER + ",hat"), "'hat'"),
        (lambda path: table(path, header=HEADER + ",name"), "twice"),
        (lambda path: table(path, *["A,female,30,A,0,1"] * 10_001), "line 2"),
    ],
)
def test_what_is_no_cast_is_refused(
    model: ModelFile, tmp_path: Path, make: Callable[[Path], object], told: str
) -> None:
    make(tmp_path / "c.csv")
    with pytest.raises(CrowdError, match=told):
        read_cast(tmp_path / "c.csv", model)


def test_a_refused_file_leaves_the_csv_module_as_it_was(model: ModelFile, digest: str, tmp_path: Path) -> None:
    before = csv.field_size_limit()
    path = table(tmp_path / "c.csv", f"Bo,neither,30,Bo 2026,{digest},{VECTOR}", f"Anna,0,30,Anna,{digest},{VECTOR}")
    with pytest.raises(CrowdError) as refusal:
        read_cast(path, model)
    assert csv.field_size_limit() == before, refusal


def test_more_people_than_anybody_has_are_refused(model: ModelFile, digest: str, tmp_path: Path) -> None:
    path = table(tmp_path / "c.csv", *[f"A,female,30,A,{digest},{VECTOR}"] * 10_001)
    with pytest.raises(CrowdError, match="more than 10,000"):
        read_cast(path, model)


@pytest.mark.parametrize(
    ("people", "latents", "told"),
    [
        ([anna(), anna()], np.zeros((1, 6), "<f4"), r"2 people and the latents \[1, 6\]"),
        ([anna()], np.full((1, 6), np.nan, "<f4"), "not within"),
        ([anna()], np.zeros((1, 5), "<f4"), "5 numbers"),
        ([anna(age=[1])], None, "neither text nor numbers"),
        ([anna(consent="")], None, "no consent"),
        ([anna(age=12)], None, "under 16"),
        ([{"name": "A"}], None, "no column sex"),
        ({"name": "A"}, np.zeros((1, 6), "<f4"), "not a list"),
        ([anna(hat=1)], None, "'hat'"),
        ([anna(skin_tone=11)], None, "skin_tone is 11"),
        ([anna(hair="blue")], None, "no class 'blue'"),
    ],
)
def test_wrong_tensors_are_refused(
    model: ModelFile, digest: str, tmp_path: Path, people: Any, latents: Any, told: str
) -> None:
    path = tensors(tmp_path / "c.safetensors", people, digest, latents)
    with pytest.raises(CrowdError, match=told) as caught:
        read_cast(path, model)
    assert "\n" not in str(caught.value)


def test_a_cut_file_is_refused(model: ModelFile, digest: str, tmp_path: Path) -> None:
    cut(tensors(tmp_path / "c.safetensors", [anna()], digest))
    with pytest.raises(CrowdError, match=r"c\.safetensors"):
        read_cast(tmp_path / "c.safetensors", model)
    with pytest.raises(CrowdError, match="no such file: check its name"):
        read_cast(tmp_path / "none.safetensors", model)
    (tmp_path / "model.safetensors").write_bytes(Path(model.path).read_bytes())
    with pytest.raises(CrowdError, match="no cast and model"):
        read_cast(tmp_path / "model.safetensors", model)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200), head=st.sampled_from([HEADER, f"{HEADER},hair", ""]))
def test_text_of_any_kind_is_read_or_refused(model: ModelFile, tmp_path: Path, text: str, head: str) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(f"{head}\n{text}".encode("utf-8", "surrogatepass"))
    with pytest.raises(CrowdError):
        read_cast(path, model)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=120))
def test_a_latent_survives_its_text(numbers: list[float]) -> None:
    latent = tuple(float(np.float32(number)) for number in numbers)
    assert read_latent(latent_text(latent)) == latent
    assert 0 <= latent_seed(latent) < 2**31


def test_equal_latents_are_one_person_and_others_another() -> None:
    vectors = [tuple(np.random.default_rng(i).standard_normal(6).tolist()) for i in range(200)]
    assert len({latent_seed(vector) for vector in vectors}) == 200
    assert latent_seed(vectors[0]) == latent_seed(read_latent(latent_text(vectors[0])))
