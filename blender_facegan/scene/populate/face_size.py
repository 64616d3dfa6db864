"""Which of two model files draws the faces of a crowd: the larger one for heads that stand near the camera."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ...core.atlas.plan import plan
from ...core.atlas.request import Wanted
from ...core.model.encoder_file import vector_size
from ...core.model.file import read_card
from .settings import Settings


class Chosen(NamedTuple):
    """The model file that makes the faces, and the one whose larger faces stay where there are any."""

    model: Path
    larger: Path | None = None


def choose_size(settings: Settings, picture_side: float, wanted: Sequence[Wanted]) -> Chosen:
    """The model file for these characters, the nearest of whom has a picture of `picture_side` pixels on the render.

    The larger one where pictures of the other would be enlarged, as long as one page holds all. So a crowd does not
    fill memory for the sake of its first row: that is populated by itself, and its faces stay. People from photographs
    are drawn by the larger one if it takes their latents. Raises ModelFileError.
    """
    if settings.larger is None or settings.face_size is not None:
        return Chosen(settings.model)
    if picture_side <= read_card(settings.model).resolution:
        return Chosen(settings.model, settings.larger)
    side = read_card(settings.larger).resolution
    if any(one.recipe.latent is not None for one in wanted) and not _takes_latents(settings.model, settings.larger):
        return Chosen(settings.model, settings.larger)
    if len(wanted) > plan(0, side, settings.gutter, settings.page_size).per_page:
        return Chosen(settings.model, settings.larger)
    return Chosen(settings.larger)


def _takes_latents(model: Path, other: Path) -> bool:
    """Whether the other model draws from the vectors of the one."""
    return vector_size(model) == vector_size(other)
