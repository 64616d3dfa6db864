"""Lessons by the network that a run starts from: evened people of the asked skin, before the GAN."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.training.conftest import run_of
from trainer.checkpoints import newest_checkpoint
from trainer.config import Config, DataConfig, DistillationConfig
from trainer.data.dataset import Dataset
from trainer.data.light.evening import EVEN
from trainer.errors import UserError
from trainer.labels.number import Number
from trainer.training.resuming import resume, start_from

TONE = Number("skin_tone", unit="Monk", minimum=1.0, maximum=10.0)


@pytest.fixture
def evened(discs: Dataset) -> Dataset:
    """The discs as if they were evened faces whose skin is known."""
    tones = np.linspace(2.0, 9.0, len(discs), dtype=np.float32)
    metadata = {**discs.metadata, "light": EVEN, "labels": [*discs.metadata["labels"], TONE.card()]}
    return replace(discs, values={**discs.values, "skin_tone": (tones[:, None], tones[:, None])}, metadata=metadata)


def test_lessons_bring_the_generator_to_evened_pictures_of_the_asked_skin(
    small_crowd: Config, evened: Dataset, tmp_path: Path, trained: Path
) -> None:
    config = replace(small_crowd, distillation=DistillationConfig(images=64, rate=5e-3), data=DataConfig(batch=16))
    run = run_of(config, evened, tmp_path / "g")
    start_from(run, trained)
    lessons, randomness = run.lessons(), torch.Generator().manual_seed(5)
    index = torch.arange(0, 160, 10)
    labels = run.pictures.batch(index, randomness, flip=False)[1]
    told = [lessons.lesson(labels, randomness) for _ in range(60)]
    for name in ("distilled", "measured"):
        first, last = (np.mean([float(one[name]) for one in part]) for part in (told[:5], told[-5:]))
        assert last < 0.7 * first, name


def test_the_ema_begins_with_what_was_learnt(
    small_crowd: Config, evened: Dataset, tmp_path: Path, trained: Path
) -> None:
    config = replace(small_crowd, distillation=DistillationConfig(images=128))
    run = run_of(config, evened, tmp_path / "g")
    start_from(run, trained)
    before = {name: value.clone() for name, value in run.gan.generator.state_dict().items()}
    assert run.take_lessons()
    ema, own = run.gan.ema.module.state_dict(), run.gan.generator.state_dict()
    assert all(torch.equal(ema[name], value) for name, value in own.items())
    assert not all(torch.equal(before[name], value) for name, value in own.items())
    assert run.gan.step == 0


def test_a_run_that_goes_on_is_not_taught_again(
    small_crowd: Config, evened: Dataset, tmp_path: Path, trained: Path
) -> None:
    config = replace(small_crowd, images=64, distillation=DistillationConfig(images=128))
    run = run_of(config, evened, tmp_path / "g")
    start_from(run, trained)
    run.train()
    resumed = run_of(config, evened, tmp_path / "g")
    resume(resumed)
    weights = {name: value.clone() for name, value in resumed.gan.generator.state_dict().items()}
    assert resumed.take_lessons()
    assert all(torch.equal(weights[name], value) for name, value in resumed.gan.generator.state_dict().items())
    assert newest_checkpoint(tmp_path / "g")[1]["step"] == 1


def test_without_a_teacher_or_with_faces_as_they_were_lit_it_is_refused(
    small_crowd: Config, discs: Dataset, evened: Dataset, tmp_path: Path, trained: Path
) -> None:
    config = replace(small_crowd, distillation=DistillationConfig(images=128))
    with pytest.raises(UserError, match="--start-from"):
        run_of(config, evened, tmp_path / "g").train()
    run = run_of(config, discs, tmp_path / "h")
    start_from(run, trained)
    with pytest.raises(UserError, match="prepare --even-light"):
        run.train()
