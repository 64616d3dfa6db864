"""An encoder's training that saves after every step, in a process that can be killed: RUN OUT [--resume]."""

import sys
from pathlib import Path

import torch

from tests.trainer.conftest import disc_dataset
from tests.trainer.encoder.trainings import encoder_of
from trainer.encoder import run as encoder_run
from trainer.encoder.settings import EncoderSettings

STEPS = EncoderSettings(own_images=96, photograph_images=96)


def main() -> None:
    torch.set_num_threads(1)
    encoder_run.FEWEST, encoder_run.SAVE_SECONDS = 100, 0.0
    training = encoder_of(Path(sys.argv[1]), Path(sys.argv[2]), disc_dataset(), STEPS)
    if "--resume" in sys.argv:
        training.resume()
    training.train()


if __name__ == "__main__":
    main()
