"""Makes faces from recipes: a model's program, run by several threads, a few faces at a time in each."""

import os
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from ..model.card import Label
from ..model.file import OFFSETS, ModelFile
from ..people.latents import Latent
from ..people.population import Recipe, latents
from .products import Floats, Gemm, fastest_gemm
from .program import Program, Run

_CHUNK_WORK = 1_200_000_000
"""Multiply-adds of a chunk: about 30 ms on one core, so that progress and cancelling are prompt."""
_CHUNK_FACES = 32

Finish = Callable[[NDArray[np.uint8], Sequence[Recipe]], NDArray[np.uint8]]
"""What is done to faces, uint8 [N, H, W, 3], once the model has drawn them; of one the same, whoever comes with it."""


class Engine:
    """Makes faces with one model.

    A face depends on its recipe, the model and the kind of machine alone: its bits are the same alone and in any crowd,
    with any number of threads. Several threads may use one engine.

    threads: faces made at the same time, one for each core when None. gemm: how sums of products are computed, `blas`
    (matmul) or `einsum`; whichever is faster here when None. finish: done to the faces in the same threads. Raises
    ValueError for fewer than one thread.
    """

    def __init__(
        self,
        model: ModelFile,
        threads: int | None = None,
        gemm: Gemm | None = None,
        finish: Finish | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"{threads} threads cannot make faces: give 1 or more")
        self.model = model
        self.threads = threads or usable_cores()
        self.gemm: Gemm = gemm or fastest_gemm()
        self._finish = finish
        self._program = Program(model.graph, model.tensors, self.gemm)
        self._together = self._program.together
        doubt = model.doubt
        self._doubt = Program(doubt.graph, model.tensors, self.gemm) if doubt is not None else None
        self._idle: SimpleQueue[Run] = SimpleQueue()
        self._extra = [label for name in model.graph.inputs if (label := _extra_label(model, name))]

    def generate(self, recipes: Sequence[Recipe]) -> NDArray[np.uint8]:
        """The faces of the recipes, in their order: uint8 [N, H, W, 3], sRGB, row 0 at the top."""
        faces = self._empty(len(recipes))
        for first, chunk in self.stream(recipes):
            faces[first : first + len(chunk)] = chunk
        return faces

    def stream(
        self, recipes: Sequence[Recipe], cancelled: Callable[[], bool] | None = None
    ) -> Generator[tuple[int, NDArray[np.uint8]], None, None]:
        """The faces in chunks as they are done, not always in order: (index of the first, uint8 [n, H, W, 3]).

        `cancelled` is asked by the thread that takes the chunks; once it is true the iteration ends, within the time of
        a face. Leaving the iteration early ends the work as well. Memory holds a few chunks, however many recipes.
        """
        size = max(1, min(_CHUNK_FACES, _CHUNK_WORK // self.model.graph.multiply_adds))
        size = -(-size // self._together) * self._together
        starts = iter(range(0, len(recipes), size))
        stop = threading.Event()
        pending: dict[Future[NDArray[np.uint8] | None], int] = {}
        with ThreadPoolExecutor(self.threads, thread_name_prefix="faces") as pool:
            try:
                while True:
                    while len(pending) < 2 * self.threads and (start := next(starts, None)) is not None:
                        pending[pool.submit(self._chunk, recipes[start : start + size], stop)] = start
                    if not pending or (cancelled is not None and cancelled()):
                        return
                    for future in wait(pending, return_when=FIRST_COMPLETED).done:
                        start, faces = pending.pop(future), future.result()
                        if faces is not None:
                            yield start, faces
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)

    def doubts(self, recipes: Sequence[Recipe]) -> NDArray[np.float32]:
        """How doubtful the model is of the recipes' faces, before they are drawn: float32 [N], more is worse.

        What is above `model.doubt.most` had better be drawn from another seed. Zeros where the model has no doubt. A
        doubt that is not a number, which only a broken file gives, is the greatest of all.
        """
        result = np.zeros(len(recipes), np.float32)
        if self._doubt is None:
            return result
        card, run = self.model.card, self._doubt.bind()
        drawn = latents([recipe.seed for recipe in recipes], card.latent_size, card.latent_distribution)
        with np.errstate(all="ignore"):
            for row, (recipe, vector) in enumerate(zip(recipes, drawn, strict=True)):
                self._fill(run.inputs, 0, recipe, vector)
                result[row] = run.vector()[0]
        return np.nan_to_num(result, nan=np.inf, posinf=np.inf, neginf=-np.inf)

    def _chunk(self, recipes: Sequence[Recipe], stop: threading.Event) -> NDArray[np.uint8] | None:
        """The faces of a chunk, or None when told to stop in between."""
        faces, card = self._empty(len(recipes)), self.model.card
        drawn = latents([recipe.seed for recipe in recipes], card.latent_size, card.latent_distribution)
        run = self._take_run()
        try:
            # Weights of a strange model may overflow; its golden vectors then tell.
            with np.errstate(all="ignore"):
                for first in range(0, len(recipes), run.faces):
                    if stop.is_set():
                        return None
                    together = slice(first, first + run.faces)
                    for place, (recipe, vector) in enumerate(zip(recipes[together], drawn[together], strict=True)):
                        self._fill(run.inputs, place, recipe, vector)
                    run.pictures(faces[together])
        finally:
            self._idle.put(run)
        return faces if self._finish is None else self._finish(faces, recipes)

    def _person(self, latent: Latent) -> Floats:
        if len(latent) != self.model.vector_size:
            raise ValueError(f"a latent of {len(latent)} numbers is none of a model of {self.model.vector_size}")
        return np.asarray(latent, np.float32)

    def _take_run(self) -> Run:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._program.bind(self._together)

    def _empty(self, count: int) -> NDArray[np.uint8]:
        side = self.model.card.resolution
        return np.empty((count, side, side, 3), np.uint8)

    def _fill(self, inputs: Mapping[str, Floats], place: int, recipe: Recipe, vector: Floats) -> None:
        values: dict[str, Floats | float] = {"latent": vector, OFFSETS: 0.0, "sex": recipe.sex, "age": recipe.age}
        if recipe.latent is not None:
            whole = self._person(recipe.latent)
            values |= {"latent": whole[: len(vector)], OFFSETS: whole[len(vector) :]}
        for name in values.keys() & inputs.keys():
            inputs[name][place] = values[name]
        given = dict(recipe.labels)
        for label in self._extra:
            if label.name in inputs:
                inputs[label.name][place] = _label_values(label, given.get(label.name), recipe.seed)


def verify(model: ModelFile, engine: Engine | None = None) -> float:
    """The largest difference between the golden pictures and what the engine makes, in steps of 1/255.

    A model is fit for use up to 2.
    """
    engine = engine or Engine(model, threads=1)
    faces = engine.generate([Recipe(golden.seed, golden.sex, golden.age) for golden in model.golden])
    expected = np.stack([golden.image for golden in model.golden])
    return float(np.abs(faces.astype(np.int16) - expected.astype(np.int16)).max())


def usable_cores() -> int:
    """Cores that this process may use, which on a render farm can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _extra_label(model: ModelFile, name: str) -> Label | None:
    return None if name in ("latent", OFFSETS, "sex", "age") else model.card.label(name)


def _label_values(label: Label, value: float | str | None, seed: int) -> NDArray[np.float32]:
    """The graph's input for a further label.

    Without a value: the middle of a number, 0 of a binary label, and a class picked by the seed. Raises ValueError for
    a class that the label lacks, and for a name where a number is wanted.
    """
    if label.kind != "classes":
        if isinstance(value, str):
            raise ValueError(f"the label {label.name!r} takes a number, not {value!r}")
        middle = (label.minimum + label.maximum) / 2
        return np.array([middle if value is None else value], np.float32)
    if value is not None and value not in label.classes:
        raise ValueError(f"the label {label.name!r} has no class {value!r}: choose from {', '.join(label.classes)}")
    chosen = seed % len(label.classes) if value is None else label.classes.index(str(value))
    values = np.zeros(len(label.classes), np.float32)
    values[chosen] = 1
    return values
