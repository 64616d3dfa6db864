"""Whether a model file is fit for use: within the limits of the format, and true to its golden pictures."""

import os
from functools import lru_cache
from pathlib import Path

from ..model.encoder_file import has_encoder, read_encoder
from ..model.errors import ModelFileError
from ..model.file import ModelFile, read_model
from .encoder import LARGEST_DIFFERENCE as ENCODER_DIFFERENCE
from .encoder import encoder_difference
from .engine import verify

LARGEST_DIFFERENCE = 2.0
"""How far a golden picture may be from what the engine makes, in steps of 1/255: rounding on other machines."""


def check_model(path: str | os.PathLike[str]) -> tuple[ModelFile, float]:
    """The model, and how far its golden pictures are off, in steps of 1/255.

    Raises ModelFileError for a file that breaks the format, and for one that makes other pictures, or latents
    of pictures, than it promises.
    """
    model = read_model(path)
    difference = verify(model)
    if difference > LARGEST_DIFFERENCE:
        raise ModelFileError(
            path, f"makes pictures that differ from its golden ones by {difference:.0f}/255", "export the model again"
        )
    if has_encoder(path):
        off = encoder_difference(read_encoder(path))
        if not off <= ENCODER_DIFFERENCE:
            raise ModelFileError(
                path, f"has an encoder whose latents differ from its golden ones by {off:.2g}", "export the model again"
            )
    return model, difference


def fit_model(path: str | os.PathLike[str]) -> ModelFile:
    """The model, once it is known to be fit for use: its golden pictures are made the first time that it is asked for.

    A file counts as another when its size or the time of its last change is another. Raises ModelFileError as
    `check_model` does.
    """
    model = read_model(path)
    state = Path(path).stat()
    _difference(os.fspath(path), state.st_mtime_ns, state.st_size)
    return model


@lru_cache(maxsize=64)
def _difference(path: str, _changed: int, _size: int) -> float:
    return check_model(path)[1]
