"""A kind of label that the trainer does not have: one class and its registration take it all the way."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tests.trainer.small_networks import THIN_CROWD
from trainer.cli import main
from trainer.data.dataset import open_dataset
from trainer.labels.kinds import KINDS
from trainer.labels.label import Bins, Floats, Label, Range, Value
from trainer.model_file.storage import read_model

WINDS = ("north", "east", "south", "west")
SMALL = f"""
images = 64
{THIN_CROWD}[loss]
classifier_images = 64
[ema]
calibration = 2
[log]
validation = 24
"""


def towards(place: NDArray[np.integer] | Sequence[int]) -> Floats:
    """The unit vectors [N, 2] of places in WINDS."""
    angle = np.asarray(place) * np.pi / 2
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)


@dataclass(frozen=True)
class Direction(Label):
    """A quarter of the compass, as a unit vector: a label of two columns that are no classes."""

    kind = "direction"
    declares = ()

    @property
    def columns(self) -> int:
        return 2

    def card(self) -> dict[str, Any]:
        return {"name": self.name, "kind": self.kind}

    def own_problem(self) -> str | None:
        return None

    def read_cell(self, text: str) -> Value:
        if text not in WINDS:
            raise ValueError(f"{text!r} is none of {', '.join(WINDS)}")
        return text

    def read_stored(self, text: str) -> float | str:
        return str(self.read_cell(text))

    def read_request(self, text: str) -> Floats:
        self.read_cell(text)
        request: Floats = towards([WINDS.index(text)])[0]
        return request

    def ranges(self, values: Sequence[Any]) -> Range:
        own = towards([WINDS.index(str(value)) for value in values])
        return own, own

    def in_words(self, values: Floats) -> NDArray[Any]:
        words: NDArray[Any] = np.array(WINDS)[(values @ towards(range(4)).T).argmax(axis=1)]
        return words

    def unasked(self, seeds: NDArray[np.int64]) -> Floats:
        return towards(seeds % 4)

    def evenly(self, count: int, randomness: np.random.Generator) -> NDArray[np.floating]:
        return towards(randomness.integers(4, size=count))

    def from_uniform(self, uniform: Tensor) -> Tensor:
        angle = (uniform * 4).floor() * torch.pi / 2
        return torch.cat([angle.cos(), angle.sin()], dim=1)

    def bins(self, values: Range, limits: Sequence[float] = ()) -> Bins | None:  # noqa: ARG002
        return (values[0] @ towards(range(4)).T).argmax(axis=1).astype(np.int64), list(WINDS)

    @property
    def steps(self) -> Floats:
        return towards(range(4))

    @property
    def step_names(self) -> list[str]:
        return list(WINDS)

    def cross_entropy(self, logits: Tensor, values: Tensor, knots: Tensor | None) -> Tensor:  # noqa: ARG002
        return (logits - values).square().sum(dim=1)

    def reading(self, logits: Tensor, values: Tensor, knots: Tensor | None) -> Tensor:  # noqa: ARG002
        return ((logits * values).sum(dim=1) > 0).float().mean()


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(KINDS, "direction", Direction)
    folder = tmp_path / "photographs"
    folder.mkdir()
    rng, rows = np.random.default_rng(0), ["file,wind"]
    for number in range(96):
        small = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(small).resize((80, 80), Image.Resampling.BICUBIC).save(folder / f"{number:02}.png")
        rows.append(f"{number:02}.png,{WINDS[number % 4]}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    (folder / "labels.toml").write_text('[[labels]]\nname = "wind"\nkind = "direction"\n')
    return folder


def test_a_new_kind_goes_all_the_way(photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.set_num_threads(1)
    dataset, run, model = (str(tmp_path / name) for name in ("dataset", "run", "model.facegan"))
    (tmp_path / "small.toml").write_text(SMALL)
    whole = ["--whole", "--similarity", "1.0", "--held-out", "0.25", "--workers", "1"]
    assert main(["prepare", "folder", str(photographs), "--out", dataset, *whole]) == 0
    assert open_dataset(Path(dataset)).labels == (Direction("wind"),)
    options = ["--config", str(tmp_path / "small.toml"), "--quiet", "--device", "cpu"]
    assert main(["train", "--data", dataset, "--out", run, *options]) == 0
    assert (tmp_path / "run" / "sheets" / "wind-000000064.png").is_file()
    assert main(["export", run, "--out", model]) == 0
    assert read_model(Path(model)).graph.inputs == {"latent": (16,), "wind": (2,)}
    (tmp_path / "people.csv").write_text("seed,wind\n1,north\n1,south\n")
    assert main(["generate", "--model", model, "--people", str(tmp_path / "people.csv"), "--out", f"{run}.npz"]) == 0
    with np.load(f"{run}.npz") as faces:
        assert faces["wind"].tolist() == ["north", "south"]
        assert not np.array_equal(*faces["images"])
    words = ["sample", model, "--kind", "label", "--label", "wind", "--rows", "2", "--out", str(tmp_path / "sheet.png")]
    assert main(words) == 0
    capsys.readouterr()
    assert main(["stats", dataset]) == 0
    counted = dict(line.split()[:2] for line in capsys.readouterr().out.splitlines() if line.startswith(WINDS))
    assert counted == dict.fromkeys(WINDS, "24")


def test_a_cell_that_a_new_kind_refuses_is_named(photographs: Path, tmp_path: Path) -> None:
    table = photographs / "labels.csv"
    rows = list(csv.reader(table.read_text().splitlines()))
    rows[3][1] = "up"
    table.write_text("\n".join(",".join(row) for row in rows) + "\n")
    assert main(["prepare", "folder", str(photographs), "--out", str(tmp_path / "out"), "--whole"]) == 2
