"""The people on the stand: who sits where, in what clothes and pose. Their faces come from Populate.

Each is an armature with a body and hair, as from any character tool; sex and age are custom properties of the body.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from examples.people.figures import Build, Wardrobe
from examples.people.models import Models, Person

from . import looks
from .stand import Seat, seats

__all__ = ["CHARACTERS", "Crowd", "seat_crowd", "wear"]

CHARACTERS = 1000
_WATCHED = (-9.0, -18.0)
"""The spot of the pitch that everybody looks at."""
_TEAM, _WHITE = (0.36, 0.012, 0.020), (0.70, 0.68, 0.64)
_TOPS = (
    # share, colour, cut (see looks.CUTS), what is under it or printed on it
    (0.09, _TEAM, "crest", _WHITE),
    (0.05, _TEAM, "zip", _WHITE),
    (0.04, _TEAM, "hoops", _WHITE),
    (0.04, _TEAM, "band", _WHITE),
    (0.04, _TEAM, "open", (0.55, 0.54, 0.52)),
    (0.08, _WHITE, "plain", _WHITE),
    (0.04, _WHITE, "band", _TEAM),
    (0.09, (0.014, 0.028, 0.075), "open", (0.60, 0.58, 0.55)),
    (0.06, (0.020, 0.020, 0.022), "open", (0.30, 0.30, 0.31)),
    (0.05, (0.020, 0.020, 0.022), "zip", (0.30, 0.30, 0.31)),
    (0.07, (0.085, 0.090, 0.100), "plain", _WHITE),
    (0.06, (0.070, 0.130, 0.230), "checks", _WHITE),
    (0.05, (0.270, 0.215, 0.150), "open", (0.55, 0.53, 0.50)),
    (0.05, (0.035, 0.060, 0.040), "zip", (0.40, 0.36, 0.20)),
    (0.04, (0.400, 0.220, 0.035), "plain", _WHITE),
    (0.04, (0.110, 0.035, 0.075), "plain", _WHITE),
    (0.04, (0.160, 0.025, 0.020), "checks", (0.05, 0.05, 0.05)),
    (0.04, (0.330, 0.120, 0.110), "plain", _WHITE),
    (0.03, (0.060, 0.190, 0.200), "plain", _WHITE),
)
_TROUSERS = (
    (0.022, 0.035, 0.070),
    (0.060, 0.085, 0.135),
    (0.016, 0.016, 0.018),
    (0.16, 0.125, 0.085),
    (0.06, 0.06, 0.062),
)
_SHOES = ((0.62, 0.60, 0.57), (0.02, 0.02, 0.02), (0.10, 0.05, 0.025), (0.25, 0.02, 0.03))
_HAIR = ((0.010, 0.008, 0.007), (0.028, 0.016, 0.010), (0.065, 0.033, 0.016), (0.15, 0.080, 0.035), (0.36, 0.23, 0.10))
_HAIR_SHARES = (0.36, 0.29, 0.19, 0.10, 0.06)
_GREY, _RED = (0.42, 0.41, 0.40), (0.15, 0.035, 0.014)
_IRISES = ((0.045, 0.020, 0.010), (0.09, 0.045, 0.02), (0.10, 0.16, 0.20), (0.07, 0.10, 0.05))
_CUTS = {
    # sex, and whether young, grown up, or older than 50
    ("male", 0): {"crop": 5, "short": 2, "buzz": 2, "curly": 2, "combed": 2, "cap": 1, "beanie": 1},
    ("male", 1): {"crop": 4, "combed": 4, "swept": 3, "buzz": 3, "curly": 2, "receding": 1, "cap": 1},
    ("male", 2): {"receding": 5, "combed": 3, "crop": 2, "swept": 1, "buzz": 1, "": 2, "cap": 1},
    ("female", 0): {"ponytail": 4, "long": 3, "wavy": 2, "bob": 2, "afro": 1},
    ("female", 1): {"long": 4, "bob": 3, "wavy": 3, "bun": 2, "ponytail": 2, "afro": 1, "short": 2},
    ("female", 2): {"bob": 4, "short": 4, "bun": 2, "curly": 2, "wavy": 1},
}
_POSTURES = {
    "resting": 6, "folded": 6, "leaning": 5, "clapping": 5, "crossed": 4, "cheering": 2, "waving": 1,
    "pointing": 1, "standing cheer": 1, "standing clap": 1,
}  # fmt: skip
_HIDING = ("standing cheer", "standing clap", "waving", "pointing")
"""Postures that would hide others from the close-up."""
_LOOKS_OF_A_BUILD, _CUTS_OF_A_BUILD = 3, 3
"""How many outfits with a pose, and how many haircuts, a build has: what is the same is stored and drawn once."""


@dataclass
class Crowd:
    """The crowd's objects. `people` is what Populate is pointed at."""

    people: bpy.types.Collection
    persons: list[Person]


def seat_crowd(root: bpy.types.Collection, alive: set[tuple[int, int]], seed: int = 2016) -> Crowd:
    """Seats 1,000 people.

    alive: rows and columns of those whose armature bends their meshes. The others are as at rest in their armature, so
    that Blender keeps and draws each mesh once for all who share it.
    """
    chance = np.random.default_rng(seed)
    people = bpy.data.collections.new("Crowd")
    wardrobe = Wardrobe()
    models = Models(wardrobe, materials())
    cast = _cast(wardrobe, chance)
    persons, near = [], []
    for seat in _taken(chance, alive):
        is_near = (seat.row, seat.column) in alive
        build, (outfit, posture, look), cut = next(cast)
        while is_near and posture in _HIDING:
            build, (outfit, posture, look), cut = next(cast)
        person = models.person(_name(seat), build.name, outfit, posture, cut or None, look)
        wear(person, build, chance)
        _place(person, seat, chance)
        person.bend(is_near)
        if is_near:
            near.append(person)
        for obj in person.objects:
            people.objects.link(obj)
        persons.append(person)
    root.children.link(people)  # only now: to make armatures, Blender goes through all that the scene has
    layer: Any = bpy.context.view_layer
    layer.update()  # armatures have bones to pose from then on
    for person in near:
        person.refine(1)
        person.look(float(chance.normal(0, 9)), float(chance.normal(1, 4)), float(chance.normal(0, 3)))
    return Crowd(people, persons)


def materials() -> dict[str, Any]:
    """What figures and hair are made of."""
    return {
        "Skin": looks.skin(),
        "Eyes": looks.eyes(),
        "Top": looks.top(),
        "Trousers": looks.of_property("Trousers", "trousers", 0.9),
        "Shoes": looks.of_property("Shoes", "shoes", 0.6),
        "Hair": looks.hair(),
        "Hat": looks.hat(),
    }


def wear(person: Person, build: Build, chance: np.random.Generator) -> None:
    """Gives a person an age, and the colours of clothes, hair and eyes."""
    body, age = person.body, float(np.clip(build.age + chance.normal(0, 2.5 if build.age < 20 else 4.0), 5, 82))
    body["sex"], body["age"] = build.sex, round(age, 1)
    shares = np.array([row[0] for row in _TOPS])
    _, color, cut, inner = _TOPS[int(chance.choice(len(_TOPS), p=shares / shares.sum()))]
    shade = chance.uniform(0.8, 1.15)
    body.color = (*(float(value * shade) for value in color), looks.CUTS[cut])
    body["inner"] = inner
    body["trousers"] = _pick(_TROUSERS, chance)
    body["shoes"] = _pick(_SHOES, chance)
    body["iris"] = _pick(_IRISES, chance)
    if person.hair is not None:
        person.hair.color = (*_hair_color(build.sex, age, chance), 1.0)
        person.hair["hat"] = _TEAM if chance.random() < 0.5 else _pick([color for _, color, _, _ in _TOPS], chance)


def _hair_color(sex: str, age: float, chance: np.random.Generator) -> tuple[float, ...]:
    color = np.array(_HAIR[int(chance.choice(len(_HAIR), p=_HAIR_SHARES))])
    if sex == "female" and chance.random() < 0.06:
        color = np.array(_RED)
    elif not (sex == "female" and chance.random() < 0.45):  # some dye it
        color = color + (np.array(_GREY) - color) * np.clip((age - chance.uniform(42, 62)) / 16, 0, 1)
    return tuple(float(value) for value in color)


def _cast(wardrobe: Wardrobe, chance: np.random.Generator) -> Iterator[tuple[Build, tuple[str, str, Any], str]]:
    """Everybody who comes, without end: builds as cards of a deck that is shuffled anew whenever it is through."""
    grown = [build for build in wardrobe.builds.values() for _ in range(1 if build.age < 15 else 2)]
    outfits = {build: _outfits(chance) for build in wardrobe.builds.values()}
    cuts = {build: _haircuts(build, chance) for build in wardrobe.builds.values()}
    while True:
        for index in chance.permutation(len(grown)):
            build = grown[index]
            outfit = outfits[build][int(chance.integers(len(outfits[build])))]
            yield build, outfit, cuts[build][int(chance.integers(len(cuts[build])))]


def _outfits(chance: np.random.Generator) -> list[tuple[str, str, tuple[float, float]]]:
    names, shares = list(_POSTURES), np.array(list(_POSTURES.values()), float)
    postures = chance.choice(names, _LOOKS_OF_A_BUILD, replace=False, p=shares / shares.sum())
    return [
        (
            str(chance.choice(["jumper", "shirt", "jacket"], p=[0.45, 0.25, 0.30])),
            str(posture),
            (round(float(chance.normal(0, 10))), round(float(chance.normal(2, 4)))),
        )
        for posture in postures
    ]


def _haircuts(build: Build, chance: np.random.Generator) -> list[str]:
    shares = _CUTS[build.sex, 0 if build.age < 20 else 1 if build.age < 50 else 2]
    odds = np.array(list(shares.values()), float)
    return [str(cut) for cut in chance.choice(list(shares), _CUTS_OF_A_BUILD, replace=False, p=odds / odds.sum())]


def _taken(chance: np.random.Generator, alive: set[tuple[int, int]]) -> list[Seat]:
    """The seats that are taken: all that the close-up shows, and in front hardly one is free."""
    places = seats()
    free = np.array([0.0 if (seat.row, seat.column) in alive else 0.4 + 0.15 * seat.row for seat in places])
    empty = set(chance.choice(len(places), len(places) - CHARACTERS, replace=False, p=free / free.sum()).tolist())
    return [seat for index, seat in enumerate(places) if index not in empty]


def _place(person: Person, seat: Seat, chance: np.random.Generator) -> None:
    x, y, z = seat.position
    person.rig.location = (x + chance.normal(0, 0.02), y + chance.normal(0, 0.01), z)
    person.rig.rotation_euler[2] = _toward(x, y) * 0.6 + chance.normal(0, 0.06)
    person.rig.scale = (float(chance.uniform(0.97, 1.03)),) * 3


def _name(seat: Seat) -> str:
    return f"Person {seat.row + 1:02d}-{seat.column + 1:02d}"


def _toward(x: float, y: float) -> float:
    """The turn about Z that makes something at (x, y), which faces -Y, face the watched spot."""
    return math.atan2(_WATCHED[0] - x, y - _WATCHED[1])


def _pick(colors: Any, chance: np.random.Generator) -> tuple[float, ...]:
    return tuple(float(value * chance.uniform(0.85, 1.15)) for value in colors[int(chance.integers(len(colors)))])
