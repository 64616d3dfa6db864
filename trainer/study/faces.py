"""The pictures of a study: held-out photographs, as many made faces of the same sexes and ages, attention checks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.evaluation.sources import GenerateFaces, seeds
from trainer.labels.people import sex_and_age_bins
from trainer.pictures import Pixels
from trainer.study.design import (
    AGE_LIMITS,
    AGE_NAMES,
    CHECK_MILLISECONDS,
    PARTS,
    SEX_NAMES,
    STRATA,
    Deck,
    Options,
    Picture,
    Question,
    draw_decks,
)

INK = (20, 20, 20)
ENLARGED = 4
"""Drawn this many times larger, then reduced, for smooth edges."""


def drawn_face(side: int, rng: np.random.Generator) -> Pixels:
    """A round cartoon face, uint8 [side, side, 3]."""
    canvas = side * ENLARGED
    tint = [int(value) for value in rng.integers(120, 230, 3)]
    picture = Image.new("RGB", (canvas, canvas), (tint[0], tint[1], tint[2]))
    pen = ImageDraw.Draw(picture)
    unit = canvas / 100
    smile = int(rng.integers(20, 70))
    head = (int(rng.integers(235, 256)), int(rng.integers(190, 230)), int(rng.integers(60, 130)))
    pen.ellipse([10 * unit, 8 * unit, 90 * unit, 94 * unit], fill=head, outline=(30, 30, 30), width=int(2 * unit))
    for x in (35, 65):
        pen.ellipse([(x - 5) * unit, 34 * unit, (x + 5) * unit, 46 * unit], fill=INK)
    pen.arc([28 * unit, 40 * unit, 72 * unit, 78 * unit], 90 - smile, 90 + smile, fill=INK, width=int(4 * unit))
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS), np.uint8)


def instruction(side: int, lines: tuple[str, ...]) -> Pixels:
    """Words on a plain ground, as large as fits, uint8 [side, side, 3]."""
    canvas = side * ENLARGED
    picture = Image.new("RGB", (canvas, canvas), (238, 238, 232))
    pen = ImageDraw.Draw(picture)
    text = "\n".join(lines)
    probe = 40
    left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font=ImageFont.load_default(probe))
    size = probe * 0.88 * canvas / max(right - left, bottom - top)
    pen.multiline_text(
        (canvas / 2, canvas / 2),
        text,
        fill=INK,
        font=ImageFont.load_default(size),
        anchor="mm",
        align="center",
    )
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS), np.uint8)


class CheckPictures:
    """The checks of a study: its questions by part, and the pictures that they show, numbered from `first`.

    `photographs` uint8 [K, side, side, 3] stand beside the drawn faces of pairs; a single study needs none.
    """

    def __init__(self, options: Options, first: int, photographs: Pixels, rng: np.random.Generator) -> None:
        self._options = options
        self._first = first
        self._side = photographs.shape[1]
        self._photographs = list(photographs)
        self._rng = rng
        self.pictures: list[Picture] = []
        self.images: list[Pixels] = []
        self.questions: dict[str, list[Question]] = {
            part: [self._check(part, number) for number in range(options.checks(part))] for part in PARTS
        }

    def _add(self, image: Pixels, what: str) -> int:
        self.pictures.append(Picture("check", origin={"check": what}))
        self.images.append(image)
        return self._first + len(self.images) - 1

    def _told(self, *lines: str) -> int:
        return self._add(instruction(self._side, lines), " ".join(lines))

    def _check(self, part: str, number: int) -> Question:
        if part == "real":
            return self._pair(number) if self._options.protocol == "pair" else self._single(number)
        if part == "labels":
            sex = SEX_NAMES[(number + int(self._rng.integers(2))) % 2]
            group = AGE_NAMES[int(self._rng.integers(len(AGE_NAMES)))]
            return Question((self._told("ANSWER", sex.upper(), group),), expected=f"{sex} {group}")
        answer = ("yes", "no")[(number + int(self._rng.integers(2))) % 2]
        return Question((self._told("ANSWER", answer.upper()),), expected=answer)

    def _milliseconds(self) -> int | None:
        return max(CHECK_MILLISECONDS, *self._options.show_for) if self._options.show_for else None

    def _single(self, number: int) -> Question:
        time = self._milliseconds()
        if number % 2 == 0:
            return Question((self._add(drawn_face(self._side, self._rng), "drawn"),), time, "made")
        # Drawn faces ask for "made", so most of those who are told are told the other.
        answer, word = ("made", "MADE") if number % 6 == 5 else ("photograph", "PHOTO")
        return Question((self._told("ANSWER", word),), time, answer)

    def _pair(self, number: int) -> Question:
        if number % 2 == 0 and self._photographs:
            right = self._add(self._photographs.pop(), "photograph beside a drawn face")
            wrong = self._add(drawn_face(self._side, self._rng), "drawn")
        else:
            right, wrong = self._told("CHOOSE", "THIS"), self._told("NOT", "THIS")
        return Question((right, wrong), self._milliseconds(), right)


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
