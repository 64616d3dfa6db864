import json
from pathlib import Path

import pytest

from trainer.commands.export import read_figures
from trainer.errors import UserError


def test_a_card_takes_each_figure_beside_the_photographs(tmp_path: Path) -> None:
    figures = {
        "cascades.paper": {"title": "faces found", "value": 0.99, "photographs": 0.98, "bar": "0.9", "met": True},
        "cascades.paper_noise": {"title": "noise", "value": 0.1, "photographs": None},
    }
    (tmp_path / "report.json").write_text(json.dumps({"figures": figures}))
    assert read_figures(tmp_path / "report.json") == {
        "cascades.paper": {"value": 0.99, "photographs": 0.98},
        "cascades.paper_noise": {"value": 0.1},
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"figures": [1]}', '{"figures": {"a": 1}}'])
def test_what_is_no_report_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(UserError, match=r"report\.json: no report"):
        read_figures(tmp_path / "report.json")
