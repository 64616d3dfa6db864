"""What `stats` tells."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.cli import main
from trainer.data.dataset import Dataset
from trainer.data.statistics import LIGHT, count, light_table, plot_ages, table
from trainer.errors import UserError
from trainer.labels.people import SEX_AND_AGE, SexAndAge


@pytest.fixture
def dataset() -> Dataset:
    """Forty pictures: a girl of 5 and a man of 75 at every tenth place, else women and men of 20 to 29."""
    number = np.arange(40)
    low = np.where(number % 10 == 0, 5, np.where(number % 10 == 1, 75, 20)).astype(np.float32)
    high = np.where(low == 20, 30, low + 1).astype(np.float32)
    return Dataset(
        images=np.zeros((40, 16, 16, 3), dtype=np.uint8),
        values=SexAndAge(np.where(number % 2, 1, -1).astype(np.float32), low, high).values,
        held_out=number < 10,
        group=number.astype(np.int32),
        files=[f"{index}.jpg" for index in number],
        metadata={"labels": [label.declaration() for label in SEX_AND_AGE]},
        extra={},
    )


def test_pictures_are_counted_by_age_sex_and_side_of_the_split(dataset: Dataset) -> None:
    counts = count(dataset)
    row = counts.groups.index
    assert counts.training[row("3-9")].tolist() == [3, 0]
    assert counts.held_out[row("3-9")].tolist() == [1, 0]
    assert counts.training[row("20-29")].tolist() == [12, 12]
    assert counts.training[row("70+")].tolist() == [0, 3]
    assert counts.training.sum() + counts.held_out.sum() == 40


def test_the_table_adds_up(dataset: Dataset) -> None:
    lines = table(count(dataset)).splitlines()
    assert lines[0].split() == ["age", "female", "male", "both"]
    assert lines[-1].split() == ["all", "20", "(5)", "20", "(5)", "40", "(10)"]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", ["ages.png", "ages.svg"])
def test_the_plot_shows_both_sexes(dataset: Dataset, tmp_path: Path, exact: bool, name: str) -> None:
    if exact:
        low = dataset.people.low + 4 * (dataset.people.sex > 0)
        dataset = replace(dataset, values=SexAndAge(dataset.people.sex, low, low + 1).values)
    plot_ages(dataset, tmp_path / name)
    if name.endswith("png"):
        picture = np.asarray(Image.open(tmp_path / name).convert("RGB")).reshape(-1, 3).astype(int)
        red, blue = picture[:, 0] - picture[:, 2], picture[:, 2] - picture[:, 0]
        assert (red > 60).sum() > 500
        assert (blue > 60).sum() > 500
    else:
        assert "<svg" in (tmp_path / name).read_text(encoding="utf-8")


def test_a_plot_of_another_kind_or_in_a_file_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ends in \.png or \.svg"):
        plot_ages(dataset, tmp_path / "ages.pdf")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        plot_ages(dataset, tmp_path / "file" / "ages.png")


def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(tmp_path) in told


def test_the_light_is_told_as_it_was_and_as_it_is_stored(dataset: Dataset) -> None:
    assert light_table(dataset) == ""
    lit = {"side_light": 1.0, "stored_side_light": 0.1, "contrast": 3.0, "stored_contrast": 2.0}
    columns = {name: [str(value)] * len(dataset) for name, value in lit.items()}
    columns["off_skin"] = ["4"] * 10 + ["1"] * 30
    columns["stored_off_skin"] = ["1"] * len(dataset)
    lines = light_table(replace(dataset, extra=columns)).splitlines()
    assert lines[1].split("%", 1)[1].split() == ["1.00", "/", "1.00", "0.10", "/", "0.10"]
    assert lines[3].endswith("25.0 %           0.0 %")


def test_whole_photographs_have_no_light_on_faces_to_tell_of(dataset: Dataset) -> None:
    columns = {name: ["0"] * len(dataset) for _, before, after, _ in LIGHT for name in (before, after)}
    assert light_table(replace(dataset, extra=columns))
    whole = replace(dataset, extra=columns, metadata=dict(dataset.metadata) | {"geometry": {}})
    assert light_table(whole) == ""
