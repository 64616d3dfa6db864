import math
from pathlib import Path

import numpy as np
import pytest

from trainer.commands.compare import side_by_side
from trainer.errors import UserError
from trainer.evaluation.figures import Figure, Section, Sheet, Table, at_least, at_most, written
from trainer.evaluation.report import Report, page, read, summary, write
from trainer.files import make_folder


@pytest.fixture
def report() -> Report:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    figures = [
        Figure("a.share", "a share <of them>", 0.5, 0.6, (0.4, 0.6), 10, "share", at_least(0.5, 0.55, "so said")),
        Figure("a.distance", "a distance", 12.5, bar=at_most(12.5, 20)),
        Figure("a.nothing", "not to be had", math.nan),
    ]
    table = Table("A table", ["name", "count", "value"], [["one & only", 1200, 0.25], ["two", None, 3.5]])
    section = Section("Part", figures, [table], [Sheet("faces", "Faces", "A caption", picture)], ["A note."])
    return Report({"model": "m.facegan", "seed": 0}, {"part": section})


@pytest.mark.parametrize(
    ("value", "style", "words"),
    [
        (0.98765, "share", "98.77 %"),
        (1234.0, "count", "1,234"),
        (0.1234, "number", "0.123"),
        (123.45, "number", "123.5"),
    ],
)
def test_numbers_as_people_read_them(value: float, style: str, words: str) -> None:
    assert written(value, style) == words  # type: ignore[arg-type]


def test_nothing_measured_is_not_a_met_bar() -> None:
    assert not at_least(math.nan, 0).met
    assert not at_most(math.nan, 1).met
    assert at_least(1, 1).met
    assert at_most(1, 1).met


def test_a_report_is_read_back_as_written(report: Report, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    write(report, folder)
    document = read(folder)
    assert document == read(folder / "report.json")
    assert document["figures"]["a.share"] == {
        "title": "a share <of them>",
        "style": "share",
        "value": 0.5,
        "photographs": 0.6,
        "interval": [0.4, 0.6],
        "count": 10,
        "bar": "≥ 0.55 (so said)",
        "met": False,
    }
    assert document["figures"]["a.nothing"]["value"] is None
    assert document["about"] == {"model": "m.facegan", "seed": 0}
    assert (folder / "sheets" / "faces.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_needs_no_other_file_and_escapes_words(report: Report) -> None:
    text = page(report)
    assert "src='data:image/png;base64," in text
    assert "http" not in text
    assert "a share &lt;of them&gt;" in text
    assert "one &amp; only" in text
    assert "class='missed'>not met" in text


def test_the_summary_counts_the_bars(report: Report) -> None:
    lines = summary(report).splitlines()
    assert lines[-1] == "1 of 2 bars met"
    assert "NOT MET" in lines[1]


def test_two_reports_side_by_side_show_the_change(report: Report, tmp_path: Path) -> None:
    before = {"figures": {"x": {"title": "X", "style": "share", "value": 0.5, "bar": "≥ 0.6", "met": False}}}
    after = {
        "figures": {
            "x": {"title": "X", "style": "share", "value": 0.75, "photographs": 0.9, "bar": "≥ 0.6", "met": True},
            "y": {"title": "Y", "style": "number", "value": None},
        }
    }
    lines = side_by_side(before, after, ("A", "B")).splitlines()
    assert lines[0].split() == ["A", "B", "change", "photographs", "bar"]
    assert lines[1].split("  ") != lines[2].split("  ")
    for word in ("50.00 %", "75.00 %", "+25.00", "90.00 %", "NOT MET -> met"):
        assert word in lines[1]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"format": "other"}'])
def test_what_is_no_report_is_one_clear_error(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=r"report\.json"):
        read(path)


def test_an_unwritable_folder_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        make_folder(tmp_path / "file" / "report")
