"""Pages as files: none is ever overwritten, whoever else writes there."""

from pathlib import Path

import pytest

from blender_facegan.core.atlas import staging
from blender_facegan.core.atlas.staging import PageFileError, claim, place


def staged(folder: Path, content: bytes) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    files = {ending: folder / f"page{ending}" for ending in (".1001.png", ".1002.png")}
    for path in files.values():
        path.write_bytes(content)
    return files


def test_files_go_under_the_first_name_that_is_free_for_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "faces-1.1002.png").write_bytes(b"somebody's")
    assert place(staged(tmp_path / "made", b"ours"), tmp_path, "faces") == "faces-2"
    assert (tmp_path / "faces-1.1002.png").read_bytes() == b"somebody's"
    assert not (tmp_path / "faces-1.1001.png").exists()
    assert (tmp_path / "faces-2.1001.png").read_bytes() == b"ours"


def test_another_blender_that_takes_the_name_at_the_same_time_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes its pages after ours have looked which name is free, and before they are moved there."""
    first = staging.claim
    asked: list[bool] = []

    def beside(paths: object) -> bool:
        if not asked:
            asked.append(True)
            place(staged(tmp_path / "theirs", b"theirs"), tmp_path, "faces")
        return first(paths)  # type: ignore[arg-type]

    monkeypatch.setattr(staging, "claim", beside)
    assert place(staged(tmp_path / "ours", b"ours"), tmp_path, "faces") == "faces-2"
    assert (tmp_path / "faces-1.1001.png").read_bytes() == b"theirs"
    assert (tmp_path / "faces-2.1001.png").read_bytes() == b"ours"


def test_names_are_taken_all_or_none(tmp_path: Path) -> None:
    (tmp_path / "b").touch()
    assert not claim([tmp_path / "a", tmp_path / "b"])
    assert not (tmp_path / "a").exists()
    assert claim([tmp_path / "a", tmp_path / "c"])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PageFileError, match="choose another place"):
        place(staged(tmp_path / "made", b"ours"), tmp_path / "none", "faces")
