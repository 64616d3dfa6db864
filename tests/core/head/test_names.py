"""Names of bones, objects and materials are understood as the programs that give them mean them."""

import pytest

from blender_facegan.core.head.names import (
    bone_role,
    is_iris,
    is_of_hand,
    leg_of_beast,
    level_of_detail,
    levels_of_detail,
    part_role,
    side_of,
)

HEADS = [
    ("Mixamo", "mixamorig:Head"),
    ("Mixamo in Unity", "mixamorig_Head"),
    ("Rigify", "DEF-spine.006"),
    ("Rigify's metarig", "spine.006"),
    ("MakeHuman", "head"),
    ("Character Creator", "CC_Base_Head"),
    ("Biped", "Bip01 Head"),
    ("Biped 2010", "Bip001 Head"),
    ("Source", "ValveBiped.Bip01_Head1"),
    ("VRM", "J_Bip_C_Head"),
    ("Unreal", "head"),
    ("Auto-Rig Pro", "head.x"),
    ("AdvancedSkeleton", "Head_M"),
    ("SMPL", "m_avg_Head"),
    ("HumanIK", "Character1_Head"),
    ("Second Life", "mHead"),
    ("Khronos", "Skeleton_neck_joint_2"),
    ("MikuMikuDance", "頭"),
    ("a duplicate", "Head.001"),
]


@pytest.mark.parametrize(("program", "name"), HEADS)
def test_heads_are_heads(program: str, name: str) -> None:
    assert bone_role(name) == "HEAD"


@pytest.mark.parametrize("name", ["mixamorig:HeadTop_End", "forehead", "HeadEnd", "head_tip", "Bone_012", "headphones"])
def test_what_only_sounds_like_a_head_is_none(name: str) -> None:
    assert bone_role(name) != "HEAD"


@pytest.mark.parametrize(
    ("name", "role", "side"),
    [
        ("LeftEye", "EYE", "LEFT"),
        ("CC_Base_R_Eye", "EYE", "RIGHT"),
        ("lEye", "EYE", "LEFT"),
        ("J_Adj_R_FaceEye", "EYE", "RIGHT"),
        ("eye.L", "EYE", "LEFT"),
        ("左目", "EYE", "LEFT"),
        ("neckUpper", "NECK", ""),
        ("CC_Base_NeckTwist01", "NECK", ""),
        ("mixamorig:LeftToeBase", "TOE", "LEFT"),
        ("ball_r", "TOE", "RIGHT"),
        ("Bip01 L Foot", "FOOT", "LEFT"),
        ("pelvis", "HIPS", ""),
        ("spine", "", ""),
        ("spine.001", "", ""),
    ],
)
def test_other_bones_and_their_sides(name: str, role: str, side: str) -> None:
    assert (bone_role(name), side_of(name)) == (role, side)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Wolf3D_Head", "HEAD"),
        ("Wolf3D_Headwear", "HAT"),
        ("EyeLeft", "EYE"),
        ("Std_Eyelash", "LASHES"),
        ("CC_Base_TearLine", "EYE"),
        ("Suit_Head", "HEAD"),
        ("M_GumsTongue", "TEETH"),
        ("F00_000_00_HairBack_00_HAIR", "HAIR"),
        ("N00_000_00_Body_00_SKIN", "SKIN"),
        ("Human.low-poly-eyes", "EYE"),
        ("Wolf3D_Outfit_Top", "CLOTHES"),
        ("Sunglasses.001", "GLASSES"),
        ("Cape", "CLOTHES"),
        ("Human_long01", "HAIR"),
        ("Human.short02.001", "HAIR"),
        ("Woman:bob01", "HAIR"),
        ("ponytail01", "HAIR"),
        ("Long", ""),
        ("Bob01_Body", "SKIN"),
        ("Shortbob01", ""),
        ("Fox", ""),
    ],
)
def test_parts_are_told_by_their_names(name: str, role: str) -> None:
    assert part_role(name) == role


@pytest.mark.parametrize(
    ("name", "level"),
    [("Head_LOD1", ("head", 1)), ("body.lod2", ("body", 2)), ("LOD0_Man", ("man", 0)), ("Explodable", None)],
)
def test_levels_of_detail(name: str, level: tuple[str, int] | None) -> None:
    assert level_of_detail(name) == level


def test_who_has_no_level_beside_coarser_ones_is_the_finest() -> None:
    names = ["Hero", "Hero_LOD1", "Hero.001", "LOD2_Hero", "Hair", "Other_LOD0", "Other"]
    levels = [("hero", 0), ("hero", 1), None, ("hero", 2), None, ("other", 0), None]
    assert levels_of_detail(names) == levels


@pytest.mark.parametrize(
    "name",
    ["mixamorig:LeftHandIndex1", "f_pinky.02.R", "DEF-thumb.01.L", "J_Bip_L_Middle2", "hand_r", "Bip01 L Finger02"],
)
def test_the_bones_of_a_hand_are_known(name: str) -> None:
    assert is_of_hand(name)


@pytest.mark.parametrize("name", ["mixamorig:LeftUpLeg", "upperarm_l", "DEF-shoulder.L", "Bip01 R Foot", "spring_l"])
def test_other_bones_are_none_of_a_hand(name: str) -> None:
    assert not is_of_hand(name)


def test_a_beast_is_told_by_its_legs() -> None:
    called = {
        "FrontUpLeg.R": "FORE",
        "front_paw_l": "FORE",
        "HindPaw_L": "HIND",
        "BackFoot.L": "HIND",
        "rear_leg": "HIND",
    }
    assert {name: leg_of_beast(name) for name in called} == called
    for name in ("mixamorig:LeftUpLeg", "Back", "foot_l", "LeftForeArm", "backpack", "forefoot"):
        assert leg_of_beast(name) == ""


def test_irises_are_the_coloured_parts_of_eyes() -> None:
    assert [is_iris(name) for name in ("N00_EyeIris_00", "pupil.L", "M_IrisLeft")] == [True] * 3
    assert not any(is_iris(name) for name in ("Eye", "EyeWhite", "Sclera", "Iridescent"))
