"""What the tests of people from photographs share."""

from pathlib import Path

import pytest

from tests.blender.cast.people import seeing_model


@pytest.fixture(scope="session")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that reads photographs: see `people.seeing_model`."""
    return seeing_model(tmp_path_factory.mktemp("model") / "seeing.facegan")
