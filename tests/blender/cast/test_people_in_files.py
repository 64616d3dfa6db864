"""People from photographs through files: saved, appended, overridden, written as tables and as pictures."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.cast.people import blue_of, take_in, told
from tests.blender.crowds import data, operators, select


def test_a_person_is_there_after_reopening_and_appending(pair: list[Any], seeing: Path, tmp_path: Path) -> None:
    before = told(pair[0])
    latent = pair[0].facegan.latent
    path = str(tmp_path / "crowd.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert told(data.objects["A"]) == before
    assert data.objects["A"].facegan.latent == latent
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(path) as (_, wanted):
        wanted.objects = ["A"]
    (anna,) = wanted.objects
    bpy.context.scene.collection.objects.link(anna)  # type: ignore[union-attr]
    select([anna])
    operators.populate(model=str(seeing), crowd_seed=9)
    assert told(anna) == before


REOPEN = """
import os, sys
import bpy
bpy.ops.wm.open_mainfile(filepath={blend!r})
assert not hasattr(bpy.types.Object, "facegan")
bpy.ops.wm.save_as_mainfile(filepath={blend!r})
sys.stdout.flush()
os._exit(0)
"""


def test_a_person_survives_a_blender_without_the_add_on(pair: list[Any], tmp_path: Path) -> None:
    before, latent = told(pair[0]), pair[0].facegan.latent
    blend = str(tmp_path / "crowd.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    subprocess.run([sys.executable, "-c", REOPEN.format(blend=blend)], check=True, timeout=300)
    bpy.ops.wm.open_mainfile(filepath=blend)
    assert told(data.objects["A"]) == before
    assert data.objects["A"].facegan.latent == latent


def test_a_table_takes_people_along(pair: list[Any], seeing: Path, tmp_path: Path) -> None:
    before = [told(obj) for obj in pair]
    people = str(tmp_path / "people.csv")
    operators.write_people(filepath=people)
    select(pair)
    operators.forget_person()
    operators.populate(model=str(seeing), crowd_seed=77)
    assert [obj.facegan.person for obj in pair] == ["", "", ""]
    assert told(pair[0]) != before[0]
    operators.read_people(filepath=people)
    operators.populate(model=str(seeing))
    assert [told(obj)[:2] for obj in pair] == [one[:2] for one in before]
    assert [told(obj)[2] for obj in pair] == pytest.approx([one[2] for one in before], abs=0.01)
    header, anna, *_ = Path(people).read_text(encoding="utf-8").splitlines()
    assert header == "object,sex,age,seed,skin,person,consent,model,latent"
    wrong = {
        "consent": anna.replace('"Anna, 3 May 2026"', ""),
        "latent": anna.replace("0.5", "x"),
        "model": anna.replace(pair[0].facegan.latent_model, "model"),
    }
    for what, row in wrong.items():
        Path(people).write_text(f"{header}\n{row}\n", encoding="utf-8")
        with pytest.raises(RuntimeError, match=f"line 2: .*{what}"):
            operators.read_people(filepath=people)
    Path(people).write_text(f"object,sex,age,latent\n{','.join(('A', 'female', '30', '1'))}\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="all of person, consent, model, latent"):
        operators.read_people(filepath=people)


def test_a_seed_in_a_table_takes_a_person_s_place(pair: list[Any], seeing: Path, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("object,sex,age,seed\nA,male,50,12\n")
    operators.read_people(filepath=str(tmp_path / "people.csv"))
    assert (pair[0].facegan.person, pair[0].facegan.seed) == ("", 12)


def test_baking_takes_the_person_s_face(pair: list[Any], seeing: Path, tmp_path: Path) -> None:
    select(pair[:1])
    operators.bake(directory=str(tmp_path))
    (written,) = tmp_path.glob("A*.png")
    image = data.images.load(str(written))
    red, green, blue = (image.pixels[(3 * image.size[0] + 12) * 4 + channel] for channel in range(3))
    assert blue == pytest.approx(blue_of(0.9), abs=0.02)
    assert green == pytest.approx(41.5 / 90, abs=0.02)
    assert red == pytest.approx(0, abs=0.02)


def test_an_override_keeps_the_person(library: Path, seeing: Path, tmp_path: Path) -> None:
    """A character that is linked from a file where it is marked."""
    with data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Hero"]
    hero = wanted.objects[0].override_create(remap_local_usages=True)
    bpy.context.scene.collection.objects.link(hero)  # type: ignore[union-attr]
    select([hero])
    take_in(tmp_path, seeing, ("Anna", "female", 41.5, 0.9))
    before, latent = told(hero), hero.facegan.latent
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    hero = next(obj for obj in data.objects if obj.override_library is not None)
    assert told(hero) == before
    assert hero.facegan.latent == latent
