"""Any folder of photographs with a CSV of what its owner declares."""

from collections import Counter
from pathlib import Path

from trainer.data.sources.source import Listing, Photograph, files_under, is_text, list_table
from trainer.errors import UserError
from trainer.labels.declaration import SEX_AND_AGE, Declaration

TABLES = (".csv", ".tsv")
SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
OTHER_PICTURES = (
    *(".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".jfif", ".tga", ".psd", ".exr", ".hdr", ".svg"),
    *(".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".ppm", ".pgm", ".ico"),
)
"""What a folder of pictures may hold and is not read: it is counted, so that nobody misses it later."""


class Folder:
    """Photographs of one's own: a folder with one table whose columns are `file`, the declared labels', and any others.

    Where the folder holds several tables, the one called `labels` is meant. Without labels, and without a table, every
    picture in the folder and its sub-folders is taken.
    """

    provenance = None

    def __init__(self, declaration: Declaration = SEX_AND_AGE) -> None:
        self.declaration = declaration

    def read(self, folder: Path) -> Listing:
        """The photographs of the folder's table. Raises UserError for one that is missing or wrong."""
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder")
        # A hidden file beside a table is what another system keeps about it.
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        tables = [path for path in files if path.suffix.lower() in TABLES]
        chosen = tables if len(tables) == 1 else [table for table in tables if table.stem.lower() == "labels"]
        if len(chosen) == 1:
            return list_table(folder, chosen[0], self.declaration)
        columns = dict.fromkeys(label.column for label in self.declaration.in_table)
        if not columns:
            return every_picture(folder)
        told = f"{folder}: no labels.csv with the columns {', '.join(('file', *columns))}"
        if tables:
            raise UserError(f"{told}; there are {', '.join(table.name for table in tables)}: rename the right one")
        if sheet := next((path.name for path in files if path.suffix.lower() in SPREADSHEETS), ""):
            raise UserError(f"{told}; save {sheet} as CSV UTF-8")
        raise UserError(told)


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
