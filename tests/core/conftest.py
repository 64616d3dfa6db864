from pathlib import Path

import pytest

from blender_facegan.core.model.file import ModelFile, read_model
from tests.core.model.model_writer import Draft, small_network


@pytest.fixture
def draft() -> Draft:
    """A proper model file of 8 x 8 pixels, to be written as it is or spoilt first."""
    return small_network().draft(8)


@pytest.fixture
def model(draft: Draft, tmp_path: Path) -> ModelFile:
    return read_model(draft.write(tmp_path / "small.facegan"))
