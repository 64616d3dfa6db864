"""Preparing in even light, keeping an earlier split, and what merging needs."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.data.conftest import Pixels, write_collection
from trainer.commands.prepare import Prepare
from trainer.data.dataset import open_dataset
from trainer.data.faces.alignment import Geometry
from trainer.data.light.colour import decode
from trainer.data.light.evening import measure
from trainer.errors import UserError

GOOD = ["good0.jpg", "good1.jpg", "good2.jpg", "good3.jpg"]


def command(folder: Path, out: Path, **options: Any) -> Prepare:
    return Prepare("folder", folder, out, **{"workers": 1, "held_out": 0.25, "same_person": 0.0, **options})


@pytest.fixture(scope="module")
def collection(portraits: list[Pixels], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four good portraits, one lit from a side, and some that no evening mends."""
    first, second = portraits[1], portraits[3]
    across = np.geomspace(1.0, 0.25, first.shape[1])[None, :, None]
    luma = (first @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    pictures = [
        *zip(GOOD, portraits, strict=True),
        ("side.jpg", (first * across).astype(np.uint8)),
        ("night.jpg", (first * 0.25).astype(np.uint8)),
        ("flash.jpg", np.clip(first.astype(np.int64) * 3, 0, 255).astype(np.uint8)),
        ("old.jpg", np.repeat(luma[..., None], 3, axis=2)),
        ("disco.jpg", (second * np.array([0.4, 0.5, 1.0])).astype(np.uint8)),
    ]
    return write_collection(tmp_path_factory.mktemp("lit") / "pictures", pictures)


@pytest.fixture(scope="module")
def prepared(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "dataset"
    command(collection, out).run()
    return out


def test_even_light_keeps_what_can_be_evened_and_stores_it_even(
    collection: Path, prepared: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.toml").write_text(
        '[[labels]]\nname = "sex"\n[[labels]]\nname = "skin_tone"\n[[labels]]\nname = "undertone"\n', encoding="utf-8"
    )
    command(collection, tmp_path / "out", even_light=True, labels=tmp_path / "labels.toml", pack=True).run()
    dataset = open_dataset(tmp_path / "out")
    assert dataset.light == "even"
    assert open_dataset(tmp_path / "out" / "packed.zip").light == "even"
    assert open_dataset(prepared).light == "photographs"
    assert dataset.files == [*GOOD, "side.jpg"]
    side = dataset.files.index("side.jpg")
    assert float(dataset.extra["side_light"][side]) > 0.6
    assert float(dataset.extra["stored_side_light"][side]) < 0.3
    eyes = (Geometry().eye_distance, Geometry().eye_height)
    for index, picture in enumerate(dataset.images):
        light = measure(decode(picture), *eyes)
        assert light.off_skin < 1.2
        assert dataset.values["skin_tone"][0][index, 0] == pytest.approx(light.skin_tone, abs=1e-3)
        assert dataset.values["undertone"][0][index, 0] == pytest.approx(light.undertone, abs=1e-3)
    with (tmp_path / "out" / "dropped.csv").open(encoding="utf-8") as table:
        rules = {row["file"]: row["rule"] for row in csv.DictReader(table)}
    assert {rules[name] for name in ("night.jpg", "flash.jpg", "old.jpg", "disco.jpg")} <= {
        "dark", "burnt-out", "grey", "tinted", "two-lamps", "lost-light", "misexposed",
    }  # fmt: skip
    with pytest.raises(UserError, match="--even-light does not go with --whole"):
        command(collection, tmp_path / "whole", even_light=True, whole=True).run()


def test_the_split_of_an_earlier_dataset_is_kept(collection: Path, prepared: Path, tmp_path: Path) -> None:
    before = open_dataset(prepared)
    command(collection, tmp_path / "out", even_light=True, split_of=prepared, seed=9).run()
    after = open_dataset(tmp_path / "out")
    held = dict(zip(after.files, after.held_out.tolist(), strict=True))
    assert [held[file] for file in before.files] == before.held_out.tolist()
    assert after.metadata["keeps_split_of"] == [before.metadata["fingerprint"]]


def test_embeddings_lie_beside_the_pictures_for_merging(portraits: list[Pixels], tmp_path: Path) -> None:
    folder = write_collection(tmp_path / "pictures", list(zip(GOOD, portraits, strict=True)))
    command(folder, tmp_path / "out", same_person=0.25).run()
    assert np.load(tmp_path / "out" / "embeddings.npy").shape == (4, 128)
    assert not (tmp_path / "out" / "packed.zip").exists()


def test_a_packed_file_is_smaller_at_a_lower_quality(collection: Path, tmp_path: Path) -> None:
    sizes = []
    for quality in (95, 60):
        out = tmp_path / str(quality)
        command(collection, out, pack=True, pack_quality=quality).run()
        sizes.append((out / "packed.zip").stat().st_size)
    assert sizes[1] < sizes[0]
    with pytest.raises(UserError, match="quality 0: give 1 to 95"):
        command(collection, tmp_path / "none", pack=True, pack_quality=0).run()
