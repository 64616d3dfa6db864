"""Distributions of age: each turns one even draw into an age in years."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from statistics import NormalDist
from typing import Any, ClassVar, NamedTuple

MAX_AGE = 120.0
"""Years; no distribution reaches beyond."""


@dataclass(frozen=True)
class Uniform:
    """Every age from `minimum` to `maximum` years is as likely.

    Raises ValueError for a range outside 0 to MAX_AGE.
    """

    minimum: float
    maximum: float
    kind: ClassVar[str] = "uniform"

    def __post_init__(self) -> None:
        _check_range(self.minimum, self.maximum)

    def at(self, share: float) -> float:
        """The age that the given share (0 to 1) of people is younger than."""
        return self.minimum + share * (self.maximum - self.minimum)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `ages_from_json`."""
        return {"kind": self.kind, **vars(self)}


@dataclass(frozen=True)
class Bell:
    """A normal distribution cut off at `minimum` and `maximum`, all in years.

    `mean` and `deviation` are those before the cut. Raises ValueError for a mean outside the range, a deviation that is
    not positive, or a range outside 0 to MAX_AGE.
    """

    mean: float
    deviation: float
    minimum: float
    maximum: float
    kind: ClassVar[str] = "bell"

    def __post_init__(self) -> None:
        _check_range(self.minimum, self.maximum)
        if not self.minimum <= self.mean <= self.maximum:
            raise ValueError(f"the mean age {self.mean:g} is not from {self.minimum:g} to {self.maximum:g} years")
        if not 0.01 <= self.deviation <= 1000:
            raise ValueError(f"the deviation {self.deviation:g} is not from 0.01 to 1000 years")

    def at(self, share: float) -> float:
        """The age that the given share (0 to 1) of people is younger than."""
        normal = NormalDist(self.mean, self.deviation)
        low, high = normal.cdf(self.minimum), normal.cdf(self.maximum)
        if high <= low:
            return self.mean
        probability = min(max(low + share * (high - low), 1e-12), 1 - 1e-12)
        return min(max(normal.inv_cdf(probability), self.minimum), self.maximum)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `ages_from_json`."""
        return {"kind": self.kind, **vars(self)}


@dataclass(frozen=True)
class Band:
    """Ages from `minimum` to `maximum` years, all as likely, and the band's weight beside the others'."""

    minimum: float
    maximum: float
    weight: float

    def __post_init__(self) -> None:
        _check_range(self.minimum, self.maximum)
        if not 0 <= self.weight <= 1e6:
            raise ValueError(f"the weight {self.weight:g} of an age band is not from 0 to 1,000,000")


@dataclass(frozen=True)
class Bands:
    """Weighted bands of age, such as children, teens, adults and seniors.

    Raises ValueError for no bands, for more than 100, and for weights that are all zero.
    """

    bands: tuple[Band, ...]
    kind: ClassVar[str] = "bands"

    def __post_init__(self) -> None:
        if not 1 <= len(self.bands) <= 100:
            raise ValueError(f"{len(self.bands)} age bands: give 1 to 100")
        if sum(band.weight for band in self.bands) <= 0:
            raise ValueError("the age bands all have the weight 0: give one of them more")

    @classmethod
    def of(cls, *bands: tuple[float, float, float]) -> "Bands":
        """Bands from (minimum, maximum, weight) triples."""
        return cls(tuple(Band(*band) for band in bands))

    def at(self, share: float) -> float:
        """The age at the given share (0 to 1) of people, counted band by band in their order."""
        total, weighty = self._weighty
        rest = share * total
        for band in weighty[:-1]:
            if rest < band.weight:
                break
            rest -= band.weight
        else:
            band = weighty[-1]
        return band.minimum + min(max(rest / band.weight, 0.0), 1.0) * (band.maximum - band.minimum)

    @cached_property
    def _weighty(self) -> tuple[float, list[Band]]:
        """The sum of the weights, and the bands that have any."""
        return sum(band.weight for band in self.bands), [band for band in self.bands if band.weight > 0]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `ages_from_json`."""
        return {
            "kind": self.kind,
            "bands": [[band.minimum, band.maximum, band.weight] for band in self.bands],
        }


AgeDistribution = Uniform | Bell | Bands


class LifeStage(NamedTuple):
    """A part of life, from `minimum` to below `limit` years."""

    name: str
    minimum: float
    limit: float


LIFE_STAGES = (
    LifeStage("Children", 0, 13),
    LifeStage("Teens", 13, 20),
    LifeStage("Adults", 20, 65),
    LifeStage("Seniors", 65, math.inf),
)
"""What crowds are summed up by; together they are all ages."""
_QUANTILES = 2000


def stage_shares(ages: Sequence[float]) -> tuple[float, ...]:
    """The share of people, 0 to 1, in each of LIFE_STAGES; all 0 for nobody."""
    return tuple(sum(stage.minimum <= age < stage.limit for age in ages) / max(len(ages), 1) for stage in LIFE_STAGES)


def asked_shares(ages: AgeDistribution) -> tuple[float, ...]:
    """The share of people, 0 to 1, that the distribution has in each of LIFE_STAGES, to within 0.001."""
    return stage_shares([ages.at((i + 0.5) / _QUANTILES) for i in range(_QUANTILES)])


def ages_from_json(data: Any) -> AgeDistribution:
    """The distribution that `to_json` wrote down. Raises ValueError naming what is wrong."""
    if not isinstance(data, Mapping):
        raise ValueError("the ages are not a JSON object")
    kind = {"uniform": Uniform, "bell": Bell, "bands": Bands}.get(str(data.get("kind")))
    if kind is None:
        raise ValueError(f"the kind of ages {data.get('kind')!r} is not uniform, bell or bands")
    names = [field.name for field in fields(kind)]
    if set(data) != {"kind", *names}:
        raise ValueError(f"ages of the kind {data['kind']} need exactly {', '.join(names)}")
    if kind is Bands:
        return _bands_from_json(data["bands"])
    found: AgeDistribution = kind(*(_number(data[name], name) for name in names))
    return found


def _bands_from_json(data: Any) -> Bands:
    if not isinstance(data, list) or not all(isinstance(band, list) and len(band) == 3 for band in data):
        raise ValueError("the age bands are not a list of [minimum, maximum, weight]")
    return Bands(tuple(Band(*(_number(value, "band") for value in band)) for band in data))


def _number(value: Any, name: str) -> float:
    if type(value) not in (int, float) or not abs(value) <= 1e9:
        raise ValueError(f"the {name} of the ages is not a number: {value!r}")
    return float(value)


def _check_range(minimum: float, maximum: float) -> None:
    if not (math.isfinite(minimum) and 0 <= minimum <= maximum <= MAX_AGE):
        raise ValueError(f"the ages {minimum:g} to {maximum:g} are not a range within 0 to {MAX_AGE:g} years")
