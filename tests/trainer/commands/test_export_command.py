import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.checkpoints import best_checkpoint_path
from trainer.cli import main
from trainer.commands.export import read_figures
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.model_file.storage import read_model
from trainer.training.run import Run, RunOptions, fabric_for


@pytest.fixture
def run_folder(small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of 256 images that read best at 128."""
    values = iter([1.0, 2.0])
    monkeypatch.setattr("trainer.training.run.fd_cells", lambda *_: next(values))
    out = tmp_path / "run"
    config = replace(small_crowd, images=256)
    Run(config, discs, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True)).train()
    (out / "dataset.json").write_text(json.dumps(discs.metadata))
    return out


def seen_by(model: Path) -> int:
    return int(read_model(model).card["trainer"]["images_seen"])


def test_the_newest_checkpoint_is_exported_and_the_best_on_request(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "x.facegan"
    assert main(["export", str(run_folder), "--out", str(model)]) == 0
    told = capsys.readouterr().out
    assert "step-000000004.pt: 256 images seen, the newest in" in told
    assert "the one that read best has 128 images seen: --checkpoint best" in told
    assert seen_by(model) == 256
    assert main(["export", str(run_folder), "--out", str(model), "--checkpoint", "best"]) == 0
    assert "best.pt: 128 images seen, which read best" in capsys.readouterr().out
    assert seen_by(model) == 128
    shutil.copy(best_checkpoint_path(run_folder), run_folder / "checkpoints" / "mine.pt")
    assert main(["export", str(run_folder / "checkpoints" / "mine.pt"), "--out", str(model)]) == 0
    assert "mine.pt: 128 images seen" in capsys.readouterr().out


def test_a_best_that_is_not_there_is_told(run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--out", str(tmp_path / "x.facegan"), "--checkpoint", "best"]
    assert main(["export", str(best_checkpoint_path(run_folder)), *words]) == 2
    assert "give the run folder for --checkpoint best" in capsys.readouterr().err
    best_checkpoint_path(run_folder).unlink()
    assert main(["export", str(run_folder), *words]) == 2
    assert "has no best checkpoint" in capsys.readouterr().err


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
