"""Images per second of the trainer's step beside a plain eager loop of the same networks, in one run.

    python -m benchmarks.training [--preset crowd|paper] [--steps 8] [--rounds 3] [--threads 1]

Both loops train on the same random pictures, turn and turn about, so that a drift of the machine's speed hits both. The
plain loop is what a tutorial shows: default memory format, pictures made float by the host for every batch, separate
passes of D for real and fake pictures, a fresh batch of fakes for G's step, D's unused gradients computed in it, and
maps that are enlarged before they are convolved.
The share of the GEMM rate is the multiply-adds of our step, penalties and guide included, over what a large float32
matrix product reaches here.
"""

import argparse
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from trainer.config import PRESETS, Config
from trainer.drawing.average import draw_labels, draw_latents
from trainer.labels.label import SEX_AND_AGE
from trainer.networks.build import build_discriminator, build_generator, on_device
from trainer.networks.crowd import EnlargingConv, StyledConv
from trainer.training.augmentation import augmented, draw
from trainer.training.game import Game
from trainer.training.guide import Guide
from trainer.training.kin import lag, relabelled, unlike
from trainer.training.losses import discriminator_loss, generator_loss, gradient_penalty
from trainer.training.pictures import Pictures
from trainer.training.run import fabric_for, new_game

PICTURES = 2048
GEMM_SIDE = 2048


def our_game(config: Config) -> Game:
    game = new_game(config, SEX_AND_AGE, fabric_for("cpu"), compiled=False)
    if config.loss.guide > 0:
        game.guide = on_device(Guide(SEX_AND_AGE), torch.device("cpu")).eval().requires_grad_(False)
    return game


class EnlargeThenConvolve(nn.Module):
    """What an `EnlargingConv` computes, as it is usually written."""

    def __init__(self, layer: EnlargingConv) -> None:
        super().__init__()
        self.weight = layer.weight

    def forward(self, x: Tensor) -> Tensor:
        large = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        return functional.conv2d(large, self.weight, padding=1)


class PlainLoop:
    """The same game as a tutorial plays it."""

    def __init__(self, config: Config, images: np.ndarray, labels: np.ndarray) -> None:
        torch.manual_seed(0)
        self.config, self.images, self.labels = config, images, labels
        self.generator = build_generator(config, SEX_AND_AGE)
        for layer in list(self.generator.modules()):
            if isinstance(layer, StyledConv) and isinstance(layer.conv, EnlargingConv):
                layer.conv = EnlargeThenConvolve(layer.conv)  # type: ignore[assignment]
        self.discriminator = build_discriminator(config, SEX_AND_AGE)
        betas = (config.optimiser.beta1, config.optimiser.beta2)
        self.g_optimiser = torch.optim.Adam(self.generator.parameters(), config.optimiser.rate, betas, foreach=False)
        self.d_optimiser = torch.optim.Adam(
            self.discriminator.parameters(), config.optimiser.rate, betas, foreach=False
        )
        self.guide = Guide(SEX_AND_AGE).eval() if config.loss.guide > 0 else None
        self.average = {name: value.clone() for name, value in self.generator.state_dict().items()}
        self.randomness = torch.Generator().manual_seed(0)
        self.step = 0

    def batch(self) -> tuple[Tensor, Tensor]:
        chosen = np.random.default_rng(self.step).integers(0, len(self.images), self.config.data.batch)
        pictures = torch.stack([torch.from_numpy(self.images[index]).permute(2, 0, 1) / 127.5 - 1 for index in chosen])
        return pictures, torch.from_numpy(self.labels[chosen])

    def fake(self, labels: Tensor, kin: Tensor) -> Tensor:
        shape = self.config.generator
        latents = draw_latents(len(labels), shape.latent_size, shape.latent_distribution, self.randomness)
        again = latents[:: len(latents) // len(kin)] if len(kin) else latents[:0]
        pictures: Tensor = self.generator(torch.cat([latents, again]), torch.cat([labels, kin]))
        return pictures

    def shown(self, images: Tensor) -> Tensor:
        return augmented(images, draw(len(images), self.randomness), self.config.augmentation)

    def play(self) -> None:
        loss = self.config.loss
        real, labels = self.batch()
        real = self.shown(real)
        fake = self.shown(self.fake(labels, labels[:0]).detach())
        real_logits, fake_logits = self.discriminator(real, labels), self.discriminator(fake, labels)
        self.d_optimiser.zero_grad()
        d_loss = discriminator_loss(loss.kind, real_logits, fake_logits)
        if self.step % loss.penalty_interval == 0:
            for gamma, pictures in ((loss.r1, real), (loss.r2, fake)):
                if gamma > 0:
                    penalty = gradient_penalty(self.discriminator, pictures, labels)
                    d_loss = d_loss + gamma / 2 * loss.penalty_interval * penalty
        d_loss.backward()
        self.d_optimiser.step()
        kin, settings = labels[:0], self.config.kin
        if self.guide is not None and settings.active:
            everyone = labels[:: len(labels) // settings.people]
            dice = torch.rand(len(everyone), 2 * labels.shape[1], generator=self.randomness)
            kin = relabelled(everyone, SEX_AND_AGE, dice, settings)
        pictures = self.fake(labels, kin)
        fake, again = pictures[: len(labels)], pictures[len(labels) :]
        real_logits = self.discriminator(real, labels) if loss.kind == "relativistic" else real_logits.detach()
        g_loss = generator_loss(loss.kind, real_logits, self.discriminator(self.shown(fake), labels))
        if self.guide is not None:
            logits = self.guide(fake)
            g_loss = g_loss + loss.guide * self.guide.disobedience(logits, labels, loss.guide_floor)
            if len(kin):
                stride = len(labels) // len(kin)
                before = {name: value[::stride] for name, value in self.guide.numbers(logits).items()}
                after = self.guide.numbers(self.guide(again))
                g_loss = g_loss + settings.lag * lag(before, after, labels[::stride], kin, SEX_AND_AGE, settings)
                g_loss = g_loss + settings.unlike * unlike(fake[::stride], again)
        self.g_optimiser.zero_grad()
        g_loss.backward()
        self.g_optimiser.step()
        for name, value in self.generator.state_dict().items():
            if value.is_floating_point():
                self.average[name] = 0.995 * self.average[name] + 0.005 * value
        self.step += 1


def gemm_rate() -> float:
    """Multiply-adds a second of a float32 matrix product, the best of a few."""
    a, b = torch.randn(GEMM_SIDE, GEMM_SIDE), torch.randn(GEMM_SIDE, GEMM_SIDE)
    best = float("inf")
    for _ in range(4):
        started = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - started)
    return float(GEMM_SIDE**3 / best)


class Operations(TorchDispatchMode):
    """Counts the floating-point operations of products and convolutions, forwards and backwards.

    `FlopCounterMode` does so too, but follows modules in a way that `autograd.grad`, which penalties need, forbids.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(
        self, function: Any, _types: Any, arguments: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        result = function(*arguments, **(named or {}))
        if (count := flop_registry.get(function.overloadpacket)) is not None:
            self.total += count(*arguments, **(named or {}), out_val=result)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="crowd")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = PRESETS[options.preset]
    dice = np.random.default_rng(0)
    images = dice.integers(0, 256, (PICTURES, config.resolution, config.resolution, 3), np.uint8)
    labels = draw_labels(PICTURES, SEX_AND_AGE, torch.Generator().manual_seed(0))
    pictures = Pictures(torch.from_numpy(images), labels, labels)
    ours, plain = our_game(config), PlainLoop(config, images, labels.numpy())
    randomness = torch.Generator().manual_seed(0)

    def our_step() -> None:
        index = torch.randint(PICTURES, (config.data.batch,), generator=randomness)
        ours.play(*pictures.batch(index, randomness, flip=config.augmentation.flip), randomness)

    interval = config.loss.penalty_interval
    with Operations() as counted:
        for _ in range(interval):
            our_step()
    work = counted.total / 2 / interval / config.data.batch
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    shares = []
    for number in range(options.rounds + 1):
        for name, step in (("ours", our_step), ("plain", plain.play)):
            started = time.perf_counter()
            for _ in range(options.steps):
                step()
            if number:
                rates[name].append(options.steps * config.data.batch / (time.perf_counter() - started))
        if number:
            shares.append(rates["ours"][-1] * work / gemm_rate())
    for name, values in rates.items():
        each = ", ".join(f"{value:.1f}" for value in values)
        print(f"{options.preset} {name:<6} {np.median(values):7.1f} images/s  (of {each})")
    ratio = np.median([a / b for a, b in zip(rates["ours"], rates["plain"], strict=True)])
    print(f"{options.preset} ratio  {ratio:7.2f}")
    print(f"{options.preset} {work / 1e6:.0f} M multiply-adds an image, {np.median(shares):.0%} of the GEMM rate")


if __name__ == "__main__":
    main()
