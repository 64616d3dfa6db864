"""Which pictures deserve a person's eye, by kind, worst first."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from trainer.data.dataset import Dataset
from trainer.review.looks import Looks, Twin, unlike_faces
from trainer.review.predictions import Predictions

Scores = npt.NDArray[np.float32]

FAR_YEARS = 15.0
"""An age label this far from the face is surely wrong: the size of error that the 2016 paper complains of."""
LEAST_SUSPICION = 0.5
MOST_SUSPECTS = 0.1
"""Share of the pictures that are offered for their labels at most: beyond it few errors are found (docs/review.md)."""
OCCLUSIONS = ("covered", "sunglasses", "painted")
"""Kinds that are read from the column of labels.csv of that name, a likelihood."""
LEAST_OCCLUSION = 0.1
"""Likelihood from which an occlusion is offered: what is likelier than not, `trainer prepare` left out already."""
LEAST_TWIN = 0.5
"""Similarity from which a held-out picture may show a training picture's shot or person."""
TAIL = 0.02
"""Share of the pictures that are offered of a kind which knows more and less, but no right and wrong."""

KINDS = {
    "label": "the label's sex or age is doubtful",
    "sex": "the face looks like the other sex",
    "age": "the face looks younger or older than its label",
    "twin": "another picture of the same shot or person comes before it",
    "across": "a held-out picture is like a training picture",
    "unusual": "unlike the other faces: covered, badly cropped, or no face",
    "covered": "something may stand before the face",
    "sunglasses": "the eyes may be behind dark glass",
    "painted": "the face may be painted, drawn or recoloured",
    "turned": "the head is turned",
    "outside": "the crop reaches beyond the photograph",
    "dark": "the face is dark",
    "blurred": "the picture is not sharp",
}
TAILS = {
    "turned": ("yaw", True),
    "outside": ("overshoot", True),
    "dark": ("light", False),
    "blurred": ("sharpness", False),
}
"""Kind: the column of labels.csv that it is read from, and whether a high magnitude is bad."""


@dataclass(frozen=True)
class Suspects:
    """The suspects of one kind: `rows` int64 `[M]`, worst first, and their `score`, float32 `[M]`, 1 worst.

    `partner` int64 `[M]` is the picture each is to be compared with, -1 none.
    """

    rows: npt.NDArray[np.int64]
    score: Scores
    partner: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: slice | npt.NDArray[np.bool_]) -> "Suspects":
        return Suspects(self.rows[chosen], self.score[chosen], self.partner[chosen])

    @classmethod
    def alone(cls, rows: npt.NDArray[np.int64], score: Scores) -> "Suspects":
        """Those that are to be compared with none."""
        return cls(rows, score, np.full(len(rows), -1, np.int64))


def sex_suspicion(dataset: Dataset, predictions: Predictions) -> Scores:
    """Probability that the sex is not the labelled one, as read out of fold: float32 `[N]`."""
    male = (dataset.people.sex + 1) / 2
    return np.asarray(np.abs(male - predictions.male), dtype=np.float32)


def age_suspicion(dataset: Dataset, predictions: Predictions) -> Scores:
    """How far outside its labelled range the age is read, float32 `[N]`: 0 inside ... 1 surely 15 years off or more.

    The mean, over the probabilities read, of the years outside the range as a share of 15: so a neighbouring age group
    is a small fault, and what cannot be told apart is none.
    """
    knots = predictions.knots[None, :]
    people = dataset.people
    outside = np.maximum(people.low[:, None] - knots, knots - people.high[:, None])
    share = np.clip(outside / FAR_YEARS, 0.0, 1.0)
    return np.asarray((predictions.age * share).sum(axis=1), dtype=np.float32)


def label_suspicion(dataset: Dataset, predictions: Predictions) -> Scores:
    """The worse of both, float32 `[N]`."""
    return np.maximum(sex_suspicion(dataset, predictions), age_suspicion(dataset, predictions))


def find_suspects(dataset: Dataset, predictions: Predictions, looks: Looks) -> dict[str, Suspects]:
    """The suspects by kind, in the order of `KINDS`; a kind that the dataset has no measure for is left out."""
    found = {
        "label": _above(label_suspicion(dataset, predictions), LEAST_SUSPICION),
        "sex": _above(sex_suspicion(dataset, predictions), LEAST_SUSPICION),
        "age": _above(age_suspicion(dataset, predictions), LEAST_SUSPICION),
        "twin": _twins(looks.twins_in_group(), 0.0),
        "across": _twins(looks.twins_across_split(), LEAST_TWIN),
        "unusual": _tail(unlike_faces(dataset.images)),
    }
    for kind in OCCLUSIONS:
        values = _measure(dataset, kind)
        if values is not None:
            found[kind] = _above(values.astype(np.float32), LEAST_OCCLUSION)
    for kind, (column, high_is_bad) in TAILS.items():
        values = _measure(dataset, column)
        if values is not None:
            found[kind] = _tail(np.abs(values) if high_is_bad else -values)
    return {kind: found[kind] for kind in KINDS if kind in found}


def _above(score: Scores, least: float) -> Suspects:
    most = max(1, round(MOST_SUSPECTS * len(score)))
    return _ranked(np.flatnonzero(score >= least), score)[:most]


def _twins(twin: Twin, least: float) -> Suspects:
    return _ranked(np.flatnonzero((twin.row >= 0) & (twin.similarity >= least)), twin.similarity, twin.row)


def _tail(badness: npt.NDArray[np.floating]) -> Suspects:
    """The worst `TAIL`; the score falls from 1 to 0 along it, since all that it can say is the place."""
    count = max(1, round(TAIL * len(badness)))
    rows = np.argsort(-badness, kind="stable")[:count]
    return Suspects.alone(rows, np.linspace(1.0, 0.0, count, dtype=np.float32))


def _ranked(rows: npt.NDArray[np.int64], score: Scores, partner: npt.NDArray[np.int64] | None = None) -> Suspects:
    ranked = rows[np.argsort(-score[rows], kind="stable")]
    alone = Suspects.alone(ranked, score[ranked])
    return alone if partner is None else replace(alone, partner=partner[ranked])


def _measure(dataset: Dataset, column: str) -> npt.NDArray[np.float64] | None:
    try:
        return np.array([float(text) for text in dataset.extra[column]])
    except (KeyError, ValueError):
        return None
