"""What happens to crowds of instances while their faces are made, and where the file is not one's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.people.ages import Uniform
from blender_facegan.core.people.population import Demographics
from blender_facegan.scene.instances.points import PointStore
from blender_facegan.scene.materials.look import Look
from blender_facegan.scene.populate.populate import Report, commit, survey
from blender_facegan.scene.populate.settings import Settings
from tests.blender.crowds import context, data, operators, plane, select
from tests.blender.point_crowds import column, instance_on, points, read_tiles


def seats(*names: str) -> list[Any]:
    shown = plane("Shown", (0, 50, 0))
    return [instance_on(points(name, 3), shown) for name in names]


def populate_with_an_interruption(model: Path, owners: list[Any], interruption: Callable[[], object]) -> Report:
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look())
    found = survey(PointStore.look(owners, settings), settings)
    faces = make_faces(found.request, lambda *_: None, lambda: False)
    interruption()
    return commit(found, faces)


def shows_its_own(owner: Any) -> bool:
    told = read_tiles(owner["facegan_pages"], column(owner, "facegan_tile"))
    return [face.age for face in told] == pytest.approx(column(owner, "facegan_age"), abs=0.5)


def add_a_point(owner: Any) -> None:
    owner.data.vertices.add(1)


def remove(owner: Any) -> None:
    data.objects.remove(owner)


@pytest.mark.parametrize("change", [add_a_point, remove])
def test_who_changed_during_the_run_is_named_and_the_others_get_their_faces(
    scene: bpy.types.Scene, model: Path, change: Callable[[Any], None]
) -> None:
    first, second = seats("First", "Second")
    report = populate_with_an_interruption(model, [first, second], lambda: change(first))
    assert list(report.gone) == ["First"]
    assert report.characters == 3
    assert shows_its_own(second)
    if change is add_a_point:
        assert "facegan_tile" not in first.data.attributes
        populate_with_an_interruption(model, [first, second], lambda: None)
        assert shows_its_own(first)
        assert shows_its_own(second)


def test_who_is_renamed_during_the_run_is_found(scene: bpy.types.Scene, model: Path) -> None:
    (owner,) = seats("First")
    report = populate_with_an_interruption(model, [owner], lambda: setattr(owner, "name", "Renamed"))
    assert list(report.gone) == []
    assert owner.facegan.key == "First"
    assert shows_its_own(owner)


def test_an_undo_during_the_run_is_survived(scene: bpy.types.Scene, model: Path) -> None:
    (owner,) = seats("First")
    edit: Any = bpy.ops.ed
    edit.undo_push(message="Made")
    owner.location.x = 5
    edit.undo_push(message="Moved")
    populate_with_an_interruption(model, [owner], lambda: edit.undo())
    assert shows_its_own(data.objects["First"])


def test_a_page_set_removed_during_the_run_stops_it_before_anything_is_written(
    scene: bpy.types.Scene, model: Path
) -> None:
    owner, other = seats("First", "Other")
    populate_with_an_interruption(model, [owner], lambda: None)
    with pytest.raises(CrowdError, match="populate again"):
        populate_with_an_interruption(model, [other], lambda: data.images.remove(owner["facegan_pages"]))
    assert "facegan_tile" not in other.data.attributes


def test_linked_points_are_named_with_the_remedy(
    blender: None, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seats("Linked")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    (own,) = seats("Own")
    with data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.objects = ["Linked"]
    context.scene.collection.objects.link(data.objects["Linked"])
    select([own, data.objects["Linked"]])
    operators.populate_instances(model=str(model))
    told = capfd.readouterr().out
    assert "Linked (linked and read-only: make it local or populate it in its own file)" in told
    assert shows_its_own(own)


def test_two_scenes_have_crowds_of_their_own_on_one_page_set(scene: Any, model: Path) -> None:
    here, there = seats("Here", "There")
    other = data.scenes.new("Other")
    scene.collection.objects.unlink(there)
    other.collection.objects.link(there)
    for owner, of in ((here, scene), (there, other)):
        context.window.scene = of
        select([owner])
        operators.populate_instances(model=str(model), crowd_seed=int(of == other))
    before = column(there, "facegan_seed"), column(there, "facegan_tile")
    context.window.scene = scene
    operators.populate_instances(model=str(model), scope="MARKED", crowd_seed=9)
    assert here["facegan_pages"] == there["facegan_pages"]
    assert (column(there, "facegan_seed"), column(there, "facegan_tile")) == before
    assert shows_its_own(here)
    assert shows_its_own(there)
