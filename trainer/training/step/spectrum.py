"""The mean spectrum of generated pictures beside photographs', and what it costs where the two differ.

A discriminator hardly looks at the highest frequencies: there a generator leaves the comb of its doublings, and its
faces stay too smooth. Their spectrum is that of photographs if it is told (Durall et al. 2020, "Watch your
up-convolution", CVPR, whose loss is of rings of each picture's spectrum; here rows and columns stay apart, since a comb
runs along one of them, and means over a batch are compared, since no two faces have one spectrum).
"""

import torch
from torch import Tensor

from trainer.training.step.measured import luminance

FAINT = 1e-6
"""Power of a frequency, beside a picture's mean one, below which nothing is told: less is rounding to whole levels."""


def spectrum(pictures: Tensor) -> Tensor:
    """The natural logarithm of the mean power at every frequency of pictures [N, 3, H, W], -1 ... 1: [H, W // 2 + 1].

    As `trainer.evaluation.statistics.texture.spectrum` has it: of their grey values, weighed with a Hann window.
    """
    grey = luminance(pictures.float().movedim(1, -1))
    grey = grey - grey.mean(dim=(1, 2), keepdim=True)
    height, width = grey.shape[1:]
    window = torch.outer(*(torch.hann_window(side, periodic=False).to(grey) for side in (height, width)))
    power: Tensor = torch.fft.rfft2(grey * window, norm="ortho").abs().square().mean(dim=0)
    return (power + FAINT).log()


def spectrum_loss(pictures: Tensor, photographs: Tensor) -> Tensor:
    """The mean squared difference of the spectra of pictures and photographs [N, 3, H, W], -1 ... 1: a scalar.

    The constant part, which is no detail, is left out.
    """
    difference = spectrum(pictures) - spectrum(photographs.detach())
    return difference.flatten()[1:].square().mean()
