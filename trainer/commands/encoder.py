"""`trainer encoder`."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import tyro

from trainer.data.dataset import open_dataset
from trainer.drawing.encoders import ENCODER_FILE, FIGURES_FILE
from trainer.encoder.run import EncoderOptions, EncoderRun
from trainer.encoder.settings import EncoderSettings
from trainer.errors import UserError
from trainer.files import make_folder, write_bytes, write_json
from trainer.ranges import Within
from trainer.training.run import fabric_for

CLOSING = 3.0
"""Seconds kept for writing what was learnt."""


@dataclass(frozen=True)
class Encoder:
    """Train a network for a model that turns a photograph of somebody into the vector that draws a likeness.

    Example: python -m trainer encoder runs/faces64 --data data/faces64 --out encoders/faces64 --max-minutes 110

    Then write both into one file: python -m trainer export runs/faces64 --encoder encoders/faces64 --out faces.facegan
    """

    source: tyro.conf.Positional[Path]
    """The model's run folder, or one checkpoint of it."""
    data: Path
    """The prepared dataset that it was trained on: a folder or a packed file."""
    out: Path
    """The folder for the encoder: encoder.pt, metrics.jsonl."""
    pairs: Path | None = None
    """A table of file, name, sex and age with two photographs of each person, none of whom is in the dataset: the
    finished encoder is measured on them, beside two plain ways to find a likeness."""
    photographs: Path | None = None
    """The folder of those photographs; the table's own where left out."""
    seeds: Annotated[int, Within(100, 10**8)] = 100_000
    """Among how many seeds the nearest face is looked for, as a rival."""
    max_minutes: Annotated[float, Within(0, 1e7)] = 0.0
    """Be done within this long, all steps counted; 0: as many pictures as the settings say."""
    resume: bool = False
    """Go on with the training in --out."""
    start_from: Path | None = None
    """Another encoder, of this model as it was earlier or of one like it, whose weights this one begins with."""
    variety: Annotated[float, Within(0, 100, open_low=True)] = 1.0
    """The --variety with which the model is exported."""
    calibration: Annotated[int | None, Within(0, 100_000)] = None
    """The --calibration with which the model is exported, where one is given."""
    settings: Annotated[EncoderSettings, tyro.conf.arg(name="")] = field(default_factory=EncoderSettings)
    batch: Annotated[int, Within(0, 100_000)] = 0
    """Pictures a step; 0 suits the device."""
    seed: Annotated[int, Within(0, 2**31)] = 0
    """Of all that is drawn at random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    threads: Annotated[int, Within(0, 4096)] = 0
    """CPU threads; 0 leaves torch's choice."""
    quiet: bool = False
    """No progress bar."""

    def run(self) -> None:
        """Train, and say what was learnt."""
        started = time.monotonic()
        if self.threads:
            torch.set_num_threads(self.threads)
        if (self.out / ENCODER_FILE).exists() and not self.resume:
            raise UserError(f"{self.out}: holds an encoder already; add --resume to go on with it, or choose another")
        dataset = open_dataset(self.data)
        device = fabric_for(self.device).device
        options = EncoderOptions(
            self.source,
            self.out,
            device,
            self.batch,
            self.variety,
            self.calibration,
            self.seed,
            self.quiet,
            None if self.resume else self.start_from,
        )
        make_folder(self.out, "choose another --out")
        if not self.resume:
            # Of an encoder that was here before.
            (self.out / FIGURES_FILE).unlink(missing_ok=True)
        run = EncoderRun(options, dataset, self.settings)
        if self.resume:
            print(run.resume(), flush=True)
        if self.max_minutes:
            run.share_time(60.0 * self.max_minutes - (time.monotonic() - started) - CLOSING)
        print(run.train(), flush=True)
        if self.pairs is not None and run.finished:
            self.measure(run)

    def measure(self, run: EncoderRun) -> None:
        """Measure the finished encoder on people with two photographs, and keep the figures beside it."""
        # Imported here: training needs neither a face detector nor judges.
        from trainer.encoder.photographs.people_table import read_sitters, with_two_photographs
        from trainer.encoder.photographs.reading import Studio
        from trainer.encoder.report import SHEET_FILE, read_pairs, report, sheet, told

        assert self.pairs is not None
        sitters = read_sitters(self.pairs, self.photographs or self.pairs.parent, with_consent=False)
        studio = Studio.of_dataset(run.facts_of_data, run.trained.config.resolution)
        pairs = read_pairs(with_two_photographs(sitters, self.pairs), run.labels, studio)
        figures, made = report(run.likenesses(), run.generator, pairs, run.labels, studio, self.seeds)
        write_json(self.out / FIGURES_FILE, figures)
        write_bytes(self.out / SHEET_FILE, sheet(pairs, made))
        print(told(figures))
