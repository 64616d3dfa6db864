"""Mesh objects are grouped into persons."""

from typing import Any

from blender_facegan.core.head.person import Member, group


def member(name: str, **given: Any) -> Member:
    values: dict[str, Any] = {
        "armature": "",
        "ancestors": (),
        "mesh_ancestors": (),
        "centre": (0.0, 0.0, 1.0),
        "size": (0.5, 0.3, 1.8),
    }
    return Member(name, **(values | given))


def names(members: list[Member]) -> list[list[str]]:
    return [[members[index].name for index in one] for one in group(members)]


def test_meshes_of_one_armature_are_one_person() -> None:
    crowd = [
        member(f"{part}{who}", armature=f"Rig{who}", ancestors=(f"Rig{who}", "Crowd"), centre=(who * 0.1, 0, 1))
        for who in range(10)
        for part in ("Body", "Head", "Eyes", "Teeth", "Hair", "Glasses", "Top", "Bottom", "Shoes", "Lashes")
    ]
    assert [len(one) for one in group(crowd)] == [10] * 10


def test_pieces_without_a_rig_belong_to_what_they_stand_in() -> None:
    woman = [
        member("Body"),
        member("Long", centre=(0, 0.02, 1.8), size=(0.25, 0.3, 0.4), role="HAIR"),
        member("Balls", centre=(0, -0.08, 1.7), size=(0.1, 0.03, 0.03), role="EYE"),
    ]
    assert names(woman) == [["Body", "Long", "Balls"]]


def test_people_side_by_side_under_one_parent_stay_apart() -> None:
    row = [member(f"Head{x}", ancestors=("Stand",), centre=(x * 0.5, 0, 1), size=(0.3, 0.3, 0.4)) for x in range(20)]
    assert len(group(row)) == 20


def test_heads_in_one_place_are_not_one_person() -> None:
    assert len(group([member("One"), member("Other")])) == 2


def test_faces_that_are_known_stay_apart_on_one_mesh() -> None:
    heads = [member(name, ancestors=("Bus",), mesh_ancestors=("Bus",), has_face=True) for name in ("One", "Other")]
    assert len(group([member("Bus"), *heads])) == 2


def test_a_bench_does_not_join_those_who_sit_on_it() -> None:
    bench = member("Bench", centre=(1, 0, 0.25), size=(4, 0.5, 0.5))
    people = [member(f"Man{x}", centre=(x - 0.5, 0, 0.8), size=(0.5, 0.4, 1.4)) for x in range(4)]
    assert len(group([bench, *people])) == 5


def test_levels_of_detail_are_one_person_wherever_they_stand() -> None:
    levels = [member("Head_LOD0"), member("Head_LOD1", centre=(3, 0, 1)), member("Other_LOD0", centre=(6, 0, 1))]
    assert names(levels) == [["Head_LOD0", "Head_LOD1"], ["Other_LOD0"]]
    assert names([member("Head"), *levels[1:]]) == [["Head", "Head_LOD1"], ["Other_LOD0"]]


def test_what_hangs_on_a_mesh_belongs_to_it() -> None:
    arm = member("Arm", ancestors=("Torso",), mesh_ancestors=("Torso",), centre=(0.9, 0, 1), size=(0.6, 0.1, 0.1))
    assert names([member("Torso"), arm]) == [["Torso", "Arm"]]


def test_a_flat_curtain_of_hair_belongs_to_the_head_that_it_hangs_before() -> None:
    head = member("Head", ancestors=("Woman",), centre=(0, 0, 1.7), size=(0.2, 0.24, 0.3))
    curtain = {"centre": (0.0, -0.13, 1.65), "size": (0.2, 0.0, 0.45), "is_flat": True}
    assert names([head, member("Sheet", ancestors=("Woman",), **curtain)]) == [["Head", "Sheet"]]
    loose = member("Head", centre=(0, 0, 1.7), size=(0.2, 0.24, 0.3))
    assert names([loose, member("Hair", role="HAIR", **curtain)]) == [["Head", "Hair"]]


def test_a_picture_of_a_person_stays_one_whatever_stands_about_it() -> None:
    picture = {"centre": (0.0, 0.1, 0.9), "size": (0.5, 0.0, 1.8), "is_flat": True}
    shrub = member("Shrub", centre=(0, 0, 0.75), size=(1.5, 1.5, 1.5))
    assert len(group([shrub, member("Picture", **picture)])) == 2
    house = member("House", ancestors=("Set",), centre=(0, 0, 5), size=(8, 8, 10))
    stage = member("Stage", ancestors=("Set",), centre=(0, 0, -0.1), size=(20, 9, 0.4))
    assert len(group([house, stage, member("Picture", ancestors=("Set",), **picture)])) == 2


def test_pieces_without_names_and_root_make_one_figure() -> None:
    woman = [
        member("mesh1", centre=(0, 0, 1.65), size=(0.2, 0.25, 0.3)),
        member("mesh2", centre=(0, 0, 1.2), size=(0.6, 0.3, 0.6)),
        member("mesh3", centre=(0, 0.02, 0.5), size=(0.4, 0.3, 0.9)),
        member("mesh4", centre=(0.12, -0.05, 0.05), size=(0.1, 0.25, 0.1)),
        member("mesh5", centre=(-0.12, -0.05, 0.05), size=(0.1, 0.25, 0.1)),
    ]
    assert len(group(woman)) == 1


def test_somebody_inside_something_is_somebody_else() -> None:
    car = member("Car", centre=(0, 0, 0.7), size=(1.8, 4.5, 1.4))
    booth = member("Booth", centre=(5, 0, 1.2), size=(1, 1, 2.4))
    people = [member("Driver", centre=(0.3, 0, 0.8), size=(0.5, 0.5, 1.0)), member("Caller", centre=(5, 0, 0.9))]
    assert len(group([car, booth, *people])) == 4
