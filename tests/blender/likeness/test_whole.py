"""No face comes out broken that the model knows to be, unless somebody chose it."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan import api
from blender_facegan.core.model.file import model_digest
from blender_facegan.core.people.population import character_seed
from blender_facegan.scene.faces import candidates
from blender_facegan.scene.faces.icons import icons
from blender_facegan.ui.faces import operators as face_operators
from tests.blender.crowds import context, data, operators, plane, read_face, recipe_of, select, telling_draft
from tests.blender.labelled_models import with_true_golden
from tests.blender.point_crowds import column, instance_on, points, read_tiles

WORST = (np.tanh(0.3) + 1) / 2 + 1 / 255
"""The seed's number, as a face tells it, above which its model doubts it."""


def doubting_draft(scale: float = 1.0) -> Any:
    """`telling_draft`, which doubts faces by the seed's first number, and older ones more."""
    draft = telling_draft()
    draft.card["name"] = f"Doubting {scale}"
    nodes = [
        node("slice", ["latent"], "first", start=0, stop=1),
        node("affine", ["first"], "scaled", scale=scale, offset=0.0),
        node("affine", ["age"], "old", scale=0.05, offset=-2.5),
        node("leaky_relu", ["old"], "older", slope=0.0),
        node("add", ["scaled", "older"], "doubt"),
    ]
    inputs = {"latent": [4], "sex": [1], "age": [1]}
    draft.doubt = {"graph": {"inputs": inputs, "output": "doubt", "nodes": nodes}, "most": 0.3}
    return draft


def node(op: str, inputs: list[str], output: str, **attributes: Any) -> dict[str, Any]:
    return {"op": op, "inputs": inputs, "output": output, "tensors": {}, "attributes": attributes}


@pytest.fixture(scope="module")
def doubting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_true_golden(doubting_draft(), tmp_path_factory.mktemp("model") / "doubting.facegan")


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A model that doubts those whom `doubting` does not."""
    return with_true_golden(doubting_draft(-1.0), tmp_path / "others.facegan")


def people(count: int = 30) -> list[Any]:
    made = [plane(f"P{i:03}") for i in range(count)]
    select(made)
    return made


def populate(model: Path, **more: Any) -> None:
    operators.populate(model=str(model), **{"keep_apart": False, "age_minimum": 18, "age_maximum": 45, **more})


def drawn_again(crowd: list[Any], crowd_seed: int = 0) -> list[Any]:
    return [obj for obj in crowd if obj.facegan.seed != character_seed(crowd_seed, obj.facegan.key)]


def broken(crowd: list[Any]) -> list[Any]:
    return [obj for obj in crowd if read_face(obj).seed > WORST]


@pytest.fixture
def crowd(scene: bpy.types.Scene, doubting: Path) -> list[Any]:
    """Thirty, of whom some were drawn again."""
    made = people()
    populate(doubting)
    assert 5 < len(drawn_again(made)) < 20
    return made


def test_broken_faces_are_drawn_again(
    scene: bpy.types.Scene, doubting: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd = people()
    populate(doubting, whole_faces=False)
    would_be = len(broken(crowd))
    assert would_be > 5
    assert drawn_again(crowd) == []
    operators.remove()
    for obj in crowd:
        obj.facegan.settled_for = ""
    capfd.readouterr()
    populate(doubting)
    assert broken(crowd) == []
    assert len(drawn_again(crowd)) == would_be
    assert f"{would_be} faces drawn again that might have been broken" in capfd.readouterr().out
    assert not any(obj.facegan.seed_by_hand for obj in crowd)


def test_the_report_of_a_script_tells_whom_the_characters_have_become(scene: bpy.types.Scene, doubting: Path) -> None:
    crowd, chosen = people(), api.settings(model=doubting)
    report = api.populate(crowd, chosen)
    assert report.refused > 5
    assert [recipe.seed for recipe in report.recipes] == [obj.facegan.seed for obj in crowd]
    owner = instance_on(points("Seats", 30), plane("Flat"))
    report = api.populate_instances([owner], chosen)
    assert report.refused > 5
    assert [recipe.seed for recipe in report.recipes] == list(column(owner, "facegan_seed"))


def test_the_panels_switch_is_heeded(scene: Any, doubting: Path) -> None:
    crowd = people()
    scene.facegan.whole_faces = False
    populate(doubting)
    assert drawn_again(crowd) == []


def test_a_model_that_does_not_tell_draws_what_it_drew(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people()
    populate(model)
    assert drawn_again(crowd) == []
    assert broken(crowd)


def test_who_was_drawn_again_stays_the_same_person(crowd: list[Any], doubting: Path) -> None:
    before = {obj.name: recipe_of(obj) for obj in crowd}
    populate(doubting)
    assert {obj.name: recipe_of(obj) for obj in crowd} == before
    operators.remove()
    populate(doubting, whole_faces=False)
    assert {obj.name: recipe_of(obj) for obj in crowd} == before


def test_ageing_keeps_the_person_whatever_the_model_says(crowd: list[Any], doubting: Path) -> None:
    before = [obj.facegan.seed for obj in crowd]
    operators.age(model=str(doubting), years=40.0)
    assert [obj.facegan.seed for obj in crowd] == before
    assert min(obj.facegan.age for obj in crowd) > 55
    populate(doubting)
    assert [obj.facegan.seed for obj in crowd] == before


def test_one_crowd_seed_is_one_crowd_whoever_is_in_it(crowd: list[Any], doubting: Path) -> None:
    before = {obj.name: recipe_of(obj) for obj in crowd}
    for obj in crowd[::2]:
        data.objects.remove(obj)
    left = [data.objects[name] for name in before if name in data.objects]
    operators.remove()
    for obj in left:
        obj.facegan.settled_for = ""
    select(left[::-1])
    populate(doubting)
    assert {obj.name: recipe_of(obj) for obj in left} == {obj.name: before[obj.name] for obj in left}


def test_what_somebody_chose_is_never_refused(scene: bpy.types.Scene, doubting: Path, tmp_path: Path) -> None:
    crowd = people(8)
    populate(doubting, whole_faces=False)
    chosen = next(obj for obj in crowd if read_face(obj).seed > WORST)
    for obj in crowd:
        obj.facegan.seed = chosen.facegan.seed
    populate(doubting)
    assert len({obj.facegan.seed for obj in crowd}) == 1
    cast = tmp_path / "cast.csv"
    digest = model_digest(doubting)
    cast.write_text(f"name,sex,age,consent,model,latent\nP000,female,30,Anna 2026,{digest},2 0 0 0\n")
    api.import_cast(crowd[:1], cast, api.settings(model=doubting))
    assert read_face(crowd[0]).seed > 0.95
    populate(doubting)
    assert read_face(crowd[0]).seed > 0.95


def test_another_model_asks_about_everybody_it_draws(crowd: list[Any], others: Path) -> None:
    populate(others)
    assert all(read_face(obj).seed > 1 - WORST for obj in crowd)
    before = [recipe_of(obj) for obj in crowd]
    operators.remove()
    for obj in crowd:
        obj.facegan.settled_for = ""
    populate(others)
    assert [recipe_of(obj) for obj in crowd] == before


def test_a_crowd_of_a_model_that_did_not_tell_is_asked_about(
    scene: bpy.types.Scene, model: Path, doubting: Path
) -> None:
    crowd = people()
    populate(model, keep_apart=True, likeness=4.0)
    assert broken(crowd)
    populate(doubting)
    assert broken(crowd) == []


def test_a_re_rolled_face_is_whole(crowd: list[Any], doubting: Path) -> None:
    for _ in range(3):
        before = [obj.facegan.seed for obj in crowd]
        operators.reroll(model=str(doubting))
        assert all(obj.facegan.seed != seed for obj, seed in zip(crowd, before, strict=True))
        assert broken(crowd) == []


def test_faces_to_choose_from_are_whole(crowd: list[Any], doubting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    real = candidates.show_candidates
    monkeypatch.setattr(face_operators, "show_candidates", lambda *told: shown.append(real(*told)))
    context.view_layer.objects.active = crowd[0]
    operators.gallery(model=str(doubting))
    (sheet,) = shown
    pictures = [icons().picture(candidates.icon_key(sheet, seed)) for seed in sheet.seeds]
    assert all(picture is not None and picture[-3, -3, 2] / 255 <= WORST for picture in pictures)
    operators.take_face(model=str(doubting), seed=sheet.seeds[5])
    assert pictures[5] is not None
    assert read_face(crowd[0]).seed == pytest.approx(pictures[5][-3, -3, 2] / 255, abs=0.01)


def test_instances_are_whole_and_stay_who_they_are(scene: bpy.types.Scene, doubting: Path, model: Path) -> None:
    owner = instance_on(points("Seats", 30, who=list(range(30))), plane("Shown", (0, 50, 0)))
    select([owner])
    told = {"keep_apart": False, "id_source": "who", "age_minimum": 18, "age_maximum": 45}

    def seeds_and_numbers(used: Path, **more: Any) -> tuple[list[int], list[float]]:
        operators.populate_instances(model=str(used), **told, **more)
        faces = read_tiles(owner["facegan_pages"], column(owner, "facegan_tile"))
        return column(owner, "facegan_seed"), [face.seed for face in faces]

    plain, numbers = seeds_and_numbers(model)
    assert max(numbers) > WORST
    whole, numbers = seeds_and_numbers(doubting)
    assert max(numbers) <= WORST
    assert 5 < sum(a != b for a, b in zip(plain, whole, strict=True)) < 20
    assert seeds_and_numbers(doubting, whole_faces=False)[0] == whole
