"""Datasets on disk and packed."""

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.data.dataset import IMAGES, LABELS, METADATA, open_dataset
from trainer.data.packing import read_pack, write_pack
from trainer.errors import UserError
from trainer.labels.people import SEX_AND_AGE

HEADER = "file,sex,age_low,age_high,held_out,group,source,race"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of three pictures, written by hand."""
    out = tmp_path / "dataset"
    out.mkdir()
    ramp = np.linspace(0, 255, 3 * 32 * 32 * 3).reshape(3, 32, 32, 3).astype(np.uint8)
    np.save(out / IMAGES, ramp)
    rows = ["a.jpg,-1,20,30,0,0,s,X", '"b, c.jpg",1,70,90,1,1,s,Y', "d.jpg,0.5,34.5,35.5,0,0,s,"]
    (out / LABELS).write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    facts = {"format": 1, "geometry": {"eye_distance": 0.36}, "labels": [label.declaration() for label in SEX_AND_AGE]}
    (out / METADATA).write_text(json.dumps(facts), encoding="utf-8")
    return out


def packed(folder: Path) -> Path:
    path = folder.parent / "dataset.zip"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in (METADATA, LABELS)}
    write_pack(path, texts, np.load(folder / IMAGES))
    return path


@pytest.mark.parametrize("as_file", [False, True])
def test_a_dataset_gives_what_was_written(folder: Path, as_file: bool) -> None:
    dataset = open_dataset(packed(folder) if as_file else folder)
    assert len(dataset) == 3
    assert dataset.size == 32
    assert dataset.files == ["a.jpg", "b, c.jpg", "d.jpg"]
    assert dataset.people.sex.tolist() == [-1, 1, 0.5]
    assert dataset.people.low.tolist() == [20, 70, 34.5]
    assert dataset.people.high.tolist() == [30, 90, 35.5]
    assert dataset.held_out.tolist() == [False, True, False]
    assert dataset.group.tolist() == [0, 1, 0]
    assert dataset.extra == {"source": ["s", "s", "s"], "race": ["X", "Y", ""]}
    assert dataset.metadata["geometry"] == {"eye_distance": 0.36}
    types = [
        array.dtype
        for array in (dataset.images, dataset.people.sex, dataset.people.low, dataset.held_out, dataset.group)
    ]
    assert types == [np.uint8, np.float32, np.float32, np.bool_, np.int32]
    original = np.load(folder / IMAGES)
    assert np.abs(dataset.images.astype(int) - original.astype(int)).max() <= (12 if as_file else 0)


def test_a_folder_is_memory_mapped(folder: Path) -> None:
    assert isinstance(open_dataset(folder).images, np.memmap)


@settings(max_examples=15)
@given(st.integers(1, 600), st.sampled_from([17, 32, 64]))
def test_every_packed_picture_comes_back_at_its_place(count: int, size: int) -> None:
    shades = np.random.RandomState(count).randint(0, 256, (count, 1, 1, 3)).astype(np.uint8)
    images = np.broadcast_to(shades, (count, size, size, 3))
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "pack.zip"
        write_pack(path, {METADATA: "{}", LABELS: "x"}, images)
        texts, restored = read_pack(path)
    assert texts == {METADATA: "{}", LABELS: "x"}
    assert restored.shape == images.shape
    assert np.abs(restored.astype(int) - images.astype(int)).max() <= 6


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def damaged_images(folder: Path, **changes: Any) -> None:
    images = np.load(folder / IMAGES)
    np.save(folder / IMAGES, images.astype(changes.get("dtype", np.uint8)).reshape(changes.get("shape", images.shape)))


def test_a_damaged_dataset_tells_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    def broken(name: str, old: str, new: str) -> Path:
        copy = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        shutil.copytree(folder, copy)
        replace(copy / name, old, new)
        return copy

    for path, message in [
        (broken(LABELS, "0.5,34.5", "man,34.5"), r"labels\.csv, row 4, column sex: 'man' is no number"),
        (broken(LABELS, "held_out", "kept"), "no column held_out"),
        (broken(LABELS, "a.jpg,-1,20,30,0,0,s,X\n", ""), "3 pictures but 2 rows"),
        (broken(METADATA, '"format": 1', '"format": 9'), "dataset format 9, but this trainer reads 1"),
        (broken(METADATA, '"format": 1', '"format": '), r"dataset\.json is damaged"),
    ]:
        with pytest.raises(UserError, match=message):
            open_dataset(path)


def test_pictures_of_another_shape_or_cut_short_are_told(folder: Path) -> None:
    content = (folder / IMAGES).read_bytes()
    (folder / IMAGES).write_bytes(content[:-100])
    with pytest.raises(UserError, match="cannot be read as a dataset"):
        open_dataset(folder)
    (folder / IMAGES).write_bytes(content)
    damaged_images(folder, dtype=np.float32)
    with pytest.raises(UserError, match="float32 instead of uint8"):
        open_dataset(folder)
    damaged_images(folder, shape=(3, 32, 96, 1))
    with pytest.raises(UserError, match="shape"):
        open_dataset(folder)


def test_what_is_no_dataset_is_told_with_the_remedy(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such dataset"):
        open_dataset(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no finished dataset; run `python -m trainer prepare`"):
        open_dataset(tmp_path / "empty")
    (tmp_path / "note.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UserError, match="neither a dataset's folder nor a packed dataset"):
        open_dataset(tmp_path / "note.txt")


def test_a_packed_dataset_cut_short_or_of_something_else_is_told(folder: Path, tmp_path: Path) -> None:
    path = packed(folder)
    content = bytearray(path.read_bytes())
    middle = content.index(b"\xff\xd8\xff") + 200
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(bytes(content))
    with pytest.raises(UserError, match="pack it anew"):
        open_dataset(path)
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(UserError, match="is no packed dataset"):
        open_dataset(other)
