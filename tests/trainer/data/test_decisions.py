"""What people decided about pictures: the file, what stands, what a dataset becomes."""

import json
import multiprocessing
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.data.conftest import person
from trainer.cli import main
from trainer.data.dataset import IMAGES, LABELS, METADATA, open_dataset
from trainer.data.decisions import (
    Decision,
    DecisionFile,
    Standing,
    apply_decisions,
    decided_listing,
    decisions_beside,
    effective,
    now,
    read_decisions,
    standing,
    tell_decisions,
)
from trainer.data.faces.measures import RULES
from trainer.data.packing import write_pack
from trainer.data.sources.source import Listing
from trainer.errors import UserError
from trainer.labels.people import SEX_AND_AGE


def decided(second: int, action: str, value: str = "", file: str = "a.jpg", who: str = "ana") -> Decision:
    return Decision(who, f"2024-05-01T10:00:{second:02d}+00:00", file, action, value)


ACTIONS = st.sampled_from(
    [("keep", ""), ("drop", ""), ("sex", "female"), ("age", "20-29"), ("age", "70+"), ("undo", "")]
)
DECISIONS = st.lists(
    st.builds(
        lambda second, action, file, who: decided(second, action[0], action[1], file, who),
        st.integers(0, 59),
        ACTIONS,
        st.sampled_from(["a.jpg", "b, ä.jpg"]),
        st.sampled_from(["ana", "bo"]),
    ),
    unique_by=lambda decision: decision.order,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of four pictures, written by hand: women of 20 to 29, every second one held out."""
    out = tmp_path / "dataset"
    out.mkdir()
    np.save(out / IMAGES, np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((4, 16, 16, 3), np.uint8))
    rows = [f"{name}.jpg,-1,20,30,{index % 2},{index},s" for index, name in enumerate("abcd")]
    (out / LABELS).write_text("\n".join(["file,sex,age_low,age_high,held_out,group,source", *rows]) + "\n", "utf-8")
    (out / METADATA).write_text(
        json.dumps({"format": 1, "labels": [label.declaration() for label in SEX_AND_AGE]}), encoding="utf-8"
    )
    return out


def write(path: Path, *decisions: Decision) -> None:
    file = DecisionFile(path)
    file.append(decisions)
    file.close()


@given(DECISIONS)
def test_a_decision_comes_back_from_its_line(decisions: list[Decision]) -> None:
    lines = [json.loads(decision.line()) for decision in decisions]
    assert [Decision(**line) for line in lines] == decisions


@given(DECISIONS, st.randoms())
def test_the_order_and_repetition_of_lines_does_not_matter(decisions: list[Decision], dice: random.Random) -> None:
    shuffled = [*decisions, *decisions[:3]]
    dice.shuffle(shuffled)
    assert standing(shuffled) == standing(decisions)


@given(DECISIONS, ACTIONS)
def test_undo_takes_back_what_the_same_person_decided_last(decisions: list[Decision], action: tuple[str, str]) -> None:
    before = [decision for decision in decisions if decision.action != "undo"]
    later = [
        Decision("ana", "2024-05-01T11:00:00+00:00", "a.jpg", *(("keep", "") if action[0] == "undo" else action)),
        Decision("ana", "2024-05-01T11:00:01+00:00", "a.jpg", "undo"),
    ]
    assert effective([*before, *later]) == effective(before)


def test_the_last_word_stands_and_labels_add_up() -> None:
    assert standing([decided(1, "sex", "m"), decided(2, "age", "30-39")])["a.jpg"] == Standing(
        values={"sex": (1, 1), "age": (30, 40)}
    )
    assert standing([decided(1, "sex", "m"), decided(2, "keep")])["a.jpg"] == Standing()
    assert standing([decided(1, "sex", "m"), decided(2, "drop")])["a.jpg"].dropped
    assert not standing([decided(1, "drop"), decided(2, "age", "5")])["a.jpg"].dropped
    assert standing([decided(1, "keep"), decided(2, "drop", who="bo"), decided(3, "undo")])["a.jpg"].dropped
    assert standing([decided(1, "drop"), decided(2, "undo")]) == {}


def test_times_of_other_zones_are_compared_as_instants() -> None:
    early = Decision("ana", "2024-05-01T12:00:00+05:00", "a.jpg", "drop")
    late = Decision("bo", "2024-05-01T08:00:00+00:00", "a.jpg", "keep")
    assert standing([late, early])["a.jpg"] == Standing()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "dorp"),
        ("action", "sex"),
        ("who", ""),
        ("file", "a\nb"),
        ("when", "yesterday"),
        ("when", "2024-05-01T10:00:00"),
        ("value", "male"),
    ],
)
def test_a_whole_line_that_makes_no_sense_is_named(tmp_path: Path, field: str, value: str) -> None:
    good = json.loads(decided(1, "drop").line())
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {field: value}) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"d\.jsonl, line 2: "):
        read_decisions(path)


@pytest.mark.parametrize("line", ["[]", "3", '{"who": 3}', "{}"])
def test_other_json_is_named_too(tmp_path: Path, line: str) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match="line 1: "):
        read_decisions(path)


def test_wherever_a_crash_cuts_the_file_all_whole_lines_count_and_new_ones_follow(tmp_path: Path) -> None:
    first, second, third = decided(1, "drop"), decided(2, "keep", file="ä.jpg"), decided(3, "drop", file="c.jpg")
    data = f"{first.line()}\n{second.line()}\n".encode()
    path = tmp_path / "d.jsonl"
    for length in range(len(first.line()) + 1, len(data)):
        path.write_bytes(data[:length])
        read, cut = read_decisions(path)
        assert read[0] == first
        assert (len(read), cut) in ((1, 0 if length == len(first.line()) + 1 else 1), (2, 0))
        write(path, third)
        again, cut_again = read_decisions(path)
        assert (again, cut_again) == ([*read, third], cut)


def append_many(path: Path, who: str) -> None:
    for number in range(50):
        write(path, Decision(who, now(), f"{number}.jpg", "drop"))


def test_two_programs_can_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    context = multiprocessing.get_context("spawn")
    programs = [context.Process(target=append_many, args=(path, who)) for who in ("ana", "bo")]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    read, cut = read_decisions(path)
    assert (len(read), cut) == (100, 0)


@pytest.mark.parametrize("as_file", [False, True])
def test_a_dataset_is_opened_as_decided(folder: Path, as_file: bool) -> None:
    path = folder
    if as_file:
        path = folder.parent / "packed.zip"
        texts = {name: (folder / name).read_text(encoding="utf-8") for name in (METADATA, LABELS)}
        write_pack(path, texts, np.load(folder / IMAGES))
    write(
        decisions_beside(path),
        decided(1, "drop", file="a.jpg"),
        decided(2, "sex", "male", file="b.jpg"),
        decided(3, "age", "70+", file="c.jpg", who="bo"),
        decided(4, "keep", file="d.jpg"),
        decided(5, "drop", file="elsewhere.jpg"),
    )
    before = (folder / LABELS).read_bytes()
    dataset = open_dataset(path)
    assert dataset.files == ["b.jpg", "c.jpg", "d.jpg"]
    assert dataset.images[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert dataset.people.sex.tolist() == [1, -1, -1]
    assert dataset.people.low.tolist() == [20, 70, 20]
    assert dataset.people.high.tolist() == [30, 90, 30]
    assert dataset.held_out.tolist() == [True, False, True]
    assert dataset.group.tolist() == [1, 2, 3]
    assert dataset.extra["source"] == ["s", "s", "s"]
    told = json.loads(json.dumps(dataset.metadata))["decisions"]
    assert told | {"people": None} == {
        "pictures": 4,
        "kept_as_labelled": 1,
        "dropped": 1,
        "sex": 1,
        "age": 1,
        "files_not_here": 1,
        "lines_cut_short": 0,
        "people": None,
    }
    assert told["people"] == {"ana": 4, "bo": 1}
    assert "1 dropped, sex changed on 1, age on 1, 1 as labelled" in tell_decisions(dataset.metadata)[0]
    assert open_dataset(path, decided=False).files == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert (folder / LABELS).read_bytes() == before


def test_applying_twice_changes_nothing_more(folder: Path) -> None:
    path = decisions_beside(folder)
    write(path, decided(1, "sex", "male"), decided(2, "drop", file="b.jpg"))
    once = open_dataset(folder)
    twice = apply_decisions(once, path)
    assert twice.files == once.files
    assert twice.people.sex.tolist() == once.people.sex.tolist()


def test_without_decisions_the_pictures_stay_mapped(folder: Path) -> None:
    write(decisions_beside(folder), decided(1, "sex", "male"))
    dataset = open_dataset(folder)
    assert isinstance(dataset.images, np.memmap)
    assert tell_decisions(open_dataset(folder, decided=False).metadata) == []


def test_a_dataset_that_is_dropped_whole_is_told(folder: Path) -> None:
    write(decisions_beside(folder), *(decided(1, "drop", file=f"{name}.jpg") for name in "abcd"))
    with pytest.raises(UserError, match="drops every picture"):
        open_dataset(folder)


def test_stats_tells_what_was_decided(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(decisions_beside(folder), decided(1, "drop"))
    facts = {
        "format": 1,
        "labels": [label.declaration() for label in SEX_AND_AGE],
        "count": 4,
        "sources": [],
        "dropped": dict.fromkeys(RULES, 0),
        "unreadable": [],
        "split": {"training": 2, "held_out": 2},
        "near_duplicates": {"pictures": 0, "groups": 0, "largest": 1},
    }
    (folder / METADATA).write_text(json.dumps(facts), encoding="utf-8")
    assert main(["stats", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "decisions: 1 pictures reviewed; 1 dropped" in shown
    assert "3 pictures of 16 x 16" in shown


def test_photographs_are_prepared_as_decided(tmp_path: Path) -> None:
    listing = Listing([person(f"{name}.jpg", -1, 20, 30) for name in "abc"], {"no face": 2})
    path = tmp_path / "d.jsonl"
    write(path, decided(1, "drop"), decided(2, "sex", "male", file="b.jpg"), decided(3, "age", "33", file="b.jpg"))
    result = decided_listing(listing, path)
    assert result.photographs == [
        person("b.jpg", 1, 33, 34),
        listing.photographs[2],
    ]
    assert result.left_out == {"no face": 2, "dropped by decision": 1}
    assert result.remarks == {"label changed by decision": 1}
    with pytest.raises(UserError, match="no such file"):
        decided_listing(listing, tmp_path / "none.jsonl")
