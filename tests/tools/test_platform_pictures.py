"""The platform's pictures: as large as it wants them, and no picture without the add-on."""

import struct
from pathlib import Path

import pytest

from tools import platform_pictures

FOLDER = Path(__file__).parents[2] / "docs" / "platform"


def test_without_the_add_on_one_line_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert platform_pictures.main(["--zip", str(tmp_path / "none.zip"), str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "none.zip does not exist" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "size"), [("featured", platform_pictures.FEATURED), ("icon", platform_pictures.ICON)])
def test_the_pictures_that_are_kept_are_of_the_platforms_sizes(name: str, size: tuple[int, int]) -> None:
    data = (FOLDER / f"{name}.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == size
    assert len(data) < 4_000_000
