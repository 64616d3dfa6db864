"""Sheets of a run or a model file."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.cli import main
from trainer.commands.sample import Asked, random_sheet
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.drawing.export import build_model
from trainer.drawing.inference import basic_card, from_model, load_trained
from trainer.model_file.graph import Graph, Node
from trainer.model_file.storage import Doubt, write_model
from trainer.training.run import Run, RunOptions, fabric_for


@pytest.fixture
def run(small_crowd: Config, discs: Dataset, tmp_path: Path) -> Path:
    out = tmp_path / "run"
    Run(replace(small_crowd, images=64), discs, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True)).train()
    (out / "dataset.json").write_text(json.dumps(discs.metadata))
    return out


def sheet(run: Path, out: Path, *words: str) -> np.ndarray:
    assert main(["sample", str(run), "--out", str(out), "--rows", "2", *words]) == 0
    return np.asarray(Image.open(out).convert("RGB"))


@pytest.mark.parametrize(("kind", "columns"), [("random", 20), ("sexes", 20), ("ageing", 10), ("interpolation", 10)])
def test_each_kind_has_its_columns_and_is_the_same_again(kind: str, columns: int, run: Path, tmp_path: Path) -> None:
    first = sheet(run, tmp_path / "a.png", "--kind", kind)
    assert first.shape == (2 * 66 - 2, columns * 66 - 2, 3)
    assert np.array_equal(first, sheet(run, tmp_path / "b.png", "--kind", kind))
    assert not np.array_equal(first, sheet(run, tmp_path / "c.png", "--kind", kind, "--seed", "5"))


def test_a_fixed_label_is_the_same_for_everybody(run: Path, tmp_path: Path) -> None:
    as_asked = sheet(run, tmp_path / "a.png", "--kind", "ageing")
    fixed = sheet(run, tmp_path / "b.png", "--kind", "ageing", "--fix", "sex=female")
    assert np.array_equal(as_asked[:64], fixed[:64])  # the first row is a woman's anyway
    assert not np.array_equal(as_asked[66:], fixed[66:])


def test_an_svg_has_the_ages_above_the_columns(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "ageing.svg"
    assert main(["sample", str(run), "--kind", "ageing", "--out", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    assert re.findall(r">(\d+)</text>", text) == ["3", "10", "18", "27", "36", "45", "55", "65", "75", "85"]
    assert "data:image/png;base64," in text


def test_whole_shows_another_in_place_of_whom_the_model_refuses_and_keeps_the_rest(run: Path, tmp_path: Path) -> None:
    trained = load_trained(run)
    model = build_model(trained, basic_card(trained))
    first = Node("slice", ("latent",), "doubt", {}, {"start": 0, "stop": 1})
    model = replace(model, doubt=Doubt(Graph(model.graph.inputs, "doubt", (first,)), 0.3))
    generator = from_model(model)
    as_they_come, whole = (random_sheet(Asked(generator, 2, 3, "", {}, wanted)) for wanted in (False, True))
    refused = generator.refuses(as_they_come.seeds, as_they_come.values)
    assert 0 < refused.sum() < len(refused)
    assert not generator.refuses(whole.seeds, whole.values).any()
    assert np.array_equal(whole.seeds != as_they_come.seeds, refused)
    assert len(set(whole.seeds.tolist())) == len(whole.seeds)
    assert all(np.array_equal(value, whole.values[name]) for name, value in as_they_come.values.items())
    path = tmp_path / "model.facegan"
    write_model(path, model)
    assert not np.array_equal(sheet(path, tmp_path / "a.png"), sheet(path, tmp_path / "b.png", "--whole"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--whole"], "knows of no broken faces; give a file exported with --doubt"),
        (["--whole", "--kind", "ageing"], "--whole: is for --kind random; --kind ageing shows its people as they come"),
        (["--rows", "0"], "--rows 0: give a number from 1 to 1000"),
        (["--fix", "sex=tall"], "sex=tall: sex 'tall' is not female, male"),
        (["--fix", "hat=red"], "'hat=red': give NAME=VALUE; the model's labels are sex, age"),
        (["--kind", "label", "--label", "hat"], "the model has no label 'hat' to show; it has sex, age"),
        (["--kind", "label", "--label", "age", "--fix", "age=30"], "it cannot be fixed and shown"),
        (["--kind", "ageing", "--fix", "age=30"], "it cannot be fixed and shown"),
        (["--kind", "sexes", "--fix", "sex=male"], "it cannot be fixed and shown"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], message: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["sample", str(run), "--out", str(tmp_path / "x.png"), *words]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line
