"""Faces are made in a thread, before anything is written."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.atlas.request import CancelledError, Faces, Request, Wanted
from blender_facegan.core.atlas.staging import PageFileError, Staging, place
from blender_facegan.core.atlas.worker import Generation, make_faces
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.people.ages import Uniform
from blender_facegan.core.people.population import Demographics, Recipe
from blender_facegan.scene.materials.look import Look
from blender_facegan.scene.populate.objects import ObjectStore
from blender_facegan.scene.populate.populate import commit, survey
from blender_facegan.scene.populate.settings import Settings
from tests.blender.crowds import context, data, head, operators, plane, read_face, select, snapshot


def order(model: Path, count: int) -> Request:
    return Request(model, [Wanted(uid, Recipe(uid, 1.0, 30.0)) for uid in range(count)], page_size=256)


def waited(generation: Generation) -> Faces:
    deadline = time.monotonic() + 60
    while not generation.done and time.monotonic() < deadline:
        time.sleep(0.01)
    return generation.result()


def populate_with_an_interruption(model: Path, crowd: list[Any], interruption: Callable[[], object]) -> Any:
    """As the operator does it: look, make faces while the artist goes on, write."""
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look())
    found = survey(ObjectStore.look(crowd, settings), settings)
    generation = Generation(found.request)
    interruption()
    return commit(found, waited(generation))


def test_a_thread_makes_what_the_same_call_makes(model: Path) -> None:
    threaded = waited(Generation(order(model, 60)))
    direct = make_faces(order(model, 60), lambda *_: None, lambda: False)
    assert [page.png for page in threaded.pages] == [page.png for page in direct.pages]
    assert threaded.places == direct.places


def test_progress_is_told_up_to_the_end(model: Path) -> None:
    told: list[tuple[int, int]] = []
    make_faces(order(model, 100), lambda made, total: told.append((made, total)), lambda: False)
    assert told[0] == (0, 100)
    assert told[-1] == (100, 100)
    assert [made for made, _ in told] == sorted(made for made, _ in told)


def test_a_cancelled_run_raises_and_gives_nothing(model: Path) -> None:
    generation = Generation(order(model, 20_000))
    generation.cancel()
    with pytest.raises(CancelledError):
        waited(generation)
    assert generation.made < 20_000


def test_pages_that_are_wanted_as_files_are_written_by_the_thread(model: Path, tmp_path: Path) -> None:
    asked = replace(order(model, 60), staging=Staging(tmp_path, whole=True))
    faces = waited(Generation(asked))
    direct = make_faces(order(model, 60), lambda *_: None, lambda: False)
    assert [made.path.read_bytes() for made in faces.pages if made.path] == [made.png for made in direct.pages]
    assert all(made.png is None for made in faces.pages)
    faces.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", ["cancelled", "error"])
def test_a_run_that_fails_leaves_no_files(model: Path, tmp_path: Path, fault: str) -> None:
    """Two pages are there already."""
    seen: list[int] = []

    def progress(made: int, _total: int) -> None:
        seen.append(made)
        if fault == "error" and made > 400:
            raise ModelFileError("m", "fails", "stop")

    asked = replace(order(model, 600), staging=Staging(tmp_path, whole=True))
    with pytest.raises((CancelledError, ModelFileError)):
        make_faces(asked, progress, lambda: fault == "cancelled" and bool(seen) and seen[-1] > 400)
    assert seen[-1] > 400
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_model_comes_out_of_the_thread(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"none\.facegan"):
        waited(Generation(order(tmp_path / "none.facegan", 3)))


def test_looking_and_making_change_nothing(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane("Flat"), head("Bust")]
    before = snapshot()
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look())
    found = survey(ObjectStore.look(crowd, settings), settings)
    make_faces(found.request, lambda *_: None, lambda: False)
    assert snapshot() == before


def test_a_character_deleted_during_the_run_is_named_and_the_others_get_their_faces(
    scene: bpy.types.Scene, model: Path
) -> None:
    crowd = [plane(f"P{i}") for i in range(5)]
    report = populate_with_an_interruption(model, crowd, lambda: data.objects.remove(crowd[2]))
    assert report.gone == ["P2"]
    assert report.characters == 4
    assert all(read_face(crowd[i]).age == pytest.approx(crowd[i].facegan.age, abs=0.5) for i in (0, 1, 3, 4))


def test_a_character_renamed_during_the_run_is_found(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]

    def swap_names() -> None:
        crowd[0].name, crowd[1].name = "Temporary", "P0"
        crowd[0].name = "P1"

    populate_with_an_interruption(model, crowd, swap_names)
    assert [obj.facegan.key for obj in crowd] == ["P0", "P1", "P2"]
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in crowd)


def test_a_duplicate_made_during_the_run_shows_a_whole_face(scene: Any, model: Path) -> None:
    """Its tile is on a page that the run writes anew."""
    crowd = [plane(f"P{i}") for i in range(4)]
    select(crowd)
    operators.populate(model=str(model))
    crowd += [plane(f"Q{i}") for i in range(30)]
    twins: list[Any] = []

    def duplicate() -> None:
        twins.append(crowd[1].copy())
        context.scene.collection.objects.link(twins[0])

    populate_with_an_interruption(model, crowd, duplicate)
    assert read_face(twins[0]) == read_face(crowd[1])


def test_an_undo_during_the_run_is_survived(scene: bpy.types.Scene, model: Path) -> None:
    """Undo makes new data-blocks of the same session_uid: no pointer is held."""
    names = [f"P{i}" for i in range(3)]
    crowd = [plane(name) for name in names]
    edit: Any = bpy.ops.ed
    edit.undo_push(message="Made")
    crowd[0].location.x = 5
    edit.undo_push(message="Moved")
    populate_with_an_interruption(model, crowd, lambda: edit.undo())
    assert all(data.objects[name].facegan.page is not None for name in names)


def test_a_page_removed_during_the_run_stops_it_before_anything_is_written(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]
    select(crowd)
    operators.populate(model=str(model))
    with pytest.raises(CrowdError, match="populate again"):
        populate_with_an_interruption(model, [*crowd, plane("New")], lambda: data.images.remove(crowd[0].facegan.page))
    assert data.objects["New"].facegan.page is None


def test_a_page_that_was_painted_over_keeps_the_paint(scene: bpy.types.Scene, model: Path) -> None:
    first, second = plane("First"), plane("Second")
    select([first])
    operators.populate(model=str(model))
    page = first.facegan.page
    page.pixels.foreach_set([0.25, 0.5, 0.75, 1.0] * (page.size[0] * page.size[1]))
    page.update()
    select([second])
    operators.populate(model=str(model))
    told = read_face(first)
    assert (told.sex, told.age / 90, told.seed) == pytest.approx((0.25, 0.5, 0.75), abs=0.01)
    assert read_face(second).age == pytest.approx(second.facegan.age, abs=0.5)


def test_pages_that_cannot_all_be_placed_change_nothing(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of three is refused: no character shows the first one either."""
    crowd = [plane(f"P{i:02}") for i in range(12)]
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look(), page_size=64)
    found = survey(ObjectStore.look(crowd, settings), settings)
    commit(found, make_faces(found.request, lambda *_: None, lambda: False))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    operators.save_pages()
    other = replace(settings, crowd_seed=1)
    found = survey(ObjectStore.look(crowd, other), other)
    faces = make_faces(found.request, lambda *_: None, lambda: False)
    before, placed = snapshot(), list[str]()

    def place_one(*arguments: Any) -> str:
        if placed:
            raise PageFileError("page", "written", OSError(28, "No space left on device"), "make room")
        placed.append(place(*arguments))
        return placed[0]

    monkeypatch.setattr("blender_facegan.scene.pages.images.place", place_one)
    with pytest.raises(PageFileError, match="make room"):
        commit(found, faces)
    assert snapshot() == before
