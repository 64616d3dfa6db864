"""Characters swap faces, and copy them."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.scene.model import store as model_store
from blender_facegan.scene.people import labels
from tests.blender.crowds import body, context, data, head, operators, plane, read_face, recipe_of, select, tile_pixels
from tests.blender.crowds import snapshot as snapshot_of_file
from tests.blender.labelled_models import labelled_model


@pytest.fixture
def crowd(scene: bpy.types.Scene, model: Path) -> list[Any]:
    made = [plane("A"), head("B"), head("C"), plane("D")]
    select(made)
    operators.populate(model=str(model))
    return made


def choose(*objects: Any) -> None:
    """Selects them, the last as the active one."""
    select(objects)
    context.view_layer.objects.active = objects[-1]


def identity(obj: Any) -> Any:
    record = obj.facegan
    return recipe_of(obj), (record.sex_by_hand, record.age_by_hand, record.seed_by_hand), read_face(obj)


def skin(obj: Any) -> list[float]:
    return list(obj["facegan_skin"])


def follows_its_recipe(obj: Any) -> bool:
    return bool(abs(read_face(obj).age - obj.facegan.age) < 0.5)


@pytest.mark.parametrize(("one", "two"), [(0, 3), (1, 2), (0, 1)])
def test_two_that_swap_are_each_who_the_other_was(crowd: list[Any], one: int, two: int) -> None:
    first, second = crowd[one], crowd[two]
    second.facegan.age_by_hand = True
    before, skins = (identity(first), identity(second)), (skin(first), skin(second))
    others = [identity(obj) for obj in crowd if obj not in (first, second)]
    choose(first, second)
    operators.swap()
    assert (identity(second), identity(first)) == before
    assert (skin(second), skin(first)) == skins
    assert [identity(obj) for obj in crowd if obj not in (first, second)] == others


def test_a_swap_lasts_when_the_crowd_is_populated_again(
    crowd: list[Any], model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    choose(crowd[0], crowd[2])
    operators.swap()
    before = [identity(obj) for obj in crowd]
    select(crowd)
    capfd.readouterr()
    operators.populate(model=str(model))
    assert [identity(obj) for obj in crowd] == before
    assert "0 new faces, 4 kept" in capfd.readouterr().out


def test_to_swap_twice_is_to_leave_all_as_it_was(crowd: list[Any]) -> None:
    before = snapshot_of_file()
    choose(crowd[1], crowd[3])
    operators.swap()
    assert snapshot_of_file() != before
    operators.swap()
    assert snapshot_of_file() == before


def test_a_swap_reaches_over_pages(scene: Any, model: Path) -> None:
    """On two pages, each has its own material."""
    from blender_facegan.core.atlas.worker import make_faces
    from blender_facegan.core.people.ages import Uniform
    from blender_facegan.core.people.population import Demographics
    from blender_facegan.scene.materials.look import Look
    from blender_facegan.scene.populate.objects import ObjectStore
    from blender_facegan.scene.populate.populate import commit, survey
    from blender_facegan.scene.populate.settings import Settings

    crowd = [head(f"H{i:02}") for i in range(8)]
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look(), page_size=64)
    found = survey(ObjectStore.look(crowd, settings), settings)
    commit(found, make_faces(found.request, lambda *_: None, lambda: False))
    first, last = crowd[0], crowd[-1]
    assert first.facegan.page != last.facegan.page
    before = identity(first), identity(last)
    choose(first, last)
    operators.swap()
    assert (identity(last), identity(first)) == before
    assert all(obj.material_slots[0].material.facegan.page == obj.facegan.page for obj in (first, last))


def test_a_swap_tells_the_bodies(crowd: list[Any], model: Path) -> None:
    face, other = crowd[1], crowd[2]
    torso = body("Torso")
    face.parent = torso
    choose(face)
    operators.reroll(model=str(model))
    assert list(torso["facegan_skin"]) == skin(face)
    choose(face, other)
    operators.swap()
    assert list(torso["facegan_skin"]) == skin(face)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_swap_needs_two(crowd: list[Any], count: int) -> None:
    select(crowd[:count])
    with pytest.raises(RuntimeError, match="Select two characters"):
        operators.swap()


def test_a_swap_of_a_locked_face_is_refused(crowd: list[Any]) -> None:
    crowd[1].facegan.locked = True
    before = snapshot_of_file()
    choose(crowd[0], crowd[1])
    with pytest.raises(RuntimeError, match="B: locked: unlock"):
        operators.swap()
    assert snapshot_of_file() == before


def test_a_swap_with_somebody_without_a_face_is_refused(crowd: list[Any]) -> None:
    choose(crowd[0], plane("New"))
    with pytest.raises(RuntimeError, match="New: without a face: populate"):
        operators.swap()


def test_a_linked_character_is_refused(library: Path, model: Path) -> None:
    local = plane("Local")
    select([local])
    operators.populate(model=str(model))
    bpy.ops.wm.link(directory=f"{library}/Object/", filename="Hero")
    hero = data.objects["Hero"]
    choose(hero, local)
    with pytest.raises(RuntimeError, match="Hero"):
        operators.swap()
    with pytest.raises(RuntimeError, match=r"Hero \(linked and read-only: make a library override"):
        operators.copy_face(model=str(model))


def controls(obj: Any) -> dict[str, Any]:
    """The labels set on a character, each with its value and how Blender shows it."""
    names = [name for name in obj.keys() if name.startswith("facegan_label_")]  # noqa: SIM118
    return {name: (obj[name], obj.id_properties_ui(name).as_dict()) for name in names}


@pytest.mark.parametrize("operator", ["swap", "copy_face"])
def test_labels_go_along_with_their_ranges_and_choices(crowd: list[Any], tmp_path: Path, operator: str) -> None:
    known = model_store.labels_of(labelled_model(tmp_path / "mine.facegan"))
    first, second = crowd[0], crowd[3]
    for name, value in (("smile", 40.0), ("hair", "fair")):
        labels.set_label(first, known[name], value)
    labels.set_label(second, known["glasses"], 1.0)
    second["facegan_label_smile"] = 7.0
    before = controls(first), controls(second)
    assert before[0]["facegan_label_smile"][1]["max"] == 50
    choose(second, first)
    getattr(operators, operator)()
    assert controls(second) == before[0]
    assert controls(first) == before[1 if operator == "swap" else 0]


def test_all_the_selected_get_the_face_of_the_active_one(crowd: list[Any], model: Path) -> None:
    source = crowd[1]
    before, skinned = identity(source), skin(source)
    choose(crowd[0], crowd[2], source)
    operators.copy_face(model=str(model))
    assert identity(source) == before
    for obj in (crowd[0], crowd[2]):
        assert recipe_of(obj) == recipe_of(source)
        assert (tile_pixels(obj) == tile_pixels(source)).all()
        assert skin(obj) == skinned
        assert identity(obj)[1] == (True, True, True)
    assert follows_its_recipe(crowd[3])


def test_a_copied_face_lasts_when_the_crowd_is_populated_again(
    crowd: list[Any], model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    choose(crowd[0], crowd[2], crowd[1])
    operators.copy_face(model=str(model))
    before = [identity(obj) for obj in crowd]
    select(crowd)
    capfd.readouterr()
    operators.populate(model=str(model), likeness=200.0)
    assert [identity(obj) for obj in crowd] == before
    assert "0 new faces, 4 kept" in capfd.readouterr().out


def test_the_original_may_change_and_the_copies_stay(crowd: list[Any], model: Path) -> None:
    choose(crowd[0], crowd[1])
    operators.copy_face(model=str(model))
    copied = tile_pixels(crowd[0]).copy()
    choose(crowd[1])
    operators.reroll(model=str(model))
    assert (tile_pixels(crowd[0]) == copied).all()
    assert recipe_of(crowd[0]) != recipe_of(crowd[1])


@pytest.mark.parametrize("make", [plane, head])
@pytest.mark.parametrize("source", [0, 1])
def test_somebody_without_a_face_gets_one(crowd: list[Any], model: Path, make: Any, source: int) -> None:
    new, alike = make("New"), make("Alike")
    choose(new, crowd[source])
    operators.copy_face(model=str(model))
    assert (tile_pixels(new) == tile_pixels(crowd[source])).all()
    alike.facegan.seed = crowd[source].facegan.seed
    choose(alike)
    operators.populate(model=str(model))
    assert new.material_slots[0].material == alike.material_slots[0].material
    assert ("facegan_fit" in new) == ("facegan_fit" in alike) == (make is head)
    if make is head:
        assert np.allclose(new["facegan_fit"], alike["facegan_fit"], atol=1e-6)
    choose(new)
    operators.remove()
    assert new.facegan.page is None
    assert "facegan_tile" not in new


def test_who_cannot_get_the_copy_is_named_and_the_others_get_it(
    crowd: list[Any], model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd[0].facegan.locked = True
    kept = identity(crowd[0])
    choose(crowd[0], crowd[2], crowd[1])
    operators.copy_face(model=str(model))
    assert identity(crowd[0]) == kept
    assert recipe_of(crowd[2]) == recipe_of(crowd[1])
    assert "Skipped 1: A (locked: unlock its face first)" in capfd.readouterr().out


def test_a_copy_needs_a_face_to_copy(crowd: list[Any], model: Path) -> None:
    choose(crowd[0], plane("New"))
    with pytest.raises(RuntimeError, match="last of all a character that has a face"):
        operators.copy_face(model=str(model))
    choose(crowd[0])
    with pytest.raises(RuntimeError, match="Select objects"):
        operators.copy_face(model=str(model))


@pytest.mark.parametrize("name", ["swap", "copy_face"])
def test_one_undo_takes_it_back(crowd: list[Any], model: Path, name: str) -> None:
    edit: Any = bpy.ops.ed
    choose(crowd[0], crowd[1])
    edit.undo_push(message="Chosen")
    before = snapshot_of_file()
    arguments = {"model": str(model)} if name == "copy_face" else {}
    getattr(operators, name)("EXEC_DEFAULT", True, **arguments)
    assert snapshot_of_file() != before
    edit.undo()
    assert snapshot_of_file() == before
