"""Planes with pictures of people: the picture stays, and its head takes the face."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender.billboards.planes import (
    CHIN,
    WHOLE,
    close,
    laid,
    picture,
    plane_of,
    populate,
    sheet,
    shown,
)
from tests.blender.crowds import operators, plane, select
from tests.blender.pictures import front_view
from tools.portraits import Portrait


def test_the_picture_takes_the_face_when_it_is_baked(
    scene: bpy.types.Scene, model: Path, woman: Portrait, tmp_path: Path
) -> None:
    hers = plane_of(picture(woman.path), "Her")
    populate(model, hers)
    before, size = front_view(hers), tuple(picture_of(hers).size)
    content = Path(woman.path).read_bytes()
    operators.bake_textures(directory=str(tmp_path))
    baked = picture_of(hers)
    assert tuple(baked.size) == size
    assert Path(bpy.path.abspath(baked.filepath)).parent == tmp_path
    assert np.abs(front_view(hers) - before).mean() < 0.01
    assert Path(woman.path).read_bytes() == content
    operators.restore_live()
    assert picture_of(hers) != baked


def picture_of(obj: Any) -> Any:
    """The image that the artist's node, or the baked one in its place, shows."""
    nodes = obj.material_slots[0].material.node_tree.nodes
    (image,) = {node.image for node in nodes if node.bl_idname == "ShaderNodeTexImage"}
    return image


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
