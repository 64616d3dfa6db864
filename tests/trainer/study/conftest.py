"""A small study of discs, and people who answer it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from trainer.data.dataset import Dataset
from trainer.labels.people import SEX_AND_AGE, SexAndAge
from trainer.study.design import STRATA, Asked, Key, Options, read_key
from trainer.study.faces import draft
from trainer.study.folder import Wording, write_study
from trainer.study.results import FORMAT, checksum
from trainer.study.server import StudyServer

SIDE = 64
PER_STRATUM = 5
MIDDLES = (5, 15, 25, 35, 45, 55, 65)

Chooser = Callable[[str, Asked, Key], str]
"""How a person answers: from the part, the question and the truth to the answer."""


def grey(values: np.ndarray) -> np.ndarray:
    """Plain pictures, uint8 [N, 64, 64, 3]."""
    shape = (len(values), SIDE, SIDE, 3)
    return np.broadcast_to(values.astype(np.uint8)[:, None, None, None], shape).copy()


@pytest.fixture(scope="session")
def portraits() -> Dataset:
    """Five held-out pictures of each sex and age group, in shades 0 ... 99, and as many for training, brighter."""
    index = np.arange(2 * STRATA * PER_STRATUM)
    held_out = index < STRATA * PER_STRATUM
    middle = np.array(MIDDLES)[index // 2 % 7]
    return Dataset(
        images=grey(np.where(held_out, index, 100 + index % 50)),
        values=SexAndAge(
            np.where(index % 2, 1.0, -1.0).astype(np.float32),
            (middle - 2).astype(np.float32),
            (middle + 2).astype(np.float32),
        ).values,
        held_out=held_out,
        group=index.astype(np.int32),
        files=[f"{number}.jpg" for number in index],
        metadata={
            "labels": [label.card() for label in SEX_AND_AGE],
            "sources": [{"name": "discs", "attribution": "A. Nobody", "licence": "CC0-1.0"}],
        },
        extra={},
    )


def made_faces(seeds: np.ndarray, sex: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Made faces are brighter than any photograph: 200 ... 254."""
    return grey(200 + np.asarray(seeds) % 55)


@dataclass(frozen=True)
class MadeStudy:
    """A study's folder and key."""

    folder: Path
    key: Key

    @property
    def public(self) -> dict[str, Any]:
        """The definition that the page holds."""
        page = (self.folder / "public" / "index.html").read_text(encoding="utf-8")
        text = page.partition('id="definition">')[2].partition("</script>")[0]
        found: dict[str, Any] = json.loads(text)
        return found

    def answers(self, choose: Chooser, number: int = 1, deck: int = 0) -> dict[str, Any]:
        """The result of the person `number`, who answers as `choose` says."""
        answers = [
            {"part": part, "show": list(asked.show), "answer": choose(part, asked, self.key), "ms": 900 + number}
            for part, questions in self.key.decks[deck].items()
            for asked in questions.values()
        ]
        result: dict[str, Any] = {
            "format": FORMAT,
            "study": self.key.study,
            "digest": self.key.digest,
            "person": f"{number:032x}",
            "deck": deck,
            "started": "2026-01-01T10:00:00.000Z",
            "finished": f"2026-01-01T10:{number % 60:02}:00.000Z",
            "answers": answers,
        }
        return signed(result)


def signed(result: dict[str, Any]) -> dict[str, Any]:
    """The result with the checksum that fits it."""
    return {**result, "checksum": checksum(result)}


def knowing(part: str, asked: Asked, key: Key) -> str:
    """The right answer to everything."""
    if asked.expected is not None and len(asked.show) == 1:
        return asked.expected
    if part == "real" and len(asked.show) == 2:
        right = asked.expected or next(name for name in asked.show if key.pictures[name].kind == "photograph")
        return ("left", "right")[asked.show.index(right)]
    truth = key.pictures[asked.show[0]]
    return {"real": truth.kind, "labels": f"{truth.sex} {truth.group}", "background": "yes"}[part]


def fooled(part: str, asked: Asked, key: Key) -> str:
    """Attentive, but takes every face for what it is not."""
    right = knowing(part, asked, key)
    opposite = {"photograph": "made", "made": "photograph", "left": "right", "right": "left"}
    return right if asked.expected is not None else opposite.get(right, right)


SMALL = Options(faces=STRATA * 2, real=8, labels=4, background=4)
SMALL_PAIRS = Options("pair", faces=STRATA * 2, real=6, labels=0, background=2)


@pytest.fixture(scope="session")
def make_study(portraits: Dataset) -> Callable[..., MadeStudy]:
    """Writes a study into a new folder."""

    def make(folder: Path, options: Options = SMALL, seed: int = 0) -> MadeStudy:
        drafted = draft(portraits, made_faces, options, np.random.default_rng(seed))
        wording = Wording("Looking at faces", ("A. Nobody, CC0-1.0",), 192)
        write_study(folder, drafted, options.protocol, wording, {"model": "m.facegan"})
        return MadeStudy(folder, read_key(folder))

    return make


@pytest.fixture(scope="session")
def single(make_study: Callable[..., MadeStudy], tmp_path_factory: pytest.TempPathFactory) -> MadeStudy:
    """One picture at a time, and both further parts."""
    return make_study(tmp_path_factory.mktemp("single") / "study")


@pytest.fixture(scope="session")
def pairs(make_study: Callable[..., MadeStudy], tmp_path_factory: pytest.TempPathFactory) -> MadeStudy:
    """Pairs, and the question about the background."""
    return make_study(tmp_path_factory.mktemp("pairs") / "study", SMALL_PAIRS)


@pytest.fixture
def server(single: MadeStudy, tmp_path: Path) -> Iterator[StudyServer]:
    """The server of the study `single`, while it runs."""
    with StudyServer(single.folder, tmp_path / "results", "127.0.0.1", 0) as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()
