"""Whether a model file is fit for use, and how often its golden pictures are made to know it."""

import os
from pathlib import Path

import numpy as np
import pytest

from blender_facegan.core.engine import check as model_check
from blender_facegan.core.engine.check import check_model, fit_model
from blender_facegan.core.engine.engine import Engine, verify
from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.model.file import ModelFile, read_model
from blender_facegan.core.people.population import Recipe
from tests.core.model.model_writer import Draft


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose golden pictures were made."""
    done: list[str] = []

    def counting(model: ModelFile) -> float:
        done.append(model.path)
        return verify(model)

    monkeypatch.setattr(model_check, "verify", counting)
    return done


def true_file(draft: Draft, path: Path, off_by: int = 0) -> Path:
    """A model whose golden picture is what it makes, but for one value."""
    draft.tensors.pop("golden.images", None)
    draft.write(path)
    pictures = Engine(read_model(path), 1).generate([Recipe(g["seed"], g["sex"], g["age"]) for g in draft.golden])
    value = int(pictures[0, 0, 0, 0])
    pictures[0, 0, 0, 0] = value - off_by if value >= off_by else value + off_by
    draft.tensors["golden.images"] = pictures
    return draft.write(path)


@pytest.mark.parametrize("off_by", [0, 2])
def test_a_model_that_makes_what_it_promises_is_fit(draft: Draft, tmp_path: Path, off_by: int) -> None:
    path = true_file(draft, tmp_path / "m.facegan", off_by)
    assert check_model(path)[1] == off_by
    assert np.array_equal(fit_model(path).golden[0].image, draft.tensors["golden.images"][0])


def test_a_model_that_makes_something_else_is_refused_every_time(draft: Draft, tmp_path: Path) -> None:
    path = true_file(draft, tmp_path / "m.facegan", off_by=3)
    for _ in range(2):
        with pytest.raises(ModelFileError, match=r"m\.facegan: makes pictures that differ .* by 3/255"):
            fit_model(path)


def test_a_file_is_checked_once(draft: Draft, tmp_path: Path, checked: list[str]) -> None:
    path, other = true_file(draft, tmp_path / "m.facegan"), true_file(draft, tmp_path / "other.facegan")
    for _ in range(3):
        fit_model(path)
    assert checked == [str(path)]
    fit_model(other)
    assert checked == [str(path), str(other)]


def test_a_file_that_has_changed_is_checked_again(draft: Draft, tmp_path: Path, checked: list[str]) -> None:
    path = true_file(draft, tmp_path / "m.facegan")
    fit_model(path)
    true_file(draft, path, off_by=9)
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelFileError, match="differ"):
        fit_model(path)
    assert len(checked) == 2


def test_a_file_that_is_gone_is_named(draft: Draft, tmp_path: Path) -> None:
    path = true_file(draft, tmp_path / "m.facegan")
    fit_model(path)
    path.unlink()
    with pytest.raises(ModelFileError, match=r"m\.facegan: does not exist"):
        fit_model(path)
