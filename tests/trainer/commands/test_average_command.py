"""The mean of checkpoints."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer.checkpoints import NETWORKS, read_checkpoint, saved_checkpoints, write_state
from trainer.cli import main
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.training.resuming import resume
from trainer.training.run import Run, RunOptions, fabric_for


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_crowd: Config, discs: Dataset) -> Path:
    """A run with checkpoints of 64 and 128 images."""
    out = tmp_path_factory.mktemp("averaged") / "run"
    config = replace(small_crowd, images=128, log=replace(small_crowd.log, checkpoint=64, keep=9))
    Run(config, discs, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True)).train()
    (out / "dataset.json").write_text(json.dumps(discs.metadata))
    return out


def average(paths: list[Path], out: Path, *words: str) -> int:
    return main(["average", *map(str, paths), "--out", str(out), *words])


def test_every_weight_is_the_mean_and_counts_as_it_is_asked_to(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = saved_checkpoints(run)
    assert average([second, first], run / "mean.pt", "--weights", "3", "1") == 0
    assert "mean.pt: the mean of 2 checkpoints, 128 images seen" in capsys.readouterr().out
    mean, old, new = (read_checkpoint(path) for path in (run / "mean.pt", first, second))
    for name in NETWORKS:
        for key, value in mean[name].items():
            expected = 0.75 * new[name][key] + 0.25 * old[name][key] if value.is_floating_point() else new[name][key]
            torch.testing.assert_close(value, expected, msg=f"{name} {key}")
    assert not any(torch.equal(mean["ema"][key], new["ema"][key]) for key in mean["ema"] if key.endswith("conv.weight"))
    assert mean["history"][-1]["command"].endswith(
        "average step-000000002.pt step-000000001.pt --out mean.pt --weights 3.0 1.0"
    )


def test_it_is_drawn_from_and_gone_on_with(run: Path, tmp_path: Path, small_crowd: Config, discs: Dataset) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "dataset.json").write_bytes((run / "dataset.json").read_bytes())
    assert average(saved_checkpoints(run)[::-1], tmp_path / "checkpoints" / "step-000000002.pt") == 0
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "mean.facegan"), "--doubt", "0"]) == 0
    options = RunOptions(tmp_path, compiled=False, quiet=True)
    again = Run(replace(small_crowd, images=192), discs, fabric_for("cpu"), options)
    assert any("128 images" in line for line in resume(again))
    again.train()
    assert again.gan.images == 192


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "give two checkpoints or more"),
        (["second", "--weights", "1"], "--weights: 1 for 2 checkpoints; give one for each"),
        (["second", "--weights", "1", "-1"], "--weights"),
        (["second", "--weights", "0", "1"], "--weights"),
        (["second", "--weights", "1", "nan"], "give a finite number for each"),
        (["other"], "other.pt: has other networks or labels than"),
        (["missing"], "missing.pt"),
    ],
)
def test_what_makes_no_mean_is_told_in_a_line(
    words: list[str], told: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = saved_checkpoints(run)
    other = read_checkpoint(second)
    write_state(tmp_path / "other.pt", {**other, "labels": other["labels"][:1]})
    places = {"second": second, "other": tmp_path / "other.pt", "missing": tmp_path / "missing.pt"}
    given = [str(places.get(word, word)) for word in words]
    assert main(["average", str(first), *given, "--out", str(tmp_path / "mean.pt")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "mean.pt").exists()


def test_no_checkpoint_is_written_over(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = saved_checkpoints(run)
    before = first.read_bytes()
    assert average([first, second], first) == 2
    assert "is one of the checkpoints; choose another --out" in capsys.readouterr().err
    assert first.read_bytes() == before
