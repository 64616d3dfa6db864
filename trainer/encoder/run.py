"""Training an encoder: on the model's own pictures, then on photographs.

Both phases share the time that there is. The folder keeps one file, written every minute, from which a killed training
goes on.
"""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from trainer import __version__
from trainer.checkpoints import fitting, newest_state, write_state
from trainer.data.dataset import Dataset, differences, fingerprint_of
from trainer.data.faces.alignment import Geometry
from trainer.data.sampler import BalancedSampler, bins_of
from trainer.drawing.encoders import ENCODER_FILE, generator_digest, new_encoder, read_encoder_state, with_offsets
from trainer.drawing.inference import load_trained
from trainer.encoder.components import AROUND, in_the_face, principal_components, shares_of
from trainer.encoder.drawing import Likenesses
from trainer.encoder.lessons import Costs, Lessons
from trainer.encoder.pace import Pace
from trainer.encoder.perception import Perception
from trainer.encoder.settings import EncoderSettings
from trainer.errors import UserError
from trainer.networks.build import build_discriminator, on_device
from trainer.networks.crowd import CrowdDiscriminator
from trainer.training.ending import stop_on_signal
from trainer.training.run import step_seed
from trainer.training.step.batches import load_pictures

PHASES = ("own", "photographs")
METRICS_FILE = "metrics.jsonl"
LATENT_SEED = 0
SAVE_SECONDS = 60.0
REPORT_SECONDS = 5.0
FEWEST = 200
"""Training pictures below which faces of strangers cannot be learnt from."""
SMALL_BATCH, LARGE_BATCH = 64, 512
"""On a CPU, and on a GPU, where the host sets the pace."""
GRADIENT = 2.0
"""Norm to which gradients are cut."""
MOMENTS = (0.9, 0.99)
FITS = (0.0, 0.1, 0.3, 0.6, 0.95)
"""How far the last phase is when what is left out of photographs is looked at anew; by the last one it rests."""
FITTED = 4096
"""Photographs that are looked at for that, at most."""


@dataclass(frozen=True)
class EncoderOptions:
    """Where an encoder comes from and goes to; a `batch` of 0 suits the device."""

    source: Path
    out: Path
    device: torch.device
    batch: int = 0
    variety: float = 1.0
    calibration: int | None = None
    seed: int = 0
    quiet: bool = False
    start: Path | None = None
    """Another encoder's folder or file, whose weights this one begins with."""


@dataclass(frozen=True)
class Looked:
    """Photographs [N, D], small and flat, and what is drawn of their latents: with their own labels, with others'.

    `matrix` [N, C] their labels, `elsewhere` the known ones that others have.
    """

    photographs: Tensor
    drawn: Tensor
    drawn_elsewhere: Tensor
    matrix: Tensor
    elsewhere: Tensor


class EncoderRun:
    """One training of an encoder."""

    def __init__(self, options: EncoderOptions, dataset: Dataset, settings: EncoderSettings) -> None:
        self.options, self.settings, self.device = options, settings, options.device
        self.trained = load_trained(options.source, options.calibration, options.variety)
        self.labels = self.trained.labels
        if dataset.size != self.trained.config.resolution:
            raise UserError(
                f"the dataset holds {dataset.size} px pictures, the model draws {self.trained.config.resolution}:"
                f" prepare with --size {self.trained.config.resolution}"
            )
        self.digest = generator_digest(self.trained)
        self.rests_on, self.facts_of_data = fingerprint_of(dataset), dataset.metadata
        self.pictures, where = load_pictures(dataset, self.labels, self.device, held_out=False)
        if len(self.pictures) < FEWEST:
            raise UserError(
                f"the dataset has {len(self.pictures)} training pictures, too few to learn likeness from: {FEWEST} at"
                " least"
            )
        self.group, discriminator = self._discriminator()
        self.batch = options.batch or (LARGE_BATCH if self.device.type == "cuda" else SMALL_BATCH)
        self.batch = max(self.batch // (2 * self.group), 1) * 2 * self.group
        self.bins = bins_of(dataset).of[where]
        self.sampler = BalancedSampler(self.bins, self.batch, options.seed)
        torch.manual_seed(step_seed(options.seed, LATENT_SEED))
        generator = with_offsets(self.trained)
        self.encoder = on_device(new_encoder(self.trained, generator), self.device)
        self.generator = on_device(generator, self.device)
        self.generator.eval().requires_grad_(False)
        self.encoder.read.requires_grad_(False)
        distribution = self.trained.config.generator.latent_distribution
        self.lessons = Lessons(self.encoder, self.generator, self.labels, distribution, settings)
        self.perception = Perception(discriminator, settings)
        if options.start is not None:
            self._begin_with(options.start)
        self.phase, self.step, self.fits, self.optimiser = 0, 0, 0, self._new_optimiser()
        images = (settings.own_images, settings.photograph_images)
        self.paces = [Pace(count) for count in images]
        self.asked_to_stop = threading.Event()

    def _discriminator(self) -> tuple[int, CrowdDiscriminator]:
        """The run's discriminator, frozen, and how many alike pictures it wants side by side."""
        source = self.options.source
        state = newest_state(source)
        with fitting(source):
            network = build_discriminator(self.trained.config, self.labels)
            network.load_state_dict(state["discriminator"])
        if not isinstance(network, CrowdDiscriminator):
            raise UserError(f"{source}: an encoder needs the crowd discriminator's word")
        frozen = on_device(network, self.device).eval().requires_grad_(False)
        return network.config.deviation_group, frozen

    def share_time(self, seconds: float) -> None:
        """Let what is left of the phases end within `seconds`; 0 or less: by their pictures alone."""
        shares = (self.settings.own_share, 1.0 - self.settings.own_share)
        left = [share * max(0.0, 1.0 - pace.progress) for share, pace in zip(shares, self.paces, strict=True)]
        for place, (share, pace) in enumerate(zip(shares, self.paces, strict=True)):
            if seconds > 0 and place >= self.phase and sum(left[self.phase :]) > 0:
                done, pace.seconds = pace.progress, seconds * share / sum(left[self.phase :])
                pace.spent = done * pace.seconds

    def train(self) -> str:
        """Train until all phases are over or a signal stops it, and keep what there is. Returns why it ended."""
        with stop_on_signal(self.asked_to_stop):
            while not self.finished and not self.asked_to_stop.is_set():
                self._play(PHASES[self.phase], self.paces[self.phase])
                if self.paces[self.phase].over:
                    self.phase += 1
                    self.optimiser = self._new_optimiser()
                self.save()
        if not self.finished:
            return f"stopped by a signal: {self.options.out} keeps what there is, --resume goes on"
        return f"trained on {self.paces[1].seen:,} photographs, {self.paces[0].seen:,} pictures of the model's own"

    @property
    def finished(self) -> bool:
        """Whether all phases are over."""
        return self.phase >= len(PHASES)

    def likenesses(self) -> Likenesses:
        """The encoder as it is, to be drawn with."""
        return Likenesses.of(self.encoder.eval(), self.generator.eval(), self.device)

    def _play(self, name: str, pace: Pace) -> None:
        """One phase, from where it is, until it is over or a signal comes."""
        pace.start()
        saved = reported = time.monotonic()
        with tqdm(total=pace.images, initial=pace.seen, unit="img", desc=name, disable=self.options.quiet) as bar:
            while not pace.over and not self.asked_to_stop.is_set():
                self._fit_where_due(name, pace)
                costs = self._learn(name, pace.rate)
                pace.advance(self.batch)
                bar.update(self.batch)
                now = time.monotonic()
                if now - reported > REPORT_SECONDS or pace.over:
                    self._report(name, pace, costs)
                    bar.set_postfix_str(f"cost {float(sum(costs.values())):.3f}, {pace.progress:.0%}", refresh=False)
                    reported = now
                if now - saved > SAVE_SECONDS:
                    self.save()
                    saved = now

    def _learn(self, name: str, rate: float) -> Costs:
        """One step of a phase. Returns its costs."""
        randomness = torch.Generator(self.device).manual_seed(step_seed(self.options.seed, self.step + 1))
        index = self.sampler.next_batch()
        ordered = torch.from_numpy(index[np.argsort(self.bins[index], kind="stable")]).to(self.device)
        pictures, matrix = self.pictures.batch(ordered, randomness, flip=True)
        with self._autocast():
            costs = self._costs(name, pictures, matrix, randomness)
            total = torch.stack([cost.float() for cost in costs.values()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        group = self.optimiser.param_groups[0]
        for parameter in group["params"]:
            if parameter.grad is not None:
                # One picture that overflows in half precision must not end the training.
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        nn.utils.clip_grad_norm_(group["params"], GRADIENT)
        group["lr"] = rate * self.settings.rate * (self.batch / SMALL_BATCH) ** 0.5
        self.optimiser.step()
        self.step += 1
        return {name: cost.detach() for name, cost in costs.items()}

    def _costs(self, name: str, pictures: Tensor, matrix: Tensor, randomness: torch.Generator) -> Costs:
        if name == "own":
            return self.lessons.own_pictures(matrix, randomness)
        return self.lessons.photographs(pictures, matrix, self.perception, randomness)

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _fit_where_due(self, name: str, pace: Pace) -> None:
        """Fit the offsets' basis to what is left out of photographs now, as often as the phase has come to it."""
        due = sum(pace.progress >= after for after in FITS) if name == "photographs" else 0
        if self.fits < due:
            self.fits = due
            self.fit()

    @torch.no_grad()
    def fit(self) -> None:
        """Fit the offsets to what is left out of some of the photographs, and the layer that reads them."""
        offsets, encoder = self.generator.offsets, self.encoder
        seen = self._looked_at()
        others = encoder.unknown(seen.matrix) / encoder.unknown(seen.matrix).abs().amax(dim=0).clamp_min(1.0)
        code, elsewhere = offsets.code(encoder.known(seen.matrix)), offsets.code(seen.elsewhere)
        geometry = self.facts_of_data.get("geometry")
        face = in_the_face(Geometry(**geometry) if geometry else None, offsets.small).to(self.device)
        farther = shares_of(seen.photographs, code, others) - shares_of(seen.drawn_elsewhere, elsewhere, others)
        offsets.prototypes.weight.copy_((farther * face).T)
        left_out = seen.photographs - seen.drawn - offsets.of_labels(encoder.known(seen.matrix))
        fitted = principal_components(left_out, AROUND + (1.0 - AROUND) * face, offsets.components)
        offsets.basis.weight.copy_(self.settings.strength * fitted.basis)
        encoder.read.weight.copy_(fitted.read)

    @torch.no_grad()
    def _weigh_offsets(self, factor: float) -> None:
        """Let offsets say `factor` times as much, where another strength is asked for than before."""
        if factor != 1.0:
            self.generator.offsets.basis.weight.mul_(factor)

    def _looked_at(self) -> "Looked":
        """Some of the photographs, and what is drawn of them with their own known labels and with others'."""
        count = min(FITTED, len(self.pictures))
        order = np.random.RandomState(self.options.seed).permutation(len(self.pictures))[:count]
        chosen = torch.from_numpy(order).to(self.device)
        randomness = torch.Generator(self.device).manual_seed(step_seed(self.options.seed, LATENT_SEED))
        encoder, parts = self.encoder, []
        known = encoder.known(self.pictures.batch(chosen, randomness, flip=False)[1])
        # Each gets the labels of the one beside it: nobody's are their own by more than chance.
        for index, elsewhere in zip(chosen.split(self.batch), known.roll(1, 0).split(self.batch), strict=True):
            pictures, matrix = self.pictures.batch(index, randomness, flip=True)
            latent, guessed = encoder.latent(pictures, encoder.known(matrix))
            drawn = [
                encoder.shrunk(self.generator(latent, None, encoder.matrix(of, guessed)))
                for of in (encoder.known(matrix), elsewhere)
            ]
            parts.append((encoder.shrunk(pictures), *drawn, matrix, elsewhere))
        return Looked(*(torch.cat(part) for part in zip(*parts, strict=True)))

    def _new_optimiser(self) -> torch.optim.Optimizer:
        learning = [parameter for parameter in self.encoder.parameters() if parameter.requires_grad]
        return torch.optim.AdamW(learning, lr=self.settings.rate, betas=MOMENTS, weight_decay=0.01)

    def _begin_with(self, path: Path) -> None:
        """Take the weights of another encoder. Raises `UserError` where they do not fit."""
        state = read_encoder_state(path)
        try:
            self.encoder.load_state_dict(state["encoder"])
            self.generator.offsets.load_state_dict(state["offsets"])
        except (RuntimeError, TypeError, AttributeError) as error:
            raise UserError(
                f"{path}: its weights do not fit an encoder of this model; leave --start-from out"
            ) from error

    def _report(self, name: str, pace: Pace, costs: Costs) -> None:
        line = {"phase": name, "images": pace.seen, "seconds": round(pace.spent, 1)}
        line |= {cost: round(float(value), 5) for cost, value in costs.items()}
        with (self.options.out / METRICS_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def facts(self) -> dict[str, Any]:
        """What a card tells of the encoder's training."""
        seen = {f"{name}_images": pace.seen for name, pace in zip(PHASES, self.paces, strict=True)}
        return {"trainer": __version__, **seen, "seconds": round(sum(pace.spent for pace in self.paces))}

    def save(self) -> None:
        """Write all that `resume` needs."""
        state: dict[str, Any] = {
            "generator": self.digest,
            "variety": self.options.variety,
            "rests_on": dict(self.rests_on),
            "settings": asdict(self.settings),
            "phase": self.phase,
            "step": self.step,
            "fits": self.fits,
            "paces": [[pace.images, pace.seconds, pace.seen, pace.spent] for pace in self.paces],
            "sampler": self.sampler.state(),
            "encoder": self.encoder.state_dict(),
            "offsets": self.generator.offsets.state_dict(),
            "facts": self.facts(),
        }
        if self.finished:
            # What is left to do with it needs half precision, as the model file has it, and no optimiser.
            state |= {part: halves(state[part]) for part in ("encoder", "offsets")}
        else:
            state["optimiser"] = self.optimiser.state_dict()
        write_state(self.options.out / ENCODER_FILE, state)

    def resume(self) -> str:
        """Go on where `save` was called. Raises `UserError` where that was another training."""
        path = self.options.out / ENCODER_FILE
        state = read_encoder_state(path)
        other = "choose another --out"
        if state["generator"] != self.digest:
            raise UserError(f"{path}: is the encoder of another generator, or of another --variety; {other}")
        if unlike := differences(state.get("rests_on", {}), self.rests_on):
            raise UserError(f"{path}: was trained on another dataset; it differs in {', '.join(unlike)}; {other}")
        try:
            self._take_up(state)
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise UserError(f"{path}: damaged ({type(error).__name__}); {other}") from error
        if self.finished:
            self.save()
            return f"{path}: is trained"
        return f"resumed in the phase {PHASES[self.phase]}, {self.paces[self.phase].progress:.0%} of it over"

    def _take_up(self, state: Mapping[str, Any]) -> None:
        self.phase, self.step, self.fits = int(state["phase"]), int(state["step"]), int(state["fits"])
        for pace, (_, seconds, seen, spent) in zip(self.paces, state["paces"], strict=True):
            pace.seconds, pace.seen, pace.spent = float(seconds), int(seen), float(spent)
        sampler = dict(state["sampler"])
        if sampler.get("batch_size") == self.batch:
            self.sampler.load_state(sampler)
        self.encoder.load_state_dict(state["encoder"])
        self.generator.offsets.load_state_dict(state["offsets"])
        self._weigh_offsets(self.settings.strength / float(state["settings"]["strength"]))
        self.optimiser = self._new_optimiser()
        if not self.finished:
            self.optimiser.load_state_dict(state["optimiser"])


def halves(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in half precision."""
    return {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
