"""A study's folder tells people nothing and its maker everything."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.trainer.study.conftest import SMALL, MadeStudy, made_faces
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.study.design import (
    CHECK_MILLISECONDS,
    PARTS,
    STRATA,
    Options,
    Picture,
    Protocol,
    Question,
    draw_decks,
    exposures,
)
from trainer.study.faces import draft, drawn_face, instruction


def shade(study: MadeStudy, name: str) -> int:
    return int(np.asarray(Image.open(study.folder / "public" / "pictures" / f"{name}.png"))[0, 0, 0])


def png_chunks(data: bytes) -> set[bytes]:
    found, place = set(), 8
    while place < len(data):
        found.add(data[place + 4 : place + 8])
        place += 12 + int.from_bytes(data[place : place + 4])
    return found


def test_pictures_are_files_of_one_length_without_metadata_or_dates(single: MadeStudy) -> None:
    paths = sorted((single.folder / "public" / "pictures").iterdir())
    assert {path.stem for path in paths} == set(single.key.pictures)
    assert len({path.stat().st_size for path in paths}) == 1
    assert len({path.stat().st_mtime for path in paths}) == 1
    assert set().union(*(png_chunks(path.read_bytes()) for path in paths)) == {b"IHDR", b"IDAT", b"IEND"}


def test_the_public_part_does_not_say_what_is_real(single: MadeStudy) -> None:
    """Nothing but names of pictures, in the order of their names: questions and decks too."""
    public = single.public
    assert public["pictures"] == sorted(public["pictures"])
    assert set(public) == {
        *("format", "study", "digest", "title", "credits", "display", "protocol", "sexes", "groups", "pictures"),
        "decks",
    }
    for deck in public["decks"]:
        for questions in deck.values():
            shown = [show for show, _ in questions]
            assert shown == sorted(shown)
            assert all(show == sorted(show) for show in shown)


def test_names_cannot_be_worked_out_from_the_seed(make_study: Callable[..., MadeStudy], tmp_path: Path) -> None:
    one, other = make_study(tmp_path / "one", seed=3), make_study(tmp_path / "other", seed=3)
    assert not set(one.key.pictures) & set(other.key.pictures)
    assert sorted(shade(one, name) for name in one.key.pictures) == sorted(
        shade(other, name) for name in other.key.pictures
    )


def test_the_key_stays_outside_the_public_part_and_is_its_owners_alone(single: MadeStudy) -> None:
    assert {path.name for path in single.folder.iterdir()} == {"public", "key.json"}
    assert {path.name for path in (single.folder / "public").iterdir()} == {"index.html", "pictures"}
    assert (single.folder / "key.json").stat().st_mode & 0o077 == 0
    assert single.public["digest"] == single.key.digest


@pytest.mark.parametrize("study", ["single", "pairs"])
def test_the_key_knows_the_kinds(study: str, request: pytest.FixtureRequest) -> None:
    made: MadeStudy = request.getfixturevalue(study)
    for name, truth in made.key.pictures.items():
        if truth.kind == "made":
            assert shade(made, name) >= 200
        if truth.kind == "photograph":
            assert shade(made, name) < 100, "shades from 100 on are training pictures"


@pytest.mark.parametrize("study", ["single", "pairs"])
def test_every_deck_asks_which_is_real_of_as_many_made_faces_as_photographs_of_the_same_people(
    study: str, request: pytest.FixtureRequest
) -> None:
    made: MadeStudy = request.getfixturevalue(study)
    for deck in made.key.decks:
        shown = [name for asked in deck["real"].values() if not asked.expected for name in asked.show]
        truths = [made.key.pictures[name] for name in shown]
        kinds = {kind: Counter((t.sex, t.group) for t in truths if t.kind == kind) for kind in ("made", "photograph")}
        assert kinds["made"] == kinds["photograph"]
        assert kinds["made"]


def test_sexes_and_ages_are_even_in_every_deck(make_study: Callable[..., MadeStudy], tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", Options(faces=STRATA * 4, real=STRATA * 2, labels=STRATA, background=STRATA))
    for deck in study.key.decks:
        for questions in deck.values():
            truths = [study.key.pictures[name] for asked in questions.values() for name in asked.show]
            counts = Counter((t.sex, t.group) for t in truths if t.kind != "check")
            assert len(counts) == STRATA
            assert len(set(counts.values())) == 1


@pytest.mark.parametrize("study", ["single", "pairs"])
def test_comparing_decks_tells_no_more_than_that_half_are_photographs(
    study: str, request: pytest.FixtureRequest
) -> None:
    """Decks share all faces that are to be told apart, or none; in the other parts no deck is held to a balance."""
    made: MadeStudy = request.getfixturevalue(study)
    sets = {
        frozenset(name for asked in deck["real"].values() if not asked.expected for name in asked.show)
        for deck in made.key.decks
    }
    assert len(sets) > 1
    assert sum(map(len, sets)) == len(frozenset().union(*sets))
    shares = {
        sum(made.key.pictures[name].kind == "made" for asked in deck["background"].values() for name in asked.show)
        for deck in made.key.decks
    }
    assert len(shares) > 1


def test_nobody_sees_a_face_twice(single: MadeStudy) -> None:
    for deck in single.key.decks:
        shown = [name for questions in deck.values() for asked in questions.values() for name in asked.show]
        assert len(shown) == len(set(shown))


def test_all_decks_together_ask_of_every_face_equally_often(single: MadeStudy) -> None:
    shown = Counter(name for deck in single.key.decks for asked in deck["real"].values() for name in asked.show)
    faces = [name for name, truth in single.key.pictures.items() if truth.kind != "check"]
    assert set(faces) <= set(shown)
    assert {shown[name] for name in faces} == {max(shown[name] for name in faces)}


def test_partners_of_pairs_are_the_same_in_every_deck(pairs: MadeStudy) -> None:
    partners: dict[str, set[str]] = {}
    for deck in pairs.key.decks:
        for asked in deck["real"].values():
            if asked.expected is None:
                one, other = (pairs.key.pictures[name] for name in asked.show)
                assert {one.kind, other.kind} == {"made", "photograph"}
                assert (one.sex, one.group) == (other.sex, other.group)
                for name in asked.show:
                    partners.setdefault(name, set()).update(set(asked.show) - {name})
    assert {len(found) for found in partners.values()} == {1}


def test_too_few_held_out_photographs_are_told_with_the_number_that_does(portraits: Dataset) -> None:
    options = replace(SMALL, faces=STRATA * 6)
    with pytest.raises(UserError, match=rf"5 held-out .* --faces {STRATA * 5}"):
        draft(portraits, made_faces, options, np.random.default_rng(0))


def test_of_one_burst_of_shots_one_is_shown(portraits: Dataset) -> None:
    """All held-out pictures of women under ten are of one burst: only one of them can be shown."""
    burst = portraits.held_out & (portraits.people.sex < 0) & (portraits.people.low < 10)
    dataset = replace(portraits, group=np.where(burst, 0, portraits.group).astype(np.int32))
    with pytest.raises(UserError, match="1 held-out photographs of people who are female, 0-9"):
        draft(dataset, made_faces, SMALL, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (Options(faces=15), "--faces 15"),
        (Options(real=7), "--real 7"),
        (Options("pair", real=1), "--real"),
        (Options(background=-2), "others"),
        (Options(faces=14), "112 faces, more than the 28"),
        (Options(show_for=(5,)), "--show-for 5"),
    ],
)
def test_numbers_that_make_no_study_are_refused_by_name(options: Options, named: str) -> None:
    with pytest.raises(UserError, match=named.replace("-", r"\-")):
        options.refuse_nonsense()


def test_a_folder_that_holds_something_is_left_alone(make_study: Callable[..., MadeStudy], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        make_study(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_title_cannot_break_out_of_the_page(portraits: Dataset, tmp_path: Path) -> None:
    from trainer.study.folder import page

    text = page({"title": "</script><script>alert(1)</script><!--"})
    assert "<script>alert" not in text
    assert json.loads(text.partition('id="definition">')[2].partition("</script>")[0])["title"].startswith("</script>")


def test_the_page_needs_nothing_from_elsewhere(single: MadeStudy) -> None:
    text = (single.folder / "public" / "index.html").read_text(encoding="utf-8")
    assert "://" not in text.replace("https://www.w3.org", "")
    assert "src=" not in text.partition("<script>")[0]


def test_checks_stay_long_enough_to_be_read(portraits: Dataset) -> None:
    drafted = draft(portraits, made_faces, replace(SMALL, show_for=(100, 400)), np.random.default_rng(0))
    for deck in drafted.decks:
        assert {q.milliseconds for q in deck["real"] if q.expected is not None} == {CHECK_MILLISECONDS}
        assert Counter(q.milliseconds for q in deck["real"] if q.expected is None) == {100: 4, 400: 4}
        assert all(q.milliseconds is None for part in ("labels", "background") for q in deck[part])


@given(st.integers(1, 80), st.lists(st.integers(20, 900), min_size=1, max_size=5, unique=True))
def test_every_time_comes_equally_often(count: int, times: list[int]) -> None:
    counts = Counter(exposures(count, times, np.random.default_rng(0)))
    assert max(counts.values()) - min(counts.get(time, 0) for time in times) <= 1


@given(
    st.sampled_from(["single", "pair"]),
    st.integers(1, 3),
    st.integers(1, 20),
    st.integers(0, 30),
    st.integers(0, 30),
)
@settings(max_examples=40)
def test_whatever_is_not_refused_can_be_dealt(
    protocol: Protocol, per_stratum: int, half: int, labels: int, background: int
) -> None:
    options = Options(protocol, per_stratum * STRATA, 2 * half, labels, background)
    try:
        options.refuse_nonsense()
    except UserError:
        assume(False)
    people = [(stratum % 2, stratum // 2) for stratum in range(STRATA)] * per_stratum
    photographs = [Picture("photograph", *person, len(people) + n) for n, person in enumerate(people)]
    made = [Picture("made", *person, n) for n, person in enumerate(people)]
    none: dict[str, list[Question]] = {part: [] for part in PARTS}
    for deck in draw_decks([*photographs, *made], none, options, np.random.default_rng(0)):
        shown = [index for questions in deck.values() for question in questions for index in question.show]
        assert len(shown) == len(set(shown)) == 2 * options.photographs + labels + background


def test_instructions_fill_the_picture_and_differ(portraits: Dataset) -> None:
    words = [instruction(64, lines) for lines in (("ANSWER", "YES"), ("ANSWER", "NO"), ("ANSWER", "FEMALE", "20-29"))]
    assert all((picture < 80).mean() > 0.02 for picture in words)
    assert all(picture[:, [0, -1]].min() > 200 for picture in words), "cut off at the edge"
    assert len({hashlib.sha256(picture.tobytes()).digest() for picture in words}) == 3
    assert drawn_face(64, np.random.default_rng(0)).shape == (64, 64, 3)
