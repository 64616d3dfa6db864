"""Where a face lies on its surface: outlines, and the node group's inputs, measured in rendered pictures."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import context, data, head, operators, plane, read_face, select
from tests.blender.materials.test_materials import emit, populated
from tests.blender.pictures import front_view, to_srgb


def shown(obj: Any) -> Any:
    """The node that shows the face."""
    (node,) = (
        node
        for node in obj.material_slots[0].material.node_tree.nodes
        if node.bl_idname == "ShaderNodeGroup" and node.node_tree.get("facegan_projection")
    )
    return node


def quarters(picture: Any) -> list[float]:
    """Brightness of the upper left, upper right, lower left and lower right of the middle."""
    return [float(picture[y, x, :3].sum()) for y, x in ((26, 26), (26, 38), (38, 26), (38, 38))]


def darkest(picture: Any) -> int:
    """Which of the quarters is the dark one of `telling_model`'s pictures."""
    found = quarters(picture)
    dark = int(np.argmin(found))
    assert found[dark] < 0.9 * min(value for i, value in enumerate(found) if i != dark)
    return dark


@pytest.fixture
def flat(scene: bpy.types.Scene, model: Path) -> Any:
    """A billboard that shines with the whole of its picture."""
    obj = plane("Flat")
    populated(model, obj, shading="EMISSION", outline="FULL")
    return obj


def test_a_soft_edge_keeps_the_corners_that_an_oval_cuts_off(scene: bpy.types.Scene, model: Path) -> None:
    obj = plane("Flat")
    populated(model, obj)
    oval = front_view(obj)[..., 3]
    operators.populate(model=str(model), outline="SOFT")
    soft = front_view(obj)[..., 3]
    assert soft[32, 32] > 0.98
    assert soft[9, 9] > 0.5 > 0.1 > oval[9, 9]
    assert soft[32, 0] < 0.05
    assert soft[0, 32] < 0.05


def test_a_billboard_can_be_mirrored(flat: Any) -> None:
    assert darkest(front_view(flat)) == 0
    shown(flat).inputs["Flip"].default_value = 1
    assert darkest(front_view(flat)) == 1


def test_a_billboards_face_can_be_scaled_and_moved(flat: Any) -> None:
    node = shown(flat)
    node.inputs["Scale"].default_value = 0.5
    alpha = front_view(flat)[..., 3]
    assert alpha[32, 32] > 0.98
    assert alpha[32, 12] < 0.02
    node.inputs["Offset X"].default_value = 0.25
    node.inputs["Offset Y"].default_value = 0.25
    alpha = front_view(flat)[..., 3]
    rows, columns = np.nonzero(alpha > 0.5)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((0, 31, 32, 63), abs=1)


def test_a_face_can_be_turned(flat: Any) -> None:
    shown(flat).inputs["Rotation"].default_value = np.pi / 2
    assert darkest(front_view(flat)) == 2, "a positive angle turns against the clock"


@pytest.mark.parametrize("places", [[(9.0, -4.0)] * 4, [(0.5, 0.5)] * 4, [(1, 1), (0, 1), (0, 0), (1, 0)]])
def test_a_billboards_uvs_do_not_matter(scene: bpy.types.Scene, model: Path, places: list[Any]) -> None:
    plain, mapped = plane("Plain"), plane("Mapped", (3, 0, 0))
    layer = mapped.data.uv_layers.new(name="Any")
    for loop, place in enumerate(places):
        layer.data[loop].uv = place
    mapped.facegan.seed = plain.facegan.seed = 4
    mapped.facegan.sex = plain.facegan.sex = "FEMALE"
    mapped.facegan.age = plain.facegan.age = 40
    populated(model, plain, mapped, shading="EMISSION")
    assert np.abs(front_view(mapped) - front_view(plain)).mean() < 0.002


def test_a_heads_face_can_be_placed(scene: bpy.types.Scene, model: Path) -> None:
    bust = head("Bust")
    emit(bust.data.materials[0])
    populated(model, bust)
    skin, node = list(bust["facegan_skin"]), shown(bust)
    node.inputs["Scale"].default_value = 0.25
    small = front_view(bust)
    assert list(small[32, 4, :3]) == pytest.approx(skin, abs=0.02)
    node.inputs["Scale"].default_value = 1.0
    node.inputs["Offset Y"].default_value = 2.0
    away = front_view(bust)
    assert list(away[32, 32, :3]) == pytest.approx(skin, abs=0.02)
    node.inputs["Skin"].default_value = 0.0
    assert list(front_view(bust)[32, 32, :3]) == pytest.approx([0.1, 0.7, 0.3], abs=0.02)


def test_a_group_that_the_artist_has_placed_shows_the_face(scene: bpy.types.Scene, model: Path) -> None:
    """Mixed into a material by hand, it is not inserted a second time, and its links and values stay."""
    from blender_facegan.scene.materials.face_nodes import face_group

    bust = head("Bust")
    material = bust.data.materials[0]
    emit(material)
    tree = material.node_tree
    node, mix = tree.nodes.new("ShaderNodeGroup"), tree.nodes.new("ShaderNodeGamma")
    node.node_tree = face_group("FRONT", None)
    node.inputs["Softness"].default_value = 0.7
    tree.links.new(node.outputs["Color"], mix.inputs["Color"])
    tree.links.new(mix.outputs["Color"], tree.nodes["Emission"].inputs["Color"])
    populated(model, bust)
    assert shown(bust).inputs["Softness"].default_value == pytest.approx(0.7)
    told = read_face(bust)
    assert to_srgb(front_view(bust)[38, 34, :3]) == pytest.approx([told.sex, told.age / 90, told.seed], abs=0.05)
    operators.remove()
    assert bust.material_slots[0].material == material
    assert node.node_tree.get("facegan_projection") == "FRONT:"


def test_a_billboards_own_material_is_kept_where_it_holds_the_group(scene: bpy.types.Scene, model: Path) -> None:
    from blender_facegan.scene.materials.face_nodes import face_group
    from blender_facegan.scene.materials.materials import billboard_material

    mine = billboard_material(face_group("PLANE", None), "EMISSION", "FULL")
    mine.name = "Mine"
    obj = plane("Flat")
    obj.data.materials.append(mine)
    assert front_view(obj)[..., 3].max() < 0.02, "without a face there is nothing to see"
    populated(model, obj)
    assert obj.material_slots[0].material.facegan.original == mine
    assert front_view(obj)[..., 3].min() > 0.98
    operators.remove()
    assert obj.material_slots[0].material == mine


def test_duplicates_of_either_kind_show_their_originals_face(scene: Any, model: Path) -> None:
    bust, flat = head("Bust"), plane("Flat", (4, 0, 0))
    populated(model, bust, flat)
    for obj in (bust, flat):
        before = front_view(obj)
        for linked in (False, True):
            select([obj])
            context.view_layer.objects.active = obj
            bpy.ops.object.duplicate(linked=linked)
            twin = context.selected_objects[0]
            assert (twin.data == obj.data) == linked
            twin.location.z += 20 if linked else 10
            assert np.abs(front_view(twin) - before).mean() < 0.002, "the soft edge is dithered"


@pytest.mark.parametrize("link", [False, True])
def test_a_crowd_from_another_file_shows_its_faces(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, link: bool
) -> None:
    crowd = [head("Bust"), plane("Flat", (4, 0, 0))]
    collection = data.collections.new("Crowd")
    context.scene.collection.children.link(collection)
    for obj in crowd:
        collection.objects.link(obj)
    populated(model, *crowd)
    before = {obj.name: front_view(obj) for obj in crowd}
    assert not np.allclose(before["Bust"], before["Flat"], atol=0.05)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(tmp_path / "crowd.blend"), link=link) as (_, wanted):
        wanted.collections = ["Crowd"]
    (brought,) = (found for found in data.collections if found.name == "Crowd")
    context.scene.collection.children.link(brought)
    for name, picture in before.items():
        assert np.abs(front_view(data.objects[name]) - picture).mean() < 0.002


def test_a_collection_instance_shows_the_faces(scene: Any, model: Path) -> None:
    bust = head("Bust")
    emit(bust.data.materials[0])
    populated(model, bust)
    before = front_view(bust)
    collection = data.collections.new("Crowd")
    collection.objects.link(bust)
    empty = data.objects.new("Instance", None)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", collection, (6, 0, 0)
    scene.collection.objects.link(empty)
    np.testing.assert_allclose(front_view(empty), before, atol=0.01)
