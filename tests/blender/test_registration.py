"""What the add-on adds to Blender is gone when it is."""

from pathlib import Path
from typing import Any, get_type_hints

import bpy
import pytest

import blender_facegan
from blender_facegan import registration
from blender_facegan.registration import CLASSES, POINTERS
from blender_facegan.scene import records
from blender_facegan.scene.records import run
from tests.blender.crowds import context, operators, plane, select
from tests.blender.populate.test_modal import start


def everything() -> dict[str, Any]:
    """What an add-on can leave behind."""
    windows: Any = bpy.context.window_manager
    types: Any = bpy.types
    operators: Any = bpy.ops
    keymaps = windows.keyconfigs.addon.keymaps if windows.keyconfigs.addon else ()
    return {
        "types": sorted(dir(types)),
        "properties": {name: sorted(getattr(types, name).bl_rna.properties.keys()) for name, *_ in POINTERS},
        "operators": sorted(dir(operators.facegan)),
        "handlers": {
            name: len(found)
            for name in dir(bpy.app.handlers)
            if isinstance(found := getattr(bpy.app.handlers, name), list)
        },
        "menus": {name: menu_length(getattr(types, name)) for name in dir(types) if "_MT_" in name or "_PT_" in name},
        "keymaps": {keymap.name: len(keymap.keymap_items) for keymap in keymaps},
        "groups": len(bpy.data.node_groups),
    }


def menu_length(menu: Any) -> int:
    return len(getattr(getattr(menu, "draw", None), "_draw_funcs", ()))


def test_register_and_unregister_twice_leave_nothing() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    before = everything()
    for _ in range(2):
        blender_facegan.register()
        assert everything() != before
        blender_facegan.unregister()
        assert everything() == before


def test_the_table_names_every_class_once() -> None:
    assert len(set(CLASSES)) == len(CLASSES)


@pytest.mark.parametrize(
    ("protocol", "owner"),
    [
        (records.Character, "Object"),
        (records.Page, "Image"),
        (records.FaceMaterial, "Material"),
        (records.RunState, "WindowManager"),
    ],
)
def test_the_types_in_records_are_those_of_blender(blender: None, protocol: type, owner: str) -> None:
    (group,) = (group for name, group, _ in POINTERS if name == owner)
    kinds = {"BOOLEAN": bool, "INT": int, "FLOAT": float, "STRING": str, "ENUM": str}
    found = {
        name: kinds.get(prop.type, prop.type)
        for name, prop in group.bl_rna.properties.items()  # type: ignore[attr-defined]
        if name not in ("name", "rna_type")
    }
    promised = get_type_hints(protocol)
    assert found.keys() == promised.keys()
    assert all(found[name] in (promised[name], "POINTER") for name in found)


def test_every_property_has_a_name_and_every_shown_one_a_description(blender: None) -> None:
    for _, group, _ in POINTERS[:1]:
        for name, prop in group.bl_rna.properties.items():  # type: ignore[attr-defined]
            if name not in ("name", "rna_type") and not prop.is_hidden:
                assert prop.name, name
                assert prop.description, name


@pytest.mark.usefixtures("timers")
def test_an_add_on_disabled_during_a_run_is_free_when_it_is_back(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Flat")])
    running = start(model)
    assert not operators.populate.poll()
    blender_facegan.unregister()
    blender_facegan.register()
    assert operators.populate.poll()
    assert not run(context).running
    running._generation.cancel()


def test_a_second_copy_says_so_and_leaves_the_first_alone(blender: None, capsys: Any) -> None:
    commands = list(registration._commands)
    before = everything()
    registration._commands.clear()  # as in a copy of its own
    blender_facegan.register()
    (line,) = capsys.readouterr().err.splitlines()
    assert "blender_facegan is enabled already" in line
    blender_facegan.unregister()
    assert everything() == before
    registration._commands.extend(commands)
