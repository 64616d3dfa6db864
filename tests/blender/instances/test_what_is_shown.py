"""Instances that cannot show faces of their own are refused by name; success is told only where faces are seen."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.crowds import context, data, head, operators, plane, select, snapshot
from tests.blender.point_crowds import collection_instance, instance_on, points

ops: Any = bpy.ops


def refused(model: Path, owner: Any, line: str) -> None:
    """Populate Instances says why not in one line, and changes nothing."""
    select([owner])
    before = snapshot()
    with pytest.raises(RuntimeError, match=line):
        operators.populate_instances(model=str(model))
    assert snapshot() == before


def without_instances(owner: Any, shown: Any) -> Any:
    """Points on which Object Info gives geometry and not an instance of the object."""
    instance_on(owner, shown)
    tree = owner.modifiers[0].node_group
    info = next(node for node in tree.nodes if node.bl_idname == "GeometryNodeObjectInfo")
    info.inputs["As Instance"].default_value = False
    context.view_layer.update()
    return owner


def test_object_info_that_makes_no_instances_is_refused_by_name(scene: Any, model: Path) -> None:
    owner = without_instances(points("Points", 3), head("Bust"))
    refused(model, owner, r"Points \(Object Info copies geometry and makes no instances\): switch on As Instance there")


def test_particles_are_refused_by_name(scene: Any, model: Path) -> None:
    bust, ground = head("Bust"), plane("Ground")
    select([ground])
    context.view_layer.objects.active = ground
    ops.object.particle_system_add()
    settings = ground.particle_systems[0].settings
    settings.type, settings.count, settings.render_type = "HAIR", 5, "OBJECT"
    settings.instance_object = bust
    context.view_layer.update()
    refused(model, ground, r"Ground \(instanced by the particle system .*\): instance on points")


def test_a_linked_collection_is_refused_by_name(scene: Any, model: Path, tmp_path: Path) -> None:
    bust = head("Bust")
    group = data.collections.new("Cast")
    group.objects.link(bust)
    context.scene.collection.children.link(group)
    ops.wm.save_as_mainfile(filepath=str(tmp_path / "cast.blend"))
    ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(tmp_path / "cast.blend"), link=True) as (_, ours):
        ours.collections = ["Cast"]
    empty = data.objects.new("Guests", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", ours.collections[0]
    context.scene.collection.objects.link(empty)
    context.view_layer.update()
    refused(model, empty, r"Bust \(linked and read-only\): make a library override")


def test_an_empty_that_instances_a_collection_shows_its_face(scene: Any, model: Path) -> None:
    empty = collection_instance("Guests", head("Bust"), (0, 0, 0))
    select([empty])
    operators.populate_instances(model=str(model))
    assert empty["facegan_tile"] is not None
