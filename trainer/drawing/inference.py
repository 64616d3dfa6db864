"""Faces from a model file or a run folder, for people given as a seed and what is asked of the labels.

Or with the statistics of a batch instead of running averages, as the 2016 system drew: it kept no others. A face then
depends on who else is in its batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from trainer.checkpoints import fitting, images_seen, newest_state
from trainer.config import Config, from_dict
from trainer.drawing.calibration import calibrated
from trainer.drawing.sheets import pictures_of
from trainer.errors import UserError
from trainer.labels.kinds import from_card
from trainer.labels.label import Label
from trainer.labels.matrix import drawn_evenly, label_matrix, label_values
from trainer.model_file.graph import OFFSETS_INPUT
from trainer.model_file.lowering import lowered
from trainer.model_file.network import GraphNetwork, check_graph
from trainer.model_file.storage import ModelFile, read_model
from trainer.networks.build import Generator, build_generator
from trainer.networks.crowd import CrowdGenerator
from trainer.networks.label_code import PlainCode
from trainer.pictures import to_bytes

BATCH = 64
PAPER_BATCH = 64
"""The paper's ageing strips were drawn as 10 rows in such a batch whose others were zeros, labels and noise alike."""
COMPANIONS_SEED = 2**31
LARGEST_DIFFERENCE = 2
"""How far a golden picture may be from what is drawn here, in steps of 1/255: rounding on other machines."""


def latents_of(seeds: Sequence[int] | np.ndarray, size: int, distribution: str) -> np.ndarray:
    """Each seed's latent, float32 [N, size], from numpy's frozen stream (docs/model-format.md, "A character")."""
    rows = np.empty((len(seeds), size), np.float32)
    for row, seed in zip(rows, seeds, strict=True):
        stream = np.random.RandomState(int(seed))
        row[:] = stream.standard_normal(size) if distribution == "normal" else stream.uniform(-1.0, 1.0, size)
    return rows


@dataclass(frozen=True)
class FaceGenerator:
    """A model ready to draw. `card` is the model file's, or what a run's would be.

    `doubt` tells how doubtful the model is of a face, where it does; above `most` it had better be another's.
    """

    network: GraphNetwork
    card: Mapping[str, Any]
    doubt: GraphNetwork | None = None
    most: float = 0.0

    @property
    def resolution(self) -> int:
        """Side of a picture in pixels."""
        return int(self.card["resolution"])

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels that the model understands."""
        return from_card(self.card["labels"])

    def __call__(self, seeds: Sequence[int] | np.ndarray, sex: np.ndarray, age: np.ndarray) -> np.ndarray:
        """uint8 [N, H, W, 3] for `seeds`, `sex` -1 ... +1, `age` in years, [N] each; other labels `unasked`."""
        return self.draw(seeds, {"sex": sex, "age": age})

    def draw(self, seeds: Sequence[int] | np.ndarray, given: Mapping[str, ArrayLike]) -> np.ndarray:
        """uint8 [N, H, W, 3] for `seeds` [N] and labels by name, [N] or [N, columns]; the others `unasked`."""
        return self.from_latents(self.latents(seeds), given, seeds)

    @torch.no_grad()
    def refuses(self, seeds: Sequence[int] | np.ndarray, given: Mapping[str, ArrayLike]) -> NDArray[np.bool_]:
        """Which faces the model knows to come out broken, [N]; those that are asked for as in `draw`."""
        if self.doubt is None:
            return np.zeros(len(seeds), np.bool_)
        inputs = {**self.vector_parts(self.latents(seeds)), **label_values(self.labels, given, seeds)}
        told = self.doubt({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in inputs.items()})
        return np.asarray(told[:, 0].numpy() > self.most)

    def latents(self, seeds: Sequence[int] | np.ndarray) -> np.ndarray:
        """The latents float32 [N, L] of `seeds` [N]."""
        latent = self.card["latent"]
        return latents_of(seeds, latent["size"], latent["distribution"])

    @property
    def offsets(self) -> int:
        """How many numbers a person's vector has beyond the latent; they are 0 for whoever is drawn from a seed."""
        return sum(self.network.graph.inputs.get(OFFSETS_INPUT, ()))

    def vector_parts(self, vectors: np.ndarray) -> dict[str, np.ndarray]:
        """The graph's inputs of vectors float32 [N, L + K], or [N, L]: offsets that are not given are 0."""
        size = int(self.card["latent"]["size"])
        if not self.offsets:
            return {"latent": vectors}
        padded = np.zeros((len(vectors), size + self.offsets), np.float32)
        padded[:, : vectors.shape[1]] = vectors
        return {"latent": padded[:, :size], OFFSETS_INPUT: padded[:, size:]}

    @torch.no_grad()
    def from_latents(
        self, latents: np.ndarray, given: Mapping[str, ArrayLike], seeds: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """As `draw`, for latents float32 [N, L], or with offsets [N, L + K].

        `seeds` tell what the labels are that are not `given`.
        """
        count = len(latents)
        inputs = {**self.vector_parts(latents), **label_values(self.labels, given, seeds)}
        tensors = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in inputs.items()}
        chunks = [
            self.network({name: value[start : start + BATCH] for name, value in tensors.items()}).numpy()
            for start in range(0, count, BATCH)
        ]
        empty = np.empty((0, self.resolution, self.resolution, 3), np.float32)
        return to_bytes(np.concatenate(chunks) if chunks else empty)


@dataclass(frozen=True)
class TrainedGenerator:
    """A run's averaged generator, calibrated, in evaluation mode, with the facts of the checkpoint it came from."""

    network: Generator
    config: Config
    labels: tuple[Label, ...]
    images: int
    history: tuple[Mapping[str, Any], ...]


def load_trained(run: Path, calibration: int | None = None, variety: float = 1.0) -> TrainedGenerator:
    """The averaged generator of a run folder's newest checkpoint, or of one checkpoint file. Raises `UserError`.

    `calibration` overrides how many batches re-estimate its statistics; `variety` is `CrowdGenerator.vary`'s.
    """
    state = newest_state(run)
    if not images_seen(state):
        raise UserError(f"{run}: has not seen a picture yet; go on with `train --resume`")
    prefix = "module."
    average = {name[len(prefix) :]: value for name, value in state["ema"].items() if name.startswith(prefix)}
    with fitting(run):
        config, labels = from_dict(state["config"]), from_card(state["labels"])
        network = build_generator(config, labels)
        network.load_state_dict(cast(dict[str, Tensor], average))
    if variety != 1.0:
        if not isinstance(network, CrowdGenerator):
            raise UserError(f"variety {variety}: the {config.generator.kind} generator has none; leave it out")
        network.vary(variety)
    batches = config.ema.calibration if calibration is None else calibration
    ready: nn.Module = calibrated(network, labels, config.generator.latent_distribution, batches)
    history = tuple(state.get("history", ()))
    return TrainedGenerator(cast(Generator, ready), config, labels, images_seen(state), history)


def basic_card(trained: TrainedGenerator) -> dict[str, Any]:
    """The part of a card that the network itself fixes."""
    generator = trained.config.generator
    return {
        "resolution": trained.config.resolution,
        "latent": {"size": generator.latent_size, "distribution": generator.latent_distribution},
        "labels": [label.card() for label in trained.labels],
    }


def from_model(model: ModelFile) -> FaceGenerator:
    """A model file, ready to draw. Raises `UserError` where its graph cannot be run."""
    check_graph(model)
    network, doubt = GraphNetwork(model.graph, model.tensors), model.doubt
    if doubt is None:
        return FaceGenerator(network, model.card)
    return FaceGenerator(network, model.card, GraphNetwork(doubt.graph, model.tensors), doubt.most)


def golden_pictures(generator: FaceGenerator, golden: Sequence[Mapping[str, float]]) -> np.ndarray:
    """What is drawn of a model's golden people, uint8 [G, H, W, 3]."""
    seeds = [int(one["seed"]) for one in golden]
    sex, age = (np.array([one[name] for one in golden], np.float32) for name in ("sex", "age"))
    return generator(seeds, sex, age)


def check_golden(model: ModelFile, generator: FaceGenerator) -> None:
    """Raises `UserError` where what draws from a model does not draw the pictures that its file promises."""
    try:
        with np.errstate(invalid="ignore"):  # what is no number becomes a wrong picture, which is told below
            drawn = golden_pictures(generator, model.golden).astype(int)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"its golden vectors are broken ({error}); export it again") from error
    if not len(drawn) or drawn.shape != model.golden_images.shape:
        raise UserError("its golden pictures are not those of its golden vectors; export it again")
    difference = int(np.abs(drawn - model.golden_images).max())
    if difference > LARGEST_DIFFERENCE:
        raise UserError(f"makes pictures that differ from its golden ones by {difference}/255; export it again")


def from_trained(trained: TrainedGenerator) -> FaceGenerator:
    """A run's generator, ready to draw."""
    graph, builder = lowered(trained.network, trained.labels)
    return FaceGenerator(GraphNetwork(graph, builder.tensors), basic_card(trained))


def is_run(path: Path) -> bool:
    """Whether `path` is a run folder or a checkpoint, and not a model file."""
    return path.is_dir() or path.suffix == ".pt"


def open_generator(path: Path) -> FaceGenerator:
    """A `.facegan` file, a checkpoint `.pt` or a run folder, ready to draw. Raises `UserError`."""
    if is_run(path):
        return from_trained(load_trained(path))
    if not path.exists():
        raise UserError(f"{path}: no such model; give a .facegan file, a checkpoint or a run folder")
    return open_model(path)[1]


def open_model(path: Path) -> tuple[ModelFile, FaceGenerator]:
    """A `.facegan` file, and what draws from it, which draws its golden pictures. Raises `UserError`."""
    model = read_model(path)
    try:
        generator = from_model(model)
        check_golden(model, generator)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return model, generator


@torch.no_grad()
def drawn_in_batches(
    trained: TrainedGenerator, latents: np.ndarray, matrix: np.ndarray, row: int, *, padded: bool
) -> np.ndarray:
    """Pictures uint8 [N, H, W, 3] of latents [N, L] and raw labels [N, C], each `row` of them in a batch of 64.

    The batch is filled up with rows of zeros where `padded`, else with people drawn at random, the same for each row.
    `row` is at most 64. Raises `UserError` where the networks cannot read zeros.
    """
    if not 1 <= row <= PAPER_BATCH:
        raise ValueError(f"rows of {row} do not fit into a batch of {PAPER_BATCH}")
    network = trained.network.train()
    others = zero_rows(trained, PAPER_BATCH - row) if padded else companions(trained, PAPER_BATCH - row)
    pictures = []
    for start in range(0, len(latents), row):
        own = torch.from_numpy(latents[start : start + row]), torch.from_numpy(matrix[start : start + row])
        filled = [torch.cat([mine, theirs]) for mine, theirs in zip(own, others, strict=True)]
        pictures.append(pictures_of(network(*filled)[: len(own[0])]))
    network.eval()
    return np.concatenate(pictures)


def companions(trained: TrainedGenerator, count: int) -> tuple[Tensor, Tensor]:
    """`count` people with labels drawn evenly: latents [count, L] and raw labels [count, C], always the same."""
    generator = trained.config.generator
    seeds = np.arange(COMPANIONS_SEED, COMPANIONS_SEED + count)
    latents = latents_of(seeds, generator.latent_size, generator.latent_distribution)
    values = drawn_evenly(trained.labels, count, np.random.default_rng(COMPANIONS_SEED))
    return torch.from_numpy(latents), torch.from_numpy(label_matrix(trained.labels, values, seeds))


def zero_rows(trained: TrainedGenerator, count: int) -> tuple[Tensor, Tensor]:
    """`count` rows that reach the first layer as zeros: latents [count, L], and the raw labels [count, C] for it.

    Raises `UserError` for networks whose labels are not coded so.
    """
    if not isinstance(trained.network.label_code, PlainCode):
        raise UserError(
            f"the networks {trained.config.generator.kind!r} have no rows of zeros: take --statistics batch"
        )
    # What `PlainCode` codes as zeros is the middle of a label's range, and 0 where it has none.
    middles = [sum(label.plain_range or (0.0, 0.0)) / 2 for label in trained.labels for _ in range(label.columns)]
    row = torch.tensor(middles)
    return torch.zeros(count, trained.config.generator.latent_size), row.repeat(count, 1)
