"""`trainer generate`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from trainer.errors import UserError
from trainer.inference import open_generator
from trainer.people import People, read_people

CHUNK = 256


@dataclass(frozen=True)
class Generate:
    """Draw the faces of a list of people: an .npz, or a folder of PNGs.

    The CSV has the columns seed,sex,age. The .npz holds images uint8 [N,H,W,3], seed, sex and age.

    Example: python -m trainer generate --model faces.facegan --people people.csv --out faces.npz
    """

    model: Path
    """A .facegan file, a run folder or a checkpoint."""
    people: Path
    """The CSV of seed,sex,age."""
    out: Path
    """faces.npz, or a folder for PNGs named by row and seed."""

    def run(self) -> None:
        """Draw and write."""
        people = read_people(self.people)
        draw = open_generator(self.model)
        chunks = []
        for start in tqdm(range(0, len(people.seed), CHUNK), unit="batch", disable=len(people.seed) <= CHUNK):
            part = slice(start, start + CHUNK)
            chunks.append(draw(people.seed[part], people.sex[part], people.age[part]))
        images = np.concatenate(chunks)
        try:
            write_faces(self.out, images, people)
        except OSError as error:
            raise UserError(f"{self.out}: cannot be written ({error.strerror}); choose another --out") from error
        print(f"{self.out}: {len(images)} faces of {draw.resolution} px")


def write_faces(out: Path, images: np.ndarray, people: People) -> None:
    """Write the faces as one .npz, or as PNGs into a folder."""
    if out.suffix == ".npz":
        out.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(out, images=images, seed=people.seed, sex=people.sex, age=people.age)
        return
    out.mkdir(parents=True, exist_ok=True)
    for row, (image, seed) in enumerate(zip(images, people.seed, strict=True)):
        Image.fromarray(image).save(out / f"{row:06d}-{seed}.png")
