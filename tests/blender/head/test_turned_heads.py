"""A face stays whole as the head turns by its bone: seen from before the head, wherever that looks."""

import math
from pathlib import Path
from typing import Any

import pytest
from mathutils import Matrix

from examples.grandstand.people import materials
from examples.people.figures import Wardrobe
from examples.people.models import Models
from tests.blender.crowds import context, data, operators, select
from tests.blender.head.pictures import face_shown
from tests.blender.pictures import render

WARDROBE = Wardrobe()


def before_the_head(rig: Any, bone: str, wide: float) -> None:
    """Puts the camera where it looks the head into the face, and has it go with the bone."""
    pose = rig.pose.bones[bone]
    rest = rig.data.bones[bone].matrix_local
    middle = rest.translation + Matrix.Translation((0, 0, 0.1)).translation
    camera = data.objects.new("Look", data.cameras.new("Look"))
    context.scene.collection.objects.link(camera)
    camera.data.type, camera.data.ortho_scale = "ORTHO", wide
    seen = Matrix.Translation(middle + Matrix.Translation((0, -2, 0)).translation) @ Matrix.Rotation(
        math.pi / 2, 4, "X"
    )
    camera.matrix_world = rig.matrix_world @ pose.matrix @ rest.inverted() @ seen
    context.scene.camera = camera
    context.view_layer.update()


def show_head_alone(body: Any) -> None:
    """Hides the neck and the shoulders, which rise before a chin that is turned and bent."""
    mask = body.modifiers.new("Head", "MASK")
    mask.vertex_group, mask.threshold = "head", 0.5


@pytest.mark.parametrize(("yaw", "pitch"), [(90, 0), (-90, 0), (0, 50), (0, -50), (90, 50), (-90, 50), (90, -50)])
@pytest.mark.parametrize("build", ["woman_average", "man_old"])
def test_turned_and_bent_the_face_is_all_there(scene: Any, model: Path, build: str, yaw: float, pitch: float) -> None:
    person = Models(WARDROBE, materials()).person("Ada", build, "jumper", "standing", None)
    for obj in person.objects:
        scene.collection.objects.link(obj)
    context.view_layer.update()
    select(person.objects)
    operators.populate(model=str(model))
    show_head_alone(person.body)
    before_the_head(person.rig, "head", 0.4)
    straight = face_shown([person.body])
    person.look(yaw, pitch)
    context.view_layer.update()
    data.objects.remove(data.objects["Look"])
    before_the_head(person.rig, "head", 0.4)
    turned = render(96, bounces=0)[..., 0]
    assert (straight > 0.5).sum() > 300
    assert turned.sum() >= 0.98 * straight.sum()
    kept = (straight > 0.5) & (turned > 0.5)
    assert kept.sum() >= 0.95 * (straight > 0.5).sum()
