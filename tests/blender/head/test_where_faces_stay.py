"""The face stays where it lies, whatever becomes of the character: caches, exports, instances, overrides, modifiers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bmesh
import bpy
import numpy as np
import pytest
from mathutils import Matrix
from numpy.typing import NDArray

from tests.blender.crowds import context, data, operators, select
from tests.blender.head.characters import character, coordinates, misplaced, rigged
from tests.blender.point_crowds import collection_instance, instance_on, points
from tests.core.head.people import Truth, truth

ops: Any = bpy.ops


class Seen(NamedTuple):
    """A mesh that is shown with a face: each corner's place in the world and its face coordinates, [C, 3]."""

    name: str
    world: NDArray[np.float64]
    values: NDArray[np.float32]
    matrix: NDArray[np.float64]


def shown() -> Iterator[Seen]:
    """Everything that the scene shows and that carries a face, instances too."""
    context.view_layer.update()
    graph: Any = context.evaluated_depsgraph_get()
    for instance in graph.object_instances:
        obj: Any = instance.object
        if obj.type != "MESH" or "facegan_face" not in obj.data.attributes:
            continue
        mesh, matrix = obj.data, np.array(instance.matrix_world)
        places, corners = np.empty(len(mesh.vertices) * 3, np.float32), np.empty(len(mesh.loops), np.int32)
        values = np.empty(len(mesh.loops) * 3, np.float32)
        mesh.vertices.foreach_get("co", places)
        mesh.loops.foreach_get("vertex_index", corners)
        mesh.attributes["facegan_face"].data.foreach_get("vector", values)
        world = places.reshape(-1, 3)[corners] @ matrix[:3, :3].T + matrix[:3, 3]
        yield Seen(obj.name, world, values.reshape(-1, 3), matrix)


def lies_on(seen: Seen, real: Truth) -> None:
    """The face that is seen is where it is held to be. real: in the world."""
    found = misplaced(seen.world, seen.values, real)
    assert found["eyes"] < 0.05, found
    assert found["mouth"] < 0.07, found
    assert found["middle"] < 0.02, found
    assert 0.9 < found["distance"] < 1.1, found


def populate(model: Path, *objects: Any) -> None:
    select(objects)
    operators.populate(model=str(model))


def test_an_alembic_cache_moves_the_face_with_the_head(scene: Any, model: Path, tmp_path: Path) -> None:
    somebody, rig = rigged()
    rig.pose.bones["mixamorig:Head"].rotation_mode = "XYZ"
    for frame, turn in ((1, 0.0), (5, 0.6)):
        rig.pose.bones["mixamorig:Head"].rotation_euler = (0, turn, 0)
        rig.pose.bones["mixamorig:Head"].keyframe_insert("rotation_euler", frame=frame)
    scene.frame_end = 5
    cache = tmp_path / "somebody.abc"
    select([somebody])
    ops.wm.alembic_export(filepath=str(cache), selected=True, start=1, end=5, flatten=True)
    somebody.modifiers.clear()
    somebody.parent = None
    ops.cachefile.open(filepath=str(cache))
    modifier = somebody.modifiers.new("Cache", "MESH_SEQUENCE_CACHE")
    modifier.cache_file = data.cache_files[0]
    context.view_layer.update()
    modifier.object_path = data.cache_files[0].object_paths[0].path
    scene.frame_set(1)
    populate(model, somebody)
    (rest,) = shown()
    lies_on(rest, truth("man"))
    scene.frame_set(5)
    (turned,) = shown()
    assert not np.allclose(turned.world, rest.world, atol=0.01)
    assert np.array_equal(turned.values, rest.values)


@pytest.mark.parametrize("ending", [".usdc", ".abc", ".glb", ".fbx"])
def test_what_is_written_and_read_again_carries_its_face_or_gets_it_anew(
    scene: Any, model: Path, tmp_path: Path, ending: str
) -> None:
    somebody, rig = rigged()
    somebody.data.uv_layers.new(name="Own")
    populate(model, somebody, rig)
    path = str(tmp_path / f"somebody{ending}")
    select([somebody, rig])
    write = {
        ".usdc": lambda: ops.wm.usd_export(filepath=path),
        ".abc": lambda: ops.wm.alembic_export(filepath=path, flatten=False),
        ".glb": lambda: ops.export_scene.gltf(filepath=path, export_format="GLB"),
        ".fbx": lambda: ops.export_scene.fbx(filepath=path),
    }
    read = {
        ".usdc": lambda: ops.wm.usd_import(filepath=path),
        ".abc": lambda: ops.wm.alembic_import(filepath=path),
        ".glb": lambda: ops.import_scene.gltf(filepath=path),
        ".fbx": lambda: ops.import_scene.fbx(filepath=path),
    }
    write[ending]()
    for obj in list(data.objects):
        data.objects.remove(obj)
    read[ending]()
    context.view_layer.update()
    populate(model, *(obj for obj in data.objects if obj.type == "MESH" and len(obj.data.polygons) > 500))
    (seen,) = shown()
    lies_on(seen, truth("man"))


def test_whole_characters_that_a_collection_instances_carry_the_face(scene: Any, model: Path) -> None:
    somebody, rig = rigged()
    owner = collection_instance("Standing", rig, (3, 0, 0))
    collection_instance("Standing", somebody, (3, 0, 0))
    other = data.objects.new("Turned", None)
    other.instance_type, other.instance_collection = "COLLECTION", owner.instance_collection
    other.matrix_world = Matrix.Translation((0, 4, 0)) @ Matrix.Rotation(2.0, 4, "Z")
    scene.collection.objects.link(other)
    select([owner, other])
    operators.populate_instances(model=str(model))
    assert list(owner["facegan_tile"]) != list(other["facegan_tile"])
    found = list(shown())
    assert len(found) >= 2
    for seen in found:
        straight = np.linalg.inv(seen.matrix)
        local = seen.world @ straight[:3, :3].T + straight[:3, 3]
        lies_on(seen._replace(world=local), truth("man"))


def test_whole_characters_that_points_instance_carry_the_face(scene: Any, model: Path) -> None:
    somebody, _ = rigged()
    owner = instance_on(points("Points", 3), somebody)
    select([owner])
    operators.populate_instances(model=str(model))
    tiles = {tuple(row.color) for row in owner.data.attributes["facegan_tile"].data}
    assert len(tiles) == 3
    found = [seen for seen in shown() if not np.allclose(seen.matrix[:3, 3], 0)]
    assert len(found) == 2
    for seen in found:
        lies_on(seen._replace(world=seen.world - seen.matrix[:3, 3]), truth("man"))


def test_an_override_of_a_linked_character_shows_the_face_that_its_mesh_carries(
    scene: Any, model: Path, tmp_path: Path
) -> None:
    somebody, rig = rigged()
    select([somebody, rig])
    operators.mark()
    library = tmp_path / "library.blend"
    ops.wm.save_as_mainfile(filepath=str(library))
    ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(library), link=True) as (theirs, ours):
        ours.objects = [name for name in theirs.objects if theirs.objects]
    made = [obj.override_create(remap_local_usages=True) for obj in ours.objects if obj.type in ("MESH", "ARMATURE")]
    for obj in made:
        context.scene.collection.objects.link(obj)
    head = next(obj for obj in made if obj.type == "MESH")
    populate(model, head)
    assert head.facegan.page is not None
    (seen,) = shown()
    lies_on(seen, truth("man"))


def halved(obj: Any) -> None:
    """Leaves the half of a mesh that a Mirror modifier completes."""
    half = bmesh.new()
    half.from_mesh(obj.data)
    bmesh.ops.delete(half, geom=[one for one in half.faces if one.calc_center_median().x < 0], context="FACES")
    half.to_mesh(obj.data)
    half.free()


@pytest.mark.parametrize("who", ["woman", "man"])
def test_a_mirror_modifier_shows_both_halves_of_one_face(scene: Any, model: Path, who: str) -> None:
    somebody = character(who)
    halved(somebody)
    somebody.modifiers.new("Mirror", "MIRROR")
    before = [modifier.name for modifier in somebody.modifiers]
    populate(model, somebody)
    (seen,) = shown()
    lies_on(seen, truth(who))
    operators.populate(model=str(model), crowd_seed=7)
    (seen,) = shown()
    lies_on(seen, truth(who))
    operators.remove()
    assert [modifier.name for modifier in somebody.modifiers] == before
    assert not [tree for tree in data.node_groups if tree.type == "GEOMETRY"]


def test_a_head_that_is_mirrored_twice_is_refused(scene: Any, model: Path) -> None:
    somebody = character("woman")
    halved(somebody)
    somebody.modifiers.new("Mirror", "MIRROR").use_axis = (True, True, False)
    select([somebody])
    with pytest.raises(RuntimeError, match=r"Somebody \(mirrored on several axes\): apply its Mirror modifier"):
        operators.populate(model=str(model))
    assert coordinates(somebody) is None


def test_modifiers_and_texture_spaces_do_not_move_the_face(scene: Any, model: Path) -> None:
    somebody = character("man")
    somebody.data.use_auto_texspace = False
    somebody.data.texspace_location, somebody.data.texspace_size = (4, 5, 6), (0.1, 9, 2)
    somebody.modifiers.new("Finer", "SUBSURF").levels = 1
    legs = somebody.vertex_groups.new(name="Legs")
    legs.add([vertex.index for vertex in somebody.data.vertices if vertex.co.z < 0], 1.0, "REPLACE")
    mask = somebody.modifiers.new("Hidden", "MASK")
    mask.vertex_group, mask.invert_vertex_group = "Legs", True
    populate(model, somebody)
    (seen,) = shown()
    assert len(seen.world) > 2 * len(somebody.data.loops)
    lies_on(seen, truth("man"))


def test_shape_keys_move_the_face_with_the_skin(scene: Any, model: Path) -> None:
    somebody = character("woman")
    somebody.shape_key_add(name="Basis")
    key = somebody.shape_key_add(name="Child")
    for index, vertex in enumerate(character("child", "Child").data.vertices):
        key.data[index].co = vertex.co
    data.objects.remove(data.objects["Child"])
    # From Blender 5.2 on new keys are switched on.
    key.value = 0.0
    populate(model, somebody)
    (before,) = shown()
    key.value = 1.0
    (after,) = shown()
    assert not np.allclose(before.world, after.world, atol=0.005)
    assert np.array_equal(before.values, after.values)
    assert coordinates(somebody) is not None


def test_a_linked_character_of_the_same_name_is_somebody_else(scene: Any, model: Path, tmp_path: Path) -> None:
    character("old", "Ada").location.x = 2
    ops.wm.save_as_mainfile(filepath=str(tmp_path / "cast.blend"))
    ops.wm.read_factory_settings(use_empty=True)
    ours = character("woman", "Ada")
    with data.libraries.load(str(tmp_path / "cast.blend"), link=True) as (_, linked):
        linked.objects = ["Ada"]
    context.scene.collection.objects.link(linked.objects[0])
    populate(model, ours)
    assert ours.facegan.page is not None
    (seen,) = shown()
    lies_on(seen, truth("woman"))
