"""What the tests of people from photographs share."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.cast.people import seeing_model, take_in
from tests.blender.crowds import head, operators, plane, select


@pytest.fixture(scope="session")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that reads photographs: see `people.seeing_model`."""
    return seeing_model(tmp_path_factory.mktemp("model") / "seeing.facegan")


@pytest.fixture
def pair(scene: bpy.types.Scene, seeing: Path, tmp_path: Path) -> list[Any]:
    """Anna on a billboard and Bo on a head, from a cast, beside a stranger who was drawn."""
    crowd = [plane("A"), head("B", (4, 0, 0)), plane("Stranger", (8, 0, 0))]
    select(crowd)
    operators.populate(model=str(seeing))
    select(crowd[:2])
    take_in(tmp_path, seeing, ("Anna", "female", 41.5, 0.9), ("Bo", "male", 30, -0.9))
    return crowd
