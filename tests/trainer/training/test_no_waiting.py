"""What can be said of a step on a GPU without one: it never asks the device for a number."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from trainer.config import Config, KinConfig
from trainer.data.dataset import Dataset
from trainer.labels.label import SEX_AND_AGE
from trainer.networks.build import on_device
from trainer.training.game import Game
from trainer.training.guide import Guide
from trainer.training.pictures import load_pictures
from trainer.training.run import fabric_for, new_game

WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "_unique2", "equal")
"""Operations whose result the host must know before it can go on: a number, or a shape that depends on values."""


class Watcher(TorchDispatchMode):
    """Notes every waiting operation."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[str] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), keywords: dict[str, Any] | None = None
    ) -> Any:
        name = function.overloadpacket.__name__
        if name in WAITING:
            self.found.append(name)
        return function(*arguments, **(keywords or {}))


@pytest.fixture
def step(discs: Dataset) -> Callable[[Config], tuple[Game, Callable[[], dict[str, Tensor]]]]:
    """A game of a config, its guide included, and one step of it on the discs."""

    def made(config: Config) -> tuple[Game, Callable[[], dict[str, Tensor]]]:
        game = new_game(config, SEX_AND_AGE, fabric_for("cpu"), compiled=False)
        if config.loss.guide > 0:
            game.guide = on_device(Guide(SEX_AND_AGE), torch.device("cpu")).eval().requires_grad_(False)
        pictures, _ = load_pictures(discs, SEX_AND_AGE, torch.device("cpu"), held_out=False)
        randomness = torch.Generator().manual_seed(0)
        index = torch.arange(config.data.batch)
        return game, lambda: game.play(*pictures.batch(index, randomness, flip=True), randomness)

    return made


@pytest.mark.parametrize("preset", ["small_crowd", "small_paper"])
def test_a_step_never_waits_for_the_device(
    preset: str,
    step: Callable[[Config], tuple[Game, Callable[[], dict[str, Tensor]]]],
    request: pytest.FixtureRequest,
) -> None:
    config: Config = request.getfixturevalue(preset)
    if preset == "small_crowd":
        loss = replace(config.loss, guide=0.1, penalty_interval=1)
        config = replace(config, loss=loss, kin=KinConfig(lag=0.5, unlike=0.5))
    game, play = step(config)
    play()
    with Watcher() as watcher:
        told = play()
    assert watcher.found == []
    assert {value.shape for value in told.values()} == {torch.Size([])}
    assert all(not value.requires_grad for value in told.values())
    parameters = [*game.generator.parameters(), *game.discriminator.parameters()]
    assert {parameter.dtype for parameter in parameters} == {torch.float32}


def test_the_watcher_sees_what_waits() -> None:
    with Watcher() as watcher:
        float(torch.ones(()))
        torch.nonzero(torch.ones(3))
    assert watcher.found == ["_local_scalar_dense", "nonzero"]
