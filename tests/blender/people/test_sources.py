"""Sex, age and seed from the properties and attributes that other tools have written."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.crowds import data, head, operators, plane, read_face, recipe_of, select, snapshot


def with_attribute(obj: Any, name: str, kind: str, values: list[Any], domain: str = "POINT") -> None:
    """Puts an attribute on the object's mesh."""
    attribute = obj.data.attributes.new(name, kind, domain)
    for element, value in zip(attribute.data, values, strict=True):
        element.value = value


def test_custom_properties_tell_who_the_objects_are(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane("Word"), plane("Whole"), head("Decimal"), plane("Silent")]
    crowd[0]["gender"], crowd[0]["years"], crowd[0]["variant"] = "female", 71.5, 99
    crowd[1]["gender"], crowd[1]["years"], crowd[1]["variant"] = 1, 8, 5
    crowd[2]["gender"], crowd[2]["years"] = -0.4, 30.0
    select(crowd)
    sources = {"sex_source": "gender", "age_source": "years", "seed_source": "variant"}
    operators.populate(model=str(model), share_of_women=0, age_minimum=50, age_maximum=50, **sources)
    assert recipe_of(crowd[0]) == ("FEMALE", 71.5, 99)
    assert recipe_of(crowd[1]) == ("MALE", 8.0, 5)
    assert recipe_of(crowd[2])[:2] == ("FEMALE", 30.0)
    assert recipe_of(crowd[3])[:2] == ("MALE", 50.0)
    assert read_face(crowd[0]).age == pytest.approx(71.5, abs=0.5)
    assert read_face(crowd[0]).sex == pytest.approx(0, abs=0.01)


def test_attributes_of_the_geometry_are_read_where_there_is_no_property(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat")
    with_attribute(flat, "is_male", "BOOLEAN", [True] * 4)
    with_attribute(flat, "age", "FLOAT", [44.0], "FACE")
    select([flat])
    operators.populate(model=str(model), share_of_women=100, sex_source="is_male", age_source="age")
    assert recipe_of(flat)[:2] == ("MALE", 44.0)


def test_modifiers_may_have_made_the_attribute(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat")
    tree: Any = data.node_groups.new("Crowd Tool", "GeometryNodeTree")
    for in_out in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=in_out, socket_type="NodeSocketGeometry")
    start, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    store = tree.nodes.new("GeometryNodeStoreNamedAttribute")
    store.data_type, store.inputs["Name"].default_value = "FLOAT", "age"
    next(found for found in store.inputs if found.name == "Value" and found.enabled).default_value = 12.0
    tree.links.new(start.outputs[0], store.inputs["Geometry"])
    tree.links.new(store.outputs["Geometry"], end.inputs[0])
    flat.modifiers.new("Crowd Tool", "NODES").node_group = tree
    select([flat])
    operators.populate(model=str(model), age_source="age")
    assert flat.facegan.age == 12.0


def test_what_is_set_by_hand_wins(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat")
    flat["years"] = 20.0
    flat.facegan.age = 65.0
    select([flat])
    operators.populate(model=str(model), age_source="years")
    assert flat.facegan.age == 65.0


def test_the_scenes_settings_hold_the_names(scene: Any, model: Path) -> None:
    flat = plane("Flat")
    flat["sex"] = 0.0
    scene.facegan.sex_source, scene.facegan.sex_values = "sex", "ZERO_ONE"
    select([flat])
    operators.populate(model=str(model), share_of_women=0)
    assert flat.facegan.sex == "FEMALE"


@pytest.mark.parametrize(
    ("value", "values", "told"),
    [
        ("lady", "AUTO", "'lady'"),
        (2, "AUTO", "sex 2"),
        (0.0, "AUTO", "0.0"),
        (0.0, "SIGNED", "neither"),
        (3.5, "ZERO_ONE", "3.5"),
    ],
)
def test_nonsense_names_the_object_and_changes_nothing(
    scene: bpy.types.Scene, model: Path, value: Any, values: str, told: str
) -> None:
    crowd = [plane("Anna"), plane("Büşra")]
    crowd[0]["sex"], crowd[1]["sex"] = "female", value
    select(crowd)
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        operators.populate(model=str(model), sex_source="sex", sex_values=values)
    (line,) = (line for line in str(caught.value).splitlines() if line.strip())
    assert "Büşra" in line
    assert told in line
    assert snapshot() == before


def test_a_name_that_nobody_has_is_told(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Flat")])
    with pytest.raises(RuntimeError, match="No object has a property or attribute agee"):
        operators.populate(model=str(model), age_source="agee")


def test_an_attribute_that_varies_over_the_mesh_is_told(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat")
    with_attribute(flat, "age", "FLOAT", [1.0, 2.0, 3.0, 4.0])
    select([flat])
    with pytest.raises(RuntimeError, match="Flat: the attribute age is not the same"):
        operators.populate(model=str(model), age_source="age")
