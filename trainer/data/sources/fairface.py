"""FairFace: Flickr photographs with age group, sex and race, balanced by race."""

from pathlib import Path

from trainer.data.sources.source import Listing, Provenance, list_table
from trainer.labels.declaration import Declaration, declared

AGE_GROUPS = Declaration((declared({"name": "sex"}), declared({"name": "age", "column": "age_group"})))


class FairFace:
    """A folder of FairFace pictures with `labels.csv`: file, age_group, sex, race.

    Race is the set's own word; it is kept for auditing and is no label.
    """

    provenance = Provenance(
        title="FairFace",
        licence="CC-BY-4.0",
        attribution="FairFace (Kärkkäinen and Joo, WACV 2021), photographs from Flickr's Creative Commons pool "
        "(YFCC-100M)",
    )

    def read(self, folder: Path) -> Listing:
        """The photographs of `folder/labels.csv`. Raises UserError for a table that is missing or wrong."""
        return list_table(folder, folder / "labels.csv", AGE_GROUPS)
