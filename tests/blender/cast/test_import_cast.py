"""Characters become the people of a cast file, and stay them as others stay their seeds."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import api
from tests.blender.cast.people import blue_of, take_in, told, write_cast
from tests.blender.crowds import (
    SIDE,
    data,
    head,
    operators,
    plane,
    read_face,
    recipe_of,
    select,
    snapshot,
    telling_draft,
    telling_model,
    tile_pixels,
)
from tests.blender.labelled_models import with_true_golden
from tests.blender.populate.test_face_size import camera


def test_characters_become_the_people_of_a_cast(pair: list[Any]) -> None:
    anna, bo, stranger = pair
    assert told(anna) == ("Anna", "Anna, 3 May 2026", pytest.approx(blue_of(0.9), abs=0.01))
    assert told(bo) == ("Bo", "Bo, 3 May 2026", pytest.approx(blue_of(-0.9), abs=0.01))
    assert [obj.facegan.sex for obj in (anna, bo)] == ["FEMALE", "MALE"]
    assert (read_face(anna).age, read_face(bo).age) == pytest.approx((41.5, 30), abs=0.5)
    assert stranger.facegan.person == ""


def test_namesakes_come_first_then_names_in_order(
    scene: bpy.types.Scene, seeing: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd = [plane(name) for name in ("X", "Bo", "Y")]
    select(crowd)
    take_in(tmp_path, seeing, ("Anna", "female", 40, 0.5), ("Bo", "male", 40, 0), ("Cy", "male", 40, 0.1))
    assert [obj.facegan.person for obj in crowd] == ["Anna", "Bo", "Cy"]
    select(crowd[:1])
    take_in(tmp_path, seeing, ("Dee", "female", 40, 0.2), ("Eve", "female", 40, 0.3))
    out = capfd.readouterr().out
    assert "X is Anna, Bo is Bo, Y is Cy" in out
    assert "X is Dee" in out
    assert "No character was left for Eve" in out
    assert crowd[0].facegan.person == "Dee"
    select(crowd)
    take_in(tmp_path, seeing, ("Flo", "female", 40, 0.2))
    assert "Skipped 2: X, Y (nobody of the cast is left for it" in capfd.readouterr().out
    assert [obj.facegan.person for obj in crowd] == ["Dee", "Flo", "Cy"]


def test_the_active_character_stands_for_a_selection(scene: bpy.types.Scene, seeing: Path, tmp_path: Path) -> None:
    bust = head("Bust")
    select([])
    bpy.context.view_layer.objects.active = bust  # type: ignore[union-attr]
    take_in(tmp_path, seeing, ("Anna", "female", 41.5, 0.9))
    assert bust.facegan.person == "Anna"


def test_populate_never_draws_over_a_person(pair: list[Any], seeing: Path) -> None:
    before = [told(obj) for obj in pair[:2]]
    stranger = recipe_of(pair[2])
    select(pair)
    for seed in (3, 4):
        operators.populate(model=str(seeing), crowd_seed=seed, share_of_women=100, age_minimum=70, age_maximum=70)
    assert [told(obj) for obj in pair[:2]] == before
    assert [obj.facegan.sex for obj in pair[:2]] == ["FEMALE", "MALE"]
    assert recipe_of(pair[2]) != stranger


def test_a_person_ages_and_changes_sex_and_stays_that_person(pair: list[Any], seeing: Path) -> None:
    anna, bo, _ = pair
    select([anna, bo])
    operators.age(model=str(seeing), years=20)
    assert (read_face(anna).age, read_face(bo).age) == pytest.approx((61.5, 50), abs=0.5)
    anna.facegan.sex = "MALE"
    operators.populate(model=str(seeing))
    assert read_face(anna).sex == pytest.approx(1, abs=0.01)
    assert told(anna) == ("Anna", "Anna, 3 May 2026", pytest.approx(blue_of(0.9), abs=0.01))
    operators.age(model=str(seeing), years=-55)
    assert read_face(anna).age == pytest.approx(6.5, abs=0.5)
    assert anna.facegan.person == "Anna"


def test_reroll_leaves_people_as_they_are_and_says_so(pair: list[Any], seeing: Path, capfd: Any) -> None:
    before, stranger = [told(obj) for obj in pair[:2]], recipe_of(pair[2])
    select(pair)
    operators.reroll(model=str(seeing))
    assert "A (Anna, from a photograph: forget the person first)" in capfd.readouterr().out
    assert [told(obj) for obj in pair[:2]] == before
    assert recipe_of(pair[2]) != stranger


def test_a_face_that_is_chosen_takes_the_person_s_place(pair: list[Any], seeing: Path) -> None:
    bpy.context.view_layer.objects.active = pair[0]  # type: ignore[union-attr]
    operators.take_face(model=str(seeing), seed=7)
    assert (pair[0].facegan.person, pair[0].facegan.latent, pair[0].facegan.consent) == ("", "", "")
    assert pair[0].facegan.seed == 7


def test_swap_and_copy_take_the_person_along(pair: list[Any], seeing: Path) -> None:
    anna, bo, stranger = pair
    before = told(anna)
    select([anna, stranger])
    operators.swap()
    assert told(stranger) == before
    assert anna.facegan.latent == ""
    bpy.context.view_layer.objects.active = stranger  # type: ignore[union-attr]
    select([bo, stranger])
    operators.copy_face(model=str(seeing))
    assert told(bo) == before
    select(pair)
    operators.populate(model=str(seeing), crowd_seed=5)
    assert told(bo) == told(stranger) == before


def test_locked_characters_are_left_out(pair: list[Any], seeing: Path, tmp_path: Path, capfd: Any) -> None:
    anna, bo, _ = pair
    anna.facegan.locked = True
    select([anna, bo])
    take_in(tmp_path, seeing, ("Cy", "male", 50, 0.1))
    assert [obj.facegan.person for obj in (anna, bo)] == ["Anna", "Cy"]
    assert "A (locked" in capfd.readouterr().out


def test_the_same_person_twice_is_never_too_alike(pair: list[Any], seeing: Path, capfd: Any) -> None:
    """Distinct Faces counts people from photographs, and a stranger gives way to them; but one person is one."""
    twin = plane("Twin", (12, 0, 0))
    select([pair[0], twin])
    bpy.context.view_layer.objects.active = pair[0]  # type: ignore[union-attr]
    operators.copy_face(model=str(seeing))
    assert twin.facegan.seed == pair[0].facegan.seed
    capfd.readouterr()
    for obj in data.objects:
        obj.select_set(False)
    operators.select_closest()
    assert "A and Twin" not in capfd.readouterr().out


def test_a_drawn_face_gives_way_to_a_person_and_never_the_other_way(
    scene: bpy.types.Scene, seeing: Path, tmp_path: Path, capfd: Any
) -> None:
    crowd = [plane("A"), plane("B")]
    select(crowd[:1])
    take_in(tmp_path, seeing, ("Anna", "female", 40, 0.3))
    before = told(crowd[0])
    select(crowd)
    operators.populate(model=str(seeing), likeness=200.0, share_of_women=100, age_minimum=40, age_maximum=40)
    assert "drawn again" in capfd.readouterr().out
    assert told(crowd[0]) == before


def test_undo_brings_the_drawn_face_back(scene: bpy.types.Scene, seeing: Path, tmp_path: Path) -> None:
    select([plane("A")])
    operators.populate(model=str(seeing))
    bpy.ops.ed.undo_push(message="before")
    before = snapshot()
    select([data.objects["A"]])
    take_in(tmp_path, seeing, ("Anna", "female", 41.5, 0.9))
    bpy.ops.ed.undo_push(message="after")
    assert data.objects["A"].facegan.person == "Anna"
    bpy.ops.ed.undo()
    assert data.objects["A"].facegan.person == ""
    assert snapshot() == before


def test_a_duplicate_is_the_same_person(pair: list[Any], seeing: Path) -> None:
    copy = pair[0].copy()
    bpy.context.scene.collection.objects.link(copy)  # type: ignore[union-attr]
    operators.populate(model=str(seeing), scope="FACELESS")
    assert told(copy) == told(pair[0])


def test_a_forgotten_person_is_drawn_like_anybody(pair: list[Any], seeing: Path) -> None:
    select(pair[:1])
    operators.forget_person()
    record = pair[0].facegan
    assert (record.latent, record.latent_model, record.person, record.consent) == ("", "", "", "")
    operators.populate(model=str(seeing), crowd_seed=2)
    assert not record.seed_by_hand
    assert read_face(pair[0]).seed != pytest.approx(blue_of(0.9), abs=0.01)


def test_another_model_leaves_people_as_they_are(pair: list[Any], model: Path, seeing: Path, capfd: Any) -> None:
    before = told(pair[0])
    select(pair)
    operators.populate(model=str(model))
    assert "A (Anna, from a photograph, of another model: choose that model" in capfd.readouterr().out
    assert told(pair[0]) == before
    select(pair[:1])
    with pytest.raises(RuntimeError, match="another model"):
        operators.age(model=str(model), years=5)
    operators.populate(model=str(seeing))
    assert told(pair[0]) == before


def test_a_damaged_latent_is_told(pair: list[Any], seeing: Path, capfd: Any) -> None:
    pair[0].facegan.latent = "1 2 x"
    pair[1].facegan.locked = True
    select(pair)
    operators.populate(model=str(seeing))
    assert "A (a person whose latent is damaged" in capfd.readouterr().out
    assert pair[1].facegan.person == "Bo"


@pytest.mark.parametrize(
    ("people", "told_of"),
    [
        ([("Anna", "female", 15, 0.9)], "line 2: Anna: 15 years old"),
        ([("Anna", "female", 30, "nan")], "line 2: .*not within"),
        ([("Anna", "female", 30, "1 2")], "line 2: a latent of 5 numbers"),
        ([("Anna", "nobody", 30, 1)], "line 2: .*'nobody'"),
        ([], "nobody in it"),
    ],
)
def test_a_wrong_cast_changes_nothing(
    scene: bpy.types.Scene, seeing: Path, tmp_path: Path, people: Any, told_of: str
) -> None:
    select([plane("A")])
    before = snapshot()
    with pytest.raises(RuntimeError, match=told_of) as caught:
        take_in(tmp_path, seeing, *people)
    assert len([line for line in str(caught.value).splitlines() if line.strip()]) == 1
    assert snapshot() == before


def test_a_cast_of_another_model_is_refused(scene: bpy.types.Scene, model: Path, seeing: Path, tmp_path: Path) -> None:
    select([plane("A")])
    path = write_cast(tmp_path / "cast.csv", seeing, ("Anna", "female", 30, 0.1))
    with pytest.raises(RuntimeError, match="a person of another model"):
        operators.import_cast(filepath=str(path), model=str(model))


def test_instances_are_refused_by_name(scene: bpy.types.Scene, seeing: Path, tmp_path: Path) -> None:
    empty = data.objects.new("Seat", None)
    empty.instance_type = "COLLECTION"
    empty.instance_collection = data.collections.new("Extras")
    scene.collection.objects.link(empty)
    select([empty])
    with pytest.raises(RuntimeError, match="Seat: instances cannot be people from photographs"):
        take_in(tmp_path, seeing, ("Anna", "female", 30, 0.1))


def test_nobody_selected_is_told(scene: bpy.types.Scene, seeing: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="No characters"):
        take_in(tmp_path, seeing, ("Anna", "female", 30, 0.1))


def test_the_larger_model_draws_people_only_if_it_takes_their_latents(
    scene: bpy.types.Scene, seeing: Path, tmp_path: Path
) -> None:
    """Both draw the same people of seeds; the one with an encoder takes offsets, too."""
    camera(scene, 10.0)
    base, larger = tmp_path / "mine.facegan", tmp_path / "mine-128.facegan"
    base.write_bytes(seeing.read_bytes())
    telling_model(larger, side=32)
    flat, stranger = plane("Flat"), plane("Stranger")
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    path = write_cast(tmp_path / "cast.csv", base, ("Anna", "female", 41.5, 0.9))
    api.import_cast([flat], path, api.settings(model=base, face_size="auto"))
    assert len(tile_pixels(flat)) == 32
    assert told(flat)[2] == pytest.approx(blue_of(0.9), abs=0.01)
    with_offsets(base)
    path = write_cast(tmp_path / "cast.csv", base, ("Bo", "male", 30, 0.2))
    path.write_text(path.read_text().rstrip() + " 0.7\n")
    api.import_cast([flat], path, api.settings(model=base, face_size="auto"))
    assert len(tile_pixels(flat)) == SIDE
    assert told(flat)[2] == pytest.approx(blue_of(0.2), abs=0.01)
    api.populate([stranger], api.settings(model=base, face_size="auto"))
    assert len(tile_pixels(stranger)) == 32


def with_offsets(path: Path) -> None:
    """The telling model, with an offset that changes nothing."""
    draft = telling_draft()
    draft.graph["inputs"]["offsets"] = [1]
    with_true_golden(draft, path)
