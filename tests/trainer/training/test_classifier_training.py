"""Training a run's classifier: counted in the minutes, announced, put away, gone on with."""

import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.trainer.training.test_interruption import folder, one_line, start, words  # noqa: F401 - a fixture
from trainer.checkpoints import saved_checkpoints
from trainer.cli import main
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.training import classifier
from trainer.training.classifier import CLASSIFIER_BATCH, CLASSIFIER_FILE, UNFINISHED_FILE, ClassifierTraining
from trainer.training.resuming import resume
from trainer.training.run import Run, RunOptions, fabric_for


def classified(config: Config, batches: int) -> Config:
    """`config` with a classifier that learns from so many batches, and one step of the gan."""
    loss = replace(config.loss, classifier=0.1, classifier_images=batches * CLASSIFIER_BATCH)
    return replace(config, images=64, loss=loss)


def run_of(config: Config, dataset: Dataset, out: Path, minutes: float = 0.0) -> Run:
    return Run(config, dataset, fabric_for("cpu"), RunOptions(out, minutes, compiled=False, quiet=True))


def stop_after(steps: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `run` be asked to stop once its classifier has learnt from so many batches."""
    learn = ClassifierTraining.learn

    def counted(training: ClassifierTraining, pictures: torch.Tensor, matrix: torch.Tensor) -> None:
        learn(training, pictures, matrix)
        if training.step == steps:
            run.asked_to_stop.set()

    monkeypatch.setattr(ClassifierTraining, "learn", counted)


def test_a_guide_that_was_stopped_is_kept_and_ends_as_one_that_was_not(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = classified(small_crowd, batches=6)
    run_of(config, discs, tmp_path / "whole").train()
    run = run_of(config, discs, tmp_path / "parts")
    with monkeypatch.context() as stopping:
        stop_after(2, run, stopping)
        assert "--resume goes on" in run.train()
    assert run.gan.step == 0
    assert torch.load(tmp_path / "parts" / UNFINISHED_FILE, weights_only=True)["training"]["step"] == 2
    again = run_of(config, discs, tmp_path / "parts")
    resume(again)
    assert "64 images seen" in again.train()
    whole, parts = (
        torch.load(tmp_path / name / CLASSIFIER_FILE, weights_only=True)["frozen"] for name in ("whole", "parts")
    )
    assert [name for name in whole if not torch.equal(whole[name], parts[name])] == []
    assert not (tmp_path / "parts" / UNFINISHED_FILE).exists()


def test_a_guide_is_put_away_while_it_learns(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "SAVE_SECONDS", 0.0)
    learn = ClassifierTraining.learn

    def dying(training: ClassifierTraining, pictures: torch.Tensor, matrix: torch.Tensor) -> None:
        if training.step == 3:
            raise MemoryError
        learn(training, pictures, matrix)

    monkeypatch.setattr(ClassifierTraining, "learn", dying)
    with pytest.raises(MemoryError):
        run_of(classified(small_crowd, batches=6), discs, tmp_path).train()
    assert torch.load(tmp_path / UNFINISHED_FILE, weights_only=True)["training"]["step"] == 3


def test_the_minutes_count_the_guide_and_the_game_has_its_share(
    small_crowd: Config, discs: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = replace(classified(small_crowd, batches=1_000_000), images=10**9)
    told = run_of(config, discs, tmp_path, minutes=0.1).train()
    assert "0.1 minutes are over" in told
    printed = capsys.readouterr().out
    assert "learns the labels from 64,000,000 pictures, about" in printed
    assert "of it now, as --max-minutes asks" in printed
    assert "of 64,000,000 pictures; --resume goes on with it" in printed
    assert not (tmp_path / CLASSIFIER_FILE).exists()
    first = torch.load(tmp_path / UNFINISHED_FILE, weights_only=True)["training"]["step"]
    again = run_of(config, discs, tmp_path, minutes=0.1)
    resume(again)
    assert again.gan.step > 0
    again.train()
    assert torch.load(tmp_path / UNFINISHED_FILE, weights_only=True)["training"]["step"] > first


def test_an_unfinished_guide_of_other_settings_is_told(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(classified(small_crowd, batches=6), discs, tmp_path)
    with monkeypatch.context() as stopping:
        stop_after(1, run, stopping)
        run.train()
    with pytest.raises(UserError, match=r"classifier-unfinished\.pt: is not of this run .*loss\.classifier_images"):
        run_of(classified(small_crowd, batches=7), discs, tmp_path).train()
    other = replace(classified(small_crowd, batches=6), seed=5)
    with pytest.raises(UserError, match=r"classifier-unfinished\.pt: is not of this run .*seed"):
        run_of(other, discs, tmp_path).train()
    (tmp_path / UNFINISHED_FILE).write_bytes(b"half")
    with pytest.raises(UserError, match=r"classifier-unfinished\.pt: damaged"):
        run_of(classified(small_crowd, batches=6), discs, tmp_path).train()


def test_too_few_pictures_for_a_guide_are_refused(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"loss\.classifier_images 0: give 64 or more"):
        run_of(classified(small_crowd, batches=0), discs, tmp_path)


def test_a_signal_stops_the_guide_at_once_and_resume_goes_on_with_it(
    folder: Path,  # noqa: F811 - pytest passes it
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = words(folder, 64, also=["loss.classifier=0.1", "loss.classifier_images=6400000"])
    process = start(long)
    assert process.stdout is not None
    assert "learns the labels" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    told, complaint = process.communicate(timeout=120)
    assert (process.returncode, complaint) == (0, "")
    assert "stopped by a signal" in told
    assert len(saved_checkpoints(folder / "run")) == 1
    assert main(["export", str(folder / "run"), "--out", str(folder / "x.facegan")]) == 2
    assert "has not seen a picture yet" in one_line(capsys)
    kept = folder / "run" / UNFINISHED_FILE
    first = torch.load(kept, weights_only=True)["training"]["step"]
    assert first > 0
    resumed = ["train", "--data", str(folder / "dataset"), "--out", str(folder / "run"), "--resume", "--quiet"]
    assert main([*resumed, "--device", "cpu", "--max-minutes", "0.05"]) == 0
    assert torch.load(kept, weights_only=True)["training"]["step"] > first
    assert "64 images seen" in capsys.readouterr().out


def test_whoever_was_asked_to_stop_before_trains_no_guide(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(classified(small_crowd, batches=6), discs, tmp_path)
    asked = threading.Event()
    asked.set()
    run.asked_to_stop = asked
    assert "stopped by a signal" in run.train()
    assert torch.load(tmp_path / UNFINISHED_FILE, weights_only=True)["training"]["step"] == 0


def inverted(dataset: Dataset) -> Dataset:
    return replace(dataset, images=255 - dataset.images)


def test_a_classifier_of_other_pictures_or_labels_is_refused(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    config = classified(small_crowd, batches=2)
    run_of(config, discs, tmp_path).train()
    with pytest.raises(UserError, match=r"classifier\.pt: was trained on another dataset; .* the pictures to train on"):
        run_of(config, inverted(discs), tmp_path).take_classifier()
    without_age = replace(discs, metadata={**discs.metadata, "labels": discs.metadata["labels"][:1]})
    with pytest.raises(UserError, match=r"classifier\.pt: was trained on another dataset; .* what the labels are"):
        run_of(config, without_age, tmp_path).take_classifier()
    assert run_of(config, discs, tmp_path).take_classifier()


def test_an_unfinished_classifier_of_other_pictures_is_refused(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(classified(small_crowd, batches=6), discs, tmp_path)
    with monkeypatch.context() as stopping:
        stop_after(1, run, stopping)
        run.train()
    with pytest.raises(UserError, match=r"classifier-unfinished\.pt: is not of this run .*the pictures to train on"):
        run_of(classified(small_crowd, batches=6), inverted(discs), tmp_path).take_classifier()


def test_a_classifier_of_before_is_taken_with_a_note_and_one_of_other_labels_is_refused(
    small_crowd: Config, discs: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = classified(small_crowd, batches=2)
    run_of(config, discs, tmp_path).train()
    weights = torch.load(tmp_path / CLASSIFIER_FILE, weights_only=True)["frozen"]
    (tmp_path / CLASSIFIER_FILE).unlink()
    torch.save(weights, tmp_path / "guide.pt")
    assert run_of(config, discs, tmp_path).take_classifier()
    assert "guide.pt does not tell which pictures" in capsys.readouterr().out
    without_age = replace(discs, metadata={**discs.metadata, "labels": discs.metadata["labels"][:1]})
    with pytest.raises(UserError, match=r"guide\.pt: is a classifier of other labels, or damaged"):
        run_of(config, without_age, tmp_path).take_classifier()
    (tmp_path / "guide.pt").write_bytes(b"half")
    with pytest.raises(UserError, match=r"guide\.pt: damaged"):
        run_of(config, discs, tmp_path).take_classifier()
