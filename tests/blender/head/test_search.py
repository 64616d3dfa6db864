"""Faces are looked for while Blender stays free: with progress, until Esc, and nothing is written before the end."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.core.search import locating
from blender_facegan.scene.head.finder import FaceFinder
from blender_facegan.scene.head.persons import Families, persons_of
from blender_facegan.scene.head.search import FaceSearch
from blender_facegan.scene.people.characters import Surveyor
from blender_facegan.scene.records import run
from blender_facegan.ui.faces.operators import FACEGAN_OT_copy_face
from blender_facegan.ui.populate.character_operators import FACEGAN_OT_mark
from blender_facegan.ui.populate.operators import FACEGAN_OT_populate
from tests.blender.crowds import context, operators, plane, select, snapshot
from tests.blender.head.characters import character, coordinates
from tests.blender.populate.test_modal import ESCAPE, TIMER, Running, start, tick_until_found, tick_until_over


def people() -> list[Any]:
    """Three, side by side."""
    crowd = [character(who, who.title()) for who in ("woman", "child", "old")]
    for index, obj in enumerate(crowd):
        obj.location.x = 2.0 * index
    context.view_layer.update()
    return crowd


def beside(who: str, name: str) -> Any:
    somebody = character(who, name)
    somebody.location.x = 2.0
    context.view_layer.update()
    return somebody


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the persons on whom a face was found, and of the parts on which one was placed."""
    names: list[str] = []
    used: Any = locating
    find, place = used.find_face, used.place

    def found(person: Any) -> Any:
        names.append(f"found {person.name}")
        return find(person)

    def placed(part: Any, *given: Any) -> Any:
        names.append(f"placed {part.name}")
        return place(part, *given)

    monkeypatch.setattr(locating, "find_face", found)
    monkeypatch.setattr(locating, "place", placed)
    return names


def test_faces_are_found_in_a_window_as_from_a_script(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    crowd = people()
    select(crowd)
    operators.populate(model=str(model))
    from_script = [coordinates(obj) for obj in crowd]
    operators.remove()
    before = snapshot()
    running = start(model)
    assert running._is_looking
    assert run(context).running
    assert running.modal(context, TIMER) == {"PASS_THROUGH"}
    assert run(context).message.startswith("Finding faces: ")
    tick_until_found(running)
    assert snapshot() == before
    assert tick_until_over(running) == {"FINISHED"}
    assert timers == ["timer added", "handler added", "timer removed"]
    for obj, values in zip(crowd, from_script, strict=True):
        assert np.array_equal(coordinates(obj), values)


@pytest.mark.parametrize("way", ["escape", "button", "closing"])
def test_a_search_that_is_stopped_changes_nothing(
    scene: bpy.types.Scene, model: Path, timers: list[str], way: str
) -> None:
    select(people())
    before = snapshot()
    running = start(model)
    running.modal(context, TIMER)
    if way == "closing":
        running.cancel(context)
    else:
        if way == "button":
            operators.stop()
        assert running.modal(context, ESCAPE if way == "escape" else TIMER) == {"CANCELLED"}
    assert not run(context).running
    assert timers[-1] == "timer removed"
    assert snapshot() == before


def test_who_is_selected_meanwhile_gets_no_face(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    woman, child, old = people()
    select([woman, child])
    running = start(model)
    select([old])
    assert tick_until_over(running) == {"FINISHED"}
    assert [obj.facegan.page is not None for obj in (woman, child, old)] == [True, True, False]


def test_who_goes_meanwhile_is_not_missed(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    woman, child, _ = crowd = people()
    select(crowd)
    running = start(model)
    bpy.data.objects.remove(child)
    assert tick_until_over(running) == {"FINISHED"}
    assert woman.facegan.page is not None


def test_a_mesh_that_is_edited_during_the_search_is_looked_at_again(
    scene: bpy.types.Scene, model: Path, timers: list[str], looked_at: list[str]
) -> None:
    woman = character("woman", "Woman")
    select([woman])
    running = start(model)
    while running._search.found == 0:
        running._search.step(0.1, 0.1)
    woman.data.vertices[0].co.x += 0.01
    assert tick_until_over(running) == {"FINISHED"}
    assert looked_at.count("found Woman") == 2
    assert woman.facegan.page is not None


def test_a_mesh_that_is_edited_while_faces_are_made_is_left_out_by_name(
    scene: bpy.types.Scene, model: Path, timers: list[str]
) -> None:
    woman, child, _ = crowd = people()
    select(crowd)
    running = start(model)
    tick_until_found(running)
    woman.data.clear_geometry()
    woman.data.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    assert tick_until_over(running) == {"FINISHED"}
    assert woman.facegan.page is None
    assert coordinates(woman) is None
    assert child.facegan.page is not None
    assert any(kind == {"WARNING"} and "Woman" in text for kind, text in running.reports)


def test_each_mesh_is_looked_at_once_however_many_share_it(
    scene: bpy.types.Scene, model: Path, looked_at: list[str]
) -> None:
    first = character("woman", "Woman")
    crowd = [first]
    for index in range(1, 5):
        other = bpy.data.objects.new(f"Woman {index}", first.data)
        other.location.x = 2.0 * index
        scene.collection.objects.link(other)
        crowd.append(other)
    select(crowd)
    operators.populate(model=str(model))
    assert looked_at == ["found Woman", "placed Woman"]
    assert all(obj.facegan.page is not None for obj in crowd)


def test_a_crowd_whose_faces_are_found_is_not_looked_at_again(
    scene: bpy.types.Scene, model: Path, looked_at: list[str]
) -> None:
    crowd = people()
    select(crowd)
    operators.populate(model=str(model))
    before = [coordinates(obj) for obj in crowd]
    looked_at.clear()
    operators.populate(model=str(model), crowd_seed=9)
    operators.reroll(model=str(model))
    assert looked_at == []
    assert all(np.array_equal(coordinates(obj), values) for obj, values in zip(crowd, before, strict=True))
    crowd[0].data.vertices[0].co.x += 0.01
    operators.populate(model=str(model), crowd_seed=10)
    assert looked_at == ["found Woman", "placed Woman"]


def test_a_face_that_is_marked_by_hand_is_placed_anew(
    scene: bpy.types.Scene, model: Path, looked_at: list[str]
) -> None:
    woman = character("woman", "Woman")
    select([woman])
    operators.populate(model=str(model))
    context.view_layer.objects.active = woman
    points = np.array(woman.data["facegan_landmarks"]).reshape(5, 3)
    operators.mark_face(
        left_eye=points[0], right_eye=points[1], mouth=points[2] - (0, 0, 0.004), chin=points[3] - (0, 0, 0.004)
    )
    looked_at.clear()
    operators.populate(model=str(model))
    assert looked_at == ["placed Woman"]


def test_whoever_loses_a_face_is_asked_for_before_the_search(
    scene: bpy.types.Scene, model: Path, timers: list[str], looked_at: list[str]
) -> None:
    woman = character("woman", "Woman")
    select([woman])
    operators.populate(model=str(model))
    scene.facegan.crowd_seed = 5  # type: ignore[attr-defined]
    woman.data.vertices[0].co.x += 0.01
    select([woman, beside("child", "Child")])
    looked_at.clear()
    running: Any = Running(model)
    assert running.start(context) == {"CANCELLED"}
    assert timers[-1] == "asked"
    assert looked_at == []


def test_a_search_finds_what_is_found_on_the_spot(scene: bpy.types.Scene) -> None:
    crowd = [*people(), plane("Flat")]
    at_once, _ = persons_of(crowd, Surveyor(), FaceFinder())
    search = FaceSearch(2)
    told: list[tuple[int, int]] = []
    found, _ = search.through(
        lambda: persons_of(crowd, Surveyor(), FaceFinder(search=search)), lambda *made: told.append(made)
    )
    assert [person.head for person in found] == crowd
    for one, other in zip(found, at_once, strict=True):
        assert [carrier.slots for carrier in one.carriers] == [carrier.slots for carrier in other.carriers]
        for carrier, like in zip(one.carriers, other.carriers, strict=True):
            assert np.array_equal(carrier.values, like.values)  # type: ignore[arg-type]
    assert all(made <= total == 3 for made, total in told)


def test_marking_characters_is_a_run_as_well(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    crowd = people()
    select(crowd)
    before = snapshot()
    running: Any = Running(model, FACEGAN_OT_mark)
    assert running.start(context) == {"RUNNING_MODAL"}
    assert not FACEGAN_OT_populate.poll(context)
    assert snapshot() == before
    assert tick_until_over(running) == {"FINISHED"}
    assert all(obj.facegan.is_character and coordinates(obj) is not None for obj in crowd)


def test_a_face_is_copied_once_it_is_known_where_it_goes(
    scene: bpy.types.Scene, model: Path, timers: list[str]
) -> None:
    source, target = character("woman", "Woman"), beside("child", "Child")
    select([source])
    operators.populate(model=str(model))
    select([target, source])
    context.view_layer.objects.active = source
    running: Any = Running(model, FACEGAN_OT_copy_face)
    assert running.start(context) == {"RUNNING_MODAL"}
    select([])
    assert tick_until_over(running) == {"FINISHED"}
    assert target.facegan.page == source.facegan.page
    assert coordinates(target) is not None


def test_where_no_face_is_found_it_ends_with_the_reason(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add()
    context.object.name = "Ball"
    running = start(model)
    assert tick_until_over(running) == {"CANCELLED"}
    assert not run(context).running
    assert any(kind == {"ERROR"} and "Ball" in text for kind, text in running.reports)


def test_a_linked_object_of_the_same_name_is_somebody_else(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {character("woman", "Woman")}, fake_user=True)
    own = bpy.data.objects["Woman"]
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):  # type: ignore[attr-defined,func-returns-value]
        wanted.objects = ["Woman"]
    linked: Any = wanted.objects[0]
    scene.collection.objects.link(linked)
    context.view_layer.update()
    assert Families(Surveyor()).of(own) == [own]


def test_all_levels_of_detail_are_looked_for_at_once(scene: bpy.types.Scene, looked_at: list[str]) -> None:
    crowd = [character("woman", "Head_LOD0"), character("child", "Head_LOD1")]
    search, looks = FaceSearch(2), list[int]()

    def look() -> Any:
        looks.append(len(looked_at))
        return persons_of(crowd, Surveyor(), FaceFinder(search=search))

    (person,), _ = search.through(look)
    assert [carrier.name for carrier in person.carriers] == ["Head_LOD0", "Head_LOD1"]
    assert len(looks) == 2
