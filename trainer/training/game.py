"""The game: both players, their optimisers, the average, and one step of it.

A step draws one batch of fakes and lets both players learn from it: D from the detached pictures, then G from the
same pictures through the updated D. So a picture costs 3 passes of G and 8 of D instead of 4 and 8. Nothing in a step
waits for the host: the gate and the losses stay on the device.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel

from trainer.config import Config, OptimiserConfig
from trainer.drawing.average import decay_at, draw_latents, follow
from trainer.training.augmentation import augmented, draw
from trainer.training.guide import Guide
from trainer.training.kin import lag, relabelled, unlike
from trainer.training.losses import Gate, discriminator_loss, generator_loss, gradient_penalty
from trainer.training.processes import ALONE, Share
from trainer.training.watch import relative_spread

Forward = Callable[[Tensor, Tensor], Tensor]


def adam(network: nn.Module, config: OptimiserConfig) -> torch.optim.Adam:
    """Adam over the network's parameters, as one fused kernel; a GPU holds its rate, for CUDA graphs to read."""
    device = next(network.parameters()).device
    on_gpu = device.type == "cuda"
    return torch.optim.Adam(
        network.parameters(),
        lr=torch.tensor(config.rate, device=device) if on_gpu else config.rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        fused=True,
        capturable=on_gpu,
    )


def adam_state(optimiser: torch.optim.Adam) -> dict[str, Any]:
    """The optimiser's state as one of any device: its rate a plain number."""
    state = optimiser.state_dict()
    groups = [group | {"lr": float(group["lr"]), "capturable": False} for group in state["param_groups"]]
    return state | {"param_groups": groups}


def load_adam(optimiser: torch.optim.Adam, state: Mapping[str, Any]) -> None:
    """Put the optimiser where `adam_state` found another, on its own device."""
    own = [(group["lr"], group["capturable"]) for group in optimiser.param_groups]
    optimiser.load_state_dict(dict(state))
    for group, (rate, capturable) in zip(optimiser.param_groups, own, strict=True):
        group["lr"], group["capturable"] = rate, capturable


def rate_at(step: int, config: OptimiserConfig) -> float:
    """The learning rate of step `step` (from 0)."""
    fallen = max(step - config.decay_start, 0) // config.decay_interval
    return max(config.rate * config.decay**fallen, config.rate_floor)


def update(optimiser: torch.optim.Adam, paused: Tensor | None) -> None:
    """One step of `optimiser`, or none, moments included, where the scalar `paused` is 1.

    `found_inf` is how gradient scaling tells a fused optimiser to leave a step out without asking the host; the gate
    uses the same door.
    """
    optimiser.found_inf = paused  # type: ignore[attr-defined]
    optimiser.step()


@dataclass
class Game:
    """Both players and what they learn with. `draw_fake` and `judge` are their calls, compiled or not."""

    config: Config
    generator: nn.Module
    discriminator: nn.Module
    average: AveragedModel
    guide: Guide | None
    g_optimiser: torch.optim.Adam
    d_optimiser: torch.optim.Adam
    draw_fake: Forward
    judge: Forward
    autocast: Callable[[], AbstractContextManager[object]]
    share: Share = ALONE
    step: int = 0

    @property
    def images(self) -> int:
        """Real pictures shown so far."""
        return self.step * self.config.data.batch

    def play(self, real: Tensor, labels: Tensor, randomness: Generator) -> dict[str, Tensor]:
        """Let both players learn from `real` [B, 3, H, W], -1 ... 1, and raw labels [B, C]: this process's share.

        All that is random comes from `randomness`, on the pictures' device. Returns scalars on that device.
        """
        self.prepare()
        metrics = self.learn(real, labels, randomness)
        self.finish()
        return metrics

    def prepare(self) -> None:
        """What the host does before a step: the rate."""
        self.set_rate(rate_at(self.step, self.config.optimiser))

    def finish(self) -> None:
        """What the host does after a step: the average, the count."""
        decay = decay_at(self.images, self.config.average.half_life, self.config.data.batch)
        follow(self.average, self.generator, decay)
        self.step += 1

    @property
    def penalised(self) -> bool:
        """Whether the gradient penalties are due in this step."""
        return self.step % self.config.loss.penalty_interval == 0

    def learn(self, real: Tensor, labels: Tensor, randomness: Generator) -> dict[str, Tensor]:
        """The part of a step that the device does: see `play`."""
        config = self.config
        everyone = len(real) * self.share.count
        latents = self.share.of(
            draw_latents(everyone, config.generator.latent_size, config.generator.latent_distribution, randomness)
        )
        kin = self.kin_labels(labels, randomness)
        again = latents[:: len(latents) // len(kin)] if len(kin) else latents[:0]
        with self.autocast():
            pictures = self.draw_fake(torch.cat([latents, again]), torch.cat([labels, kin])).float()
        fake = pictures[: len(real)]
        draws = torch.cat([self.share.of(part) for part in draw(3 * everyone, randomness).chunk(3)])
        told = {"spread": relative_spread(real, fake)}
        told |= self.teach_discriminator(real, fake.detach(), labels, draws[: 2 * len(real)])
        told |= self.teach_generator(
            pictures, labels, kin, draws[2 * len(real) :], told.pop("real_logits"), told.pop("pause_g")
        )
        return told

    def kin_labels(self, labels: Tensor, randomness: Generator) -> Tensor:
        """The raw labels [K, C] of this process's share of the people that are drawn again; K may be 0.

        They are evenly spread over the batch, so that every bin gives some.
        """
        config = self.config.kin
        if self.guide is None or not config.active or not any(map(config.moves, self.guide.labels)):
            return labels[:0]
        dice = torch.rand(config.people, 2 * labels.shape[1], generator=randomness, device=labels.device)
        stride = len(labels) * self.share.count // config.people
        return relabelled(labels[::stride], self.guide.labels, self.share.of(dice), config)

    def set_rate(self, rate: float) -> None:
        """Give both optimisers the learning rate `rate`."""
        for optimiser in (self.g_optimiser, self.d_optimiser):
            for group in optimiser.param_groups:
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(rate)
                else:
                    group["lr"] = rate

    def teach_discriminator(self, real: Tensor, fake: Tensor, labels: Tensor, draws: Tensor) -> dict[str, Tensor]:
        """D's half of a step: its loss, its penalties when they are due, its update unless the gate pauses it."""
        config = self.config.loss
        shown = augmented(torch.cat([real, fake]), draws, self.config.augmentation)
        with self.autocast():
            logits = self.judge(shown, torch.cat([labels, labels])).float()
        real_logits, fake_logits = logits.chunk(2)
        loss = discriminator_loss(config.kind, real_logits, fake_logits)
        told = {
            "d_loss": loss.detach(),
            "real": real_logits.detach().mean(),
            "fake": fake_logits.detach().mean(),
        }
        gate = Gate(config.gate_d, config.gate_g)
        before = generator_loss(config.kind, real_logits.detach(), fake_logits.detach())
        pause_d, pause_g = gate.pauses(self.share.mean(told["d_loss"]), self.share.mean(before))
        self.d_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.penalised:
            for name, gamma, pictures in (
                ("r1", config.r1, shown[: len(real)]),
                ("r2", config.r2, shown[len(real) :]),
            ):
                if gamma > 0:
                    penalty = gradient_penalty(self.discriminator, pictures, labels)
                    (penalty * (gamma / 2 * config.penalty_interval)).backward()
                    told[name] = penalty.detach()
        self.share.average_gradients(self.discriminator.parameters())
        update(self.d_optimiser, pause_d if gate.active else None)
        return told | {"pause_d": pause_d, "pause_g": pause_g, "real_logits": real_logits.detach()}

    def teach_generator(
        self, pictures: Tensor, labels: Tensor, kin: Tensor, draws: Tensor, real_logits: Tensor, pause: Tensor
    ) -> dict[str, Tensor]:
        """G's half: its loss through the updated D, the guide's word, its update unless the gate pauses it.

        `pictures` are the batch's fakes [B, ...], then those of the people that were drawn again with the labels `kin`
        [K, C], which D does not see. `real_logits` are D's from before its update: a step moves them too little to pay
        another pass for.
        """
        config = self.config.loss
        self.discriminator.requires_grad_(False)
        shown = augmented(pictures[: len(labels)], draws, self.config.augmentation)
        with self.autocast():
            fake_logits = self.judge(shown, labels).float()
        loss = generator_loss(config.kind, real_logits, fake_logits)
        told = {"g_loss": loss.detach(), "pause_g": pause}
        if self.guide is not None and config.guide > 0:
            guided, said = self.guided(self.guide, pictures, labels, kin)
            loss, told = loss + guided, told | said
        self.g_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.discriminator.requires_grad_(True)
        self.share.average_gradients(self.generator.parameters())
        update(self.g_optimiser, pause if Gate(config.gate_d, config.gate_g).active else None)
        return told

    def guided(self, guide: Guide, pictures: Tensor, labels: Tensor, kin: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What `guide` says of the batch and of the people drawn again: a loss, and its parts to tell."""
        config, count = self.config, len(labels)
        with self.autocast():
            logits = guide(pictures)
        disobedience = guide.disobedience(
            {name: part[:count] for name, part in logits.items()}, labels, config.loss.guide_floor
        )
        told = {"guide": disobedience.detach()}
        loss = config.loss.guide * disobedience
        if len(kin):
            stride, numbers = count // len(kin), guide.numbers(logits)
            before = {name: value[:count:stride] for name, value in numbers.items()}
            after = {name: value[count:] for name, value in numbers.items()}
            short = lag(before, after, labels[::stride], kin, guide.labels, config.kin)
            changed = unlike(pictures[:count:stride], pictures[count:], self.share)
            told |= {"lag": short.detach(), "unlike": changed.detach()}
            loss = loss + config.kin.lag * short + config.kin.unlike * changed
        return loss, told
