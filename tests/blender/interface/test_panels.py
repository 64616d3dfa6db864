"""The panels draw, whatever the state, and show only what there is."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.registration import CLASSES
from blender_facegan.scene.people import scope as scope_count
from blender_facegan.scene.populate import run_state
from tests.blender.crowds import context, data, head, operators, plane, select

PANELS = [cls for cls in CLASSES if issubclass(cls, bpy.types.Panel)]


class Layout:
    """Stands for Blender's: takes what a panel shows, and refuses what is not there."""

    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def row(self, **_: Any) -> "Layout":
        return Layout(self.shown)

    column = box = split = row

    def menu(self, name: str, **_: Any) -> None:
        shown: Any = getattr(bpy.types, name)
        self.shown.append(shown.bl_label)

    def separator(self, **_: Any) -> None:
        pass

    def label(self, *, text: str = "", **_: Any) -> None:
        self.shown.append(text)

    def prop(self, owner: Any, name: str, *, text: str | None = None, **_: Any) -> None:
        if name.startswith('["'):
            assert owner.get(name[2:-2]) is not None
            self.shown.append(text or name)
            return
        described: Any = owner.bl_rna.properties[name]
        self.shown.append(described.name if text is None else text)

    def operator(self, name: str, *, text: str | None = None, **_: Any) -> Any:
        module, function = name.split(".")
        operator: Any = getattr(getattr(bpy.ops, module), function)
        described: Any = operator.get_rna_type()
        self.shown.append(described.name if text is None else text)
        return Layout(self.shown)

    def template_icon(self, *, icon_value: int, **_: Any) -> None:
        assert icon_value >= 0
        self.shown.append("a picture")

    def progress(self, *, factor: float, text: str) -> None:
        assert 0 <= factor <= 1
        self.shown.append(text)


def draw(panel: Any) -> list[str]:
    shown: list[str] = []
    panel.fields(panel, Layout(shown), context)
    return shown


def panel(name: str) -> Any:
    (found,) = (cls for cls in PANELS if cls.__name__ == name)
    return found


@pytest.mark.parametrize("cls", PANELS, ids=lambda cls: str(cls.__name__))
def test_every_panel_draws(scene: bpy.types.Scene, model: Path, cls: Any) -> None:
    bust = head("Bust")
    select([bust])
    context.view_layer.objects.active = bust
    assert draw(cls) or not cls.poll(context)
    operators.populate(model=str(model))
    assert draw(cls) or not cls.poll(context)


def test_the_button_says_how_many(scene: Any) -> None:
    select([plane(f"P{i}") for i in range(3)])
    assert "Populate Crowd Faces (3)" in draw(panel("FACEGAN_PT_crowd"))
    scene.facegan.scope = "COLLECTION"
    scene.facegan.collection = data.collections.new("Empty")
    assert "Populate Crowd Faces (0)" in draw(panel("FACEGAN_PT_crowd"))


def test_the_button_says_how_many_characters_there_are_once_they_are_counted(scene: Any, model: Path) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]
    select(crowd)
    operators.mark()
    select(crowd[:1])
    operators.populate(model=str(model))
    for scope, number in (("MARKED", 3), ("FACELESS", 2)):
        scene.facegan.scope = scope
        assert "Populate Crowd Faces" in draw(panel("FACEGAN_PT_crowd"))
        scope_count.count()
        assert f"Populate Crowd Faces ({number})" in draw(panel("FACEGAN_PT_crowd"))
    data.objects.remove(crowd[2])
    scope_count.count()
    assert "Populate Crowd Faces (1)" in draw(panel("FACEGAN_PT_crowd"))


def test_a_run_shows_its_progress_in_place_of_the_button(scene: bpy.types.Scene) -> None:
    run_state.begin(context)
    run_state.show(context, made=5, total=10, seconds=1)
    shown = draw(panel("FACEGAN_PT_crowd"))
    run_state.end(context)
    assert "5 of 10 faces, 1 s left" in shown
    assert not [text for text in shown if text.startswith("Populate")]


def test_ages_are_asked_for_as_they_are_spread(scene: Any) -> None:
    people = panel("FACEGAN_PT_people")
    assert {"Age Min", "Max"} <= set(draw(people))
    scene.facegan.ages = "BELL"
    assert {"Mean", "Spread", "Age Min"} <= set(draw(people))
    scene.facegan.ages = "BANDS"
    shown = draw(people)
    assert "Age Min" not in shown
    assert shown.index("Weight") == shown.index("From") + 2


def test_a_character_shows_who_it_is(scene: bpy.types.Scene) -> None:
    bust = head("Bust")
    context.view_layer.objects.active = bust
    shown = draw(panel("FACEGAN_PT_character"))
    assert {"Sex", "Age", "Seed", "Kind", "Lock Face"} <= set(shown)


def test_panels_of_a_character_need_a_mesh(scene: Any) -> None:
    empty = data.objects.new("Empty", None)
    scene.collection.objects.link(empty)
    context.view_layer.objects.active = empty
    assert not panel("FACEGAN_PT_character").poll(context)
