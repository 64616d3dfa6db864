"""What a crowd's faces are made of beside the model: even light, and the skins asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.atlas import png
from blender_facegan.core.atlas.drawing import Drawing, effective_light, natural_tone
from blender_facegan.core.atlas.request import Faces, Request, Wanted
from blender_facegan.core.atlas.worker import fingerprint, make_faces
from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.likeness.light import Evening
from blender_facegan.core.likeness.shrinking import shrunk
from blender_facegan.core.likeness.skin import skin_colours
from blender_facegan.core.model.file import read_model
from blender_facegan.core.people.population import Recipe
from blender_facegan.core.people.skin_tones import COMMON
from tests.blender.labelled_models import with_true_golden
from tests.core.model.model_writer import Network, crowd_network, small_network

CROWD = [Recipe(seed, 1.0, 30.0) for seed in range(20)]
EYES = (0.36, 0.38)
SKIN_TONE: dict[str, Any] = {"name": "skin_tone", "kind": "number", "unit": "Monk", "minimum": 1, "maximum": 10}


def written(path: Path, side: int = 64, **card: Any) -> Path:
    draft = (crowd_network() if side == 64 else small_network()).draft(side)
    draft.card |= card
    return with_true_golden(draft, path)


@pytest.fixture(scope="module")
def lit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learnt from photographs as they are."""
    return written(tmp_path_factory.mktemp("lit") / "lit.facegan", light="photographs")


def toned_model(path: Path, label: dict[str, Any] = SKIN_TONE) -> Path:
    """Its whole picture is as bright as it is asked for the label: black at the least, white at the most."""
    network, side, span = Network(4), 16, label["maximum"] - label["minimum"]
    network.graph["inputs"] |= {label["name"]: [1]}
    grey = np.full((side * side * 3, 1), 2 / span, np.float32)
    bias = np.full(side * side * 3, -(label["maximum"] + label["minimum"]) / span, np.float32)
    flat = network.add("linear", label["name"], tensors={"weight": grey, "bias": bias})
    network.add("reshape", flat, shape=[side, side, 3])
    draft = network.draft(side)
    draft.card |= {"labels": [*draft.card["labels"], label], "light": "even", "face": {}}
    return draft.write(path)


def pictures(faces: Faces) -> NDArray[np.uint8]:
    (page,) = faces.pages
    pixels = png.decode(page.png or b"")
    assert pixels is not None
    found = []
    for uid in sorted(faces.places):
        _, x, y = faces.atlas.pixels(faces.places[uid].tile_index or 0)
        top = page.height - y - faces.atlas.tile_side
        found.append(pixels[top : top + faces.atlas.tile_side, x : x + faces.atlas.tile_side])
    return np.stack(found)


def made(model: Path, recipes: list[Recipe] = CROWD, **wishes: Any) -> Faces:
    request = Request(model, [Wanted(uid, recipe) for uid, recipe in enumerate(recipes)], threads=2, **wishes)
    return make_faces(request, lambda *_: None, lambda: False)


def test_faces_are_evened_as_far_as_the_order_says(lit: Path) -> None:
    plain, evening = Engine(read_model(lit), 1).generate(CROWD), Evening(64, *EYES)
    np.testing.assert_array_equal(pictures(made(lit)), plain)
    for strength in (0.4, 1.0):
        np.testing.assert_array_equal(pictures(made(lit, even_light=strength)), evening(plain, strength))


def test_skins_are_those_of_the_evened_faces(lit: Path) -> None:
    faces = made(lit, even_light=1.0)
    expected = skin_colours(pictures(faces), *EYES)
    assert [faces.skins[faces.places[uid].tile_index or 0] for uid in range(len(CROWD))] == pytest.approx(
        expected, abs=1e-6
    )


def test_a_face_is_evened_before_it_is_made_smaller(lit: Path) -> None:
    large = Evening(64, *EYES)(Engine(read_model(lit), 1).generate(CROWD), 1.0)
    np.testing.assert_array_equal(pictures(made(lit, even_light=1.0, face_size=32)), shrunk(large, 32))


@pytest.mark.parametrize(
    ("card", "light"),
    [
        ({"light": "photographs"}, 0.7),
        ({"light": "even"}, 0.0),
        ({"light": "photographs", "face": {}}, 0.0),
    ],
    ids=["photographs", "evened photographs", "no faces"],
)
def test_only_photographs_of_faces_are_evened(tmp_path: Path, card: dict[str, Any], light: float) -> None:
    model = read_model(written(tmp_path / "some.facegan", side=8, **card))
    assert effective_light(model.card, 0.7) == light
    drawn = Drawing(model, 1, 0.7)
    assert np.array_equal(drawn.generate(CROWD), Engine(model, 1).generate(CROWD)) == (light == 0)


def test_a_card_that_does_not_say_is_of_photographs(tmp_path: Path) -> None:
    draft = small_network().draft(8)
    del draft.card["light"]
    assert read_model(draft.write(tmp_path / "older.facegan")).card.light == "photographs"


def test_who_was_made_in_another_light_is_made_anew(lit: Path) -> None:
    """And who was made before there was a choice is as one without it."""
    before = made(lit)
    assert "+" not in before.places[0].made_with
    marks = {light: made(lit, even_light=light).places[0].made_with for light in (0.5, 1.0)}
    assert len({*marks.values(), before.places[0].made_with}) == 3
    assert made(lit, even_light=0.5004).places[0].made_with == marks[0.5]


def test_what_a_face_was_made_with_tells_the_tone_alone_where_one_is_asked_for() -> None:
    assert fingerprint("abc", Recipe(1, 1.0, 30.0)) == "abc:1:1.000:30.000"
    assert fingerprint("abc", Recipe(1, 1.0, 30.0, skin=3.25)) == "abc:1:1.000:30.000:3.250"


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_tone_that_the_model_knows_nothing_of_is_made(lit: Path, strength: float) -> None:
    toned = [Recipe(seed, 1.0, 30.0, skin=6.0 if seed % 2 else None) for seed in range(20)]
    plain = Engine(read_model(lit), 1).generate(toned)
    expected = Evening(64, *EYES)(plain, strength, [recipe.skin for recipe in toned])
    np.testing.assert_array_equal(pictures(made(lit, toned, even_light=strength)), expected)


def test_a_model_that_knows_tones_is_asked_for_them(tmp_path: Path) -> None:
    model = toned_model(tmp_path / "toned.facegan")
    asked = [Recipe(1, 1.0, 30.0, skin=tone) for tone in (1.0, 4.0, 10.0)]
    levels = Drawing(read_model(model), 1).generate(asked)[:, 0, 0, 0]
    assert levels.tolist() == [0, 85, 255]


def test_an_undertone_that_is_set_is_obeyed_and_else_drawn_by_the_seed(tmp_path: Path) -> None:
    label = {"name": "undertone", "kind": "number", "unit": "sigma", "minimum": -1, "maximum": 1}
    drawn = Drawing(read_model(toned_model(tmp_path / "toned.facegan", label)), 1)
    asked = [Recipe(seed, 1.0, 30.0, (("undertone", 1.0),)) for seed in range(3)]
    assert drawn.generate(asked)[:, 0, 0, 0].tolist() == [255] * 3
    levels = drawn.generate([Recipe(seed, 1.0, 30.0) for seed in range(200)])[:, 0, 0, 0] / 127.5 - 1
    assert 0.4 < np.std(levels) < 0.7
    assert abs(np.mean(levels)) < 0.15


def test_nobody_is_of_the_middle_tone_because_none_was_asked_for(tmp_path: Path) -> None:
    drawn = Drawing(read_model(toned_model(tmp_path / "toned.facegan")), 1)
    levels = drawn.generate([Recipe(seed, 1.0, 30.0) for seed in range(200)])[:, 0, 0, 0].astype(float)
    tones = 1 + levels / 255 * 9
    assert np.std(tones) == pytest.approx(np.std([COMMON.at((i + 0.5) / 500) for i in range(500)]), rel=0.15)
    assert natural_tone(5) == natural_tone(5)
