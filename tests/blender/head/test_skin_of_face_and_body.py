"""Face and body have one skin: the face's, or the body's."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import context, operators, select, skin_material
from tests.blender.head.characters import character, coordinates
from tests.blender.head.pictures import lit, look_at
from tests.blender.head.test_only_skin_changes import painted
from tests.core.head.people import truth

SKIN = (0.6, 0.35, 0.24)


def colored(material: Any, color: tuple[float, float, float]) -> None:
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*color, 1)


def cheek_and_chest(man: Any) -> tuple[Any, Any]:
    """The colours of a cheek and of the chest, linear RGB."""
    real = truth("man")
    look_at((0, 0, float(real.chin[2])), 0.8)
    seen = lit()
    chin = float(real.chin[2])
    cheek, chest = (int(48 - (height - chin) / 0.8 * 96) for height in (float(real.mouth[2]) + 0.02, chin - 0.3))
    return seen[cheek, int(48 + 0.035 / 0.8 * 96), :3], seen[chest, 48, :3]


def tone(color: Any) -> Any:
    return color / color.sum()


@pytest.mark.parametrize("texture", [False, True])
def test_the_face_takes_the_skin_of_the_body(scene: Any, model: Path, texture: bool) -> None:
    man = character("man")
    if texture:
        painted(man, [(9.0, SKIN)])
    else:
        man.data.materials[0] = skin_material("Own")
        colored(man.data.materials[0], SKIN)
    _, before = cheek_and_chest(man)
    select([man])
    operators.populate(model=str(model), skin_from="BODY")
    cheek, chest = cheek_and_chest(man)
    assert np.array_equal(chest, before)
    assert tone(cheek) == pytest.approx(tone(chest), abs=0.03)
    operators.populate(model=str(model), skin_from="FACE")
    other, chest = cheek_and_chest(man)
    assert np.abs(tone(other) - tone(cheek)).max() > 0.04
    assert tone(other) == pytest.approx(tone(chest), abs=0.03)
    assert coordinates(man) is not None
    operators.remove()
    assert np.array_equal(cheek_and_chest(man)[1], before)


def test_a_body_of_its_own_keeps_its_skin_when_the_face_takes_it(scene: Any, model: Path) -> None:
    woman = character("woman", "Woman")
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.05, location=(0.3, 0, 0.5))
    arms: Any = context.object
    arms.parent = woman
    context.view_layer.update()
    select([woman])
    operators.populate(model=str(model))
    assert list(arms["facegan_skin"]) == list(woman["facegan_skin"])
    operators.populate(model=str(model), skin_from="BODY")
    assert "facegan_skin" not in arms
    operators.populate(model=str(model), skin_from="FACE")
    assert list(arms["facegan_skin"]) == list(woman["facegan_skin"])
