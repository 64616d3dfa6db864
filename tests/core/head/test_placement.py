"""What is written for each corner: the face on the skin of the front, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from blender_facegan.core.head.finding import Face, find_face
from blender_facegan.core.head.landmarks import MOUTH
from blender_facegan.core.head.person import Part, Person
from blender_facegan.core.head.placement import Placement, place
from tests.core.head.people import made, person, strands, truth


def laid(who: str, eyes: bool) -> tuple[Part, Face, Placement]:
    somebody = person(who, eyes=eyes)
    face = find_face(somebody)
    assert isinstance(face, Face)
    return somebody.parts[0], face, place(somebody.parts[0], face.frame, face.landmarks, eyes)


@pytest.mark.parametrize("who", ["man", "woman", "child", "old"])
def test_the_face_lies_on_the_face(who: str) -> None:
    part, _, found = laid(who, eyes=False)
    world = part.world[part.surface.corners]
    real = truth(who)
    tall = (real.left_eye + real.right_eye)[2] / 2 - real.chin[2]
    for point, expected in ((real.left_eye, (0.5, 0.0)), (real.right_eye, (-0.5, 0.0)), (real.mouth, (0.0, MOUTH))):
        away = world[:, (0, 2)] - point[[0, 2]]
        near = (world[:, 1] < point[1] + 0.01) & (np.hypot(*away.T) < 0.2 * tall) & (found.values[:, 2] > 0)
        fit = np.linalg.lstsq(np.column_stack((away[near], np.ones(near.sum()))), found.values[near, :2], rcond=None)[0]
        assert fit[2] == pytest.approx(np.array(expected), abs=0.09)


def test_the_back_the_body_and_the_hands_show_none_of_it() -> None:
    part, face, found = laid("man", eyes=False)
    inside = face.frame.inside(part.world[part.surface.corners])
    shown = found.values[:, 2] > 0
    unit = face.landmarks.eye_distance
    assert np.linalg.norm(inside[shown] - face.landmarks.eyes, axis=1).max() < 2.7 * unit
    assert inside[shown, 2].min() > face.landmarks.eyes[2] - 2.2 * unit
    assert 0.01 < shown.mean() < 0.4


def test_eyeballs_keep_their_pixels_by_material_and_by_shape() -> None:
    part, face, found = laid("woman", eyes=True)
    of_eye = np.repeat(part.surface.materials == 1, part.surface.sizes)
    assert found.values[of_eye, 2].max() == 0
    assert found.slots == (0,)
    nameless = replace(part, materials=("", ""))
    again = place(nameless, face.frame, face.landmarks, lids=True)
    assert again.values[of_eye, 2].max() == 0


def test_where_eyeballs_are_seen_painted_eyes_give_way_to_lids() -> None:
    part, face, with_lids = laid("woman", eyes=True)
    without = place(part, face.frame, face.landmarks, lids=False)
    bare = place(person("woman").parts[0], face.frame, face.landmarks, lids=False)
    near = np.hypot(np.abs(bare.values[:, 0]) - 0.5, bare.values[:, 1]) < 0.1
    assert bare.values[near, 2].max() > 0.5
    near = np.hypot(np.abs(with_lids.values[:, 0]) - 0.5, with_lids.values[:, 1]) < 0.1
    assert with_lids.values[near, 2].max() == 0
    assert without.values.shape == with_lids.values.shape


def test_the_mesh_is_measured_in_its_rest_shape_alone() -> None:
    """The same mesh under another matrix gets the same coordinates: they are the mesh's own."""
    _, _, one = laid("woman", eyes=False)
    matrix = np.diag([0.01, 0.01, 0.01, 1.0])
    matrix[:3, 3] = (4, 5, 6)
    somebody = person("woman", matrix)
    face = find_face(somebody)
    assert isinstance(face, Face)
    other = place(somebody.parts[0], face.frame, face.landmarks, lids=False)
    shown = one.values[:, 2] > 0
    assert np.abs(one.values - other.values)[shown].max() < 0.02


def test_a_person_of_one_part_needs_no_materials() -> None:
    lone = person("woman")
    bare = Person("Bare", [replace(lone.parts[0], materials=())])
    face = find_face(bare)
    assert isinstance(face, Face)
    assert place(bare.parts[0], face.frame, face.landmarks, lids=False).slots == (0,)


def test_what_is_called_skin_has_the_face_alone_where_it_has_all_of_it() -> None:
    head, real = person("woman").parts[0], truth("woman")
    heights = head.surface.vertices[head.surface.corners.reshape(-1, 4)][:, :, 2].mean(axis=1)
    above = heights > real.left_eye[2] + 0.02
    for name, shown in (("Forehead", True), ("Skin", False)):
        shape = replace(head.surface, materials=above.astype(np.int32))
        part = replace(head, surface=shape, materials=(name, "Yellow"))
        found = find_face(Person("Woman", [part]))
        assert isinstance(found, Face)
        placed = place(part, found.frame, found.landmarks, False)
        on_top = placed.values[np.repeat(above, 4), 2]
        assert (on_top > 0.5).any() == shown
        assert placed.slots[0] == 0


def test_hair_of_the_same_mesh_does_not_move_the_face_on_the_skin() -> None:
    head, hair = person("woman").parts[0], strands(0.06, "Hair")
    first = len(head.surface.vertices)
    both = made(
        np.concatenate((head.surface.vertices, hair.surface.vertices)),
        np.concatenate((head.surface.corners, hair.surface.corners + first)).reshape(-1, 4),
        np.concatenate((np.zeros(len(head.surface.sizes)), np.ones(len(hair.surface.sizes)))).astype(np.int32),
    )
    face = find_face(Person("Woman", [head]))
    assert isinstance(face, Face)
    alone = place(replace(head, materials=("Skin",)), face.frame, face.landmarks, False)
    joined = place(replace(head, surface=both, materials=("Skin", "Hair")), face.frame, face.landmarks, False)
    assert np.array_equal(joined.values[: len(alone.values), :2], alone.values[:, :2])
    assert (joined.values[len(alone.values) :, 2] == 0).all()


def test_a_visor_shows_a_face_only_where_the_artist_has_marked_it() -> None:
    part, face, _ = laid("woman", eyes=False)
    surface, real = part.surface, truth("woman")
    middles = np.add.reduceat(surface.vertices[surface.corners], surface.starts) / surface.sizes[:, None]
    before = (middles[:, 1] < real.left_eye[1] + 0.03) & (middles[:, 2] > real.chin[2])
    helmet = replace(
        part,
        surface=replace(surface, materials=np.where(before, 1, 0).astype(np.int32)),
        materials=("Skin", "Visor"),
    )
    found = place(helmet, face.frame, face.landmarks, lids=False)
    marked = place(helmet, face.frame, face.landmarks, lids=False, by_hand=True)
    on_visor = np.repeat(before, surface.sizes)
    assert found.values[on_visor, 2].max() == 0
    assert marked.values[on_visor, 2].max() == 1
    assert marked.slots[0] == 1
