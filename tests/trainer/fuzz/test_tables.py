"""Whatever stands in a table: it is read, or refused in one line that names the file."""

import random
from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.trainer.fuzz.conftest import damaged
from trainer.data.sources.folder import Folder
from trainer.data.sources.imdb_wiki import ImdbWiki
from trainer.drawing.people import read_people
from trainer.errors import UserError
from trainer.labels.declaration import read_declaration
from trainer.labels.people import SEX_AND_AGE
from trainer.review.table import take_decisions

NUMBERS = ["", *["0", "1", "-1", "2", "34", "20-29", "20-999", "1_0", "nan", "inf", "1e5", "３４", "70+", "34,5"]]
WORDS = [*["f", "woman", "a.jpg", "../a.jpg", "/a.jpg", "ä"], "C:\\a.jpg", '"', '""', '"a', "\0", "\ufeff"]
STRANGE = [*NUMBERS, *WORDS, "a\nb", "x" * 140_000, "-" * 50]
FITTING = {"file": "a.jpg", "sex": "f", "age": "20-29", "seed": "7", "action": "drop", "note": "any"}
FURTHER = ["File", "sex ", "", "age", "who", "when", "ä", "note"]
TABLES = 300


def table(dice: random.Random) -> bytes:
    """A table that is nearly right, by chance even right."""
    header = dice.choice([["file", "sex", "age"], ["seed", "sex", "age"], ["file", "action"], []])
    header = header + dice.sample(FURTHER, dice.choice([0, 0, 1, 3]))

    def cell(name: str) -> str:
        return dice.choice(STRANGE) if dice.random() < 0.1 else FITTING.get(name, "")

    rows = [header, *([cell(name) for name in header] for _ in range(dice.randint(0, 2)))]
    separator, quoted = dice.choice([",", ";", "\t", "|"]), dice.random() < 0.5
    lines = [separator.join(f'"{cell}"' if quoted and '"' not in cell else cell for cell in row) for row in rows]
    text = dice.choice(["\n", "\r\n", "\r"]).join(lines) + "\n"
    return text.encode(dice.choice(["utf-8", "utf-8-sig", "utf-16", "latin-1"]), "replace")


def told(error: UserError, path: Path) -> bool:
    """Whether the error is one line about the file."""
    return "\n" not in str(error).replace(str(path), "") and path.name in str(error) and len(str(error)) < 1000


def test_a_table_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    dice = random.Random(17)
    refusals = []
    for _ in range(TABLES):
        (tmp_path / "labels.csv").write_bytes(table(dice))
        for read in (
            lambda: Folder().read(tmp_path),
            lambda: read_people(tmp_path / "labels.csv", SEX_AND_AGE),
            lambda: take_decisions(tmp_path / "labels.csv", tmp_path / "decisions.jsonl", "me"),
        ):
            try:
                read()
            except UserError as error:
                refusals.append(error)
    assert all(told(error, tmp_path / "labels.csv") for error in refusals)
    assert TABLES < len(refusals) < 3 * TABLES - 20


def test_a_declaration_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.toml"
    good = b"""[[labels]]
name = "sex"
cells = { 0 = "female", 1 = "male" }
[[labels]]
name = "height"
kind = "number"
minimum = 140
maximum = 210
groups = [160, 180]
[[labels]]
name = "hair"
kind = "classes"
classes = ["dark", "fair"]
balanced = false
"""
    swaps = [
        b"nan",
        b"1e999",
        b"[]",
        b"{}",
        b'"x"',
        b"-1",
        b"true",
        b"9" * 5000,
        b"[[1]]",
        b'["a", "a"]',
        b"1979-05-27",
    ]
    values = [
        b'"sex"',
        b'{ 0 = "female", 1 = "male" }',
        b'"number"',
        b"140",
        b"[160, 180]",
        b'["dark", "fair"]',
        b"false",
    ]
    versions = [good.replace(value, swap) for value in values for swap in swaps]
    refusals, taken = [], 0
    for content in (good, *versions, *damaged(good, 17, 200)):
        path.write_bytes(content)
        try:
            read_declaration(path)
            taken += 1
        except UserError as error:
            refusals.append(error)
    assert taken > 0
    assert all(path.name in str(error) for error in refusals)


def test_a_matlab_table_that_is_cut_short_is_refused_in_one_line(tmp_path: Path) -> None:
    boxes = np.empty((1, 3), object)
    boxes[0, :] = [np.array([[0, 0, 100, 100]]), np.zeros((1, 0)), np.array([[0, 0, 100, 100]])]
    record = {
        "dob": np.array([[715000, 9_999_999, 0]]),
        "photo_taken": np.array([[1990, 1990, 1990]]),
        "full_path": np.array([["a.jpg", "../b.jpg", "c.jpg"]], object),
        "gender": np.array([[1.0, 0.0, np.nan]]),
        "face_location": boxes,
        "face_score": np.array([[3.0, 3.0, 3.0]]),
        "second_face_score": np.full((1, 3), np.nan),
    }
    path = tmp_path / "wiki.mat"
    savemat(path, {"wiki": record})
    good = path.read_bytes()
    refusals = []
    for content in (b"", b"MATLAB", *(good[: len(good) * part // 40] for part in range(40))):
        path.write_bytes(content)
        try:
            ImdbWiki().read(tmp_path)
        except UserError as error:
            refusals.append(error)
    assert refusals
    assert all(path.name in str(error) for error in refusals)
