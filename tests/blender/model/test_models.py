"""Model files: installed, chosen, removed, refused; and a control for everything that they can be asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.errors import CrowdError
from blender_facegan.scene.model import store as model_store
from blender_facegan.scene.people import labels
from blender_facegan.ui import preference_values
from blender_facegan.ui.model import models as panel_models
from blender_facegan.ui.panels import FACEGAN_PT_crowd
from tests.blender.crowds import (
    context,
    data,
    operators,
    plane,
    read_face,
    select,
    snapshot,
    telling_model,
    tile_pixels,
)
from tests.blender.interface.test_panels import Layout
from tests.blender.labelled_models import labelled_model, untrue_model
from tests.blender.point_crowds import column, instance_on, points, read_tiles


@pytest.fixture
def preferences(scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The add-on's preferences, as if it were enabled, and a folder of the user's own."""
    monkeypatch.setattr(model_store, "user_folder", lambda name: tmp_path / "user" / name)
    addon = context.preferences.addons.new()
    addon.module = preference_values.PACKAGE
    yield addon.preferences
    context.preferences.addons.remove(addon)


def color(obj: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in tile_pixels(obj)[-3, -3])


def crowd(model: Path, count: int = 2) -> list[Any]:
    found = [plane(f"P{i}") for i in range(count)]
    select(found)
    return found


def test_a_model_is_installed_chosen_and_removed(preferences: Any, tmp_path: Path) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    found = model_store.installed_models()
    assert [model.path.name for model in found] == ["default.facegan", "mine.facegan"]
    assert found[1].card is not None
    assert found[1].card.name == "Labelled"
    assert preference_values.chosen_model(context) == tmp_path / "user" / "models" / "mine.facegan"
    flat = plane("Flat")
    select([flat])
    operators.populate()
    assert tile_pixels(flat).shape == (16, 16, 3)
    operators.choose_model(name="default.facegan")
    assert preference_values.chosen_model(context) == model_store.DEFAULT_MODEL
    operators.choose_model(name="mine.facegan")
    operators.remove_model(name="mine.facegan")
    assert preference_values.chosen_model(context) == model_store.DEFAULT_MODEL
    assert [model.path.name for model in model_store.installed_models()] == ["default.facegan"]


def test_the_choice_is_among_what_blender_saves_when_it_ends(preferences: Any, tmp_path: Path) -> None:
    file = labelled_model(tmp_path / "mine.facegan")
    for operator, told in (
        ("install_model", {"filepath": str(file)}),
        ("choose_model", {"name": "default.facegan"}),
        ("choose_model", {"name": "mine.facegan"}),
        ("remove_model", {"name": "mine.facegan"}),
    ):
        context.preferences.is_dirty = False
        getattr(operators, operator)(**told)
        assert context.preferences.is_dirty


def test_a_model_is_there_whole_or_not_at_all(
    preferences: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may look for models, or install the same one, while it is copied."""
    seen: list[list[str]] = []

    def half(_source: Path, target: Path) -> None:
        target.write_bytes(b"half of it")
        seen.append([model.path.name for model in model_store.installed_models()])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", half)
    with pytest.raises(RuntimeError, match="No space left on device"):
        operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    assert seen == [["default.facegan"]]
    assert list((tmp_path / "user" / "models").iterdir()) == []


def test_installing_the_same_again_is_no_mistake_but_another_of_the_name_is(preferences: Any, tmp_path: Path) -> None:
    path = labelled_model(tmp_path / "mine.facegan")
    operators.install_model(filepath=str(path))
    operators.install_model(filepath=str(path))
    other = labelled_model(tmp_path / "other.facegan")
    (tmp_path / "elsewhere").mkdir()
    changed = (tmp_path / "elsewhere" / "mine.facegan").resolve()
    changed.write_bytes(other.read_bytes() + b"")
    blob = bytearray(changed.read_bytes())
    blob[blob.index(b"Labelled")] = ord("l")
    changed.write_bytes(bytes(blob))
    with pytest.raises(RuntimeError, match="another model has that name"):
        operators.install_model(filepath=str(changed))


@pytest.fixture
def lite(preferences: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The add-on as it is without a model of its own."""
    monkeypatch.setattr(model_store, "DEFAULT_MODEL", tmp_path / "addon" / "default.facegan")
    return preferences


@pytest.mark.parametrize("operator", ["populate", "populate_instances", "add_assets"])
def test_without_any_model_one_line_says_how_to_get_one(lite: Any, tmp_path: Path, operator: str) -> None:
    select([instance_on(points("Points", 2), plane("Shown")), *crowd(tmp_path)])
    told = {"directory": str(tmp_path)} if operator == "add_assets" else {}
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        getattr(operators, operator)(**told)
    (line,) = (line for line in str(caught.value).splitlines() if line.strip())
    assert "No model is installed: run `blender --command facegan install FILE.facegan`" in line
    assert snapshot() == before


def test_in_a_window_the_line_is_about_the_window(lite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_store, "is_without_window", lambda: False)
    with pytest.raises(CrowdError, match=r"drag a \.facegan file into the 3D view, or use Install Model"):
        model_store.check_installed(model_store.DEFAULT_MODEL)


def test_without_any_model_the_panels_say_so(lite: Any) -> None:
    shown: list[str] = []
    panel_models.draw_models(Layout(shown), context)  # type: ignore[arg-type]
    assert "No model is installed" in shown[0]


def test_without_any_model_the_button_is_to_get_one(lite: Any, tmp_path: Path) -> None:
    def shown() -> str:
        told: list[str] = []
        FACEGAN_PT_crowd.fields(FACEGAN_PT_crowd, Layout(told), context)  # type: ignore[arg-type]
        return "\n".join(told)

    assert "No model is installed\nInstall Model" in shown()
    assert "Populate" not in shown()
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    assert "Install Model" not in shown()
    assert "Populate Crowd Faces" in shown()


def test_the_first_model_that_is_installed_is_used(lite: Any, tmp_path: Path) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")), use=False)
    flat = plane("Flat")
    select([flat])
    operators.populate()
    assert tile_pixels(flat).shape == (16, 16, 3)
    operators.remove_model(name="mine.facegan")
    assert model_store.installed_models() == []


def test_of_a_model_and_its_larger_one_the_first_is_used(lite: Any, tmp_path: Path) -> None:
    for name in ("mine-128", "mine"):
        operators.install_model(filepath=str(labelled_model(tmp_path / f"{name}.facegan")), use=False)
    assert preference_values.chosen_model(context).name == "mine.facegan"


def test_a_dropped_model_is_installed_without_a_file_browser(preferences: Any, tmp_path: Path) -> None:
    handler = bpy.types.FACEGAN_FH_model  # type: ignore[attr-defined]
    assert handler.bl_import_operator == "facegan.install_model"
    assert handler.bl_file_extensions == ".facegan"
    outcome = operators.install_model("INVOKE_DEFAULT", filepath=str(labelled_model(tmp_path / "mine.facegan")))
    assert outcome == {"FINISHED"}
    assert preference_values.chosen_model(context).name == "mine.facegan"


def broken(path: Path) -> Path:
    path.write_bytes(b"\x08\0\0\0\0\0\0\0notjson!")
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (untrue_model, "differ from its golden ones"),
        (broken, "broken.facegan"),
        (lambda path: path, "broken.facegan"),
    ],
)
def test_a_model_that_is_unfit_is_refused_with_one_line(preferences: Any, tmp_path: Path, make: Any, told: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        operators.install_model(filepath=str(make(tmp_path / "broken.facegan")))
    (line,) = (line for line in str(caught.value).splitlines() if line.strip())
    assert told in line
    assert [model.path.name for model in model_store.installed_models()] == ["default.facegan"]


@pytest.mark.parametrize("operator", ["populate", "populate_instances"])
def test_a_model_that_is_only_named_is_refused_too(scene: Any, tmp_path: Path, operator: str) -> None:
    select([instance_on(points("Points", 2), plane("Shown")), *crowd(tmp_path)])
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        getattr(operators, operator)(model=str(untrue_model(tmp_path / "untrue.facegan")))
    (line,) = (line for line in str(caught.value).splitlines() if line.strip())
    assert "untrue.facegan: makes pictures that differ from its golden ones" in line
    assert snapshot() == before


@pytest.mark.parametrize("name", ["default.facegan", "../models/default.facegan", "none.facegan", ""])
def test_only_the_users_own_models_can_be_removed(preferences: Any, name: str) -> None:
    with pytest.raises(RuntimeError, match="no such model is installed"):
        operators.remove_model(name=name)
    assert model_store.DEFAULT_MODEL.is_file()


def test_the_preferences_show_every_card(preferences: Any, tmp_path: Path) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")), use=False)
    (tmp_path / "user" / "models" / "bad.facegan").write_bytes(b"bad")
    shown: list[str] = []
    layout: Any = Layout(shown)
    panel_models.draw_models(layout, context)
    text = "\n".join(shown)
    for told in ("Crowd 64", "CC-BY-4.0", "64 × 64 pixels", "FairFace, 18,963", "cascades.strict"):
        assert told in text
    assert "Labelled" in text
    assert "CC0-1.0" in text
    assert "bad.facegan" in text


def test_the_crowds_labels_reach_the_faces(preferences: Any, scene: Any, tmp_path: Path) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    found = crowd(tmp_path)
    for name, value in (("glasses", 1.0), ("smile", 40.0), ("hair", 1)):
        operators.set_label(name=name)
        scene[f"facegan_label_{name}"] = value
    operators.populate()
    assert color(found[0]) == pytest.approx((1, 0.8, 1), abs=0.01)
    assert color(found[1]) == pytest.approx((1, 0.8, 1), abs=0.01)


def test_a_characters_own_label_wins_and_survives_saving(preferences: Any, scene: Any, tmp_path: Path) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    found = crowd(tmp_path)
    operators.set_label(name="smile")
    scene["facegan_label_smile"] = 40.0
    context.view_layer.objects.active = found[1]
    operators.set_label(name="smile", character=True)
    found[1]["facegan_label_smile"] = 10.0
    found[1]["facegan_label_hair"] = "fair"
    operators.populate()
    assert color(found[0])[1] == pytest.approx(0.8, abs=0.01)
    assert color(found[1])[1:] == pytest.approx((0.2, 1), abs=0.01)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
    assert data.objects["P1"]["facegan_label_smile"] == 10.0
    assert context.scene["facegan_label_smile"] == 40.0
    context.view_layer.objects.active = data.objects["P1"]
    operators.set_label(name="smile", character=True, clear=True)
    select(data.objects)
    operators.populate()
    assert color(data.objects["P1"])[1] == pytest.approx(0.8, abs=0.01)


def test_only_who_has_another_label_gets_another_face(
    preferences: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    found = crowd(tmp_path, 3)
    operators.populate(keep_apart=False)
    found[1]["facegan_label_glasses"] = 1.0
    capfd.readouterr()
    operators.populate(keep_apart=False)
    assert "1 new face, 2 kept" in capfd.readouterr().out


def test_the_control_has_the_range_and_the_choices_of_the_card(preferences: Any, scene: Any, tmp_path: Path) -> None:
    found = model_store.labels_of(labelled_model(tmp_path / "mine.facegan"))
    for label in found.values():
        labels.offer_label(scene, label)
    smile = scene.id_properties_ui("facegan_label_smile").as_dict()
    assert (smile["min"], smile["max"]) == (0, 50)
    assert "%" in smile["description"]
    assert scene["facegan_label_smile"] == 25.0
    glasses = scene.id_properties_ui("facegan_label_glasses").as_dict()
    assert (glasses["min"], glasses["max"]) == (-1, 1)
    hair = scene.id_properties_ui("facegan_label_hair").as_dict()
    assert [item[1] for item in hair["items"]] == ["dark", "fair"]


def test_a_panel_shows_a_control_for_every_label(preferences: Any, scene: Any, tmp_path: Path) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    shown: list[str] = []
    layout: Any = Layout(shown)
    panel_models.draw_labels(layout, context, scene)
    assert shown == ["Glasses: Any", "Smile (%): Any", "Hair: Any"]
    operators.set_label(name="smile")
    shown.clear()
    panel_models.draw_labels(layout, context, scene)
    assert shown == ["Glasses: Any", "Smile (%)", "", "Hair: Any"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("smile", 51.0, "0 to 50"), ("smile", "wide", "'wide'"), ("hair", "blue", "dark, fair"), ("hair", 2, "2")],
)
def test_a_value_that_the_label_lacks_is_told(
    preferences: Any, tmp_path: Path, name: str, value: Any, told: str
) -> None:
    operators.install_model(filepath=str(labelled_model(tmp_path / "mine.facegan")))
    found = crowd(tmp_path)
    found[1][f"facegan_label_{name}"] = value
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        operators.populate()
    (line,) = (line for line in str(caught.value).splitlines() if line.strip())
    assert "P1" in line
    assert told in line
    assert snapshot() == before


def test_pages_are_as_the_preferences_say(preferences: Any, model: Path) -> None:
    preferences.page_size, preferences.gutter = "1024", 8
    flat = plane("Flat")
    select([flat])
    operators.populate(model=str(model))
    assert flat.facegan.page.facegan.gutter == 8


def test_faces_are_as_small_as_the_preferences_say(
    preferences: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = telling_model(tmp_path / "large.facegan", side=48)
    flat, owner = plane("Flat"), instance_on(points("Points", 2), plane("Shown"))
    for size, side in (("AUTO", 48), ("0", 48), ("32", 32), ("128", 48), ("16", 16)):
        preferences.face_size = size
        select([flat, owner])
        operators.populate(model=str(model))
        operators.populate_instances(model=str(model))
        assert tile_pixels(flat).shape == (side, side, 3)
        assert read_face(flat).age == pytest.approx(flat.facegan.age, abs=0.5)
        assert owner["facegan_pages"].facegan.tile == side
        (first, _) = read_tiles(owner["facegan_pages"], column(owner, "facegan_tile"))
        assert first.age == pytest.approx(column(owner, "facegan_age")[0], abs=0.5)
    capfd.readouterr()
    operators.populate(model=str(model))
    operators.populate_instances(model=str(model))
    assert capfd.readouterr().out.count(": 0 new faces") == 2
