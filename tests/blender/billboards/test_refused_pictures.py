"""Pictures that no face can be laid on are left out by name, and nothing of their planes is changed."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.billboards.planes import (
    close,
    picture,
    plane_of,
    populate,
    refused,
    sheet,
    state,
)
from tests.blender.crowds import data, operators
from tools.portraits import Portrait


def test_a_picture_without_a_head_is_refused_and_left_alone(scene: bpy.types.Scene, model: Path, tree: Any) -> None:
    obj = plane_of(tree, "Oak")
    before = state(obj)
    assert "Oak" in refused(model, obj)
    assert state(obj) == before


@pytest.mark.parametrize("seen", ["back", "side"])
def test_somebody_from_behind_or_from_the_side_is_refused_by_name(
    scene: bpy.types.Scene, model: Path, back: Portrait, side: Portrait, seen: str
) -> None:
    obj = plane_of(picture((back if seen == "back" else side).path), "Passer-by")
    before = state(obj)
    told = refused(model, obj)
    assert "Passer-by" in told
    assert any(why in told for why in ("from behind", "from the side", "without a human face"))
    assert state(obj) == before


def test_two_people_in_one_picture_are_refused_until_one_is_marked(
    scene: bpy.types.Scene, model: Path, woman: Portrait, man: Portrait
) -> None:
    obj = plane_of(sheet([woman, man]), "Pair", width=1.4)
    assert "several people" in refused(model, obj)
    bpy.context.view_layer.objects.active = obj  # type: ignore[union-attr]
    marks = {
        name: (float(x) * 0.7 - 0.7, 0.0, (1 - float(y)) * 1.75)
        for name, (x, y) in zip(("left_eye", "right_eye", "mouth", "chin"), woman.points, strict=True)
    }
    operators.mark_face(**marks)
    populate(model, obj)
    close(obj, Portrait(woman.path, woman.points * (0.5, 1), 0.8), eyes=0.03)


def test_a_picture_whose_file_is_missing_is_refused_by_name(
    scene: bpy.types.Scene, model: Path, woman: Portrait, tmp_path: Path
) -> None:
    image = picture(woman.path)
    obj = plane_of(image, "Lost")
    image.filepath = str(tmp_path / "nowhere.png")
    image.reload()
    told = refused(model, obj)
    assert "Lost" in told
    assert "nowhere.png" in told


@pytest.mark.parametrize("source", ["SEQUENCE", "MOVIE"])
def test_a_picture_that_moves_is_refused_by_name(
    scene: bpy.types.Scene, model: Path, woman: Portrait, source: str
) -> None:
    image = picture(woman.path)
    obj = plane_of(image, "Film")
    image.source = source
    assert "moves" in refused(model, obj)


def test_planes_that_share_a_mesh_show_one_picture_or_are_told_apart(
    scene: bpy.types.Scene, model: Path, woman: Portrait, man: Portrait
) -> None:
    first = plane_of(picture(woman.path), "First")
    second, third = (data.objects.new(name, first.data) for name in ("Second", "Third"))
    for obj in (second, third):
        scene.collection.objects.link(obj)
    third.material_slots[0].link = "OBJECT"
    third.material_slots[0].material = plane_of(picture(man.path), "Other").data.materials[0]
    populate(model, first, second, third)
    close(second, woman)
    assert first.facegan.seed != second.facegan.seed
    assert third.facegan.page is None


def test_another_picture_on_the_same_mesh_is_looked_at_anew(
    scene: bpy.types.Scene, model: Path, woman: Portrait, man: Portrait
) -> None:
    obj = plane_of(picture(woman.path))
    populate(model, obj)
    operators.remove()
    next(node for node in obj.data.materials[0].node_tree.nodes if hasattr(node, "image")).image = picture(man.path)
    populate(model, obj)
    close(obj, man)
