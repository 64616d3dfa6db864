"""No two instances look alike, by the same rules as objects."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.core.people.population import character_seed
from tests.blender.crowds import closest_of, data, operators, plane, select
from tests.blender.point_crowds import collection_instance, column, instance_on, points, tile_pictures

APART = 5.0


def seats(name: str, identities: list[int], **columns: Any) -> Any:
    """Points that each show the one billboard, selected; `who` tells them apart."""
    shown = data.objects.get("Shown") or plane("Shown", (0, 50, 0))
    owner = instance_on(points(name, len(identities), who=identities, **columns), shown)
    select([owner])
    return owner


def populate(model: Path, **more: Any) -> None:
    operators.populate_instances(model=str(model), **{"likeness": APART, "id_source": "who", **more})


def seeds(owner: Any) -> dict[int, int]:
    return dict(zip(column(owner, "who"), column(owner, "facegan_seed"), strict=True))


def drawn_again(owner: Any, crowd_seed: int = 0) -> set[int]:
    """The identities whose seed is not the drawn one."""
    return {who for who, seed in seeds(owner).items() if seed != character_seed(crowd_seed, f"{owner.name}/{who}")}


def distance(*owners: Any) -> float:
    tiles = [tile for owner in owners for tile in column(owner, "facegan_tile")]
    pictures = np.stack(tile_pictures(owners[0]["facegan_pages"], tiles))
    return closest_of(np.round(pictures * 255).astype(np.uint8)).distance


@pytest.fixture
def crowd(scene: bpy.types.Scene, model: Path) -> Any:
    """Forty, of whom some were drawn again."""
    owner = seats("Seats", list(range(40)))
    populate(model)
    assert 0 < len(drawn_again(owner)) < 20
    return owner


def test_instances_that_look_alike_are_drawn_again(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    owner = seats("Seats", list(range(40)))
    populate(model, keep_apart=False)
    assert distance(owner) < APART
    assert drawn_again(owner) == set()
    operators.remove_instances()
    capfd.readouterr()
    populate(model)
    assert distance(owner) >= APART
    told = next(line for line in capfd.readouterr().out.splitlines() if "Closest faces" in line)
    assert f"{distance(owner):.1f} apart. {len(drawn_again(owner))} drawn again" in told
    assert told.count("Seats, point ") == 2


def test_what_was_drawn_again_is_kept(crowd: Any, model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = seeds(crowd)
    for more in ({}, {"keep_apart": False}):
        capfd.readouterr()
        populate(model, **more)
        assert "0 new faces, 40 kept" in capfd.readouterr().out
        assert seeds(crowd) == before


def test_who_comes_makes_way_for_those_who_are_there(crowd: Any, model: Path) -> None:
    before = seeds(crowd)
    crowd.data.vertices.add(30)
    for i in range(30):
        crowd.data.attributes["who"].data[40 + i].value = 100 + i
    populate(model)
    after = seeds(crowd)
    assert {who: after[who] for who in before} == before
    assert drawn_again(crowd) - set(before)
    assert distance(crowd) >= APART


def test_who_is_drawn_again_does_not_hang_on_the_order_of_the_points(crowd: Any, model: Path) -> None:
    before = seeds(crowd)
    operators.remove_instances()
    crowd.data.attributes["who"].data.foreach_set("value", [(7 * i + 5) % 40 for i in range(40)])
    populate(model)
    assert seeds(crowd) == before


def test_another_crowd_and_back_is_the_first_again(crowd: Any, model: Path) -> None:
    before = seeds(crowd)
    populate(model, crowd_seed=3)
    assert seeds(crowd) != before
    populate(model)
    assert seeds(crowd) == before


def test_seeds_that_data_gives_are_left_alone(scene: bpy.types.Scene, model: Path) -> None:
    owner = seats("Seats", list(range(6)), variant=[7, 7, 7, 8, 9, 10])
    populate(model, seed_source="variant", likeness=200.0)
    assert column(owner, "facegan_seed") == [7, 7, 7, 8, 9, 10]


def test_who_shares_an_identity_is_one_person_and_stays_the_drawn_one(scene: bpy.types.Scene, model: Path) -> None:
    owner = seats("Seats", [1, 1, 2, 3, 4])
    populate(model, likeness=200.0)
    assert column(owner, "facegan_seed")[:2] == [character_seed(0, "Seats/1")] * 2
    assert drawn_again(owner)


def test_a_point_made_anew_is_who_its_identity_has_been(crowd: Any, model: Path) -> None:
    before = seeds(crowd)
    chosen = min(drawn_again(crowd))
    crowd.data.vertices.add(1)
    crowd.data.attributes["who"].data[40].value = chosen
    populate(model)
    assert column(crowd, "facegan_seed")[40] == before[chosen]
    assert seeds(crowd) == before


def test_another_age_is_the_same_person(crowd: Any, model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ages, before = column(crowd, "facegan_age"), seeds(crowd)
    years = crowd.data.attributes.new("years", "FLOAT", "POINT")
    years.data.foreach_set("value", [50.0] * 10 + ages[10:])
    capfd.readouterr()
    populate(model, age_source="years")
    assert "10 new faces, 30 kept" in capfd.readouterr().out
    assert seeds(crowd) == before


def test_instances_out_of_scope_are_minded(crowd: Any, model: Path) -> None:
    other = seats("Other", list(range(20)))
    before = seeds(crowd)
    populate(model)
    assert seeds(crowd) == before
    assert drawn_again(other)
    assert distance(crowd, other) >= APART


def test_collection_instances_are_told_apart_and_stay_so(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat")
    cast = [collection_instance(f"Person {i:02}", flat, (2.0 * i, 0, 0)) for i in range(8)]
    select(cast)
    populate(model, likeness=60.0, id_source="")
    found = [one["facegan_seed"] for one in cast]
    assert any(seed != character_seed(0, one.name) for one, seed in zip(cast, found, strict=True))
    populate(model, likeness=60.0, id_source="", age_minimum=30, age_maximum=30)
    populate(model, likeness=60.0, id_source="")
    assert [one["facegan_seed"] for one in cast] == found
    operators.remove_instances()
    assert not [key for one in cast for key in one.keys() if key.startswith("facegan_")]  # noqa: SIM118
