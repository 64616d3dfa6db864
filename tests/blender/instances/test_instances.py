"""Crowds without objects: every instance has its own face."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.core.people.population import character_seed
from blender_facegan.ui.instances import FACEGAN_OT_populate_instances
from tests.blender.crowds import context, data, defaults_of, head, operators, plane, select, telling_model
from tests.blender.pictures import front_view, to_srgb
from tests.blender.point_crowds import collection_instance, column, instance_on, points, read_tiles
from tests.blender.populate.test_modal import tick_until_over
from tests.blender.populate.test_reopen import RENDER


def crowd(count: int = 4, shown: Any = None, **columns: Any) -> Any:
    """Points with a billboard on each, selected."""
    owner = instance_on(points("Points", count, **columns), shown or plane("Flat", (0, 50, 0)))
    select([owner])
    return owner


def pages(owner: Any) -> Any:
    return owner["facegan_pages"]


def told(owner: Any) -> Any:
    return read_tiles(pages(owner), column(owner, "facegan_tile"))


def test_every_point_gets_the_face_of_its_own_attributes(scene: bpy.types.Scene, model: Path) -> None:
    owner = crowd(4, gender=[0, 1, 1, 0], years=[5.0, 25.0, 45.0, 85.0], variant=[7, 8, 9, 10])
    operators.populate_instances(model=str(model), sex_source="gender", age_source="years", seed_source="variant")
    for face, sex, age in zip(told(owner), [0, 1, 1, 0], [5, 25, 45, 85], strict=True):
        assert face.sex == pytest.approx(sex, abs=0.01)
        assert face.age == pytest.approx(age, abs=0.5)
    assert column(owner, "facegan_seed") == [7, 8, 9, 10]


def test_what_is_rendered_is_the_instances_own_face(scene: bpy.types.Scene, model: Path) -> None:
    """All four show the one billboard, with one material."""
    owner = crowd(4, gender=[0, 1, 1, 0], years=[5.0, 25.0, 45.0, 85.0])
    operators.populate_instances(model=str(model), sex_source="gender", age_source="years", shading="EMISSION")
    eye = data.objects.new("Eye", None)
    for i, face in enumerate(told(owner)):
        eye.location = (2.0 * i, 0, 0)
        center = front_view(eye)[40, 40]
        assert center[3] == pytest.approx(1, abs=0.01)
        assert to_srgb(center[:3]) == pytest.approx([face.sex, face.age / 90, face.seed], abs=0.02)


def test_heads_take_the_face_too_and_their_material_stays_theirs(scene: bpy.types.Scene, model: Path) -> None:
    bust = head("Bust", (0, 50, 0))
    owner = crowd(3, bust, years=[10.0, 40.0, 80.0])
    operators.populate_instances(model=str(model), age_source="years", share_of_women=0)
    eye = data.objects.new("Eye", None)
    reds = []
    for i in range(3):
        eye.location = (2.0 * i, 0, 0)
        reds.append(front_view(eye)[20, 32, 1])
    assert reds[0] < reds[1] < reds[2]
    operators.remove_instances()
    assert bust.material_slots[0].material.name == "Skin"
    assert [name for name in owner.data.attributes.keys() if name.startswith("facegan_")] == []  # noqa: SIM118
    assert not [key for key in (*owner.keys(), *bust.keys()) if key.startswith("facegan_")]
    assert not [image for image in data.images if image.source == "TILED"]


def test_collection_instances_carry_their_face_themselves(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat")
    cast = [collection_instance(f"Person {i}", flat, (2.0 * i, 0, 0)) for i in range(3)]
    cast[0]["years"], cast[1]["years"] = 20.0, 45.0
    select(cast)
    drawn = {"age_minimum": 70, "age_maximum": 70}
    operators.populate_instances(model=str(model), age_source="years", shading="EMISSION", **drawn)
    ages = [read_tiles(pages(one), [one["facegan_tile"]])[0].age for one in cast]
    assert ages == pytest.approx([20, 45, 70], abs=0.5)
    for one, age in zip(cast, ages, strict=True):
        assert to_srgb(front_view(one)[40, 40])[1] * 90 == pytest.approx(age, abs=2)


def test_points_and_collection_instances_share_one_page_set(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat", (0, 50, 0))
    owner = instance_on(points("Points", 3), flat)
    one = collection_instance("Person", flat, (0, 0, 4))
    select([owner])
    operators.populate_instances(model=str(model))
    before = told(owner)
    select([one])
    operators.populate_instances(model=str(model))
    assert one["facegan_pages"] == pages(owner)
    assert told(owner) == before
    assert len([image for image in data.images if image.source == "TILED"]) == 1


def test_seeds_hang_on_the_identity_and_not_on_the_place(scene: bpy.types.Scene, model: Path) -> None:
    owner = crowd(4, who=[40, 10, 30, 20])
    operators.populate_instances(model=str(model), id_source="who", crowd_seed=5, keep_apart=False)
    seeds = dict(zip(column(owner, "who"), column(owner, "facegan_seed"), strict=True))
    assert seeds == {who: character_seed(5, f"Points/{who}") for who in (10, 20, 30, 40)}


def test_points_that_come_or_go_change_nobody_elses_face(scene: bpy.types.Scene, model: Path) -> None:
    owner = crowd(5)
    operators.populate_instances(model=str(model))
    before = dict(zip(column(owner, "facegan_id"), told(owner), strict=True))
    grow_and_shrink(owner.data)
    operators.populate_instances(model=str(model))
    after = dict(zip(column(owner, "facegan_id"), told(owner), strict=True))
    assert sorted(after) == [0, 2, 3, 4, 5]
    assert {known: after[known] for known in (0, 2, 3, 4)} == {known: before[known] for known in (0, 2, 3, 4)}
    assert after[5].seed != pytest.approx(before[0].seed, abs=0.002)


def grow_and_shrink(mesh: Any) -> None:
    """Takes the second point away and adds another, as Edit Mode does."""
    import bmesh

    edited = bmesh.new()
    edited.from_mesh(mesh)
    edited.verts.ensure_lookup_table()
    edited.verts.remove(edited.verts[1])
    edited.verts.new((9, 0, 0))
    edited.to_mesh(mesh)
    edited.free()


def test_only_what_changed_is_made_again(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    owner = crowd(6, years=[10.0] * 6)
    operators.populate_instances(model=str(model), age_source="years")
    before = told(owner)
    owner.data.attributes["years"].data[2].value = 60.0
    capfd.readouterr()
    operators.populate_instances(model=str(model), age_source="years")
    assert "1 new face, 5 kept" in capfd.readouterr().out
    assert [i for i, (old, new) in enumerate(zip(before, told(owner), strict=True)) if old != new] == [2]


def test_more_faces_than_a_page_holds(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """With pictures of 256 pixels a page of 4096 holds 225."""
    owner = crowd(230, years=[float(i % 90) for i in range(230)])
    operators.populate_instances(
        model=str(telling_model(tmp_path / "large.facegan", 256)), age_source="years", shading="EMISSION"
    )
    assert len(pages(owner).tiles) == 2
    assert [round(face.age) for face in told(owner)] == [i % 90 for i in range(230)]
    eye = data.objects.new("Eye", None)
    eye.location = (2.0 * 229, 0, 0)
    assert to_srgb(front_view(eye, 16)[10, 8])[1] * 90 == pytest.approx(229 % 90, abs=2)


def test_the_file_renders_the_same_without_the_add_on(scene: Any, model: Path, tmp_path: Path) -> None:
    crowd(3, years=[10.0, 40.0, 80.0])
    operators.populate_instances(model=str(model), age_source="years")
    eye = data.objects.new("Eye", None)
    scene.collection.objects.link(eye)
    eye.location = (2.0, 0, 0)
    before = front_view(eye)
    blend, out = tmp_path / "crowd.blend", tmp_path / "pictures.npz"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    script = RENDER.format(root=str(Path(__file__).parents[3]), blend=str(blend), out=str(out), names=["Eye"])
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
    with np.load(out) as after:
        np.testing.assert_allclose(after["Eye"], before, atol=2e-3)
    assert before[40, 40, 3] > 0.9


def test_scattered_instances_take_faces_from_a_table(scene: bpy.types.Scene, model: Path) -> None:
    ground, flat = plane("Ground", (0, 0, 0)), plane("Flat", (0, 50, 0))
    instance_on(ground, flat, scatter=True)
    context.view_layer.objects.active = ground
    select([ground])
    operators.add_face_id()
    table = data.objects["Crowd Face Table"]
    assert len(table.data.vertices) == 4
    operators.populate_instances(model=str(model), shading="EMISSION")
    eye = data.objects.new("Eye", None)
    for i, face in enumerate(told(table)):
        eye.location = (2.0 * i, 0, 0)
        assert to_srgb(front_view(eye)[40, 40, :3]) == pytest.approx([face.sex, face.age / 90, face.seed], abs=0.02)


def test_what_is_instanced_is_not_populated_as_an_object(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It has one material, which shows its instances' faces."""
    flat, other = plane("Flat", (0, 50, 0)), plane("Other", (0, 60, 0))
    owner = crowd(3, flat)
    operators.populate_instances(model=str(model))
    before = told(owner), flat.material_slots[0].material
    select([flat, other])
    operators.populate(model=str(model))
    assert "Flat (instanced" in capfd.readouterr().out
    assert other.facegan.page is not None
    assert (told(owner), flat.material_slots[0].material) == before


class Running:
    """Stands for the operator that Blender makes for one run in a window."""

    def __init__(self, model: Path, crowd_seed: int) -> None:
        self.__dict__.update(defaults_of(FACEGAN_OT_populate_instances))
        self.model, self.crowd_seed = str(model), crowd_seed
        self.properties = SimpleNamespace(is_property_set=lambda name: name in ("model", "crowd_seed"))
        self.reports: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(FACEGAN_OT_populate_instances, name)
        return found.__get__(self) if callable(found) else found

    def report(self, _kind: set[str], text: str) -> None:
        self.reports.append(text)


def test_in_a_window_it_runs_beside_blender_and_asks_before_it_replaces(
    scene: bpy.types.Scene, model: Path, timers: list[str]
) -> None:
    owner = crowd(3)
    running: Any = Running(model, 1)
    assert running.start(context) == {"RUNNING_MODAL"}
    assert tick_until_over(running) == {"FINISHED"}
    assert len(told(owner)) == 3
    assert running.start(context) == {"RUNNING_MODAL"}
    running.cancel(context)
    assert "asked" not in timers
    other: Any = Running(model, 2)
    assert other.start(context) == {"CANCELLED"}
    assert timers[-1] == "asked"
    other.replace = True
    assert other.start(context) == {"RUNNING_MODAL"}
    other.cancel(context)


def test_one_undo_takes_all_of_it_back(scene: bpy.types.Scene, model: Path) -> None:
    context.preferences.edit.use_global_undo = True
    owner = crowd(3)
    bpy.ops.ed.undo_push(message="Before")
    operators.populate_instances("EXEC_DEFAULT", True, model=str(model))
    bpy.ops.ed.undo()
    owner, flat = data.objects["Points"], data.objects["Flat"]
    assert "facegan_tile" not in owner.data.attributes
    assert not flat.material_slots or flat.material_slots[0].material is None
    assert not [image for image in data.images if image.source == "TILED"]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: crowd(2, years=[10.0, 999.0]), "Points, point 1: the age 999"),
        (lambda: crowd(2), "Points: no attribute or property years for the age"),
        (lambda: select([plane("Alone")]), "Alone (a surface without instances)"),
        (lambda: select([points("None", 0)]), "None (without points)"),
        (lambda: select([]), "No points"),
    ],
)
def test_what_cannot_be_is_told_in_one_line_and_changes_nothing(
    scene: bpy.types.Scene, model: Path, make: Any, told: str
) -> None:
    make()
    with pytest.raises(RuntimeError) as caught:
        operators.populate_instances(model=str(model), age_source="years")
    (line,) = (line for line in str(caught.value).splitlines() if line.strip())
    assert told in line
    assert not data.images


def test_instances_with_the_same_identity_are_told(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd(3, who=[1, 1, 2])
    operators.populate_instances(model=str(model), id_source="who")
    assert "1 instance has the ID of another" in capfd.readouterr().out


def test_a_changed_page_set_is_not_overwritten(scene: bpy.types.Scene, model: Path) -> None:
    owner = crowd(2)
    operators.populate_instances(model=str(model))
    image = pages(owner)
    image.pixels[0] = 0.5
    image.update()
    image.pack()
    with pytest.raises(RuntimeError, match="changed by hand"):
        operators.populate_instances(model=str(model), crowd_seed=3)
