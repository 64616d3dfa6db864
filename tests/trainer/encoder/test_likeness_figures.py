"""What was measured of likenesses goes with the model."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.encoder.trainings import Exported
from trainer.cli import main
from trainer.drawing.encoders import FIGURES_FILE, likeness_in_words, read_likeness_figures
from trainer.errors import UserError
from trainer.model_file.storage import read_model

FIGURES: dict[str, Any] = {
    "encoder": {"to_photograph": 0.55, "to_other": 0.61, "found": 0.62, "picked": 0.71},
    "photographs": {"years": 6.1, "same_person": 0.23, "strangers": 0.84, "strangers_5": 0.67, "picked": 1.0},
    "edits": {"kept": 0.97, "apart": 0.3, "years": 6.5, "sex": 0.9},
    "people": 102,
    "seeds": 100_000,
}


def test_the_card_carries_the_figures_and_the_commands_tell_them(
    exported: Exported, capsys: pytest.CaptureFixture[str]
) -> None:
    (exported.encoder / FIGURES_FILE).write_text(json.dumps(FIGURES))
    given = [str(exported.run), "--encoder", str(exported.encoder), "--out", str(exported.model), "--doubt", "0"]
    assert main(["export", *given]) == 0
    card = read_model(exported.model).card
    assert card["encoder"]["figures"] == FIGURES
    line = likeness_in_words(card)
    assert "picked in 0.71" in line
    assert "to another photograph 0.61, of two photographs 0.23, of strangers 0.84 (102 people)" in line
    assert line in capsys.readouterr().out


def test_nothing_is_told_of_what_was_not_measured(encoding_model: Exported) -> None:
    assert read_likeness_figures(encoding_model.encoder) == {}
    assert "figures" not in read_model(encoding_model.model).card["encoder"]
    assert likeness_in_words(read_model(encoding_model.model).card) == ""
    assert likeness_in_words({"name": "a model without an encoder"}) == ""


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "nothing", json.dumps(FIGURES | {"people": "many"}), json.dumps(FIGURES).replace("0.61", "NaN")],
)
def test_damaged_figures_are_told_in_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / FIGURES_FILE).write_text(text)
    with pytest.raises(UserError, match=r"likeness\.json: damaged .*--pairs"):
        read_likeness_figures(tmp_path)
