"""`trainer review` as it is typed."""

import csv
import io
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.trainer.review.conftest import WRONG_SEX, write_dataset
from trainer.cli import main
from trainer.data.dataset import Dataset, open_dataset
from trainer.data.decisions import Decision, DecisionFile, decisions_beside, read_decisions

QUICK = ["--folds", "2", "--images", "2048", "--device", "cpu"]


@pytest.fixture
def folder(flawed: Dataset, tmp_path: Path) -> Path:
    return write_dataset(flawed, tmp_path / "discs")


def test_the_list_goes_round_through_a_spreadsheet(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", str(folder), "--list", "--kind", "sex", "--count", "3", *QUICK]) == 0
    shown = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert rows[0]["file"] == f"{WRONG_SEX}.png"
    assert rows[0]["kind"] == "sex"
    assert "suspects" in shown.err
    assert not decisions_beside(folder).exists()
    right = "female" if rows[0]["sex"] == "male" else "male"
    table = tmp_path / "decided.csv"
    table.write_text(f"file,action,value\n{rows[0]['file']},sex,{right}\n1.png,,\n2.png,drop,\n", encoding="utf-8")
    assert main(["review", str(folder), "--apply", str(table), "--who", "ana"]) == 0
    assert "2 of 2 decisions taken" in capsys.readouterr().out
    dataset = open_dataset(folder)
    assert "2.png" not in dataset.files
    assert dataset.people.sex[dataset.files.index(f"{WRONG_SEX}.png")] == (1 if right == "male" else -1)
    assert main(["review", str(folder), "--list", "--kind", "sex", "--count", "1", *QUICK]) == 0
    shown = capsys.readouterr()
    assert next(csv.DictReader(io.StringIO(shown.out)))["decision"] == f"sex {right}"
    assert "decided by ana 2" in shown.err


def test_two_peoples_files_are_joined_once(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "bo.jsonl"
    file = DecisionFile(other)
    file.append([Decision("bo", "2024-05-01T10:00:00+00:00", "3.png", "drop")])
    file.close()
    for taken in (1, 0):
        assert main(["review", str(folder), "--apply", str(other)]) == 0
        assert f"{taken} of 1 decisions taken" in capsys.readouterr().out
    assert [decision.who for decision in read_decisions(decisions_beside(folder))[0]] == ["bo"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("file,action\n1.png,dorp\n", "line 2: action 'dorp'"),
        ("file,action,value\n1.png,drop,\n2.png,age,old\n", "line 3: age 'old'"),
        ("file,value\n1.png,3\n", "no column action"),
        (None, "no such file"),
    ],
)
def test_a_table_that_makes_no_sense_is_told_and_nothing_is_taken(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, problem: str
) -> None:
    table = tmp_path / "decided.csv"
    if text is not None:
        table.write_text(text, encoding="utf-8")
    assert main(["review", str(folder), "--apply", str(table)]) == 2
    assert problem in capsys.readouterr().err
    assert read_decisions(decisions_beside(folder)) == ([], 0)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--list", "--kind", "none", *QUICK], "kind 'none': this dataset has label, sex"),
        (["--list", "--count", "0", *QUICK], "--count 0"),
        (["--folds", "1"], "--folds 1"),
        (["--photographs", "nowhere", *QUICK], "no such folder"),
    ],
)
def test_a_mistake_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], problem: str
) -> None:
    assert main(["review", str(folder), *words]) == 2
    assert f"trainer review: error: {problem}" in capsys.readouterr().err.replace("nowhere: ", "")


def test_the_page_is_served_until_it_is_stopped(folder: Path) -> None:
    words = [sys.executable, "-m", "trainer", "review", str(folder), "--port", "0", "--threads", "1", *QUICK]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        assert program.stdout is not None
        line = next(line for line in program.stdout if line.startswith("review: open "))
        with urllib.request.urlopen(line.split()[2], timeout=20) as answer:
            assert b"<title>Review</title>" in answer.read()
        program.terminate()
    assert program.returncode != 0
