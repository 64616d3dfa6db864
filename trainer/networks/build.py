"""The networks that a config names."""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from trainer.config import (
    Config,
    CrowdDiscriminatorConfig,
    CrowdGeneratorConfig,
    PaperDiscriminatorConfig,
    PaperGeneratorConfig,
)
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.networks.crowd import CrowdDiscriminator, CrowdGenerator, EnlargingConv
from trainer.networks.detail import DetailedDiscriminator, DetailedGenerator
from trainer.networks.paper import PaperDiscriminator, PaperGenerator

Generator = CrowdGenerator | PaperGenerator
Discriminator = CrowdDiscriminator | PaperDiscriminator


def build_generator(config: Config, labels: Sequence[Label]) -> Generator:
    """A new generator. Raises `UserError` if its widths do not end at the config's resolution."""
    network: Generator
    match config.generator:
        case CrowdGeneratorConfig() as crowd:
            try:
                network = (DetailedGenerator if crowd.detail_channels else CrowdGenerator)(crowd, labels)
            except ValueError as error:
                raise UserError(f"generator.residual_sizes: {error}") from error
        case PaperGeneratorConfig() as paper:
            if paper.channels[-1] != 3:
                raise UserError(f"generator.channels {list(paper.channels)}: the last width is 3, for red, green, blue")
            network = PaperGenerator(paper, labels)
    if network.resolution != config.resolution:
        raise UserError(
            f"generator.channels {config.generator.channels} draw {network.resolution} px, but resolution is"
            f" {config.resolution}: change one of them"
        )
    return network


def build_discriminator(config: Config, labels: Sequence[Label]) -> Discriminator:
    """A new discriminator. Raises `UserError` if its widths do not fit the config's resolution or batch."""
    check_discriminator(config)
    try:
        match config.discriminator:
            case CrowdDiscriminatorConfig() as crowd:
                kind = DetailedDiscriminator if crowd.detail_channels else CrowdDiscriminator
                return kind(crowd, labels, config.resolution)
            case PaperDiscriminatorConfig() as paper:
                return PaperDiscriminator(paper, labels, config.resolution)
    except ValueError as error:
        raise UserError(f"discriminator.channels: {error}") from error


def check_discriminator(config: Config) -> None:
    """Raises `UserError` where the discriminator's widths do not fit its own numbers, the resolution or the batch."""
    match config.discriminator:
        case CrowdDiscriminatorConfig() as crowd:
            if crowd.channels[-1] % crowd.deviation_maps:
                raise UserError(
                    f"discriminator.deviation_maps {crowd.deviation_maps}: must divide the last of"
                    f" discriminator.channels, {crowd.channels[-1]}"
                )
            if config.data.batch % crowd.deviation_group:
                raise UserError(
                    f"discriminator.deviation_group {crowd.deviation_group}: must divide data.batch,"
                    f" {config.data.batch}"
                )
        case PaperDiscriminatorConfig() as paper:
            if config.resolution % 2 ** len(paper.channels):
                raise UserError(
                    f"discriminator.channels {list(paper.channels)}: {config.resolution} px cannot be halved"
                    f" {len(paper.channels)} times"
                )


N = TypeVar("N", bound=nn.Module)


def on_device(network: N, device: torch.device) -> N:
    """`network` on `device`, its convolutions channels-last: the layout that CPUs and tensor cores are fastest in."""
    moved: N = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stub lacks it
    return moved


def parameters_of(network: nn.Module) -> int:
    """How many numbers the network learns."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_adds(network: nn.Module, *inputs: Tensor) -> int:
    """Multiply-adds of one call on `inputs` (linear and convolution layers), for the whole batch.

    A convolution of an enlarged map counts the 2x2 pixels that its taps meet.
    """
    total = 0

    def count(layer: nn.Module, _arguments: object, output: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Linear):
            total += output.numel() * layer.in_features
        elif isinstance(layer, EnlargingConv):
            total += output.numel() * layer.in_channels * 4
        elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            total += output.numel() * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]

    handles = [layer.register_forward_hook(count) for layer in network.modules()]
    was_training = network.training
    network.eval()
    network(*inputs)
    network.train(was_training)
    for handle in handles:
        handle.remove()
    return total
