"""Draws the faces of a crowd: by the model, in even light, with the skins asked for."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..engine.engine import Engine
from ..likeness.light import Evening
from ..model.card import Card, is_skin_tone, is_undertone
from ..model.file import ModelFile
from ..people.population import Recipe, character_seed
from ..people.skin_tones import COMMON

_UNDERTONES = 0.6
"""Standard deviation of undertones: that of 512 evened faces of a model that learnt from FairFace."""


class Drawing:
    """A model's engine, and what is done to its faces.

    even_light: how far the photographs' lamps are taken out, 0 to 1; only of a model that learnt from photographs as
    they are, and of faces: what is not aligned by its eyes is left as it is. threads: as in `Engine`.
    """

    def __init__(self, model: ModelFile, threads: int | None = None, even_light: float = 0.0) -> None:
        self.card, self.doubt = model.card, model.doubt
        self.even_light = effective_light(model.card, even_light)
        self._evening = Evening(model.card.resolution, model.card.eye_distance, model.card.eye_height)
        self._engine = Engine(model, threads, finish=self._finish)

    @property
    def mark(self) -> str:
        """What tells these faces from those of the model alone: empty where nothing is done to all of them."""
        return _mark(self.even_light)

    def generate(self, recipes: Sequence[Recipe]) -> NDArray[np.uint8]:
        """The faces of the recipes, in their order: uint8 [N, H, W, 3], sRGB, row 0 at the top."""
        return self._engine.generate([self._asked(recipe) for recipe in recipes])

    def doubts(self, recipes: Sequence[Recipe]) -> NDArray[np.float32]:
        """How doubtful the model is of the recipes' faces, before they are drawn; see `Engine.doubts`."""
        return self._engine.doubts([self._asked(recipe) for recipe in recipes])

    def stream(
        self, recipes: Sequence[Recipe], cancelled: Callable[[], bool] | None = None
    ) -> Generator[tuple[int, NDArray[np.uint8]], None, None]:
        """The faces in chunks as they are done; see `Engine.stream`."""
        return self._engine.stream([self._asked(recipe) for recipe in recipes], cancelled)

    def _asked(self, recipe: Recipe) -> Recipe:
        """The recipe as the model is asked for it, with a skin where the model has skins for labels.

        Nobody's skin is left at the middle of a scale: who was asked for none has one by the seed.
        """
        values: dict[str, float | str] = {}
        for label in self.card.labels:
            if is_skin_tone(label):
                tone = natural_tone(recipe.seed) if recipe.skin is None else recipe.skin
                values[label.name] = min(max(tone, label.minimum), label.maximum)
            elif is_undertone(label):
                values[label.name] = min(max(natural_undertone(recipe.seed), label.minimum), label.maximum)
        return replace(recipe, labels=(*values.items(), *recipe.labels)) if values else recipe

    def _finish(self, faces: NDArray[np.uint8], recipes: Sequence[Recipe]) -> NDArray[np.uint8]:
        if not self.card.is_aligned:
            return faces
        return self._evening(faces, self.even_light, [recipe.skin for recipe in recipes])


def effective_light(card: Card, even_light: float) -> float:
    """How far the faces of the model are evened, in thousandths, where `even_light` is asked for."""
    return round(even_light, 3) if card.light == "photographs" and card.is_aligned else 0.0


def is_made_in(made_with: str, even_light: float) -> bool:
    """Whether a face was evened so far, by what it was made with (see `worker.fingerprint`)."""
    _, plus, light = made_with.partition(":")[0].partition("+")
    return plus + light == _mark(even_light)


def _mark(even_light: float) -> str:
    return f"+even{even_light:.3f}" if even_light else ""


def natural_tone(seed: int) -> float:
    """The skin tone of a person of whom none is asked: the same for the same seed, and as common as among people."""
    return COMMON.at(character_seed(seed, "skin tone") / 2**31)


def natural_undertone(seed: int) -> float:
    """The undertone of such a person, in standard deviations of skin's colours: below 0 olive, above 0 rosy."""
    return NormalDist(0.0, _UNDERTONES).inv_cdf((character_seed(seed, "undertone") + 0.5) / 2**31)
