"""Sheets drawn with the statistics of their batch, as the 2016 system drew them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trainer.cli import main
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.drawing.inference import drawn_in_batches, latents_of, load_trained, zero_rows
from trainer.labels.matrix import label_matrix
from trainer.training.run import Run, RunOptions, fabric_for


def trained_run(config: Config, discs: Dataset, out: Path) -> Path:
    Run(replace(config, images=64), discs, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True)).train()
    (out / "dataset.json").write_text(json.dumps(discs.metadata))
    return out


@pytest.fixture
def run(small_paper: Config, discs: Dataset, tmp_path: Path) -> Path:
    return trained_run(small_paper, discs, tmp_path / "run")


def strips(run: Path, statistics: str, out: Path) -> bytes:
    words = ["sample", str(run), "--kind", "ageing", "--rows", "3", "--statistics", statistics]
    assert main([*words, "--out", str(out / f"{statistics}.png")]) == 0
    return (out / f"{statistics}.png").read_bytes()


def test_each_kind_of_statistics_draws_other_strips_and_the_same_ones_again(run: Path, tmp_path: Path) -> None:
    first = {kind: strips(run, kind, tmp_path) for kind in ("running", "batch", "padded")}
    assert len(set(first.values())) == 3
    assert all(strips(run, kind, tmp_path) == picture for kind, picture in first.items())


def test_the_padding_reaches_the_first_layer_as_zeros(run: Path) -> None:
    trained = load_trained(run, calibration=0)
    latents, labels = zero_rows(trained, 54)
    assert latents.shape == (54, 100)
    assert float(latents.abs().max()) == 0.0
    assert float(trained.network.label_code(labels).abs().max()) == 0.0


def test_a_face_depends_on_its_own_strip_and_on_no_other(run: Path) -> None:
    trained = load_trained(run, calibration=0)
    latents = latents_of([1] * 10 + [2] * 10, 100, "uniform")
    given = {"sex": np.ones(20), "age": np.tile(np.linspace(10, 80, 10), 2)}
    matrix = label_matrix(trained.labels, given, np.zeros(20))
    both = drawn_in_batches(trained, latents, matrix, 10, padded=True)
    alone = drawn_in_batches(trained, latents[10:], matrix[10:], 10, padded=True)
    assert np.array_equal(both[10:], alone)
    other = latents.copy()
    other[1] = latents[11]
    changed = drawn_in_batches(trained, other, matrix, 10, padded=True)
    assert not np.array_equal(changed[0], both[0])
    assert np.array_equal(changed[10:], both[10:])


def test_what_has_no_batch_statistics_is_refused(
    small_crowd: Config, discs: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = trained_run(small_crowd, discs, tmp_path / "crowd")
    words = ["--kind", "ageing", "--out", str(tmp_path / "sheet.png")]
    assert main(["sample", str(crowd), *words, "--statistics", "padded"]) == 2
    assert "'crowd' have no rows of zeros" in capsys.readouterr().err
    assert main(["sample", str(crowd), *words, "--statistics", "batch"]) == 0
    assert main(["export", str(crowd), "--out", str(tmp_path / "faces.facegan"), "--doubt", "0"]) == 0
    assert main(["sample", str(tmp_path / "faces.facegan"), *words, "--statistics", "batch"]) == 2
    assert "a model file has its statistics folded in" in capsys.readouterr().err


def test_drawing_in_batches_leaves_the_checkpoint_alone(run: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in (run / "checkpoints").iterdir()}
    strips(run, "batch", tmp_path)
    assert {path: path.read_bytes() for path in (run / "checkpoints").iterdir()} == before
