"""The sections' own arithmetic, and the whole command on a small dataset."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trainer.cli import main
from trainer.config import Config
from trainer.data.dataset import IMAGES, LABELS, METADATA, Dataset
from trainer.data.faces.measures import skin_lightness
from trainer.errors import UserError
from trainer.evaluation import evidence
from trainer.evaluation.judges.cascades import detect, uniform_noise
from trainer.evaluation.judges.judge import Judgement
from trainer.evaluation.judges.pool import Pool, in_chunks
from trainer.evaluation.sections.ageing import steps_up, strangers_rise
from trainer.evaluation.sections.agreement import agreement, years_outside
from trainer.evaluation.sections.distinctness import closest_pairs, pairs_within
from trainer.evaluation.sections.registry import SECTIONS, chosen
from trainer.evaluation.sources import (
    AGEING_AGES,
    RealFaces,
    ageing_people,
    draw_like,
    paper_people,
    people_like,
    people_of_groups,
)
from trainer.labels.people import SexAndAge
from trainer.labels.sex_and_years import age_groups
from trainer.training.run import Run, RunOptions, fabric_for


def faces_of(sex: Sequence[float], low: Sequence[float], high: Sequence[float]) -> RealFaces:
    pictures, shots = np.zeros((len(sex), 8, 8, 3), np.uint8), np.arange(len(sex), dtype=np.int32)
    people = SexAndAge(*(np.array(column, np.float32) for column in (sex, low, high)))
    return RealFaces(pictures, people, shots)


def judgement(male: list[float], age: list[float]) -> Judgement:
    return Judgement(np.array(male, np.float32), np.array(age, np.float32), np.zeros((len(male), 256), np.float32))


def test_agreement_counts_adults_apart_and_years_outside_the_group() -> None:
    faces = faces_of([1, 1, -1, -1], [30, 5, 20, 70], [40, 10, 30, 90])
    found = agreement(judgement([0.9, 0.1, 0.2, 0.8], [35, 12, 26, 60]), faces, np.array([33, 6, 25, 80.0]))
    assert (found.adults, found.adults_agreeing) == (3, 2)
    assert found.sex_of_adults == pytest.approx(2 / 3)
    assert found.everyone_agreeing == 0.5
    assert found.outside_group == pytest.approx((0 + 2 + 0 + 10) / 4)
    assert found.bias == pytest.approx((2 + 6 + 1 - 20) / 4)
    assert found.mean_error == pytest.approx((2 + 6 + 1 + 20) / 4)
    assert found.correlation == pytest.approx(1)


def test_years_outside_a_range() -> None:
    ages, low, high = np.array([5, 10, 15, 20, 26.0]), np.full(5, 10.0), np.full(5, 20.0)
    assert years_outside(ages, low, high).tolist() == [5, 0, 0, 0, 6]


def test_steps_up_counts_rises_alone() -> None:
    assert steps_up(np.array([[10, 20, 20, 30], [10, 9, 12, 14]])) == (4, 6)


def test_pairs_stay_within_their_group() -> None:
    points = np.array([[0.0], [3.0], [4.0], [9.0], [100.0]])
    pairs = pairs_within(points, np.array([0, 1, 0, 0, 2]))
    found = sorted(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True))
    assert found == [(0, 2, 4.0), (0, 3, 9.0), (2, 3, 5.0)]


def test_the_closest_pairs_come_first() -> None:
    pairs = closest_pairs(np.array([[0.0], [3.0], [3.5], [9.0]]), 2)
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True)) == [
        (1, 2, 0.5),
        (0, 1, 3.0),
    ]


def test_skin_lightness_looks_at_the_cheeks_alone() -> None:
    pictures = np.zeros((3, 64, 64, 3), np.uint8)
    pictures[:, 32:41, 17:26] = pictures[:, 32:41, 38:47] = np.array([255, 119, 0], np.uint8)[:, None, None, None]
    assert skin_lightness(pictures) == pytest.approx([100, 50, 0], abs=0.5)


def test_the_paper_sample_is_half_women_and_15_to_74() -> None:
    people = paper_people(2000, np.random.default_rng(0))
    assert (people.sex == 1).sum() == 1000
    assert 15 <= people.age.min() < 16
    assert 73 < people.age.max() <= 74
    assert len(set(people.seeds.tolist())) == 2000


def test_people_like_photographs_have_their_labels() -> None:
    faces = faces_of([1, -1, 1] * 50, [0, 20, 70] * 50, [3, 30, 90] * 50)
    people = people_like(faces, np.random.default_rng(0))
    assert (people.sex == faces.people.sex).all()
    assert ((people.age >= faces.people.low) & (people.age < faces.people.high)).all()


def test_a_drawing_like_photographs_has_their_sexes_and_groups_and_no_picture_twice() -> None:
    faces = faces_of([1, 1, -1], [20, 20, 60], [30, 30, 70])
    among = faces_of([1] * 5 + [-1] * 5 + [-1], [20] * 5 + [60] * 5 + [0], [30] * 5 + [70] * 5 + [3])
    drawn = draw_like(faces, among, np.random.default_rng(0))
    assert sorted(among.people.bin[drawn].tolist()) == sorted(faces.people.bin.tolist())
    assert len(set(drawn.tolist())) == 3


def test_age_groups_begin_at_their_limits() -> None:
    assert age_groups(np.array([0, 2.9, 3, 9.9, 20, 69.9, 70, 88])).tolist() == [0, 0, 1, 1, 3, 7, 8, 8]
    people = people_of_groups(4, -1, np.random.default_rng(0))
    assert age_groups(people.age).tolist() == np.repeat(range(9), 4).tolist()


def test_strangers_rise_is_how_often_the_elder_of_two_of_one_sex_is_told() -> None:
    low = [20.0, 20, 30, 20, 30, 60]
    faces = faces_of([1, 1, 1, -1, -1, 1], low, [age + 10 for age in low])
    judged = np.array([25.0, 40.0, 33.0, 28.0, 29.0, 10.0])
    # The man of thirty looks older than one of the two of twenty, the woman of thirty than the one of twenty.
    assert strangers_rise(judged, faces) == pytest.approx((0.5 + 1.0) / 2)
    assert strangers_rise(judged[:2], faces_of([1, 1], [20, 20], [30, 30])) is None


def test_an_ageing_person_keeps_seed_and_sex() -> None:
    people = ageing_people(6, np.random.default_rng(0))
    shape = (6, len(AGEING_AGES))
    assert (np.ptp(people.seeds.reshape(shape), axis=1) == 0).all()
    assert (np.ptp(people.sex.reshape(shape), axis=1) == 0).all()
    assert (people.age.reshape(shape) == AGEING_AGES).all()


def test_many_processes_give_in_order_what_one_gives() -> None:
    pictures = uniform_noise(60, 64, np.random.default_rng(0))
    rows = []
    for workers in (1, 2):
        with Pool(workers) as pool:
            rows.append(pool.extract(detect, in_chunks(pictures, 7), 60, "cascades"))
    assert rows[0].any()
    assert (rows[0] == rows[1]).all()


def test_sections_are_chosen_by_name_in_the_reports_order() -> None:
    assert chosen(["labels,cascades", "ageing"]) == ["cascades", "labels", "ageing"]
    assert chosen([]) == list(SECTIONS)
    with pytest.raises(UserError, match=r"no section 'cascade' .* cascades"):
        chosen(["cascade"])


@pytest.fixture(scope="session")
def discs_folder(discs: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("discs")
    np.save(folder / IMAGES, discs.images)
    rows = ["file,sex,age_low,age_high,held_out,group,source"]
    held_out = np.arange(len(discs)) % 4 == 3
    for index, name in enumerate(discs.files):
        numbers = (
            discs.people.sex[index],
            discs.people.low[index],
            discs.people.high[index],
            int(held_out[index]),
            index,
        )
        rows.append(",".join([name, *map(str, numbers), "discs"]))
    (folder / LABELS).write_text("\n".join(rows) + "\n")
    (folder / METADATA).write_text(json.dumps({"format": 1, **discs.metadata, "split": {"seed": 0}}))
    return folder


@pytest.fixture
def run_folder(discs: Dataset, discs_folder: Path, small_crowd: Config, tmp_path: Path) -> Path:
    run = tmp_path / "run"
    Run(replace(small_crowd, images=64), discs, fabric_for("cpu"), RunOptions(run, compiled=False, quiet=True)).train()
    (run / METADATA).write_text((discs_folder / METADATA).read_text())
    return run


def test_the_same_command_writes_the_same_whole_report(
    run_folder: Path,
    discs_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evidence, "AGEING_PEOPLE", 12)
    words = ["evaluate", "--model", str(run_folder), "--data", str(discs_folder), "--samples", "60", "--broken", "3"]
    words += ["--cache", str(tmp_path / "cache"), "--workers", "1"]
    for name in ("first", "second"):
        assert main([*words, "--out", str(tmp_path / name)]) == 0
    assert "bars met" in capsys.readouterr().out
    first, second = ((tmp_path / name / "report.json").read_text() for name in ("first", "second"))
    assert first == second
    figures = json.loads(first)["figures"]
    assert {key.split(".")[0] for key in figures} == set(SECTIONS)
    assert figures["gallery.broken"]["value"] == pytest.approx(3 / 48)
    assert figures["cascades.paper"]["count"] == 60
    assert figures["labels.age_error"]["count"] == 48
    assert figures["distances.fd_age256"]["value"] > figures["distances.fd_age256"]["photographs"]
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 6
    assert main(["compare", str(tmp_path / "first"), str(tmp_path / "second")]) == 0


def test_only_the_chosen_sections_are_measured(run_folder: Path, discs_folder: Path, tmp_path: Path) -> None:
    words = ["evaluate", "--model", str(run_folder), "--data", str(discs_folder), "--out", str(tmp_path / "report")]
    assert main([*words, "--samples", "20", "--only", "cascades", "--cache", str(tmp_path / "cache")]) == 0
    figures = json.loads((tmp_path / "report" / "report.json").read_text())["figures"]
    assert {key.split(".")[0] for key in figures} == {"cascades"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--only", "beauty"], "no section 'beauty'"),
        (["--samples", "0"], "--samples 0: give a number from 1"),
        (["--model", "nowhere.facegan"], "nowhere.facegan: no such model"),
        (["--data", "nowhere"], "nowhere: no such dataset"),
    ],
)
def test_mistakes_are_one_line(
    change: list[str], message: str, run_folder: Path, discs_folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    options = {"--model": str(run_folder), "--data": str(discs_folder), "--out": str(tmp_path / "report")}
    options |= dict([change])
    capsys.readouterr()
    assert main(["evaluate", *(word for pair in options.items() for word in pair)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1


def test_a_run_of_another_split_is_refused(
    run_folder: Path, discs_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = json.loads((run_folder / METADATA).read_text())
    (run_folder / METADATA).write_text(json.dumps(facts | {"split": {"seed": 1}}))
    words = ["evaluate", "--model", str(run_folder), "--data", str(discs_folder), "--out", str(tmp_path / "report")]
    assert main(words) == 2
    assert "trained on another preparation of discs" in capsys.readouterr().err
