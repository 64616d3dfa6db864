"""The people on the stand: who sits where and in what. Their faces come from Populate, not from here."""

import math
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from . import looks
from .bodies import CHIN, POSES, body_meshes
from .heads import HAIRCUTS, face_plane, hair_meshes, head_mesh
from .stand import ROWS, Seat, seats

__all__ = ["CHARACTERS", "Crowd", "dress", "seat_crowd"]

CHARACTERS = 1000
_FIRST_BILLBOARD_ROW = ROWS // 2
"""Heads are meshes up to here; further back billboards do, as an artist would have it."""
_WATCHED = (-9.0, -18.0)
"""The spot of the pitch that everybody looks at."""
_TEAM, _WHITE = (0.40, 0.012, 0.022), (0.72, 0.70, 0.66)
_CLOTHES = (
    # share, colour, cut (see looks.object_cloth)
    (0.16, _TEAM, 1.0),
    (0.10, _TEAM, 0.5),
    (0.10, _TEAM, 0.0),
    (0.12, _WHITE, 1.0),
    (0.09, (0.015, 0.035, 0.10), 0.5),
    (0.08, (0.02, 0.02, 0.024), 0.5),
    (0.08, (0.09, 0.10, 0.11), 1.0),
    (0.07, (0.06, 0.12, 0.22), 1.0),
    (0.06, (0.30, 0.27, 0.22), 1.0),
    (0.05, (0.04, 0.08, 0.045), 0.5),
    (0.04, (0.42, 0.25, 0.04), 1.0),
    (0.03, (0.16, 0.05, 0.12), 1.0),
    (0.02, (0.08, 0.24, 0.26), 0.5),
)
_HAIR = ((0.012, 0.010, 0.009), (0.035, 0.020, 0.012), (0.075, 0.038, 0.018), (0.16, 0.085, 0.035), (0.38, 0.24, 0.10))
_HAIR_SHARES = (0.34, 0.28, 0.20, 0.11, 0.07)
_GREY, _DYED_RED = (0.46, 0.45, 0.44), (0.16, 0.035, 0.014)
_CUTS = {
    # sex, and whether older than 50
    ("FEMALE", False): {"long": 0.42, "bob": 0.22, "bun": 0.14, "curly": 0.10, "cap": 0.06, "beanie": 0.06},
    ("FEMALE", True): {"bob": 0.40, "bun": 0.16, "curly": 0.14, "long": 0.12, "short": 0.10, "beanie": 0.08},
    ("MALE", False): {"short": 0.60, "cap": 0.17, "beanie": 0.08, "curly": 0.06, "bald": 0.05, "receding": 0.04},
    ("MALE", True): {"receding": 0.42, "short": 0.22, "bald": 0.18, "cap": 0.14, "beanie": 0.04},
}


@dataclass
class Crowd:
    """The crowd's objects. `faces` are the characters, in the collection that Populate is pointed at."""

    faces: bpy.types.Collection
    hair: dict[str, Any] = field(default_factory=dict)
    haircuts: dict[str, bpy.types.Mesh] = field(default_factory=dict)


def seat_crowd(root: bpy.types.Collection, seed: int = 2016) -> Crowd:
    """Seats 1,000 people: half with head meshes, half with billboards, each a face, hair and a body."""
    chance = np.random.default_rng(seed)
    collections = [bpy.data.collections.new(name) for name in ("Faces", "Hair", "Bodies")]
    for collection in collections:
        root.children.link(collection)
    skin, cloth = looks.skin_of_object("Skin of Body"), looks.object_cloth()
    trousers = looks.plain("Trousers", (0.025, 0.03, 0.045), 0.9)
    bodies = body_meshes(cloth, trousers, skin, looks.scarf(_TEAM, _WHITE))
    head, plane = head_mesh(looks.plain("Skin", (0.45, 0.28, 0.20), 0.5)), face_plane()
    crowd = Crowd(collections[0], haircuts=hair_meshes(looks.hair(), skin, cloth))
    for seat in _taken(chance):
        is_head = seat.row < _FIRST_BILLBOARD_ROW
        name = f"{'Head' if is_head else 'Billboard'} {seat.row + 1:02d}-{seat.column + 1:02d}"
        body = _body(seat, bodies, chance)
        collections[2].objects.link(body)
        face = bpy.data.objects.new(name, head if is_head else plane)
        _join(face, body, _turn(seat, chance), float(chance.uniform(1.04, 1.15)))
        crowd.faces.objects.link(face)
        hair = bpy.data.objects.new(f"Hair of {name}", crowd.haircuts["short"])
        hair.parent = face
        collections[1].objects.link(hair)
        crowd.hair[name] = hair
    return crowd


def dress(crowd: Crowd, seed: int = 7) -> None:
    """Gives everybody the hair or the hat that goes with the sex and age that Populate has drawn."""
    chance = np.random.default_rng(seed)
    for face in crowd.faces.objects:
        record: Any = face.facegan  # type: ignore[attr-defined]  # the add-on's
        hair = crowd.hair[face.name]
        cuts = _CUTS[record.sex, record.age > 50]
        cut = str(chance.choice(list(cuts), p=list(cuts.values())))
        hair.data = crowd.haircuts["short" if record.age < 6 else cut]
        color = np.array(_HAIR[int(chance.choice(len(_HAIR), p=_HAIR_SHARES))])
        if cut in ("cap", "beanie"):
            color = np.array(_TEAM if chance.random() < 0.6 else _clothes(chance)[0])
        elif record.sex == "FEMALE" and chance.random() < 0.06:
            color = np.array(_DYED_RED)
        else:
            grey = np.clip((record.age - chance.uniform(42, 62)) / 18, 0, 1)
            color = color + (np.array(_GREY) - color) * grey
        hair.color = (*(float(value) for value in color), 1.0)


def _taken(chance: np.random.Generator) -> list[Seat]:
    """The seats that are taken, half of them with heads and half with billboards; in front hardly one is free."""
    places = seats()
    halves = (
        [seat for seat in places if seat.row < _FIRST_BILLBOARD_ROW],
        [seat for seat in places if seat.row >= _FIRST_BILLBOARD_ROW],
    )
    taken = []
    for half in halves:
        chosen = chance.choice(len(half), CHARACTERS // 2, replace=False)
        taken += [half[i] for i in sorted(chosen)]
    return taken


def _body(seat: Seat, meshes: dict[str, bpy.types.Mesh], chance: np.random.Generator) -> Any:
    pose = str(chance.choice(list(POSES), p=[0.30, 0.22, 0.09, 0.07, 0.14, 0.18]))
    scarf = " scarf" if chance.random() < 0.22 else ""
    body: Any = bpy.data.objects.new(f"Body {seat.row + 1:02d}-{seat.column + 1:02d}", meshes[pose + scarf])
    x, y, z = seat.position
    body.location = (x + chance.normal(0, 0.02), y + chance.normal(0, 0.015), z)
    body.rotation_euler[2] = _toward(x, y) * 0.5 + chance.normal(0, 0.06)
    body.scale = (*[float(chance.uniform(0.94, 1.06))] * 2, float(chance.uniform(0.93, 1.05)))
    color, cut = _clothes(chance)
    shade = chance.uniform(0.75, 1.2)
    body.color = (*(float(value * shade) for value in color), cut)
    return body


def _join(face: Any, body: Any, turn: tuple[float, float], scale: float) -> None:
    """Puts the head on the neck, turned and tilted. The body is its parent, as in a rig."""
    face.parent = body
    face.location = (0.0, -0.005, CHIN)
    face.rotation_euler = (turn[1], 0.0, turn[0] - body.rotation_euler[2])
    face.scale = tuple(scale / value for value in body.scale)


def _turn(seat: Seat, chance: np.random.Generator) -> tuple[float, float]:
    """Where the head looks: toward the pitch, a few to a neighbour. Radians: about Z, and down."""
    aside = chance.normal(0, 0.16) if chance.random() < 0.88 else chance.normal(0, 0.5)
    return _toward(seat.position[0], seat.position[1]) + float(aside), float(chance.normal(0.06, 0.06))


def _toward(x: float, y: float) -> float:
    """The turn about Z that makes something at (x, y), which faces -Y, face the watched spot."""
    return math.atan2(_WATCHED[0] - x, y - _WATCHED[1])


def _clothes(chance: np.random.Generator) -> tuple[tuple[float, float, float], float]:
    shares = [share for share, _, _ in _CLOTHES]
    _, color, cut = _CLOTHES[int(chance.choice(len(_CLOTHES), p=np.array(shares) / sum(shares)))]
    return color, cut


assert set(HAIRCUTS) >= {cut for cuts in _CUTS.values() for cut in cuts}
