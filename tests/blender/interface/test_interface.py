"""What Blender's guidelines ask of an interface: labels and tooltips on everything, in its own manner of writing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.registration import CLASSES
from tests.blender.crowds import context, operators, plane, select

OPERATORS: list[Any] = [cls for cls in CLASSES if issubclass(cls, bpy.types.Operator)]
PANELS: list[Any] = [cls for cls in CLASSES if issubclass(cls, bpy.types.Panel)]
OF_BLENDER = {"rna_type", "name"}
FILE_BROWSER = {"filter_glob", "filter_folder", "check_existing"}
"""Set for Blender's file browser, and seen nowhere."""
SMALL_WORDS = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}


def described(cls: Any) -> Any:
    """What Blender knows of a registered class."""
    if issubclass(cls, bpy.types.Operator):
        module, name = cls.bl_idname.split(".")
        return getattr(getattr(bpy.ops, module), name).get_rna_type()
    return cls.bl_rna


def shown_properties(cls: Any) -> Iterator[Any]:
    """The properties of a registered class that an artist can see."""
    for prop in described(cls).properties:
        if prop.identifier in OF_BLENDER | FILE_BROWSER or prop.identifier.startswith("bl_") or prop.is_hidden:
            continue
        if prop.identifier in vars_of(cls):
            yield prop


def vars_of(cls: Any) -> set[str]:
    """The names that the class and its own bases declare."""
    return {name for base in cls.__mro__ for name in getattr(base, "__annotations__", {})}


def is_title(text: str) -> bool:
    """Whether every word but the small ones has a capital: "Populate Crowd Faces"."""
    words = [word for word in text.split() if word[0].isalpha()]
    return all(word[0].isupper() or word in SMALL_WORDS for word in words)


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: str(cls.__name__))
def test_every_operator_has_a_label_and_a_tooltip(blender: None, cls: Any) -> None:
    assert is_title(cls.bl_label)
    tooltip = described(cls).description
    assert len(tooltip) > 15
    assert not tooltip.endswith(".")
    assert "Blender" not in cls.bl_label


@pytest.mark.parametrize("cls", PANELS, ids=lambda cls: str(cls.__name__))
def test_every_panel_has_a_title(cls: Any) -> None:
    assert is_title(cls.bl_label)
    assert "Blender" not in cls.bl_label


RUN = {"RunProperties", "PageProperties", "FaceMaterialProperties", "RealisedMix"}
"""No artist sees these."""


@pytest.mark.parametrize(
    "cls", [cls for cls in CLASSES if hasattr(cls, "bl_rna") and cls.__name__ not in RUN], ids=lambda cls: cls.__name__
)
def test_every_property_has_a_name_and_a_tooltip(blender: None, cls: Any) -> None:
    for prop in shown_properties(cls):
        assert prop.name, prop.identifier
        assert len(prop.description) > 5, f"{prop.identifier} has no tooltip"
        assert not prop.description.endswith("."), prop.description
        if prop.type == "ENUM":
            bare = [item.identifier for item in prop.enum_items if not item.description]
            assert bare == [], f"{prop.identifier}: choices without a tooltip"


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: str(cls.__name__))
def test_in_edit_mode_no_operator_is_offered_whose_work_one_undo_would_not_take_back(
    scene: bpy.types.Scene, model: Path, cls: Any
) -> None:
    person = plane("Person")
    select([person])
    operators.populate(model=str(model))
    context.view_layer.objects.active = person
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        assert not ("UNDO" in cls.bl_options and not cls.of_settings and cls.poll(context))
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
