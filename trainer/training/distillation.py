"""How a generator learns from an older one, before the GAN, to draw the same people in even light and of any skin.

The older one is the teacher: its picture of a latent, evened and given the skin that is asked for, is what the new
generator shall draw of that latent and these labels. Learnt in the GAN alone, labels that the discriminator knows on
sight and the generator does not obey yet give the discriminator a lead that spoils the faces.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from trainer.drawing.calibration import draw_latents
from trainer.labels.label import Label
from trainer.training.ending import Minutes, told_seconds
from trainer.training.step.even_light import EvenLight
from trainer.training.step.gan import Gan

TRIAL_LESSONS = 5
"""After so many it is told how long all will take."""
COARSE = 4
"""Side in pixels of the areas whose means count as much as the pixels do: colours first, then detail."""


@dataclass(frozen=True)
class Teacher:
    """A trained generator and the labels that it knows."""

    network: nn.Module
    labels: tuple[Label, ...]

    def columns(self, labels: Sequence[Label]) -> list[int]:
        """Where in the raw labels of `labels` those that the teacher knows stand. Raises KeyError without one."""
        starts, at = {}, 0
        for label in labels:
            starts[label.name] = at
            at += label.columns
        return [starts[label.name] + i for label in self.labels for i in range(label.columns)]


class Distillation:
    """Lessons by a teacher for the generator of a GAN. `even` makes of the teacher's pictures what is to be learnt."""

    def __init__(self, gan: Gan, teacher: Teacher, labels: tuple[Label, ...], even: EvenLight, rate: float) -> None:
        self.gan, self.even = gan, even
        self.teacher = teacher.network.train().requires_grad_(False)
        self.columns = teacher.columns(labels)
        self.rate = rate
        self.optimiser = torch.optim.Adam(gan.generator.parameters(), lr=rate, betas=(0.9, 0.99), fused=True)

    def lesson(self, matrix: Tensor, randomness: torch.Generator) -> dict[str, Tensor]:
        """Learn from people with the raw labels [N, C]. Returns scalars on their device."""
        config = self.gan.config.generator
        latents = draw_latents(len(matrix), config.latent_size, config.latent_distribution, randomness)
        with self.gan.autocast():
            with torch.no_grad():
                shown = self.teacher(latents, matrix[:, self.columns]).float()
            drawn = self.gan.draw_fake(latents, matrix).float()
        measured = self.gan.measured
        wanted = self.even(shown, measured.asked(matrix) if measured is not None else {})
        loss = functional.l1_loss(drawn, wanted)
        coarse = functional.l1_loss(functional.avg_pool2d(drawn, COARSE), functional.avg_pool2d(wanted, COARSE))
        self.optimiser.zero_grad(set_to_none=True)
        (loss + coarse).backward()
        self.optimiser.step()
        metrics = {"distilled": loss.detach()}
        if measured is not None:
            metrics["measured"] = measured.loss(drawn.detach(), matrix)
        return metrics

    def set_rate(self, share: float) -> None:
        """Set the rate after `share` (0 to 1) of the lessons: the full one for half of them, then falling."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, 2.0 * (1.0 - share))


def distil(
    lessons: Distillation,
    next_labels: Callable[[int], tuple[Tensor, torch.Generator]],
    count: int,
    minutes: Minutes,
    asked_to_stop: threading.Event,
    *,
    quiet: bool,
) -> bool:
    """Give `count` lessons; `next_labels` tells a lesson's raw labels and its chance. False: they were ended early.

    Every process takes all lessons by itself, with the same chance. The EMA then begins with what was learnt.
    """
    began, metrics = time.monotonic(), {}
    with tqdm(total=count, unit="lesson", desc="distillation", disable=quiet) as bar:
        for number in range(count):
            lessons.set_rate(number / count)
            metrics = lessons.lesson(*next_labels(number))
            bar.update()
            if number + 1 == TRIAL_LESSONS:
                seconds = (time.monotonic() - began) / TRIAL_LESSONS * (count - number)
                bar.write(f"distillation: the older network teaches the new one first, about {told_seconds(seconds)}")
            if asked_to_stop.is_set() or minutes.left() < 0:
                return False
    lessons.gan.ema.module.load_state_dict(lessons.gan.generator.state_dict())
    told = ", ".join(f"{name} {float(value):.3f}" for name, value in metrics.items())
    print(f"distillation: {count:,} lessons; the last one's figures: {told}", flush=True)
    return True
