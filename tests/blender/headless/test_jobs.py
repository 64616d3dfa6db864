"""Which files a command fills, and where what comes of each goes."""

from pathlib import Path
from typing import Any

import pytest

from blender_facegan.core.errors import CrowdError
from blender_facegan.scene.headless.jobs import planned


@pytest.fixture
def shots(tmp_path: Path) -> list[str]:
    files = [tmp_path / "shots" / number / "crowd scene.blend" for number in ("010", "020", "ü30")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.touch()
    return [str(file) for file in files]


def test_each_files_own_place_comes_from_its_folder_and_its_name(shots: list[str], tmp_path: Path) -> None:
    jobs = planned(shots, f"{tmp_path}/faces/{{parent}}.blend", "{folder}/{stem}", f"{tmp_path}/{{parent}}.json")
    assert [job.out for job in jobs] == [tmp_path / "faces" / f"{name}.blend" for name in ("010", "020", "ü30")]
    assert jobs[0].table == tmp_path / "shots" / "010" / "crowd scene"
    assert jobs[2].manifest == tmp_path / "ü30.json"
    assert jobs[0].report is None


def test_relative_paths_are_those_of_the_shell(
    shots: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "shots")
    (job,) = planned(["010/crowd scene.blend"], "../x.blend")
    assert (job.source, job.out) == (Path(shots[0]), tmp_path / "x.blend")


def test_patterns_are_filled_in_for_shells_that_do_not(shots: list[str], tmp_path: Path) -> None:
    jobs = planned([f"{tmp_path}/shots/0*/*.blend"], "{folder}/faces.blend")
    assert [str(job.source) for job in jobs] == shots[:2]
    odd = tmp_path / "a[1].blend"
    odd.touch()
    assert planned([str(odd)], "{folder}/faces.blend")[0].source == odd
    with pytest.raises(CrowdError, match="no file is called so"):
        planned([f"{tmp_path}/none/*.blend"], "{folder}/faces.blend")


def test_a_file_that_is_given_twice_is_filled_once(shots: list[str]) -> None:
    twice = str(Path(shots[0]).parent / ".." / "010" / "crowd scene.blend")
    assert len(planned([*shots, shots[1], twice], "{folder}/faces.blend")) == 3


@pytest.mark.parametrize("kind", ["out", "table", "manifest", "report"])
def test_two_files_are_never_written_to_one_place(shots: list[str], tmp_path: Path, kind: str) -> None:
    places: dict[str, Any] = {"out": "{folder}/faces.blend", kind: f"{tmp_path}/{{stem}}"}
    with pytest.raises(CrowdError) as caught:
        planned(shots, **places)
    assert "would both be written to" in str(caught.value)
    assert "{parent}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_may_be_written_over_itself_and_over_no_other(shots: list[str]) -> None:
    assert all(job.out == job.source for job in planned(shots, "{folder}/{stem}.blend"))
    filled = str(Path(shots[0]).with_name("crowd scene-faces.blend"))
    with pytest.raises(CrowdError, match="would be written over"):
        planned([shots[0], filled], "{folder}/{stem}-faces.blend", part=(1, 2))


@pytest.mark.parametrize("shares", [1, 2, 3, 5])
def test_all_shares_together_are_every_file_once(shots: list[str], shares: int) -> None:
    parts = [planned(shots, "{folder}/faces.blend", part=(share + 1, shares)) for share in range(shares)]
    assert sorted(str(job.source) for part in parts for job in part) == sorted(shots)
