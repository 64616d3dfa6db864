"""Decisions while people are at work."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from trainer.data.decisions import Standing, read_decisions, standing
from trainer.errors import UserError
from trainer.review.ledger import Ledger

FILES = [f"{number}.jpg" for number in range(10)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "decisions.jsonl"


def stands(ledger: Ledger, row: int) -> Standing | None:
    found = ledger.standing(row)
    return None if found is None else found[0]


def test_what_stands_is_what_a_new_reader_of_the_file_finds(path: Path) -> None:
    ledger = Ledger(path, FILES)
    ledger.decide("ana", [1, 2], "drop")
    ledger.decide("bo", [2], "sex", "male")
    ledger.decide("ana", [3], "age", "20-29")
    assert ledger.undo("ana") == [3]
    assert ledger.undo("ana") == [1, 2]
    assert ledger.undo("ana") == []
    assert stands(ledger, 1) is None
    assert stands(ledger, 2) == Standing(values={"sex": (1, 1)})
    assert ledger.decided.nonzero()[0].tolist() == [2]
    again = Ledger(path, FILES)
    assert standing(read_decisions(path)[0]) == {"2.jpg": Standing(values={"sex": (1, 1)})}
    assert again.decided.tolist() == ledger.decided.tolist()
    assert again.by_person() == ledger.by_person() == {"bo": 1}
    assert again.undo("bo") == [2]


def test_undo_goes_on_after_a_restart_where_it_was(path: Path) -> None:
    ledger = Ledger(path, FILES)
    ledger.decide("ana", [1], "drop")
    ledger.decide("ana", [4, 5], "keep")
    again = Ledger(path, FILES)
    assert again.undo("ana") == [4, 5]
    assert again.undo("ana") == [1]


def test_changes_are_told_once_each_and_with_the_last_word(path: Path) -> None:
    ledger = Ledger(path, FILES)
    ledger.decide("ana", [1], "drop")
    seen = len(ledger.changes)
    ledger.decide("bo", [1], "keep")
    ledger.decide("bo", [2], "keep")
    ledger.undo("bo")
    assert [(change.row, change.who) for change in ledger.since(seen)] == [(1, "bo"), (2, "bo")]
    assert ledger.since(len(ledger.changes)) == []


def test_many_threads_lose_no_decision(path: Path) -> None:
    ledger = Ledger(path, FILES)
    people = [f"p{number}" for number in range(8)]

    def work(who: str) -> None:
        for row in range(len(FILES)):
            ledger.decide(who, [row], "keep")
        ledger.undo(who)

    threads = [Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    decisions, cut = read_decisions(path)
    assert (len(decisions), cut) == (8 * 11, 0)
    assert ledger.by_person() == dict.fromkeys(people, 9)
    assert ledger.left(np.arange(10)) == 1, "all took back their decision on the last one"


def test_decisions_elsewhere_and_nonsense_are_met(path: Path) -> None:
    ledger = Ledger(path, FILES)
    ledger.decide("ana", [9], "drop")
    assert Ledger(path, FILES[:5]).decided.sum() == 0
    with pytest.raises(ValueError, match="age 'old'"):
        ledger.decide("ana", [1], "age", "old")
    assert not ledger.decided[1]
    with pytest.raises(UserError, match="names 1 photographs twice"):
        Ledger(path, ["a", "a"])
    with pytest.raises(UserError, match="cannot be written"):
        Ledger(path.parent / "none" / "d.jsonl", FILES)


KILLED = """
import sys
from pathlib import Path
from trainer.review.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), [f"{number}.jpg" for number in range(10**6)])
for row in range(10**6):
    ledger.decide("ana", [row], "drop")
    print(row, flush=True)
"""


def test_a_kill_loses_no_decision_that_was_answered(path: Path) -> None:
    program = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    answered = [int(program.stdout.readline()) for _ in range(30)]
    os.kill(program.pid, signal.SIGKILL)
    answered += [int(line) for line in program.stdout.read().split("\n")[:-1] if line]
    program.wait()
    decisions, cut = read_decisions(path)
    assert cut <= 1
    assert {f"{row}.jpg" for row in answered} <= {decision.file for decision in decisions}
    assert len(decisions) <= len(answered) + 1


def test_lines_are_plain_json_that_other_programs_read(path: Path) -> None:
    Ledger(path, ["ä, b.jpg"]).decide("Ana", [0], "age", "70+")
    line = json.loads(path.read_text(encoding="utf-8"))
    assert line.pop("when")[-6:] == "+00:00"
    assert line == {"who": "Ana", "file": "ä, b.jpg", "action": "age", "value": "70+"}
