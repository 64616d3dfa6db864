"""A training run: what it is made of, how it goes on, and when it stops.

What step n draws at random depends on the seed and on n alone, and the order of the pictures on the sampler's saved
state: a run that was killed and resumed ends at the same weights as one that was not.
"""

import os
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch.optim.swa_utils import AveragedModel

from trainer.checkpoints import (
    newest_checkpoint,
    save_checkpoint,
    saved_checkpoints,
)
from trainer.config import Config
from trainer.data.dataset import Dataset, fingerprint_of
from trainer.data.light.evening import EVEN
from trainer.data.sampler import BalancedSampler, bins_of, copies_of
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.networks.build import build_discriminator, build_generator, on_device
from trainer.old_names import existing
from trainer.provenance import training_part
from trainer.ranges import check_ranges
from trainer.training.classifier import CLASSIFIER_FILE, Lessons, check_classifier_settings, kept_classifier
from trainer.training.distillation import Distillation, Teacher, distil
from trainer.training.ending import Minutes, stop_on_signal
from trainer.training.journal import Journal, due
from trainer.training.resuming import load, state_of
from trainer.training.showing import Showing
from trainer.training.step.batches import load_pictures
from trainer.training.step.collapse import all_finite, trouble_in
from trainer.training.step.even_light import EvenLight
from trainer.training.step.gan import Gan, adam
from trainer.training.step.measured import MeasuredLabels, Skin
from trainer.training.step.processes import WAITING, Share

CLASSIFIER_SEED = 1
READER_STEP = 2**32 - 1
AGREE_EVERY = 16
LESSON_SEED = 2


@dataclass(frozen=True)
class RunOptions:
    """Where a run's files are and how it may use the machine; nothing here changes what it learns.

    The minutes count from `started` on the clock of `time.monotonic`.
    """

    out: Path
    max_minutes: float = 0.0
    command: str = ""
    compiled: bool = True
    quiet: bool = False
    started: float = field(default_factory=time.monotonic)


def step_seed(seed: int, step: int) -> int:
    """The seed of all that step `step` of a run with `seed` draws: 63 bits, far apart for neighbouring steps."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1)


def fabric_for(device: str, processes: int = 1) -> Fabric:
    """Lightning Fabric on `auto`, `cpu` or `cuda`: float32 on a CPU, bf16 autocast on CUDA. Raises `UserError`.

    `processes` on this machine train together; under `torchrun` each of its processes is one of them.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise UserError(f"--device {device}: choose auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: torch sees no CUDA GPU here; use --device auto")
    accelerator = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    if accelerator == "cuda" and processes > torch.cuda.device_count():
        raise UserError(f"--processes {processes}: there are {torch.cuda.device_count()} GPUs, one for each at most")
    precision: Any = "bf16-mixed" if accelerator == "cuda" else "32-true"
    devices, nodes = processes, 1
    if "TORCHELASTIC_RUN_ID" in os.environ:
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    strategy: Any = DDPStrategy(timeout=WAITING) if devices * nodes > 1 else "auto"
    return Fabric(accelerator=accelerator, strategy=strategy, devices=devices, num_nodes=nodes, precision=precision)


def new_gan(config: Config, labels: tuple[Label, ...], fabric: Fabric, *, compiled: bool) -> Gan:
    """Both networks, newly drawn from the config's seed, on the fabric's device."""
    torch.manual_seed(config.seed)
    generator = on_device(build_generator(config, labels), fabric.device)
    discriminator = on_device(build_discriminator(config, labels), fabric.device)
    return Gan(
        config=config,
        generator=generator,
        discriminator=discriminator,
        ema=AveragedModel(generator),
        classifier=None,
        g_optimiser=adam(generator, config.optimiser),
        d_optimiser=adam(discriminator, config.optimiser),
        draw_fake=torch.compile(generator) if compiled else generator,
        discriminate=torch.compile(discriminator) if compiled else discriminator,
        autocast=fabric.autocast,
        share=Share(fabric.global_rank, fabric.world_size),
    )


class Run:
    """One training run on one dataset."""

    def __init__(self, config: Config, dataset: Dataset, fabric: Fabric, options: RunOptions) -> None:
        check_ranges(config)
        if dataset.size != config.resolution:
            raise UserError(
                f"the dataset holds {dataset.size} px pictures, the config asks for {config.resolution}:"
                f" prepare with --size {config.resolution}, or set resolution={dataset.size}"
            )
        group = getattr(config.discriminator, "deviation_group", 1)
        if config.data.batch % (fabric.world_size * group):
            raise UserError(
                f"data.batch {config.data.batch} cannot be shared by {fabric.world_size} processes evenly, in whole"
                f" groups of {group} (discriminator.deviation_group)"
            )
        self.config, self.fabric, self.options = config, fabric, options
        self.labels = dataset.labels
        self.rests_on = fingerprint_of(dataset)
        self.facts = dataset.metadata
        check_classifier_settings(config, self.labels, fabric.world_size)
        self.pictures, where = load_pictures(dataset, self.labels, fabric.device, held_out=False)
        self.held_out, _ = load_pictures(dataset, self.labels, fabric.device, held_out=True)
        if config.log.validation == 1:
            raise UserError("log.validation 1: one face cannot be compared with photographs; give 2 or more, or 0")
        if len(self.held_out) < 2 and (config.log.validation > 0 or config.loss.classifier > 0):
            raise UserError(
                f"the dataset holds out {len(self.held_out)} pictures, too few to validate a run on:"
                " prepare with --held-out 0.1, or set log.validation=0 and loss.classifier=0"
            )
        bins = bins_of(dataset, config.data.age_limits)
        self.bins = bins.of[where]
        copies = copies_of(dataset, config.data.weigh_by)
        copies = None if copies is None else copies[where]
        self.sampler = BalancedSampler(self.bins, config.data.batch, config.seed, bins.names, copies)
        self.gan = new_gan(config, self.labels, fabric, compiled=options.compiled)
        self.gan.measured = MeasuredLabels.of(self.labels, dataset.metadata)
        self.gan.even_skin = Skin.of(dataset.metadata) if dataset.metadata.get("light") == EVEN else None
        self.asked_to_stop = threading.Event()
        self.teacher: Teacher | None = None
        self.rollbacks = 0
        self.showing = Showing(options.out, self.gan, self.labels, self.held_out, fabric, of_faces=dataset.of_faces)
        self.minutes = Minutes(options.max_minutes, options.started)
        self.step_seconds = 0.0
        self.history: list[dict[str, Any]] = []
        self.inherited = 0

    def train(self) -> str:
        """Train until the config's images, the minutes or a signal end it. Saves at the end. Returns why it ended."""
        gan, options = self.gan, self.options
        self.history.append(training_part(options.command, self.inherited + gan.images))
        with stop_on_signal(self.asked_to_stop):
            if not self.take_lessons():
                return f"stopped in the distillation: {options.out} keeps nothing of it, give the same command again"
            if self.config.loss.classifier > 0 and self.labels and not self.take_classifier():
                return f"stopped by a signal before the next step: {options.out} keeps what there is, --resume goes on"
            silent = options.quiet or not self.fabric.is_global_zero
            with closing(Journal(options.out, gan.images, self.config.images, gan.share, quiet=silent)) as journal:
                begun, ended = gan.images, self.loop(journal)
                if gan.images > begun:
                    self.close(journal)
        return f"{ended or 'all images seen'}: {gan.images:,} images seen, saved in {options.out}"

    def loop(self, journal: Journal) -> str | None:
        """Step by step until the images are seen (None) or something else ends it, which comes back in words."""
        gan, ended = self.gan, None
        began, played = time.monotonic(), 0
        while gan.images < self.config.images and ended is None:
            journal.note(self.step(self.next_index(self.sampler)))
            journal.advance(self.config.data.batch)
            played += 1
            self.step_seconds = (time.monotonic() - began) / played
            self.keep_records(journal)
            ended = self.reason_to_stop()
        return ended

    def step(self, index: torch.Tensor) -> dict[str, torch.Tensor]:
        """One step on the pictures `index` [B]."""
        gan = self.gan
        randomness = torch.Generator(self.fabric.device).manual_seed(step_seed(self.config.seed, gan.step))
        real, labels = self.pictures.batch(index, randomness, flip=self.config.augmentation.flip, share=gan.share)
        return gan.train_step(real, labels, randomness)

    def close(self, journal: Journal) -> None:
        """Leave a checkpoint of the last step, then figures and sheets of it, unless they were just made.

        Raises `UserError` where weights are no numbers any more.
        """
        log = self.config.log
        if not all_finite(self.gan.generator, self.gan.discriminator):
            raise UserError("weights are no numbers any more: the checkpoint before is kept")
        if not self.due(log.checkpoint):
            self.save()
        if not self.due(log.metrics):
            self.report(journal)
        if not self.due(log.samples):
            self.showing.show(journal)
        if not self.due(log.checkpoint, early=False):
            self.showing.measure(journal)

    def lessons(self) -> Distillation:
        """What the network that the run starts from teaches the generator.

        Raises `UserError` where there is no such network, or the pictures are no evened faces.
        """
        config, skin = self.config, self.gan.even_skin
        if self.teacher is None or skin is None:
            raise UserError(
                f"distillation.images {config.distillation.images}: needs the network that teaches, and evened faces:"
                " give --start-from and a dataset made by prepare --even-light, or set distillation.images=0"
            )
        even = EvenLight(config.resolution, skin, self.fabric.device)
        return Distillation(self.gan, self.teacher, self.labels, even, config.distillation.rate)

    def take_lessons(self) -> bool:
        """Let the generator learn from the network that the run starts from, if asked for. False: it was stopped."""
        config, gan = self.config, self.gan
        if not config.distillation.images or gan.step or saved_checkpoints(self.options.out):
            return True
        lessons = self.lessons()
        sampler = BalancedSampler(self.bins, config.data.batch, config.seed + LESSON_SEED)

        def next_labels(number: int) -> tuple[torch.Tensor, torch.Generator]:
            randomness = torch.Generator(self.fabric.device)
            randomness.manual_seed(step_seed(config.seed + LESSON_SEED, number))
            return self.pictures.batch(self.next_index(sampler), randomness, flip=False)[1], randomness

        silent = self.options.quiet or not self.fabric.is_global_zero
        count = -(-config.distillation.images // config.data.batch)
        done = distil(lessons, next_labels, count, self.minutes, self.asked_to_stop, quiet=silent)
        if done:
            self.save()
        return done

    def take_classifier(self) -> bool:
        """Give the GAN its classifier, the kept one or a new one. False: a signal stopped its training.

        Before a new one the run's beginning is saved, so that what stops its training leaves a run to resume.
        """
        seed = self.config.seed + CLASSIFIER_SEED
        if self.gan.step == 0 and not existing(self.options.out / CLASSIFIER_FILE).exists():
            self.save()
        lessons = Lessons(
            self.labels,
            BalancedSampler(self.bins, self.config.data.batch, seed),
            self.next_index,
            self.pictures,
            self.held_out,
            step_seed(seed, READER_STEP),
            self.config.loss.classifier_images,
            self.rests_on,
        )
        self.gan.classifier = kept_classifier(
            self.options.out, lessons, self.fabric, self.minutes, self.asked_to_stop, quiet=self.options.quiet
        )
        return self.gan.classifier is not None

    def reason_to_stop(self) -> str | None:
        """Why all processes stop now: a signal to one of them, or the minutes, closing included; None to go on."""
        share = self.gan.share
        if share.count > 1 and self.gan.step % AGREE_EVERY:
            return None
        if share.any(self.asked_to_stop.is_set(), self.fabric.device):
            return "stopped by a signal"
        if share.any(self.minutes.left() < self.showing.closing_seconds(self.step_seconds), self.fabric.device):
            return f"{self.options.max_minutes:g} minutes are over"
        return None

    def next_index(self, sampler: BalancedSampler) -> torch.Tensor:
        """The next batch's picture indices, ordered by bin: the minibatch deviation compares neighbours of one bin."""
        index = sampler.next_batch()
        ordered = index[np.argsort(self.bins[index], kind="stable")]
        return torch.from_numpy(ordered).to(self.fabric.device, non_blocking=True)

    def due(self, every: int, *, early: bool = True) -> bool:
        """Whether the step just played passed a multiple of `every` images, or `early` in a run a part of it."""
        return due(self.gan.images, self.config.data.batch, every, early=early)

    def keep_records(self, journal: Journal) -> None:
        """Metrics, sheets and checkpoints, when they are due; a dead run goes back to its last checkpoint."""
        gan, log, trouble = self.gan, self.config.log, None
        if self.due(log.metrics):
            trouble = trouble_in(self.report(journal), gan.images, self.config.collapse)
        if trouble is None and self.due(log.checkpoint) and not all_finite(gan.generator, gan.discriminator):
            trouble = "weights stopped being numbers"
        if trouble is not None:
            self.roll_back(trouble, journal)
            return
        if self.due(log.checkpoint):
            self.save()
        if self.due(log.samples):
            self.showing.show(journal)
        if self.due(log.checkpoint, early=False):
            self.showing.measure(journal)

    def report(self, journal: Journal) -> dict[str, float]:
        """Write the means of the steps since the last report, and return them."""
        return journal.report(self.gan.images, {"rate": float(self.gan.d_optimiser.param_groups[0]["lr"])})

    def roll_back(self, trouble: str, journal: Journal) -> None:
        """Go back to the last whole checkpoint with a lower rate. Raises `UserError` when that did not help before."""
        collapse, images = self.config.collapse, self.gan.images
        if self.rollbacks >= collapse.retries or not saved_checkpoints(self.options.out):
            raise UserError(
                f"{trouble}, at {images:,} images, after {self.rollbacks} rollbacks; the last checkpoint is kept."
                " Lower optimiser.rate or raise loss.r1"
            )
        path, state, _ = newest_checkpoint(self.options.out)
        self.rollbacks += 1
        was = self.config.optimiser
        now = replace(was, rate=was.rate * collapse.rate_cut, rate_floor=was.rate_floor * collapse.rate_cut)
        self.config = replace(self.config, optimiser=now)
        self.gan.config = self.config
        load(self, state)
        journal.go_back(self.gan.images)
        journal.say(f"{trouble}, at {images:,} images: back to {path.name}, rate {now.rate:g} from now on")

    def save(self) -> None:
        """Write a checkpoint of now (the first process does)."""
        began = time.monotonic()
        if self.fabric.is_global_zero:
            save_checkpoint(self.options.out, self.gan.step, state_of(self), self.config.log.keep)
        self.fabric.barrier()
        self.showing.seconds["checkpoint"] = time.monotonic() - began
