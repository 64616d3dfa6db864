"""Populate on real objects: who gets which face, and what is kept."""

from collections import Counter
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.people.ages import Uniform
from blender_facegan.core.people.population import Demographics
from blender_facegan.scene.materials.look import Look
from blender_facegan.scene.populate.objects import ObjectStore
from blender_facegan.scene.populate.populate import Report, commit, survey
from blender_facegan.scene.populate.settings import Settings
from tests.blender.crowds import (
    body,
    context,
    data,
    head,
    operators,
    plane,
    read_face,
    recipe_of,
    select,
    telling_model,
    tile_pixels,
)


def people(count: int) -> list[Any]:
    """Billboards and heads, half and half, selected."""
    made = [plane(f"P{i}") for i in range(count // 2)] + [head(f"H{i}") for i in range(count - count // 2)]
    select(made)
    return made


def test_every_selected_character_gets_a_face_that_follows_its_recipe(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(20)
    operators.populate(model=str(model))
    for obj in crowd:
        told = read_face(obj)
        assert told.sex == pytest.approx({"FEMALE": 0, "MALE": 1}[obj.facegan.sex], abs=0.01)
        assert told.age == pytest.approx(obj.facegan.age, abs=0.5)
    assert {obj.facegan.sex for obj in crowd} == {"FEMALE", "MALE"}
    assert len({obj.facegan.seed for obj in crowd}) == len(crowd)
    assert len({tuple(obj["facegan_tile"]) for obj in crowd}) == len(crowd)


def test_all_share_one_page_and_one_material_for_each_kind(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(20)
    operators.populate(model=str(model))
    assert len({obj.facegan.page for obj in crowd}) == 1
    assert Counter(obj.material_slots[0].material.facegan.role for obj in crowd) == {"BILLBOARD": 10, "HEAD": 10}
    assert len({obj.material_slots[0].material for obj in crowd}) == 2


def test_the_page_is_a_packed_byte_image(scene: bpy.types.Scene, model: Path) -> None:
    (obj, _) = people(2)
    operators.populate(model=str(model))
    page = obj.facegan.page
    assert page.packed_file is not None
    assert not page.is_float
    assert not page.is_dirty
    assert page.colorspace_settings.name == "sRGB"


def test_a_tile_is_upright_and_not_mirrored(scene: bpy.types.Scene, model: Path) -> None:
    (obj, _) = people(2)
    operators.populate(model=str(model))
    pixels = tile_pixels(obj)
    assert pixels[2, 2].sum() == pytest.approx(0.8 * pixels[-3, -3].sum(), rel=0.02)
    assert pixels[2, -3].sum() == pytest.approx(pixels[-3, -3].sum(), rel=0.01)
    assert pixels[-3, 2].sum() == pytest.approx(pixels[-3, -3].sum(), rel=0.01)


@pytest.mark.parametrize(("share", "sexes"), [(0, {"MALE"}), (100, {"FEMALE"})])
def test_the_share_of_women_is_that_of_women(
    scene: bpy.types.Scene, model: Path, share: float, sexes: set[str]
) -> None:
    crowd = people(10)
    operators.populate(model=str(model), share_of_women=share)
    assert {obj.facegan.sex for obj in crowd} == sexes


def test_ages_are_drawn_within_the_range(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(30)
    operators.populate(model=str(model), age_minimum=20, age_maximum=30)
    ages = [obj.facegan.age for obj in crowd]
    assert 20 <= min(ages) < 23
    assert 27 < max(ages) <= 30


def test_the_panel_and_the_operator_ask_for_the_same(scene: Any, model: Path) -> None:
    """Each field of the scene's settings reaches what the argument of the same name reaches."""
    crowd = people(12)
    values = {"share_of_women": 0.0, "age_minimum": 60.0, "age_maximum": 61.0, "crowd_seed": 7}
    operators.populate(model=str(model), **values)
    by_argument = [recipe_of(obj) for obj in crowd]
    operators.populate(model=str(model))
    assert [recipe_of(obj) for obj in crowd] != by_argument
    for name, value in values.items():
        setattr(scene.facegan, name, value)
    operators.populate(model=str(model))
    assert [recipe_of(obj) for obj in crowd] == by_argument


def test_a_ready_mix_is_drawn_from_and_arguments_win_over_the_panels_mix(scene: Any, model: Path) -> None:
    crowd = people(30)
    operators.populate(model=str(model), mix="SCHOOL")
    assert sum(obj.facegan.age < 19 for obj in crowd) > 20
    operators.load_mix(name="RETIREMENT_HOME")
    operators.populate(model=str(model))
    assert sum(obj.facegan.age >= 68 for obj in crowd) > 20
    operators.populate(model=str(model), age_minimum=20, age_maximum=25)
    assert all(20 <= obj.facegan.age <= 25 for obj in crowd)


def test_what_is_set_by_hand_wins_over_what_is_drawn(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(8)
    for obj in crowd[:4]:
        obj.facegan.sex, obj.facegan.age, obj.facegan.seed = "FEMALE", 71.0, 1234
    operators.populate(model=str(model), share_of_women=0, age_maximum=30)
    assert {recipe_of(obj) for obj in crowd[:4]} == {("FEMALE", 71.0, 1234)}
    assert all(read_face(obj).sex < 0.01 and abs(read_face(obj).age - 71) < 0.5 for obj in crowd[:4])
    assert all(obj.facegan.sex == "MALE" and obj.facegan.age <= 30 for obj in crowd[4:])
    assert not any(obj.facegan.age_by_hand for obj in crowd[4:])


def test_a_typed_seed_gives_that_face_to_anyone(scene: bpy.types.Scene, model: Path) -> None:
    first, second = people(2)
    for obj in (first, second):
        obj.facegan.seed = 99
    operators.populate(model=str(model))
    assert read_face(first).seed == pytest.approx(read_face(second).seed, abs=0.005)


def test_a_locked_character_keeps_its_face(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(6)
    operators.populate(model=str(model))
    before = [read_face(obj) for obj in crowd]
    crowd[2].facegan.locked = True
    operators.populate(model=str(model), crowd_seed=5)
    after = [read_face(obj) for obj in crowd]
    assert after[2] == before[2]
    assert all(after[i].seed != before[i].seed for i in (0, 1, 3, 4, 5))


def test_adding_and_removing_characters_changes_nobody_elses_face(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(10)
    operators.populate(model=str(model))
    before = {obj.name: (recipe_of(obj), read_face(obj)) for obj in crowd}
    data.objects.remove(crowd.pop(3))
    crowd += [head("New"), plane("A first")]
    select(crowd)
    operators.populate(model=str(model))
    after = {obj.name: (recipe_of(obj), read_face(obj)) for obj in crowd}
    assert {name: after[name] for name in before if name in after} == {k: v for k, v in before.items() if k in after}


def test_a_renamed_character_stays_who_it_is(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(4)
    operators.populate(model=str(model))
    before = recipe_of(crowd[0])
    crowd[0].name = "Somebody else"
    operators.populate(model=str(model))
    assert recipe_of(crowd[0]) == before


def test_any_name_will_do(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane(name) for name in ("Zoë", "李雷", "🙂", " ", "a/b:c", '"quoted"', "x" * 63)]
    select(crowd)
    operators.populate(model=str(model))
    assert len({obj.facegan.seed for obj in crowd}) == len(crowd)


def test_a_duplicate_shows_its_originals_face_until_it_is_populated(scene: Any, model: Path) -> None:
    crowd = people(4)
    operators.populate(model=str(model))
    twin = crowd[0].copy()
    scene.collection.objects.link(twin)
    assert read_face(twin) == read_face(crowd[0])
    assert twin.material_slots[0].material == crowd[0].material_slots[0].material
    before = [read_face(obj) for obj in crowd]
    operators.populate(model=str(model), scope="FACELESS")
    assert [read_face(obj) for obj in crowd] == before
    assert recipe_of(twin) != recipe_of(crowd[0])
    assert read_face(twin).seed != read_face(crowd[0]).seed


def test_a_character_alone_has_the_face_that_it_has_in_a_crowd(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(30)
    operators.populate(model=str(model))
    in_crowd = tile_pixels(crowd[7]).copy()
    select(crowd[7:8])
    operators.remove()
    operators.populate(model=str(model))
    assert (tile_pixels(crowd[7]) == in_crowd).all()


def test_populating_again_makes_only_what_has_changed(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd = people(12)
    operators.populate(model=str(model))
    operators.populate(model=str(model))
    for obj in crowd[:3]:
        obj.facegan.age = 80
    operators.populate(model=str(model))
    made = [line.split(": ")[-1] for line in capfd.readouterr().out.splitlines() if "new faces" in line]
    assert made == [
        "12 new faces, 0 kept, on 1 page",
        "0 new faces, 12 kept, on 1 page",
        "3 new faces, 9 kept, on 1 page",
    ]
    assert all(abs(read_face(obj).age - 80) < 0.5 for obj in crowd[:3])


def test_ten_other_ages_are_ten_faces_and_one_page(scene: bpy.types.Scene, model: Path) -> None:
    """A page of 128 holds 25 faces."""
    crowd = people(60)
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look(), page_size=128)

    def populate() -> Report:
        found = survey(ObjectStore.look(crowd, settings), settings)
        return commit(found, make_faces(found.request, lambda *_: None, lambda: False))

    populate()
    pages = {obj.facegan.page.session_uid for obj in crowd}
    first = crowd[0].facegan.page
    chosen = [obj for obj in crowd if obj.facegan.page == first][:10]
    others = {obj.name: read_face(obj) for obj in crowd if obj not in chosen}
    for obj in chosen:
        obj.facegan.age = 80
    report = populate()
    assert (report.fresh, report.characters, report.pages) == (10, 60, 3)
    assert all(abs(read_face(obj).age - 80) < 0.5 for obj in chosen)
    assert {name: read_face(data.objects[name]) for name in others} == others
    assert len({obj.facegan.page.session_uid for obj in crowd} & pages) == 2


def test_populating_some_leaves_the_others_faces_alone(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(40)
    select(crowd[:20])
    operators.populate(model=str(model))
    before = [read_face(obj) for obj in crowd[:20]]
    select(crowd[20:])
    operators.populate(model=str(model))
    assert [read_face(obj) for obj in crowd[:20]] == before
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in crowd)
    assert len([image for image in data.images if image.facegan.is_page]) == 1


def test_a_collection_can_be_populated_with_those_in_it(scene: Any, model: Path) -> None:
    outer, inner = data.collections.new("Stand"), data.collections.new("Row")
    scene.collection.children.link(outer)
    outer.children.link(inner)
    members, stranger = people(4), plane("Stranger")
    for collection, obj in zip((outer, outer, inner, inner), members, strict=True):
        collection.objects.link(obj)
    select([stranger])
    operators.populate(model=str(model), scope="COLLECTION", collection="Stand")
    assert all(obj.facegan.page is not None for obj in members)
    assert stranger.facegan.page is None


def test_a_model_of_another_size_takes_over_and_locked_faces_stay(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    crowd = people(6)
    operators.populate(model=str(model))
    locked = tile_pixels(crowd[0]).copy()
    crowd[0].facegan.locked = True
    operators.populate(model=str(telling_model(tmp_path / "large.facegan", side=24)))
    assert (tile_pixels(crowd[0]) == locked).all()
    assert {tile_pixels(obj).shape for obj in crowd[1:]} == {(24, 24, 3)}
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in crowd)


def test_the_body_of_a_character_is_told_its_skin(scene: bpy.types.Scene, model: Path) -> None:
    torso, hands, alone = body("Torso"), plane("Hands"), plane("Bystander")
    face = head("Face")
    face.parent = torso
    hands.parent = torso
    select([face])
    operators.populate(model=str(model))
    assert list(torso["facegan_skin"]) == list(hands["facegan_skin"]) == list(face["facegan_skin"])
    assert "facegan_skin" not in alone
    assert "facegan_tile" not in torso
    operators.remove()
    assert "facegan_skin" not in torso


def test_a_parent_of_many_characters_is_nobodys_body(scene: bpy.types.Scene, model: Path) -> None:
    stand = head("Stand")
    crowd = people(4)
    for obj in crowd:
        obj.parent = stand
    operators.populate(model=str(model))
    assert "facegan_skin" not in stand


def test_the_skin_is_the_faces_color_in_linear_light(scene: bpy.types.Scene, model: Path) -> None:
    (obj, _) = people(2)
    operators.populate(model=str(model))
    encoded = tile_pixels(obj)[-3, -3]
    linear = [((value + 0.055) / 1.055) ** 2.4 if value > 0.04045 else value / 12.92 for value in encoded]
    assert list(obj["facegan_skin"]) == pytest.approx(linear, abs=0.01)


@pytest.mark.parametrize("linked", [True, False], ids=["Alt+D", "Shift+D"])
def test_those_without_a_face_and_duplicates_can_be_found(scene: Any, model: Path, linked: bool) -> None:
    crowd, stranger = people(6), plane("Stranger")
    operators.populate(model=str(model))
    select(crowd[2:4])
    bpy.ops.object.duplicate(linked=linked)
    twins = list(context.selected_objects)
    assert len(twins) == 2
    crowd[2].name = "Renamed after it was duplicated"
    select(crowd[5:])
    operators.remove()
    before = {obj.name: (recipe_of(obj), read_face(obj)) for obj in crowd[:5]}
    operators.populate(model=str(model), scope="FACELESS")
    assert {obj.name: (recipe_of(obj), read_face(obj)) for obj in crowd[:5]} == before
    everyone = [*crowd, *twins]
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in everyone)
    assert len({obj.facegan.seed for obj in everyone}) == len({obj.facegan.key for obj in everyone}) == 8
    assert stranger.facegan.page is None


def test_when_everybody_has_a_face_of_their_own_nothing_is_left_to_do(scene: Any, model: Path) -> None:
    people(3)
    operators.populate(model=str(model))
    with pytest.raises(RuntimeError, match="No characters"):
        operators.populate(model=str(model), scope="FACELESS")
