"""What pictures look like: near-duplicates within a group and across the split, neighbours, unlike any face."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from trainer.data.dataset import Dataset
from trainer.data.prepare import near_duplicates
from trainer.review.predictions import Predictions

BLOCK = 512
FACE_SIDE = 32
COMPONENTS = 60
PICTURES_PER_COMPONENT = 20
"""Of fewer pictures fewer components are fitted, or each odd one would get its own."""
SAMPLE = 6000
TYPICAL_SHARE = 0.9


@dataclass(frozen=True)
class Twin:
    """The nearest other picture of each: `row` int64 `[N]` (-1 none was sought) and their `similarity` float32."""

    row: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float32]


class Looks:
    """The near-duplicate descriptors of a dataset's pictures, `[N, 255]` float32, and what follows from them."""

    def __init__(self, dataset: Dataset) -> None:
        self.descriptors = near_duplicates.describe(dataset.images)
        self._group = dataset.group
        self._held_out = dataset.held_out

    def similarity(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """How alike pictures are, mirrored or not: `[R, O]`, 1 for the same shot, about 0 for strangers."""
        return near_duplicates.likeness(self.descriptors[rows], self.descriptors[others])

    def twins_in_group(self) -> Twin:
        """The nearest earlier picture of the same near-duplicate group: so the first of a group has none."""
        twin = _no_twins(len(self._group))
        order = np.argsort(self._group, kind="stable")
        starts = np.flatnonzero(np.diff(self._group[order], prepend=-1))
        for members in np.split(order, starts[1:]):
            for place in range(1, len(members)):
                alike = self.similarity(members[place : place + 1], members[:place])[0]
                twin.row[members[place]] = members[alike.argmax()]
                twin.similarity[members[place]] = alike.max()
        return twin

    def twins_across_split(self) -> Twin:
        """For each held-out picture the most similar training picture."""
        twin = _no_twins(len(self._group))
        held, training = np.flatnonzero(self._held_out), np.flatnonzero(~self._held_out)
        if not len(training):
            return twin
        known = self.descriptors[training]
        for start in tqdm(range(0, len(held), BLOCK), unit="block", desc="twins across the split"):
            rows = held[start : start + BLOCK]
            alike = near_duplicates.likeness(self.descriptors[rows], known)
            twin.row[rows] = training[alike.argmax(axis=1)]
            twin.similarity[rows] = alike.max(axis=1)
        return twin

    def nearest(self, row: int, count: int) -> list[tuple[int, float]]:
        """The `count` pictures most like `row`, best first, with their similarity."""
        return _best(near_duplicates.likeness(self.descriptors[row : row + 1], self.descriptors)[0], row, count)


def nearest_read_alike(predictions: Predictions, row: int, count: int) -> list[tuple[int, float]]:
    """The pictures whose features are most like those of `row` (cosine), in its fold: one network read them all."""
    own = np.flatnonzero(predictions.fold == predictions.fold[row])
    features = predictions.features[own].astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True) + 1e-6
    place = int(np.searchsorted(own, row))
    return [(int(own[index]), value) for index, value in _best(features @ features[place], place, count)]


def _best(alike: npt.NDArray[np.float32], own: int, count: int) -> list[tuple[int, float]]:
    wanted = min(count + 1, len(alike))
    top = np.argpartition(-alike, wanted - 1)[:wanted]
    ranked = top[np.argsort(-alike[top], kind="stable")]
    return [(int(index), float(alike[index])) for index in ranked if index != own][:count]


def _no_twins(count: int) -> Twin:
    return Twin(np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.float32))


def unlike_faces(images: npt.NDArray[np.uint8], seed: int = 0) -> npt.NDArray[np.float32]:
    """How far each picture is from what the others span, float32 `[N]`: 0 not at all ... 1 wholly.

    The distance from face space of eigenfaces (Turk and Pentland, CVPR 1991): the share of the face's contrast, at
    32 x 32 pixels and weighted towards its middle, that the first 60 principal components (fewer under 1,200 pictures)
    do not explain. They are fitted twice to up to 6,000 pictures, the second time without the tenth that is least
    typical. Hands, microphones, glasses, lettering, hats and bad crops stand out; it cannot tell them apart.
    """
    weight = _oval().ravel()
    faces = np.empty((len(images), FACE_SIDE**2), dtype=np.float32)
    for index, picture in enumerate(images):
        luma = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
        small = cv2.resize(luma, (FACE_SIDE, FACE_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
        small -= np.average(small, weights=weight)
        faces[index] = small * weight
    faces /= np.linalg.norm(faces, axis=1, keepdims=True) + 1e-3
    rng = np.random.RandomState(seed)
    fitted = faces[np.sort(rng.permutation(len(faces))[:SAMPLE])]
    for _ in range(2):
        left = _unexplained(faces, fitted)
        own = _unexplained(fitted, fitted)
        fitted = fitted[own <= np.quantile(own, TYPICAL_SHARE)]
    return left


def _unexplained(faces: npt.NDArray[np.float32], fitted: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    mean = fitted.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(fitted - mean, rowvar=False))
    basis = axes[:, ::-1][:, : min(COMPONENTS, len(fitted) // PICTURES_PER_COMPONENT)].astype(np.float32)
    left = np.empty(len(faces), dtype=np.float32)
    for start in range(0, len(faces), BLOCK):
        centred = faces[start : start + BLOCK] - mean
        left[start : start + BLOCK] = (centred**2).sum(axis=1) - ((centred @ basis) ** 2).sum(axis=1)
    return np.clip(left, 0.0, 1.0)


def _oval() -> npt.NDArray[np.float32]:
    rows, columns = (np.mgrid[:FACE_SIDE, :FACE_SIDE] + 0.5) / FACE_SIDE
    distance = ((columns - 0.5) / 0.38) ** 2 + ((rows - 0.52) / 0.46) ** 2
    return np.asarray(np.clip(1.25 - distance, 0.0, 1.0), dtype=np.float32)
