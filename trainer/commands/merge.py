"""`trainer merge`: several prepared datasets become one."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from trainer.commands.prepare import report, split_to_keep
from trainer.data.packing import QUALITY
from trainer.data.prepare.merging import Merger, merge
from trainer.data.prepare.preparation import pack
from trainer.data.prepare.workspace import PACK
from trainer.errors import UserError


@dataclass(frozen=True)
class Merge:
    """Join prepared datasets of one size and the same labels into one.

    Example: python -m trainer merge FAIRFACE PORTRAITS --out DATASET --most PORTRAITS=0.5

    Each is taken as the decisions beside it leave it. Pictures of the same shot or person are looked for across all of
    them, and stay on one side of the split: held out is what was held out before, with all that is like it.
    """

    datasets: tyro.conf.Positional[tuple[Path, ...]]
    """folders of prepared datasets, two or more"""
    out: Path
    """folder of the merged dataset, made if it is missing"""
    most: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=SHARE ...")] = ()
    """largest share of a bin (of sex, age and other balanced labels) that a dataset may have, by its folder's name"""
    similarity: float = 0.66
    """correlation of looks from which two pictures are near-duplicates"""
    same_person: float = 0.25
    """distance of face embeddings below which they are, too; 0 leaves embeddings out"""
    split_of: Path | None = None
    """a dataset whose split is kept: what was trained on there is not held out, what was held out stays so"""
    seed: int = 0
    """draws the pictures that are left out over a share"""
    pack: bool = False
    """also write the dataset as one small file, for carrying to another machine"""
    pack_quality: int = QUALITY
    """JPEG quality of the packed pictures, 1 to 95"""
    overwrite: bool = False
    """replace a dataset of other options in --out"""

    def run(self) -> None:
        """Merge the datasets and print what became of them."""
        merger = Merger(self.similarity, self.same_person, shares(self.most), self.seed, split_to_keep(self.split_of))
        metadata = merge(self.datasets, self.out, merger, self.overwrite)
        print(report(metadata))
        if self.pack and not (self.out / PACK).exists():
            print(f"packed: {pack(self.out, self.pack_quality)}")


def shares(words: tuple[str, ...]) -> dict[str, float]:
    """The shares of `NAME=SHARE` words by name. Raises UserError for a word that is none."""
    found = {}
    for word in words:
        name, _, share = word.rpartition("=")
        try:
            found[name] = float(share) if name else float("nan")
        except ValueError:
            found[name] = float("nan")
        if math.isnan(found[name]):
            raise UserError(f"{word!r}: give a dataset's name and its share, such as PORTRAITS=0.5")
    return found
