"""How a model file is refused."""

from pathlib import Path

import pytest

from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.model.file import read_model


def reason(path: Path) -> str:
    """The message with which the file is refused: one line that begins with the file's name and ends in a remedy."""
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable()
    assert "; " in message
    return message
