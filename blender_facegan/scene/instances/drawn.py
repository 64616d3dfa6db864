"""Who each instance is: what is drawn for it, what its data says, and the seed that it keeps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.request import Faces
from ...core.errors import CrowdError
from ...core.people.population import Recipe, draw
from ...core.people.values import read_age, read_seed, read_sex, read_skin
from ..people.labels import read_labels
from ..people.recipes import origin_mark
from ..populate.settings import Settings
from .point_data import KEPT_FOR, KEPT_SEED, Carrier, converted, identities

Kept = tuple[int, int]
"""What was drawn when a seed was noted down (`recipes.origin_mark`), and that seed."""


@dataclass(frozen=True)
class DrawnPoints:
    """One carrier as it was looked at; its characters have the uids from `first` on.

    origins: what is drawn for each, as `recipes.origin_mark` tells it. kept: the seed that each keeps so far.
    may_change: who may be given another seed than the drawn one, to be whole, and nobody else's double.
    """

    uid: int
    name: str
    key: str
    first: int
    recipes: Sequence[Recipe]
    identities: Sequence[int]
    keeps_identities: bool
    origins: Sequence[int]
    kept: Sequence[Kept]
    may_change: Sequence[bool]
    is_single: bool

    @property
    def uids(self) -> range:
        """Of its characters."""
        return range(self.first, self.first + len(self.recipes))

    def key_of(self, i: int) -> str:
        """What the seed of a character derives from."""
        return _key(self.key, self.identities[i], self.is_single)

    def called(self, uid: int) -> str:
        """How an artist is told which instance it is."""
        return self.name if self.is_single else rpt_("{}, point {}").format(self.name, uid - self.first)

    def people(self, faces: Faces) -> list[Recipe]:
        """Whom the characters are, now that their faces are made."""
        return [faces.recipe(uid, recipe) for uid, recipe in enumerate(self.recipes, self.first)]

    def kept_seeds(self, faces: Faces, recipes: Sequence[Recipe]) -> list[Kept]:
        """The seeds that the characters keep, now that their faces are made with regard to each other."""
        return [
            (origin, recipe.seed) if may and faces.places[uid].fresh else before
            for uid, (origin, recipe, may, before) in enumerate(
                zip(self.origins, recipes, self.may_change, self.kept, strict=True), self.first
            )
        ]


def draw_points(one: Carrier, key: str, first: int, settings: Settings) -> DrawnPoints:
    """Looks at a carrier and changes nothing. Raises CrowdError.

    Who shares an identity is one person on purpose, and is never given another seed. The seed that one point keeps
    holds for all of its identity, so that points which other tools make anew keep their faces.
    """
    sources, known = settings.sources, identities(one, settings.sources.identity)
    sexes = _column(one, sources.sex, lambda value: read_sex(value, sources.sex_values))
    ages, seeds = _column(one, sources.age, read_age), _column(one, sources.seed, read_seed)
    skins = _column(one, sources.skin, read_skin)
    chosen = tuple(sorted(dict([*settings.crowd_labels, *read_labels(one.obj, settings.labels)]).items()))
    before = _kept(one)
    by_identity = {(identity, origin): seed for identity, (origin, seed) in zip(known, before, strict=True) if origin}
    times = Counter(known)
    recipes, origins, may_change = [], [], []
    for i, identity in enumerate(known):
        drawn = draw(settings.demographics, settings.crowd_seed, _key(key, identity, one.is_single))
        origin = origin_mark(drawn, settings.doubt)
        kept = by_identity.get((identity, origin))
        if kept is None and not settings.refuses:
            kept = by_identity.get((identity, origin_mark(drawn)))
        seed = seeds[i] if seeds is not None else drawn.seed if kept is None else kept
        sex = sexes[i] if sexes is not None else drawn.sex
        age = ages[i] if ages is not None else drawn.age
        skin = skins[i] if skins is not None else drawn.skin
        # Attributes are float32; so is the face, then, and what it was made with can be told from them.
        tone = float(np.float32(skin)) if skin is not None else None
        recipes.append(Recipe(seed, float(np.float32(sex)), float(np.float32(age)), chosen, tone))
        origins.append(origin)
        may_change.append(seeds is None and kept is None and times[identity] == 1 and settings.settles)
    return DrawnPoints(
        one.obj.session_uid,
        one.obj.name,
        key,
        first,
        recipes,
        known,
        not sources.identity,
        origins,
        before,
        may_change,
        one.is_single,
    )


def check_names(found: Sequence[Carrier], settings: Settings) -> None:
    """Raises CrowdError for a name that nobody has. One that only some have is no mistake: the others are drawn."""
    sources = settings.sources
    for what, name in (("sex", sources.sex), ("age", sources.age), ("seed", sources.seed), ("skin", sources.skin)):
        if name and all(one.read(name) is None for one in found):
            names = ", ".join(one.obj.name for one in found[:4])
            raise CrowdError(
                rpt_("no attribute or property {} for the {}").format(name, what), rpt_("check the name"), names
            )


def _key(key: str, identity: int, is_single: bool) -> str:
    return key if is_single else f"{key}/{identity}"


def _column(one: Carrier, name: str, read: Any) -> list[Any] | None:
    return converted(one, name, read) if name else None


def _kept(one: Carrier) -> list[Kept]:
    origins, seeds = one.read(KEPT_FOR), one.read(KEPT_SEED)
    if origins is None or seeds is None:
        return [(0, 0)] * one.count
    return [(origin, seed) if origin > 0 <= seed else (0, 0) for origin, seed in zip(origins, seeds, strict=True)]
