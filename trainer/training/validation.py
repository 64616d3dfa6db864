"""How good a run is while it goes: cheap figures at each checkpoint, by one of which the best one is kept.

`fd_grid8` is the Frechet distance between generated and held-out pictures in what an 8 x 8 grid of cells shows: each
cell's colour, and how much fine detail it holds. It knows neither labels nor faces, and no network that the generator
learns from: a figure that reads labels mostly tells how well the generator minimised its label loss. Blur, noise, a
cast of colour and too few different faces all make it worse. The judges of `evaluate` take no part in choosing either.

`detection_rate`, the share of pictures in which the 2016 system's cascades find a face (paper mode), is what that paper
plotted over training. It is told and not chosen by.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.config import GeneratorConfig
from trainer.drawing.calibration import draw_latents
from trainer.evaluation.statistics.distances import frechet_distance
from trainer.training.step.batches import Pictures

CHUNK = 128
GRID = 8
FAINTEST = 0.005
"""Detail, of -1 ... 1, below which cells count as equally smooth: about half a step of a byte."""


@torch.no_grad()
def people_like_held_out(
    generator: nn.Module, config: GeneratorConfig, held_out: Pictures, samples: int, seed: int
) -> tuple[Tensor, Tensor]:
    """`samples` held-out pictures, and as many of `generator` (in evaluation mode) with their labels: [N, 3, S, S].

    The same seed asks for the same people, so that readings of one run can be compared.
    """
    device = held_out.images.device
    randomness = torch.Generator(device).manual_seed(seed)
    index = torch.randint(len(held_out), (samples,), generator=randomness, device=device)
    real, labels = held_out.batch(index, randomness, flip=False)
    latents = draw_latents(samples, config.latent_size, config.latent_distribution, randomness)
    pairs = zip(latents.split(CHUNK), labels.split(CHUNK), strict=True)
    return real, torch.cat([generator(*pair).float() for pair in pairs])


def grid_features(pictures: Tensor) -> np.ndarray:
    """What each cell of pictures [N, 3, S, S] shows: float64 [N, 4 * 64], three colours and the log of its detail.

    Detail is how far the grey pixels lie from the mean of their 3 x 3 neighbours.
    """
    colours = functional.adaptive_avg_pool2d(pictures, GRID)
    grey = pictures.mean(dim=1, keepdim=True)
    smooth = functional.avg_pool2d(grey, 3, stride=1, padding=1, count_include_pad=False)
    detail = torch.log(functional.adaptive_avg_pool2d((grey - smooth).abs(), GRID) + FAINTEST)
    return torch.cat([colours, detail], dim=1).flatten(1).double().cpu().numpy()


def fd_grid8(real: Tensor, fake: Tensor) -> float:
    """The Frechet distance of two sets of pictures [N, 3, S, S] in `grid_features`, in units of their real spread."""
    photographs, made = grid_features(real), grid_features(fake)
    centre, spread = photographs.mean(axis=0), photographs.std(axis=0).clip(min=1e-6)
    return frechet_distance((photographs - centre) / spread, (made - centre) / spread)


def detection_rate(pictures: np.ndarray) -> float:
    """The share of pictures uint8 [N, H, W, 3] in which any of the paper's seven cascades finds a face, 0 ... 1."""
    # Imported here: runs on other pictures than faces need no cv2.
    from trainer.evaluation.judges.cascades import detect

    return float(detect(pictures)[:, :, 0].any(axis=1).mean())
