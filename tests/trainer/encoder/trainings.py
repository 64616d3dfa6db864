"""Trainings of an encoder that take seconds."""

from dataclasses import dataclass
from pathlib import Path

import torch

from trainer.data.dataset import Dataset
from trainer.encoder.run import EncoderOptions, EncoderRun
from trainer.encoder.settings import EncoderSettings

FEW = EncoderSettings(own_images=32, photograph_images=48)


def encoder_of(
    run: Path, out: Path, discs: Dataset, settings: EncoderSettings = FEW, start: Path | None = None
) -> EncoderRun:
    """A training of an encoder for the run, in the folder `out`."""
    out.mkdir(exist_ok=True)
    options = EncoderOptions(run, out, torch.device("cpu"), batch=16, quiet=True, start=start)
    return EncoderRun(options, discs, settings)


@dataclass(frozen=True)
class Exported:
    """A run, its encoder's folder, and the model file of both."""

    run: Path
    encoder: Path
    model: Path
