"""The face of one person, found or carried, and laid on its mesh once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from blender_facegan.core.head.finding import Refusal, Why
from blender_facegan.core.search import locating
from blender_facegan.core.search.locating import Located, LocatingThreads, Marked, Subject, locate
from tests.core.head.people import person, truth


def subject(who: str = "woman", **given: Any) -> Subject:
    somebody = person(who)
    return replace(Subject(somebody, tuple(len(part.surface.corners) for part in somebody.parts)), **given)


def located(given: Subject) -> Located:
    found = locate(given)
    assert isinstance(found, Located)
    return found


def carried(found: Located, by_hand: bool = False, placed: str = "") -> Subject:
    mesh = Marked(found.marked.points, by_hand)
    return subject(carried={found.part: mesh}, placed={found.part: placed} if placed else {})


def test_what_is_found_is_laid_on_every_corner() -> None:
    found = located(subject())
    assert found.values is not None
    assert found.values.shape == (len(person("woman").parts[found.part].surface.corners), 3)
    real = truth("woman")
    tall = float((real.left_eye + real.right_eye)[2] / 2 - real.chin[2])
    assert np.allclose(
        found.marked.points[:2].mean(axis=0)[2], (real.left_eye + real.right_eye)[2] / 2, atol=0.05 * tall
    )


def test_landmarks_that_a_mesh_carries_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = located(subject())
    monkeypatch.setattr(locating, "find_face", None)
    again = located(carried(found))
    assert again.values is not None
    assert found.values is not None
    # The head's axes are now those of its landmarks.
    shown = found.values[:, 2] > 0.5
    assert float(np.median(np.abs(again.values[shown, :2] - found.values[shown, :2]))) < 0.05


def test_a_face_that_lies_there_already_is_not_placed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = located(subject())
    monkeypatch.setattr(locating, "place", None)
    again = located(carried(found, placed=found.placed))
    assert again.values is None
    assert (again.slots, again.placed) == (found.slots, found.placed)


def test_where_the_object_stands_and_how_large_it_is_does_not_matter() -> None:
    found = located(subject())
    given = carried(found, placed=found.placed)
    turn = np.array([[0, -3.0, 0, 1], [3.0, 0, 0, 2], [0, 0, 3.0, 0], [0, 0, 0, 1]])
    parts = [replace(part, to_world=turn @ part.to_world) for part in given.person.parts]
    assert located(replace(given, person=replace(given.person, parts=parts))).values is None


@pytest.mark.parametrize("what", ["vertices", "slots", "stretched", "marked", "eyes"])
def test_what_the_placing_hangs_on_has_it_placed_anew(what: str) -> None:
    found = located(subject())
    given = carried(found, placed=found.placed)
    parts = list(given.person.parts)
    part = parts[found.part]
    if what == "vertices":
        part = replace(part, surface=replace(part.surface, vertices=part.surface.vertices * (1, 1, 1.01)))
    elif what == "slots":
        part = replace(part, surface=replace(part.surface, materials=part.surface.materials + 1))
    elif what == "stretched":
        part = replace(part, to_world=part.to_world @ np.diag([1, 1, 1.2, 1]))
    elif what == "eyes":
        part = replace(part, materials=("Skin", "Eyes"))
    parts[found.part] = part
    given = replace(given, person=replace(given.person, parts=parts))
    if what == "marked":
        moved = Marked(found.marked.points * (1, 1, 1.001), True)
        given = replace(given, carried={found.part: moved})
    again = located(given)
    assert again.values is not None
    assert again.placed != found.placed


def test_corners_that_a_mirror_adds_carry_their_own_half() -> None:
    whole = located(subject()).values
    assert whole is not None
    half = len(whole) // 2
    found = located(subject(corners=(half,)))
    assert found.values is not None
    assert found.mirrored is not None
    assert np.array_equal(np.concatenate((found.values, found.mirrored)), whole)


def test_what_is_mirrored_twice_is_refused() -> None:
    assert locate(subject(corners=(100,))) is Refusal.MIRRORED


def test_threads_find_what_is_found_without_them() -> None:
    threads: LocatingThreads[str] = LocatingThreads(2)
    for who in ("woman", "child", "old"):
        threads.put(who, subject(who))
    assert not threads.is_full
    found: dict[str, Located | Why | str] = {}
    while len(found) < 3:
        found |= threads.take(1.0)
    threads.close()
    for who, there in found.items():
        alone = located(subject(who))
        assert isinstance(there, Located)
        assert np.array_equal(there.values, alone.values)  # type: ignore[arg-type]
    assert set(found) == {"woman", "child", "old"}


def test_threads_take_no_more_than_they_can_soon_look_at() -> None:
    threads: LocatingThreads[int] = LocatingThreads(1)
    given = subject()
    count = 0
    while not threads.is_full:
        threads.put(count, given)
        count += 1
    threads.close()
    assert 1 < count < 100
