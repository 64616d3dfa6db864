"""One step of each phase: what the likeness network and the encoder learn from a batch, as costs to be lowered."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from trainer.config import LatentDistribution
from trainer.drawing.calibration import draw_latents
from trainer.encoder.degradation import SLIGHT, STRONG, degraded
from trainer.encoder.perception import Perception, low_pass_difference
from trainer.encoder.settings import EncoderSettings
from trainer.labels.label import Label
from trainer.labels.matrix import by_label
from trainer.networks.encoder import KNOWN, Answer, FaceEncoder, guessed_labels, span_of
from trainer.networks.likeness import LikenessNetwork
from trainer.networks.offsets import OffsetGenerator

TEMPERATURE = 0.15
"""Of the likeness network's cross-entropy."""
YOUNGER_OR_OLDER = 15.0
"""Most years by which the same person is moved."""
LABELS_SAY, GUESSES_SAY = 0.3, 1.0
"""Weights of the labels beside telling pictures apart, and of guessed labels beside latents."""
KEPT_SAYS = 0.3
"""Weight of looking like the same person, beside looking as old as asked: most of the former comes by itself."""
EARLIER_SAYS = 0.5
"""Weight of the first answer's latent beside the second's."""

Costs = dict[str, Tensor]


@dataclass(frozen=True)
class Lessons:
    """The networks that a step needs. `generator`'s own weights are frozen; its offsets learn with the encoder."""

    encoder: FaceEncoder
    generator: OffsetGenerator
    likeness: LikenessNetwork
    labels: Sequence[Label]
    distribution: LatentDistribution
    settings: EncoderSettings

    def telling_apart(self, pictures: Tensor, matrix: Tensor, randomness: Generator) -> Costs:
        """The likeness network's costs: half of the batch photographs, half people that the model draws twice."""
        half = len(pictures) // 2
        with torch.no_grad():
            vectors = self.random_vectors(len(pictures) - half, randomness)
            aged = moved_in_age(self.labels, matrix[half:], randomness)
            twice = [self.generator.draw(vectors, of).to(pictures.dtype) for of in (matrix[half:], aged)]
            views = [degraded(torch.cat([pictures[:half], drawn]), STRONG, randomness) for drawn in twice]
        _, embedding, logits = self.likeness(torch.cat(views))
        read = {name: torch.cat([of[:half], of[len(pictures) : len(pictures) + half]]) for name, of in logits.items()}
        labels = self.likeness.label_cost(read, torch.cat([matrix[:half], matrix[:half]]))
        return {"apart": told_apart(embedding), "labels": LABELS_SAY * labels}

    def own_pictures(self, matrix: Tensor, randomness: Generator) -> Costs:
        """The encoder's costs on what the model draws of random people with the labels `matrix` [N, C]."""
        vectors = self.random_vectors(len(matrix), randomness)
        with torch.no_grad():
            pictures = self.generator.draw(vectors, matrix)
            seen = degraded(pictures, SLIGHT, randomness)
        answer = self.encoder(seen, self.encoder.known(matrix), self.generator)
        size = self.encoder.latent_size
        off = [
            1.0 - functional.cosine_similarity(said[:, :size], vectors[:, :size]).mean()
            for said in (answer.vector, answer.first)
        ]
        made = self.generator.draw(answer.vector, matrix)
        return {
            "latent": off[0] + EARLIER_SAYS * off[1],
            "low_pass": self.settings.low_pass * low_pass_difference(made, pictures).mean(),
            "offsets": answer.vector[:, size:].square().mean(),
            "guesses": GUESSES_SAY * self.guess_cost(answer, matrix),
        }

    def photographs(self, pictures: Tensor, matrix: Tensor, perception: Perception, randomness: Generator) -> Costs:
        """The encoder's costs on photographs [N, 3, S, S] of raw labels [N, C], in groups of alike labels."""
        settings = self.settings
        with torch.no_grad():
            seen = degraded(pictures, SLIGHT, randomness)
            real = perception.see(pictures, matrix)
        answer = self.encoder(seen, self.encoder.known(matrix), self.generator)
        made = perception.see(self.generator.draw(answer.vector, matrix), matrix)
        first = perception.see(answer.drawn, matrix)
        costs = {
            "difference": perception.difference(made, real).mean(),
            "first": settings.first_answer * perception.difference(first, real).mean(),
            "strangers": settings.strangers * perception.among_strangers(made, real),
            "discriminator": settings.discriminator * perception.word(made, real),
            "offsets": settings.offsets * answer.vector[:, self.encoder.latent_size :].square().mean(),
            "guesses": GUESSES_SAY * self.guess_cost(answer, matrix),
        }
        if settings.edits > 0 and any(label.name == "age" for label in self.labels):
            costs["edits"] = settings.edits * self.edit_cost(
                answer.vector[::2], matrix[::2], made.embedding[::2], randomness
            )
        return costs

    def edit_cost(self, vectors: Tensor, matrix: Tensor, embedding: Tensor, randomness: Generator) -> Tensor:
        """What it costs people to look unlike what is asked, or unlike themselves, at another age."""
        asked = moved_in_age(self.labels, matrix, randomness)
        _, after, logits = self.likeness(self.generator.draw(vectors, asked))
        apart = (1.0 - (after * embedding.detach()).sum(dim=1)).mean()
        cost: Tensor = KEPT_SAYS * apart + self.likeness.label_cost(logits, asked, KNOWN)
        return cost

    def guess_cost(self, answer: Answer, matrix: Tensor) -> Tensor:
        """How far the guessed labels are off, in halves of what they can be; 0 where there are none to guess."""
        asked = self.encoder.unknown(matrix)
        if not asked.shape[1]:
            return matrix.new_zeros(())
        spans = [span_of(label) for label in guessed_labels(self.labels) for _ in range(label.columns)]
        scale = asked.new_tensor([2.0 / max(high - low, 1e-6) for low, high in spans])
        return functional.smooth_l1_loss(answer.guessed * scale, asked * scale, beta=0.2)

    def random_vectors(self, count: int, randomness: Generator) -> Tensor:
        """Vectors [count, L + K] of random people: drawn latents, no offsets."""
        latents = draw_latents(count, self.encoder.latent_size, self.distribution, randomness)
        return torch.cat([latents, latents.new_zeros(count, self.encoder.offsets)], dim=1)


def told_apart(embedding: Tensor) -> Tensor:
    """The cost of finding each of the embeddings' [2 N, D] other view, N rows away, among all (NT-Xent)."""
    count = len(embedding)
    logits = embedding @ embedding.T / TEMPERATURE
    logits = logits.masked_fill(torch.eye(count, dtype=torch.bool, device=logits.device), -torch.inf)
    other = (torch.arange(count, device=logits.device) + count // 2) % count
    return functional.cross_entropy(logits, other)


def moved_in_age(labels: Sequence[Label], matrix: Tensor, randomness: Generator) -> Tensor:
    """Raw labels [N, C] with ages up to `YOUNGER_OR_OLDER` years off, within what they can be."""
    parts = by_label(matrix, labels)
    draws = 2.0 * torch.rand(len(matrix), 1, generator=randomness, device=matrix.device) - 1.0
    for label in labels:
        if label.name == "age":
            parts["age"] = (parts["age"] + YOUNGER_OR_OLDER * draws).clamp(*span_of(label))
    return torch.cat([matrix[:, :0], *parts.values()], dim=1)
