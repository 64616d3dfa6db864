"""The GAN: both networks, their optimisers, the EMA of the generator, and one training step.

A step draws one batch of fakes and lets both networks learn from it: D from the detached pictures, then G from the
same pictures through the updated D. So a picture costs 3 passes of G and 8 of D instead of 4 and 8. Nothing in a step
waits for the host: the gate and the losses stay on the device.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel

from trainer.config import Config, OptimiserConfig
from trainer.drawing.calibration import draw_latents
from trainer.networks.classifier import AuxiliaryClassifier
from trainer.networks.detail import DetailedGenerator
from trainer.training.step.augmentation import augmented, draw
from trainer.training.step.collapse import relative_spread
from trainer.training.step.losses import Gate, discriminator_loss, generator_loss, gradient_penalty
from trainer.training.step.measured import MeasuredLabels, Skin
from trainer.training.step.paired import age_margin_loss, consistency_loss, relabelled
from trainer.training.step.processes import ALONE, Share
from trainer.training.step.side_light import side_light_loss
from trainer.training.step.spectrum import spectrum_loss
from trainer.training.step.stretches import Stretch, drawn_alone, faithful_loss, share_of_rate, stretch_at, warm_up_loss


def decay_at(images: int, half_life: float, batch: int) -> float:
    """What the past weighs in a step after `images` images: half of it is gone after `half_life` more; 0: all at once.

    A young run forgets faster, by half in half of what it has seen, or its average would show the untrained weights for
    long (a gentler ramp than that of Karras et al. 2020, "Training GANs with limited data", whose code has it).
    """
    effective = min(half_life, images / 2.0)
    return float(0.5 ** (batch / effective)) if effective > 0 else 0.0


@torch.no_grad()
def follow(ema: AveragedModel, network: nn.Module, decay: float) -> None:
    """Let the past weigh `decay` in the average, what `network` is now the rest; buffers are copied.

    `AveragedModel.update_parameters` does the same, but asks the device at every call how often it was called before.
    """
    past: list[Tensor] = list(ema.module.parameters())
    now: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(past, now, 1.0 - decay)
    for kept, new in zip(ema.module.buffers(), network.buffers(), strict=True):
        kept.copy_(new)
    ema.n_averaged += 1


Forward = Callable[[Tensor, Tensor], Tensor]


def adam(network: nn.Module, config: OptimiserConfig) -> torch.optim.Adam:
    """Adam over the network's parameters, as one fused kernel."""
    return torch.optim.Adam(
        network.parameters(),
        lr=config.rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        fused=True,
    )


def rate_at(step: int, config: OptimiserConfig) -> float:
    """The learning rate of step `step` (from 0)."""
    fallen = max(step - config.decay_start, 0) // config.decay_interval
    return max(config.rate * config.decay**fallen, config.rate_floor)


def update(optimiser: torch.optim.Adam, paused: Tensor | None) -> None:
    """One step of `optimiser`, or none, moments included, where the scalar `paused` is 1.

    `found_inf` is how gradient scaling tells a fused optimiser to leave a step out without asking the host; the gate
    uses the same door.
    """
    optimiser.found_inf = paused  # type: ignore[attr-defined] # none of its class
    optimiser.step()


@dataclass
class Gan:
    """Both networks and what they learn with. `draw_fake` and `discriminate` are their calls, compiled or not.

    `even_skin`: where the skin is on pictures in even light; None where each has the light that it was taken in.
    `asks_labels`: whether the generator is told how far its pictures are from their labels; not while its body rests.
    """

    config: Config
    generator: nn.Module
    discriminator: nn.Module
    ema: AveragedModel
    classifier: AuxiliaryClassifier | None
    g_optimiser: torch.optim.Adam
    d_optimiser: torch.optim.Adam
    draw_fake: Forward
    discriminate: Forward
    autocast: Callable[[], AbstractContextManager[object]]
    share: Share = ALONE
    measured: MeasuredLabels | None = None
    even_skin: Skin | None = None
    asks_labels: bool = True
    step: int = 0

    @property
    def images(self) -> int:
        """Real pictures shown so far."""
        return self.step * self.config.data.batch

    def train_step(self, real: Tensor, labels: Tensor, randomness: Generator) -> dict[str, Tensor]:
        """Let both networks learn from `real` [B, 3, H, W], -1 ... 1, and raw labels [B, C]: this process's share.

        All that is random comes from `randomness`, on the pictures' device. Returns scalars on that device.
        """
        if isinstance(self.generator, DetailedGenerator):
            stretch = stretch_at(self.images, self.config.detail)
            self.generator.body_learns(stretch is Stretch.TOGETHER)
            self.asks_labels = stretch is Stretch.TOGETHER
            rate = rate_at(self.step, self.config.optimiser) * share_of_rate(self.images, self.config.detail)
            self.set_rate(rate)
            if stretch is Stretch.WARM_UP:
                return self.warm_up_step(self.generator, real)
        else:
            self.set_rate(rate_at(self.step, self.config.optimiser))
        return self.game_step(real, labels, randomness)

    def warm_up_step(self, generator: DetailedGenerator, real: Tensor) -> dict[str, Tensor]:
        """Let the tail alone learn to enlarge halved photographs; the discriminator rests."""
        with self.autocast():
            loss = warm_up_loss(generator, real)
        self.g_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.share.average_gradients(self.generator.parameters())
        update(self.g_optimiser, None)
        self.keep_average()
        return {"warm_up": loss.detach()}

    def game_step(self, real: Tensor, labels: Tensor, randomness: Generator) -> dict[str, Tensor]:
        """One step of the game: both networks learn. See `train_step`."""
        config = self.config
        everyone = len(real) * self.share.count
        latents = self.share.of(
            draw_latents(everyone, config.generator.latent_size, config.generator.latent_distribution, randomness)
        )
        paired = self.paired_labels(labels, randomness)
        again = latents[:: len(latents) // len(paired)] if len(paired) else latents[:0]
        small, pictures = self.drawn(torch.cat([latents, again]), torch.cat([labels, paired]), real)
        fake = pictures[: len(real)]
        draws = torch.cat([self.share.of(part) for part in draw(3 * everyone, randomness).chunk(3)])
        metrics = {"spread": relative_spread(real, fake)}
        metrics |= self.train_discriminator(real, fake.detach(), labels, draws[: 2 * len(real)])
        metrics |= self.train_generator(
            pictures,
            labels,
            paired,
            draws[2 * len(real) :],
            metrics.pop("real_logits"),
            metrics.pop("pause_g"),
            small,
            real,
        )
        self.keep_average()
        return metrics

    def drawn(self, latents: Tensor, labels: Tensor, real: Tensor) -> tuple[Tensor | None, Tensor]:
        """The generator's pictures [N, 3, S, S] of latents and raw labels; before them, of one with a tail, the body's.

        While the tail plays alone some are enlarged photographs of the batch `real`.
        """
        generator = self.generator
        with self.autocast():
            if not isinstance(generator, DetailedGenerator):
                return None, self.draw_fake(latents, labels).float()
            if self.asks_labels:
                small, large = generator.both(latents, labels)
                return small.float(), large.float()
            group = getattr(self.config.discriminator, "deviation_group", 1)
            return drawn_alone(generator, latents, labels, real, group, self.config.detail.pairs)

    def keep_average(self) -> None:
        """End the step: the EMA follows the generator."""
        decay = decay_at(self.images, self.config.ema.half_life, self.config.data.batch)
        follow(self.ema, self.generator, decay)
        self.step += 1

    def paired_labels(self, labels: Tensor, randomness: Generator) -> Tensor:
        """The raw labels [K, C] of this process's share of the people that are drawn again; K may be 0.

        They are evenly spread over the batch, so that every bin gives some.
        """
        config = self.config.paired
        if self.classifier is None or not (self.asks_labels and config.active):
            return labels[:0]
        if not any(map(config.moves, self.classifier.labels)):
            return labels[:0]
        uniform = torch.rand(config.people, 2 * labels.shape[1], generator=randomness, device=labels.device)
        stride = len(labels) * self.share.count // config.people
        return relabelled(labels[::stride], self.classifier.labels, self.share.of(uniform), config)

    def set_rate(self, rate: float) -> None:
        """Give both optimisers the learning rate `rate`."""
        for optimiser in (self.g_optimiser, self.d_optimiser):
            for group in optimiser.param_groups:
                group["lr"] = rate

    def train_discriminator(self, real: Tensor, fake: Tensor, labels: Tensor, draws: Tensor) -> dict[str, Tensor]:
        """D's half of a step: its loss, its penalties when they are due, its update unless the gate pauses it."""
        config = self.config.loss
        shown = augmented(torch.cat([real, fake]), draws, self.config.augmentation)
        with self.autocast():
            logits = self.discriminate(shown, torch.cat([labels, labels])).float()
        real_logits, fake_logits = logits.chunk(2)
        loss = discriminator_loss(config.kind, real_logits, fake_logits)
        metrics = {
            "d_loss": loss.detach(),
            "real": real_logits.detach().mean(),
            "fake": fake_logits.detach().mean(),
        }
        gate = Gate(config.gate_d, config.gate_g)
        before = generator_loss(config.kind, real_logits.detach(), fake_logits.detach())
        pause_d, pause_g = gate.pauses(self.share.mean(metrics["d_loss"]), self.share.mean(before))
        self.d_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.step % config.penalty_interval == 0:
            for name, gamma, pictures in (
                ("r1", config.r1, shown[: len(real)]),
                ("r2", config.r2, shown[len(real) :]),
            ):
                if gamma > 0:
                    penalty = gradient_penalty(self.discriminator, pictures, labels)
                    (penalty * (gamma / 2 * config.penalty_interval)).backward()
                    metrics[name] = penalty.detach()
        if config.kind == "relativistic":
            # It is added to both logits of a pair: its gradient is nothing but rounding, and Adam makes steps of that.
            self.discriminator.get_parameter("logit.bias").grad = None
        self.share.average_gradients(self.discriminator.parameters())
        update(self.d_optimiser, pause_d if gate.active else None)
        return metrics | {"pause_d": pause_d, "pause_g": pause_g, "real_logits": real_logits.detach()}

    def train_generator(
        self,
        pictures: Tensor,
        labels: Tensor,
        paired: Tensor,
        draws: Tensor,
        real_logits: Tensor,
        pause: Tensor,
        small: Tensor | None,
        real: Tensor,
    ) -> dict[str, Tensor]:
        """G's half: its loss through the updated D, the label loss, its update unless the gate pauses it.

        `pictures` are the batch's fakes [B, ...], then those of the people that were drawn again with the labels
        `paired` [K, C], which D does not see. `real_logits` are D's from before its update: a step moves them too
        little to pay another pass for. `small`: what `pictures` were enlarged from by a tail. `real`: photographs.
        """
        config = self.config.loss
        self.discriminator.requires_grad_(False)
        shown = augmented(pictures[: len(labels)], draws, self.config.augmentation)
        with self.autocast():
            fake_logits = self.discriminate(shown, labels).float()
        loss = generator_loss(config.kind, real_logits, fake_logits)
        metrics = {"g_loss": loss.detach(), "pause_g": pause}
        if self.asks_labels and self.classifier is not None and config.classifier > 0:
            labels_loss, parts = self.label_losses(self.classifier, pictures, labels, paired)
            loss, metrics = loss + labels_loss, metrics | parts
        pictures_loss, parts = self.picture_losses(pictures, labels, small, real)
        loss, metrics = loss + pictures_loss, metrics | parts
        self.g_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.discriminator.requires_grad_(True)
        self.share.average_gradients(self.generator.parameters())
        update(self.g_optimiser, pause if Gate(config.gate_d, config.gate_g).active else None)
        return metrics

    def picture_losses(
        self, pictures: Tensor, labels: Tensor, small: Tensor | None, real: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What is measured on the generated pictures themselves: the sum of its losses, and each for itself.

        See `train_generator`.
        """
        config, fake = self.config.loss, pictures[: len(labels)]
        found: dict[str, tuple[float, Tensor]] = {}
        if self.asks_labels and self.measured is not None and config.measured > 0:
            found["measured"] = config.measured, self.measured.loss(fake, labels)
        if self.asks_labels and self.even_skin is not None and config.side_light > 0:
            found["side_light"] = config.side_light, side_light_loss(fake, self.even_skin)
        if config.spectrum > 0:
            found["spectrum"] = config.spectrum, spectrum_loss(fake, real)
        if small is not None:
            found["faithful"] = self.config.detail.faithful, faithful_loss(small, pictures)
        total = pictures.new_zeros(())
        for weight, loss in found.values():
            total = total + weight * loss
        return total, {name: loss.detach() for name, (_, loss) in found.items()}

    def label_losses(
        self, classifier: AuxiliaryClassifier, pictures: Tensor, labels: Tensor, paired: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The label loss of the batch, and the losses of the people drawn again: their sum, and each for itself."""
        config, count = self.config, len(labels)
        with self.autocast():
            logits = classifier(pictures)
        label_loss = classifier.label_loss(
            {name: part[:count] for name, part in logits.items()},
            labels,
            config.loss.classifier_floor,
            () if self.measured is None else self.measured.names,
        )
        metrics = {"label_loss": label_loss.detach()}
        loss = config.loss.classifier * label_loss
        if len(paired):
            stride, numbers = count // len(paired), classifier.numbers(logits)
            before = {name: value[:count:stride] for name, value in numbers.items()}
            after = {name: value[count:] for name, value in numbers.items()}
            short = age_margin_loss(before, after, labels[::stride], paired, classifier.labels, config.paired)
            changed = consistency_loss(pictures[:count:stride], pictures[count:], self.share)
            metrics |= {"age_margin": short.detach(), "consistency": changed.detach()}
            loss = loss + config.paired.age_margin * short + config.paired.consistency * changed
        return loss, metrics
