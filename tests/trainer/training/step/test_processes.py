"""Processes on a CPU must reach what one reaches on the same global batch."""

import os
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import distributed
from torch.multiprocessing.spawn import start_processes

from trainer.config import Config, PairedConfig
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.classifier import AuxiliaryClassifier
from trainer.training.classifier import CLASSIFIER_FILE
from trainer.training.fellows import among
from trainer.training.run import Run, RunOptions, fabric_for
from trainer.training.step.processes import WAITING

STEPS = 1


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def train_part(rank: int, count: int, port: int, config: Config, dataset: Dataset, out: Path) -> None:
    torch.set_num_threads(1)
    os.environ |= {
        "TORCHELASTIC_RUN_ID": "test",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "GROUP_RANK": "0",
    }
    fabric = fabric_for("cpu")
    fabric.launch()
    run = Run(config, dataset, fabric, RunOptions(out, compiled=False, quiet=True))
    run.train()
    torch.save(dict(run.gan.generator.state_dict()), out / f"rank-{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.parametrize(
    ("preset", "count", "classified"),
    [("small_crowd", 2, False), ("small_crowd", 2, True), ("small_crowd", 4, True), ("small_paper", 4, False)],
)
def test_processes_together_reach_the_weights_of_one(
    preset: str, count: int, classified: bool, discs: Dataset, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    config: Config = request.getfixturevalue(preset)
    together = tmp_path / "together"
    together.mkdir()
    if classified:
        config = replace(
            config, loss=replace(config.loss, classifier=0.5), paired=PairedConfig(age_margin=0.5, consistency=0.5)
        )
        (tmp_path / "alone").mkdir()
        torch.manual_seed(0)
        classifier = AuxiliaryClassifier(SEX_AND_AGE).state_dict()
        for folder in (together, tmp_path / "alone"):
            torch.save(classifier, folder / CLASSIFIER_FILE)
    # Adam divides by the gradient's own size, which turns the rounding of a tiny gradient into a full step; a large
    # epsilon makes the step proportional to the gradient again.
    optimiser = replace(config.optimiser, epsilon=0.1, rate=0.01)
    config = replace(config, images=STEPS * config.data.batch, optimiser=optimiser)
    alone = Run(config, discs, fabric_for("cpu"), RunOptions(tmp_path / "alone", compiled=False, quiet=True))
    start = {name: value.clone() for name, value in alone.gan.generator.state_dict().items()}
    alone.train()
    start_processes(train_part, (count, free_port(), config, discs, together), nprocs=count, start_method="spawn")
    first, *others = (torch.load(together / f"rank-{rank}.pt", weights_only=True) for rank in range(count))
    expected = alone.gan.generator.state_dict()
    for name, value in expected.items():
        same = all(torch.equal(first[name], other[name]) for other in others)
        assert same, f"{name} differs between the processes"
        if "num_batches" in name:
            assert torch.equal(first[name], value), f"{name} stands still"
            continue
        apart, moved = float((first[name] - value).norm()), float((value - start[name]).norm())
        assert apart <= 0.01 * moved + 1e-7, f"{name}: {apart:.2g} apart after a way of {moved:.2g}"
    assert any(float((value - start[name]).norm()) > 1e-5 for name, value in expected.items())
    assert sorted(path.name for path in together.iterdir() if path.is_dir()) == ["checkpoints", "sheets", "tensorboard"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[/pytorch/gloo/transport/tcp/pair.cc:553] Connection closed by peer [10.0.0.2]:4. Check"),
        distributed.DistStoreError("Timed out after 1801 seconds waiting for clients. 3/4 clients joined."),
    ],
)
def test_what_ails_another_process_is_told_in_a_line(error: RuntimeError) -> None:
    told = r"another of the 4 processes is lost or out of reach \((Connection closed by peer|Timed out after)[^.]+"
    with pytest.raises(UserError, match=told), among(4):
        raise error


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), among(4):
        raise RuntimeError("shapes differ")
    with pytest.raises(RuntimeError, match="gloo"), among(1):
        raise RuntimeError("gloo")


def test_processes_wait_for_one_that_trains_a_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """80,000 pictures of one thread may take longer than the half hour after which Fabric gives a process up."""
    asked: list[timedelta] = []

    def noted(timeout: timedelta) -> DDPStrategy:
        asked.append(timeout)
        return DDPStrategy(timeout=timeout)

    monkeypatch.setattr("trainer.training.run.DDPStrategy", noted)
    assert fabric_for("cpu", 2).world_size == 2
    assert asked == [WAITING]
    assert timedelta(hours=2) <= WAITING
