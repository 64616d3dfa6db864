"""IMDB-WIKI: a Matlab table of celebrities' photographs, chosen by the rules of the 2016 paper."""

import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.io import loadmat

from trainer.data.sources.source import Listing, Photograph, Provenance, is_file, is_inside
from trainer.errors import UserError

FIELDS = ("dob", "photo_taken", "full_path", "gender", "face_location", "face_score", "second_face_score")
TABLES = ("wiki.mat", "imdb.mat")
MATLAB_TO_PYTHON = 366
"""A Matlab datenum counts from year 0, a Python ordinal from year 1, and year 0 is a leap year."""
FIRST_DATENUM = 367
LAST_DATENUM = MATLAB_TO_PYTHON + dt.date.max.toordinal()
LEAST_SCORE = 1.0
LEAST_AREA = 3600.0
AGES = (10, 100)
"""Sanche 2016: a score above 1, a face of more than 60 x 60 pixels, an age between 10 and 100, no second face."""
T = TypeVar("T")
DATED_NAME = re.compile(r"_(\d{4})-(\d{1,2})-(\d{1,2})_(\d{4})\.jpg$")


@dataclass(frozen=True)
class Rows:
    """The table's columns, [N] each. `born` is a Matlab datenum; `area` the face's box in square pixels."""

    born: npt.NDArray[np.int64]
    taken: npt.NDArray[np.int64]
    path: list[str]
    male: npt.NDArray[np.float64]
    area: npt.NDArray[np.float64]
    score: npt.NDArray[np.float64]
    second_score: npt.NDArray[np.float64]


class ImdbWiki:
    """A folder with `wiki.mat` or `imdb.mat` and the pictures that it names.

    Rows are left out, and counted, by the first rule that they break: `second_face`, `sex` (unknown), `score` (minus
    infinity where no face was found), `box`, `date` (no date of birth), `age`, `path` (out of the folder), `missing`
    (no such file). Where a file's
    name tells another birthday or year than the table, the row is kept and the disagreement is counted.
    """

    provenance = Provenance(
        title="IMDB-WIKI",
        licence="LicenseRef-IMDB-WIKI-research",
        attribution="IMDB-WIKI (Rothe, Timofte and Van Gool, IJCV 2018)",
    )

    def read(self, folder: Path) -> Listing:
        """The photographs that the folder's table lists. Raises UserError for a table that is missing or wrong."""
        tables = [folder / name for name in TABLES if (folder / name).is_file()]
        if len(tables) != 1:
            found = "both" if tables else "neither"
            raise UserError(f"{folder}: give a folder with wiki.mat or imdb.mat; this one has {found}")
        rows = read_rows(tables[0])
        left_out = dict.fromkeys(("second_face", "sex", "score", "box", "date", "age", "path", "missing"), 0)
        remarks = {"name tells another birthday": 0, "name tells another year": 0, "name tells no dates": 0}
        photographs = []
        for index in range(len(rows.path)):
            rule = broken_rule(rows, index)
            if rule is None and not is_inside(rows.path[index]):
                rule = "path"
            if rule is None and not is_file(folder / rows.path[index]):
                rule = "missing"
            if rule is not None:
                left_out[rule] += 1
                continue
            if remark := disagreement(rows, index):
                remarks[remark] += 1
            photographs.append(photograph(rows, index))
        if not photographs:
            reasons = ", ".join(f"{count} {rule}" for rule, count in left_out.items() if count)
            raise UserError(f"{tables[0]}: none of its {len(rows.path)} rows can be used ({reasons})")
        return Listing(photographs, left_out, remarks)


def read_rows(table: Path) -> Rows:
    """The columns of a Matlab table, read in a process of its own. Raises UserError where it is none of IMDB-WIKI's.

    scipy trusts the lengths that a file tells: a damaged one can end the process that reads it.
    """
    return apart(rows_of, table)


def apart(read: Callable[[Path], T], table: Path) -> T:
    """What `read`, a module's function, makes of the table in a process that may die of it. Raises UserError."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        try:
            return process.submit(read, table).result()
        except BrokenProcessPool:
            raise UserError(f"{table}: is damaged, so that reading it fails; get the file anew") from None


def rows_of(table: Path) -> Rows:
    """The columns of a Matlab table, read in this process. Raises UserError where it is none of IMDB-WIKI's."""
    try:
        record = loadmat(table)[table.stem][0, 0]
        columns: dict[str, Any] = {name: np.ravel(record[name]) for name in FIELDS}
        boxes = np.array([_box(box) for box in columns["face_location"]], np.float64).reshape(-1, 4)
        rows = Rows(
            born=_whole(columns["dob"]),
            taken=_whole(columns["photo_taken"]),
            path=[_text(path) for path in columns["full_path"]],
            male=columns["gender"].astype(np.float64),
            area=(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]),
            score=columns["face_score"].astype(np.float64),
            second_score=columns["second_face_score"].astype(np.float64),
        )
        lengths = {len(getattr(rows, item.name)) for item in fields(rows)}
    except OSError as error:
        raise UserError(f"{table}: cannot be read ({error.strerror or error})") from error
    except Exception as error:  # scipy raises a dozen unrelated types on a file that is no table, or is cut short
        raise UserError(f"{table}: is no table of IMDB-WIKI ({type(error).__name__}: {error})") from error
    if len(lengths) > 1:
        raise UserError(f"{table}: is no table of IMDB-WIKI: its columns have {sorted(lengths)} rows")
    return rows


def _box(value: Any) -> npt.NDArray[np.float64]:
    """A face's box, or nan where the cell holds none."""
    try:
        box = np.ravel(np.asarray(value, np.float64))[:4]
    except (TypeError, ValueError):
        box = np.empty(0)
    return box if len(box) == 4 else np.full(4, np.nan)


def _text(value: Any) -> str:
    """A path, or nothing where the cell holds none."""
    cell = np.ravel(value)
    return str(cell[0]).replace("\\", "/") if len(cell) and isinstance(cell[0], str) else ""


def _whole(column: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """A column of dates as whole numbers; 0 where a cell holds none."""
    values = np.nan_to_num(column.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(values, 0, 10**9).astype(np.int64)


def birth(rows: Rows, index: int) -> dt.date:
    """The date of birth of a row whose datenum is at least `FIRST_DATENUM`."""
    return dt.date.fromordinal(int(rows.born[index]) - MATLAB_TO_PYTHON)


def age_of(rows: Rows, index: int) -> int:
    """The year of the photograph less the year of birth."""
    return int(rows.taken[index]) - birth(rows, index).year


def broken_rule(rows: Rows, index: int) -> str | None:
    """The first rule that a row breaks, or None."""
    if not np.isnan(rows.second_score[index]):
        return "second_face"
    if rows.male[index] not in (0.0, 1.0):
        return "sex"
    if not rows.score[index] > LEAST_SCORE:
        return "score"
    if not rows.area[index] > LEAST_AREA:
        return "box"
    if not FIRST_DATENUM <= rows.born[index] <= LAST_DATENUM:
        return "date"
    if not AGES[0] < age_of(rows, index) < AGES[1]:
        return "age"
    return None


def disagreement(rows: Rows, index: int) -> str | None:
    """How the dates in a file's name differ from the table's, or None."""
    match = DATED_NAME.search(rows.path[index])
    if match is None:
        return "name tells no dates"
    year, month, day, taken = map(int, match.groups())
    if taken != rows.taken[index]:
        return "name tells another year"
    born = birth(rows, index)
    return None if (year, month, day) == (born.year, born.month, born.day) else "name tells another birthday"


def photograph(rows: Rows, index: int) -> Photograph:
    """A row as a photograph."""
    age, sex = float(age_of(rows, index)), 1.0 if rows.male[index] else -1.0
    return Photograph(rows.path[index], {"sex": (sex, sex), "age": (age, age + 1)})
