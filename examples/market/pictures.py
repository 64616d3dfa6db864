"""The market's pictures: from a clone of the Grocery Store Dataset to a folder that `trainer prepare` reads.

    git clone --depth 1 https://github.com/marcusklasson/GroceryStoreDataset
    python -m examples.market.pictures GroceryStoreDataset --out market-pictures

Fruit and vegetables alone, as they were photographed in shops, each with what it is; cartons are left out. Klasson,
Zhang and Kjellström, A Hierarchical Grocery Store Image Dataset with Visual and Semantic Labels, WACV 2019; MIT.
"""

import argparse
import csv
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

SHELVES = ("Fruit", "Vegetables")
PARTS = ("train.txt", "val.txt", "test.txt")
LICENCE = "LICENSE"
DECLARATION = """\
[[labels]]
name = "produce"
kind = "classes"
"""


class PicturesError(Exception):
    """Why there are no pictures, in one line."""


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Lay out the Grocery Store Dataset's fruit and vegetables.")
    parser.add_argument("clone", type=Path, help="a clone of github.com/marcusklasson/GroceryStoreDataset")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures and their table")
    chosen = parser.parse_args(arguments)
    try:
        count = lay_out(chosen.clone, chosen.out)
    except (PicturesError, OSError) as error:
        print(f"pictures: {error}", file=sys.stderr)
        return 2
    print(f"{count:,} pictures in {chosen.out}")
    return 0


def lay_out(clone: Path, out: Path) -> int:
    """Copies the pictures and writes labels.csv, labels.toml and the licence beside them. Returns how many there are.

    Raises PicturesError where `clone` is no clone of the dataset, or `out` holds something.
    """
    dataset = clone / "dataset"
    for needed in (clone / LICENCE, dataset / "classes.csv", *(dataset / part for part in PARTS)):
        if not needed.is_file():
            raise PicturesError(f"{needed}: missing; clone github.com/marcusklasson/GroceryStoreDataset, and name that")
    if out.is_dir() and any(out.iterdir()):
        raise PicturesError(f"{out}: is not empty; name another folder")
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(clone / LICENCE, out / LICENCE)
    (out / "labels.toml").write_text(DECLARATION, encoding="utf-8")
    count = 0
    with (out / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("file", "produce", "variety"))
        for picture, produce in listed(dataset):
            # Parts hold pictures of the same names.
            name = f"{picture.parts[0]}-{picture.name}"
            shutil.copyfile(dataset / picture, out / name)
            table.writerow((name, produce, picture.parts[-2].lower()))
            count += 1
    return count


def listed(dataset: Path) -> Iterator[tuple[Path, str]]:
    """Each picture of fruit or vegetables, relative to the folder `dataset`, and what it shows: "apple"."""
    with (dataset / "classes.csv").open(encoding="utf-8", newline="") as file:
        kinds = {row["Coarse Class ID (int)"]: row["Coarse Class Name (str)"].lower() for row in csv.DictReader(file)}
    for part in PARTS:
        for line in (dataset / part).read_text(encoding="utf-8").splitlines():
            picture, _, kind = (cell.strip() for cell in line.split(","))
            if Path(picture).parts[1] in SHELVES:
                yield Path(picture), kinds[kind]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
