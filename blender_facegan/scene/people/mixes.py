"""The mix of people in a scene's settings: read, replaced, and what it came out as."""

from collections.abc import Iterable, Sequence
from typing import Any

import bpy

from ...core.people.ages import LIFE_STAGES, AgeDistribution, Band, Bands, Bell, Uniform, asked_shares
from ...core.people.population import MIXES, Demographics, Recipe, realised
from ...core.people.skin_tones import SKINS, SkinTones
from ..records import crowd_of

GROUPS = ("Women", *(stage.name for stage in LIFE_STAGES))
"""What shares are told of, in the order in which a scene keeps them."""
READY = tuple(name.upper() for name in MIXES)
"""The names of the ready mixes."""
_OFFERED = ((2, 12, 12), (13, 19, 12), (20, 64, 60), (65, 85, 16))
"""Children, teenagers, adults and seniors in about the shares of a European town: (minimum, maximum, weight)."""


def ages_from(
    kind: str, limits: tuple[float, float], bell: tuple[float, float], bands: Iterable[Any]
) -> AgeDistribution:
    """The distribution of that kind: UNIFORM, BELL or BANDS.

    limits: youngest and oldest. bell: mean and deviation. bands: with `minimum`, `maximum` and `weight`. All in years.
    Raises ValueError for values that do not fit together.
    """
    if kind == "UNIFORM":
        return Uniform(*limits)
    if kind == "BELL":
        return Bell(*bell, *limits)
    return Bands(tuple(Band(band.minimum, band.maximum, band.weight) for band in bands))


def skin_from(kind: str, weights: Sequence[float]) -> SkinTones | None:
    """The distribution of skin tones of that kind: MODEL for none, WEIGHTS, or one of SKINS.

    Raises ValueError for weights that are all zero.
    """
    if kind == "MODEL":
        return None
    return SkinTones(tuple(weights)) if kind == "WEIGHTS" else SKINS[kind.lower()]


def scene_mix(scene: bpy.types.Scene) -> Demographics:
    """The scene's mix. Raises ValueError for values that do not fit together."""
    settings: Any = crowd_of(scene)
    limits, bell = (settings.age_minimum, settings.age_maximum), (settings.age_mean, settings.age_spread)
    ages = ages_from(settings.ages, limits, bell, settings.age_bands)
    return Demographics(settings.share_of_women / 100, ages, skin_from(settings.skin, settings.skin_weights))


def apply_mix(scene: bpy.types.Scene, mix: Demographics) -> None:
    """Puts the mix into the scene's settings. What it says nothing of stays as it is."""
    settings: Any = crowd_of(scene)
    settings.share_of_women = mix.share_of_women * 100
    ages = mix.ages
    if isinstance(ages, Bands):
        settings.age_bands.clear()
        for band in ages.bands:
            _add(settings, band.minimum, band.maximum, band.weight)
    else:
        settings.age_minimum, settings.age_maximum = ages.minimum, ages.maximum
    if isinstance(ages, Bell):
        settings.age_mean, settings.age_spread = ages.mean, ages.deviation
    settings.ages = ages.kind.upper()
    if mix.skin is not None:
        ready = next((name for name, skin in SKINS.items() if skin == mix.skin), None)
        if ready is None:
            settings.skin_weights = mix.skin.weights
        settings.skin = ready.upper() if ready is not None else "WEIGHTS"


def add_band(scene: bpy.types.Scene) -> None:
    """Adds a band of ages above those there are."""
    settings: Any = crowd_of(scene)
    youngest = min(max((band.maximum for band in settings.age_bands), default=-1.0) + 1, 110.0)
    _add(settings, youngest, min(youngest + 9, 120.0), 10.0)


def remove_band(scene: bpy.types.Scene, index: int) -> None:
    """Takes the band away again."""
    settings: Any = crowd_of(scene)
    settings.age_bands.remove(index)


def offer_bands(self: Any, _context: bpy.types.Context) -> None:
    """An update function for the kind of ages: nobody who chooses bands finds none."""
    if isinstance(self.id_data, bpy.types.Scene) and self.ages == "BANDS" and not self.age_bands:
        for band in _OFFERED:
            _add(self, *band)


def note_mix(scene: bpy.types.Scene, asked: Demographics, recipes: Sequence[Recipe]) -> None:
    """Notes down what was asked for and what the crowd came out as, for the panel to show."""
    settings: Any = crowd_of(scene)
    record = settings.realised
    record.count = len(recipes)
    record.made, record.asked = compared(asked, recipes)


def compared(asked: Demographics, recipes: Sequence[Recipe]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The shares of GROUPS that the crowd came out as, and those that were asked for, each 0 to 1."""
    mix = realised(recipes)
    return (mix.share_of_women, *mix.stages), (asked.share_of_women, *asked_shares(asked.ages))


def _add(settings: Any, minimum: float, maximum: float, weight: float) -> None:
    band = settings.age_bands.add()
    band.minimum, band.maximum, band.weight = minimum, maximum, weight
