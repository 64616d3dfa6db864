"""Whatever a setting is given: a run refuses it in one line before it starts, or makes a step of finite figures.

Seeded and bounded: each field of the config gets each nasty value once.
"""

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trainer.commands.train import parse_settings
from trainer.config import Config, CrowdGeneratorConfig, from_dict, overridden, to_dict
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.training.run import Run, RunOptions, fabric_for

NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    "7",
    "0.5",
    "nan",
    "inf",
    "-inf",
    "1e300",
    *("1" + zeros * "0" for zeros in (30, 400, 5000)),
]
NASTY = [
    *NUMBERS,
    "true",
    '""',
    "word",
    "[]",
    "[0]",
    "[-1]",
    "[nan]",
    "[1, 1]",
    "[3, 2]",
    "[[1]]",
    "{}",
    "{a = 1}",
    "",
    "1_0",
]


def names(values: dict[str, Any], where: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield from names(value, f"{where}{name}.") if isinstance(value, dict) else [where + name]


def check(config: Config, words: list[str], dataset: Dataset, out: Path) -> bool:
    """Whether the words were taken; they must then train. Fails where they are refused with anything but one line."""
    refusal = ""
    try:
        changed = overridden(config, parse_settings(words))
        run = Run(changed, dataset, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True))
    except UserError as error:
        refusal = str(error)
    if refusal:
        assert "\n" not in refusal
        assert len(refusal) < 700
        return False
    assert from_dict(to_dict(changed)) == changed
    if changed.data.batch <= 64:
        told = run.step(run.next_index(run.sampler))
        assert all(math.isfinite(float(value)) for value in told.values()), words
    return True


def tiny(config: Config) -> Config:
    """The config for pictures of 16 px, which learns from no classifier."""
    generator, discriminator = config.generator, config.discriminator
    if isinstance(generator, CrowdGeneratorConfig):
        generator = replace(generator, channels=(8, 8), residual_sizes=(8,), tail_channels=4)
    else:
        generator = replace(generator, channels=(8, 3))
    discriminator = replace(discriminator, channels=(8, 8))
    data, log = replace(config.data, batch=16), replace(config.log, validation=0)
    changed = replace(config, resolution=16, generator=generator, discriminator=discriminator, data=data, log=log)
    return replace(changed, loss=replace(changed.loss, classifier=0.0))


@pytest.fixture
def small_discs(discs: Dataset) -> Dataset:
    return replace(discs, images=np.ascontiguousarray(discs.images[:, ::4, ::4]))


@pytest.mark.filterwarnings("ignore:no pictures of")
@pytest.mark.parametrize("preset", ["small_crowd", "small_paper"])
def test_each_setting_with_each_nasty_value_is_refused_in_one_line_or_trains(
    preset: str, small_discs: Dataset, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    torch.manual_seed(0)
    config = tiny(request.getfixturevalue(preset))
    settings = list(names(to_dict(config)))
    shared = {field.name for field in dataclasses.fields(Config)} - {"generator", "discriminator"}
    if preset == "small_paper":
        settings = [name for name in settings if name.partition(".")[0] not in shared]
    taken = {
        name: sum(check(config, [f"{name}={value}"], small_discs, tmp_path) for value in NASTY) for name in settings
    }
    assert all(taken[name] < len(NASTY) for name in settings)
    assert sum(taken.values()) > len(settings) / 2


@pytest.mark.parametrize(
    "words",
    [
        ["loss=3", "loss.r1=1"],
        ["data.batch=64", "discriminator.deviation_group=7"],
        ["loss.r1=nan"],
        ["optimiser.rate=nan"],
        ["log.keep=0"],
        ["data.age_limits=[20, 10]"],
        ["seed=-1"],
        ["preset=other"],
        ["generator.channels=[]"],
        ["paired.labels=[height]", "loss.classifier=1"],
        ["log.validation=1"],
        ["a=" + "[" * 5000],
    ],
)
def test_nonsense_is_refused(words: list[str], small_crowd: Config, discs: Dataset, tmp_path: Path) -> None:
    assert not check(small_crowd, words, discs, tmp_path)
