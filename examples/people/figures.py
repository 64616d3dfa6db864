"""Figures out of people.npz, as arrays: a build in clothes and a pose, and hair that fits its head."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .posing import SEAT, Points, Posed, Rig, bent, pose
from .unwrapping import unwrapped

__all__ = ["OUTFITS", "SLOTS", "Build", "Figure", "Hair", "Wardrobe"]

SLOTS = ("Skin", "Eyes", "Top", "Trousers", "Shoes")
"""The materials of a figure, in order."""
OUTFITS = ("jumper", "shirt", "jacket")
_BACK_OF_SEAT = 0.165
"""How far behind a seat's middle backs may be, metres."""


@dataclass(frozen=True)
class Build:
    """Who a build can be: its sex, and the age in years that it was made for."""

    name: str
    sex: str
    age: float


@dataclass(frozen=True)
class Figure:
    """A posed body in clothes, its seat's top at the origin. weights: [points, bones]; joints: of the posed bones.

    coordinates: of each corner on the UV map of its material, [faces, 3, 2].

    head: the matrix that takes what was fitted to the build's head to where the head is.
    """

    points: Points
    faces: NDArray[np.int64]
    slots: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    weights: NDArray[np.float64]
    joints: Points
    head: Points


@dataclass(frozen=True)
class Hair:
    """Hair or a hat for a build's head, in the build's own space, as of a figure. slots: 0 hair, 1 cloth."""

    points: Points
    faces: NDArray[np.int64]
    slots: NDArray[np.int64]
    coordinates: NDArray[np.float64]


class Wardrobe:
    """All builds, clothes and haircuts of the file."""

    def __init__(self, path: Path | None = None) -> None:
        with np.load(path or Path(__file__).with_name("people.npz")) as stored:
            self._stored: dict[str, Any] = dict(stored)
        self._held: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        self._step = float(self._stored["step"])
        self.bones = tuple(str(name) for name in self._stored["bones"])
        self._parents = tuple(int(parent) for parent in self._stored["parents"])

    @property
    def parents(self) -> tuple[int, ...]:
        """The parent of each bone, -1 for none."""
        return self._parents

    @cached_property
    def builds(self) -> dict[str, Build]:
        """By name."""
        rows = zip(self._stored["builds"], self._stored["sexes"], self._stored["ages"], strict=True)
        return {str(name): Build(str(name), str(sex), float(age)) for name, sex, age in rows}

    @cached_property
    def cuts(self) -> tuple[str, ...]:
        """Names of haircuts and hats."""
        return tuple(sorted({key.split("/")[1] for key in self._stored if key.startswith("hair/")}))

    def rig(self, build: str) -> Rig:
        """The bones of a build."""
        return Rig(self.bones, self._parents, self._metres("joints")[self._index(build)])

    def figure(self, build: str, outfit: str, posture: str, yaw: float = 0.0, pitch: float = 0.0) -> Figure:
        """A build in clothes (one of OUTFITS) and a pose; yaw, pitch: where the head looks besides, degrees."""
        rig = self.rig(build)
        posed = pose(rig, posture, yaw, pitch)
        parts = [
            self._part(build, name, slot, covered=outfit != "shirt")
            for slot, name in enumerate(("skin", "eyes", outfit, "trousers", "shoes"))
        ]
        counts = np.cumsum([0, *(len(part.points) for part in parts)])
        weights = np.concatenate([part.weights for part in parts])
        points = bent(np.concatenate([part.points for part in parts]), weights, rig, posed)
        shift = _standing(points) if posture.startswith("standing") else _seated(points, posed, self.bones)
        head = posed.moved(self.bones.index("head"), rig.joints[self.bones.index("head"), 0])
        head[:3, 3] += shift
        return Figure(
            points + shift,
            np.concatenate([part.faces + count for part, count in zip(parts, counts, strict=False)]),
            np.concatenate([part.slots for part in parts]),
            np.concatenate([part.coordinates for part in parts]),
            weights,
            posed.joints + shift,
            head,
        )

    def hair(self, build: str, cut: str) -> Hair:
        """A haircut fitted to a build's head."""
        points = self._metres(f"hair/{cut}/points")
        average, own = self._metres("skin/average"), self._metres("skin/points")[self._index(build)]
        nearest, shares = self._anchors(cut)
        moves = own[nearest] - average[nearest]
        faces = self._stored[f"hair/{cut}/faces"].astype(np.int64)
        return Hair(
            points + (moves * shares[..., None]).sum(1),
            faces,
            self._stored[f"hair/{cut}/slots"].astype(np.int64),
            self._stored[f"hair/{cut}/coordinates"].astype(np.float64)[faces],
        )

    def _anchors(self, cut: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The skin's points that each point of a haircut goes with, and how much."""
        if cut not in self._held:
            average = self._metres("skin/average")
            on_head = np.flatnonzero(average[:, 2] > average[:, 2].max() - 0.32)
            nearest, shares = _nearest(self._metres(f"hair/{cut}/points"), average[on_head])
            self._held[cut] = on_head[nearest], shares
        return self._held[cut]

    def _part(self, build: str, name: str, slot: int, *, covered: bool) -> Figure:
        faces = self._stored[f"{name}/faces"].astype(np.int64)
        if name == "skin" and covered:
            faces = faces[~self._stored["skin/sleeve"]]
        weights = self._stored[f"{name}/weights"].astype(np.float64)
        weights /= weights.sum(1, keepdims=True)
        points = self._metres(f"{name}/points")[self._index(build)]
        if name == "skin":
            coordinates = unwrapped(self._metres("skin/average"), faces)
        else:
            coordinates = self._stored[f"{name}/coordinates"].astype(np.float64)[faces]
        used, faces = np.unique(faces, return_inverse=True)
        nothing = np.zeros((0, 3))
        return Figure(
            points[used],
            faces.reshape(-1, 3),
            np.full(faces.size // 3, slot),
            coordinates,
            weights[used],
            nothing,
            nothing,
        )

    def _index(self, build: str) -> int:
        return list(self.builds).index(build)

    def _metres(self, key: str) -> Points:
        return np.asarray(self._stored[key].astype(np.float64) * self._step)


def _seated(points: Points, posed: Posed, bones: tuple[str, ...]) -> Points:
    """The move that puts a posed body on its seat, its back to the seat's."""
    hips = (posed.joints[bones.index("thigh_l"), 0] + posed.joints[bones.index("thigh_r"), 0]) / 2
    near = points[(np.abs(points[:, 0]) < 0.25) & (np.abs(points[:, 1] - hips[1]) < 0.22)]
    under = near[(near[:, 2] < hips[2]) & (near[:, 1] > hips[1] - 0.04)]
    low = np.quantile(under[:, 2], 0.1)
    back = near[(near[:, 2] > low) & (near[:, 2] < low + 0.38)][:, 1].max()
    return np.array([0.0, _BACK_OF_SEAT - back, -low])


def _standing(points: Points) -> Points:
    return np.array([0.0, -0.22, -SEAT - points[:, 2].min()])


def _nearest(points: Points, anchors: Points, near: int = 6) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The nearest anchors of each point, and their shares by 1 / distance squared."""
    squares = (points**2).sum(1)[:, None] - 2 * points @ anchors.T + (anchors**2).sum(1)[None]
    nearest = np.argpartition(squares, near, axis=1)[:, :near]
    weights = 1 / (np.maximum(np.take_along_axis(squares, nearest, 1), 0) + 1e-5)
    return nearest, weights / weights.sum(1, keepdims=True)
