"""Pictures that test attention: a drawn face, which nobody takes for a photograph, and an instruction to read."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from trainer.pictures import Pixels
from trainer.study.design import AGE_NAMES, CHECK_MILLISECONDS, PARTS, SEX_NAMES, Options, Picture, Question

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
