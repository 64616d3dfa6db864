import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.checkpoints import (
    best_checkpoint_path,
    best_reading,
    lightened,
    newest_checkpoint,
    read_checkpoint,
    saved_checkpoints,
    write_state,
)
from trainer.cli import main
from trainer.config import Config, CrowdDiscriminatorConfig, LogConfig, PairedConfig, from_dict
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.training.resuming import resume
from trainer.training.run import Run, RunOptions, fabric_for, step_seed


def run_of(config: Config, dataset: Dataset, out: Path, minutes: float = 0.0) -> Run:
    return Run(config, dataset, fabric_for("cpu"), RunOptions(out, minutes, compiled=False, quiet=True))


def weights(run: Run) -> dict[str, torch.Tensor]:
    gan = run.gan
    networks = {"g": gan.generator, "d": gan.discriminator, "e": gan.ema}
    return {f"{key}.{name}": value for key, net in networks.items() for name, value in net.state_dict().items()}


@pytest.mark.parametrize("preset", ["small_crowd", "small_paper"])
def test_a_run_leaves_records_of_itself(
    preset: str, discs: Dataset, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = run_of(request.getfixturevalue(preset), discs, tmp_path)
    assert "256 images seen" in run.train()
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    validated = [line for line in lines if "fd_grid8" in line or "detection_rate" in line]
    assert [line["images"] for line in validated] == [128, 128, 256, 256]
    lines = [line for line in lines if line not in validated]
    assert [line["images"] for line in lines] == [64, 128, 192, 256]
    assert {"d_loss", "g_loss", "images_per_second", "rate"} <= lines[0].keys()
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {
        f"{kind}-{images:09d}.png" for kind in ("people", "ageing") for images in (128, 256)
    }
    assert len(saved_checkpoints(tmp_path)) == 2
    assert any((tmp_path / "tensorboard").iterdir())


def test_the_best_checkpoint_is_kept_when_newer_ones_are_worse(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([3.0, 1.0, 2.0, 4.0])
    monkeypatch.setattr("trainer.training.showing.fd_grid8", lambda *_: next(values))
    log = replace(small_crowd.log, checkpoint=64, samples=1000, keep=1)
    run_of(replace(small_crowd, log=log), discs, tmp_path).train()
    assert read_checkpoint(best_checkpoint_path(tmp_path))["images"] == 128
    assert [read_checkpoint(path)["images"] for path in saved_checkpoints(tmp_path)] == [256]


def test_a_figure_that_fails_is_told_and_costs_nothing(
    small_crowd: Config,
    discs: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    saved: list[list[str]] = []

    def broken(*_: object) -> float:
        saved.append([path.name for path in saved_checkpoints(tmp_path)])
        raise ValueError("a library\nis missing")

    monkeypatch.setattr("trainer.training.showing.fd_grid8", broken)
    monkeypatch.setattr("trainer.training.showing.run_sheets", broken)
    assert "256 images seen" in run_of(small_crowd, discs, tmp_path).train()
    assert all("step-000000002.pt" in names for names in saved)
    assert read_checkpoint(saved_checkpoints(tmp_path)[-1])["images"] == 256
    told = capsys.readouterr().out
    assert "no validation at 128 images: a library is missing\n" in told
    assert "no sheets at 256 images: a library is missing\n" in told


def test_the_best_reading_outlives_the_process(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([1.0, 2.0])
    monkeypatch.setattr("trainer.training.showing.fd_grid8", lambda *_: next(values))
    run_of(replace(small_crowd, images=128), discs, tmp_path).train()
    again = run_of(small_crowd, discs, tmp_path)
    resume(again)
    again.train()
    assert read_checkpoint(best_checkpoint_path(tmp_path))["images"] == 128
    assert best_reading(tmp_path) == 1.0


def test_a_run_of_one_step_leaves_figures_sheets_and_a_model(
    small_crowd: Config, discs: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogConfig(validation=24)
    out = tmp_path / "run"
    out.mkdir()
    (out / "dataset.json").write_text(json.dumps(discs.metadata))
    run_of(replace(small_crowd, log=log), discs, out, minutes=1e-6).train()
    figures = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert {figure["images"] for figure in figures} == {64}
    assert {"d_loss", "rate", "fd_grid8"} <= {name for figure in figures for name in figure}
    assert {path.name for path in (out / "sheets").iterdir()} == {"people-000000064.png", "ageing-000000064.png"}
    assert main(["plot", str(out), "--out", str(tmp_path / "run.png")]) == 0
    assert main(["export", str(out), "--out", str(tmp_path / "one.facegan"), "--doubt", "0"]) == 0
    assert "64 images seen, the newest in" in capsys.readouterr().out


def test_a_young_run_speaks_more_often(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    run = run_of(small_crowd, discs, tmp_path)

    def when(every: int, *, early: bool) -> list[int]:
        found = []
        for run.gan.step in range(1, 401):
            if run.due(every, early=early):
                found.append(run.gan.images)
        return found

    assert when(12_800, early=True) == [832, 1_600, 3_200, 6_400, 12_800, 25_600]
    assert when(12_800, early=False) == [12_800, 25_600]
    assert when(640, early=True)[:3] == [640, 1_280, 1_920]


@pytest.mark.parametrize("preset", ["small_crowd", "small_detailed"])
def test_a_resumed_run_ends_at_the_same_weights_to_the_bit(
    preset: str, discs: Dataset, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    config: Config = request.getfixturevalue(preset)
    whole = run_of(config, discs, tmp_path / "whole")
    whole.train()
    first = run_of(replace(config, images=128), discs, tmp_path / "parts")
    first.train()
    second = run_of(config, discs, tmp_path / "parts")
    assert "128 images" in resume(second)[-1]
    second.train()
    ours, theirs = weights(second), weights(whole)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_light_checkpoint_is_small_and_can_be_gone_on_from(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    run_of(replace(small_crowd, images=128), discs, tmp_path).train()
    heavy = saved_checkpoints(tmp_path)[-1]
    size = heavy.stat().st_size
    write_state(heavy, lightened(read_checkpoint(heavy)))
    assert heavy.stat().st_size < size / 3
    run = run_of(small_crowd, discs, tmp_path)
    assert "optimisers start anew" in resume(run)[0]
    assert "256 images seen" in run.train()


def test_a_truncated_newest_checkpoint_falls_back_to_the_one_before(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    run_of(small_crowd, discs, tmp_path).train()
    newest = saved_checkpoints(tmp_path)[-1]
    newest.write_bytes(newest.read_bytes()[:-1000])
    lines = resume(run_of(small_crowd, discs, tmp_path))
    assert newest.name in lines[0]
    assert "128 images" in lines[-1]


def test_a_folder_without_a_whole_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no checkpoint to be found"):
        newest_checkpoint(tmp_path)


def test_no_partial_file_remains(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    run_of(small_crowd, discs, tmp_path).train()
    assert not list(tmp_path.rglob("*.unfinished"))


def test_a_checkpoint_holds_its_config(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    run_of(small_crowd, discs, tmp_path).train()
    assert from_dict(read_checkpoint(saved_checkpoints(tmp_path)[-1])["config"]) == small_crowd


def test_a_checkpoint_of_other_networks_is_refused(
    small_crowd: Config, small_paper: Config, discs: Dataset, tmp_path: Path
) -> None:
    run_of(small_crowd, discs, tmp_path).train()
    with pytest.raises(UserError, match="other networks"):
        resume(run_of(small_paper, discs, tmp_path))


def test_a_dataset_of_another_size_is_refused(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    half = replace(discs, images=discs.images[:, ::2, ::2])
    with pytest.raises(UserError, match="prepare with --size 64"):
        run_of(small_crowd, half, tmp_path)


def test_floors_that_are_not_one_for_each_label_are_refused(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    odd = replace(small_crowd, loss=replace(small_crowd.loss, classifier=0.1, classifier_floor=(1.0, 0.5, 0.5)))
    with pytest.raises(UserError, match="one for each of the labels sex, age"):
        run_of(odd, discs, tmp_path)


def test_a_dataset_that_holds_nothing_out_cannot_gauge_a_run(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    whole = replace(discs, held_out=np.zeros(len(discs), np.bool_))
    with pytest.raises(UserError, match="holds out 0 pictures, too few to validate a run on: prepare with --held-out"):
        run_of(small_crowd, whole, tmp_path)
    unvalidated = replace(small_crowd, images=64, log=replace(small_crowd.log, validation=0))
    assert "64 images seen" in run_of(unvalidated, whole, tmp_path).train()


def test_the_minutes_end_a_run_and_save_it(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    ended = run_of(small_crowd, discs, tmp_path, minutes=1e-6).train()
    assert "minutes are over" in ended
    assert len(saved_checkpoints(tmp_path)) == 1


def test_held_out_pictures_are_never_trained_on(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    run = run_of(small_crowd, discs, tmp_path)
    training, held_out = (
        {bytes(image.numpy().tobytes()) for image in part.images.index_select(0, torch.arange(len(part)))}
        for part in (run.pictures, run.held_out)
    )
    assert not training & held_out
    assert len(run.pictures) + len(run.held_out) == len(discs)


def test_a_batch_is_ordered_by_bin_so_that_neighbours_are_alike(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    run = run_of(small_crowd, discs, tmp_path)
    bins = run.bins[run.next_index(run.sampler).numpy()]
    assert (bins.reshape(-1, CrowdDiscriminatorConfig().deviation_group).std(axis=1) == 0).all()


def test_a_full_disk_is_told_and_leaves_the_older_checkpoint(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of(replace(small_crowd, images=64), discs, tmp_path).train()
    run = run_of(small_crowd, discs, tmp_path)
    resume(run)
    before = saved_checkpoints(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        run.train()
    assert saved_checkpoints(tmp_path) == before
    assert read_checkpoint(before[-1])["images"] == 64


def test_steps_draw_from_seeds_far_apart() -> None:
    seeds = {step_seed(seed, step) for seed in range(4) for step in range(500)}
    assert len(seeds) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_an_unknown_device_is_told() -> None:
    with pytest.raises(UserError, match="choose auto, cpu or cuda"):
        fabric_for("tpu")


def test_a_guided_run_keeps_its_guide_and_tells_what_it_says(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    paired = PairedConfig(age_margin=0.5, consistency=0.5)
    config = replace(
        small_crowd, images=128, loss=replace(small_crowd.loss, classifier=0.1, classifier_images=128), paired=paired
    )
    run_of(config, discs, tmp_path).train()
    kept = (tmp_path / "classifier.pt").read_bytes()
    told = json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[0])
    assert told["label_loss"] > 0
    assert told["age_margin"] > 0
    assert told["consistency"] > 0
    again = run_of(replace(config, images=192), discs, tmp_path)
    resume(again)
    again.train()
    assert (tmp_path / "classifier.pt").read_bytes() == kept


def test_a_run_is_resumed_on_its_own_pictures_alone(small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    run_of(replace(small_crowd, images=64), discs, tmp_path).train()
    other = run_of(small_crowd, replace(discs, images=255 - discs.images), tmp_path)
    with pytest.raises(UserError, match=r"differs in the pictures to train on, .*--start-from .*step-000000001\.pt"):
        resume(other)
    relabelled = {**discs.values, "age": (discs.values["age"][0] + 0.5, discs.values["age"][1] + 0.5)}
    with pytest.raises(UserError, match=r"differs in the pictures' labels, or the decisions on them\. Give"):
        resume(run_of(small_crowd, replace(discs, values=relabelled), tmp_path))
    assert resume(run_of(small_crowd, discs, tmp_path)) == ["resumed step-000000001.pt at 64 images"]


def test_a_checkpoint_of_before_is_compared_by_the_dataset_json_beside_it(
    small_crowd: Config, discs: Dataset, tmp_path: Path
) -> None:
    run_of(replace(small_crowd, images=64), discs, tmp_path).train()
    path, state, _ = newest_checkpoint(tmp_path)
    del state["rests_on"]
    write_state(path, state)
    (tmp_path / "dataset.json").write_text(json.dumps(discs.metadata))
    assert "older trainer" in resume(run_of(small_crowd, discs, tmp_path))[0]
    (tmp_path / "dataset.json").write_text(json.dumps({**discs.metadata, "fingerprint": "others"}))
    with pytest.raises(UserError, match="differs in fingerprint"):
        resume(run_of(small_crowd, discs, tmp_path))


def test_the_dataset_of_a_run_is_never_overwritten(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.commands.train.open_dataset", lambda _: discs)
    run_of(replace(small_crowd, images=64), discs, tmp_path).train()
    (tmp_path / "dataset.json").write_text('{"of": "the run"}')
    words = ["train", "--data", "discs", "--out", str(tmp_path), "--resume", "--quiet", "--device", "cpu"]
    assert main([*words, "--set", "images=64"]) == 0
    assert json.loads((tmp_path / "dataset.json").read_text()) == {"of": "the run"}
    monkeypatch.setattr("trainer.commands.train.open_dataset", lambda _: replace(discs, images=255 - discs.images))
    assert main([*words, "--set", "images=64"]) == 2
    assert json.loads((tmp_path / "dataset.json").read_text()) == {"of": "the run"}
