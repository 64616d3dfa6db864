"""The faces of a study: held-out photographs, and as many made faces of the same sexes and ages."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.evaluation.people import GenerateFaces, seeds
from trainer.labels.people import sex_and_age_bins
from trainer.pictures import Pixels
from trainer.study.check_pictures import CheckPictures
from trainer.study.design import AGE_LIMITS, AGE_NAMES, SEX_NAMES, STRATA, Deck, Options, Picture, draw_decks


@dataclass(frozen=True)
class Draft:
    """A study before it is written: `pictures`, their pixels uint8 [M, H, H, 3], and the decks of indices into them."""

    pictures: list[Picture]
    images: Pixels
    decks: list[Deck]


def strata_of(dataset: Dataset) -> NDArray[np.int64]:
    """The sex and age group of every picture as one number, as `Picture.stratum`."""
    return sex_and_age_bins(dataset.people.sex, dataset.people.middle, AGE_LIMITS)


def choose_photographs(dataset: Dataset, per_stratum: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows of held-out photographs, `per_stratum` for each sex and age group, at most one of each burst of shots.

    Raises `UserError` where there are too few of one, with the number that would do.
    """
    by_stratum: dict[int, list[int]] = {stratum: [] for stratum in range(STRATA)}
    seen: set[int] = set()
    strata, sex = strata_of(dataset), dataset.people.sex
    for row in rng.permutation(np.flatnonzero(dataset.held_out)):
        if sex[row] == 0 or int(dataset.group[row]) in seen:
            continue
        seen.add(int(dataset.group[row]))
        by_stratum[int(strata[row])].append(int(row))
    stratum, fewest = min(((s, len(rows)) for s, rows in by_stratum.items()), key=lambda entry: entry[1])
    if fewest < per_stratum:
        person = f"{SEX_NAMES[stratum % 2]}, {AGE_NAMES[stratum // 2]}"
        remedy = f"give --faces {STRATA * fewest} or fewer" if fewest else "such a dataset cannot be balanced"
        raise UserError(
            f"the dataset holds {fewest} held-out photographs of people who are {person}; {STRATA * per_stratum} faces "
            f"need {per_stratum}; {remedy}"
        )
    return np.array([row for rows in by_stratum.values() for row in rows[:per_stratum]], np.int64)


def draft(dataset: Dataset, generate: GenerateFaces, options: Options, rng: np.random.Generator) -> Draft:
    """Photographs from the held-out split, for each a made face of the same sex and age, and checks.

    Raises `UserError` where the dataset has too few.
    """
    options.refuse_nonsense()
    rows = choose_photographs(dataset, options.faces // STRATA, rng)
    count = len(rows)
    people, strata = dataset.people[rows], strata_of(dataset)[rows]
    sex = np.where(people.sex > 0, 1.0, -1.0).astype(np.float32)
    age = rng.uniform(people.low, people.high).astype(np.float32)
    drawn = seeds(count, rng)
    made = generate(drawn, sex, age)
    pictures: list[Picture] = []
    for index, row in enumerate(rows):
        person = (int(sex[index] > 0), int(strata[index]) // 2)
        origin = {"file": dataset.files[row], "row": int(row)}
        pictures.append(Picture("photograph", *person, count + index, origin))
    for index in range(count):
        origin = {"seed": int(drawn[index]), "sex": float(sex[index]), "age": round(float(age[index]), 2)}
        pictures.append(Picture("made", pictures[index].sex, pictures[index].group, index, origin))
    spare = _spare_photographs(dataset, rows, options.checks("real"), rng)
    checks = CheckPictures(options, len(pictures), dataset.images[spare], rng)
    pictures += checks.pictures
    images = np.concatenate([np.asarray(dataset.images[rows], np.uint8), made, np.stack(checks.images)])
    return Draft(pictures, images, draw_decks(pictures, checks.questions, options, rng))


def _spare_photographs(
    dataset: Dataset, used: NDArray[np.int64], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Held-out photographs for the checks of pairs: none that is shown as a question."""
    others = np.setdiff1d(np.flatnonzero(dataset.held_out), used)
    return rng.permutation(others)[:count]
