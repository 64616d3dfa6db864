"""The run as an artist sees it: Blender calls the operator at every tick, and stays free in between.

Without a window Blender runs no modal operator. So these tests call its functions as Blender would, on an object
that has what an operator has.
"""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from blender_facegan.scene.records import run
from blender_facegan.ui.populate.operators import FACEGAN_OT_populate
from tests.blender.crowds import context, data, defaults_of, plane, read_face, select, snapshot

TIMER = SimpleNamespace(type="TIMER", value="NOTHING")
ESCAPE = SimpleNamespace(type="ESC", value="PRESS")
MOUSE = SimpleNamespace(type="MOUSEMOVE", value="NOTHING")


class Running:
    """Stands for the operator that Blender makes for one run."""

    def __init__(self, model: Path, operator: type = FACEGAN_OT_populate) -> None:
        self.operator = operator
        self.__dict__.update(defaults_of(operator))
        self.model, self.reports = str(model), list[tuple[set[str], str]]()
        self.properties = SimpleNamespace(is_property_set=lambda name: name == "model")

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.operator, name)
        return found.__get__(self) if callable(found) else found

    def report(self, kind: set[str], text: str) -> None:
        self.reports.append((kind, text))


def start(model: Path) -> Any:
    running = Running(model)
    assert FACEGAN_OT_populate.start(running, context) == {"RUNNING_MODAL"}  # type: ignore[arg-type]
    return running


def tick_until_over(running: Any) -> set[str]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer: set[str] = running.modal(context, TIMER)
        if answer != {"PASS_THROUGH"}:
            return answer
        time.sleep(0.01)
    raise AssertionError("the run does not end")


def tick_until_found(running: Any) -> None:
    """Until the faces are made, and no longer looked for."""
    deadline = time.monotonic() + 60
    while running._is_looking:
        assert time.monotonic() < deadline
        assert running.modal(context, TIMER) == {"PASS_THROUGH"}
        time.sleep(0.01)


def test_a_run_ends_with_faces(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    crowd = [plane(f"P{i}") for i in range(5)]
    select(crowd)
    running = start(model)
    assert run(context).running
    assert not FACEGAN_OT_populate.poll(context)
    assert running.modal(context, MOUSE) == {"PASS_THROUGH"}
    assert tick_until_over(running) == {"FINISHED"}
    assert not run(context).running
    assert timers == ["timer added", "handler added", "timer removed"]
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in crowd)
    assert running.reports[0][0] == {"INFO"}
    assert FACEGAN_OT_populate.poll(context)


@pytest.mark.parametrize("way", ["escape", "button", "closing"])
def test_a_run_that_is_stopped_changes_nothing(
    scene: bpy.types.Scene, model: Path, timers: list[str], way: str
) -> None:
    select([plane(f"P{i}") for i in range(3000)])
    before = snapshot()
    running = start(model)
    if way == "closing":
        running.cancel(context)
    else:
        if way == "button":
            bpy.ops.facegan.stop()  # type: ignore[attr-defined]  # added by the add-on
        assert running.modal(context, ESCAPE if way == "escape" else TIMER) == {"CANCELLED"}
    assert not run(context).running
    assert timers[-1] == "timer removed"
    assert snapshot() == before


def test_a_run_waits_until_the_artist_leaves_edit_mode(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    person, other = plane("Person"), plane("Other", (5, 0, 0))
    select([person, other])
    running = start(model)
    tick_until_found(running)
    before = snapshot()
    context.view_layer.objects.active = person
    bpy.ops.object.mode_set(mode="EDIT")
    running._generation.result()
    assert [running.modal(context, TIMER) for _ in range(3)] == [{"PASS_THROUGH"}] * 3
    assert "Edit Mode" in run(context).message
    bpy.ops.object.mode_set(mode="OBJECT")
    assert snapshot() == before
    assert tick_until_over(running) == {"FINISHED"}
    assert person.facegan.page is not None


def test_a_model_that_cannot_be_read_is_named_and_no_run_begins(
    scene: bpy.types.Scene, tmp_path: Path, timers: list[str]
) -> None:
    select([plane("Person")])
    running: Any = Running(tmp_path / "none.facegan")
    assert FACEGAN_OT_populate.start(running, context) == {"CANCELLED"}
    ((kind, text),) = running.reports
    assert kind == {"ERROR"}
    assert "none.facegan" in text
    assert not run(context).running
    assert timers == []


def test_the_time_left_is_told(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    from blender_facegan.scene.populate import run_state

    run_state.begin(context)
    run_state.show(context, made=250, total=1000, seconds=2.0)
    assert run(context).factor == 0.25
    assert run(context).message == "250 of 1,000 faces, 6 s left"
    run_state.end(context)


def test_a_character_deleted_during_the_run_is_reported(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]
    select(crowd)
    running = start(model)
    data.objects.remove(crowd[1])
    assert tick_until_over(running) == {"FINISHED"}
    assert any(kind == {"WARNING"} and "P1" in text for kind, text in running.reports)


def test_replacing_faces_is_confirmed_first(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]
    select(crowd)
    tick_until_over(start(model))
    before = snapshot()
    scene.facegan.crowd_seed = 5  # type: ignore[attr-defined]
    running: Any = Running(model)
    assert FACEGAN_OT_populate.start(running, context) == {"CANCELLED"}
    assert timers[-1] == "asked"
    assert snapshot() == before
    running.replace = True
    assert FACEGAN_OT_populate.start(running, context) == {"RUNNING_MODAL"}
    assert tick_until_over(running) == {"FINISHED"}
    assert snapshot() != before


def test_nobody_is_asked_when_no_face_is_lost(scene: bpy.types.Scene, model: Path, timers: list[str]) -> None:
    select([plane(f"P{i}") for i in range(3)])
    tick_until_over(start(model))
    select([*context.selected_objects, plane("New")])
    assert tick_until_over(start(model)) == {"FINISHED"}
    assert "asked" not in timers
