"""`trainer generate`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from trainer.drawing.inference import open_generator
from trainer.drawing.people import People, drawn_things, read_people
from trainer.errors import UserError
from trainer.files import make_folder, whole, write_bytes
from trainer.labels.label import Label
from trainer.pictures import png

CHUNK = 256


@dataclass(frozen=True)
class Generate:
    """Draw the faces of a list of people: an .npz, or a folder of PNGs.

    The CSV has the columns seed,sex,age, and may have those of the model's further labels; for a model without sex and
    age, seed and its labels. The .npz holds images uint8 [N,H,W,3], seed, and each label: a class by its name.

    Example: python -m trainer generate --model faces.facegan --people people.csv --out faces.npz
    """

    model: Path
    """A .facegan file, a run folder or a checkpoint."""
    people: Path
    """The CSV of seed,sex,age and further labels."""
    out: Path
    """faces.npz, or a folder for PNGs named by row and seed."""

    def run(self) -> None:
        """Draw and write."""
        draw = open_generator(self.model)
        check_place(self.out)
        people = read_people(self.people, draw.labels)
        chunks = []
        for start in tqdm(range(0, len(people.seed), CHUNK), unit="batch", disable=len(people.seed) <= CHUNK):
            part = people.part(slice(start, start + CHUNK))
            chunks.append(draw.draw(part.seed, part.values))
        images = np.concatenate(chunks)
        write_faces(self.out, images, people, draw.labels)
        print(f"{self.out}: {drawn_things(len(images), draw.labels)} of {draw.resolution} px")


def write_faces(out: Path, images: np.ndarray, people: People, labels: Sequence[Label]) -> None:
    """Write the faces as one .npz, or as PNGs into a folder."""
    if out.suffix == ".npz":
        asked: dict[str, Any] = {label.name: label.in_words(people.values[label.name]) for label in labels}
        with whole(out) as unfinished, unfinished.open("wb") as file:
            np.savez_compressed(file, images=images, seed=people.seed, **asked)
        return
    for row, (image, seed) in enumerate(zip(images, people.seed, strict=True)):
        write_bytes(out / f"{row:06d}-{seed}.png", png(image, made=True))


def check_place(out: Path) -> None:
    """Raises `UserError`, before the work, where the faces could not be written."""
    if out.suffix == ".npz" and out.is_dir():
        raise UserError(f"{out}: is a folder; choose another --out")
    make_folder(out.parent if out.suffix == ".npz" else out, "choose another --out")
