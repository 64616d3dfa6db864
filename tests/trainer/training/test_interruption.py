"""What becomes of a run that is killed, stopped, or cannot write: real processes, real signals."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.small_networks import THIN_CROWD
from trainer.checkpoints import newest_checkpoint, read_checkpoint, saved_checkpoints
from trainer.cli import main
from trainer.config import CROWD, override_from_toml
from trainer.data.dataset import IMAGES, LABELS, METADATA, Dataset, open_dataset
from trainer.training.run import Run, RunOptions, fabric_for

ROOT = Path(__file__).parents[3]
LONG = 10_000_000
SMALL = f"""
{THIN_CROWD}[loss]
classifier = 0.0
penalty_interval = 2
[ema]
half_life = 500.0
calibration = 2
[log]
metrics = 64
samples = 128
checkpoint = 192
validation = 24
"""


@pytest.fixture
def folder(discs: Dataset, tmp_path: Path) -> Path:
    """The discs as a dataset on disk, beside a small configuration."""
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    np.save(dataset / IMAGES, discs.images)
    rows = ["file,sex,age_low,age_high,held_out,group,source"]
    for index, name in enumerate(discs.files):
        numbers = (
            discs.people.sex[index],
            discs.people.low[index],
            discs.people.high[index],
            int(discs.held_out[index]),
            index,
        )
        rows.append(",".join([name, *map(str, numbers), "discs"]))
    (dataset / LABELS).write_text("\n".join(rows) + "\n")
    (dataset / METADATA).write_text(json.dumps({"format": 1, **discs.metadata}))
    (tmp_path / "small.toml").write_text(SMALL)
    return tmp_path


def words(folder: Path, images: int, *more: str, also: Sequence[str] = ()) -> list[str]:
    return [
        "train", "--data", str(folder / "dataset"), "--out", str(folder / "run"), "--config",
        str(folder / "small.toml"), "--set", f"images={images}", *also, "--threads", "1", "--device", "cpu",
        "--quiet", *more,
    ]  # fmt: skip


def start(arguments: Sequence[str]) -> "subprocess.Popen[str]":
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "trainer", *arguments], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for(process: "subprocess.Popen[str]", run: Path) -> None:
    """Until the run has a checkpoint."""
    while not saved_checkpoints(run):
        if process.poll() is not None:
            pytest.fail(f"the run ended: {process.communicate()[1]}")
        time.sleep(0.02)


def weights(state: dict[str, dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    parts = ("generator", "discriminator", "ema")
    return {f"{part}.{name}": value for part in parts for name, value in state[part].items()}


def test_a_run_killed_at_any_moment_resumes_to_the_bit(folder: Path) -> None:
    process = start(words(folder, LONG))
    wait_for(process, folder / "run")
    time.sleep(random.uniform(0.0, 2.0))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    newest = newest_checkpoint(folder / "run")[1]
    images = int(newest["images"]) + 5 * 64
    assert main(words(folder, images, "--resume")) == 0
    resumed = read_checkpoint(saved_checkpoints(folder / "run")[-1])
    assert resumed["images"] == images

    config = override_from_toml(CROWD, folder / "small.toml")
    config = type(config)(**{**config.__dict__, "images": images})
    options = RunOptions(folder / "whole", compiled=False, quiet=True)
    Run(config, open_dataset(folder / "dataset"), fabric_for("cpu"), options).train()
    whole = read_checkpoint(saved_checkpoints(folder / "whole")[-1])
    ours, theirs = weights(resumed), weights(whole)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    assert resumed["sampler"] == whole["sampler"]
    moments, others = resumed["g_optimiser"]["state"], whole["g_optimiser"]["state"]
    assert all(torch.equal(moments[key][name], others[key][name]) for key in others for name in others[key])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_stops(folder: Path, number: signal.Signals) -> None:
    process = start(words(folder, LONG))
    wait_for(process, folder / "run")
    process.send_signal(number)
    told, complaint = process.communicate(timeout=120)
    assert process.returncode == 0, complaint
    assert "stopped by a signal" in told
    assert "Traceback" not in complaint
    path, state, passed_over = newest_checkpoint(folder / "run")
    assert passed_over == []
    assert f"{state['images']:,} images seen" in told
    assert not list((folder / "run").rglob("*.unfinished"))
    assert path == saved_checkpoints(folder / "run")[-1]


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    line, *others = capsys.readouterr().err.strip().splitlines()
    assert others == []
    return line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "name", ["metrics.jsonl", "config.json.unfinished", "checkpoints/step-000000003.pt.unfinished"]
)
def test_a_full_disk_is_one_line_wherever_it_strikes(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = folder / "run"
    (run / name).parent.mkdir(parents=True)
    (run / name).symlink_to("/dev/full")
    assert main(words(folder, 256)) == 2
    line = one_line(capsys)
    assert str(run) in line
    assert "No space left on device" in line


def test_a_folder_that_cannot_be_written_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "run").write_text("in the way")
    assert main(words(folder, 128)) == 2
    assert f"{folder / 'run'}: cannot be written" in one_line(capsys)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder in which nobody may write, not even root")
def test_a_folder_without_permission_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "run").symlink_to("/proc")
    assert main(words(folder, 128)) == 2
    assert f"{folder / 'run'}: cannot be written" in one_line(capsys)


def test_resuming_with_other_networks_labels_or_size_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(folder, 64)) == 0
    capsys.readouterr()
    resumed = words(folder, 128, "--resume")
    assert main(words(folder, 128, "--resume", also=["generator.style_size=24"])) == 2
    assert "was made by other networks than this config's" in one_line(capsys)
    facts = json.loads((folder / "dataset" / METADATA).read_text())
    (folder / "dataset" / METADATA).write_text(json.dumps({**facts, "labels": facts["labels"][:1]}))
    assert main(resumed) == 2
    assert "was trained with the labels sex (binary), age (number), this dataset has the labels sex (binary)" in (
        one_line(capsys)
    )
    (folder / "dataset" / METADATA).write_text(json.dumps(facts))
    np.save(folder / "dataset" / IMAGES, np.load(folder / "dataset" / IMAGES)[:, ::2, ::2])
    assert main(resumed) == 2
    assert "the dataset holds 32 px pictures, the config asks for 64" in one_line(capsys)


def together(folder: Path, out: str, images: int, *more: str) -> "subprocess.Popen[str]":
    """Two processes that train together, started as on several machines."""
    arguments = [str(folder / out) if word == str(folder / "run") else word for word in words(folder, images, *more)]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"),
            *("-m", "trainer", *arguments),
        ],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def children(process: "subprocess.Popen[str]") -> list[int]:
    return [int(number) for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs to know a process's children")
def test_processes_that_are_killed_together_resume_to_the_bit(folder: Path) -> None:
    process = together(folder, "run", LONG)
    wait_for(process, folder / "run")
    for number in (*children(process), process.pid):
        os.kill(number, signal.SIGKILL)
    process.communicate()
    images = int(newest_checkpoint(folder / "run")[1]["images"]) + 3 * 64
    for out, more in (("run", ("--resume",)), ("whole", ())):
        process = together(folder, out, images, *more)
        _, complaint = process.communicate(timeout=400)
        assert process.returncode == 0, complaint
    resumed, whole = (read_checkpoint(saved_checkpoints(folder / name)[-1]) for name in ("run", "whole"))
    assert (resumed["images"], resumed["sampler"]) == (images, whole["sampler"])
    ours, theirs = weights(resumed), weights(whole)
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs to know a process's children")
def test_processes_whose_fellow_is_killed_end_in_a_line_and_resume_as_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "small.toml").open("a") as settings:
        settings.write("[data]\nbatch = 12\n")
    process = start(words(folder, LONG, "--processes", "3"))
    wait_for(process, folder / "run")
    os.kill(children(process)[-1], signal.SIGKILL)
    _, complaint = process.communicate(timeout=300)
    assert process.returncode == 2
    lines = [line for line in complaint.splitlines() if "error" in line.lower()]
    assert lines
    assert all(
        re.match(r"trainer train: error: another of the 3 processes is lost .+--resume goes on", x) for x in lines
    )
    assert "Traceback" not in complaint
    assert "Warning" not in complaint
    images = int(newest_checkpoint(folder / "run")[1]["images"]) + 3 * 12
    assert main(words(folder, images, "--resume")) == 0
    assert f"{images:,} images seen" in capsys.readouterr().out
