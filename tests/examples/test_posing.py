"""Bones keep their lengths, feet stay above the floor, and skin follows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.people.figures import Wardrobe
from examples.people.posing import POSES, SEAT, Posing, bent, pose

WARDROBE = Wardrobe()
BUILDS = sorted(WARDROBE.builds)
ANGLES = st.floats(-60, 60, allow_nan=False)


@given(st.sampled_from(BUILDS), st.sampled_from(sorted(POSES)), ANGLES, ANGLES)
def test_a_pose_changes_no_bone_s_length(build: str, name: str, yaw: float, pitch: float) -> None:
    rig = WARDROBE.rig(build)
    posed = pose(rig, name, yaw, pitch)
    lengths = [np.linalg.norm(joints[:, 1] - joints[:, 0], axis=1) for joints in (rig.joints, posed.joints)]
    np.testing.assert_allclose(lengths[0], lengths[1], atol=1e-6)
    squares = posed.rotations @ posed.rotations.transpose(0, 2, 1)
    np.testing.assert_allclose(squares, np.broadcast_to(np.eye(3), squares.shape), atol=1e-6)


@given(st.sampled_from(BUILDS), ANGLES)
def test_the_head_looks_where_it_is_told_to(build: str, yaw: float) -> None:
    rig = WARDROBE.rig(build)
    head = rig.names.index("head")
    ahead, aside = (pose(rig, "standing", turn).rotations[head] @ [0.0, -1.0, 0.0] for turn in (0.0, yaw))
    turned = np.degrees(np.arctan2(aside[0], -aside[1]) - np.arctan2(ahead[0], -ahead[1]))
    assert turned == pytest.approx(yaw, abs=1.0)


def test_a_wrist_goes_where_it_is_sent() -> None:
    posing = Posing(WARDROBE.rig("woman_average"))
    target = posing.at("upperarm_l") + np.array([0.05, -0.30, -0.10])
    posing.reach("l", target, np.array([1.0, 0.0, -1.0]))
    np.testing.assert_allclose(posing.at("hand_l"), target, atol=1e-3)


def test_a_wrist_that_is_sent_too_far_goes_as_far_as_the_arm() -> None:
    posing = Posing(WARDROBE.rig("woman_average"))
    posing.reach("l", posing.at("upperarm_l") + np.array([0.0, -5.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    arm = posing.length("upperarm_l") + posing.length("lowerarm_l")
    assert np.linalg.norm(posing.at("hand_l") - posing.at("upperarm_l")) == pytest.approx(arm, rel=0.01)


@pytest.mark.parametrize("build", BUILDS)
def test_a_palm_turns_to_where_it_is_told(build: str) -> None:
    posing = Posing(WARDROBE.rig(build))
    posing.palm("r", np.array([0.0, 0.0, 1.0]))
    hand = posing.rig.names.index("hand_r")
    assert (posing.solved().rotations[hand] @ posing._palm("r"))[2] > 0.3


def test_skin_without_a_pose_stays_as_it_is() -> None:
    rig = WARDROBE.rig("man_slim")
    points = np.random.default_rng(3).normal(size=(40, 3))
    weights = np.random.default_rng(4).dirichlet(np.ones(len(rig.names)), 40)
    np.testing.assert_allclose(bent(points, weights, rig, Posing(rig).solved()), points, atol=1e-9)


@pytest.mark.parametrize("posture", sorted(POSES))
@pytest.mark.parametrize("build", ["girl", "man_heavy", "woman_old"])
def test_people_sit_on_their_seats_and_stand_on_the_floor(build: str, posture: str) -> None:
    points = WARDROBE.figure(build, "jumper", posture).points
    assert points[:, 2].min() > -SEAT - 0.06
    if posture.startswith("standing"):
        assert points[:, 2].min() == pytest.approx(-SEAT, abs=1e-6)
    else:
        hips = points[(np.abs(points[:, 1] - 0.07) < 0.07) & (np.abs(points[:, 0]) < 0.2)]
        assert hips[:, 2].min() == pytest.approx(0.0, abs=0.06)
