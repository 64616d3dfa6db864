"""The market: a thousand crates, each with a plane and what it holds written on it."""

from collections import Counter
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector

from examples.market.stalls import PRODUCE, build


@pytest.fixture(scope="module")
def goods() -> Any:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    made, view_layer = build(), bpy.context.view_layer
    assert view_layer is not None
    view_layer.update()
    return made


def test_a_thousand_crates_stand_apart_and_face_the_lane(goods: Any) -> None:
    places = np.array([obj.matrix_world.translation for obj in goods.objects])
    assert len(places) == 1000
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 9 * np.eye(1000)
    assert apart.min() > 0.41
    ahead = np.array([obj.matrix_world.to_3x3() @ Vector((0.0, -1.0, 0.0)) for obj in goods.objects])
    assert (ahead[:, 2] > 0.5).all(), "crates lean back"
    assert (np.sign(ahead[:, 0]) == -np.sign(places[:, 0])).all()


def test_their_planes_share_one_mesh(goods: Any) -> None:
    assert len({obj.data for obj in goods.objects}) == 1


def test_every_kind_of_produce_is_sold_in_blocks(goods: Any) -> None:
    sold = Counter(obj["facegan_label_produce"] for obj in goods.objects)
    assert set(sold) == set(PRODUCE)
    assert all(count % 10 == 0 for count in sold.values())
