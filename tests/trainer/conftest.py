"""A small synthetic dataset and small networks, for tests that really train."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.config import (
    CROWD,
    PAPER,
    Config,
    CrowdDiscriminatorConfig,
    CrowdGeneratorConfig,
    DetailConfig,
    EmaConfig,
    LogConfig,
    PaperDiscriminatorConfig,
    PaperGeneratorConfig,
    overridden,
)
from trainer.data.dataset import Dataset
from trainer.labels.people import SEX_AND_AGE, SexAndAge
from trainer.training.run import Run, RunOptions, fabric_for

COUNT = 192
SIDE = 64


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def coloured_faces(sex: np.ndarray, age: np.ndarray, seed: int) -> np.ndarray:
    """Discs whose colour tells the sex and whose size tells the age: uint8 [N, 64, 64, 3]."""
    dice = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    images = np.empty((len(sex), SIDE, SIDE, 3), np.uint8)
    for index, (s, a) in enumerate(zip(sex, age, strict=True)):
        y, x = 32 + dice.uniform(-3, 3, 2)
        inside = (rows - y) ** 2 + (columns - x) ** 2 < (8 + a / 5) ** 2
        colour = np.array([220, 120, 60] if s > 0 else [60, 120, 220]) + dice.integers(-20, 20, 3)
        images[index] = np.where(inside[..., None], colour, 90).clip(0, 255)
    return images


@pytest.fixture(scope="session")
def discs() -> Dataset:
    """192 discs, both sexes, ages 0 to 80; every tenth is held out."""
    return disc_dataset()


def disc_dataset() -> Dataset:
    """What the fixture `discs` is, for processes of their own."""
    index = np.arange(COUNT)
    sex = np.where(index % 2, 1.0, -1.0).astype(np.float32)
    low = ((index // 2 * 7) % 80).astype(np.float32)
    return Dataset(
        images=coloured_faces(sex, low, seed=0),
        values=SexAndAge(sex, low, low + 1).values,
        held_out=index % 10 == 9,
        group=index.astype(np.int32),
        files=[f"{number}.png" for number in index],
        metadata={
            "labels": [label.card() for label in SEX_AND_AGE],
            "sources": [
                {"name": "discs", "title": "Discs", "licence": "CC0-1.0", "attribution": "nobody", "photographs": COUNT}
            ],
            "geometry": {"eye_distance": 0.36, "eye_height": 0.38},
            "fingerprint": "discs",
            "split": {"seed": 0},
        },
        extra={},
    )


@pytest.fixture(scope="session")
def small_crowd() -> Config:
    """The crowd preset with thin networks and frequent records."""
    return replace(
        CROWD,
        generator=CrowdGeneratorConfig(latent_size=16, label_size=8, style_size=16, channels=(16, 12, 8, 8)),
        discriminator=CrowdDiscriminatorConfig(channels=(8, 12, 16, 16), feature_size=16),
        loss=replace(CROWD.loss, classifier=0.0, penalty_interval=2),
        ema=EmaConfig(half_life=500.0, calibration=2),
        log=LogConfig(metrics=64, samples=128, checkpoint=128, keep=2, validation=24),
        images=256,
        data=replace(CROWD.data, batch=64),
    )


@pytest.fixture
def small_detailed(small_crowd: Config) -> Config:
    """Thin networks of 32 px with a tail that draws 64 px, which learns in all three stretches."""
    return replace(
        small_crowd,
        generator=CrowdGeneratorConfig(
            latent_size=16,
            label_size=8,
            style_size=16,
            channels=(16, 12, 8),
            residual_sizes=(8, 16),
            detail_channels=(8,),
            detail_residuals=1,
        ),
        discriminator=CrowdDiscriminatorConfig(channels=(8, 12, 16), feature_size=16, detail_channels=(8,)),
        detail=DetailConfig(warm_up=64, alone=64),
    )


@pytest.fixture
def small_body(small_detailed: Config) -> Config:
    """What `small_detailed` is before it has its tail, and how long its body learns then."""
    without: dict[str, list[int]] = {"detail_channels": []}
    return overridden(small_detailed, {"images": 128, "resolution": 32, "generator": without, "discriminator": without})


@pytest.fixture
def small_paper() -> Config:
    """The paper preset with thin layers."""
    thin = replace(
        PAPER,
        generator=PaperGeneratorConfig(hidden=50, channels=(16, 8, 8, 3)),
        discriminator=PaperDiscriminatorConfig(channels=(8, 8, 8), hidden=50),
        log=LogConfig(metrics=64, samples=128, checkpoint=128, keep=2, validation=24),
    )
    return overridden(thin, {"images": 256})


@pytest.fixture
def trained_run(discs: Dataset, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The run folder; indirectly parametrised with the name of another config than `small_crowd`."""
    config: Config = request.getfixturevalue(getattr(request, "param", "small_crowd"))
    run = tmp_path / "run"
    Run(replace(config, images=128), discs, fabric_for("cpu"), RunOptions(run, compiled=False, quiet=True)).train()
    (run / "dataset.json").write_text(json.dumps(discs.metadata))
    return run
