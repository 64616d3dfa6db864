import json
from pathlib import Path

import numpy as np
import pytest

from trainer.cli import main
from trainer.errors import UserError
from trainer.training.history import read_history


def write_run(folder: Path, *lines: dict[str, float], tail: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines) + tail
    (folder / "metrics.jsonl").write_text(text)
    return folder


def step(images: int, d_loss: float, **more: float) -> dict[str, float]:
    return {"images": images, "time": 0.0, "d_loss": d_loss, "g_loss": 1.0, "rate": 1e-4, **more}


def test_a_rolled_back_runs_later_figures_count(tmp_path: Path) -> None:
    run = write_run(tmp_path, step(64, 1.0), step(128, 2.0), step(192, 9.0), step(128, 3.0), step(192, 4.0))
    images, values = read_history(run).series["d_loss"]
    assert np.array_equal(images, [64, 128, 192])
    assert np.array_equal(values, [1.0, 3.0, 4.0])


def test_a_line_cut_off_at_the_end_is_left_out_and_one_in_the_middle_is_told(tmp_path: Path) -> None:
    run = write_run(tmp_path, step(64, 1.0), tail='{"images": 128, "d_l')
    assert len(read_history(run).series["d_loss"][0]) == 1
    (run / "metrics.jsonl").write_text('{"ima\n' + json.dumps(step(64, 1.0)) + "\n")
    with pytest.raises(UserError, match="line 1"):
        read_history(run)


@pytest.mark.parametrize("name", ["run.png", "run.svg"])
def test_a_chart_is_drawn_with_pauses_and_gauge(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    gauge = {"images": 128, "time": 0.0, "detection_rate": 0.5}
    run = write_run(tmp_path / "run", step(64, 1.0, pause_d=0.0), step(128, 2.0, pause_d=0.75), gauge)
    assert main(["plot", str(run), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / name).stat().st_size > 5000
    assert "detection_rate" in capsys.readouterr().out
    if name.endswith("svg"):
        assert "paused" in (tmp_path / name).read_text()


@pytest.mark.parametrize(
    "line",
    [{"images": 64, "time": 0.0, "fd_cells": 3.0}, {"images": 64, "time": 0.0, "d_loss": 1.0}, step(64, 1.0)],
    ids=["gauge alone", "loss alone", "one line"],
)
def test_a_short_run_is_drawn_with_what_it_has(line: dict[str, float], tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", line)
    assert main(["plot", str(run), "--out", str(tmp_path / "run.svg")]) == 0
    drawn = (tmp_path / "run.svg").read_text()
    assert ("learning rate" in drawn) == ("rate" in line)
    assert ("FD in cells" in drawn) == ("fd_cells" in line)


@pytest.mark.parametrize(("out", "message"), [("run.gif", ".png or .svg"), ("run.png", "metrics.jsonl")])
def test_what_cannot_be_drawn_is_told(
    tmp_path: Path, out: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", str(tmp_path / "none"), "--out", str(tmp_path / out)]) == 2
    assert message in capsys.readouterr().err
