"""Skins of a crowd: drawn, pinned, read from data and bodies, written down; and the light in them."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan import api
from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.likeness.skin import luminance, skin_colour, srgb_from_linear
from blender_facegan.core.likeness.tone import luminance_of_tone, skin_tone, tone_of
from blender_facegan.core.model.file import read_card
from blender_facegan.scene.faces.candidates import candidate_sheet, icon_key, show_candidates
from blender_facegan.scene.faces.icons import icons
from blender_facegan.scene.people.labels import settable
from blender_facegan.scene.populate.objects import ObjectStore
from tests.blender.crowds import data, head, operators, plane, select, tile_pixels
from tests.blender.labelled_models import with_true_golden
from tests.blender.point_crowds import column, instance_on, points
from tests.core.model.model_writer import CARD, Network

EYES = (0.36, 0.38)
SIDE = 32
SKIN_TONE: dict[str, Any] = {"name": "skin_tone", "kind": "number", "unit": "Monk", "minimum": 1, "maximum": 10}


@pytest.fixture(scope="session")
def lit(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model whose pictures are of one colour each, by the seed, somewhat pink, and count as photographs."""
    return str(coloured_model(tmp_path_factory.mktemp("lit") / "lit.facegan"))


def coloured_model(path: Path, **card: Any) -> Path:
    network = Network(4)
    first = network.add("tanh", network.add("slice", "latent", start=0, stop=1))
    weight = np.tile(np.array([[0.3], [0.25], [0.25]], np.float32), (SIDE * SIDE, 1))
    bias = np.tile(np.array([0.5, 0.1, 0.2], np.float32), SIDE * SIDE)
    flat = network.add("linear", first, tensors={"weight": weight, "bias": bias})
    network.add("reshape", flat, shape=[SIDE, SIDE, 3])
    draft = network.draft(SIDE)
    draft.card |= {"light": "photographs", **card}
    return with_true_golden(draft, path)


def crowd(count: int = 8) -> list[Any]:
    made = [plane(f"P{i}", (2 * i, 0, 0)) for i in range(count)]
    select(made)
    return made


def shown_tone(obj: Any) -> float:
    """The tone of the character's face, as its page holds it."""
    face = np.round(tile_pixels(obj) * 255).astype(np.uint8)
    return float(skin_tone(luminance(skin_colour(face, *EYES))))


def faces(made: list[Any]) -> list[bytes]:
    return [tile_pixels(obj).tobytes() for obj in made]


def tones(made: list[Any]) -> list[float]:
    return [obj.facegan.skin_tone for obj in made]


def test_as_the_model_comes_nobody_is_asked_for_a_tone_and_the_one_found_is_shown(
    scene: bpy.types.Scene, lit: str
) -> None:
    made = crowd()
    operators.populate(model=lit)
    for obj in made:
        assert obj.facegan.skin_tone == pytest.approx(shown_tone(obj), abs=0.05)
        assert not obj.facegan.skin_tone_by_hand
        assert not obj.facegan.skin_asked
        assert tone_of(obj["facegan_skin"]) == pytest.approx(obj.facegan.skin_tone, abs=0.05)


def test_skins_are_drawn_made_and_written_down(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd(12)
    operators.populate(model=lit, skin="DARK")
    dark = tones(made)
    operators.populate(model=lit, skin="LIGHT")
    assert np.mean(tones(made)) + 2 < np.mean(dark)
    assert len(set(tones(made))) == len(made)
    for obj in made:
        assert obj.facegan.skin_tone == pytest.approx(shown_tone(obj), abs=0.2)
        assert tone_of(obj["facegan_skin"]) == pytest.approx(obj.facegan.skin_tone, abs=0.2)


def test_weights_alone_mean_that_they_are_to_be_drawn_from(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd()
    operators.populate(model=lit, skin_weights=(0, 0, 0, 0, 0, 1, 0, 0, 0, 0))
    assert all(5.5 <= tone <= 6.5 for tone in tones(made))


def test_weights_of_nobody_are_one_line(scene: bpy.types.Scene, lit: str) -> None:
    crowd()
    with pytest.raises(RuntimeError, match="all have the weight 0"):
        operators.populate(model=lit, skin="WEIGHTS", skin_weights=(0,) * 10)


def test_a_skin_asked_for_changes_nothing_else_of_the_person(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd()
    operators.populate(model=lit, keep_apart=False)
    before = [(obj.facegan.sex, obj.facegan.age, obj.facegan.seed) for obj in made]
    operators.populate(model=lit, keep_apart=False, skin="EVEN")
    assert [(obj.facegan.sex, obj.facegan.age, obj.facegan.seed) for obj in made] == before


def test_the_same_skins_again_keep_all_faces(
    scene: bpy.types.Scene, lit: str, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd()
    operators.populate(model=lit, skin="EVEN")
    capfd.readouterr()
    operators.populate(model=lit, skin="EVEN")
    assert "0 new faces, 8 kept" in capfd.readouterr().out


def test_a_pinned_tone_wins_over_data_and_data_over_what_is_drawn(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd(3)
    made[0]["tone"] = made[1]["tone"] = 9
    made[1].facegan.skin_tone = 2.5
    assert made[1].facegan.skin_tone_by_hand
    operators.populate(model=lit, skin="LIGHT", skin_source="tone")
    assert tones(made)[:2] == pytest.approx([9, 2.5], abs=1e-4)
    assert tones(made)[2] < 9
    assert [obj.facegan.skin_tone_by_hand for obj in made] == [False, True, False]


def test_data_off_the_scale_is_refused_by_name(scene: bpy.types.Scene, lit: str) -> None:
    crowd()[2]["tone"] = 11
    with pytest.raises(RuntimeError, match=r"P2: the skin tone 11 is not from 1 \(lightest\) to 10"):
        operators.populate(model=lit, skin_source="tone")


def test_who_grows_older_keeps_the_skin_that_was_asked_for(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd(3)
    operators.populate(model=lit, skin="DARK")
    before = tones(made)
    operators.age(years=10.0)
    assert tones(made) == pytest.approx(before, abs=1e-4)
    assert [shown_tone(obj) for obj in made] == pytest.approx(before, abs=0.2)


def test_who_is_drawn_again_has_the_skin_of_the_new_face(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd(3)
    operators.populate(model=lit)
    operators.reroll()
    assert tones(made) == pytest.approx([shown_tone(obj) for obj in made], abs=0.05)
    assert not any(obj.facegan.skin_asked for obj in made)


def test_a_body_takes_the_skin_that_was_asked_for(scene: bpy.types.Scene, lit: str) -> None:
    one, body = head("Head"), head("Body")
    body.parent = one
    one.facegan.skin_tone = 8.0
    select([one])
    operators.populate(model=lit)
    assert tone_of(body["facegan_skin"]) == pytest.approx(8.0, abs=0.1)


def test_a_table_tells_and_takes_skins(scene: bpy.types.Scene, lit: str, tmp_path: Path) -> None:
    made, table = crowd(3), tmp_path / "people.csv"
    made[1].facegan.skin_tone = 7.25
    operators.populate(model=lit)
    operators.write_people(filepath=str(table))
    told = [line.split(",")[-1] for line in table.read_text().splitlines()]
    assert told == ["skin", "", "7.25", ""]
    table.write_text("object,sex,age,skin\nP0,female,30,3.5\nP2,male,40,\n", encoding="utf-8")
    operators.read_people(filepath=str(table))
    operators.populate(model=lit)
    assert tones(made)[0] == 3.5
    assert [obj.facegan.skin_tone_by_hand for obj in made] == [True, True, False]


@pytest.mark.parametrize("value", ["0", "11", "dark", "nan"])
def test_a_table_with_a_wrong_skin_is_refused_by_line(scene: bpy.types.Scene, tmp_path: Path, value: str) -> None:
    crowd(1)
    (tmp_path / "people.csv").write_text(f"object,sex,age,skin\nP0,female,30,{value}\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match=rf"line 2.*{value}"):
        operators.read_people(filepath=str(tmp_path / "people.csv"))


def test_swapping_and_copying_take_the_skin_along(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd(3)
    made[0].facegan.skin_tone, made[1].facegan.skin_tone = 2.0, 9.0
    operators.populate(model=lit)
    select(made[:2])
    operators.swap()
    assert tones(made)[:2] == [9.0, 2.0]
    select(made)
    bpy.context.view_layer.objects.active = made[0]  # type: ignore[union-attr]
    operators.copy_face()
    assert tones(made) == [9.0] * 3
    shown = faces(made)
    select(made)
    operators.populate(model=lit)
    assert faces(made) == shown


def test_even_light_is_a_setting_of_the_crowd(
    scene: bpy.types.Scene, lit: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made = crowd()
    made[0].facegan.locked = True
    operators.populate(model=lit, even_light=0.0, keep_apart=False)
    plain = faces(made)
    scene.facegan.even_light = 0.5  # type: ignore[attr-defined]
    operators.populate(model=lit, keep_apart=False)
    half = faces(made)
    operators.populate(model=lit, even_light=1.0, keep_apart=False)
    assert half[0] == plain[0]
    for one, other in ((plain, half), (half, faces(made))):
        assert all(a != b for a, b in zip(one[1:], other[1:], strict=True))
    capfd.readouterr()
    operators.populate(model=lit, even_light=1.0, keep_apart=False)
    assert "0 new faces, 8 kept" in capfd.readouterr().out


def test_faces_in_other_light_count_as_replaced(scene: bpy.types.Scene, lit: str) -> None:
    made = crowd(3)
    told = api.settings(model=lit, even_light=0.0)
    api.populate(made, told)
    assert ObjectStore.look(made, told).replaced == 0
    assert ObjectStore.look(made, api.settings(model=lit)).replaced == 3
    made[0].facegan.locked = True
    assert ObjectStore.look(made, api.settings(model=lit)).replaced == 2


def test_a_model_of_evened_photographs_is_left_alone(scene: bpy.types.Scene, tmp_path: Path) -> None:
    even, made = str(coloured_model(tmp_path / "even.facegan", light="even")), crowd(2)
    operators.populate(model=even, even_light=0.0, keep_apart=False)
    before = faces(made)
    operators.populate(model=even, even_light=1.0, keep_apart=False)
    assert faces(made) == before


def test_points_have_skins_too(scene: bpy.types.Scene, lit: str, capfd: pytest.CaptureFixture[str]) -> None:
    seats = instance_on(points("Seats", 5), head("Shown"))
    select([seats])
    operators.populate_instances(model=lit)
    found = column(seats, "facegan_skin_tone")
    assert found == pytest.approx([tone_of(colour[:3]) for colour in column(seats, "facegan_skin")], abs=1e-4)
    operators.populate_instances(model=lit, skin="DARK")
    asked = column(seats, "facegan_skin_tone")
    assert np.mean(asked) > np.mean(found)
    assert asked == pytest.approx([tone_of(colour[:3]) for colour in column(seats, "facegan_skin")], abs=0.2)
    capfd.readouterr()
    operators.populate_instances(model=lit, skin="DARK")
    assert "0 new faces, 5 kept" in capfd.readouterr().out
    operators.populate_instances(model=lit)
    assert "5 new faces" in capfd.readouterr().out
    operators.populate_instances(model=lit)
    assert "0 new faces, 5 kept" in capfd.readouterr().out
    operators.remove_instances()
    assert "facegan_skin_tone" not in seats.data.attributes


def test_points_are_of_the_tones_that_their_data_tells(scene: bpy.types.Scene, lit: str) -> None:
    seats = instance_on(points("Seats", 3, tone=[2.0, 5.5, 9.0]), head("Shown"))
    select([seats])
    operators.populate_instances(model=lit, skin_source="tone")
    assert column(seats, "facegan_skin_tone") == [2.0, 5.5, 9.0]


def test_the_sheet_of_faces_shows_what_is_then_taken(scene: bpy.types.Scene, lit: str) -> None:
    (one,) = crowd(1)
    one.facegan.skin_tone = 7.0
    operators.populate(model=lit)
    sheet = candidate_sheet(one, api.settings(model=lit), 0)
    show_candidates(sheet, make_faces(sheet.request, lambda *_: None, lambda: False))
    shown = icons().picture(icon_key(sheet, sheet.seeds[3]))
    bpy.context.view_layer.objects.active = one  # type: ignore[union-attr]
    operators.take_face(model=lit, seed=sheet.seeds[3])
    assert shown is not None
    np.testing.assert_array_equal(shown, np.round(tile_pixels(one) * 255).astype(np.uint8))


def test_a_saved_mix_keeps_its_skins_and_a_ready_one_says_nothing_of_them(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    settings: Any = scene.facegan  # type: ignore[attr-defined]
    settings.skin, settings.skin_weights = "WEIGHTS", (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    operators.export_mix(filepath=str(tmp_path / "mix.json"))
    settings.skin, settings.skin_weights = "DARK", (1,) * 10
    operators.load_mix(name="OFFICE")
    assert settings.skin == "DARK"
    operators.import_mix(filepath=str(tmp_path / "mix.json"))
    assert settings.skin == "WEIGHTS"
    assert list(settings.skin_weights) == list(range(1, 11))
    settings.skin = "LIGHT"
    operators.export_mix(filepath=str(tmp_path / "light.json"))
    settings.skin = "MODEL"
    operators.import_mix(filepath=str(tmp_path / "light.json"))
    assert settings.skin == "LIGHT"


def test_a_label_for_skin_tones_has_no_second_control(blender: None, tmp_path: Path) -> None:
    labels, other = CARD["labels"], {**SKIN_TONE, "unit": "L*"}
    card = read_card(coloured_model(tmp_path / "toned.facegan", labels=[*labels, SKIN_TONE]))
    assert settable(card) == ()
    card = read_card(coloured_model(tmp_path / "other.facegan", labels=[*labels, other]))
    assert [label.name for label in settable(card)] == ["skin_tone"]


def body_of(one: Any, tone: float, image: bool = False) -> Any:
    """A child with a material of skin of that tone, plain or as an image whose other half is green."""
    body = head(f"{one.name} Body", mesh=data.meshes.new("Body"))
    corners = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)]
    body.data.from_pydata(corners, [], [(0, 1, 2, 3)])
    material = data.materials.new("Body Skin")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    body.data.materials.append(material)
    body.parent = one
    lum = float(luminance_of_tone(tone))
    colour = np.array([1.6, 0.9, 0.6]) * lum / float(luminance(np.array([1.6, 0.9, 0.6])))
    socket: Any = material.node_tree.nodes["Principled BSDF"].inputs["Base Color"]
    socket.default_value = (*colour, 1)
    if image:
        picture = data.images.new("Skin", 8, 8)
        pixels = np.ones((8, 8, 4), np.float32)
        pixels[..., :3] = srgb_from_linear(colour)
        pixels[:, 4:, :3] = (0, 1, 0)
        picture.pixels.foreach_set(pixels.ravel())
        layer = body.data.uv_layers.new(name="Half")
        layer.data.foreach_set("uv", np.array([(0, 0), (0.5, 0), (0.5, 1), (0, 1)], np.float32).ravel())
        node = material.node_tree.nodes.new("ShaderNodeTexImage")
        node.image = picture
        mix = material.node_tree.nodes.new("ShaderNodeHueSaturation")
        material.node_tree.links.new(node.outputs["Color"], mix.inputs["Color"])
        material.node_tree.links.new(mix.outputs["Color"], socket)
    return body


@pytest.mark.parametrize("image", [False, True], ids=["plain", "image"])
def test_the_skin_of_the_body_is_taken(scene: bpy.types.Scene, lit: str, image: bool) -> None:
    one = head("Anna")
    body_of(one, 6.5, image)
    select([one])
    operators.skin_from_body()
    assert one.facegan.skin_tone == pytest.approx(6.5, abs=0.1)
    assert one.facegan.skin_tone_by_hand
    operators.populate(model=lit)
    assert shown_tone(one) == pytest.approx(6.5, abs=0.2)


def test_the_material_that_matches_the_skin_is_the_one_that_counts(scene: bpy.types.Scene, lit: str) -> None:
    one = head("Anna")
    body, glove = body_of(one, 3.0), body_of(one, 9.0)
    body.scale = (10, 1, 10)
    bpy.context.view_layer.objects.active = glove  # type: ignore[union-attr]
    operators.match_skin()
    select([one])
    operators.skin_from_body()
    assert one.facegan.skin_tone == pytest.approx(9.0, abs=0.1)
    operators.populate(model=lit)
    operators.skin_from_body()
    assert one.facegan.skin_tone == pytest.approx(9.0, abs=0.1)


def test_a_body_without_skin_is_told_by_name(scene: bpy.types.Scene) -> None:
    one = head("Anna")
    select([one])
    with pytest.raises(RuntimeError, match=r"Anna.*skin"):
        operators.skin_from_body()
    assert not one.facegan.skin_tone_by_hand
