"""What small networks of our own read from pictures that they were not trained on.

The pictures are dealt into folds, near-duplicates into the same one; a classifier is trained on all folds but one and
reads that one. So a wrong label cannot have taught the network that reads its picture, nor can the label of its twin.
The judge that `evaluate` uses takes no part.
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from trainer.checkpoints import read_tensors, write_state
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.files import read_arrays, write_arrays
from trainer.labels.label import Label
from trainer.networks.classifier import AuxiliaryClassifier
from trainer.training.classifier import CHECK_BATCH, CLASSIFIER_BATCH, SAVE_SECONDS, ClassifierTraining
from trainer.training.step.batches import Pictures, label_ranges

ALGORITHM = 1
"""Raised when the same settings would read otherwise, so that kept readings are not taken for new ones."""

READ_SIDE = 48
"""Side at which pictures are read: costs half of 64 pixels and sees a face's sex and age as well."""
SIDE_STEP = 16
PER_PICTURE = ("male", "age", "features")
CHECKED = 2048
"""Pictures on which a trained classifier sets its floors, which are of no use here: as few as will do."""


@dataclass(frozen=True)
class PredictionSettings:
    """`folds` 2 or more; `images` is how many pictures each fold's network is shown. Raises UserError."""

    folds: int = 4
    images: int = 100_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 2 <= self.folds <= 50:
            raise UserError(f"folds {self.folds}: give 2 to 50")
        if self.images < CLASSIFIER_BATCH:
            raise UserError(f"images {self.images}: give {CLASSIFIER_BATCH} or more")


@dataclass(frozen=True)
class Predictions:
    """What was read, out of fold; index n is the dataset's.

    `male` float32 `[N]`: probability. `age` float32 `[N, K]`: probability at each of `knots`, float32 `[K]` years.
    `features` float16 `[N, F]`, comparable within a `fold` (int16 `[N]`) only.
    """

    male: npt.NDArray[np.float32]
    age: npt.NDArray[np.float32]
    knots: npt.NDArray[np.float32]
    features: npt.NDArray[np.float16]
    fold: npt.NDArray[np.int16]

    @property
    def years(self) -> npt.NDArray[np.float32]:
        """Expected age, float32 `[N]`."""
        return np.asarray(self.age @ self.knots, dtype=np.float32)


def deal_folds(groups: npt.NDArray[np.int32], folds: int, seed: int) -> npt.NDArray[np.int16]:
    """The fold of every picture, int16 `[N]`; a near-duplicate group stays together.

    Raises UserError where there are fewer groups than folds.
    """
    names, member_of = np.unique(groups, return_inverse=True)
    if len(names) < folds:
        raise UserError(
            f"{len(names)} near-duplicate groups cannot be dealt into {folds} folds; the dataset is too small"
        )
    order = np.random.RandomState(seed).permutation(len(names))
    return np.asarray((order % folds)[member_of], dtype=np.int16)


def predict(dataset: Dataset, folder: Path, settings: PredictionSettings, device: torch.device) -> Predictions:
    """Read the dataset out of fold, or take from `folder` what was read before.

    Each fold is kept as it is done, and while its network learns, every `SAVE_SECONDS`.

    Raises UserError where the dataset lacks the labels sex and age, or `folder` cannot be written.
    """
    labels = _sex_and_age(dataset)
    fold_of = deal_folds(dataset.group, settings.folds, settings.seed)
    key = _key(dataset, settings)
    paths = [folder / f"{key}-{number}.npz" for number in range(settings.folds)]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    if missing:
        pictures = _all_pictures(dataset, labels, device)
        with tqdm(total=len(missing) * settings.images, unit="img", desc="reading out of fold") as bar:
            for number in missing:
                bar.set_postfix_str(f"fold {number + 1} of {settings.folds}")
                write_arrays(
                    paths[number], **_one_fold(pictures, labels, fold_of, number, settings, bar, paths[number])
                )
                unfinished(paths[number]).unlink(missing_ok=True)
    return _joined(dataset, fold_of, [_read(path) for path in paths])


def _sex_and_age(dataset: Dataset) -> tuple[Label, ...]:
    labels = {label.name: label for label in dataset.labels}
    if missing := [name for name in ("sex", "age") if name not in labels]:
        raise UserError(f"a review needs the labels sex and age; this dataset declares no {' and no '.join(missing)}")
    return labels["sex"], labels["age"]


def _key(dataset: Dataset, settings: PredictionSettings) -> str:
    digest = hashlib.blake2b(digest_size=8)
    facts = {"algorithm": ALGORITHM, "side": READ_SIDE, "size": dataset.size, **asdict(settings)}
    digest.update(json.dumps([facts, dataset.metadata.get("fingerprint")], sort_keys=True).encode())
    digest.update("\n".join(dataset.files).encode())
    for column in (dataset.people.sex, dataset.people.low, dataset.people.high, dataset.group):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _all_pictures(dataset: Dataset, labels: tuple[Label, ...], device: torch.device) -> Pictures:
    low, high = label_ranges(dataset, labels)
    side = min(READ_SIDE, max(SIDE_STEP, dataset.size // SIDE_STEP * SIDE_STEP))
    small = np.empty((len(dataset), side, side, 3), dtype=np.uint8)
    for index, picture in enumerate(dataset.images):
        small[index] = cv2.resize(np.asarray(picture), (side, side), interpolation=cv2.INTER_AREA)
    return Pictures(*(torch.from_numpy(array).to(device) for array in (small, low, high)))


def _one_fold(
    pictures: Pictures,
    labels: tuple[Label, ...],
    fold_of: npt.NDArray[np.int16],
    number: int,
    settings: PredictionSettings,
    bar: "tqdm[Any]",
    path: Path,
) -> dict[str, npt.NDArray[np.float32]]:
    device = pictures.images.device
    outside = torch.from_numpy(np.flatnonzero(fold_of != number)).to(device)
    inside = torch.from_numpy(np.flatnonzero(fold_of == number)).to(device)
    seed = settings.seed * settings.folds + number
    torch.manual_seed(seed)
    randomness = Generator(device).manual_seed(seed)
    waiting = torch.empty(0, dtype=torch.int64, device=device)

    def draw(count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        nonlocal waiting
        while len(waiting) < count:
            order = torch.randperm(len(outside), generator=generator, device=device)
            waiting = torch.cat([waiting, outside[order]])
        index, waiting = waiting[:count], waiting[count:]
        return pictures.batch(index, generator, flip=True)

    checked = pictures.batch(inside[:CHECKED], randomness, flip=False)
    training = ClassifierTraining(labels, device, settings.images)
    if unfinished(path).exists():
        waiting = _take_up(unfinished(path), training, randomness)
        bar.update(training.images)
    saved = time.monotonic()
    while not training.finished:
        training.learn(*draw(CLASSIFIER_BATCH, randomness))
        bar.update(CLASSIFIER_BATCH)
        if time.monotonic() - saved > SAVE_SECONDS:
            state = {"training": training.state(), "random": randomness.get_state(), "waiting": waiting}
            write_state(unfinished(path), state)
            saved = time.monotonic()
    return _read_off(training.frozen(checked)[0], pictures, inside)


def unfinished(path: Path) -> Path:
    """Where the network is put away whose readings will stand at `path`."""
    return path.with_suffix(".pt")


def _take_up(path: Path, training: ClassifierTraining, randomness: Generator) -> Tensor:
    """Go on with a network that was put away; returns the pictures that wait for their turn."""
    remedy = "delete it and run again"
    state = read_tensors(path, remedy)
    try:
        training.load(state["training"])
        randomness.set_state(state["random"])
        waiting: Tensor = state["waiting"].to(randomness.device)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise UserError(f"{path}: damaged ({type(error).__name__}); {remedy}") from error
    return waiting


@torch.no_grad()
def _read_off(classifier: AuxiliaryClassifier, pictures: Pictures, rows: Tensor) -> dict[str, npt.NDArray[np.float32]]:
    """`male` [n], `age` [n, K], `features` [n, F]: the mean over each picture and its mirror image; `knots` [K]."""
    parts: dict[str, list[Tensor]] = {"male": [], "age": [], "features": []}
    randomness = Generator(rows.device)
    for index in rows.split(CHECK_BATCH):
        chunk, _ = pictures.batch(index, randomness, flip=False)
        both = [classifier.features(view) for view in (chunk, chunk.flip(3))]
        parts["male"].append(sum(classifier.heads["sex"](x).sigmoid()[:, 0] for x in both) / 2)
        parts["age"].append(sum(classifier.heads["age"](x).softmax(dim=1) for x in both) / 2)
        parts["features"].append((both[0] + both[1]) / 2)
    read = {name: torch.cat(values).float().cpu().numpy() for name, values in parts.items()}
    return {
        **read,
        "features": read["features"].astype(np.float16),
        "knots": classifier.get_buffer("knots_age").cpu().numpy(),
    }


def _read(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    with read_arrays(path) as arrays:
        return {name: arrays[name] for name in (*PER_PICTURE, "knots")}


def _joined(
    dataset: Dataset, fold_of: npt.NDArray[np.int16], parts: list[dict[str, npt.NDArray[np.float32]]]
) -> Predictions:
    first = parts[0]
    joined = {name: np.empty((len(dataset), *first[name].shape[1:]), first[name].dtype) for name in PER_PICTURE}
    for number, part in enumerate(parts):
        for name, whole in joined.items():
            whole[fold_of == number] = part[name]
    return Predictions(joined["male"], joined["age"], first["knots"], joined["features"].astype(np.float16), fold_of)
