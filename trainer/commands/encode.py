"""`trainer encode`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from trainer.data.sources.folder import PICTURES
from trainer.drawing.encoders import likeness_in_words
from trainer.drawing.inference import open_model
from trainer.encoder.cast.cast_file import Cast, cast_sheet, check_ending, model_digest, write_cast
from trainer.encoder.cast.casting import encode_people, find_faces, gone_on_with, likenesses_of
from trainer.encoder.photographs.people_table import Sitter, check_sitter, parse_age, parse_sex, read_sitters
from trainer.encoder.photographs.reading import Studio, sitter_labels
from trainer.errors import UserError
from trainer.files import make_folder, write_bytes
from trainer.pictures import Pixels
from trainer.ranges import Within


@dataclass(frozen=True)
class Encode:
    """Turn photographs of people who agreed to it into a cast that Blender takes in: a likeness, not a portrait.

    Example: python -m trainer encode PHOTOS --model faces.facegan --table people.csv --out cast.csv --sheet cast.png

    The table has the columns file, sex, age and consent (who agreed, and when), and name where somebody has several
    photographs. Without one, all photographs are of one person, who is told of by --sex, --age and --consent, or asked
    for. No photograph is kept but in the sheet, if one is asked for.
    """

    photographs: tyro.conf.Positional[tuple[Path, ...]]
    """A folder of photographs, or photographs of one person."""
    model: Path
    """A .facegan file with an encoder."""
    out: Path
    """The cast: cast.csv or cast.safetensors."""
    table: Path | None = None
    """Who is on which photograph."""
    name: str = ""
    """Without a table: what the person is called."""
    sex: str = ""
    """Without a table: female or male."""
    age: str = ""
    """Without a table: the age on the photographs, in years."""
    consent: str = ""
    """Without a table: who has agreed to this use, and when."""
    optimise: Annotated[int, Within(0, 100_000)] = 0
    """Steps by which each likeness is improved after the encoder's answer; a hundred take some seconds a person."""
    sheet: Path | None = None
    """A PNG of every person: photograph, likeness, from 10 to 80, as the other sex."""
    leave_out: bool = False
    """Leave out photographs in which no face can be used, instead of stopping."""
    workers: Annotated[int, Within(0, 4096)] = 0
    """Processes that look for faces; 0: one a core."""
    quiet: bool = False
    """No progress bar."""

    def run(self) -> None:
        """Encode, and write the cast."""
        check_ending(self.out)
        make_folder(self.out.parent, "choose another --out")
        model, generator = open_model(self.model)
        likenesses, labels = likenesses_of(model, generator, self.model), generator.labels
        studio = Studio.of(model.card)
        sitters, faces = self.found(self.sitters(), studio)
        matrices = [
            sitter_labels([sitter] * len(own), labels, own, studio.geometry)
            for sitter, own in zip(sitters, faces, strict=True)
        ]
        matrix = np.stack([own.mean(axis=0) for own in matrices])
        vectors = encode_people(likenesses, faces, matrix)
        if self.optimise:
            vectors = gone_on_with(likenesses, faces, matrix, vectors, self.optimise)
        write_cast(self.out, Cast(sitters, labels, matrix, vectors, model_digest(self.model)))
        if self.sheet is not None:
            write_bytes(self.sheet, cast_sheet(likenesses, faces, matrix, vectors, labels))
        print(f"{self.out}: {len(sitters)} people from {sum(map(len, faces))} photographs: likenesses, not portraits")
        if likeness := likeness_in_words(model.card):
            print(f"with this model {likeness}")

    def sitters(self) -> list[Sitter]:
        """The people of the table, or the one person who is told of. Raises `UserError`."""
        if self.table is not None:
            if len(self.photographs) != 1 or not self.photographs[0].is_dir():
                raise UserError("with --table, give the folder of the photographs")
            return read_sitters(self.table, self.photographs[0])
        files = photographs_in(self.photographs)
        sex = parse_sex(asked("sex", self.sex, "female or male"))
        age = parse_age(asked("age", self.age, "in years, on the photographs"))
        consent = asked("consent", self.consent, "who has agreed to this use, and when")
        sitter = Sitter(self.name or files[0].stem, sex, age, consent, files)
        check_sitter(sitter, "the person")
        return [sitter]

    def found(self, sitters: list[Sitter], studio: Studio) -> tuple[list[Sitter], list[Pixels]]:
        """The people whose faces were found, and each one's pictures uint8 [N, S, S, 3]. Raises `UserError`."""
        paths = [path for sitter in sitters for path in sitter.photographs]
        shots = iter(find_faces(paths, studio, self.workers, quiet=self.quiet))
        kept, faces = [], []
        for sitter in sitters:
            own = [next(shots) for _ in sitter.photographs]
            for problem in (shot.problem for shot in own if shot.face is None):
                if not self.leave_out:
                    raise UserError(f"{problem}; or leave such photographs out with --leave-out")
                print(f"left out: {problem}", file=sys.stderr)
            if pictures := [shot.face for shot in own if shot.face is not None]:
                kept.append(sitter)
                faces.append(np.stack(pictures))
            else:
                print(f"left out: {sitter.name}, of whom no photograph can be used", file=sys.stderr)
        if not kept:
            raise UserError("no photograph is left; give frontal ones of one person each")
        return kept, faces


def photographs_in(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The photographs that these are, or that lie in this folder. Raises `UserError` where there are none."""
    if len(paths) == 1 and paths[0].is_dir():
        paths = tuple(sorted(path for path in paths[0].iterdir() if path.suffix.lower() in PICTURES))
    if not paths:
        raise UserError("no photograph is given; name some, or a folder that holds some")
    if missing := [path for path in paths if not path.is_file()]:
        raise UserError(f"{missing[0]}: no such photograph")
    return paths


def asked(name: str, given: str, what: str) -> str:
    """An option's value, or what the user types where none was given. Raises `UserError` where nobody can type."""
    if given.strip():
        return given
    if not sys.stdin.isatty():
        raise UserError(f"--{name} is missing ({what}); give it, or a --table")
    return input(f"{name} ({what}): ")
