"""Who each character is: what is drawn, what was given or set by hand, and what is written down of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import bpy

from ...core.cast.member import CastMember
from ...core.people.ages import MAX_AGE
from ...core.people.latents import latent_seed
from ...core.people.population import Recipe, character_seed
from ..records import Character
from .characters import Skipped
from .latents import drop_person, latent_of
from .sources import Given

_DOUBT_MARK = "~"
"""Stands between what was drawn and the digest of the model that says which of its faces are broken."""
SEXES = {"FEMALE": -1.0, "MALE": 1.0}


@dataclass(frozen=True)
class Revision:
    """A change to characters that have a face.

    reroll: another person; seed: that person; years: the same person, so much older; person: that of a photograph.
    """

    reroll: bool = False
    years: float = 0.0
    seed: int | None = None
    person: CastMember | None = None

    @property
    def sets(self) -> frozenset[str]:
        """The properties that are set by hand from then on."""
        if self.person is not None:
            return frozenset(("sex", "age", "seed"))
        changes = (("seed", self.reroll or self.seed is not None), ("age", self.years != 0))
        return frozenset(name for name, changed in changes if changed)

    def apply(self, recipe: Recipe, key: str) -> Recipe:
        """The recipe that takes the place of `recipe`: the same again for the same character."""
        if self.person is not None:
            return _as_person(recipe, self.person)
        aged = replace(recipe, age=min(max(recipe.age + self.years, 0.0), MAX_AGE))
        if self.seed is None and not self.reroll:
            return aged
        seed = recipe.seed if self.seed is None else self.seed
        return replace(aged, seed=character_seed(seed, key) if self.reroll else seed, latent=None)

    def of(self, characters: Sequence[bpy.types.Object]) -> "tuple[Revisions, list[Skipped]]":
        """See `Change.of`: everybody's."""
        return {obj.session_uid: self for obj in characters}, []


Revisions = Mapping[int, Revision | None]
"""What is done to each character, by `session_uid`; None where it is drawn."""


class Change(Protocol):
    """What is done to characters, so that they are not drawn."""

    def of(self, characters: Sequence[bpy.types.Object]) -> tuple[Revisions, list[Skipped]]:
        """Whom it is done to, and who is left out and why."""
        ...


class Doubting(Protocol):
    """What of the settings tells whose broken faces are drawn again: see `scene.populate.settings.Settings`."""

    @property
    def doubt(self) -> str:
        """The digest of a model that says which of its faces are broken."""
        ...

    @property
    def refuses(self) -> bool:
        """Whether they are drawn again."""
        ...


def _as_person(recipe: Recipe, person: CastMember) -> Recipe:
    labels = tuple(sorted((dict(recipe.labels) | dict(person.labels)).items()))
    sex = -1.0 if person.sex < 0 else 1.0
    seed = latent_seed(person.latent)
    return Recipe(seed, sex, min(person.age, MAX_AGE), labels, person.skin, person.latent)


def current(record: Character, labels: tuple[tuple[str, float | str], ...]) -> Recipe:
    """What the character's face is made from. Raises ValueError for a damaged latent."""
    skin = record.skin_tone if record.skin_asked or record.skin_tone_by_hand else None
    latent = latent_of(record)
    seed = record.seed if latent is None else latent_seed(latent)
    return Recipe(seed, SEXES[record.sex], record.age, labels, skin, latent)


def may_draw_again(record: Character, origin: Recipe, given: Given, told: Doubting) -> bool:
    """Whether the character may still be given another seed than the drawn one, to be whole, and nobody else's double.

    That is so once, when its face is made for the first time. Later the same person may have been lit, framed, or aged.
    """
    pinned = record.seed_by_hand or bool(record.latent)
    return not pinned and given.seed is None and not _is_settled(record, origin, told)


def drawn(record: Character, origin: Recipe, given: Given, told: Doubting) -> Recipe:
    """What was drawn, where the object's data does not say and the artist has not set it by hand.

    Who was given another seed than the drawn one, to be whole, and nobody else's double, keeps that for as long as the
    same is drawn: nobody's face changes when the other leaves. A person from a photograph stays that person, with the
    skin of its own.
    """
    others: dict[str, Any] = {}
    if _is_settled(record, origin, told):
        others["seed"] = record.settled_seed
    others |= {name: value for name, value in given._asdict().items() if value is not None}
    latent = latent_of(record)
    if latent is not None:
        others |= {"seed": latent_seed(latent), "latent": latent, "skin": given.skin}
    elif record.seed_by_hand:
        others["seed"] = record.seed
    if record.sex_by_hand:
        others["sex"] = SEXES[record.sex]
    if record.age_by_hand:
        others["age"] = record.age
    if record.skin_tone_by_hand:
        others["skin"] = record.skin_tone
    # Of a crowd of thousands most are as they were drawn.
    return replace(origin, **others) if others else origin


def differs(recipe: Recipe, other: Recipe) -> bool:
    """Whether the one is another person than the other, or of another age or skin: Blender keeps these as float32."""
    if (recipe.seed, recipe.latent, recipe.sex) != (other.seed, other.latent, other.sex):
        return True
    if abs(recipe.age - other.age) > 1e-3:
        return True
    if recipe.skin is None or other.skin is None:
        return recipe.skin is not other.skin
    return abs(recipe.skin - other.skin) > 1e-3


def write_recipe(record: Character, recipe: Recipe, sets: frozenset[str]) -> None:
    """Shows what was drawn or revised, and leaves alone what was set by hand."""
    sex = "FEMALE" if recipe.sex < 0 else "MALE"
    # Of a crowd of thousands most are as they were, and each property that is set tells whoever looks on.
    for name, value in (("sex", sex), ("age", recipe.age), ("seed", recipe.seed)):
        by_hand = getattr(record, f"{name}_by_hand")
        if (not by_hand or name in sets) and getattr(record, name) != value:
            setattr(record, name, value)
        if getattr(record, f"{name}_by_hand") != (by_hand or name in sets):
            setattr(record, f"{name}_by_hand", by_hand or name in sets)
    if recipe.latent is None:
        drop_person(record)


def write_skin(record: Character, recipe: Recipe, seen: float) -> None:
    """Shows the tone of the skin of a new face: the one that was asked for, else the one that is seen in it."""
    by_hand, record.skin_asked = record.skin_tone_by_hand, recipe.skin is not None
    if not by_hand:
        record.skin_tone = seen if recipe.skin is None else recipe.skin
        record.skin_tone_by_hand = False


def keep_seed(record: Character, origin: Recipe, seed: int, doubt: str) -> None:
    """Notes down the seed that the character keeps while the same is drawn for it. doubt: as in `Settings`.

    What was drawn is compared in full. So a crowd that is drawn anew, from another seed or another mix, comes out as it
    would in a new file.
    """
    record.settled_for, record.settled_seed = _marked(origin, doubt), seed


def origin_mark(origin: Recipe, doubt: str = "") -> int:
    """What was drawn, as a number for an attribute: 1 to 2^31 - 1. Two draws have the same by a chance of 1 to 2^31."""
    return max(character_seed(0, _marked(origin, doubt)), 1)


def _is_settled(record: Character, origin: Recipe, told: Doubting) -> bool:
    """Whether the character has a seed to keep.

    Where a model's broken faces are refused, a seed that was settled on with another model says nothing of them.
    """
    before, _, doubt = record.settled_for.partition(_DOUBT_MARK)
    return before == _told(origin) and (not told.refuses or doubt == told.doubt)


def _marked(origin: Recipe, doubt: str) -> str:
    return f"{_told(origin)}{_DOUBT_MARK}{doubt}" if doubt else _told(origin)


def _told(recipe: Recipe) -> str:
    skin = f":{recipe.skin:.3f}" if recipe.skin is not None else ""
    return f"{recipe.seed}:{recipe.sex:g}:{recipe.age:.3f}{skin}"
