"""What `train` says before it trains."""

import json
from pathlib import Path

import pytest

from tests.trainer.training.test_interruption import folder, words  # noqa: F401 - a fixture
from trainer.cli import main


def test_a_dry_run_tells_settings_sizes_costs_and_time_and_writes_nothing(
    folder: Path,  # noqa: F811 - pytest passes it
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(words(folder, 256, "--dry-run")) == 0
    told = capsys.readouterr().out
    settings = json.JSONDecoder().raw_decode(told)[0]
    assert (settings["images"], settings["generator"]["style_size"]) == (256, 16)
    lines = {line.split()[0]: line for line in told.splitlines() if line[:1].isalpha()}
    assert {"pictures", "labels", "batches", "generator", "discriminator", "step", "device", "time"} <= lines.keys()
    assert "sex (binary), age (number)" in lines["labels"]
    assert "even over 16 bins" in lines["batches"]
    assert "parameters" in lines["generator"]
    assert "MB as float16" in lines["generator"]
    assert "multiply-adds a face" in lines["generator"]
    assert "per 1,000 images" in lines["time"]
    assert not (folder / "run").exists()


def test_bins_without_pictures_are_a_note_and_no_warning_of_the_program(
    folder: Path,  # noqa: F811 - pytest passes it
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = words(folder, 64)
    arguments[arguments.index("images=64") + 1 : arguments.index("images=64") + 1] = ["data.age_limits=[70, 90, 120]"]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert "note: no pictures of female 90-119, male 90-119" in told.out
    assert "UserWarning" not in told.err
