"""The pictures of one evaluation and what the slow extractors say of them, each worked out when first asked for."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.data.dataset import Dataset
from trainer.data.faces.alignment import Geometry
from trainer.data.light.evening import PHOTOGRAPHS
from trainer.drawing.inference import FaceGenerator
from trainer.evaluation.judges import cascades, faults, identity, judge
from trainer.evaluation.judges.pool import CHUNK, Extractor, Pool, in_chunks
from trainer.evaluation.sources import (
    AGEING_AGES,
    FurtherLabels,
    GenerateFaces,
    People,
    RealFaces,
    Refuses,
    ageing_people,
    draw_like,
    enough,
    paper_people,
    people_like,
    seeds,
    whole_people,
)
from trainer.files import whole

FLOOR_DRAWS = 5
AGEING_PEOPLE = 100
MOST_NOISE = 10_000
"""Pictures of noise that tell its rate to half a per cent; more would double the time of a paper-sized sample."""
PAPER_STREAM, MATCHED_STREAM, AGEING_STREAM, FLOOR_STREAM, NOISE_STREAM, SHEET_STREAM, WHOLE_STREAM = range(7)
"""Each kind of sample has a random stream of its own, so that leaving one out does not change the others."""


@dataclass(frozen=True)
class Evidence:
    """What the sections of a report are measured on.

    `held_out` are photographs that were never trained on: the real reference. `training` are those that were: they
    serve the real-to-real floor and the search for copies, and nothing else. `broken` is how many faces of the
    gallery's first sheet a person counted as unfit to be shown. `light` is that of the dataset's pictures; `further`
    tells what `generate` asks of a model's labels other than sex and age, `refuses` whose faces a model knows to come
    out broken, where it does.
    """

    generate: GenerateFaces
    held_out: RealFaces
    training: RealFaces
    geometry: Geometry
    pool: Pool
    samples: int
    seed: int = 0
    cache: Path | None = None
    model_bytes: int | None = None
    broken: int | None = None
    light: str = PHOTOGRAPHS
    further: FurtherLabels | None = None
    refuses: Refuses | None = None

    @property
    def resolution(self) -> int:
        """The side of every picture, in pixels."""
        return int(self.held_out.pictures.shape[1])

    def rng(self, stream: int) -> np.random.Generator:
        """The random numbers of one kind of sample."""
        return np.random.default_rng([self.seed, stream])

    def faces(self, people: People) -> NDArray[np.uint8]:
        """The generated pictures of some people, uint8 [N, H, H, 3]."""
        return np.concatenate(list(self._generated(people)))

    def _generated(self, people: People) -> Iterator[NDArray[np.uint8]]:
        for start in range(0, len(people), CHUNK):
            part = people[start : start + CHUNK]
            yield self.generate(part.seeds, part.sex, part.age)

    @cached_property
    def matched(self) -> People:
        """One character for each held-out photograph, with its sex and an age within its age group."""
        return people_like(self.held_out, self.rng(MATCHED_STREAM))

    @cached_property
    def matched_faces(self) -> NDArray[np.uint8]:
        """The generated pictures of `matched`."""
        return self.faces(self.matched)

    @cached_property
    def whole(self) -> People | None:
        """`matched`, from other seeds where the model refuses the faces; None where it does not tell."""
        return None if self.refuses is None else whole_people(self.matched, self.refuses, self.rng(WHOLE_STREAM))

    def faultiness(self, pictures: NDArray[np.uint8], title: str, *, real: bool = False) -> NDArray[np.float32]:
        """How broken the judge finds faces, float32 [N] (`trainer.evaluation.judges.faults`)."""
        extractor = partial(faults.faultiness, geometry=self.geometry)
        key = f"faults-{faults.version()} {self.geometry}" if real else None
        return self._extract(extractor, pictures, f"broken faces, {title}", key)

    @cached_property
    def asked_of_matched(self) -> Mapping[str, NDArray[np.float32]]:
        """What `matched_faces` were asked for beside sex and age, by the label's name, [N, columns]."""
        people = self.matched
        return {} if self.further is None else self.further(people.seeds, people.sex, people.age)

    @cached_property
    def ageing(self) -> People:
        """Fixed people at 5, 15, ..., 75."""
        return ageing_people(AGEING_PEOPLE, self.rng(AGEING_STREAM))

    @cached_property
    def ageing_faces(self) -> NDArray[np.uint8]:
        """The generated pictures of `ageing`, [people, ages, H, H, 3]."""
        faces = self.faces(self.ageing)
        return faces.reshape(-1, len(AGEING_AGES), *faces.shape[1:])

    @cached_property
    def detected_paper_sample(self) -> NDArray[np.bool_]:
        """Cascade hits of `samples` people as the paper drew them, [N, 7, 2]. The pictures are not kept."""
        people = paper_people(self.samples, self.rng(PAPER_STREAM))
        chunks = self._generated(people)
        return self.pool.extract(cascades.detect, chunks, len(people), "cascades, generated")

    @cached_property
    def detected_noise(self) -> NDArray[np.bool_]:
        """Cascade hits in as many pictures of uniform noise, at most 10,000, [N, 7, 2]."""
        rng, size, total = self.rng(NOISE_STREAM), self.resolution, min(self.samples, MOST_NOISE)
        counts = [min(CHUNK, total - start) for start in range(0, total, CHUNK)]
        chunks = (cascades.uniform_noise(count, size, rng) for count in counts)
        return self.pool.extract(cascades.detect, chunks, total, "cascades, noise")

    @cached_property
    def detected_matched(self) -> NDArray[np.bool_]:
        """Cascade hits in `matched_faces`, [N, 7, 2]."""
        return self._extract(cascades.detect, self.matched_faces, "cascades, generated like held-out")

    @cached_property
    def detected_real(self) -> NDArray[np.bool_]:
        """Cascade hits in the held-out photographs, [N, 7, 2]."""
        return self._extract(
            cascades.detect, self.held_out.pictures, "cascades, held-out", f"cascades {cascades.VERSION}"
        )

    def _judge(self, pictures: NDArray[np.uint8], title: str, *, real: bool = False) -> judge.Judgement:
        extractor = partial(judge.judge, geometry=self.geometry)
        key = f"{judge.version()} {self.geometry}" if real else None
        return judge.Judgement.of(self._extract(extractor, pictures, f"judge, {title}", key))

    @cached_property
    def judged_real(self) -> judge.Judgement:
        """The judge on the held-out photographs."""
        return self._judge(self.held_out.pictures, "held-out", real=True)

    @cached_property
    def judged_training(self) -> judge.Judgement:
        """The judge on the training photographs."""
        return self._judge(self.training.pictures, "training", real=True)

    @cached_property
    def judged_matched(self) -> judge.Judgement:
        """The judge on `matched_faces`."""
        return self._judge(self.matched_faces, "generated")

    @cached_property
    def judged_ageing(self) -> judge.Judgement:
        """The judge on `ageing_faces`, people by people."""
        faces = self.ageing_faces
        return self._judge(faces.reshape(-1, *faces.shape[2:]), "ageing")

    @cached_property
    def floor_draws(self) -> list[NDArray[np.int64]]:
        """Sets of training photographs with as many of each sex and age group as the held-out ones."""
        rng = self.rng(FLOOR_STREAM)
        return [draw_like(self.held_out, self.training, rng) for _ in range(FLOOR_DRAWS)]

    def _describe(self, pictures: NDArray[np.uint8], title: str, *, real: bool = False) -> NDArray[np.float32]:
        extractor = partial(identity.describe, geometry=self.geometry)
        key = f"{identity.version()} {self.geometry}" if real else None
        return self._extract(extractor, pictures, f"identity, {title}", key)

    @cached_property
    def described_real(self) -> NDArray[np.float32]:
        """Face descriptors of the held-out photographs, [N, 128]."""
        return self._describe(self.held_out.pictures, "held-out", real=True)

    @cached_property
    def described_training(self) -> NDArray[np.float32]:
        """Face descriptors of the training photographs, [N, 128]."""
        return self._describe(self.training.pictures, "training", real=True)

    @cached_property
    def described_matched(self) -> NDArray[np.float32]:
        """Face descriptors of `matched_faces`, [N, 128]."""
        return self._describe(self.matched_faces, "generated")

    @cached_property
    def described_ageing(self) -> NDArray[np.float32]:
        """Face descriptors of `ageing_faces`, [people, ages, 128]."""
        faces = self.ageing_faces
        flat = self._describe(faces.reshape(-1, *faces.shape[2:]), "ageing")
        return flat.reshape(*faces.shape[:2], -1)

    def _extract(
        self, extractor: Extractor, pictures: NDArray[np.uint8], title: str, key: str | None = None
    ) -> NDArray[Any]:
        """With a `key`, the rows are kept in the cache folder: photographs do not change from one model to the next."""
        path = self._cached(pictures, key) if key and self.cache else None
        if path and path.is_file():
            return np.asarray(np.load(path, allow_pickle=False))
        rows = self.pool.extract(extractor, in_chunks(pictures), len(pictures), title)
        if path:
            with whole(path, "choose another place with --cache") as unfinished, unfinished.open("wb") as file:
                np.save(file, rows)
        return rows

    def _cached(self, pictures: NDArray[np.uint8], key: str) -> Path:
        digest = hashlib.sha256(key.encode())
        for chunk in in_chunks(pictures):
            digest.update(chunk.tobytes())
        assert self.cache
        return self.cache / f"{key.split()[0]}-{digest.hexdigest()[:32]}.npy"


@dataclass(frozen=True)
class UnlabelledEvidence:
    """A model, the dataset beside which it is measured, and the seed that chooses who is drawn."""

    generator: FaceGenerator
    dataset: Dataset
    seed: int
    model_bytes: int | None = None

    def rng(self, stream: int) -> np.random.Generator:
        """The random numbers of one kind of sample."""
        return np.random.default_rng([self.seed, stream])

    @cached_property
    def held_out(self) -> NDArray[np.int64]:
        """The rows of the held-out pictures."""
        return np.flatnonzero(self.dataset.held_out)

    @cached_property
    def training(self) -> NDArray[np.int64]:
        """The rows of the training pictures."""
        return np.flatnonzero(~self.dataset.held_out)

    def refuse_too_few(self) -> None:
        """Raises `UserError` where no comparison makes sense."""
        enough(len(self.held_out), "held-out")
        enough(len(self.training), "training")

    @cached_property
    def real(self) -> NDArray[np.uint8]:
        """The held-out pictures, uint8 [N, H, H, 3]."""
        return np.asarray(self.dataset.images[self.held_out])

    @cached_property
    def other(self) -> NDArray[np.uint8]:
        """As many training pictures, at random: what real pictures score beside real ones."""
        count = min(len(self.real), len(self.training))
        return np.asarray(self.dataset.images[np.sort(self.rng(1).permutation(self.training)[:count])])

    @cached_property
    def made(self) -> NDArray[np.uint8]:
        """One generated picture for each held-out one, with its labels."""
        rng = self.rng(0)
        given = {}
        for label in self.generator.labels:
            low, high = (ends[self.held_out] for ends in self.dataset.range_of(label))
            given[label.name] = low + (high - low) * rng.random((len(low), 1), np.float32)
        return self.generator.draw(seeds(len(self.held_out), rng), given)
