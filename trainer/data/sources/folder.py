"""Any folder of photographs with a CSV of what its owner declares."""

from collections import Counter
from pathlib import Path

from trainer.data.sources.source import Listing, Photograph, files_under, is_text, list_table
from trainer.errors import UserError
from trainer.labels.declaration import SEX_AND_AGE, Declaration

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
OTHER_PICTURES = (
    *(".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".jfif", ".tga", ".psd", ".exr", ".hdr", ".svg"),
    *(".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".ppm", ".pgm", ".ico"),
)
"""What a folder of pictures may hold and is not read: it is counted, so that nobody misses it later."""


class Folder:
    """Photographs of one's own: a folder with one CSV whose columns are `file`, the declared labels', and any others.

    Where the folder holds several CSV files, the one called `labels.csv` is meant. Without labels, and without a CSV,
    every picture in the folder and its sub-folders is taken.
    """

    provenance = None

    def __init__(self, declaration: Declaration = SEX_AND_AGE) -> None:
        self.declaration = declaration

    def read(self, folder: Path) -> Listing:
        """The photographs of the folder's CSV. Raises UserError for a table that is missing or wrong."""
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder")
        tables = sorted(folder.glob("*.csv"))
        if len(tables) != 1:
            tables = [table for table in tables if table.name == "labels.csv"]
        if tables:
            return list_table(folder, tables[0], self.declaration)
        columns = dict.fromkeys(label.column for label in self.declaration.in_table)
        if columns:
            raise UserError(f"{folder}: no labels.csv with the columns {', '.join(('file', *columns))}")
        return every_picture(folder)


def every_picture(folder: Path) -> Listing:
    """The pictures under `folder`, by name; those of other endings are counted. Raises UserError where there are none.

    Names that are not UTF-8 are counted, too: no table could hold them.
    """
    photographs, left_out = [], Counter[str]()
    for path in files_under(folder):
        ending = path.suffix.lower()
        if ending in OTHER_PICTURES:
            left_out[f"{ending}, which is not read: save it as .png or .jpg"] += 1
        elif ending in PICTURES and not is_text(path):
            left_out["a name that is not UTF-8: rename it"] += 1
        elif ending in PICTURES:
            photographs.append(Photograph(path.relative_to(folder).as_posix()))
    if not photographs:
        others = "".join(f"; {count} {rule}" for rule, count in left_out.items())
        raise UserError(f"{folder}: holds no pictures ({', '.join(PICTURES)}){others}")
    return Listing(photographs, dict(left_out))
