"""Planes with pictures of people: the picture stays, and its head takes the face."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

import blender_facegan
from tests.blender.billboards.planes import WHOLE, laid, picture, plane_of
from tests.blender.crowds import data, operators, plane, select
from tests.blender.pictures import front_view
from tests.blender.point_crowds import column, instance_on, points
from tools.portraits import Portrait, take

CHIN = 1.752


@pytest.fixture(scope="session")
def woman(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "woman.png", "woman_average", cut="bob")


@pytest.fixture(scope="session")
def man(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "man.png", "man_heavy", "shirt", "combed")


@pytest.fixture(scope="session")
def side(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "side.png", "man_slim", cut="crop", turn=90.0, size=(512, 640))


@pytest.fixture(scope="session")
def back(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    return take(tmp_path_factory.mktemp("pictures") / "back.png", "man_average", cut="crop", turn=180.0)


@pytest.fixture
def blender(woman: Portrait, man: Portrait, back: Portrait, side: Portrait) -> Iterator[None]:
    """The pictures are taken in files of their own, before the test's."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    blender_facegan.register()
    yield
    blender_facegan.unregister()
    bpy.ops.wm.read_factory_settings(use_empty=True)


def populate(model: Path, *objects: Any, **options: Any) -> None:
    select(objects)
    bpy.context.view_layer.objects.active = objects[0]  # type: ignore[union-attr]
    operators.populate(model=str(model), **options)


def close(obj: Any, portrait: Portrait, eyes: float = 0.05, mouth: float = 0.08) -> None:
    """Whether the face lies on the face: offsets as shares of eye to chin."""
    left, right, lips, _ = laid(obj, portrait.points)
    assert abs(left - (-0.5, 0)).max() / CHIN < eyes, left
    assert abs(right - (0.5, 0)).max() / CHIN < eyes, right
    assert abs(lips - (0, -1.066)).max() / CHIN < mouth, lips


def shown(obj: Any) -> Any:
    (node,) = (
        one
        for one in obj.material_slots[0].material.node_tree.nodes
        if one.bl_idname == "ShaderNodeGroup" and one.node_tree.get("facegan_projection")
    )
    return node


def test_the_face_lies_on_the_head_in_the_picture(
    scene: bpy.types.Scene, model: Path, woman: Portrait, man: Portrait
) -> None:
    hers, his = plane_of(picture(woman.path), "Her"), plane_of(picture(man.path), "Him")
    populate(model, hers, his)
    close(hers, woman)
    close(his, man)
    assert hers.facegan.page is not None
    assert hers.material_slots[0].material.facegan.role == "PICTURE"


@pytest.mark.parametrize("shader", ["PRINCIPLED", "EMISSION", "MIX"])
@pytest.mark.parametrize("clear", [True, False])
def test_nothing_but_the_face_changes(
    scene: bpy.types.Scene, model: Path, woman: Portrait, shader: str, clear: bool
) -> None:
    obj = plane_of(picture(woman.path), shader=shader, clear=clear, width=0.4, height=1.0, low=-0.5)
    before = front_view(obj, 320)
    populate(model, obj)
    after = front_view(obj, 320)
    assert np.array_equal(after[..., 3], before[..., 3]), "what is clear stays clear"
    changed = np.abs(after - before).max(axis=2) > 0
    assert changed.any()
    place = np.argwhere(changed) / 320
    head = woman.points * (0.4, 1.0) + (0.3, 0.0)
    tall = head[3, 1] - head[0, 1]
    eyes = head[:2].mean(axis=0)
    assert (np.abs(place[:, 1] - eyes[0]) < 0.8 * tall).all()
    assert (place[:, 0] > eyes[1] - 0.75 * tall).all()
    assert (place[:, 0] < head[3, 1] + 0.1 * tall).all()


def test_the_face_keeps_its_proportion_on_any_plane(scene: bpy.types.Scene, model: Path, woman: Portrait) -> None:
    """A square plane that its object makes tall, cut into many, gets what a plain tall one gets."""
    obj = plane_of(picture(woman.path), width=1.0, height=1.0, cuts=7)
    obj.scale = (0.4, 1.0, 1.0)
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, obj)
    close(obj, woman)
    across, up = (laid(obj, np.array([(0.0, 0.0), place])) for place in ((1.0, 0.0), (0.0, 1.0)))
    wide, high = np.linalg.norm(across[1] - across[0]), np.linalg.norm(up[1] - up[0])
    assert wide / high == pytest.approx(0.4, rel=1e-3)


@pytest.mark.parametrize(
    "turn",
    [
        Matrix.Rotation(np.radians(70), 4, "Z"),
        Matrix.Rotation(np.pi / 2, 4, "X") @ Matrix.Scale(0.01, 4),
        Matrix.Scale(-1, 4, (1, 0, 0)),
        Matrix.Rotation(np.pi, 4, "Z"),
    ],
    ids=["turned", "Y-up", "mirrored", "from behind"],
)
def test_how_the_object_stands_does_not_matter(
    scene: bpy.types.Scene, model: Path, woman: Portrait, turn: Matrix
) -> None:
    obj = plane_of(picture(woman.path))
    if turn.to_scale()[0] < 0.1:
        # Modelled Y-up and small, and set upright by its object.
        obj.data.transform(turn.inverted())
    obj.matrix_world = turn if turn.to_scale()[0] < 0.1 else turn @ obj.matrix_world
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    populate(model, obj)
    left, right, lips, _ = laid(obj, woman.points)
    if left[0] > 0:
        left, right, lips = (one * (-1, 1) for one in (left, right, lips))
    assert abs(left - (-0.5, 0)).max() / CHIN < 0.05
    assert abs(right - (0.5, 0)).max() / CHIN < 0.05
    assert abs(lips - (0, -1.066)).max() / CHIN < 0.08


@pytest.mark.parametrize("uv", [(WHOLE[1], WHOLE[0], WHOLE[3], WHOLE[2])], ids=["mirrored"])
def test_a_mirrored_uv_map_shows_the_face_upright(
    scene: bpy.types.Scene, model: Path, woman: Portrait, uv: Any
) -> None:
    obj = plane_of(picture(woman.path), uv=uv)
    populate(model, obj)
    seen = Portrait(woman.path, (woman.points * (-1, 1) + (1, 0))[[1, 0, 2, 3]], woman.aspect)
    close(obj, seen)


def sheet(portraits: list[Portrait], turned: bool = False) -> Any:
    """A sheet of pictures side by side; turned: each lies on its side in it."""
    found = []
    for portrait in portraits:
        image = picture(portrait.path)
        width, height = image.size
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
        one = pixels.reshape(height, width, 4)
        found.append(np.rot90(one) if turned else one)
        data.images.remove(image)
    pixels = np.concatenate(found, axis=0 if turned else 1)
    made = data.images.new("Sheet", pixels.shape[1], pixels.shape[0], alpha=True)
    made.pixels.foreach_set(np.ascontiguousarray(pixels).ravel())
    made.pack()
    return made


def test_each_plane_shows_its_part_of_a_sheet(
    scene: bpy.types.Scene, model: Path, woman: Portrait, man: Portrait
) -> None:
    image = sheet([woman, man])
    planes = [plane_of(image, f"Part {i}", uv=[(x / 2 + i / 2, y) for x, y in WHOLE]) for i in range(2)]
    populate(model, *planes)
    for obj, portrait in zip(planes, (woman, man), strict=True):
        close(obj, portrait)


def test_a_part_that_lies_on_its_side_in_the_sheet_is_upright_on_its_plane(
    scene: bpy.types.Scene, model: Path, woman: Portrait, man: Portrait
) -> None:
    image = sheet([woman, man], turned=True)
    # Rows go up: the first picture is below; turned against the clock, its left side is down.
    corners = [(0.0, 0.0), (0.0, 0.5), (1.0, 0.5), (1.0, 0.0)]
    for flip in (False, True):
        uv = [(1 - u, v) for u, v in corners] if flip else corners
        obj = plane_of(image, f"Part {flip}", uv=uv)
        select([obj])
        try:
            operators.populate(model=str(model))
        except RuntimeError:
            continue
        left, *_ = laid(obj, woman.points)
        if abs(left[1]) < 0.2:
            close(obj, woman)
            return
    pytest.fail("neither way up was seen")


@pytest.fixture
def tree(tmp_path: Path) -> Any:
    """A picture of a tree: a trunk, and leaves in many greens."""
    random = np.random.default_rng(2)
    pixels = np.zeros((320, 200, 4), np.float32)
    down, across = np.mgrid[:320, :200]
    pixels[(np.abs(across - 100) < 12) & (down < 150)] = (0.35, 0.22, 0.12, 1)
    for _ in range(900):
        x, y = random.normal(100, 38), random.normal(220, 42)
        leaf = np.hypot(across - x, down - y) < random.uniform(3, 8)
        pixels[leaf] = (0.1 + 0.15 * random.random(), 0.3 + 0.35 * random.random(), 0.08, 1)
    image = data.images.new("Tree", 200, 320, alpha=True)
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image


def refused(model: Path, *objects: Any) -> str:
    """What Populate says of objects none of which can get a face."""
    select(objects)
    with pytest.raises(RuntimeError) as told:
        operators.populate(model=str(model))
    return str(told.value)


def state(obj: Any) -> Any:
    mesh = obj.data
    return (
        sorted((one.name, one.domain, one.data_type) for one in mesh.attributes),
        [tuple(tuple(loop.uv) for loop in layer.data) for layer in mesh.uv_layers],
        sorted(mesh.keys()),
        sorted(filter(lambda key: key.startswith("facegan_"), obj.keys())),
        np.array([vertex.co for vertex in mesh.vertices]).tobytes(),
        [(slot.link, slot.material and slot.material.name) for slot in obj.material_slots],
    )


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


@pytest.mark.parametrize("kept", ["PACKED", "FILE", "GENERATED"])
def test_removing_leaves_all_as_it_was(scene: bpy.types.Scene, model: Path, woman: Portrait, kept: str) -> None:
    image = sheet([woman]) if kept == "GENERATED" else picture(woman.path)
    if kept == "PACKED":
        image.pack()
    obj = plane_of(image)
    before, view = state(obj), front_view(obj)
    populate(model, obj)
    assert state(obj) != before
    operators.remove()
    assert state(obj) == before
    assert np.array_equal(front_view(obj), view)
    assert not [one for one in data.node_groups if one.get("facegan_projection")]


def test_a_file_shows_its_faces_without_the_add_on(
    scene: bpy.types.Scene, model: Path, woman: Portrait, tmp_path: Path
) -> None:
    obj = plane_of(picture(woman.path), shader="EMISSION", width=0.4, height=1.0, low=-0.5)
    populate(model, obj)
    view = front_view(obj, 96)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    blender_facegan.unregister()
    try:
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
        np.testing.assert_allclose(front_view(data.objects["Somebody"], 96), view, atol=0.01)
    finally:
        blender_facegan.register()


def test_populating_again_gives_the_same_face_at_the_same_place(
    scene: bpy.types.Scene, model: Path, woman: Portrait
) -> None:
    obj = plane_of(picture(woman.path))
    populate(model, obj)
    before, seed = laid(obj, woman.points), obj.facegan.seed
    operators.remove()
    populate(model, obj)
    assert obj.facegan.seed == seed
    np.testing.assert_allclose(laid(obj, woman.points), before, atol=1e-5)
    populate(model, obj, crowd_seed=5)
    np.testing.assert_allclose(laid(obj, woman.points), before, atol=1e-3)


def test_another_picture_on_the_same_mesh_is_looked_at_anew(
    scene: bpy.types.Scene, model: Path, woman: Portrait, man: Portrait
) -> None:
    obj = plane_of(picture(woman.path))
    populate(model, obj)
    operators.remove()
    next(node for node in obj.data.materials[0].node_tree.nodes if hasattr(node, "image")).image = picture(man.path)
    populate(model, obj)
    close(obj, man)


@pytest.mark.parametrize(("width", "height"), [(0.5, 1.0), (1.0, 0.5)])
def test_a_plane_without_a_picture_shows_a_face_in_proportion(
    scene: bpy.types.Scene, model: Path, width: float, height: float
) -> None:
    obj = plane("Flat")
    for vertex in obj.data.vertices:
        vertex.co.x *= width
        vertex.co.z *= height
    populate(model, obj, shading="EMISSION", outline="FULL")
    rows, columns = np.nonzero(front_view(obj)[..., 3] > 0.5)
    assert np.ptp(rows) + 1 == pytest.approx(32, abs=1)
    assert np.ptp(columns) + 1 == pytest.approx(32, abs=1)


def test_a_face_on_a_picture_takes_the_skin_of_the_picture(
    scene: bpy.types.Scene, model: Path, woman: Portrait
) -> None:
    obj = plane_of(picture(woman.path), shader="EMISSION", width=0.4, height=1.0, low=-0.5)
    before = front_view(obj, 320)
    populate(model, obj)
    places = ((woman.points * (0.4, 1.0) + (0.3, 0.0)) * 320).astype(int)
    forehead = (places[0] + places[1]) // 2 - (0, 3)
    wanted, found = before[forehead[1], forehead[0], :3], front_view(obj, 320)[forehead[1], forehead[0], :3]
    assert list(obj["facegan_picture_skin"]) == pytest.approx(list(wanted), rel=0.35)
    matched = np.abs(found - wanted).sum()
    shown(obj).inputs["Match"].default_value = 0.0
    assert matched < np.abs(front_view(obj, 320)[forehead[1], forehead[0], :3] - wanted).sum()


def test_a_plain_background_keeps_every_pixel(scene: bpy.types.Scene, model: Path, woman: Portrait) -> None:
    image = sheet([woman])
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    one = pixels.reshape(-1, 4)
    one[:, :3] = one[:, :3] * one[:, 3:] + np.array((0.2, 0.5, 0.8)) * (1 - one[:, 3:])
    one[:, 3] = 1.0
    image.pixels.foreach_set(one.ravel())
    obj = plane_of(image, shader="EMISSION", clear=False, width=0.4, height=1.0, low=-0.5)
    # Turned by hand to one side, so that the face's edge lies over the background.
    aside = woman.points + np.array((0.06, 0.0))
    bpy.context.view_layer.objects.active = obj  # type: ignore[union-attr]
    operators.mark_face(**{
        name: (float(x - 0.5) * 0.4, 0.0, 0.5 - float(y))
        for name, (x, y) in zip(("left_eye", "right_eye", "mouth", "chin"), aside, strict=True)
    })  # fmt: skip
    before = front_view(obj, 320)
    populate(model, obj)
    background = np.abs(before[..., :3] - before[2, 160, :3]).max(axis=2) < 0.002
    assert background.sum() > 5000
    changed = np.abs(front_view(obj, 320) - before).max(axis=2) > 0
    assert changed.any()
    assert not (changed & background)[:, : 160 + 8].any()
    assert shown(obj).inputs["Background Range"].default_value > 0


@pytest.mark.parametrize("shader", ["PRINCIPLED", "SHADELESS", "EMISSION"])
def test_images_that_were_imported_as_planes_keep_their_pictures(
    scene: bpy.types.Scene, model: Path, woman: Portrait, shader: str
) -> None:
    """What Blender's own import makes: the face stands in whatever the picture's color feeds."""
    images: Any = bpy.ops.image
    images.import_as_mesh_planes(
        files=[{"name": woman.path.name}], directory=str(woman.path.parent), shader=shader, align_axis="-Y"
    )
    obj: Any = bpy.context.object
    populate(model, obj)
    close(obj, woman)
    tree = obj.material_slots[0].material.node_tree
    color = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeTexImage").outputs["Color"]
    assert [link.to_node for link in color.links] == [shown(obj)]


def test_instances_of_a_billboard_show_a_face_each(scene: bpy.types.Scene, model: Path, woman: Portrait) -> None:
    obj = plane_of(picture(woman.path), "Prototype", shader="EMISSION", width=0.4, height=1.0, low=-0.5)
    crowd = instance_on(points("Points", 2), obj)
    select([crowd])
    operators.populate_instances(model=str(model))
    close(obj, woman)
    assert len(set(column(crowd, "facegan_tile"))) == 2
    assert obj.material_slots[0].material.facegan.role == "PICTURE"
    operators.remove_instances()
    assert obj.data.attributes.get("facegan_face") is None
    assert obj.get("facegan_picture_skin") is None
    assert obj.material_slots[0].material.name == "Picture"


def test_one_undo_takes_the_face_off_the_picture(scene: bpy.types.Scene, model: Path, woman: Portrait) -> None:
    obj = plane_of(picture(woman.path))
    select([obj])
    edit: Any = bpy.ops.ed
    edit.undo_push(message="Before")
    before = state(obj)
    operators.populate("EXEC_DEFAULT", True, model=str(model))
    populated = state(data.objects["Somebody"])
    assert populated != before
    edit.undo()
    assert state(data.objects["Somebody"]) == before
    edit.redo()
    assert state(data.objects["Somebody"]) == populated


def test_a_face_that_is_marked_again_moves_on_all_planes_of_the_mesh(
    scene: bpy.types.Scene, model: Path, woman: Portrait
) -> None:
    obj = plane_of(picture(woman.path))
    populate(model, obj)
    lower = woman.points + np.array((0, 0.05))
    bpy.context.view_layer.objects.active = obj  # type: ignore[union-attr]
    operators.mark_face(**{
        name: (float(x - 0.5) * 0.7, 0.0, float(1 - y) * 1.75)
        for name, (x, y) in zip(("left_eye", "right_eye", "mouth", "chin"), lower, strict=True)
    })  # fmt: skip
    close(obj, Portrait(woman.path, lower, woman.aspect), eyes=0.03)
    operators.remove()
    assert obj.data["facegan_by_hand"]
    operators.unmark_face()
    populate(model, obj)
    close(obj, woman)


@pytest.mark.parametrize("how", ["bake_textures", "bake"])
def test_a_face_on_a_picture_is_baked_as_it_is_shown_and_brought_back(
    scene: bpy.types.Scene, model: Path, woman: Portrait, tmp_path: Path, how: str
) -> None:
    """Into the artist's own picture, or onto a mesh of the character's own."""
    obj = plane_of(picture(woman.path), shader="EMISSION", width=0.4, height=1.0, low=-0.5)
    populate(model, obj)
    live, before = front_view(obj, 96), state(obj)
    options = {"use_baked": True, "size": 512} if how == "bake" else {}
    getattr(operators, how)(directory=str(tmp_path), **options)
    baked = front_view(obj, 96)
    assert np.abs(baked - live).mean() < 0.02
    assert np.abs(baked[..., 3] - live[..., 3]).mean() < 0.02
    operators.restore_live()
    assert state(obj) == before
