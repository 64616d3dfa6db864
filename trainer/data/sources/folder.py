"""Any folder of photographs with a CSV of what its owner declares."""

from pathlib import Path

from trainer.data.sources.source import Listing, Photograph
from trainer.data.sources.tables import list_table
from trainer.errors import UserError
from trainer.labels.declaration import SEX_AND_AGE, Declaration

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


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
        return Listing(every_picture(folder))


def every_picture(folder: Path) -> list[Photograph]:
    """The pictures under `folder`, by name. Raises UserError where there are none."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES and path.is_file())
    if not found:
        raise UserError(f"{folder}: holds no pictures ({', '.join(PICTURES)})")
    return [Photograph(path.relative_to(folder).as_posix()) for path in found]
