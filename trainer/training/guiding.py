"""The networks that read labels for a run: trained before the game, kept in its folder, the same for every process.

Two of one kind from different seeds: the guide, which the generator obeys, and the umpire, which only gauges the run.
A generator that learns from a network also learns to please it, so that the same one could not tell how good it is.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor
from tqdm import tqdm

from trainer.labels import LabelSpec
from trainer.networks.build import on_device
from trainer.training.checkpoints import write_atomically
from trainer.training.guide import GUIDE_IMAGES, Guide, train_guide
from trainer.training.pictures import Pictures

GUIDE_FILE = "guide.pt"
UMPIRE_FILE = "umpire.pt"


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
