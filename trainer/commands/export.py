"""`trainer export`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from trainer.checkpoints import chosen_checkpoint, lightened, read_checkpoint, write_state
from trainer.drawing.encoders import likeness_in_words
from trainer.drawing.export import export
from trainer.errors import UserError
from trainer.model_file.onnx import write_onnx
from trainer.ranges import Within


@dataclass(frozen=True)
class Export:
    """Write a run's averaged generator as one model file for the add-on, with its card and golden vectors.

    Example: python -m trainer export runs/faces64 --out faces.facegan --name "My faces" --onnx faces.onnx

    The checkpoint that read best while it trained: --checkpoint best
    """

    source: tyro.conf.Positional[Path]
    """A run folder, or one checkpoint of it."""
    out: Path
    """The model file to write, *.facegan."""
    checkpoint: Literal["newest", "best"] = "newest"
    """Which of a run folder's checkpoints: the newest, or the one with the best validation metric (fd_grid8)."""
    name: str = ""
    """The model's name, as artists will see it."""
    licence: str = ""
    """SPDX licence of the weights; the dataset's where left out."""
    attribution: str = ""
    """Whom to credit; the dataset's where left out."""
    report: Path | None = None
    """A report.json of `evaluate`, whose figures the card will carry."""
    onnx: Path | None = None
    """Write the same network as ONNX as well."""
    light: Path | None = None
    """Also write a light checkpoint (weights as float16, no optimisers) that `train --resume` can go on from."""
    encoder: Path | None = None
    """The folder in which `trainer encoder` trained one for this run: the file then reads photographs as well."""
    calibration: Annotated[int | None, Within(0, 100_000)] = None
    """Batches that re-estimate the batch norms' statistics; the run's setting where left out."""

    variety: Annotated[float, Within(0, 4, open_low=True)] = 1.0
    """How far faces go from the typical one of their sex and age: below 1 safer and more alike, above 1 the reverse."""

    def run(self) -> None:
        """Export, and say what was written."""
        overrides: dict[str, Any] = {
            key: value for key in ("name", "licence", "attribution") if (value := getattr(self, key))
        }
        if self.report is not None:
            overrides["figures"] = read_figures(self.report)
        checkpoint, told = chosen_checkpoint(self.source, self.checkpoint)
        print(told, flush=True)
        model, size = export(checkpoint, self.out, overrides, self.calibration, self.variety, self.encoder)
        print(f"{self.out}: {size / 1e6:.2f} MB, {len(model.graph.nodes)} nodes, {model.card['licence']}")
        if likeness := likeness_in_words(model.card):
            print(f"likeness: {likeness}")
        if self.light is not None:
            write_state(self.light, lightened(read_checkpoint(checkpoint)))
            print(f"{self.light}: {self.light.stat().st_size / 1e6:.2f} MB")
        if self.onnx is not None:
            print(f"{self.onnx}: {write_onnx(self.onnx, model) / 1e6:.2f} MB")


def read_figures(path: Path) -> dict[str, Any]:
    """The figures of a report.json by name: `value`, and `photographs`, what real pictures score."""
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
        return {
            name: {key: figure[key] for key in ("value", "photographs") if figure.get(key) is not None}
            for name, figure in figures.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: no report of `trainer evaluate` ({error})") from error
