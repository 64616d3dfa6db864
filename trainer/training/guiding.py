"""The guide of a run: trained before the game, kept in its folder, the same for every process."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor
from tqdm import tqdm

from trainer.checkpoints import write_atomically
from trainer.config import Config
from trainer.errors import UserError
from trainer.labels.label import LabelSpec
from trainer.networks.build import on_device
from trainer.training.guide import GUIDE_IMAGES, Guide, train_guide
from trainer.training.pictures import Pictures

GUIDE_FILE = "guide.pt"


def check_guidance(config: Config, labels: Sequence[LabelSpec], processes: int) -> None:
    """Raise `UserError` for settings of the guide that do not fit the labels, the batch or the processes."""
    floors, kin, batch = config.loss.guide_floor, config.kin, config.data.batch
    if config.loss.guide <= 0:
        return
    if len(floors) not in (1, len(labels)):
        raise UserError(
            f"loss.guide_floor {list(floors)}: give one number, or one for each of the labels"
            f" {', '.join(label.name for label in labels)}"
        )
    if kin.active:
        if kin.people < 1 or batch % kin.people or kin.people % processes:
            raise UserError(
                f"kin.people {kin.people}: must divide the batch of {batch}, and {processes} processes must share it"
                " evenly"
            )
        if not 0.0 < kin.move <= 0.5:
            raise UserError(f"kin.move {kin.move:g}: give a share of the label's range, above 0 and at most 0.5")


def label_reader(
    path: Path,
    labels: Sequence[LabelSpec],
    next_index: Callable[[], Tensor],
    training: Pictures,
    held_out: Pictures,
    fabric: Fabric,
    seed: int,
    *,
    quiet: bool,
) -> Guide:
    """The network kept at `path`, or a new one: trained by the first process on batches at `next_index()`, then kept.

    Comes back frozen, in evaluation mode, on the fabric's device.
    """
    if fabric.is_global_zero and not path.exists():
        randomness = Generator(fabric.device).manual_seed(seed)

        def draw(_count: int, generator: Generator) -> tuple[Tensor, Tensor]:
            return training.batch(next_index(), generator, flip=True)

        everyone = torch.arange(len(held_out), device=fabric.device)
        checked = held_out.batch(everyone, randomness, flip=False)
        torch.manual_seed(seed)
        with tqdm(total=GUIDE_IMAGES, unit="img", desc=path.stem, disable=quiet) as bar:
            guide, reading = train_guide(labels, draw, checked, randomness, progress=bar.update)
        figures = ", ".join(f"{name} {value:.2f}" for name, value in reading.figure.items())
        print(f"{path.stem} on held-out pictures (share right, or mean distance): {figures}", flush=True)
        write_atomically(path, guide.state_dict())
    fabric.barrier()
    guide = on_device(Guide(labels), fabric.device)
    guide.load_state_dict(torch.load(path, map_location=fabric.device, weights_only=True))
    return guide.eval().requires_grad_(False)
