"""The documents that the trainer keeps and people open, copy and edit: read, or refused in one line that names them."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.fuzz.conftest import damaged
from tests.trainer.fuzz.test_files import altered, is_line_about, refusal
from trainer.checkpoints import best_checkpoint_path, best_reading, facts_of_run
from trainer.commands.export import read_figures
from trainer.config import CROWD, override_from_toml
from trainer.data.dataset import METADATA
from trainer.data.decisions import read_decisions
from trainer.data.prepare.inspection import Inspection
from trainer.data.prepare.parts import read_part, write_part
from trainer.data.prepare.workspace import PLAN, claim, finished_metadata
from trainer.drawing.encoders import FIGURES_FILE, read_likeness_figures
from trainer.evaluation.report import read
from trainer.study.bootstrap import DRAWS
from trainer.study.scoring import read_earlier
from trainer.training.history import read_history

DEEP = "[" * 100_000
STUDY = {
    "format": "facegan-study-report/1",
    "study": "s",
    "title": "t",
    "protocol": "p",
    "exposures": [100],
    "figures": [{"name": "error", "group": "all", "value": 0.3}],
    "draws": [0.5] * DRAWS,
}
DOCUMENTS: dict[str, tuple[Any, Callable[[Path], object]]] = {
    "metrics.jsonl": ({"images": 64, "time": 0.5, "d_loss": 1.0}, lambda path: read_history(path.parent)),
    "checkpoints/best.json": ({"fd_grid8": 3.5}, lambda path: best_reading(path.parents[1])),
    METADATA: ({"format": 1, "labels": []}, lambda path: (facts_of_run(path.parent), finished_metadata(path.parent))),
    PLAN: ({"fingerprint": "a"}, lambda path: claim(path.parent, "a", overwrite=True)),
    FIGURES_FILE: (
        {"encoder": {"own": 0.1}, "photographs": {"own": 0.2}, "edits": {"own": 1}, "people": 3, "seeds": 4},
        lambda path: read_likeness_figures(path.parent),
    ),
    "report.json": ({"format": "?", "figures": {"fd": {"value": 1.0, "photographs": None}}}, read_figures),
    "evaluation.json": ({"format": "facegan-report/1", "figures": {}}, read),
    "study.json": (STUDY, read_earlier),
    "decisions.jsonl": ({"who": "me", "when": "now", "file": "a.jpg", "action": "drop"}, read_decisions),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_or_refused_in_one_line(name: str, tmp_path: Path) -> None:
    good, act = DOCUMENTS[name]
    path, dice = tmp_path / name, random.Random(17)
    path.parent.mkdir(exist_ok=True)
    best_checkpoint_path(tmp_path).parent.mkdir(exist_ok=True)
    best_checkpoint_path(tmp_path).touch()
    whole = json.dumps(good)
    texts = [whole, "", DEEP, f'{{"a": {DEEP}', "null", "[1]", "1e999", "9" * 5000]
    texts += [whole.replace("0.3", "1e999").replace("64", "1e999"), json.dumps({"images": "x", "figures": [[]]})]
    texts += [json.dumps(altered(good, dice)) for _ in range(80)]
    versions = [text.encode() for text in texts] + list(damaged(whole.encode(), 17, 40))
    for content in versions:
        # Twice the same line: of lines, only the last may be cut off.
        path.write_bytes(content + b"\n" + content + b"\n" if name.endswith("l") else content)
        told = refusal(lambda: act(path))
        assert is_line_about(told, path), content[:200]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_what_an_editor_puts_before_a_document_is_passed_over(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"figures": {"fd": {"value": 1.5}}}', encoding=mark)
    assert read_figures(path) == {"fd": {"value": 1.5}}


def test_a_config_saved_by_an_editor_of_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbfseed = 7\r\n[loss]\r\nr1 = 0.5\r\n")
    config = override_from_toml(CROWD, path)
    assert (config.seed, config.loss.r1) == (7, 0.5)


def test_a_damaged_part_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "part.npz"
    write_part(path, [Inspection("unreadable", problem="x")], 8)
    for content in (b"", b"PK", *damaged(path.read_bytes(), 17, 150)):
        path.write_bytes(content)
        assert is_line_about(refusal(lambda: read_part(path)), path)


def test_an_earlier_study_without_its_error_is_no_study(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**STUDY, "figures": []}))
    assert "is damaged" in (refusal(lambda: read_earlier(path)) or "")
