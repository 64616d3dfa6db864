"""UTKFace: photographs whose file names tell age, sex and race."""

import re
from pathlib import Path

from trainer.data.sources.folder import OTHER_PICTURES, PICTURES
from trainer.data.sources.source import Listing, Photograph, Provenance, files_under, is_text
from trainer.errors import UserError
from trainer.labels.sex_and_years import OLDEST

# age_sex_race_date.jpg; the aligned edition adds `.chip` before the ending.
NAME = re.compile(r"([0-9]{1,3})_([01])_([0-4])_([0-9]+)(?:\.jpg)?(?:\.chip)?\.jpg", re.IGNORECASE)
RACES = ("White", "Black", "Asian", "Indian", "Others")


class UtkFace:
    """A folder of UTKFace pictures, sub-folders included; there is no table.

    In the names 0 is male and 1 female. Left out and counted are names that lack a field, of which the published set
    has three, ages that nobody reaches, and pictures of another ending.
    """

    provenance = Provenance(
        title="UTKFace",
        licence="LicenseRef-UTKFace-non-commercial-research",
        attribution="UTKFace (Zhang, Song and Qi, CVPR 2017)",
    )

    def read(self, folder: Path) -> Listing:
        """The photographs under `folder`. Raises UserError where there are none."""
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder")
        photographs, left_out = [], {"name": 0, "age": 0, "ending": 0}
        for path in files_under(folder):
            if path.suffix.lower() != ".jpg":
                left_out["ending"] += path.suffix.lower() in (*PICTURES, *OTHER_PICTURES)
                continue
            match = NAME.fullmatch(path.name) if is_text(path) else None
            if match is None:
                left_out["name"] += 1
            elif float(match[1]) > OLDEST:
                left_out["age"] += 1
            else:
                photographs.append(photograph(path.relative_to(folder).as_posix(), match))
        if not photographs:
            raise UserError(f"{folder}: holds no pictures named age_sex_race_date.jpg, as UTKFace's are")
        return Listing(photographs, left_out)


def photograph(file: str, name: re.Match[str]) -> Photograph:
    """The photograph whose name matched."""
    age = float(name[1])
    sex = 1.0 if name[2] == "0" else -1.0
    return Photograph(file, {"sex": (sex, sex), "age": (age, age + 1)}, {"race": RACES[int(name[3])]})
