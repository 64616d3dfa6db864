"""A photograph becomes a person: aligned, in the model's light, encoded, with what can be measured."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.cast.alignment import Geometry, align
from blender_facegan.core.cast.encoding import encoded
from blender_facegan.core.cast.member import Person
from blender_facegan.core.engine.encoder import Encoder
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.likeness.light import Evening
from blender_facegan.core.model.encoder_file import EncoderFile, read_encoder
from blender_facegan.core.model.file import model_digest
from tests.core.model.encoder_writer import encoder_network, write_with_encoder
from tests.core.model.model_writer import Draft, small_network

SIDE, SIZE = 8, 6
EYES = np.array([[40.0, 60.0], [76.0, 62.0]])
AGREED = "Anna Ek, 3 May 2026"
ANNA = Person("Anna", -1.0, 30.0, AGREED)


def photograph() -> NDArray[np.uint8]:
    """A face of sorts: skin, lit from the left."""
    y, x = np.mgrid[:140, :120]
    light = 1.2 - x / 150 + 0.1 * np.sin(y / 5)
    seen: NDArray[np.uint8] = np.clip(light[..., None] * np.array([190, 140, 110]), 0, 255).astype(np.uint8)
    return seen


def encoder_of(folder: Path, light: str, *labels: Any) -> EncoderFile:
    draft: Draft = small_network().draft(SIDE)
    draft.card["light"] = light
    draft.card["labels"] += labels
    return read_encoder(write_with_encoder(draft, encoder_network(SIDE, SIZE), folder / f"{light}.facegan"))


def test_the_encoder_sees_what_the_model_has_learnt_from(tmp_path: Path) -> None:
    aligned = align(photograph(), EYES, Geometry(0.36, 0.38, SIDE))
    evened = Evening(SIDE, 0.36, 0.38)(aligned[None], 1.0)[0]
    assert not np.array_equal(aligned, evened)
    for light, seen in (("photographs", aligned), ("even", evened)):
        encoder = encoder_of(tmp_path, light)
        person = encoded(photograph(), EYES, encoder, Person("Anna", -1.0, 41.5, AGREED))
        expected = Encoder(encoder).vector(seen, -1.0, 41.5)
        assert person.latent == tuple(float(number) for number in expected)
        assert (person.name, person.sex, person.age, person.consent) == ("Anna", -1.0, 41.5, AGREED)
        assert person.model == model_digest(encoder.path)


def test_sex_and_age_count(tmp_path: Path) -> None:
    encoder = encoder_of(tmp_path, "even")
    told = {
        encoded(photograph(), EYES, encoder, Person("A", sex, age, AGREED)).latent
        for sex in (-1.0, 1.0)
        for age in (20.0, 60.0)
    }
    assert len(told) == 4


def test_skin_is_measured_where_the_model_asks_for_it(tmp_path: Path) -> None:
    tone = {"name": "skin_tone", "kind": "number", "unit": "Monk", "minimum": 1, "maximum": 10}
    undertone = {"name": "undertone", "kind": "number", "unit": "sigma", "minimum": -2, "maximum": 2}
    encoder = encoder_of(tmp_path, "even", tone, undertone)
    light, dark = (encoded(seen.astype(np.uint8), EYES, encoder, ANNA) for seen in (photograph(), photograph() * 0.5))
    assert [name for name, _ in light.labels] == ["undertone"]
    assert light.skin is not None
    assert dark.skin is not None
    assert 1 <= light.skin < dark.skin <= 10
    assert encoded(photograph(), EYES, encoder_of(tmp_path, "even"), ANNA).skin is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"age": 15.0}, "under 16"),
        ({"age": float("nan")}, "age nan"),
        ({"sex": 0.0}, "neither"),
        ({"consent": "  "}, "no consent"),
        ({"consent": "a\nb"}, "one line"),
        ({"name": ""}, "name"),
    ],
)
def test_who_cannot_be_taken_in_is_told_in_one_line(changes: Any, told: str) -> None:
    with pytest.raises(CrowdError, match=told) as caught:
        Person(**({"name": "Anna", "sex": -1.0, "age": 30.0, "consent": AGREED} | changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("right", "told"),
    [
        ([44.0, 60.0], "4.0 pixels apart"),
        ([140.0, 60.0], "beside the photograph"),
        ([40.0, -9.0], "beside the photograph"),
        ([np.nan, 60.0], "beside the photograph"),
    ],
)
def test_eyes_that_cannot_be_are_told(tmp_path: Path, right: list[float], told: str) -> None:
    with pytest.raises(CrowdError, match=told):
        encoded(photograph(), np.array([EYES[0], right]), encoder_of(tmp_path, "even"), ANNA)


def test_a_model_of_things_without_eyes_is_refused(tmp_path: Path) -> None:
    draft = small_network().draft(SIDE)
    draft.card["face"] = {}
    path = write_with_encoder(draft, encoder_network(SIDE, SIZE), tmp_path / "trees.facegan")
    with pytest.raises(CrowdError, match="aligned faces"):
        encoded(photograph(), EYES, read_encoder(path), ANNA)


def test_an_encoder_that_makes_no_numbers_is_told(tmp_path: Path) -> None:
    encoder = encoder_network(SIDE, SIZE)
    for name in encoder.tensors:
        encoder.tensors[name] = encoder.tensors[name] * np.float32(1e30)
    path = write_with_encoder(small_network().draft(SIDE), encoder, tmp_path / "m.facegan")
    with pytest.raises(CrowdError, match="no numbers"):
        encoded(photograph(), EYES, read_encoder(path), ANNA)
