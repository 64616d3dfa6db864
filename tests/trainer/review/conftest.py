"""A dataset of discs with two planted errors, as people review it."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from trainer.data.dataset import IMAGES, LABELS, METADATA, Dataset
from trainer.labels.people import SexAndAge
from trainer.review.ledger import Ledger
from trainer.review.looks import Looks
from trainer.review.predictions import Predictions
from trainer.review.server import ReviewServer
from trainer.review.session import Review
from trainer.review.suspects import find_suspects

KNOTS = np.array([0, 4, 10, 16, 22, 28, 35, 42, 50, 58, 66, 75, 90], dtype=np.float32)
WRONG_SEX, WRONG_AGE = 7, 12


def in_groups(discs: Dataset) -> Dataset:
    """The discs with ages in groups of ten years, sharpness as a measure, and two wrong labels."""
    low = np.floor(discs.people.low / 10) * 10
    sex = discs.people.sex.copy()
    sex[WRONG_SEX] *= -1
    low[WRONG_AGE] = (low[WRONG_AGE] + 40) % 80
    sharpness = [f"{100 + 3 * index % 97}" for index in range(len(discs))]
    return replace(discs, values=SexAndAge(sex, low, low + 10).values, extra={"sharpness": sharpness})


def write_dataset(dataset: Dataset, folder: Path) -> Path:
    """The dataset as a folder, as `prepare` would leave it."""
    folder.mkdir(parents=True)
    np.save(folder / IMAGES, dataset.images)
    columns: list[Any] = [
        dataset.files,
        dataset.people.sex,
        dataset.people.low,
        dataset.people.high,
        dataset.held_out.astype(int),
        dataset.group,
    ]
    rows = [
        f"{file},{sex:g},{low:g},{high:g},{held},{group},discs,{sharp}"
        for file, sex, low, high, held, group, sharp in zip(*columns, dataset.extra["sharpness"], strict=True)
    ]
    header = "file,sex,age_low,age_high,held_out,group,source,sharpness"
    (folder / LABELS).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    (folder / METADATA).write_text(json.dumps({"format": 1, **dataset.metadata}), encoding="utf-8")
    return folder


def knowing(dataset: Dataset, truth: Dataset) -> Predictions:
    """What a good network would read: the true labels, a little less sure of each next picture."""
    count = len(dataset)
    sure = np.linspace(0.99, 0.9, count, dtype=np.float32)
    middle = truth.people.low + 0.5
    nearest = np.abs(KNOTS[None, :] - middle[:, None]).argmin(axis=1)
    age = np.full((count, len(KNOTS)), 0.01, dtype=np.float32)
    age[np.arange(count), nearest] = 1 - 0.01 * (len(KNOTS) - 1)
    return Predictions(
        male=np.where(truth.people.sex > 0, sure, 1 - sure).astype(np.float32),
        age=age,
        knots=KNOTS,
        features=np.random.default_rng(0).normal(size=(count, 8)).astype(np.float16),
        fold=(np.arange(count) % 3).astype(np.int16),
    )


@pytest.fixture(scope="session")
def flawed(discs: Dataset) -> Dataset:
    return in_groups(discs)


MakeReview = Callable[[Path], Review]


@pytest.fixture(scope="session")
def make_review(flawed: Dataset, discs: Dataset) -> MakeReview:
    """Opens the review whose decisions are in a file."""
    predictions = knowing(flawed, discs)
    looks = Looks(flawed)
    suspects = find_suspects(flawed, predictions, looks)
    return lambda path: Review(flawed, predictions, looks, suspects, Ledger(path, flawed.files))


@pytest.fixture
def review(make_review: MakeReview, tmp_path: Path) -> Review:
    return make_review(tmp_path / "decisions.jsonl")


Serve = Callable[..., AbstractContextManager[ReviewServer]]


@pytest.fixture
def serve() -> Serve:
    """Serves a review while the context lasts."""

    @contextmanager
    def running(review: Review, photographs: Path | None = None) -> Iterator[ReviewServer]:
        with ReviewServer(review, "127.0.0.1", 0, photographs) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    return running
