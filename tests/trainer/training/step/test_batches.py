"""The pictures of a batch: the same from memory and from their file, the same for one process and for several."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.labels.people import SEX_AND_AGE
from trainer.training.run import Run, RunOptions, fabric_for
from trainer.training.step import batches
from trainer.training.step.batches import Pictures, StoredPictures, load_pictures
from trainer.training.step.processes import Share

CPU = torch.device("cpu")


@pytest.fixture
def mapped(discs: Dataset, tmp_path: Path) -> Dataset:
    """The discs, their pictures in a file."""
    np.save(tmp_path / "images.npy", discs.images)
    return replace(discs, images=np.load(tmp_path / "images.npy", mmap_mode="r"))


def batch(pictures: Pictures, share: Share) -> tuple[torch.Tensor, torch.Tensor]:
    index = torch.arange(len(pictures)).flip(0)[:64]
    return pictures.batch(index, torch.Generator().manual_seed(5), flip=True, share=share)


@pytest.mark.parametrize("count", [2, 4])
def test_the_shares_of_a_batch_are_the_batch_to_the_bit(discs: Dataset, count: int) -> None:
    pictures, _ = load_pictures(discs, SEX_AND_AGE, CPU, held_out=False)
    whole = batch(pictures, Share())
    parts = [batch(pictures, Share(rank, count)) for rank in range(count)]
    for place, expected in enumerate(whole):
        assert torch.equal(torch.cat([part[place] for part in parts]), expected)


def test_a_large_set_stays_in_its_file_and_trains_to_the_same_weights(
    small_crowd: Config, mapped: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = []
    config = replace(small_crowd, images=128, loss=replace(small_crowd.loss, classifier=0.5, classifier_images=128))
    for name, most in (("memory", batches.MOST_IN_MEMORY), ("file", 0)):
        monkeypatch.setattr(batches, "MOST_IN_MEMORY", most)
        run = Run(config, mapped, fabric_for("cpu"), RunOptions(tmp_path / name, compiled=False, quiet=True))
        assert isinstance(run.pictures.images, StoredPictures) == (name == "file")
        run.train()
        weights.append(run.gan.generator.state_dict())
    assert [key for key in weights[0] if not torch.equal(weights[0][key], weights[1][key])] == []
