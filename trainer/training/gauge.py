"""How good a run is while it goes: cheap figures at each checkpoint, by which the best one is kept.

`fd_umpire` is the Frechet distance between generated and held-out pictures in the features of the run's umpire, a small
network of our own that takes no part in the game; nor does the judge that `evaluate` uses take part in choosing. A run
without a guide has no umpire either: it is gauged by the share of its pictures in
which the 2016 system's cascades find a face (paper mode), which is also what that paper plotted over training.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from trainer.config import LatentDistribution
from trainer.evaluation.distances import frechet_distance
from trainer.training.average import draw_latents
from trainer.training.guide import Guide
from trainer.training.pictures import Pictures
from trainer.training.sheets import drawn

CHUNK = 128


@dataclass(frozen=True)
class Reading:
    """A gauge's word: the name of the figure, its value, and whether smaller is better."""

    name: str
    value: float
    smaller_is_better: bool

    def beats(self, other: float | None) -> bool:
        """Whether this is better than a former value of the same figure, or the first."""
        if other is None:
            return True
        return self.value < other if self.smaller_is_better else self.value > other


def held_out_like(
    held_out: Pictures, distribution: LatentDistribution, latent_size: int, samples: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """`samples` held-out pictures, their labels, and as many latents; the same seed gives the same ones."""
    device = held_out.images.device
    randomness = torch.Generator(device).manual_seed(seed)
    index = torch.randint(len(held_out), (samples,), generator=randomness, device=device)
    real, labels = held_out.batch(index, randomness, flip=False)
    return real, labels, draw_latents(samples, latent_size, distribution, randomness)


@torch.no_grad()
def read_gauge(
    generator: nn.Module,
    distribution: LatentDistribution,
    latent_size: int,
    held_out: Pictures,
    umpire: Guide | None,
    samples: int,
    seed: int,
) -> Reading:
    """Gauge `generator` (in evaluation mode) on `samples` people with the labels of held-out pictures.

    The same seed asks for the same people, so that readings of one run can be compared.
    """
    real, labels, latents = held_out_like(held_out, distribution, latent_size, samples, seed)
    if umpire is None:
        return Reading("detection_rate", detection_rate(drawn(generator, latents, labels)), smaller_is_better=False)
    pairs = zip(latents.split(CHUNK), labels.split(CHUNK), strict=True)
    fake_features = np.concatenate([features(umpire, generator(*pair)) for pair in pairs])
    real_features = np.concatenate([features(umpire, part) for part in real.split(CHUNK)])
    return Reading("fd_umpire", frechet_distance(real_features, fake_features), smaller_is_better=True)


def features(umpire: Guide, pictures: Tensor) -> np.ndarray:
    """The umpire's last features of pictures [N, 3, S, S], float64 [N, F]."""
    return umpire.features(pictures).double().cpu().numpy()


def detection_rate(pictures: np.ndarray) -> float:
    """The share of pictures uint8 [N, H, W, 3] in which any of the paper's seven cascades finds a face, 0 ... 1."""
    # Imported here: cv2 is needed by runs that are gauged this way alone.
    from trainer.evaluation.cascades import detect

    return float(detect(pictures)[:, :, 0].any(axis=1).mean())
