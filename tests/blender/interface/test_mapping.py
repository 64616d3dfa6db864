"""Every control of the panel, and every argument of the operator, reaches what it names, value by value."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import bpy
import pytest

from blender_facegan.core.people.ages import Band, Bands, Bell, Uniform
from blender_facegan.core.people.skin_tones import SKINS, SkinTones
from blender_facegan.scene.instances.points import PointStore
from blender_facegan.ui.instances import FACEGAN_OT_populate_instances
from blender_facegan.ui.populate import operators as populate_operator
from blender_facegan.ui.properties import CrowdFields, CrowdSettings
from tests.blender.crowds import data, operators, plane, read_face, select, skin_material
from tests.blender.point_crowds import instance_on, points
from tests.core.model.model_writer import small_network


class Told(NamedTuple):
    """What the operator tells the run: its objects, its settings, and the objects that are instanced."""

    objects: Any
    settings: Any
    instanced: Any


class _StopError(RuntimeError):
    """Ends the run once it is known what it was told."""


@pytest.fixture
def told(scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """What `populate_instances`, which has every property of `populate`, tells the run."""
    heard: list[Told] = []
    draft = small_network().draft(8)
    draft.card["light"] = "photographs"
    model = draft.write(tmp_path / "lit.facegan")

    def hear(objects: Any, settings: Any, instanced: Any, _search: Any) -> None:
        heard.append(Told([obj.name for obj in objects], settings, instanced and [obj.name for obj in instanced]))
        raise _StopError

    monkeypatch.setattr(PointStore, "look", hear)
    cast = data.collections.new("Cast")
    cast.objects.link(plane("Somebody"))
    scene.facegan.age_bands.clear()
    select([instance_on(points("Points", 2), data.objects["Somebody"])])

    def ask(**arguments: Any) -> Told:
        with pytest.raises(RuntimeError):
            operators.populate_instances(model=str(model), **arguments)
        return heard[-1]

    return ask


BOTH: list[tuple[dict[str, Any], Callable[[Told], Any], Any]] = [
    ({"share_of_women": 0.0}, lambda told: told.settings.demographics.share_of_women, 0.0),
    ({"share_of_women": 30.0}, lambda told: told.settings.demographics.share_of_women, pytest.approx(0.3)),
    ({"share_of_women": 100.0}, lambda told: told.settings.demographics.share_of_women, 1.0),
    ({"ages": "UNIFORM"}, lambda told: told.settings.demographics.ages, Uniform(18, 70)),
    ({"ages": "BELL"}, lambda told: told.settings.demographics.ages, Bell(40, 12, 18, 70)),
    ({"age_minimum": 5.0}, lambda told: told.settings.demographics.ages, Uniform(5, 70)),
    ({"age_maximum": 85.0}, lambda told: told.settings.demographics.ages, Uniform(18, 85)),
    ({"ages": "BELL", "age_mean": 33.0}, lambda told: told.settings.demographics.ages, Bell(33, 12, 18, 70)),
    ({"ages": "BELL", "age_spread": 4.0}, lambda told: told.settings.demographics.ages, Bell(40, 4, 18, 70)),
    ({"crowd_seed": 123456}, lambda told: told.settings.crowd_seed, 123456),
    ({"keep_apart": False}, lambda told: told.settings.likeness, None),
    ({"keep_apart": True}, lambda told: told.settings.likeness, 20.0),
    ({"likeness": 33.0}, lambda told: told.settings.likeness, 33.0),
    ({"whole_faces": False}, lambda told: told.settings.whole, False),
    ({"whole_faces": True}, lambda told: told.settings.whole, True),
    ({"projection": "FACE"}, lambda told: told.settings.look.projection, "FACE"),
    ({"projection": "UV"}, lambda told: told.settings.look.projection, "UV"),
    ({"uv_map": "Face"}, lambda told: told.settings.look.uv_map, "Face"),
    ({"shading": "LIT"}, lambda told: told.settings.look.shading, "LIT"),
    ({"shading": "EMISSION"}, lambda told: told.settings.look.shading, "EMISSION"),
    ({"outline": "OVAL"}, lambda told: told.settings.look.outline, "OVAL"),
    ({"outline": "SOFT"}, lambda told: told.settings.look.outline, "SOFT"),
    ({"outline": "FULL"}, lambda told: told.settings.look.outline, "FULL"),
    ({"skin": "MODEL"}, lambda told: told.settings.demographics.skin, None),
    ({"skin": "EVEN"}, lambda told: told.settings.demographics.skin, SKINS["even"]),
    ({"skin": "LIGHT"}, lambda told: told.settings.demographics.skin, SKINS["light"]),
    ({"skin": "MEDIUM"}, lambda told: told.settings.demographics.skin, SKINS["medium"]),
    ({"skin": "DARK"}, lambda told: told.settings.demographics.skin, SKINS["dark"]),
    (
        {"skin": "WEIGHTS", "skin_weights": tuple(range(10))},
        lambda told: told.settings.demographics.skin,
        SkinTones(tuple(float(weight) for weight in range(10))),
    ),
    ({"even_light": 0.25}, lambda told: told.settings.even_light, 0.25),
    ({"skin_from": "FACE"}, lambda told: told.settings.look.skin_from, "FACE"),
    ({"skin_from": "BODY"}, lambda told: told.settings.look.skin_from, "BODY"),
    ({"match_body": False}, lambda told: told.settings.match_body, False),
    ({"match_body": True}, lambda told: told.settings.match_body, True),
    ({"sex_source": "gender"}, lambda told: told.settings.sources.sex, "gender"),
    ({"sex_values": "SIGNED"}, lambda told: told.settings.sources.sex_values, "SIGNED"),
    ({"sex_values": "ZERO_ONE"}, lambda told: told.settings.sources.sex_values, "ZERO_ONE"),
    ({"age_source": " years "}, lambda told: told.settings.sources.age, "years"),
    ({"seed_source": "variant"}, lambda told: told.settings.sources.seed, "variant"),
    ({"skin_source": "tone"}, lambda told: told.settings.sources.skin, "tone"),
    ({"id_source": "seat"}, lambda told: told.settings.sources.identity, "seat"),
    ({"scope": "SELECTED"}, lambda told: told.objects, ["Points"]),
    ({"scope": "MARKED"}, lambda told: told.objects, []),
    ({"scope": "FACELESS"}, lambda told: told.objects, []),
]
"""Controls that are arguments of the same name, what of the run tells them, and what that must be."""


@pytest.mark.parametrize(("values", "tells", "expected"), BOTH, ids=[str(case[0]) for case in BOTH])
@pytest.mark.parametrize("way", ["panel", "argument"])
def test_a_value_reaches_what_it_names(
    scene: Any, told: Callable[..., Told], way: str, values: dict[str, Any], tells: Any, expected: Any
) -> None:
    if way == "panel":
        for name, value in values.items():
            setattr(scene.facegan, name, value)
    assert tells(told(**(values if way == "argument" else {}))) == expected


def collection_of(*names: str) -> Any:
    made = data.collections.new("Chosen")
    for name in names:
        made.objects.link(data.objects.get(name) or plane(name))
    return made


POINTERS: dict[str, tuple[Callable[[], dict[str, Any]], dict[str, Any], Callable[[Told], Any], Any]] = {
    "collection": (
        lambda: {"scope": "COLLECTION", "collection": collection_of("A", "B")},
        {"scope": "COLLECTION", "collection": "Chosen"},
        lambda told: told.objects,
        ["A", "B"],
    ),
    "skin_material": (
        lambda: {"skin_material": skin_material("Leather")},
        {"skin_material": "Leather"},
        lambda told: told.settings.skin_material,
        "Leather",
    ),
    "instanced": (
        lambda: {"instanced": collection_of("Shown")},
        {"instanced": "Chosen"},
        lambda told: told.instanced,
        ["Shown"],
    ),
}
"""Controls that point at data, which arguments name."""


@pytest.mark.parametrize("name", list(POINTERS))
@pytest.mark.parametrize("way", ["panel", "argument"])
def test_data_that_is_pointed_at_reaches_what_it_names(
    scene: Any, told: Callable[..., Told], way: str, name: str
) -> None:
    panel, arguments, tells, expected = POINTERS[name]
    chosen = panel()
    if way == "panel":
        for pointer, value in chosen.items():
            setattr(scene.facegan, pointer, value)
    assert tells(told(**(arguments if way == "argument" else {}))) == expected


def test_the_panels_bands_are_those_that_are_drawn_from(scene: Any, told: Callable[..., Told]) -> None:
    for low, high, weight in ((4, 9, 1), (30, 50, 3)):
        band = scene.facegan.age_bands.add()
        band.minimum, band.maximum, band.weight = low, high, weight
    scene.facegan.ages = "BANDS"
    assert told().settings.demographics.ages == Bands((Band(4, 9, 1), Band(30, 50, 3)))


def test_no_control_is_forgotten() -> None:
    tried = {name for values, _, _ in BOTH for name in values}
    fields = {name for base in CrowdFields.__mro__ for name in getattr(base, "__annotations__", {})}
    assert tried == fields
    assert {*POINTERS, "age_bands", "realised"} == set(CrowdSettings.__annotations__)


@pytest.mark.parametrize("operator", ["FACEGAN_OT_populate", "FACEGAN_OT_reroll", "FACEGAN_OT_age"])
def test_operators_on_objects_are_told_in_the_same_way(operator: str) -> None:
    """One function makes the settings of all of them, which the cases above have tried."""
    cls, tried = getattr(populate_operator, operator), FACEGAN_OT_populate_instances
    assert cls.settings is tried.settings
    assert cls.objects is tried.objects


@pytest.mark.parametrize(("sex", "shade"), [("FEMALE", 0.0), ("MALE", 1.0)])
def test_a_sex_by_hand_is_that_of_the_face(scene: bpy.types.Scene, model: Path, sex: str, shade: float) -> None:
    person = plane("Person")
    select([person])
    person.facegan.sex = sex
    operators.populate(model=str(model))
    assert read_face(person).sex == pytest.approx(shade, abs=0.01)
