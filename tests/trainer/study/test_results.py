"""What is read, what is refused and why; what is counted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.study.conftest import MadeStudy, fooled, knowing, signed
from trainer import cli
from trainer.errors import UserError
from trainer.study.design import Asked, Key
from trainer.study.results import ResultError, collect, parse_result
from trainer.study.scoring import score


def encoded(result: dict[str, Any]) -> bytes:
    return json.dumps(result).encode()


def without_the_last(result: dict[str, Any]) -> dict[str, Any]:
    return signed({**result, "answers": result["answers"][:-1]})


def with_one_twice(result: dict[str, Any]) -> dict[str, Any]:
    return signed({**result, "answers": [*result["answers"][:-1], result["answers"][0]]})


def with_first(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(result: dict[str, Any]) -> dict[str, Any]:
        return signed({**result, "answers": [{**result["answers"][0], **changes}, *result["answers"][1:]]})

    return change


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda result: {**result, "study": "f" * 16}, "belongs to another study"),
        (lambda result: {**result, "digest": "0" * 32}, "not this study's as it was made"),
        (lambda result: {**result, "format": "x"}, "no result of a study"),
        (lambda result: {**result, "checksum": "00000000"}, "checksum"),
        (lambda result: {**result, "person": "../../etc/passwd"}, "no such person"),
        (lambda result: {**result, "deck": 48}, "no such person or deck"),
        (lambda result: {**result, "deck": True}, "no such person or deck"),
        (lambda result: {name: result[name] for name in result if name != "answers"}, "cannot be read"),
        (lambda result: {**result, "answers": 7}, "cannot be read"),
        (without_the_last, "1 of 20 answers are missing"),
        (with_one_twice, "answered twice"),
        (with_first(answer="perhaps"), "'perhaps' is no answer"),
        (with_first(ms=-1), "-1 ms"),
        (with_first(ms=1.5), "1.5 ms"),
        (with_first(show=["0" * 16]), "was not asked"),
        (with_first(part="favourites"), "was not asked"),
    ],
)
def test_a_result_that_does_not_fit_is_refused_with_the_reason(
    single: MadeStudy, spoil: Callable[[dict[str, Any]], dict[str, Any]], reason: str
) -> None:
    with pytest.raises(ResultError, match=reason):
        parse_result(encoded(spoil(single.answers(knowing))), single.key)


@given(st.data())
def test_a_cut_or_altered_file_is_refused_or_means_the_same(single: MadeStudy, data: st.DataObject) -> None:
    whole = encoded(single.answers(knowing))
    place = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ResultError):
        parse_result(whole[:place], single.key)
    altered = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    try:
        found = parse_result(altered, single.key)
    except ResultError:
        return
    assert found.answers == parse_result(whole, single.key).answers


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_in_place_of_the_answers_is_refused(single: MadeStudy, anything: Any) -> None:
    whole = single.answers(knowing)
    for name in ("answers", "deck", "person", "checksum"):
        if json.dumps(anything) == json.dumps(whole[name]):
            continue
        with pytest.raises(ResultError):
            parse_result(encoded({**whole, name: anything}), single.key)


def test_the_values_that_it_has_are_not_refused(single: MadeStudy) -> None:
    assert parse_result(encoded(single.answers(knowing)), single.key).answers


def write(folder: Path, name: str, result: dict[str, Any]) -> Path:
    path = folder / name
    path.write_bytes(encoded(result))
    return path


def test_the_good_ones_count_beside_the_bad(single: MadeStudy, pairs: MadeStudy, tmp_path: Path) -> None:
    write(tmp_path, "a.json", single.answers(knowing, 1))
    write(tmp_path, "again.json", single.answers(fooled, 1))
    write(tmp_path, "b.json", single.answers(knowing, 2, deck=5))
    write(tmp_path, "other.json", pairs.answers(knowing, 3))
    (tmp_path / "cut.json").write_bytes(encoded(single.answers(knowing, 4))[:500])
    found = collect([tmp_path, tmp_path / "a.json", tmp_path / "nowhere"], single.key)
    assert [result.person for result in found.counted] == [f"{1:032x}", f"{2:032x}"]
    assert len(found.refused) == 4
    assert all("\n" not in line for line in found.refused)
    for name, reason in (
        ("again", "same person"),
        ("other", "another study"),
        ("cut", "cut off"),
        ("nowhere", "no such"),
    ):
        assert any(name in line and reason in line for line in found.refused)


def test_an_empty_folder_is_one_clear_line(single: MadeStudy, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no results \(\*\.json\)"):
        collect([tmp_path], single.key)


def careless(part: str, asked: Asked, key: Key) -> str:
    """Right in everything but the checks."""
    right = knowing(part, asked, key)
    if asked.expected is None:
        return right
    return {"photograph": "made", "made": "photograph", "yes": "no", "no": "yes"}.get(right, right)


def test_the_inattentive_are_set_apart_and_counted(single: MadeStudy, tmp_path: Path) -> None:
    hasty = single.answers(knowing, 3)
    hasty = signed({**hasty, "answers": [{**answer, "ms": 80} for answer in hasty["answers"]]})
    for name, result in (("a", single.answers(knowing, 1)), ("b", single.answers(careless, 2)), ("c", hasty)):
        write(tmp_path, f"{name}.json", result)
    found = collect([tmp_path], single.key)
    assert len(found.counted) == 1
    assert found.people == 3
    assert [reason for _, reason in found.apart] == [
        "3 of 4 attention checks wrong",
        "half of the answers came within 80 ms",
    ]


@pytest.mark.parametrize("study", ["single", "pairs"])
@pytest.mark.parametrize(("choose", "error"), [(knowing, 0.0), (fooled, 1.0)])
def test_errors_are_faces_taken_for_what_they_are_not(
    study: str, choose: Callable[[str, Asked, Key], str], error: float, request: pytest.FixtureRequest
) -> None:
    made: MadeStudy = request.getfixturevalue(study)
    results = [parse_result(encoded(made.answers(choose, n, deck=n)), made.key) for n in range(3)]
    found = score(results, made.key).get("error")
    assert found is not None
    assert found.value == error
    assert found.low <= error <= found.high
    assert found.answers == 3 * (8 if study == "single" else 6)


def youngest(part: str, asked: Asked, key: Key) -> str:
    """Says `female 0-9` and `no` of everybody, checks apart; takes all for photographs."""
    constant = {"labels": "female 0-9", "background": "no", "real": "photograph"}[part]
    return asked.expected or constant


def test_labels_background_and_kinds_are_counted_apart(single: MadeStudy) -> None:
    decks = range(len(single.key.decks))
    results = [parse_result(encoded(single.answers(youngest, n, deck=n)), single.key) for n in decks]
    scores = score(results, single.key)

    def value(name: str, group: str = "all") -> float:
        found = scores.get(name, group)
        assert found is not None
        return found.value

    assert value("error") == 0.5
    assert value("made taken for photographs") == 1
    assert value("photographs taken for made") == 0
    assert value("sex as labelled, made faces", "female") == 1
    assert value("sex as labelled, made faces", "male") == 0
    assert value("age group as labelled, photographs", "0-9") == 1
    assert value("age group as labelled, photographs", "10-19") == 0
    assert value("age within one group, photographs", "10-19") == 1
    assert value("age within one group, photographs", "20-29") == 0
    assert value("fit for the background, made faces") == 0


def score_command(study: MadeStudy, results: list[Path], out: Path, *more: str) -> int:
    words = ["study", "score", *map(str, results), "--study", str(study.folder), "--out", str(out), *more]
    return cli.main(words)


def test_the_report_speaks_of_one_person_and_shows_pictures(
    single: MadeStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "a.json", single.answers(fooled))
    assert score_command(single, [path, tmp_path / "nowhere.json"], tmp_path / "report") == 0
    captured = capsys.readouterr()
    assert "One person answered." in captured.out
    assert captured.err.splitlines() == [
        f"trainer study: not counted: {tmp_path / 'nowhere.json'}: no such file or folder"
    ]
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "one person cannot show" in page
    assert page.count("data:image/png;base64,") == 6
    assert "Most convincing made faces" in page


def test_two_studies_are_compared(
    single: MadeStudy, make_study: Callable[..., MadeStudy], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r").mkdir()
    other = make_study(tmp_path / "other", seed=8)
    assert score_command(other, [write(tmp_path, "o.json", other.answers(knowing))], tmp_path / "earlier") == 0
    path = write(tmp_path, "a.json", single.answers(fooled))
    assert score_command(single, [path], tmp_path / "now", "--against", str(tmp_path / "earlier")) == 0
    assert "100.0 points more errors" in capsys.readouterr().out
    assert score_command(other, [tmp_path / "o.json"], tmp_path / "x", "--against", str(tmp_path / "earlier")) == 2
    assert "same study" in capsys.readouterr().err


def test_another_protocol_is_not_compared(
    single: MadeStudy, pairs: MadeStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert score_command(pairs, [write(tmp_path, "p.json", pairs.answers(knowing))], tmp_path / "pairs") == 0
    path = write(tmp_path, "a.json", single.answers(knowing))
    capsys.readouterr()
    assert score_command(single, [path], tmp_path / "now", "--against", str(tmp_path / "pairs")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "it asked pairs" in line


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text("{"),
        lambda path: path.write_text('{"format": "facegan-study-key/1"}'),
    ],
)
def test_a_study_without_a_readable_key_is_one_line(
    make_study: Callable[..., MadeStudy],
    spoil: Callable[[Path], object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = make_study(tmp_path / "study")
    spoil(study.folder / "key.json")
    assert score_command(study, [tmp_path], tmp_path / "report") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "key" in line
