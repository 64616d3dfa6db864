"""Populate lays the face on the face of characters, and takes it off again without a trace."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender.crowds import data, operators, select
from tests.blender.head.characters import character, coordinates, offsets, rigged
from tests.core.head.people import strands, truth


def populate(model: Path, *objects: Any, **options: Any) -> None:
    select(objects)
    operators.populate(model=str(model), **options)


def close(found: dict[str, float]) -> None:
    assert found["eyes"] < 0.05, found
    assert found["mouth"] < 0.07, found
    assert found["middle"] < 0.02, found
    assert 0.9 < found["distance"] < 1.1, found


@pytest.mark.parametrize("who", ["man", "woman", "child", "old"])
def test_the_face_lies_on_the_face(scene: bpy.types.Scene, model: Path, who: str) -> None:
    somebody = character(who)
    populate(model, somebody)
    close(offsets(somebody, truth(who)))


def test_a_mesh_that_is_y_up_under_a_turned_object_is_no_other(scene: bpy.types.Scene, model: Path) -> None:
    somebody = character("man")
    turn = Matrix.Rotation(np.pi / 2, 4, "X") @ Matrix.Scale(0.01, 4)
    somebody.data.transform(turn.inverted())
    somebody.matrix_world = turn
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, somebody)
    world = np.array([turn @ vertex.co for vertex in somebody.data.vertices])
    close(offsets(somebody, truth("man"), world))


def test_the_face_turns_with_the_head(scene: bpy.types.Scene, model: Path) -> None:
    somebody, rig = rigged()
    populate(model, somebody)
    before = coordinates(somebody)
    close(offsets(somebody, truth("man")))
    rig.pose.bones["mixamorig:Head"].rotation_mode = "XYZ"
    rig.pose.bones["mixamorig:Head"].rotation_euler = (0.87, 1.57, 0)
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    posed = somebody.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    after = np.empty(len(posed.loops) * 3, np.float32)
    posed.attributes["facegan_face"].data.foreach_get("vector", after)
    assert np.array_equal(after.reshape(-1, 3), before)


def test_a_head_that_is_turned_when_it_is_populated_is_found_in_its_rest_pose(
    scene: bpy.types.Scene, model: Path
) -> None:
    somebody, rig = rigged()
    rig.pose.bones["mixamorig:Head"].rotation_mode = "XYZ"
    rig.pose.bones["mixamorig:Head"].rotation_euler = (0, 1.2, 0)
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, somebody)
    close(offsets(somebody, truth("man")))


def test_shape_keys_are_what_the_person_looks_like(scene: bpy.types.Scene, model: Path) -> None:
    somebody = character("woman")
    somebody.shape_key_add(name="Basis")
    key = somebody.shape_key_add(name="Child")
    child = character("child", "Child")
    for index, vertex in enumerate(child.data.vertices):
        key.data[index].co = vertex.co
    key.value = 1.0
    populate(model, somebody)
    places = np.array([vertex.co for vertex in child.data.vertices])
    close(offsets(somebody, truth("child"), places))


def test_a_mirrored_half_is_a_whole_head(scene: bpy.types.Scene, model: Path) -> None:
    import bmesh

    somebody = character("woman")
    half = bmesh.new()
    half.from_mesh(somebody.data)
    bmesh.ops.delete(half, geom=[one for one in half.faces if one.calc_center_median().x < 0], context="FACES")
    half.to_mesh(somebody.data)
    half.free()
    somebody.modifiers.new("Mirror", "MIRROR")
    populate(model, somebody)
    values = coordinates(somebody)
    assert values is not None
    world = np.array([vertex.co for vertex in somebody.data.vertices])
    corner = np.array([loop.vertex_index for loop in somebody.data.loops])
    real = truth("woman")
    away = world[corner][:, (0, 2)] - real.left_eye[[0, 2]]
    near = (np.hypot(*away.T) < 0.02) & (values[:, 2] > 0) & (world[corner][:, 1] < real.left_eye[1] + 0.01)
    basis = np.column_stack((away[near], np.ones(near.sum())))
    fit = np.linalg.lstsq(basis, values[near, :2], rcond=None)[0][2]
    assert fit == pytest.approx(np.array((0.5, 0.0)), abs=0.06)


def parts() -> list[Any]:
    """A woman's head with hair, glasses and a hat of their own, under one empty."""
    head = character("woman", "Woman Head", eyes=True)
    root = data.objects.new("Woman", None)
    bpy.context.scene.collection.objects.link(root)  # type: ignore[union-attr]
    real = truth("woman")
    others = []
    for name, height in (("Hair", 0.12), ("Glasses", 0.0)):
        bpy.ops.mesh.primitive_cube_add(size=0.1, location=(0, real.left_eye[1] + 0.08, real.left_eye[2] + height))
        made: Any = bpy.context.object
        made.name = name
        made.data.materials.append(data.materials.new(name))
        others.append(made)
    for obj in (head, *others):
        obj.parent = root
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    return [head, *others]


def test_a_person_of_several_meshes_is_one_character_whose_skin_alone_shows_it(
    scene: bpy.types.Scene, model: Path
) -> None:
    head, hair, glasses = parts()
    populate(model, head, hair, glasses)
    assert [obj.name for obj in data.objects if obj.facegan.is_character] == ["Woman Head"]
    assert [slot.material.name for slot in (*hair.material_slots, *glasses.material_slots)] == ["Hair", "Glasses"]
    assert head.material_slots[1].material.name == "Iris"
    assert list(hair["facegan_skin"]) == list(head["facegan_skin"])


@pytest.mark.parametrize(("width", "name"), [(0.06, "Human_long01"), (0.012, "Human_x7")])
def test_hair_without_a_material_does_not_take_the_face_that_it_hangs_before(
    scene: bpy.types.Scene, model: Path, width: float, name: str
) -> None:
    head, *_ = parts()
    shape = strands(width, name).surface
    mesh = data.meshes.new(name)
    mesh.from_pydata(shape.vertices.tolist(), [], shape.corners.reshape(-1, 4).tolist())
    hair = data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(hair)  # type: ignore[union-attr]
    hair.parent = head.parent
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, head, hair)
    assert hair.facegan.page is None
    close(offsets(head, truth("woman")))


WORN = ("Hair", "Eyebrows", "Eyelashes", "Eye.L", "Eye.R", "Teeth", "Glasses", "Hat", "Jacket")


def test_ten_people_of_ten_meshes_are_ten_characters(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    """Each in the middle of a crowd that stands shoulder to shoulder, and whichever mesh was selected."""
    real, bodies, everything = truth("man"), [], []
    for number in range(10):
        body, rig = rigged(f"P{number}")
        rig.location = (0.6 * (number % 5), 0.6 * (number // 5), 0.0)
        bodies.append(body)
        everything.append(body)
        for index, name in enumerate(WORN):
            worn = data.objects.new(f"P{number} {name}", data.meshes.get(name) or small_box(name))
            bpy.context.scene.collection.objects.link(worn)  # type: ignore[union-attr]
            worn.parent = rig
            worn.location = (0.02 * index - 0.08, real.left_eye[1] + 0.05, real.left_eye[2] + 0.02 * index)
            everything.append(worn)
    assert len(everything) == 100
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, *everything)
    assert "10 characters" in capfd.readouterr().out
    assert [obj.name for obj in everything if obj.facegan.is_character] == [body.name for body in bodies]
    assert len({body.facegan.seed for body in bodies}) == 10
    for worn in set(everything) - set(bodies):
        assert [slot.material.name for slot in worn.material_slots] == [worn.data.name]


def small_box(name: str) -> Any:
    """A mesh of five centimetres with a material of its name."""
    bpy.ops.mesh.primitive_cube_add(size=0.05)
    box: Any = bpy.context.object
    mesh = box.data
    mesh.name = name
    mesh.materials.append(data.materials.new(name))
    data.objects.remove(box)
    return mesh


def test_any_mesh_of_a_person_may_be_chosen(scene: bpy.types.Scene, model: Path) -> None:
    head, hair, _ = parts()
    populate(model, hair)
    assert head.facegan.page is not None
    select([hair])
    head.select_set(True)
    operators.remove()
    assert head.facegan.page is None


def test_the_rig_stands_for_its_person(scene: bpy.types.Scene, model: Path) -> None:
    obj, rig = rigged()
    populate(model, rig)
    assert obj.facegan.page is not None
    assert [one.name for one in data.objects if one.facegan.is_character] == [obj.name]


def test_an_empty_stands_for_the_person_below_it(scene: bpy.types.Scene, model: Path) -> None:
    head, *_ = parts()
    populate(model, head.parent)
    assert [obj.name for obj in data.objects if obj.facegan.is_character] == ["Woman Head"]


def test_what_hangs_on_a_rig_stands_for_its_person(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    """As glTF's importer leaves it: an Empty at the end of every bone that nothing is bound to."""
    obj, rig = rigged()
    ends = [data.objects.new(name, None) for name in ("Foot.L_end", "Head_end")]
    for end, above in zip(ends, (rig, ends[0]), strict=True):
        end.parent = above
        scene.collection.objects.link(end)
    populate(model, *ends)
    assert obj.facegan.page is not None
    assert "Skipped" not in capfd.readouterr().out


def test_levels_of_detail_show_one_face(scene: bpy.types.Scene, model: Path) -> None:
    fine, coarse = character("woman", "Woman_LOD0"), character("woman", "Woman_LOD1")
    coarse.location.x = 1
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, fine, coarse)
    assert list(fine["facegan_tile"]) == list(coarse["facegan_tile"])
    assert fine.material_slots[0].material == coarse.material_slots[0].material
    assert sum(obj.facegan.is_character for obj in data.objects) == 1
    select([fine, coarse])
    operators.remove()
    assert [obj.material_slots[0].material.name for obj in (fine, coarse)] == ["Skin", "Skin"]
    assert coordinates(coarse) is None


def test_duplicates_share_what_their_mesh_carries(scene: bpy.types.Scene, model: Path) -> None:
    first = character("woman", "First")
    other = data.objects.new("Other", first.data)
    scene.collection.objects.link(other)
    other.location.x = 2
    populate(model, first, other)
    assert first.facegan.seed != other.facegan.seed
    close(offsets(other, truth("woman")))
    select([first])
    operators.remove()
    assert coordinates(other) is not None


def state(mesh: Any) -> Any:
    return (
        sorted((one.name, one.domain, one.data_type) for one in mesh.attributes),
        [layer.name for layer in mesh.uv_layers],
        sorted(mesh.keys()),
        np.array([vertex.co for vertex in mesh.vertices]).tobytes(),
        [material.name for material in mesh.materials],
    )


def test_removing_leaves_the_mesh_as_it_was(scene: bpy.types.Scene, model: Path) -> None:
    somebody = character("woman")
    somebody.data.uv_layers.new(name="Own")
    before = state(somebody.data)
    populate(model, somebody)
    assert state(somebody.data) != before
    operators.remove()
    assert state(somebody.data) == before


def box(name: str, *scales: float) -> Any:
    bpy.ops.mesh.primitive_cube_add(size=1)
    made: Any = bpy.context.object
    made.name, made.scale = name, scales
    return made


def test_what_has_no_face_is_refused_by_name_and_left_alone(scene: bpy.types.Scene, model: Path) -> None:
    cube, woman = box("Cube", 1, 1, 1.4), character("woman")
    cube.location.x = 3
    before = state(cube.data)
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, cube, woman)
    assert woman.facegan.page is not None
    assert cube.facegan.page is None
    assert state(cube.data) == before
    select([cube])
    with pytest.raises(RuntimeError, match=r"Cube \(a head of too few vertices\)|Cube \(with"):
        operators.populate(model=str(model))


def test_a_face_that_is_marked_by_hand_lies_there(scene: bpy.types.Scene, model: Path) -> None:
    cube = box("Cube", 1, 1, 1)
    bpy.context.view_layer.objects.active = cube  # type: ignore[union-attr]
    operators.mark_face(
        left_eye=(-0.2, -0.5, 0.2), right_eye=(0.2, -0.5, 0.2), mouth=(0, -0.5, -0.2), chin=(0, -0.5, -0.45)
    )
    populate(model, cube)
    values = coordinates(cube)
    front = np.array([cube.data.vertices[loop.vertex_index].co.y < 0 for loop in cube.data.loops])
    assert values[front, 2].max() > 0.9
    marked = list(cube.data["facegan_landmarks"])
    operators.remove()
    assert list(cube.data["facegan_landmarks"]) == marked
    operators.unmark_face()
    assert "facegan_landmarks" not in cube.data


def test_a_face_is_moved_by_hand_after_it_is_there(scene: bpy.types.Scene, model: Path) -> None:
    woman = character("woman")
    populate(model, woman)
    before = coordinates(woman)
    bpy.context.view_layer.objects.active = woman  # type: ignore[union-attr]
    real = truth("woman")
    lower = np.array((0, 0, -0.01))
    operators.mark_face(
        left_eye=real.right_eye + lower,
        right_eye=real.left_eye + lower,
        mouth=real.mouth + lower,
        chin=real.chin + lower,
    )
    after = coordinates(woman)
    shown = (before[:, 2] > 0.5) & (after[:, 2] > 0.5)
    assert (after[shown, 1] - before[shown, 1]).mean() > 0.05


@pytest.mark.parametrize(
    "points",
    [
        {"left_eye": (0, -0.5, 0), "right_eye": (0, -0.5, 0), "mouth": (0, -0.5, 0), "chin": (0, -0.5, 0)},
        {"left_eye": (-0.2, -0.5, 0), "right_eye": (0.2, -0.5, 0), "mouth": (0, -0.5, 0.3), "chin": (0, -0.5, -0.4)},
    ],
)
def test_a_marked_face_that_cannot_be_is_refused(scene: bpy.types.Scene, points: dict[str, Any]) -> None:
    cube = box("Cube", 1, 1, 1)
    bpy.context.view_layer.objects.active = cube  # type: ignore[union-attr]
    with pytest.raises(RuntimeError, match="Cube"):
        operators.mark_face(**points)
    assert "facegan_landmarks" not in cube.data


def test_a_face_on_two_materials_is_whole_and_both_are_given_back(scene: bpy.types.Scene, model: Path) -> None:
    woman = character("woman")
    woman.data.materials.append(data.materials.new("Jaw"))
    for polygon in woman.data.polygons:
        polygon.material_index = int(polygon.center.z < truth("woman").mouth[2])
    populate(model, woman)
    assert [slot.material.name for slot in woman.material_slots] == ["Skin Faces", "Jaw Faces"]
    populate(model, woman, crowd_seed=5)
    assert [slot.material.name for slot in woman.material_slots] == ["Skin Faces", "Jaw Faces"]
    operators.remove()
    assert [(slot.material.name, slot.link) for slot in woman.material_slots] == [("Skin", "DATA"), ("Jaw", "DATA")]
