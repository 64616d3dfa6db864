"""Billboards of what is no face: the whole picture, or what stands before the background of the model's pictures."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import operators, plane, select
from tests.blender.labelled_models import with_true_golden
from tests.blender.materials.test_materials import populated
from tests.blender.pictures import front_view, to_srgb
from tests.core.model.model_writer import Network

BLUE = (0, 0, 255)
_SIDE = 16


def disc_model(path: Path, background: tuple[int, int, int] | None, **card: Any) -> Path:
    """An orange disc of half the side in the middle, before a background, its edge as soft as pictures have it."""
    network = Network(4)
    network.graph["inputs"] = {"latent": [4]}
    rows, columns = np.mgrid[:_SIDE, :_SIDE] + 0.5 - _SIDE / 2
    inside = np.clip(_SIDE / 4 + 0.5 - np.hypot(rows, columns), 0, 1)[..., None]
    ground = np.array(background or (255, 255, 255))
    picture = inside * (230, 120, 20) + (1 - inside) * ground
    weight = np.zeros((picture.size, 4), np.float32)
    bias = (picture / 127.5 - 1).astype(np.float32).ravel()
    flat = network.add("linear", "latent", tensors={"weight": weight, "bias": bias})
    network.add("reshape", flat, shape=[_SIDE, _SIDE, 3])
    draft = network.draft(_SIDE)
    draft.card |= {"labels": [], "face": {}, **({"background": list(background)} if background else {}), **card}
    return with_true_golden(draft, path)


def across(picture: Any) -> Any:
    """The pixels of the middle row, left to right."""
    return picture[len(picture) // 2]


def test_a_thing_is_shown_whole_by_itself_and_a_face_as_an_oval(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    face, thing = plane("Face"), plane("Thing", (3, 0, 0))
    populated(model, face)
    populated(disc_model(tmp_path / "things.facegan", None), thing)
    assert front_view(face)[2, 2, 3] < 0.02
    assert front_view(thing)[..., 3].min() > 0.98


@pytest.mark.parametrize("background", [BLUE, None])
def test_what_stands_before_the_background_is_cut_out(
    scene: bpy.types.Scene, tmp_path: Path, background: tuple[int, int, int] | None
) -> None:
    flat = plane("Flat")
    made = disc_model(tmp_path / "disc.facegan", background)
    populated(made, flat, shading="EMISSION", **({} if background else {"outline": "CUT"}))
    row = across(front_view(flat))
    assert row[:4, 3].max() < 0.02
    assert row[32, 3] > 0.98
    assert to_srgb(row[32, :3]) == pytest.approx([0.9, 0.47, 0.08], abs=0.02)


def test_the_edge_has_nothing_of_the_background_s_color(scene: bpy.types.Scene, tmp_path: Path) -> None:
    flat = plane("Flat")
    populated(disc_model(tmp_path / "disc.facegan", BLUE), flat, shading="EMISSION")
    row = across(front_view(flat))
    edge = row[(row[:, 3] > 0.1) & (row[:, 3] < 0.9)]
    assert len(edge) > 1
    # Rendered colours are multiplied by their alpha.
    assert (edge[:, 2] < 0.35 * edge[:, 0]).all()


def test_a_model_of_another_background_gets_a_material_of_its_own(scene: bpy.types.Scene, tmp_path: Path) -> None:
    first, second = plane("First"), plane("Second", (3, 0, 0))
    populated(disc_model(tmp_path / "blue.facegan", BLUE), first, outline="CUT")
    populated(disc_model(tmp_path / "green.facegan", (0, 255, 0)), second, outline="CUT")
    assert first.material_slots[0].material != second.material_slots[0].material
    for obj in (first, second):
        assert across(front_view(obj))[2, 3] < 0.02


def test_what_is_cut_out_is_baked_so(scene: bpy.types.Scene, tmp_path: Path) -> None:
    flat = plane("Flat")
    populated(disc_model(tmp_path / "disc.facegan", BLUE), flat, shading="EMISSION")
    live = across(front_view(flat))
    select([flat])
    operators.bake(directory=str(tmp_path / "baked"), use_baked=True, size=128)
    baked = across(front_view(flat))
    assert baked[:4, 3].max() < 0.02
    assert baked[32] == pytest.approx(live[32], abs=0.02)
    assert np.abs(baked - live).mean() < 0.02
