"""Runs a model file on the processor with numpy alone."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import reference
from .model_file import ModelFile
from .population import Recipe, latent

__all__ = ["Engine", "Gemm", "verify"]

Gemm = Literal["blas", "einsum"]
_CHUNK = 16


class Engine:
    """Makes faces with one model.

    threads: faces made at the same time, every core by default. gemm: how sums of products are computed;
    measured once and chosen when None.
    """

    def __init__(self, model: ModelFile, threads: int | None = None, gemm: Gemm | None = None) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"{threads} threads cannot make faces: give 1 or more")
        self.model = model
        self.threads = threads or os.cpu_count() or 1
        self.gemm: Gemm = gemm or "blas"

    def generate(self, recipes: Sequence[Recipe]) -> NDArray[np.uint8]:
        """The faces of the recipes, in their order: uint8 [N, H, W, 3], sRGB, row 0 at the top."""
        side = self.model.card.resolution
        faces = np.empty((len(recipes), side, side, 3), np.uint8)
        for first, chunk in self.stream(recipes):
            faces[first : first + len(chunk)] = chunk
        return faces

    def stream(
        self, recipes: Sequence[Recipe], cancelled: Callable[[], bool] | None = None
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """The faces in chunks: (index of the chunk's first recipe, uint8 [n, H, W, 3]), each recipe once.

        `cancelled` is asked between faces, from any thread; once it says True no further chunk comes.
        """
        stop = cancelled or (lambda: False)
        with ThreadPoolExecutor(self.threads) as pool:
            for first in range(0, len(recipes), _CHUNK * self.threads):
                if stop():
                    return
                chunk = recipes[first : first + _CHUNK * self.threads]
                yield first, np.stack(list(pool.map(self._face, chunk)))

    def _face(self, recipe: Recipe) -> NDArray[np.uint8]:
        card = self.model.card
        values = {
            "latent": latent(recipe.seed, card.latent_size, card.latent_distribution),
            "sex": np.array([recipe.sex], np.float32),
            "age": np.array([recipe.age], np.float32),
        }
        image = reference.run(self.model.graph, self.model.tensors, values)
        return np.clip(np.round((image + 1) * 127.5), 0, 255).astype(np.uint8)


def verify(model: ModelFile, engine: Engine | None = None) -> float:
    """The largest difference between the model's golden pictures and what the engine makes, in steps of 1/255."""
    engine = engine or Engine(model, threads=1)
    faces = engine.generate([Recipe(golden.seed, golden.sex, golden.age) for golden in model.golden])
    expected = np.stack([golden.image for golden in model.golden])
    return float(np.abs(faces.astype(np.int16) - expected.astype(np.int16)).max())
