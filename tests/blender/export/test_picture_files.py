"""Files that leave: whole, or as they were, whoever else writes there."""

from pathlib import Path
from typing import Any

import pytest

from blender_facegan.core.errors import CrowdError
from blender_facegan.scene.export.picture_files import write_all


class _Meanwhile(dict[Path, bytes]):
    """Contents that another Blender writes into the same files when one of them is written."""

    def __init__(self, ours: dict[Path, bytes], theirs: dict[Path, bytes]) -> None:
        super().__init__(ours)
        self._theirs = theirs

    def items(self) -> Any:
        first, *rest = super().items()
        yield first
        write_all(self._theirs)
        yield from rest


def test_two_that_write_the_same_files_at_once_leave_whole_ones(tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("crowd.csv", "crowd.json")]
    ours, theirs = dict.fromkeys(names, b"ours" * 1000), dict.fromkeys(names, b"theirs")
    write_all(_Meanwhile(ours, theirs))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == ours


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(CrowdError, match="folder"):
        write_all({tmp_path / "folder": b"x"})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
