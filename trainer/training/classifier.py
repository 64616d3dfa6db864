"""Training the auxiliary classifier of a run: on the training split, before the GAN, in minutes.

It is kept in the run's folder and is the same for every process. The judge that measures the result
(trainer/evaluation) is another network and takes no part in this.
"""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor
from tqdm import tqdm

from trainer.checkpoints import read_tensors, write_state
from trainer.config import Config
from trainer.data.dataset import differences
from trainer.data.sampler import BalancedSampler
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.labels.matrix import by_label
from trainer.labels.number import Number
from trainer.networks.build import on_device
from trainer.networks.classifier import AuxiliaryClassifier
from trainer.old_names import existing
from trainer.training.ending import Minutes, told_seconds
from trainer.training.step.batches import Pictures
from trainer.training.step.processes import Share

CLASSIFIER_BATCH = 64
CLASSIFIER_RATE = 1e-3
CHECK_BATCH = 256
MOST_CHECKED = 10_000
"""Held-out pictures that a classifier is measured on, spread evenly over all: they lie in memory as numbers."""
SAVE_SECONDS = 20.0
"""How often a classifier that is being trained is put away."""
CLASSIFIER_FILE = "classifier.pt"
UNFINISHED_FILE = "classifier-unfinished.pt"
NEW_ONE = "delete it, a new one is trained"
CLASSIFIER_SHARE = 1 / 3
"""Of the time left, what training the classifier may take: a run of any length is to show faces."""
TRIAL_STEPS, TRIAL_SECONDS = 5, 1.0
"""Steps or seconds, whichever is first, after which it is told how long the rest will take."""


@dataclass(frozen=True)
class ClassifierReading:
    """What the trained classifier scores on held-out pictures: mean cross-entropy, and share right or mean distance."""

    cross_entropy: dict[str, float]
    figure: dict[str, float]


class ClassifierTraining:
    """A classifier while it learns from `total` pictures, a batch at a time; it can be put away and resumed to the bit.

    Pictures are float [N, 3, S, S], -1 ... 1.
    """

    def __init__(self, labels: Sequence[Label], device: torch.device, total: int) -> None:
        self.classifier = on_device(AuxiliaryClassifier(labels), device)
        self.steps, self.step = max(1, total // CLASSIFIER_BATCH), 0
        self.optimiser = torch.optim.AdamW(self.classifier.parameters(), lr=CLASSIFIER_RATE, weight_decay=0.02)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, CLASSIFIER_RATE, total_steps=self.steps)

    @property
    def images(self) -> int:
        """How many pictures it has seen."""
        return self.step * CLASSIFIER_BATCH

    @property
    def total(self) -> int:
        """How many it is to see."""
        return self.steps * CLASSIFIER_BATCH

    @property
    def finished(self) -> bool:
        """Whether it has seen them all."""
        return self.step >= self.steps

    def learn(self, pictures: Tensor, matrix: Tensor) -> None:
        """One step on a batch and its raw labels [N, C]."""
        classifier = self.classifier
        loss = torch.stack([part.mean() for part in classifier.losses(classifier(pictures), matrix).values()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.step += 1

    def state(self) -> dict[str, Any]:
        """All that `load` needs to go on exactly here."""
        return {
            "step": self.step,
            "steps": self.steps,
            "classifier": self.classifier.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.classifier.load_state_dict(state["classifier"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = int(state["step"])

    def frozen(self, held_out: tuple[Tensor, Tensor]) -> tuple[AuxiliaryClassifier, ClassifierReading]:
        """The classifier as it is now, in evaluation mode, its floors set on `held_out` (pictures, labels)."""
        self.classifier.eval().requires_grad_(False)
        return self.classifier, set_floors(self.classifier, *held_out)


@torch.no_grad()
def set_floors(classifier: AuxiliaryClassifier, images: Tensor, matrix: Tensor) -> ClassifierReading:
    """Measure the classifier on held-out pictures, and make their mean cost the floor of `label_loss`."""
    readings = [classifier(pictures) for pictures in images.split(CHECK_BATCH)]
    logits = {label.name: torch.cat([reading[label.name] for reading in readings]) for label in classifier.labels}
    entropy = {name: losses.mean() for name, losses in classifier.losses(logits, matrix).items()}
    for name, value in entropy.items():
        classifier.get_buffer(f"floor_{name}").copy_(value)
    asked = by_label(matrix, classifier.labels)
    figure = {
        label.name: float(label.reading(logits[label.name], asked[label.name], classifier.knots(label)))
        for label in classifier.labels
    }
    return ClassifierReading({name: float(value) for name, value in entropy.items()}, figure)


def check_classifier_settings(config: Config, labels: Sequence[Label], processes: int) -> None:
    """Raise `UserError` for settings of the classifier that do not fit the labels, the batch or the processes."""
    floors, paired, batch = config.loss.classifier_floor, config.paired, config.data.batch
    if config.loss.classifier <= 0:
        return
    if config.loss.classifier_images < CLASSIFIER_BATCH:
        raise UserError(f"loss.classifier_images {config.loss.classifier_images}: give {CLASSIFIER_BATCH} or more")
    if len(floors) not in (1, len(labels)):
        raise UserError(
            f"loss.classifier_floor {list(floors)}: give one number, or one for each of the labels"
            f" {', '.join(label.name for label in labels)}"
        )
    if paired.active:
        if paired.people < 1 or batch % paired.people or paired.people % processes:
            raise UserError(
                f"paired.people {paired.people}: must divide the batch of {batch}, and {processes} processes must share"
                " it evenly"
            )
        numbers = [label.name for label in labels if isinstance(label, Number)]
        if unknown := [name for name in paired.labels if name not in numbers]:
            raise UserError(
                f"paired.labels {', '.join(unknown)}: is no number among the labels; there are"
                f" {', '.join(numbers) or 'none'}"
            )


@dataclass(frozen=True)
class Lessons:
    """What a run's classifier learns from, and how.

    `images` pictures of `training`, in batches that `next_index` draws from `sampler`; chance comes from `seed`. Its
    floors are set on `held_out`. `rests_on` is the fingerprint of all that.
    """

    labels: Sequence[Label]
    sampler: BalancedSampler
    next_index: Callable[[BalancedSampler], Tensor]
    training: Pictures
    held_out: Pictures
    seed: int
    images: int
    rests_on: Mapping[str, str]


def kept_classifier(
    run: Path, lessons: Lessons, fabric: Fabric, minutes: Minutes, asked_to_stop: threading.Event, *, quiet: bool
) -> AuxiliaryClassifier | None:
    """The classifier kept in the folder `run`, or a new one that the first process trains: frozen, evaluating.

    Training it is put away every `SAVE_SECONDS`, ends early where it is asked to stop (None comes back) or where
    `CLASSIFIER_SHARE` of the `minutes` left are over (the classifier comes back as far as it got), and is gone on with
    by the next call.
    """
    path, unfinished = existing(run / CLASSIFIER_FILE), run / UNFINISHED_FILE
    if fabric.is_global_zero and not path.exists():
        teach(path, unfinished, lessons, fabric.device, minutes, asked_to_stop, quiet=quiet)
    fabric.barrier()
    if Share(fabric.global_rank, fabric.world_size).any(asked_to_stop.is_set(), fabric.device):
        return None
    return read_classifier(path if path.exists() else unfinished, lessons, fabric)


def read_classifier(path: Path, lessons: Lessons, fabric: Fabric) -> AuxiliaryClassifier:
    """The classifier that is kept at `path`, frozen. Raises `UserError` where it is damaged, or of other data."""
    state = read_tensors(path, NEW_ONE)
    remedy = "delete it, and a new one is trained; or choose another --out"
    if "rests_on" not in state:  # until it was noted, the file held the weights alone
        fabric.print(f"note: {path.name} does not tell which pictures it was trained on: it is taken for this run's")
    elif other := differences(state["rests_on"], lessons.rests_on):
        raise UserError(f"{path}: was trained on another dataset; it differs in {', '.join(other)}; {remedy}")
    classifier = on_device(AuxiliaryClassifier(lessons.labels), fabric.device)
    try:
        classifier.load_state_dict(state.get("frozen", state))
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: is a classifier of other labels, or damaged; {remedy}") from error
    return classifier.eval().requires_grad_(False)


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
    """Train the classifier and write it to `path`, or what there is of it to `unfinished`, from where it goes on."""
    randomness = Generator(device).manual_seed(lessons.seed)
    checked = torch.linspace(0, len(lessons.held_out) - 1, min(len(lessons.held_out), MOST_CHECKED), device=device)
    held_out = lessons.held_out.batch(checked.round().long(), randomness, flip=False)
    torch.manual_seed(lessons.seed)
    training = ClassifierTraining(lessons.labels, device, lessons.images)
    if unfinished.exists():
        take_up(unfinished, training, lessons, randomness)
    until = time.monotonic() + CLASSIFIER_SHARE * minutes.left()
    begun = saved = time.monotonic()
    first, announced = training.step, False
    with tqdm(total=training.total, initial=training.images, unit="img", desc=path.stem, disable=quiet) as bar:
        while not training.finished and not asked_to_stop.is_set() and time.monotonic() < until:
            training.learn(*lessons.training.batch(lessons.next_index(lessons.sampler), randomness, flip=True))
            bar.update(CLASSIFIER_BATCH)
            now = time.monotonic()
            played = training.step - first
            if not announced and (played == TRIAL_STEPS or now - begun > TRIAL_SECONDS):
                bar.write(announcement(path, training, (now - begun) / played, until - now), file=sys.stdout)
                sys.stdout.flush()
                announced = True
            if now - saved > SAVE_SECONDS:
                write_state(unfinished, put_away(training, lessons, randomness))
                saved = now
    kept = put_away(training, lessons, randomness)
    write_state(unfinished, kept)
    if not asked_to_stop.is_set():
        hand_on(path, unfinished, training, held_out, kept)


def hand_on(
    path: Path,
    unfinished: Path,
    training: ClassifierTraining,
    held_out: tuple[Tensor, Tensor],
    kept: Mapping[str, Any],
) -> None:
    """Measure the classifier on `held_out` pictures and labels, tell it, and write it for the run that follows.

    `kept` is what `put_away` gave. What is not finished yet stays in `unfinished`, where `--resume` goes on with it.
    """
    classifier, reading = training.frozen(held_out)
    figures = ", ".join(f"{name} {value:.2f}" for name, value in reading.figure.items())
    print(f"{path.stem} on held-out pictures (share right, or mean distance): {figures}", flush=True)
    if training.finished:
        write_state(path, {"rests_on": kept["rests_on"], "frozen": classifier.state_dict()})
        unfinished.unlink()
        return
    write_state(unfinished, {**kept, "frozen": classifier.state_dict()})
    print(
        f"{path.stem} has learnt from {training.images:,} of {training.total:,} pictures; --resume goes on with it",
        flush=True,
    )


def announcement(path: Path, training: ClassifierTraining, seconds: float, left: float) -> str:
    """What the user is told once it is known that a step takes `seconds` and that `left` seconds are for it."""
    rest = seconds * (training.steps - training.step)
    told = (
        f"{path.stem}: first a small network learns the labels from {training.total:,} pictures,"
        f" about {told_seconds(rest)} here; kept in {path.parent}"
    )
    return told if rest <= left else f"{told}; {told_seconds(left)} of it now, as --max-minutes asks"


def put_away(training: ClassifierTraining, lessons: Lessons, randomness: Generator) -> dict[str, Any]:
    """All that `take_up` needs to go on exactly here, and what it is of."""
    return {
        "labels": [label.card() for label in lessons.labels],
        "rests_on": dict(lessons.rests_on),
        "sampler": lessons.sampler.state(),
        "random": randomness.get_state(),
        "training": training.state(),
    }


def take_up(unfinished: Path, training: ClassifierTraining, lessons: Lessons, randomness: Generator) -> None:
    """Go on with what `put_away` gave. Raises `UserError` where it is of other pictures, labels or settings."""
    state = read_tensors(unfinished, NEW_ONE)
    known = state.get("rests_on", {})
    try:
        if other := differences(known, lessons.rests_on):
            raise UserError(f"it was trained on another dataset, which differs in {', '.join(other)}")
        same = state["labels"] == [label.card() for label in lessons.labels]
        if not same or state["training"]["steps"] != training.steps:
            raise UserError("it has other labels or another loss.classifier_images")
        lessons.sampler.load_state(state["sampler"])
        training.load(state["training"])
        randomness.set_state(state["random"])
    except UserError as error:
        raise UserError(f"{unfinished}: is not of this run ({error}); delete it, or choose another --out") from error
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise UserError(
            f"{unfinished}: damaged ({type(error).__name__}); delete it, the classifier begins anew"
        ) from error
