"""A long table is read while Blender stays free, and sets nothing before all of it has been read."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.errors import CrowdError
from blender_facegan.scene.people.table import Reading, read_people
from blender_facegan.scene.records import run
from blender_facegan.ui.people import table_operators
from blender_facegan.ui.people.table_operators import FACEGAN_OT_read_people
from tests.blender.crowds import context, plane, snapshot
from tests.blender.populate.test_modal import ESCAPE, MOUSE, TIMER, tick_until_over

ROWS = 3000


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = "".join(f"Ghost {number},female,{number % 90}\n" for number in range(ROWS))
    path.write_text(f"object,sex,age\n{rows}Person,male,41\n")
    return path


class Importing:
    """Stands for the operator that Blender makes for one import."""

    def __init__(self, path: Path) -> None:
        self.filepath, self.reports = str(path), list[tuple[set[str], str]]()
        self.in_steps = True

    def __getattr__(self, name: str) -> Any:
        found = getattr(FACEGAN_OT_read_people, name)
        return found.__get__(self) if callable(found) else found

    def report(self, kind: set[str], text: str) -> None:
        self.reports.append((kind, text))


def started(path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(table_operators, "_TICK", 0.0)
    importing = Importing(path)
    assert FACEGAN_OT_read_people.start(importing, context) == {"RUNNING_MODAL"}  # type: ignore[arg-type]
    return importing


def test_a_reading_stops_between_rows_and_goes_on_there(table: Path) -> None:
    reading, shares = Reading(table), list[float]()
    while not reading.go_on(0.0):
        shares.append(reading.share)
        assert 0 < len(reading.people) <= ROWS
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert reading.share == 1.0
    assert reading.people == read_people(table)


def test_a_long_table_is_read_in_steps_and_set_at_the_end(
    scene: bpy.types.Scene, table: Path, timers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = plane("Person")
    before = snapshot()
    importing = started(table, monkeypatch)
    assert importing.modal(context, MOUSE) == {"PASS_THROUGH"}
    assert importing.modal(context, TIMER) == {"PASS_THROUGH"}
    assert run(context).running
    assert "rows read" in run(context).message
    assert snapshot() == before
    assert tick_until_over(importing) == {"FINISHED"}
    assert (person.facegan.sex, person.facegan.age) == ("MALE", 41)
    assert not run(context).running
    assert timers == ["timer added", "handler added", "timer removed"]
    assert "Read 1 person" in importing.reports[0][1]


@pytest.mark.parametrize("way", ["escape", "closing"])
def test_a_reading_that_is_stopped_changes_nothing(
    scene: bpy.types.Scene, table: Path, timers: list[str], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    plane("Person")
    before = snapshot()
    importing = started(table, monkeypatch)
    importing.modal(context, TIMER)
    if way == "closing":
        importing.cancel(context)
    else:
        assert importing.modal(context, ESCAPE) == {"CANCELLED"}
    assert not run(context).running
    assert timers[-1] == "timer removed"
    assert snapshot() == before


def test_a_wrong_row_far_down_ends_the_run_and_sets_nothing(
    scene: bpy.types.Scene, table: Path, timers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plane("Person")
    table.write_text(table.read_text() + "Other,perhaps,3\n")
    before = snapshot()
    importing = started(table, monkeypatch)
    assert tick_until_over(importing) == {"CANCELLED"}
    ((kind, text),) = importing.reports
    assert kind == {"ERROR"}
    assert f"line {ROWS + 3}" in text
    assert not run(context).running
    assert snapshot() == before


def test_a_table_that_is_none_is_refused_before_a_run_begins(
    scene: bpy.types.Scene, tmp_path: Path, timers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    importing: Any = Importing(tmp_path / "none.csv")
    assert FACEGAN_OT_read_people.start(importing, context) == {"CANCELLED"}
    assert timers == []
    with pytest.raises(CrowdError, match="no such file"):
        Reading(tmp_path / "none.csv")


@pytest.mark.parametrize(("rows", "in_steps"), [(3, False), (ROWS, True)])
def test_what_the_file_browser_has_chosen_is_read_in_steps_if_it_is_long(
    scene: bpy.types.Scene, table: Path, monkeypatch: pytest.MonkeyPatch, rows: int, in_steps: bool
) -> None:
    person, asked = plane("Person"), list[str]()
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:rows], lines[-1]]) + "\n")
    monkeypatch.setattr(table_operators, "_MOMENT", 0.0)
    monkeypatch.setattr(table_operators, "_has_window", lambda: True)
    monkeypatch.setattr(table_operators, "import_in_steps", asked.append)
    importing: Any = Importing(table)
    importing._was_asked = True
    assert importing.execute(context) == ({"CANCELLED"} if in_steps else {"FINISHED"})
    assert asked == ([str(table)] if in_steps else [])
    assert (person.facegan.age == 41) != in_steps
