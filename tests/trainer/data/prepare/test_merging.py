"""Several datasets become one."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from trainer.commands.merge import Merge, shares
from trainer.commands.prepare import split_to_keep
from trainer.data.dataset import open_dataset
from trainer.data.prepare.merging import Merger, merge
from trainer.data.prepare.split import EarlierSplit
from trainer.errors import UserError

SIDE = 32
SEX: dict[str, object] = {"name": "sex", "kind": "binary", "negative": "female", "positive": "male"}
AGE: dict[str, object] = {
    "name": "age",
    "kind": "number",
    "unit": "years",
    "minimum": 0,
    "maximum": 90,
    "groups": [30.0, 60.0],
}
HAIR: dict[str, object] = {"name": "hair", "kind": "classes", "classes": ["dark", "fair"]}
LABELS = (SEX, AGE, HAIR)


def write_dataset(
    folder: Path,
    images: Sequence[np.ndarray],
    *,
    held_out: Sequence[int] = (),
    age: float = 40,
    embeddings: np.ndarray | None = None,
    files: Sequence[str] = (),
    light: str = "photographs",
    labels: Sequence[dict[str, object]] = LABELS,
    extra: str = "",
) -> Path:
    """A dataset in which everybody is male, fair and of one age; its pictures' shots all differ."""
    folder.mkdir(parents=True)
    np.save(folder / "images.npy", np.stack(images))
    if embeddings is not None:
        np.save(folder / "embeddings.npy", embeddings.astype(np.float16))
    names = files or [f"{folder.name}-{index}.jpg" for index in range(len(images))]
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(
            ["file", "sex", "age_low", "age_high", "hair", "held_out", "group", "source", *([extra] * bool(extra))]
        )
        for index, name in enumerate(names):
            rows.writerow(
                [name, 1, age, age + 1, "fair", int(index in held_out), index, "folder", *(["x"] * bool(extra))]
            )
    source = {"name": "folder", "title": folder.name, "licence": f"L-{folder.name}", "attribution": folder.name}
    metadata = {
        "format": 1,
        "size": SIDE,
        "count": len(images),
        "sources": [{**source, "photographs": len(images) + 3}],
        "geometry": {"eye_distance": 0.36, "eye_height": 0.38},
        "light": light,
        "labels": list(labels),
        "split": {},
        "near_duplicates": {},
        "dropped": {"turned": 3},
        "unreadable": [],
        "fingerprint": folder.name,
    }
    (folder / "dataset.json").write_text(json.dumps(metadata), encoding="utf-8")
    return folder


def shots(count: int, seed: int) -> list[np.ndarray]:
    """Pictures of which no two are alike."""
    return list(np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8))


def test_pictures_labels_and_provenance_of_all_are_kept(tmp_path: Path) -> None:
    first, second = shots(5, 0), shots(3, 1)
    paths = [
        write_dataset(tmp_path / "street", first, extra="race"),
        write_dataset(tmp_path / "studio", second, age=70),
    ]
    Merge(tuple(paths), tmp_path / "out", same_person=0.0, pack=True).run()
    dataset = open_dataset(tmp_path / "out")
    assert (dataset.images == np.stack([*first, *second])).all()
    assert dataset.people.low.tolist() == [40] * 5 + [70] * 3
    assert dataset.range_of(dataset.labels[2])[0].tolist() == [[0, 1]] * 8
    assert dataset.extra["source"] == ["street"] * 5 + ["studio"] * 3
    assert dataset.extra["race"] == ["x"] * 5 + [""] * 3
    assert [source["licence"] for source in dataset.metadata["sources"]] == ["L-street", "L-studio"]
    assert dataset.metadata["dropped"]["turned"] == 6
    assert not (tmp_path / "out" / "parts").exists()
    assert open_dataset(tmp_path / "out" / "packed.zip").files == dataset.files


def test_a_shot_that_two_datasets_hold_stays_on_one_side(tmp_path: Path) -> None:
    first, second = shots(6, 0), shots(6, 1)
    second[2] = first[1]
    paths = [
        write_dataset(tmp_path / "street", first, held_out=[1, 3]),
        write_dataset(tmp_path / "studio", second, held_out=[4]),
    ]
    merge(paths, tmp_path / "out", Merger(same_person=0.0))
    dataset = open_dataset(tmp_path / "out")
    assert dataset.group[1] == dataset.group[6 + 2]
    assert np.flatnonzero(dataset.held_out).tolist() == [3, 6 + 4]


def test_the_same_person_is_found_by_what_was_prepared_of_the_faces(tmp_path: Path) -> None:
    faces = np.random.default_rng(0).normal(size=(8, 128))
    faces[6] = faces[0] + 0.001
    paths = [
        write_dataset(tmp_path / "street", shots(4, 0), embeddings=faces[:4], held_out=[0]),
        write_dataset(tmp_path / "studio", shots(4, 1), embeddings=faces[4:]),
    ]
    merge(paths, tmp_path / "out", Merger())
    dataset = open_dataset(tmp_path / "out")
    assert dataset.group[0] == dataset.group[6]
    assert not dataset.held_out.any()
    assert np.load(tmp_path / "out" / "embeddings.npy").shape == (8, 128)
    (tmp_path / "studio" / "embeddings.npy").unlink()
    with pytest.raises(UserError, match=r"holds no embeddings.npy.*--same-person 0"):
        merge(paths, tmp_path / "other", Merger())


def test_no_source_exceeds_its_share_of_a_bin_where_others_have_pictures(tmp_path: Path) -> None:
    paths = [
        write_dataset(tmp_path / "street", shots(4, 0), age=40),
        write_dataset(tmp_path / "studio", shots(12, 1), age=45),
        write_dataset(tmp_path / "attic", shots(3, 2), age=80),
    ]
    most = {"studio": 0.5, "attic": 0.5}
    metadata = merge(paths, tmp_path / "out", Merger(same_person=0.0, most=most))
    sources = open_dataset(tmp_path / "out").extra["source"]
    assert [sources.count(name) for name in ("street", "studio", "attic")] == [4, 4, 3]
    assert metadata["merged"]["left_out_over_its_share"] == {"street": 0, "studio": 8, "attic": 0}


def test_a_name_that_stands_in_two_datasets_is_told_apart(tmp_path: Path) -> None:
    paths = [
        write_dataset(tmp_path / "street", shots(2, 0), files=["1.jpg", "2.jpg"]),
        write_dataset(tmp_path / "studio", shots(2, 1), files=["2.jpg", "3.jpg"]),
    ]
    merge(paths, tmp_path / "out", Merger(same_person=0.0))
    assert open_dataset(tmp_path / "out").files == ["1.jpg", "street/2.jpg", "studio/2.jpg", "3.jpg"]


def test_decisions_beside_a_dataset_hold_in_the_merged_one(tmp_path: Path) -> None:
    paths = [write_dataset(tmp_path / name, shots(3, seed)) for seed, name in enumerate(("street", "studio"))]
    decision = {"who": "me", "when": "2026-01-01T00:00:00+00:00", "file": "street-1.jpg", "action": "drop"}
    (paths[0] / "decisions.jsonl").write_text(json.dumps(decision) + "\n", encoding="utf-8")
    merge(paths, tmp_path / "out", Merger(same_person=0.0))
    assert "street-1.jpg" not in open_dataset(tmp_path / "out").files


def test_an_earlier_split_is_kept(tmp_path: Path) -> None:
    paths = [
        write_dataset(tmp_path / "street", shots(4, 0), held_out=[0, 1]),
        write_dataset(tmp_path / "studio", shots(3, 1)),
    ]
    earlier = EarlierSplit(frozenset({"street-0.jpg"}), frozenset({"studio-2.jpg"}), ("before",))
    metadata = merge(paths, tmp_path / "out", Merger(same_person=0.0, earlier=earlier))
    dataset = open_dataset(tmp_path / "out")
    held = [file for file, out in zip(dataset.files, dataset.held_out, strict=True) if out]
    assert held == ["street-1.jpg", "studio-2.jpg"]
    assert metadata["keeps_split_of"] == ["before"]
    kept = split_to_keep(tmp_path / "out")
    assert kept.held_out == set(held)
    assert kept.fingerprints == (metadata["fingerprint"], "before")


def test_merging_again_leaves_a_finished_dataset_as_it_is(tmp_path: Path) -> None:
    paths = [write_dataset(tmp_path / name, shots(3, seed)) for seed, name in enumerate(("street", "studio"))]
    merge(paths, tmp_path / "out", Merger(same_person=0.0))
    before = (tmp_path / "out" / "labels.csv").stat().st_mtime_ns
    merge(paths, tmp_path / "out", Merger(same_person=0.0))
    assert (tmp_path / "out" / "labels.csv").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="--overwrite"):
        merge(paths, tmp_path / "out", Merger(same_person=0.0, seed=1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"light": "even"}, "its light is even, that of the first dataset photographs"),
        ({"labels": (SEX, AGE, {**HAIR, "classes": ["dark", "fair", "red"]})}, "its labels are not those"),
    ],
)
def test_datasets_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    paths = [write_dataset(tmp_path / "street", shots(2, 0)), write_dataset(tmp_path / "studio", shots(2, 1), **change)]  # type: ignore[arg-type]
    with pytest.raises(UserError, match=message):
        merge(paths, tmp_path / "out", Merger(same_person=0.0))


def test_what_makes_no_sense_is_refused_with_the_remedy(tmp_path: Path) -> None:
    street, studio = (write_dataset(tmp_path / name, shots(2, seed)) for seed, name in enumerate(("street", "studio")))
    with pytest.raises(UserError, match="two datasets or more"):
        merge([street], tmp_path / "out", Merger(same_person=0.0))
    with pytest.raises(UserError, match="attic: no dataset of this name"):
        merge([street, studio], tmp_path / "out", Merger(same_person=0.0, most={"attic": 0.5}))
    with pytest.raises(UserError, match="different names"):
        merge([street, street], tmp_path / "out", Merger(same_person=0.0))
    for word in ("studio", "=0.5", "studio=half"):
        with pytest.raises(UserError, match="give a dataset's name and its share"):
            shares((word,))
    with pytest.raises(UserError, match="more than 0 and less than 1"):
        Merger(most=shares(("studio=1",)))
