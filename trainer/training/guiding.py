"""The guide of a run: trained before the game, kept in its folder, the same for every process."""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor
from tqdm import tqdm

from trainer.checkpoints import write_atomically
from trainer.config import Config
from trainer.data.sampler import BalancedSampler
from trainer.errors import UserError
from trainer.labels.label import LabelSpec
from trainer.networks.build import on_device
from trainer.training.guide import GUIDE_BATCH, Guide, GuideTraining
from trainer.training.minutes import Minutes, told_seconds
from trainer.training.pictures import Pictures
from trainer.training.processes import Share

GUIDE_FILE = "guide.pt"
UNFINISHED_FILE = "guide-unfinished.pt"
GUIDE_SHARE = 1 / 3
"""Of the time left, what training the guide may take: a run of any length is to show faces."""
SAVE_SECONDS = 20.0
TRIAL_STEPS, TRIAL_SECONDS = 5, 1.0
"""Steps or seconds, whichever is first, after which it is told how long the rest will take."""


def check_guidance(config: Config, labels: Sequence[LabelSpec], processes: int) -> None:
    """Raise `UserError` for settings of the guide that do not fit the labels, the batch or the processes."""
    floors, kin, batch = config.loss.guide_floor, config.kin, config.data.batch
    if config.loss.guide <= 0:
        return
    if config.loss.guide_images < GUIDE_BATCH:
        raise UserError(f"loss.guide_images {config.loss.guide_images}: give {GUIDE_BATCH} or more")
    if len(floors) not in (1, len(labels)):
        raise UserError(
            f"loss.guide_floor {list(floors)}: give one number, or one for each of the labels"
            f" {', '.join(label.name for label in labels)}"
        )
    if kin.active:
        if kin.people < 1 or batch % kin.people or kin.people % processes:
            raise UserError(
                f"kin.people {kin.people}: must divide the batch of {batch}, and {processes} processes must share it"
                " evenly"
            )
        if not 0.0 < kin.move <= 0.5:
            raise UserError(f"kin.move {kin.move:g}: give a share of the label's range, above 0 and at most 0.5")


@dataclass(frozen=True)
class Lessons:
    """What a run's guide learns from, and how.

    `images` pictures of `training`, in batches that `next_index` draws from `sampler`; chance comes from `seed`. Its
    floors are set on `held_out`.
    """

    labels: Sequence[LabelSpec]
    sampler: BalancedSampler
    next_index: Callable[[BalancedSampler], Tensor]
    training: Pictures
    held_out: Pictures
    seed: int
    images: int


def label_reader(
    run: Path, lessons: Lessons, fabric: Fabric, minutes: Minutes, asked_to_stop: threading.Event, *, quiet: bool
) -> Guide | None:
    """The guide kept in the folder `run`, or a new one: trained by the first process, then kept. Frozen, evaluating.

    Training it is put away every `SAVE_SECONDS`, ends early where it is asked to stop (None comes back) or where
    `GUIDE_SHARE` of the `minutes` left are over (the guide comes back as far as it got), and is gone on with by the
    next call.
    """
    path, unfinished = run / GUIDE_FILE, run / UNFINISHED_FILE
    if fabric.is_global_zero and not path.exists():
        teach(path, unfinished, lessons, fabric.device, minutes, asked_to_stop, quiet=quiet)
    fabric.barrier()
    if Share(fabric.global_rank, fabric.world_size).any(asked_to_stop.is_set(), fabric.device):
        return None
    guide = on_device(Guide(lessons.labels), fabric.device)
    if path.exists():
        guide.load_state_dict(torch.load(path, map_location=fabric.device, weights_only=True))
    else:
        guide.load_state_dict(torch.load(unfinished, map_location=fabric.device, weights_only=True)["frozen"])
    return guide.eval().requires_grad_(False)


def teach(
    path: Path,
    unfinished: Path,
    lessons: Lessons,
    device: torch.device,
    minutes: Minutes,
    asked_to_stop: threading.Event,
    *,
    quiet: bool,
) -> None:
    """Train the guide and write it to `path`, or what there is of it to `unfinished`, from where it goes on."""
    randomness = Generator(device).manual_seed(lessons.seed)
    held_out = lessons.held_out.batch(torch.arange(len(lessons.held_out), device=device), randomness, flip=False)
    torch.manual_seed(lessons.seed)
    training = GuideTraining(lessons.labels, device, lessons.images)
    if unfinished.exists():
        take_up(unfinished, training, lessons, randomness)
    until = time.monotonic() + GUIDE_SHARE * minutes.left()
    begun = saved = time.monotonic()
    first, announced = training.step, False
    with tqdm(total=training.total, initial=training.images, unit="img", desc=path.stem, disable=quiet) as bar:
        while not training.finished and not asked_to_stop.is_set() and time.monotonic() < until:
            training.learn(*lessons.training.batch(lessons.next_index(lessons.sampler), randomness, flip=True))
            bar.update(GUIDE_BATCH)
            now = time.monotonic()
            played = training.step - first
            if not announced and (played == TRIAL_STEPS or now - begun > TRIAL_SECONDS):
                bar.write(announcement(path, training, (now - begun) / played, until - now), file=sys.stdout)
                sys.stdout.flush()
                announced = True
            if now - saved > SAVE_SECONDS:
                write_atomically(unfinished, put_away(training, lessons, randomness))
                saved = now
    kept = put_away(training, lessons, randomness)
    write_atomically(unfinished, kept)
    if asked_to_stop.is_set():
        return
    guide, reading = training.frozen(held_out)
    figures = ", ".join(f"{name} {value:.2f}" for name, value in reading.figure.items())
    print(f"{path.stem} on held-out pictures (share right, or mean distance): {figures}", flush=True)
    if training.finished:
        write_atomically(path, guide.state_dict())
        unfinished.unlink()
        return
    write_atomically(unfinished, {**kept, "frozen": guide.state_dict()})
    print(
        f"{path.stem} has learnt from {training.images:,} of {training.total:,} pictures; --resume goes on with it",
        flush=True,
    )


def announcement(path: Path, training: GuideTraining, seconds: float, left: float) -> str:
    """What the user is told once it is known that a step takes `seconds` and that `left` seconds are for it."""
    rest = seconds * (training.steps - training.step)
    told = (
        f"{path.stem}: first a small network learns the labels from {training.total:,} pictures,"
        f" about {told_seconds(rest)} here; kept in {path.parent}"
    )
    return told if rest <= left else f"{told}; {told_seconds(left)} of it now, as --max-minutes asks"


def put_away(training: GuideTraining, lessons: Lessons, randomness: Generator) -> dict[str, Any]:
    """All that `take_up` needs to go on exactly here, and what it is of."""
    return {
        "labels": [label.card() for label in lessons.labels],
        "sampler": lessons.sampler.state(),
        "random": randomness.get_state(),
        "training": training.state(),
    }


def take_up(unfinished: Path, training: GuideTraining, lessons: Lessons, randomness: Generator) -> None:
    """Go on with what `put_away` gave. Raises `UserError` where it is of other pictures, labels or settings."""
    try:
        state = torch.load(unfinished, map_location="cpu", weights_only=True)
        same = state["labels"] == [label.card() for label in lessons.labels]
        if not same or state["training"]["steps"] != training.steps:
            raise UserError("it has other labels or another loss.guide_images")
        lessons.sampler.load_state(state["sampler"])
        training.load(state["training"])
        randomness.set_state(state["random"])
    except UserError as error:
        raise UserError(f"{unfinished}: is not of this run ({error}); delete it, or choose another --out") from error
    except Exception as error:  # torch.load raises half a dozen unrelated types on a damaged file
        raise UserError(f"{unfinished}: damaged ({type(error).__name__}); delete it, the guide begins anew") from error
