"""A training run: what it is made of, how it goes on, and when it stops.

What step n draws at random depends on the seed and on n alone, and the order of the pictures on the sampler's saved
state: a run that was killed and resumed ends at the same weights as one that was not.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from PIL import Image
from torch import nn

from trainer import __version__
from trainer.checkpoints import (
    best_reading,
    keep_best,
    newest_checkpoint,
    read_checkpoint,
    save_checkpoint,
    saved_checkpoints,
)
from trainer.config import Config, from_dict, to_dict
from trainer.data.bins import bins_of
from trainer.data.dataset import Dataset
from trainer.data.sampler import BalancedSampler
from trainer.drawing.average import averaged, calibrated, draw_latents
from trainer.drawing.sheets import run_sheets, to_bytes
from trainer.errors import UserError
from trainer.labels.label import LabelSpec, from_card
from trainer.networks.build import build_discriminator, build_generator, on_device
from trainer.networks.transfer import take_over
from trainer.provenance import training_part
from trainer.training.game import Game, adam, adam_state, load_adam
from trainer.training.gauge import detection_rate, fd_cells, people_like_held_out
from trainer.training.graphs import GraphedStep
from trainer.training.guiding import GUIDE_FILE, Lessons, check_guidance, label_reader
from trainer.training.journal import Journal
from trainer.training.minutes import Minutes
from trainer.training.pictures import load_pictures
from trainer.training.processes import Share
from trainer.training.watch import numbers_all, trouble_in

SHEET_SEED = 1_000_003
SHEET_PEOPLE = 40
GUIDE_SEED = 1
READER_STEP = 2**32 - 1
AGREE_EVERY = 16
EARLY_STEPS = 8
"""Before this step nothing is recorded early."""
CLOSING_STEPS = {"checkpoint": 1.0, "sheets": 4.0, "gauge": 5.0}
"""How long a run's closing takes, in steps, as long as it has not been timed (64 px in batches of 64 on a CPU)."""


@dataclass(frozen=True)
class RunOptions:
    """Where a run's files are and how it may use the machine; nothing here changes what it learns.

    The minutes count from `started` on the clock of `time.monotonic`.
    """

    out: Path
    max_minutes: float = 0.0
    command: str = ""
    compiled: bool = True
    recorded: bool = False
    quiet: bool = False
    started: float = field(default_factory=time.monotonic)


def step_seed(seed: int, step: int) -> int:
    """The seed of all that step `step` of a run with `seed` draws: 63 bits, far apart for neighbouring steps."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1)


def dataset_labels(dataset: Dataset) -> tuple[LabelSpec, ...]:
    """The labels that the dataset declares."""
    return from_card(dataset.metadata["labels"])


def told_labels(labels: tuple[LabelSpec, ...]) -> str:
    """The labels in words."""
    return "the labels " + ", ".join(f"{label.name} ({label.kind})" for label in labels) if labels else "no labels"


def fabric_for(device: str, processes: int = 1) -> Fabric:
    """Lightning Fabric on `auto`, `cpu` or `cuda`: float32 on a CPU, bf16 autocast on CUDA. Raises `UserError`.

    `processes` on this machine train together; under `torchrun` each of its processes is one of them.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise UserError(f"--device {device}: choose auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: torch sees no CUDA GPU here; use --device auto")
    if processes < 1:
        raise UserError(f"--processes {processes}: at least 1")
    accelerator = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    if accelerator == "cuda" and processes > torch.cuda.device_count():
        raise UserError(f"--processes {processes}: there are {torch.cuda.device_count()} GPUs, one for each at most")
    precision: Any = "bf16-mixed" if accelerator == "cuda" else "32-true"
    devices, nodes = processes, 1
    if "TORCHELASTIC_RUN_ID" in os.environ:
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    strategy = "ddp" if devices * nodes > 1 else "auto"
    return Fabric(accelerator=accelerator, strategy=strategy, devices=devices, num_nodes=nodes, precision=precision)


def new_game(config: Config, labels: tuple[LabelSpec, ...], fabric: Fabric, *, compiled: bool) -> Game:
    """Both players, newly drawn from the config's seed, on the fabric's device."""
    torch.manual_seed(config.seed)
    generator = on_device(build_generator(config, labels), fabric.device)
    discriminator = on_device(build_discriminator(config, labels), fabric.device)
    return Game(
        config=config,
        generator=generator,
        discriminator=discriminator,
        average=averaged(generator),
        guide=None,
        g_optimiser=adam(generator, config.optimiser),
        d_optimiser=adam(discriminator, config.optimiser),
        draw_fake=torch.compile(generator) if compiled else generator,
        judge=torch.compile(discriminator) if compiled else discriminator,
        autocast=fabric.autocast,
        share=Share(fabric.global_rank, fabric.world_size),
    )


class Run:
    """One training run on one dataset."""

    def __init__(self, config: Config, dataset: Dataset, fabric: Fabric, options: RunOptions) -> None:
        if dataset.size != config.resolution:
            raise UserError(
                f"the dataset holds {dataset.size} px pictures, the config asks for {config.resolution}:"
                f" prepare with --size {config.resolution}, or set resolution={dataset.size}"
            )
        if config.data.batch % fabric.world_size:
            raise UserError(f"data.batch {config.data.batch} cannot be shared by {fabric.world_size} processes evenly")
        self.config, self.fabric, self.options = config, fabric, options
        self.labels = dataset_labels(dataset)
        check_guidance(config, self.labels, fabric.world_size)
        self.pictures, where = load_pictures(dataset, self.labels, fabric.device, held_out=False)
        self.held_out, _ = load_pictures(dataset, self.labels, fabric.device, held_out=True)
        if len(self.held_out) < 2 and (config.log.gauge > 0 or config.loss.guide > 0):
            raise UserError(
                f"the dataset holds out {len(self.held_out)} pictures, too few to gauge a run by:"
                " prepare with --held-out 0.1, or set log.gauge=0 and loss.guide=0"
            )
        bins = bins_of(dataset, config.data.age_limits)
        self.bins, self.of_faces = bins.of[where], dataset.of_faces
        self.sampler = BalancedSampler(self.bins, config.data.batch, config.seed, names=bins.names)
        self.game = new_game(config, self.labels, fabric, compiled=options.compiled)
        self.graphed: GraphedStep | None = None
        if options.recorded:
            self.graphed = GraphedStep(self.learn, config.data.batch, fabric.device)
        self.asked_to_stop = threading.Event()
        self.rollbacks = 0
        self.best: float | None = None
        self.minutes = Minutes(options.max_minutes, options.started)
        self.closing_seconds: dict[str, float] = {}
        self.step_seconds = 0.0
        self.drawer: tuple[int, nn.Module] | None = None
        self.history: list[dict[str, Any]] = []
        self.inherited = 0

    def resume(self, checkpoint: Path | None = None) -> list[str]:
        """Go on from `checkpoint`, or from the newest whole one of the run folder. Returns what to tell the user."""
        if checkpoint is None:
            path, state, told = newest_checkpoint(self.options.out)
        else:
            path, state, told = checkpoint, read_checkpoint(checkpoint), []
        theirs = from_dict(state["config"])
        if (theirs.generator, theirs.discriminator) != (self.config.generator, self.config.discriminator):
            raise UserError(f"{path}: was made by other networks than this config's; resume with the config it names")
        known = from_card(state["labels"])
        if [label.shape for label in known] != [label.shape for label in self.labels]:
            raise UserError(
                f"{path}: was trained with {told_labels(known)}, this dataset has {told_labels(self.labels)}"
            )
        self.load(state)
        self.rollbacks = int(state.get("rollbacks", 0))
        kept = best_reading(self.options.out)
        self.best = state.get("best_fd_cells") if kept is None else kept
        self.history = list(state.get("history", []))
        self.inherited = int(state.get("inherited", 0))
        if "g_optimiser" not in state:
            told.append(f"{path.name} is a light checkpoint: the optimisers start anew")
        return [*told, f"resumed {path.name} at {self.game.images:,} images"]

    def start_from(self, checkpoint: Path) -> list[str]:
        """Begin with another run's weights: of both players and the average, wherever name and shape agree.

        Everything else begins anew: optimisers, sampler, counters. Returns what to tell the user. Raises `UserError` if
        the networks have nothing in common.
        """
        state = read_checkpoint(checkpoint)
        theirs, known = from_dict(state["config"]), from_card(state["labels"])
        if (theirs.generator.kind, theirs.discriminator.kind) != (
            self.config.generator.kind,
            self.config.discriminator.kind,
        ):
            raise UserError(
                f"{checkpoint}: has no weight in common with this config: it holds networks of the kinds"
                f" {theirs.generator.kind} and {theirs.discriminator.kind}"
            )
        told = []
        for name in ("generator", "discriminator", "average"):
            network: nn.Module = getattr(self.game, name)
            taken, new = take_over(network, state[name], known)
            if not taken:
                raise UserError(f"{checkpoint}: its {name} has no weight in common with this config's; see --dry-run")
            if new:
                told.append(f"{name}: {len(new)} of {len(new) + taken} tensors begin anew ({', '.join(new[:4])}, ...)")
        self.history = list(state.get("history", []))
        self.inherited = int(state.get("inherited", 0)) + int(state["images"])
        return [*told, f"started from {checkpoint.name}, which has seen {self.inherited:,} images"]

    def load(self, state: Mapping[str, Any]) -> None:
        """Put both players, their optimisers, the average and the sampler where `state` has them."""
        game = self.game
        game.generator.load_state_dict(state["generator"])
        game.discriminator.load_state_dict(state["discriminator"])
        game.average.load_state_dict(state["average"])
        for name, optimiser in (("g_optimiser", game.g_optimiser), ("d_optimiser", game.d_optimiser)):
            if name in state:
                load_adam(optimiser, state[name])
        self.sampler.load_state(state["sampler"])
        if self.graphed is not None:
            self.graphed.forget()
        game.step = int(state["step"])

    def state(self) -> dict[str, Any]:
        """All that a checkpoint holds."""
        game = self.game
        return {
            "version": __version__,
            "config": to_dict(self.config),
            "labels": [label.card() for label in self.labels],
            "step": game.step,
            "images": game.images,
            "inherited": self.inherited,
            "generator": game.generator.state_dict(),
            "discriminator": game.discriminator.state_dict(),
            "average": game.average.state_dict(),
            "g_optimiser": adam_state(game.g_optimiser),
            "d_optimiser": adam_state(game.d_optimiser),
            "sampler": self.sampler.state(),
            "rollbacks": self.rollbacks,
            "history": self.history,
        }

    def train(self) -> str:
        """Train until the config's images, the minutes or a signal end it. Saves at the end. Returns why it ended."""
        game, options = self.game, self.options
        self.history.append(training_part(options.command, self.inherited + game.images))
        with self.stop_on_signal():
            if self.config.loss.guide > 0 and self.labels and not self.take_guide():
                return f"stopped by a signal before the next step: {options.out} keeps what there is, --resume goes on"
            silent = options.quiet or not self.fabric.is_global_zero
            with Journal(options.out, game.images, self.config.images, game.share, quiet=silent) as journal:
                begun, ended = game.images, self.play(journal)
                if game.images > begun:
                    self.close(journal)
        return f"{ended or 'all images seen'}: {game.images:,} images seen, saved in {options.out}"

    def play(self, journal: Journal) -> str | None:
        """Step by step until the images are seen (None) or something else ends it, which comes back in words."""
        game, ended = self.game, None
        began, played = time.monotonic(), 0
        while game.images < self.config.images and ended is None:
            journal.note(self.step(self.next_index(self.sampler)))
            journal.advance(self.config.data.batch)
            played += 1
            self.step_seconds = (time.monotonic() - began) / played
            self.keep_records(journal)
            ended = self.reason_to_stop()
        return ended

    def step(self, index: torch.Tensor) -> dict[str, torch.Tensor]:
        """One step on the pictures `index` [B]; recorded and replayed where the options say so."""
        game, seed = self.game, step_seed(self.config.seed, self.game.step)
        if self.graphed is None:
            randomness = torch.Generator(self.fabric.device).manual_seed(seed)
            return game.play(*self.batch(index, randomness), randomness)
        game.prepare()
        metrics = self.graphed(index, seed, game.penalised)
        game.finish()
        return metrics

    def batch(self, index: torch.Tensor, randomness: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """The pictures `index` [B] and their labels, as far as they are this process's."""
        return self.pictures.batch(index, randomness, flip=self.config.augmentation.flip, share=self.game.share)

    def learn(self, index: torch.Tensor, randomness: torch.Generator) -> dict[str, torch.Tensor]:
        """What the device does of a step on the pictures `index` [B]."""
        return self.game.learn(*self.batch(index, randomness), randomness)

    def close(self, journal: Journal) -> None:
        """Leave a checkpoint of the last step, then figures and sheets of it, unless they were just made."""
        log = self.config.log
        if not numbers_all(self.game.generator, self.game.discriminator):
            raise UserError("weights are no numbers any more: the checkpoint before is kept")
        if not self.due(log.checkpoint):
            self.save()
        if not self.due(log.metrics):
            self.report(journal)
        if not self.due(log.samples):
            self.show(journal)
        if not self.due(log.checkpoint, early=False):
            self.measure(journal)

    def take_guide(self) -> bool:
        """Give the game its guide, the one kept in the run folder or a new one. False: a signal stopped its training.

        Before a new one the run's beginning is saved, so that what stops its training leaves a run to resume.
        """
        seed = self.config.seed + GUIDE_SEED
        if self.game.step == 0 and not (self.options.out / GUIDE_FILE).exists():
            self.save()
        lessons = Lessons(
            self.labels,
            BalancedSampler(self.bins, self.config.data.batch, seed),
            self.next_index,
            self.pictures,
            self.held_out,
            step_seed(seed, READER_STEP),
            self.config.loss.guide_images,
        )
        self.game.guide = label_reader(
            self.options.out, lessons, self.fabric, self.minutes, self.asked_to_stop, quiet=self.options.quiet
        )
        return self.game.guide is not None

    def reason_to_stop(self) -> str | None:
        """Why all processes stop now: a signal to one of them, or the minutes, closing included; None to go on."""
        share = self.game.share
        if share.count > 1 and self.game.step % AGREE_EVERY:
            return None
        if share.any(self.asked_to_stop.is_set(), self.fabric.device):
            return "stopped by a signal"
        known, step = self.closing_seconds, self.step_seconds
        closing = sum(known.get(name, steps * step) for name, steps in CLOSING_STEPS.items())
        if share.any(self.minutes.left() < closing, self.fabric.device):
            return f"{self.options.max_minutes:g} minutes are over"
        return None

    def next_index(self, sampler: BalancedSampler) -> torch.Tensor:
        """The next batch's picture indices, ordered by bin: the minibatch deviation compares neighbours of one bin."""
        index = sampler.next_batch()
        ordered = index[np.argsort(self.bins[index], kind="stable")]
        return torch.from_numpy(ordered).to(self.fabric.device, non_blocking=True)

    def due(self, every: int, *, early: bool = True) -> bool:
        """Whether the step just played passed a multiple of `every` images, or `early` in a run a part of `every`.

        These are a sixteenth, an eighth, a quarter and a half, so that a short run leaves something, too.
        """
        images, before = self.game.images, self.game.images - self.config.data.batch
        parts = [every // share for share in (16, 8, 4, 2)] if early else []
        first = EARLY_STEPS * self.config.data.batch
        return images // every > before // every or any(before < part <= images for part in parts if part >= first)

    def keep_records(self, journal: Journal) -> None:
        """Metrics, sheets and checkpoints, when they are due; a dead run goes back to its last checkpoint."""
        log, trouble = self.config.log, None
        if self.due(log.metrics):
            trouble = trouble_in(self.report(journal), self.game.images, self.config.watch)
        if (
            trouble is None
            and self.due(log.checkpoint)
            and not numbers_all(self.game.generator, self.game.discriminator)
        ):
            trouble = "weights stopped being numbers"
        if trouble is not None:
            self.roll_back(trouble, journal)
            return
        if self.due(log.checkpoint):
            self.save()
        if self.due(log.samples):
            self.show(journal)
        if self.due(log.checkpoint, early=False):
            self.measure(journal)

    def report(self, journal: Journal) -> dict[str, float]:
        """Write the means of the steps since the last report, and return them."""
        return journal.report(self.game.images, {"rate": float(self.game.d_optimiser.param_groups[0]["lr"])})

    def show(self, journal: Journal) -> None:
        """Draw the run's sheets (the first process does)."""
        if self.fabric.is_global_zero:
            self.without_risk("sheets", self.save_sheets, journal)

    def measure(self, journal: Journal) -> None:
        """Gauge the run (the first process does), and keep the newest checkpoint apart where it never read better."""
        if self.fabric.is_global_zero and self.config.log.gauge > 0:
            self.without_risk("gauge", self.gauge, journal)
        self.fabric.barrier()

    def without_risk(self, name: str, look: Callable[[Journal], None], journal: Journal) -> None:
        """Have a look at the run that cannot cost it: what goes wrong is told in a line. Notes how long it took."""
        began = time.monotonic()
        try:
            look(journal)
        except Exception as error:  # noqa: BLE001 - whatever a figure fails at, the training is worth more
            reason = " ".join(str(error).split()) or type(error).__name__
            journal.say(f"no {name} at {self.game.images:,} images: {reason}")
        self.closing_seconds[name] = time.monotonic() - began

    def save_sheets(self, journal: Journal) -> None:
        """Draw the sheets and write each as a file and into the journal."""
        folder, images = self.options.out / "sheets", self.game.images
        folder.mkdir(parents=True, exist_ok=True)
        for name, sheet in self.sheets().items():
            Image.fromarray(sheet).save(folder / f"{name}-{images:09d}.png")
            journal.picture(name, sheet, images)

    def roll_back(self, trouble: str, journal: Journal) -> None:
        """Go back to the last whole checkpoint with a lower rate. Raises `UserError` when that did not help before."""
        watch, images = self.config.watch, self.game.images
        if self.rollbacks >= watch.retries or not saved_checkpoints(self.options.out):
            raise UserError(
                f"{trouble}, at {images:,} images, after {self.rollbacks} rollbacks; the last checkpoint is kept."
                " Lower optimiser.rate or raise loss.r1"
            )
        path, state, _ = newest_checkpoint(self.options.out)
        self.rollbacks += 1
        was = self.config.optimiser
        now = replace(was, rate=was.rate * watch.rate_cut, rate_floor=was.rate_floor * watch.rate_cut)
        self.config = replace(self.config, optimiser=now)
        self.game.config = self.config
        self.load(state)
        journal.go_back(self.game.images)
        journal.say(f"{trouble}, at {images:,} images: back to {path.name}, rate {now.rate:g} from now on")

    def save(self) -> None:
        """Write a checkpoint of now (the first process does)."""
        began = time.monotonic()
        if self.fabric.is_global_zero:
            save_checkpoint(self.options.out, self.game.step, self.state(), self.config.log.keep)
        self.fabric.barrier()
        self.closing_seconds["checkpoint"] = time.monotonic() - began

    def gauge(self, journal: Journal) -> None:
        """Gauge the run and log it; the newest checkpoint is kept apart as the best if the run never read better."""
        generator, samples = self.config.generator, self.config.log.gauge
        real, fake = people_like_held_out(
            self.ready_to_draw(),
            generator.latent_distribution,
            generator.latent_size,
            self.held_out,
            samples,
            SHEET_SEED,
        )
        value = fd_cells(real, fake)
        journal.figure("fd_cells", value, self.game.images)
        if self.best is None or value < self.best:
            keep_best(self.options.out, self.game.step, self.game.images, value)
            self.best = value
        if self.of_faces:
            journal.figure("detection_rate", detection_rate(to_bytes(fake)), self.game.images)

    def ready_to_draw(self) -> nn.Module:
        """The averaged generator with statistics of its own, in evaluation mode; made once for a step."""
        if self.drawer is None or self.drawer[0] != self.game.step:
            config = self.config
            distribution = config.generator.latent_distribution
            made = calibrated(self.game.average.module, self.labels, distribution, config.average.calibration)
            self.drawer = self.game.step, made
        return self.drawer[1]

    def sheets(self) -> dict[str, np.ndarray]:
        """What the run shows of itself now and then, as `run_sheets` names it: uint8 [H, W, 3] each."""
        config = self.config
        distribution = config.generator.latent_distribution
        drawer = self.ready_to_draw()
        randomness = torch.Generator(self.fabric.device).manual_seed(SHEET_SEED)
        latents = draw_latents(SHEET_PEOPLE, config.generator.latent_size, distribution, randomness)
        return run_sheets(drawer, latents, self.labels)

    @contextmanager
    def stop_on_signal(self) -> Iterator[None]:
        """While inside, SIGTERM and Ctrl-C ask the loop to save and stop; a second one is obeyed at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous: dict[int, Any] = {int(number): signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def ask(number: int, _frame: object) -> None:
            self.asked_to_stop.set()
            signal.signal(number, previous[number])

        for number in previous:
            signal.signal(number, ask)
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
