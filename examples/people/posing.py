"""Poses: where the bones of a figure go, and its skin with them. Metres; Z is up, the front is -Y, the left is +X."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["POSES", "Points", "Posed", "Rig", "bent", "pose"]

Points = NDArray[np.float64]
"""Points or directions: float64 [..., 3]."""
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
SEAT = 0.44
"""Height of a seat above the floor. A seated figure sits at z = 0."""


@dataclass(frozen=True)
class Rig:
    """Bones, parents first. joints: head and tail of each, float64 [bones, 2, 3]."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    joints: Points


@dataclass(frozen=True)
class Posed:
    """Where bones went: rotations [bones, 3, 3], and heads and tails [bones, 2, 3]."""

    rotations: Points
    joints: Points

    def moved(self, bone: int, offset: Points) -> Points:
        """The 4 by 4 matrix that takes what is fixed to a bone from the rig to where it is now."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotations[bone]
        matrix[:3, 3] = self.joints[bone, 0] - self.rotations[bone] @ offset
        return matrix


@dataclass
class Posing:
    """A rig on its way into a pose."""

    rig: Rig
    turns: dict[str, Points] = field(default_factory=dict)
    aims: dict[str, Points] = field(default_factory=dict)

    def turn(self, bone: str, pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> None:
        """Turns a bone in its parent: nod (forward), to its left, and to its left shoulder. Degrees."""
        self.turns[bone] = (
            _about((0, 0, 1), yaw)
            @ _about((0, 1, 0), roll)
            @ _about((1, 0, 0), pitch)
            @ self.turns.get(bone, np.eye(3))
        )

    def at(self, bone: str, *, tail: bool = False) -> Points:
        """Where a bone begins or ends now."""
        return np.asarray(self.solved().joints[self.rig.names.index(bone), int(tail)])

    def length(self, bone: str) -> float:
        """Of a bone, in metres."""
        head, tail = self.rig.joints[self.rig.names.index(bone)]
        return float(np.linalg.norm(tail - head))

    def reach(self, side: str, target: Points, elbow: Points) -> None:
        """Brings a wrist to a point, the elbow out in a direction."""
        start = self.at(f"upperarm_{side}")
        upper, lower = self.length(f"upperarm_{side}"), self.length(f"lowerarm_{side}")
        way = target - start
        far = min(float(np.linalg.norm(way)), (upper + lower) * 0.995)
        way = _unit(way)
        along = (upper**2 - lower**2 + far**2) / (2 * far)
        out = elbow - (elbow @ way) * way
        bend = start + way * along + _unit(out) * np.sqrt(max(upper**2 - along**2, 0.0))
        self.aims[f"upperarm_{side}"] = bend - start
        self.aims[f"lowerarm_{side}"] = start + way * far - bend

    def palm(self, side: str, toward: Points) -> None:
        """Turns a hand about its own length until the palm looks in a direction."""
        solved = self.solved()
        hand = self.rig.names.index(f"hand_{side}")
        rotation = solved.rotations[hand]
        axis = _unit(solved.joints[hand, 1] - solved.joints[hand, 0])
        flat = [_unit(v - (v @ axis) * axis) for v in (rotation @ self._palm(side), toward)]
        angle = float(np.degrees(np.arctan2(np.cross(flat[0], flat[1]) @ axis, flat[0] @ flat[1])))
        self.turns[f"hand_{side}"] = rotation.T @ _about(tuple(axis), angle) @ rotation

    def curl(self, side: str, angle: float, together: float = 0.7) -> None:
        """Bends the fingers towards the palm, degrees for each joint; together: 1 brings them side by side."""
        palm = self._palm(side)
        middle = self._along(f"middle_01_{side}")
        for finger in _FINGERS:
            for part in (1, 2, 3):
                bone = f"{finger}_0{part}_{side}"
                along = self._along(bone)
                closed = np.eye(3)
                if part == 1:
                    share = together * (0.35 if finger == "thumb" else 1.0)
                    closed = _onto(along, along + share * (middle - along))
                axis = _unit(np.cross(closed @ along, palm))
                self.turns[bone] = _about(tuple(axis), angle * (0.4 if finger == "thumb" else 1.0)) @ closed

    def _along(self, bone: str) -> Points:
        """The direction of a bone in the rig."""
        head, tail = self.rig.joints[self.rig.names.index(bone)]
        return _unit(tail - head)

    def _palm(self, side: str) -> Points:
        """Where the palm looks in the rig."""
        wrist, index, little = (
            self.rig.joints[self.rig.names.index(f"{bone}_{side}"), 0] for bone in ("hand", "index_01", "pinky_01")
        )
        across = np.cross(index - wrist, little - wrist)
        return _unit(across if side == "l" else -across)

    def solved(self) -> Posed:
        """Where all bones are now."""
        count = len(self.rig.names)
        rotations, joints = np.zeros((count, 3, 3)), np.zeros((count, 2, 3))
        for index, (name, parent) in enumerate(zip(self.rig.names, self.rig.parents, strict=True)):
            rest: Points = self.rig.joints[index]
            if parent < 0:
                rotation, head = np.eye(3), rest[0]
            else:
                rotation = rotations[parent]
                head = joints[parent, 0] + rotation @ (rest[0] - self.rig.joints[parent, 0])
            if name in self.aims:
                rotation = _onto(rotation @ (rest[1] - rest[0]), self.aims[name]) @ rotation
            if name in self.turns:
                rotation = rotation @ self.turns[name]
            rotations[index] = rotation
            joints[index] = head, head + rotation @ (rest[1] - rest[0])
        return Posed(rotations, joints)


def pose(rig: Rig, name: str, yaw: float = 0.0, pitch: float = 0.0) -> Posed:
    """One of POSES. yaw, pitch: where the head looks besides, in degrees to its left, and down."""
    posing = Posing(rig)
    POSES[name](posing)
    for bone, share in (("neck_01", 0.4), ("head", 0.6)):
        posing.turn(bone, pitch=pitch * share, yaw=yaw * share)
    return posing.solved()


def bent(points: Points, weights: NDArray[np.float64], rig: Rig, posed: Posed) -> Points:
    """Points that follow the bones (linear blend skinning). weights: float64 [points, bones], rows of sum 1."""
    offsets = posed.joints[:, 0] - np.einsum("bij,bj->bi", posed.rotations, rig.joints[:, 0])
    rotation = np.einsum("pb,bij->pij", weights, posed.rotations)
    return np.asarray(np.einsum("pij,pj->pi", rotation, points) + weights @ offsets)


def _seated(posing: Posing, lean: float = 6.0, apart: float = 0.18) -> None:
    """On a seat, the feet on the floor where legs are long enough. lean: of the back, degrees forward."""
    hip = posing.at("thigh_l")[2]
    seat = hip - 0.095
    for side, sign in (("l", 1.0), ("r", -1.0)):
        calf, thigh = posing.length(f"calf_{side}"), posing.length(f"thigh_{side}")
        knee = seat - SEAT + 0.085 + calf * 0.985
        slope = float(np.clip((knee - hip) / thigh, -0.3, 0.25))
        posing.aims[f"thigh_{side}"] = np.array([sign * apart, -1.0, slope])
        posing.aims[f"calf_{side}"] = np.array([sign * 0.03, 0.12, -1.0])
        posing.aims[f"foot_{side}"] = np.array([sign * 0.15, -1.0, -0.42])
    posing.turn("pelvis", pitch=-12)
    for bone, share in (("spine_01", 0.5), ("spine_02", 0.3), ("spine_03", 0.2)):
        posing.turn(bone, pitch=(lean + 12) * share)
    posing.turn("neck_01", pitch=-lean * 0.5)
    posing.turn("head", pitch=-lean * 0.4)


def _lap(posing: Posing, share: float) -> list[Points]:
    """Points on the thighs, left and right; share of the way from hip to knee."""
    found = []
    for side in "lr":
        hip, knee = posing.at(f"thigh_{side}"), posing.at(f"thigh_{side}", tail=True)
        found.append(hip + (knee - hip) * share + np.array([0.0, 0.0, 0.085]))
    return found


def _resting(posing: Posing) -> None:
    _seated(posing, lean=2)
    for side, sign, target in zip("lr", (1, -1), _lap(posing, 0.62), strict=True):
        posing.reach(side, target, np.array([sign * 0.8, 0.6, 0.2]))
        posing.palm(side, np.array([0.0, 0.0, -1.0]))
        posing.curl(side, 26)


def _folded(posing: Posing) -> None:
    """Hands in the lap."""
    _seated(posing, lean=6, apart=0.10)
    middle = np.mean(_lap(posing, 0.45), axis=0)
    for side, sign in (("l", 1), ("r", -1)):
        over = np.array([0.0, -0.015, 0.035]) if side == "r" else np.zeros(3)
        posing.reach(side, middle + np.array([sign * 0.075, 0.03, 0.02]) + over, np.array([sign, 0.5, -0.2]))
        posing.aims[f"hand_{side}"] = np.array([-sign * 0.8, -0.6, -0.15])
        posing.palm(side, np.array([0.0, 0.1, -1.0]))
        posing.curl(side, 16)


def _leaning(posing: Posing) -> None:
    """Elbows on the knees."""
    _seated(posing, lean=34, apart=0.24)
    knees = [posing.at(f"thigh_{side}", tail=True) for side in "lr"]
    middle = (knees[0] + knees[1]) / 2
    for side, sign in (("l", 1), ("r", -1)):
        posing.reach(side, middle + np.array([sign * 0.05, -0.13, 0.20]), np.array([sign * 0.9, 0.1, -0.8]))
        posing.palm(side, np.array([-sign, 0.3, 0.0]))
        posing.curl(side, 30)


def _clapping(posing: Posing) -> None:
    _seated(posing, lean=8)
    _clap(posing, -0.02)


def _clap(posing: Posing, height: float) -> None:
    """Hands before the chest, about to meet. height: of the wrists above the chest's joint, metres."""
    chest = posing.at("spine_03")
    scale = posing.length("upperarm_l") / 0.25
    for side, sign in (("l", 1), ("r", -1)):
        posing.reach(side, chest + np.array([sign * 0.05, -0.29, height]) * scale, np.array([sign, 0.1, -0.7]))
        posing.aims[f"hand_{side}"] = np.array([sign * 0.12, -0.75, 0.65 + 0.1 * sign])
        posing.palm(side, np.array([-sign, 0.0, 0.1]))
        posing.curl(side, 8)


def _crossed(posing: Posing) -> None:
    """Arms crossed."""
    _seated(posing, lean=0)
    chest = posing.at("spine_03")
    for side, sign in (("l", 1), ("r", -1)):
        out = -0.235 if side == "l" else -0.175
        posing.reach(
            side, chest + np.array([-sign * 0.10, out, -0.10 + 0.04 * (side == "l")]), np.array([sign, 0.3, -0.6])
        )
        posing.palm(side, np.array([0.0, 1.0, 0.0]))
        posing.curl(side, 32)


def _cheering(posing: Posing) -> None:
    """Both fists up."""
    _seated(posing, lean=-2)
    _raise(posing, "lr", 0.40)
    posing.turn("head", pitch=-6)


def _waving(posing: Posing) -> None:
    _seated(posing, lean=3)
    _raise(posing, "r", 0.36)
    target = _lap(posing, 0.6)[0]
    posing.reach("l", target, np.array([0.8, 0.6, 0.2]))
    posing.palm("l", np.array([0.0, 0.0, -1.0]))
    posing.curl("l", 26)
    posing.curl("r", 5)


def _pointing(posing: Posing) -> None:
    """One hand points at the pitch."""
    _resting(posing)
    shoulder = posing.at("upperarm_l")
    posing.reach("l", shoulder + np.array([0.10, -0.47, 0.05]), np.array([1.0, 0.2, -0.6]))
    posing.palm("l", np.array([-0.4, 0.0, -1.0]))
    posing.curl("l", 55)
    for part in (1, 2, 3):
        posing.turns.pop(f"index_0{part}_l")


def _standing(posing: Posing) -> None:
    for side, sign in (("l", 1.0), ("r", -1.0)):
        posing.aims[f"thigh_{side}"] = np.array([sign * 0.07, -0.04, -1.0])
        posing.aims[f"calf_{side}"] = np.array([sign * 0.04, 0.05, -1.0])
        hip = posing.at(f"thigh_{side}")
        posing.reach(side, hip + np.array([sign * 0.17, -0.06, 0.03]), np.array([sign * 0.4, 1.0, 0.0]))
        posing.palm(side, np.array([-sign, 0.0, 0.0]))
        posing.curl(side, 32)


def _standing_cheer(posing: Posing) -> None:
    _standing(posing)
    _raise(posing, "lr", 0.46)
    posing.turn("spine_02", pitch=-6)


def _standing_clap(posing: Posing) -> None:
    _standing(posing)
    _clap(posing, 0.06)


def _raise(posing: Posing, sides: str, height: float) -> None:
    """Fists above the head. height: of the wrists above the shoulders, metres."""
    for side in sides:
        sign = 1 if side == "l" else -1
        scale = (posing.length(f"upperarm_{side}") + posing.length(f"lowerarm_{side}")) / 0.5
        shoulder = posing.at(f"upperarm_{side}")
        posing.turn(f"clavicle_{side}", roll=-sign * 14)
        posing.reach(side, shoulder + np.array([sign * 0.13, -0.12, height]) * scale, np.array([sign, -0.3, 0.0]))
        posing.palm(side, np.array([0.0, -1.0, 0.0]))
        posing.curl(side, 78)


POSES: dict[str, Callable[[Posing], None]] = {
    "resting": _resting,
    "folded": _folded,
    "leaning": _leaning,
    "clapping": _clapping,
    "crossed": _crossed,
    "cheering": _cheering,
    "waving": _waving,
    "pointing": _pointing,
    "standing": _standing,
    "standing cheer": _standing_cheer,
    "standing clap": _standing_clap,
}


def _unit(vector: Points) -> Points:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))


def _about(axis: tuple[float, ...], degrees: float) -> Points:
    """The rotation about an axis (Rodrigues)."""
    x, y, z = _unit(np.array(axis, float))
    turn = np.radians(degrees)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(turn) * cross + (1 - np.cos(turn)) * cross @ cross)


def _onto(start: Points, stop: Points) -> Points:
    """The smallest rotation from one direction to another."""
    a, b = _unit(start), _unit(stop)
    axis, cosine = np.cross(a, b), float(a @ b)
    if cosine < -0.9999:
        return _about(tuple(np.cross(a, [1e-6, 0.0, 1.0])), 180)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1 + cosine))
