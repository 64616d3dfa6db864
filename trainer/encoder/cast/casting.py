"""From photographs of people to a cast: found on all cores, encoded, several photographs of somebody made one."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from trainer.drawing.inference import FaceGenerator
from trainer.encoder.drawing import Likenesses, as_tensor
from trainer.encoder.photographs.reading import FaceReader, Studio
from trainer.encoder.rivals import optimised
from trainer.errors import UserError
from trainer.labels.matrix import by_label
from trainer.model_file.graph import OFFSETS_INPUT
from trainer.model_file.network import GraphNetwork
from trainer.model_file.storage import ModelFile
from trainer.networks.offsets import known_labels
from trainer.pictures import Pixels
from trainer.workers.cluster import cores

ENCODER_SAYS = 0.02
"""What a difference of vectors counts beside one of blurred pictures, where a latent is optimised."""
FEW = 8
"""Photographs that one process finds as fast as several would."""


@dataclass(frozen=True)
class Shot:
    """A photograph's face, uint8 [S, S, 3], or why there is none."""

    face: Pixels | None
    problem: str = ""


@lru_cache(maxsize=1)
def _reader(studio: Studio) -> FaceReader:
    """The models, loaded once a process: they are the process's own and cannot travel with a task."""
    return FaceReader.of(studio, bare=True)


def find_face(studio: Studio, path: Path) -> Shot:
    """The face in the photograph at `path`."""
    try:
        return Shot(_reader(studio).read(path))
    except UserError as error:
        return Shot(None, str(error))


def find_faces(paths: Sequence[Path], studio: Studio, workers: int = 0, *, quiet: bool = False) -> list[Shot]:
    """The face of every photograph, on `workers` processes (0: one a core). Raises `UserError` where one dies."""
    count = min(workers or cores(), max(1, len(paths) // FEW))
    find, silent = partial(find_face, studio), quiet or len(paths) < FEW
    if count == 1:
        return [find(path) for path in tqdm(paths, unit="photograph", disable=silent)]
    try:
        with ProcessPoolExecutor(count, get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)) as pool:
            return list(tqdm(pool.map(find, paths, chunksize=4), total=len(paths), unit="photograph", disable=silent))
    except BrokenProcessPool:
        raise UserError("a worker process died, perhaps for want of memory; run again, with fewer --workers") from None


def likenesses_of(model: ModelFile, generator: FaceGenerator, path: Path) -> Likenesses:
    """The encoder and the generator of the model file at `path`. Raises `UserError` where it has no encoder."""
    if model.encoder is None:
        raise UserError(
            f"{path}: the model {model.card.get('name', '')} has no encoder; train one with `python -m trainer encoder`"
            " and export it with --encoder"
        )
    encoder, labels = GraphNetwork(model.encoder.graph, model.encoder.tensors), generator.labels
    known, size = known_labels(labels), int(model.card["latent"]["size"])

    def encode(pictures: Tensor, matrix: Tensor) -> Tensor:
        own = by_label(matrix, labels)
        told = {label.name: own[label.name] for label in known}
        vectors: Tensor = encoder({"picture": pictures.permute(0, 2, 3, 1), **told})
        return vectors

    def draw(vectors: Tensor, matrix: Tensor) -> Tensor:
        parts = {"latent": vectors[:, :size]} | ({OFFSETS_INPUT: vectors[:, size:]} if generator.offsets else {})
        pictures: Tensor = generator.network({**parts, **by_label(matrix, labels)})
        return pictures.permute(0, 3, 1, 2)

    return Likenesses(encode, draw, torch.device("cpu"))


def mean_face(faces: Pixels) -> Pixels:
    """Aligned pictures of one person, uint8 [N, S, S, 3], as one [S, S, 3]: what is of the moment fades.

    Of faces, since vectors have no mean: offsets are what one latent leaves out, and mean nothing beside another. An
    average of photographs tells more about who it is than one of them (Burton et al. 2005, "Robust representations for
    face recognition: the power of averages").
    """
    return np.asarray(faces.mean(axis=0).round(), np.uint8)


def encode_people(likenesses: Likenesses, faces: Sequence[Pixels], matrix: np.ndarray) -> np.ndarray:
    """One vector for each person, float32 [P, L + K].

    `faces`: each one's pictures uint8 [N, S, S, 3]; `matrix`: their raw labels [P, C].
    """
    return likenesses.vectors(np.stack([mean_face(own) for own in faces]), matrix)


def gone_on_with(
    likenesses: Likenesses, faces: Sequence[Pixels], matrix: np.ndarray, vectors: np.ndarray, steps: int
) -> np.ndarray:
    """The vectors [P, L + K] optimised for `steps` steps towards each person's pictures, whose costs are averaged."""
    better = []
    for own, labels, vector in zip(faces, matrix, vectors, strict=True):
        pictures = as_tensor(own, likenesses.device)
        told = torch.from_numpy(np.repeat(labels[None], len(own), axis=0))
        with torch.no_grad():
            wanted = likenesses.encode(pictures, told)

        def cost(made: Tensor, pictures: Tensor = pictures, told: Tensor = told, wanted: Tensor = wanted) -> Tensor:
            total = torch.zeros(())
            for factor in (2, 4):
                total = total + functional.avg_pool2d(made - pictures, factor).square().mean()
            seen = likenesses.encode(made.expand(len(pictures), -1, -1, -1), told)
            return total + ENCODER_SAYS * (seen - wanted).square().mean()

        # All but the last, by which sex and age have their say.
        better.append(optimised(likenesses, labels[None], vector[None], len(vector) - 1, cost, steps)[0])
    return np.stack(better)
