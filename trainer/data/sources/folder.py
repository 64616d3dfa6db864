"""Any folder of photographs with a CSV of file, sex and age."""

from pathlib import Path

from trainer.data.sources.source import Listing
from trainer.data.sources.tables import list_table
from trainer.errors import UserError


class Folder:
    """Photographs of one's own: a folder with one CSV whose columns are `file`, `sex`, `age`, and any others.

    Where the folder holds several CSV files, the one called `labels.csv` is meant.
    """

    provenance = None

    def read(self, folder: Path) -> Listing:
        """The photographs of the folder's CSV. Raises UserError for a table that is missing or wrong."""
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder")
        tables = sorted(folder.glob("*.csv"))
        if len(tables) != 1:
            tables = [table for table in tables if table.name == "labels.csv"]
        if not tables:
            raise UserError(f"{folder}: no labels.csv with the columns file, sex, age")
        return list_table(folder, tables[0], {"file": "file", "sex": "sex", "age": "age"})
