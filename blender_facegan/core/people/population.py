"""Who is in the crowd: characters, their seeds, and the demographics they are drawn from."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .ages import AgeDistribution, Bands, Bell, ages_from_json, stage_shares
from .latents import Latent
from .skin_tones import SkinTones, skin_from_json

MAX_SEED = 2**32 - 1
_VERSION = 2
"""Of a mix that tells of skins; one that does not is of version 1, which older add-ons read."""


@dataclass(frozen=True)
class Recipe:
    """A character: what its face is made from.

    seed: 0 to 2^32 - 1. sex: -1 female to +1 male. age: years. labels: further labels of the model's card as pairs of
    name and value (a number, or the name of a class); one that is left out takes its neutral value. skin: the tone
    asked for, 1 to 10 (see `core.likeness.tone`), None for whatever comes. latent: stands in the seed's place for a
    person from a photograph; the seed then is `latents.latent_seed` of it, so that equal seeds are one person. Raises
    ValueError naming the field.
    """

    seed: int
    sex: float
    age: float
    labels: tuple[tuple[str, float | str], ...] = ()
    skin: float | None = None
    latent: Latent | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"the seed {self.seed} is not from 0 to {MAX_SEED}: choose one in that range")
        if not -1 <= self.sex <= 1:
            raise ValueError(f"the sex {self.sex} is not from -1 (female) to 1 (male)")
        if not math.isfinite(self.age):
            raise ValueError(f"the age {self.age} is not a number of years")
        if self.skin is not None and not 1 <= self.skin <= 10:
            raise ValueError(f"the skin tone {self.skin} is not from 1 (lightest) to 10 (darkest)")


def latents(seeds: Sequence[int], size: int, distribution: Literal["normal", "uniform"]) -> NDArray[np.float32]:
    """The characters' latents: float32 [N, size], each from its own seed alone (docs/model-format.md, "A character").

    They come from RandomState, the stream that numpy froze for ever. Raises ValueError for a seed outside 0 to 2^32 - 1
    and for a distribution that the contract does not know.
    """
    if distribution not in ("normal", "uniform"):
        raise ValueError(f"the latent distribution {distribution!r} is neither 'normal' nor 'uniform'")
    # Seeding a stream again takes 1 microsecond; making one takes 50 and gives the same numbers.
    stream = np.random.RandomState(0)
    result = np.empty((len(seeds), size), np.float32)
    for row, seed in zip(result, seeds, strict=True):
        stream.seed(seed)
        row[:] = stream.standard_normal(size) if distribution == "normal" else stream.uniform(-1.0, 1.0, size)
    return result


def character_seed(crowd_seed: int, key: str) -> int:
    """The seed of the character called `key`: 0 to 2^31 - 1, the range of a Blender integer property.

    It depends on nothing else, so adding, removing or reordering characters changes no other's face. BLAKE2b of the
    crowd seed and the key, which may be any Unicode.
    """
    return _hash(crowd_seed, key, b"seed") & (2**31 - 1)


@dataclass(frozen=True)
class Demographics:
    """What a crowd is drawn from: the share of women, 0 to 1, and the distribution of ages.

    skin: the distribution of skin tones; None for skins as the model comes with them. Raises ValueError for a share
    outside 0 to 1.
    """

    share_of_women: float
    ages: AgeDistribution
    skin: SkinTones | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share_of_women <= 1:
            raise ValueError(f"the share of women {self.share_of_women:g} is not from 0 to 1")

    def to_json(self) -> dict[str, Any]:
        """Plain values with a version, for `json.dumps` and `from_json`."""
        told = {"share_of_women": self.share_of_women, "ages": self.ages.to_json()}
        if self.skin is None:
            return {"version": 1, **told}
        return {"version": _VERSION, **told, "skin": self.skin.to_json()}

    @classmethod
    def from_json(cls, data: Any) -> "Demographics":
        """The demographics that `to_json` wrote down. Raises ValueError naming what is wrong."""
        if not isinstance(data, Mapping):
            raise ValueError("the demographics are not a JSON object")
        if type(data.get("version")) is not int or not 1 <= data["version"] <= _VERSION:
            version = data.get("version")
            raise ValueError(f"the demographics have the version {version!r}, not 1 to {_VERSION}: update the add-on")
        names = ("version", "share_of_women", "ages", "skin")[: 2 + data["version"]]
        if set(data) != set(names):
            raise ValueError(f"the demographics need exactly {', '.join(names[:-1])} and {names[-1]}")
        share = data["share_of_women"]
        if type(share) not in (int, float):
            raise ValueError(f"the share of women is not a number: {share!r}")
        return cls(share, ages_from_json(data["ages"]), skin_from_json(data["skin"]) if "skin" in data else None)


MIXES: Mapping[str, Demographics] = MappingProxyType(
    {
        "street": Demographics(0.5, Bands.of((3, 12, 8), (13, 19, 10), (20, 39, 38), (40, 64, 32), (65, 85, 12))),
        "stadium": Demographics(0.35, Bands.of((5, 12, 7), (13, 19, 12), (20, 39, 44), (40, 64, 31), (65, 80, 6))),
        "school": Demographics(0.5, Bands.of((6, 10, 40), (11, 14, 32), (15, 18, 22), (25, 62, 6))),
        "office": Demographics(0.47, Bell(mean=40, deviation=11, minimum=20, maximum=67)),
        "retirement_home": Demographics(0.68, Bands.of((22, 60, 15), (68, 79, 35), (80, 90, 50))),
    }
)
"""Ready mixes by name. They are plausible crowds for pictures, not statistics of a country."""


def draw(demographics: Demographics, crowd_seed: int, key: str) -> Recipe:
    """The character called `key`: its seed from `character_seed`, its sex and age from draws of its own.

    Nobody else matters, so the crowd may grow or shrink around it. The draws are kept when the demographics change: a
    higher share of women turns some men into women and leaves the rest as they are. Sex, age and skin are drawn apart
    from the seed, so they say nothing about the latent.
    """
    woman = _even(crowd_seed, key, b"sex") < demographics.share_of_women
    age = demographics.ages.at(_even(crowd_seed, key, b"age"))
    skin = demographics.skin.at(_even(crowd_seed, key, b"skin")) if demographics.skin is not None else None
    return Recipe(character_seed(crowd_seed, key), -1.0 if woman else 1.0, age, skin=skin)


@dataclass(frozen=True)
class Mix:
    """What a drawn crowd came out as.

    Every character is drawn alone, so the share of women of N characters strays from the one asked for by about
    sqrt(share * (1 - share) / N): 0.016 among 1,000. stages: shares of `ages.LIFE_STAGES`. An empty crowd has none.
    """

    share_of_women: float
    stages: tuple[float, ...]


def realised(recipes: Sequence[Recipe]) -> Mix:
    """The mix of the crowd as it is. A negative sex counts as a woman, 0 as half of one."""
    women = float(np.mean([(1 - np.sign(recipe.sex)) / 2 for recipe in recipes])) if recipes else 0.0
    return Mix(women, stage_shares([recipe.age for recipe in recipes]))


def _even(crowd_seed: int, key: str, purpose: bytes) -> float:
    """An even draw, 0 to below 1, with the 53 bits that a float holds."""
    return float((_hash(crowd_seed, key, purpose) >> 11) / 2**53)


def _hash(crowd_seed: int, key: str, purpose: bytes) -> int:
    # Blender's names may hold lone surrogates.
    message = f"{crowd_seed}:{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(message, digest_size=8, person=purpose).digest(), "little")
