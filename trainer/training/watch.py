"""Watching a run for the two ways in which it dies: numbers that are none, and one face for everybody."""

import math
from collections.abc import Mapping

from torch import Tensor

from trainer.config import WatchConfig


def relative_spread(real: Tensor, fake: Tensor) -> Tensor:
    """How much the fakes of a batch differ from each other, beside the real pictures: a scalar, about 1 when alike.

    The mean over all pixels of the deviation over the batch, fake over real.
    """
    return fake.detach().std(dim=0).mean() / real.std(dim=0).mean().clamp_min(1e-6)


def trouble_in(means: Mapping[str, float], images: int, config: WatchConfig) -> str | None:
    """What is wrong with a run whose recent `means` these are, after `images`; None if nothing is."""
    broken = [name for name, value in means.items() if not math.isfinite(value)]
    if broken:
        return f"{', '.join(broken)} stopped being a number"
    spread = means.get("spread", 1.0)
    if images >= config.collapse_after and spread < config.collapse_spread:
        return f"the faces of a batch differ only {spread:.2f} as much as real ones do: collapse"
    return None
