"""A saved file needs nothing of the add-on."""

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np

from tests.blender.crowds import data, head, operators, plane, select, snapshot
from tests.blender.pictures import front_view

RENDER = """
import os, sys
sys.path.insert(0, {root!r})
import bpy
import numpy as np
from tests.blender.pictures import front_view
bpy.ops.wm.open_mainfile(filepath={blend!r})
assert not hasattr(bpy.types.Object, "facegan")
assert "blender_facegan" not in sys.modules
np.savez({out!r}, **{{name: front_view(bpy.data.objects[name]) for name in {names!r}}})
sys.stdout.flush()
os._exit(0)
"""


def test_a_file_renders_the_same_without_the_add_on(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    """Another process opens it, which has never heard of the add-on."""
    crowd = [plane("Flat"), head("Bust", (4, 0, 0)), head("Other", (8, 0, 0))]
    select(crowd)
    operators.populate(model=str(model))
    before = {obj.name: front_view(obj) for obj in crowd}
    blend, out = tmp_path / "crowd.blend", tmp_path / "pictures.npz"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    root = str(Path(__file__).parents[3])
    script = RENDER.format(root=root, blend=str(blend), out=str(out), names=list(before))
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
    with np.load(out) as after:
        for name, picture in before.items():
            np.testing.assert_allclose(after[name], picture, atol=2e-3)
    assert not np.allclose(before["Bust"], before["Other"], atol=0.01)


def test_a_reopened_file_remembers_everything(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    select([plane("Flat"), head("Bust")])
    data.objects["Flat"].facegan.locked = True
    operators.populate(model=str(model))
    before = snapshot()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
    assert snapshot() == before


def test_removing_works_after_reopening(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    """What the artist had is still in the file, although nothing but our record uses it."""
    bust = head("Bust")
    bust.material_slots[0].link = "OBJECT"
    bust.material_slots[0].material = data.materials.new("Only here")
    select([bust])
    operators.populate(model=str(model))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
    bust = data.objects["Bust"]
    select([bust])
    operators.remove()
    assert bust.material_slots[0].link == "OBJECT"
    assert bust.material_slots[0].material.name == "Only here"
