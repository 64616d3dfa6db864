"""What cannot get a face is refused in one clear line by its name, and nothing of it is changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender.crowds import context, data, operators, select
from tests.blender.head.characters import character, coordinates, misplaced, rigged
from tests.blender.head.test_nothing_is_left import everything
from tests.core.head.people import truth

ops: Any = bpy.ops


def joined(name: str, *objects: Any) -> Any:
    """One mesh of several."""
    select(objects)
    context.view_layer.objects.active = objects[0]
    ops.object.join()
    objects[0].name = name
    return objects[0]


def two_heads() -> Any:
    first, second = character("woman", "First"), character("old", "Second")
    for obj, angle in ((first, 0.2), (second, -0.2)):
        low = min(vertex.co.z for vertex in obj.data.vertices)
        obj.data.transform(
            Matrix.Translation((0, 0, low)) @ Matrix.Rotation(angle, 4, "Y") @ Matrix.Translation((0, 0, -low))
        )
        obj.data.transform(Matrix.Translation((angle * 0.6, 0, 0)))
    return joined("Chimera", first, second)


def several() -> Any:
    crowd = [character("woman", f"Woman {number}") for number in range(4)]
    for number, obj in enumerate(crowd):
        obj.location.x = number * 0.8
    context.view_layer.update()
    return joined("Chorus", *crowd)


def eight_vertices() -> Any:
    ops.mesh.primitive_cube_add(size=0.3)
    context.object.name = "Block"
    return context.object


def face_down() -> Any:
    obj = character("woman", "Sleeper")
    obj.data.transform(Matrix.Rotation(np.pi / 2, 4, "X"))
    return obj


def beast() -> Any:
    parts = []
    for size, place in (
        ((0.3, 1.0, 0.35), (0, 0.2, 0.7)),
        ((0.16, 0.4, 0.18), (0, -0.55, 1.0)),
        *(((0.08, 0.08, 0.6), (x, y, 0.3)) for x in (-0.12, 0.12) for y in (-0.2, 0.6)),
    ):
        ops.mesh.primitive_uv_sphere_add(radius=0.5, location=place, scale=size)
        ops.object.transform_apply()
        parts.append(context.object)
    return joined("Beast", *parts)


def line() -> Any:
    mesh = data.meshes.new("Line")
    mesh.from_pydata([(0, 0, z / 50) for z in range(90)], [], [(z, z + 1, z + 2) for z in range(0, 88, 2)])
    obj = data.objects.new("Line", mesh)
    context.scene.collection.objects.link(obj)
    return obj


def mask() -> Any:
    ops.mesh.primitive_uv_sphere_add(radius=0.2)
    context.object.name = "Iron Mask"
    return context.object


BAD: list[tuple[Callable[[], Any], str]] = [
    (two_heads, r"Chimera \(with two heads\): separate them|Chimera \(several persons in one mesh\)"),
    (several, r"Chorus \(several persons in one mesh\): separate them"),
    (eight_vertices, r"Block \(a head of too few vertices\): subdivide it|Block \(without a head"),
    (face_down, r"Sleeper \(with the face to the floor\): turn it upright"),
    (beast, r"Beast \((an animal|without a)"),
    (line, r"Line \(without a surface\): choose meshes with polygons that have an area"),
    (mask, r"Iron Mask \(a hat or a mask without a head\): choose the head"),
]


@pytest.mark.parametrize(("make", "line"), BAD, ids=[make.__name__ for make, _ in BAD])
def test_it_is_refused_in_one_line_and_unchanged(scene: Any, model: Path, make: Callable[[], Any], line: str) -> None:
    obj = make()
    context.view_layer.update()
    before = everything()
    select([obj])
    with pytest.raises(RuntimeError, match=line) as caught:
        operators.populate(model=str(model))
    assert len(str(caught.value).strip().splitlines()) == 1
    assert everything() == before


def test_the_others_get_theirs_and_it_is_named(scene: Any, model: Path, capfd: Any) -> None:
    bad, woman = several(), character("woman", "Ada")
    woman.location.x = -3
    context.view_layer.update()
    before = everything()["meshes"][bad.data.name]
    select([bad, woman])
    operators.populate(model=str(model))
    assert woman.facegan.page is not None
    assert everything()["meshes"][bad.data.name] == before
    assert "Chorus (several persons in one mesh" in capfd.readouterr().out


@pytest.mark.parametrize("away", [False, True])
def test_an_armature_that_moves_nothing_does_not_mislead(scene: Any, model: Path, away: bool) -> None:
    man, rig = rigged("Statue")
    man.vertex_groups.clear()
    if away:
        rig.data.transform(Matrix.Translation((5, 0, 0)))
    context.view_layer.update()
    before = everything()
    select([man])
    if away:
        with pytest.raises(RuntimeError, match=r"Statue \(without a head that can be told\): mark its face by hand"):
            operators.populate(model=str(model))
        assert everything() == before
        return
    operators.populate(model=str(model))
    places = np.array([vertex.co for vertex in man.data.vertices])
    corner = np.array([loop.vertex_index for loop in man.data.loops])
    found = misplaced(places[corner], coordinates(man), truth("man"))
    assert found["eyes"] < 0.05


def test_a_linked_mesh_that_carries_nothing_is_refused_with_the_way_out(
    scene: Any, model: Path, tmp_path: Path
) -> None:
    character("woman", "Ada")
    ops.wm.save_as_mainfile(filepath=str(tmp_path / "cast.blend"))
    ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(tmp_path / "cast.blend"), link=True) as (theirs, ours):
        ours.meshes = list(theirs.meshes)
    obj = data.objects.new("Guest", ours.meshes[0])
    context.scene.collection.objects.link(obj)
    select([obj])
    before = everything()
    with pytest.raises(RuntimeError, match=r"Guest \(a linked mesh that carries no face\): open its library"):
        operators.populate(model=str(model))
    assert everything() == before
