"""Photographs prepared into a dataset, end to end."""

import csv
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.trainer.data.conftest import PORTRAITS, Pixels, person, with_cup, with_sunglasses, write_collection
from trainer.commands.prepare import Prepare
from trainer.data.dataset import open_dataset
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.measures import Limits
from trainer.data.prepare import parts, pool, preparation
from trainer.data.prepare.inspection import Inspector, Settings
from trainer.errors import UserError

GOOD = ["good0.jpg", "good1.jpg", "good2.jpg", "good3.jpg"]
SPOILED = {
    "broken.jpg": "unreadable",
    "missing.jpg": "unreadable",
    "cut.jpg": "unreadable",
    "wall.jpg": "no-face",
    "couple.jpg": "several-faces",
    "edge.jpg": "outside",
    "barred.jpg": "outside",
    "night.jpg": "dark",
    "flash.jpg": "burnt-out",
    "window.jpg": "harsh",
    "old.jpg": "grey",
    "disco.jpg": "tinted",
    "soft.jpg": "blurred",
}


def spoiled(portraits: list[Pixels]) -> list[tuple[str, Pixels]]:
    first, second = portraits[1], portraits[3]
    luma = (first @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    barred = second.copy()
    barred[:, 180:] = 0
    across = np.where(np.arange(first.shape[1]) < 0.52 * first.shape[1], 0.35, 1.0)[None, :, None]
    return [
        ("wall.jpg", np.full((300, 200, 3), 150, dtype=np.uint8)),
        ("couple.jpg", np.concatenate([first, second], axis=1)),
        ("edge.jpg", first[75:]),
        ("barred.jpg", barred),
        ("night.jpg", (first * 0.25).astype(np.uint8)),
        ("flash.jpg", np.clip(first.astype(np.int64) * 3, 0, 255).astype(np.uint8)),
        ("window.jpg", (first * across).astype(np.uint8)),
        ("old.jpg", np.repeat(luma[..., None], 3, axis=2)),
        ("disco.jpg", (second * np.array([0.4, 0.5, 1.0])).astype(np.uint8)),
        ("soft.jpg", np.asarray(cv2.GaussianBlur(first, (0, 0), 4.0), dtype=np.uint8)),
    ]


@pytest.fixture(scope="module")
def collection(portraits: list[Pixels], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four good portraits, and one picture for every rule that a picture can break."""
    good = [(name, portrait) for name, portrait in zip(GOOD, portraits, strict=True)]
    folder = write_collection(tmp_path_factory.mktemp("collection") / "pictures", [*good, *spoiled(portraits)])
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "cut.jpg").write_bytes((folder / "good0.jpg").read_bytes()[:4000])
    with (folder / "labels.csv").open("a", encoding="utf-8") as table:
        table.writelines(f"{name},f,20-29\n" for name, rule in SPOILED.items() if rule == "unreadable")
    return folder


def command(folder: Path, out: Path, **options: Any) -> Prepare:
    return Prepare("folder", folder, out, **{"workers": 1, "held_out": 0.25, "same_person": 0.0, **options})


@pytest.fixture(scope="module")
def prepared(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "dataset"
    command(collection, out, pack=True, licence="CC0-1.0", attribution="Congress").run()
    return out


def metadata_of(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "dataset.json").read_text(encoding="utf-8")))


def test_the_good_are_kept_and_every_spoiled_one_is_dropped_by_its_rule(prepared: Path) -> None:
    assert open_dataset(prepared).files == GOOD
    with (prepared / "dropped.csv").open(encoding="utf-8") as table:
        assert {row["file"]: row["rule"] for row in csv.DictReader(table)} == SPOILED
    counts = metadata_of(prepared)["dropped"]
    assert {rule: number for rule, number in counts.items() if number} == {
        rule: list(SPOILED.values()).count(rule) for rule in SPOILED.values()
    }


def test_unreadable_files_are_named_with_the_reason(prepared: Path) -> None:
    problems = {one["file"]: one["problem"] for one in metadata_of(prepared)["unreadable"]}
    assert problems["missing.jpg"] == "missing"
    assert "cannot identify" in problems["broken.jpg"]
    assert "truncated" in problems["cut.jpg"]


def test_the_dataset_tells_where_it_comes_from_and_what_its_labels_mean(prepared: Path) -> None:
    metadata = metadata_of(prepared)
    assert metadata["sources"] == [
        {"name": "folder", "title": "pictures", "licence": "CC0-1.0", "attribution": "Congress", "photographs": 17}
    ]
    assert metadata["geometry"] == {"eye_distance": 0.36, "eye_height": 0.38}
    assert [label["name"] for label in metadata["labels"]] == ["sex", "age"]
    assert metadata["split"]["held_out"] == 1
    assert "/" not in json.dumps(metadata["sources"])


def test_every_rule_has_its_contact_sheet(prepared: Path) -> None:
    sheets = {path.stem for path in (prepared / "sheets").iterdir()}
    readable = {f"dropped-{rule}" for rule in SPOILED.values() if rule != "unreadable"}
    assert sheets == {"kept", *readable}


def test_the_kept_faces_look_like_each_other_and_the_packed_file_like_the_folder(prepared: Path) -> None:
    images = open_dataset(prepared).images
    assert images.shape == (4, 64, 64, 3)
    packed = open_dataset(prepared / "packed.zip")
    assert packed.files == GOOD
    assert np.abs(packed.images.astype(int) - images.astype(int)).mean() < 3


def test_more_workers_give_the_same(collection: Path, prepared: Path, tmp_path: Path) -> None:
    command(collection, tmp_path / "out", workers=3, licence="CC0-1.0", attribution="Congress").run()
    for name in ("images.npy", "labels.csv", "dropped.csv", "dataset.json"):
        assert (tmp_path / "out" / name).read_bytes() == (prepared / name).read_bytes()


def test_a_stopped_run_goes_on_without_redoing_finished_parts(
    collection: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / collection.name, tmp_path / "out"
    shutil.copytree(collection, folder)
    again = command(folder, out, licence="CC0-1.0", attribution="Congress")
    monkeypatch.setattr(pool, "PART_LENGTH", 5)

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(preparation, "_assemble", stop)
        with pytest.raises(KeyboardInterrupt):
            again.run()
    done = sorted((out / "parts").glob("*.npz"))
    assert len(done) == 4
    done[2].rename(done[2].with_suffix(".unfinished"))
    names = [row.split(",")[0] for row in (folder / "labels.csv").read_text(encoding="utf-8").splitlines()[1:]]
    for name in names[:10] + names[15:]:
        (folder / name).write_bytes(b"gone")
    again.run()
    assert not (out / "parts").exists()
    for name in ("images.npy", "labels.csv", "dataset.json"):
        assert (out / name).read_bytes() == (prepared / name).read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_workers_end_when_the_run_is_killed(portraits: list[Pixels], tmp_path: Path) -> None:
    folder = write_collection(tmp_path / "pictures", [("0.png", portraits[0])])
    with (folder / "labels.csv").open("a", encoding="utf-8") as table:
        for index in range(1, 1000):
            (folder / f"{index}.png").hardlink_to(folder / "0.png")
            table.write(f"{index}.png,f,30\n")
    arguments = ["prepare", "folder", str(folder), "--out", str(tmp_path / "out"), "--workers", "2"]
    run = subprocess.Popen([sys.executable, "-m", "trainer", *arguments], stderr=subprocess.DEVNULL)
    try:
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
        wait_until(lambda: any((tmp_path / "out" / "parts").glob("*.unfinished")) or len(started(children)) >= 3)
        workers = started(children)
        assert workers
    finally:
        run.kill()
        run.wait()
    wait_until(lambda: not any(is_alive(worker) for worker in workers))


def started(children: Path) -> list[str]:
    return children.read_text(encoding="utf-8").split()


def is_alive(process: str) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    pytest.fail("did not happen within a minute")


def test_a_finished_dataset_is_left_as_it_is(
    collection: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in prepared.rglob("*") if path.is_file()}
    command(collection, prepared, pack=True, licence="CC0-1.0", attribution="Congress").run()
    assert {path: path.stat().st_mtime_ns for path in prepared.rglob("*") if path.is_file()} == before
    assert "17 photographs, 4 kept" in capsys.readouterr().out


def test_other_options_do_not_mix_with_a_dataset_that_is_there(collection: Path, prepared: Path) -> None:
    with pytest.raises(UserError, match="--overwrite"):
        command(collection, prepared, size=32).run()
    with pytest.raises(UserError, match="other options or photographs"):
        command(PORTRAITS, prepared).run()


def test_overwriting_replaces_the_dataset_and_spares_other_files(prepared: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(prepared, out)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    command(PORTRAITS, out, size=32, overwrite=True).run()
    assert open_dataset(out).images.shape == (4, 32, 32, 3)
    assert not (out / "packed.zip").exists()
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_folder_with_other_files_is_not_touched(collection: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(UserError, match="holds other files"):
            command(collection, tmp_path, overwrite=overwrite).run()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_out_that_cannot_be_a_folder_is_told(collection: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(UserError, match=r"file(/out)?: cannot be written .* give another folder as --out"):
            command(collection, out).run()


def test_when_nothing_passes_the_counts_tell_why(collection: Path, tmp_path: Path) -> None:
    strict = replace(Limits(), max_yaw=0.0, thin_max_yaw=0.0)
    with pytest.raises(UserError, match=r"no photograph passes; dropped: unreadable 3, no-face 1, .*turned"):
        command(collection, tmp_path / "out", limits=strict).run()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 8}, "size 8: give 16 to 1024"),
        ({"held_out": 1.0}, "held-out share 1.0"),
        ({"similarity": 0.0}, "similarity 0.0"),
        ({"same_person": 2.0}, "same-person distance 2.0"),
    ],
)
def test_options_out_of_range_are_refused_before_anything_is_written(
    collection: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        command(collection, tmp_path / "out", **options).run()
    assert not (tmp_path / "out").exists()


def test_the_same_person_again_stays_on_one_side_of_the_split(portraits: list[Pixels], tmp_path: Path) -> None:
    turn = cv2.getRotationMatrix2D((112, 137), 10, 0.9)
    again = np.asarray(cv2.warpAffine(portraits[1], turn, (225, 275), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)
    pictures = [*zip(GOOD, portraits, strict=True), ("again.jpg", again)]
    folder = write_collection(tmp_path / "pictures", pictures)
    (folder / "wall.jpg").write_bytes(b"no picture")
    with (folder / "labels.csv").open("a", encoding="utf-8") as table:
        table.write("wall.jpg,m,50\n")
    command(folder, tmp_path / "out", same_person=0.25, similarity=1.0).run()
    dataset = open_dataset(tmp_path / "out")
    assert dataset.group.tolist() == [0, 1, 2, 3, 1]
    assert dataset.held_out[1] == dataset.held_out[4]
    assert dataset.metadata["near_duplicates"]["pictures"] == 2


def test_covered_faces_are_left_out_where_faces_are_embedded(portraits: list[Pixels], tmp_path: Path) -> None:
    detector = FaceDetector()
    covered = [
        ("cup.jpg", with_cup(portraits[0], detector.find(portraits[0])[0].landmarks)),
        ("shades.jpg", with_sunglasses(portraits[2], detector.find(portraits[2])[0].landmarks)),
    ]
    folder = write_collection(tmp_path / "pictures", [*zip(GOOD, portraits, strict=True), *covered])
    command(folder, tmp_path / "out", same_person=0.25).run()
    dataset = open_dataset(tmp_path / "out")
    assert dataset.files == GOOD
    assert dataset.metadata["dropped"]["covered"] == 1
    assert dataset.metadata["dropped"]["sunglasses"] == 1
    assert all(float(likelihood) < 0.5 for likelihood in dataset.extra["covered"])
    command(folder, tmp_path / "all", same_person=0.25, limits=Limits(max_covered=1, max_sunglasses=1)).run()
    assert len(open_dataset(tmp_path / "all")) == 6


def test_whole_photographs_are_squeezed_and_only_files_without_colour_are_dropped(tmp_path: Path) -> None:
    """As the 2016 paper took them: no face is looked for, the aspect is not kept."""
    halves = np.zeros((80, 200, 3), np.uint8)
    halves[:, 100:] = 255
    folder = write_collection(tmp_path / "pictures", [("halves.png", halves), ("plain.png", halves)])
    Image.fromarray(halves[..., 0]).save(folder / "plain.png")
    Prepare("folder", folder, tmp_path / "out", whole=True, held_out=0.0, workers=1).run()
    dataset = open_dataset(tmp_path / "out")
    assert dataset.files == ["halves.png"]
    assert dataset.metadata["dropped"]["grey"] == 1
    assert dataset.metadata["geometry"] == {}
    assert dataset.images[0, :, :28].max() < 16
    assert dataset.images[0, :, 36:].min() > 240


def test_the_middle_square_of_a_whole_photograph_keeps_its_aspect(tmp_path: Path) -> None:
    halves = np.zeros((80, 200, 3), np.uint8)
    halves[:, 100:] = 255
    halves[:, :50] = halves[:, 150:] = (255, 0, 0)  # outside the middle square, which is 60 to 139
    folder = write_collection(tmp_path / "pictures", [("halves.png", halves)])
    Prepare("folder", folder, tmp_path / "out", whole=True, middle=True, held_out=0.0, workers=1).run()
    (picture,) = open_dataset(tmp_path / "out").images
    assert (np.ptp(picture.astype(int), axis=2) == 0).all()
    assert picture[:, :28].max() < 16
    assert picture[:, 36:].min() > 240
    with pytest.raises(UserError, match="--middle goes with --whole"):
        Prepare("folder", folder, tmp_path / "faces", middle=True, same_person=0.0, workers=1).run()


def test_where_pictures_are_clear_the_background_shows(tmp_path: Path) -> None:
    """Not what their clear pixels happen to hold, which is red here."""
    clear = np.full((80, 80, 4), (255, 0, 0, 0), np.uint8)
    clear[:, 40:] = (200, 150, 20, 255)
    folder = write_collection(tmp_path / "pictures", [("tree.png", clear[..., :3])])
    Image.fromarray(clear).save(folder / "tree.png")
    Prepare("folder", folder, tmp_path / "out", background="#0000ff", whole=True, held_out=0.0, workers=1).run()
    dataset = open_dataset(tmp_path / "out")
    assert dataset.metadata["background"] == [0, 0, 255]
    assert np.abs(dataset.images[0, :, :28].astype(int) - (0, 0, 255)).max() < 8
    assert np.abs(dataset.images[0, :, 36:].astype(int) - (200, 150, 20)).max() < 8
    with pytest.raises(UserError, match=r"background 'blue': give a colour such as #0000ff"):
        Prepare("folder", folder, tmp_path / "other", background="blue", whole=True, held_out=0.0, workers=1).run()
    with pytest.raises(UserError, match="--background goes with --whole"):
        Prepare("folder", folder, tmp_path / "faces", background="#0000ff", workers=1).run()


def test_a_worker_that_is_to_stop_leaves_its_part_undone(collection: Path, tmp_path: Path) -> None:
    stopping, inspected = get_context("spawn").Event(), get_context("spawn").Value("q", 0)
    worker = pool.Worker(Inspector(Settings(64, Geometry(), Limits()), FaceDetector()), stopping, inspected)
    (task,) = pool.split_into_tasks(tmp_path, collection, ["good0.jpg"], [False])
    stopping.set()
    worker.carry_out(task)
    assert not task.path.exists()
    stopping.clear()
    worker.carry_out(task)
    assert parts.kept_in_part(task.path) == (1, 0)
    assert inspected.value == 1


def test_the_bar_moves_within_a_part(
    portraits: list[Pixels], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    monkeypatch.setattr(pool, "BAR_SECONDS", 0.001)
    folder = write_collection(tmp_path / "pictures", [(f"{index}.png", portraits[0]) for index in range(12)])
    command(folder, tmp_path / "out").run()
    told = re.findall(r"inspecting: .*?(\d+)/12 ", capsys.readouterr().err)
    assert {"0", "12"} < set(told)


def test_a_damaged_part_is_named(collection: Path, tmp_path: Path) -> None:
    path = tmp_path / "000000.npz"
    path.write_bytes(b"PK\x03\x04 half")
    for read in (parts.read_part, parts.kept_in_part):
        with pytest.raises(UserError, match=r"000000\.npz: damaged .* delete it and run again"):
            read(path)


def test_age_groups_of_few_pictures_are_thin() -> None:
    photographs = [person(f"{age}.jpg", 1, age, age + 1) for age in [25] * 96 + [75] * 4]
    assert sum(preparation.thin_flags(photographs, 0.05)) == 4
    assert preparation.thin_flags(photographs, 0.05)[-1]
    assert not any(preparation.thin_flags(photographs, 0.0))
