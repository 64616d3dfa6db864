"""How good likenesses are: on people of whom there are two photographs, by a face descriptor that took no part.

Nobody of them is trained on. Distances are those of `trainer.evaluation.judges.identity`.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from trainer.data.faces.alignment import Geometry
from trainer.encoder.drawing import Likenesses, with_column
from trainer.evaluation.judges.identity import describe
from trainer.evaluation.judges.judge import Judgement, judge
from trainer.pictures import Pixels

Floats = NDArray[np.floating]
STRANGERS = 0.05
"""Quantile of strangers' distances below which two pictures count as of one person: nearer than 19 of 20."""
OF = 10
"""From how many people the right one is to be picked."""
STEP = 10.0
"""Years by which a person is made older and younger."""


@dataclass(frozen=True)
class Pairs:
    """Two photographs of each person, uint8 [N, S, S, 3], and the raw labels [N, C] of the first."""

    first: Pixels
    second: Pixels
    labels: NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """How near made faces are to the people they are made for.

    `to_photograph`, `to_other`: median distance to the photograph that they were made from, and to the other one of the
    same person. `found`: share of people whose face is nearer to their other photograph than 19 of 20 other people's
    faces are. `picked`: how often the right one of ten is nearest to it.
    """

    to_photograph: float
    to_other: float
    found: float
    picked: float


@dataclass(frozen=True)
class Edits:
    """What becomes of people who are made ten years older and younger, and of the other sex.

    `kept`: share of the edits by ten years that are nearer to the unedited than 19 of 20 strangers' photographs are to
    each other; `apart` the median distance; `years` how far the judge's age moves, of the ten; `sex` how often it takes
    those of the other sex for that.
    """

    kept: float
    apart: float
    years: float
    sex: float


def distances(one: Floats, other: Floats) -> Floats:
    """Distances [N, M] of descriptors [N, D] and [M, D]."""
    return np.asarray(np.linalg.norm(one[:, None].astype(np.float64) - other[None], axis=2))


def likeness_of(made: Pixels, pairs: Pairs, geometry: Geometry) -> Likeness:
    """How near `made` [N, S, S, 3], made from the first photographs, is to the people of `pairs`."""
    described = describe(made, geometry)
    own = np.linalg.norm(described - describe(pairs.first, geometry), axis=1)
    cross = distances(described, describe(pairs.second, geometry))
    nearer = strangers_nearer(cross)
    others = len(cross) - 1
    return Likeness(
        to_photograph=float(np.median(own)),
        to_other=float(np.median(np.diag(cross))),
        found=float((nearer < STRANGERS * others).mean()),
        picked=float(picked_of(nearer, others).mean()),
    )


def strangers_nearer(cross: Floats) -> NDArray[np.int64]:
    """How many strangers' faces [N] are nearer to a person's photograph (the column) than the person's own is."""
    return np.asarray((cross < np.diag(cross)[None]).sum(axis=0), np.int64)


def picked_of(nearer: NDArray[np.int64], others: int, of: int = OF) -> Floats:
    """How likely [N] none of `of` - 1 strangers, drawn from `others`, is one of those that are nearer."""
    return np.asarray(comb(others - nearer, of - 1) / comb(others, of - 1))


def photographs_apart(pairs: Pairs, geometry: Geometry) -> dict[str, float]:
    """What photographs themselves score: two of one person, two of strangers, and the strangers' 5 % quantile."""
    first, second = describe(pairs.first, geometry), describe(pairs.second, geometry)
    cross = distances(first, second)
    strangers = cross[~np.eye(len(cross), dtype=bool)]
    return {
        "same_person": float(np.median(np.diag(cross))),
        "strangers": float(np.median(strangers)),
        "strangers_5": float(np.quantile(strangers, STRANGERS)),
        **{
            key: value
            for key, value in asdict(likeness_of(pairs.first, pairs, geometry)).items()
            if key != "to_photograph"
        },
    }


def years_read(pictures: Pixels, ages: NDArray[np.floating], geometry: Geometry) -> float:
    """How far the judge's age moves for `STEP` years between people on pictures [N, S, S, 3]; 0 for those of one age.

    It pulls ages towards the middle, on photographs as well: what it sees of edits is to be compared with this.
    """
    if np.ptp(ages) < STEP:
        return 0.0
    return float(STEP * np.polyfit(ages, Judgement.of(judge(pictures, geometry)).age, 1)[0])


def edits_of(
    likenesses: Likenesses,
    vectors: Floats,
    matrix: NDArray[np.float32],
    columns: tuple[int, int],
    near: float,
    geometry: Geometry,
) -> Edits:
    """The edits of people with these vectors and labels; `columns` are those of sex and age, `near` a distance."""
    sex, age = columns
    asked = [with_column(matrix, age, matrix[:, age] + years) for years in (0.0, STEP, -STEP)]
    asked.append(with_column(matrix, sex, -matrix[:, sex]))
    plain, older, younger, swapped = (likenesses.pictures(vectors, own) for own in asked)
    before, after = describe(plain, geometry), [describe(made, geometry) for made in (older, younger)]
    apart = np.concatenate([np.linalg.norm(made - before, axis=1) for made in after])
    read = [Judgement.of(judge(made, geometry)) for made in (older, younger, swapped)]
    years = (read[0].age - read[1].age) / 2.0
    right = (read[2].male > 0.5) == (matrix[:, sex] < 0)
    return Edits(float((apart < near).mean()), float(np.median(apart)), float(years.mean()), float(right.mean()))
