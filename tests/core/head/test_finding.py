"""The face of a person is found, whatever its mesh is, and a mesh without one is refused by what is the matter."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.head.covering import Covered
from blender_facegan.core.head.finding import Face, Refusal, find_face
from blender_facegan.core.head.person import Bone, Part, Person
from tests.core.head.people import HEADS, Truth, made, person, rig, strands, surface, truth, turned


def errors(face: Face | Refusal | Covered, expected: Truth) -> dict[str, float]:
    """Off in shares of eye to chin: eyes, mouth, middle; and the eye distance as a ratio."""
    assert isinstance(face, Face), face
    points = face.frame.inside(np.stack(expected))
    eyes = points[:2][np.argsort(points[:2, 0])]
    tall = eyes[:, 1].mean() - points[3, 1]
    found = face.landmarks
    return {
        "eyes": abs(found.eyes[1] - eyes[:, 1].mean()) / tall,
        "mouth": abs(found.mouth[1] - points[2, 1]) / tall,
        "middle": abs(found.eyes[0] - eyes[:, 0].mean()) / tall,
        "distance": found.eye_distance / (eyes[1, 0] - eyes[0, 0]),
    }


def close(face: Face | Refusal | Covered, expected: Truth) -> None:
    off = errors(face, expected)
    assert off["eyes"] < 0.05, off
    assert off["mouth"] < 0.07, off
    assert off["middle"] < 0.02, off
    assert 0.9 < off["distance"] < 1.1, off


def scaled(factor: float) -> NDArray[np.float64]:
    return np.diag([factor, factor, factor, 1.0])


def mirrored() -> NDArray[np.float64]:
    return np.diag([-1.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize("who", ["man", *HEADS])
@pytest.mark.parametrize("eyes", [False, True])
def test_eyes_mouth_and_middle_are_where_they_are(who: str, eyes: bool) -> None:
    close(find_face(person(who, eyes=eyes)), truth(who))


def test_with_bones_the_head_is_found_from_them() -> None:
    close(find_face(person("man", bones=True)), truth("man"))


def test_folded_hands_do_not_turn_the_head() -> None:
    someone = person("man", bones=True)
    hips = np.array(someone.bones[0].head)
    crossed = []
    for finger in ("Thumb", "Index", "Middle", "Ring", "Pinky"):
        for joint in (1, 2, 3):
            for side, way in (("Left", -1.0), ("Right", 1.0)):
                at = hips + np.array([0.015 * way, -0.2 + 0.03 * way, 0.1 + 0.01 * joint])
                crossed.append(Bone(f"mixamorig:{side}Hand{finger}{joint}", "", at, at + np.array([0, -0.02, 0])))
    close(find_face(replace(someone, bones=[*someone.bones, *crossed])), truth("man"))


@pytest.mark.parametrize("degrees", [37, 90, 180, -120])
def test_a_rig_that_is_turned_is_seen_from_its_front(degrees: float) -> None:
    matrix = turned("Z", degrees)
    close(find_face(person("man", matrix, bones=True)), truth("man").moved(matrix))


@pytest.mark.parametrize("degrees", [90, 180])
def test_without_bones_the_side_with_the_face_is_the_front(degrees: float) -> None:
    matrix = turned("Z", degrees)
    close(find_face(person("woman", matrix)), truth("woman").moved(matrix))


@pytest.mark.parametrize(
    "matrix",
    [scaled(0.01), scaled(100), mirrored(), turned("Z", 90) @ mirrored()],
    ids=["cm", "giant", "mirror", "both"],
)
@pytest.mark.parametrize("bones", [False, True])
def test_size_and_mirroring_do_not_matter(matrix: NDArray[np.float64], bones: bool) -> None:
    close(find_face(person("man", matrix, bones=bones)), truth("man").moved(matrix))


def test_someone_lying_with_bones_is_found() -> None:
    matrix = turned("X", -90)
    close(find_face(person("man", matrix, bones=True)), truth("man").moved(matrix))


def test_a_face_to_the_floor_is_refused() -> None:
    matrix = turned("X", 90)
    assert find_face(person("man", matrix, bones=True)) is Refusal.FACE_DOWN


def several(*offsets: tuple[float, float, float]) -> Person:
    """One mesh with the woman's head at each place."""
    one = surface("woman", eyes=False)
    count = len(one.vertices)
    vertices = np.concatenate([one.vertices + offset for offset in offsets])
    quads = one.corners.reshape(-1, 4)
    polygons = np.concatenate([quads + count * index for index in range(len(offsets))])
    return Person("Crowd", [Part("Crowd", made(vertices, polygons), np.eye(4))])


def test_several_persons_in_one_mesh_are_refused() -> None:
    assert find_face(several((0, 0, 0), (1.5, 0, 0))) is Refusal.SEVERAL


def test_two_heads_on_one_body_are_refused() -> None:
    assert find_face(several((0, 0, 0), (0.32, 0, 0))) is Refusal.TWO_HEADS


def test_two_head_bones_are_two_heads() -> None:
    lone = person("man", bones=True)
    other = turned("Z", 0)
    other[0, 3] = 0.6
    both = [*lone.bones, *(bone for bone in rig(other) if bone.name.endswith("Head"))]
    assert find_face(Person("Twins", lone.parts, both)) is Refusal.TWO_HEADS


def box(size: tuple[float, float, float]) -> Part:
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * np.array(size) / 2
    sides = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)], np.int32)
    return Part("Box", made(corners, sides), np.eye(4))


def test_a_head_of_eight_vertices_is_too_coarse() -> None:
    assert find_face(Person("Cube", [box((1, 1, 1.4))])) is Refusal.TOO_COARSE


def test_a_mesh_without_an_area_is_refused() -> None:
    assert find_face(Person("Line", [box((0, 0, 1))])) is Refusal.NO_SURFACE
    empty = made(np.zeros((0, 3)), np.zeros((0, 4), np.int32))
    assert find_face(Person("Nothing", [Part("Nothing", empty, np.eye(4))])) is Refusal.NO_SURFACE


def test_a_body_without_its_head_has_none() -> None:
    whole = person("man", bones=True)
    part = whole.parts[0]
    quads = part.surface.corners.reshape(-1, 4)
    below = part.surface.vertices[quads][:, :, 2].max(axis=1) < truth("man").chin[2] - 0.07
    headless = Part("Body", made(part.surface.vertices, quads[below]), np.eye(4))
    assert isinstance(find_face(Person("Body", [headless], whole.bones)), Refusal)


def test_a_ball_has_no_face() -> None:
    across, up = np.meshgrid(np.linspace(0, 2 * np.pi, 33)[:-1], np.linspace(-1.5, 1.5, 17))
    points = np.stack((np.cos(up) * np.sin(across), np.cos(up) * np.cos(across), np.sin(up)), axis=-1).reshape(-1, 3)
    index = np.arange(len(points)).reshape(17, 32)
    around = np.roll(index, -1, 1)
    quads = np.stack((index[:-1], around[:-1], around[1:], index[1:]), -1).reshape(-1, 4).astype(np.int32)
    assert find_face(Person("Ball", [Part("Ball", made(points, quads), np.eye(4))])) is Refusal.NO_FACE


def test_hair_and_glasses_in_front_do_not_carry_the_face() -> None:
    lone = person("woman")
    low, high = truth("woman").chin, truth("woman").left_eye
    pane = box((0.2, 0.005, 0.05))
    glasses = Part("Glasses", pane.surface, turned("X", 0), ("Frame",))
    glasses.to_world[:3, 3] = (0, high[1] - 0.06, high[2])
    fringe = Part("Hair", pane.surface, turned("X", 0), ("Hair",))
    fringe.to_world[:3, 3] = (0, high[1] - 0.05, high[2] + 0.03)
    found = find_face(Person("Woman", [glasses, fringe, *lone.parts]))
    close(found, truth("woman"))
    assert isinstance(found, Face)
    assert found.part == 2
    assert low[2] < high[2]


def test_a_visor_before_the_whole_face_hides_it_and_a_cap_does_not() -> None:
    lone, real = person("woman"), truth("woman")
    plate = box((0.2, 0.01, 0.25)).surface
    visor = Part("Visor", plate, turned("X", 0))
    visor.to_world[:3, 3] = (0, real.left_eye[1] - 0.08, real.left_eye[2] - 0.04)
    assert find_face(Person("Knight", [visor, *lone.parts])) == Covered("Visor")
    cap = Part("Cap", plate, turned("X", 0))
    cap.to_world[:3, 3] = (0, real.left_eye[1] - 0.08, real.left_eye[2] + 0.17)
    close(find_face(Person("Player", [cap, *lone.parts])), real)


def test_strands_that_no_name_tells_do_not_carry_the_face_behind_them() -> None:
    found = find_face(Person("Woman", [strands(0.012, "Woman_x7"), *person("woman").parts]))
    close(found, truth("woman"))
    assert isinstance(found, Face)
    assert found.part == 1


def test_a_curtain_that_no_name_tells_is_refused_for_what_it_hides() -> None:
    hair = strands(0.06, "Woman_x7")
    assert find_face(Person("Woman", [hair, *person("woman").parts])) == Covered("Woman_x7")


def test_a_curtain_that_is_called_hair_lets_the_face_through() -> None:
    found = find_face(Person("Woman", [strands(0.06, "Woman_long01"), *person("woman").parts]))
    close(found, truth("woman"))
    assert isinstance(found, Face)
    assert found.part == 1


def of_materials(*parts: Part) -> Part:
    """One part of several, each with its material's name in a slot of its own."""
    points, corners, slots, first = [], [], [], 0
    for index, part in enumerate(parts):
        points.append(part.world)
        corners.append(part.surface.corners.reshape(-1, 4) + first)
        slots.append(np.full(len(corners[-1]), index, np.int32))
        first += len(part.world)
    shape = made(np.concatenate(points), np.concatenate(corners).astype(np.int32), np.concatenate(slots))
    return Part("Somebody", shape, np.eye(4), tuple(part.materials[0] for part in parts))


@pytest.mark.parametrize("name", ["Red", "Lambert4"])
def test_hair_in_the_head_s_own_mesh_hides_no_face_whatever_its_material_is_called(name: str) -> None:
    head, hair = person("woman").parts[0], replace(strands(0.012, "Hair"), materials=(name,))
    close(find_face(Person("Woman", [of_materials(replace(head, materials=("Skin",)), hair)])), truth("woman"))


def test_a_visor_in_the_head_s_own_mesh_hides_the_face() -> None:
    head, real = person("woman").parts[0], truth("woman")
    plate = Part("Plate", box((0.2, 0.01, 0.25)).surface, turned("X", 0), ("Visor",))
    plate.to_world[:3, 3] = (0, real.left_eye[1] - 0.08, real.left_eye[2] - 0.04)
    found = find_face(Person("Woman", [of_materials(replace(head, materials=("Skin",)), plate)]))
    assert found == Covered("Visor")


def test_a_collar_is_not_taken_off_to_see_a_face_in_a_helmet() -> None:
    head, real = person("woman").parts[0], truth("woman")
    body = Part("Body", box((0.2, 0.01, 0.25)).surface, turned("X", 0))
    body.to_world[:3, 3] = (0, real.left_eye[1] - 0.08, real.left_eye[2] - 0.04)
    assert not isinstance(find_face(Person("Woman", [body, head])), Face)


def test_a_mask_is_nobody_and_somebody_all_of_armour_is_covered_by_it() -> None:
    mask = Part("Iron Mask", box((0.2, 0.1, 0.25)).surface, np.eye(4))
    assert find_face(Person("Mask", [mask])) is Refusal.HAT_ALONE
    armour = [replace(mask, name="Plates", materials=("Visor",)), mask]
    assert find_face(Person("Knight", armour, person("man", bones=True).bones)) == Covered("Iron Mask")


def flattened(who: str, share: float) -> Person:
    """Somebody whose face comes out of a plane by a share of what it does: a relief, a visor."""
    shape, real = surface(who, eyes=False), truth(who)
    tall, vertices = real.left_eye[2] - real.chin[2], shape.vertices.copy()
    middle = ((real.left_eye + real.right_eye) / 2 + real.chin) / 2
    front = (np.abs(vertices[:, 0] - middle[0]) < 0.8 * tall) & (np.abs(vertices[:, 2] - middle[2]) < 0.9 * tall)
    front &= vertices[:, 1] < real.left_eye[1] + 0.15 * tall
    basis = np.column_stack((np.ones(front.sum()), vertices[front][:, (0, 2)]))
    plane = basis @ np.linalg.lstsq(basis, vertices[front, 1], rcond=None)[0]
    vertices[front, 1] = plane + share * (vertices[front, 1] - plane)
    return Person("Somebody", [Part("Somebody", replace(shape, vertices=vertices), np.eye(4))])


@pytest.mark.parametrize("who", ["man", *HEADS])
def test_a_flat_front_without_a_nose_is_a_visor(who: str) -> None:
    assert find_face(flattened(who, 0.15)) is Refusal.VISOR
    assert find_face(flattened(who, 0.7)) is not Refusal.VISOR


def test_what_is_under_a_hat_of_one_mesh_with_the_head_is_seen() -> None:
    """A hat as tall as the head, above the head's bone: the head is the lower half of what is there."""
    someone = person("man", bones=True)
    shape, (_, _, top) = someone.parts[0].surface, someone.parts[0].surface.vertices.max(axis=0)
    middle = (truth("man").left_eye + truth("man").right_eye) / 2
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    cone = np.concatenate([
        np.column_stack((ring * reach + (middle[0], middle[1] + 0.09), np.full(24, top - 0.03 + rise)))
        for reach, rise in ((0.11, 0.0), (0.08, 0.12), (0.03, 0.26))
    ])  # fmt: skip
    lower, after = np.arange(48) + len(shape.vertices), np.roll(np.arange(48).reshape(2, 24), -1, axis=1).ravel()
    quads = np.stack((lower, after + lower[0], after + lower[0] + 24, lower + 24), axis=1)
    vertices = np.concatenate((shape.vertices, cone))
    polygons = np.concatenate((shape.corners.reshape(-1, 4), quads))
    hatted = replace(someone, parts=[Part("Somebody", made(vertices, polygons), np.eye(4))])
    close(find_face(hatted), truth("man"))
