"""One step back takes all of it back."""

from pathlib import Path
from typing import Any

import bpy

from tests.blender.crowds import data, head, operators, plane, select, snapshot

edit: Any = bpy.ops.ed


def test_one_undo_takes_a_whole_populate_back_and_redo_brings_it_again(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Flat"), head("Bust"), head("Other", mesh=data.objects["Bust"].data)])
    edit.undo_push(message="Before")
    before = snapshot()
    operators.populate("EXEC_DEFAULT", True, model=str(model))
    populated = snapshot()
    assert populated != before
    edit.undo()
    assert snapshot() == before
    edit.redo()
    assert snapshot() == populated


def test_faces_that_were_replaced_come_back(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Flat"), head("Bust")])
    edit.undo_push(message="Before")
    operators.populate("EXEC_DEFAULT", True, model=str(model))
    first = snapshot(), pixels()
    operators.populate("EXEC_DEFAULT", True, model=str(model), crowd_seed=3)
    assert pixels() != first[1]
    edit.undo()
    assert (snapshot(), pixels()) == first


def test_removing_can_be_undone(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Flat"), head("Bust")])
    edit.undo_push(message="Before")
    operators.populate("EXEC_DEFAULT", True, model=str(model))
    before = snapshot()
    operators.remove("EXEC_DEFAULT", True)
    assert snapshot() != before
    edit.undo()
    assert snapshot() == before


def pixels() -> list[float]:
    (page,) = (image for image in data.images if image.facegan.is_page)
    return list(page.pixels)
