"""Files that are there whole or not at all."""

import os
from pathlib import Path

import numpy as np
import pytest

from trainer.errors import UserError
from trainer.files import growing_array, make_folder, whole, write_arrays, write_json


def test_what_fails_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    write_json(path, {"a": 1})
    with pytest.raises(OverflowError), whole(path) as unfinished:
        unfinished.write_bytes(b"half" * 2**62)
    assert path.read_text() == '{\n "a": 1\n}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_takes_nothing_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told = r"cannot be written \(.*\); choose another"
    with pytest.raises(UserError, match=told):
        make_folder(tmp_path / "file", "choose another")
    with pytest.raises(UserError, match=told), whole(tmp_path / "file" / "x", "choose another"):
        pytest.fail("the work began without a folder for its result")
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("count", [0, 3])
def test_an_array_is_filled_on_the_disk(tmp_path: Path, count: int) -> None:
    with growing_array(tmp_path / "images.npy", (count, 4, 4, 3), np.uint8) as images:
        images[:] = np.arange(count)[:, None, None, None]
    assert np.load(tmp_path / "images.npy").sum(axis=(1, 2, 3)).tolist() == [48 * place for place in range(count)]
    assert [path.name for path in tmp_path.iterdir()] == ["images.npy"]


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="needs a system that can keep room for a file")
def test_room_for_an_array_is_asked_for_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with (
        pytest.raises(UserError, match=r"images\.npy: cannot be written \(No space left"),
        growing_array(tmp_path / "images.npy", (3, 4, 4, 3), np.uint8),
    ):
        pytest.fail("the work began without room for its result")
    assert list(tmp_path.iterdir()) == []


def test_arrays_go_together_into_one_file(tmp_path: Path) -> None:
    write_arrays(tmp_path / "parts.npz", a=np.arange(3), b=np.ones(2))
    with np.load(tmp_path / "parts.npz") as arrays:
        assert {name: arrays[name].tolist() for name in arrays} == {"a": [0, 1, 2], "b": [1, 1]}
