"""One step of each phase: what the encoder learns from a batch, as costs to be lowered."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from trainer.config import LatentDistribution
from trainer.drawing.calibration import draw_latents
from trainer.encoder.degradation import degraded
from trainer.encoder.perception import Perception, low_pass_difference
from trainer.encoder.settings import EncoderSettings
from trainer.labels.label import Label
from trainer.networks.encoder import FaceEncoder, guessed_labels, span_of
from trainer.networks.offsets import OffsetGenerator

Costs = dict[str, Tensor]


@dataclass(frozen=True)
class Lessons:
    """The networks that a step needs. `generator` is frozen."""

    encoder: FaceEncoder
    generator: OffsetGenerator
    labels: Sequence[Label]
    distribution: LatentDistribution
    settings: EncoderSettings

    def own_pictures(self, matrix: Tensor, randomness: Generator) -> Costs:
        """The costs of what the encoder says of random people with the labels `matrix` [N, C] that the model draws."""
        latents = draw_latents(len(matrix), self.encoder.latent_size, self.distribution, randomness)
        with torch.no_grad():
            seen = degraded(self.generator(latents, None, matrix), randomness)
        said, guessed = self.encoder.latent(seen, self.encoder.known(matrix))
        return {
            "latent": 1.0 - functional.cosine_similarity(said, latents).mean(),
            "guesses": self.guess_cost(guessed, matrix),
        }

    def photographs(self, pictures: Tensor, matrix: Tensor, perception: Perception, randomness: Generator) -> Costs:
        """The costs of what it says of photographs [N, 3, S, S] of raw labels [N, C], in groups of alike labels."""
        with torch.no_grad():
            seen = degraded(pictures, randomness)
            real = perception.see(pictures, matrix)
        known = self.encoder.known(matrix)
        answer = self.encoder.answer(pictures, *self.encoder.latent(seen, known), known, self.generator)
        whole = self.generator.completed(answer.drawn, answer.vector, self.encoder.matrix(known, answer.guessed))
        made = perception.see(whole, matrix)
        return {
            "difference": perception.difference(made, real),
            "first": self.settings.first_answer * low_pass_difference(answer.drawn, pictures).mean(),
            "word": self.settings.word * perception.word(made, real),
            "guesses": self.guess_cost(answer.guessed, matrix),
        }

    def guess_cost(self, guessed: Tensor, matrix: Tensor) -> Tensor:
        """How far the guessed labels are off, in halves of what they can be; 0 where there are none to guess."""
        asked = self.encoder.unknown(matrix)
        if not asked.shape[1]:
            return matrix.new_zeros(())
        spans = [span_of(label) for label in guessed_labels(self.labels) for _ in range(label.columns)]
        scale = asked.new_tensor([2.0 / max(high - low, 1e-6) for low, high in spans])
        return functional.smooth_l1_loss(guessed * scale, asked * scale, beta=0.2)
