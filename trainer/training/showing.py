"""What a run shows of itself, and how it is validated: after the checkpoint, and never at the training's cost."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from trainer.checkpoints import keep_best
from trainer.drawing.calibration import calibrated, draw_latents
from trainer.drawing.sheets import pictures_of, run_sheets
from trainer.files import write_bytes
from trainer.labels.label import Label
from trainer.pictures import png
from trainer.training.journal import Journal
from trainer.training.step.batches import Pictures
from trainer.training.step.gan import Gan
from trainer.training.validation import detection_rate, fd_grid8, people_like_held_out

SHEET_SEED = 1_000_003
SHEET_PEOPLE = 40
CLOSING_STEPS = {"checkpoint": 1.0, "sheets": 4.0, "validation": 10.0}
"""How long each takes, in steps, as long as it has not been timed (64 px in batches of 64 on a CPU)."""


class Showing:
    """A run's sheets and its validation, in the folder `out`; the first process draws and measures.

    `best` is the best validation metric so far, `seconds` how long each part took the last time.
    """

    def __init__(
        self, out: Path, gan: Gan, labels: Sequence[Label], held_out: Pictures, fabric: Fabric, *, of_faces: bool
    ) -> None:
        self.out, self.gan, self.labels, self.held_out, self.fabric = out, gan, labels, held_out, fabric
        self.of_faces = of_faces
        self.best: float | None = None
        self.seconds: dict[str, float] = {}
        self.drawer: tuple[int, nn.Module] | None = None

    def closing_seconds(self, step: float) -> float:
        """How long a last checkpoint, sheets and validation will take where a step takes `step` seconds."""
        return sum(self.seconds.get(name, steps * step) for name, steps in CLOSING_STEPS.items())

    def show(self, journal: Journal) -> None:
        """Draw the run's sheets."""
        if self.fabric.is_global_zero:
            self.without_risk("sheets", self.save_sheets, journal)

    def measure(self, journal: Journal) -> None:
        """Validate the run, and keep the newest checkpoint apart as the best where it never read better."""
        if self.fabric.is_global_zero and self.gan.config.log.validation > 0:
            self.without_risk("validation", self.validate, journal)
        self.fabric.barrier()

    def without_risk(self, name: str, look: Callable[[Journal], None], journal: Journal) -> None:
        """Have a look at the run that cannot cost it: what goes wrong is told in a line. Notes how long it took."""
        began = time.monotonic()
        try:
            look(journal)
        except Exception as error:  # noqa: BLE001 - whatever a figure fails at, the training is worth more
            reason = " ".join(str(error).split()) or type(error).__name__
            journal.say(f"no {name} at {self.gan.images:,} images: {reason}")
        self.seconds[name] = time.monotonic() - began

    def save_sheets(self, journal: Journal) -> None:
        """Draw the sheets and write each as a file and into the journal."""
        folder, images = self.out / "sheets", self.gan.images
        for name, sheet in self.sheets().items():
            write_bytes(folder / f"{name}-{images:09d}.png", png(sheet, made=True))
            journal.picture(name, sheet, images)

    def validate(self, journal: Journal) -> None:
        """Validate the run and log it; see `measure`."""
        generator, samples = self.gan.config.generator, self.gan.config.log.validation
        real, fake = people_like_held_out(self.ready_to_draw(), generator, self.held_out, samples, SHEET_SEED)
        value = fd_grid8(real, fake)
        journal.figure("fd_grid8", value, self.gan.images)
        if self.best is None or value < self.best:
            keep_best(self.out, self.gan.step, self.gan.images, value)
            self.best = value
        if self.of_faces:
            journal.figure("detection_rate", detection_rate(pictures_of(fake)), self.gan.images)

    def sheets(self) -> dict[str, np.ndarray]:
        """The sheets, as `run_sheets` names them: uint8 [H, W, 3] each."""
        generator = self.gan.config.generator
        randomness = torch.Generator(self.fabric.device).manual_seed(SHEET_SEED)
        latents = draw_latents(SHEET_PEOPLE, generator.latent_size, generator.latent_distribution, randomness)
        return run_sheets(self.ready_to_draw(), latents, self.labels)

    def ready_to_draw(self) -> nn.Module:
        """The averaged generator with statistics of its own, in evaluation mode; made once for a step."""
        if self.drawer is None or self.drawer[0] != self.gan.step:
            config = self.gan.config
            distribution = config.generator.latent_distribution
            made = calibrated(self.gan.ema.module, self.labels, distribution, config.ema.calibration)
            self.drawer = self.gan.step, made
        return self.drawer[1]

    def forget(self) -> None:
        """The weights are others now, whatever the step."""
        self.drawer = None
