"""`trainer train`."""

import json
import time
import tomllib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import tyro
from lightning_fabric import Fabric

from trainer.checkpoints import fitting, newest_checkpoint, saved_checkpoints
from trainer.config import PRESETS, Config, from_dict, overridden, override_from_toml, to_dict
from trainer.data.dataset import METADATA, Dataset, open_dataset
from trainer.data.decisions import tell_decisions
from trainer.drawing.calibration import draw_labels, draw_latents
from trainer.errors import UserError
from trainer.files import make_folder, write_json
from trainer.networks.build import build_discriminator, build_generator, multiply_adds, parameters_of
from trainer.ranges import Within
from trainer.training.fellows import among
from trainer.training.resuming import resume, start_from
from trainer.training.run import Run, RunOptions, fabric_for

TRIAL_STEPS = 3


@dataclass(frozen=True)
class Train:
    """Train a conditional GAN on a prepared dataset; Ctrl-C saves and stops, --resume goes on.

    Example: python -m trainer train --preset crowd --data data/faces64 --out runs/faces64 --max-minutes 180
    """

    data: Path
    """The prepared dataset: a folder or a packed file."""
    out: Path
    """The run folder: config.json, checkpoints/, sheets/, metrics.jsonl, tensorboard/."""
    preset: Literal["crowd", "paper"] = "crowd"
    """Where the settings start from."""
    config: Path | None = None
    """A TOML file that overrides the preset."""
    set: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = ()
    """Single settings that override both, such as loss.r1=0.1 data.batch=32."""
    max_minutes: Annotated[float, Within(0, 1e7)] = 0.0
    """Save and stop after this long, all steps counted; 0 never."""
    resume: bool = False
    """Go on from the newest checkpoint in --out; the settings are the run's own, then --config and --set."""
    start_from: Path | None = None
    """A checkpoint whose weights a new run begins with, wherever they fit: to go on with other pictures or settings."""
    device: str = "auto"
    """auto, cpu or cuda."""
    processes: Annotated[int, Within(1, 4096)] = 1
    """Processes on this machine that share every batch, one a GPU; under torchrun, leave it at 1."""
    threads: Annotated[int, Within(0, 4096)] = 0
    """CPU threads; 0 leaves torch's choice."""
    compile: bool = False
    """Compile the networks, which takes a minute. It gains nothing on a CPU, nor on an H100, where the host sets the
    pace: there take a larger batch (configs/crowd-gpu.toml)."""
    quiet: bool = False
    """No progress bar."""
    dry_run: bool = False
    """Print the settings, sizes, costs and the time per 1,000 images, and train nothing."""

    def run(self) -> None:
        """Train, or describe what training would do."""
        started = time.monotonic()
        if self.resume and self.start_from is not None:
            raise UserError("--resume goes on with the run in --out, --start-from begins a new one: give one of them")
        if self.threads:
            torch.set_num_threads(self.threads)
        dataset = open_dataset(self.data)
        config = self.resolved()
        fabric = fabric_for(self.device, self.processes)
        with among(fabric.world_size):
            self.train(config, dataset, fabric, started)

    def train(self, config: Config, dataset: Dataset, fabric: Fabric, started: float) -> None:
        """Train in each of the fabric's processes, or describe what training would do."""
        fabric.launch()
        options = RunOptions(self.out, self.max_minutes, self.command(), self.compile, self.quiet, started)
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always", UserWarning)
            run = built(config, dataset, fabric, options)
        if self.dry_run:
            print(describe(run))
            return
        lines = [*tell_decisions(dataset.metadata), *(f"note: {remark.message}" for remark in remarks)]
        if self.resume:
            lines += resume(run)
        elif self.start_from is not None:
            lines += start_from(run, self.start_from)
        if problem := fabric.broadcast(self.begin(config, dataset) if fabric.is_global_zero else ""):
            raise UserError(problem)
        fabric.print("\n".join(lines), end="\n" if lines else "", flush=True)
        try:
            fabric.print(run.train())
        except OSError as error:
            raise UserError(
                f"{self.out}: cannot be written ({error.strerror or error}); make room or mend its permissions, then"
                " --resume goes on from the last checkpoint"
            ) from error

    def begin(self, config: Config, dataset: Dataset) -> str:
        """Write what the run is made of into its folder. Returns why that cannot be, for all processes to say."""
        try:
            make_folder(self.out, "choose another --out")
            write_json(self.out / "config.json", to_dict(config))
            if not (self.resume and (self.out / METADATA).is_file()):
                write_json(self.out / METADATA, dataset.metadata)
        except UserError as error:
            return str(error)
        return ""

    def resolved(self) -> Config:
        """The preset or the resumed run's config, then the TOML file, then `--set`. Raises `UserError`."""
        if self.resume:
            path, state, _ = newest_checkpoint(self.out)
            with fitting(path):
                config = from_dict(state["config"])
        elif saved_checkpoints(self.out):
            raise UserError(f"{self.out}: holds a run already; add --resume to go on with it, or choose another --out")
        else:
            config = PRESETS[self.preset]
        if self.config is not None:
            config = override_from_toml(config, self.config)
        return overridden(config, parse_settings(self.set))

    def command(self) -> str:
        """The command as a model's card tells it: what shapes the result, without this machine's paths."""
        words = ["python -m trainer train", f"--preset {self.preset}", "--data DATASET --out RUN"]
        if self.resume:
            words.append("--resume")
        if self.start_from is not None:
            words.append(f"--start-from {self.start_from.name}")
        if self.config is not None:
            words.append(f"--config {self.config.name}")
        if self.set:
            words.append(f"--set {' '.join(self.set)}")
        return " ".join(words)


def parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """`loss.r1=0.1` and the like as nested values; a value is TOML, or a bare word. Raises `UserError`."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not all(name.split(".")):
            raise UserError(f"--set {word}: give NAME=VALUE, such as loss.r1=0.1")
        inner = values
        *groups, last = name.split(".")
        for group in groups:
            inner = inner.setdefault(group, {})
            if not isinstance(inner, dict):
                raise UserError(f"--set {word}: {group} was given a value before, and is no group of settings")
        inner[last] = parse_value(text)
    return values


def parse_value(text: str) -> Any:
    """A TOML value, or the text itself where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # a number of too many digits is a plain ValueError
        return text


def built(config: Config, dataset: Dataset, fabric: Fabric, options: RunOptions) -> Run:
    """The run. Raises `UserError` also where its networks and pictures do not fit into memory."""
    try:
        return Run(config, dataset, fabric, options)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            raise
        raise UserError(
            "the networks and pictures do not fit into memory; lower data.batch, generator.channels or generator.hidden"
        ) from error


def describe(run: Run) -> str:
    """What the run would be: settings, sizes, costs, and the measured time per 1,000 images."""
    config, labels = run.config, run.labels
    randomness = torch.Generator().manual_seed(0)
    group = max(1, getattr(config.discriminator, "deviation_group", 1))
    latents = draw_latents(group, config.generator.latent_size, config.generator.latent_distribution, randomness)
    matrix = draw_labels(group, labels, randomness)
    generator, discriminator = build_generator(config, labels), build_discriminator(config, labels)
    images = torch.zeros(group, 3, config.resolution, config.resolution)
    g_cost = multiply_adds(generator, latents, matrix) / group
    d_cost = multiply_adds(discriminator, images, matrix) / group
    step_flops = 2 * (3 * g_cost + 8 * d_cost)
    seconds = seconds_per_step(run) / config.data.batch * 1000
    return "\n".join(
        [
            json.dumps(to_dict(config), indent=1),
            f"pictures       {len(run.pictures):,} to train on, {len(run.held_out):,} held out",
            f"labels         {', '.join(f'{label.name} ({label.kind})' for label in labels) or 'none'}",
            f"batches        of {config.data.batch}, even over {len(run.sampler.bins)} bins",
            f"generator      {parameters_of(generator):,} parameters ({2 * parameters_of(generator) / 1e6:.1f} MB as"
            f" float16), {g_cost / 1e6:.1f} M multiply-adds a face",
            f"discriminator  {parameters_of(discriminator):,} parameters, {d_cost / 1e6:.1f} M multiply-adds a picture",
            f"step           {step_flops / 1e9:.2f} GFLOP an image without penalties",
            f"device         {run.fabric.device}, {torch.get_num_threads()} threads",
            f"time           {seconds:.1f} s per 1,000 images,"
            f" {seconds / 1000 * config.images / 3600:.1f} hours for all {config.images:,}",
        ]
    )


def seconds_per_step(run: Run) -> float:
    """Seconds of one step, the mean of a few after a warm-up that compiles."""
    randomness = torch.Generator(run.fabric.device)
    started = 0.0
    for step in range(2 * TRIAL_STEPS):
        if step == TRIAL_STEPS:
            started = time.monotonic()
        index = run.next_index(run.sampler)
        randomness.manual_seed(step)
        metrics = run.gan.train_step(*run.pictures.batch(index, randomness, flip=True), randomness)
        float(next(iter(metrics.values())))
    return (time.monotonic() - started) / TRIAL_STEPS
