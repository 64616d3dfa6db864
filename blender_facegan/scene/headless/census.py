"""Who is in an open file."""

from dataclasses import dataclass
from typing import Any

import bpy

from ..instances.removal import populated_instances
from ..records import character


@dataclass(frozen=True)
class Census:
    """Who is in a scene. ages: in years, of the characters with a face. pages: image name and size in pixels."""

    scene: str
    characters: int
    with_face: int
    women: int
    ages: tuple[float, ...]
    instancers: tuple[str, ...]
    pages: tuple[tuple[str, int, int], ...]


def census() -> list[Census]:
    """Who is in each scene of the open file."""
    found = []
    for scene in bpy.data.scenes:
        people = [obj for obj in scene.objects if character(obj).is_character]
        faces = [character(obj) for obj in people if character(obj).page is not None]
        pages: list[Any] = sorted({record.page for record in faces if record.page}, key=lambda image: image.name)
        found.append(
            Census(
                scene.name,
                len(people),
                len(faces),
                sum(record.sex == "FEMALE" for record in faces),
                tuple(sorted(record.age for record in faces)),
                tuple(obj.name for obj in populated_instances(scene)),
                tuple((image.name, int(image.size[0]), int(image.size[1])) for image in pages),
            )
        )
    return found
