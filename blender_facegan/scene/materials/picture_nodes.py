"""What a face on somebody's picture needs more than one on a head: the picture's skin, and its background."""

from typing import Any

import bpy

from ..records import PICTURE_SKIN
from .node_building import Source, Tree

_LIKEST, _LEAST = 4.0, 0.25
"""A face is made so much lighter or darker at most to match a picture."""


def matched(build: Tree, share: Source, face: bpy.types.NodeSocket, skin: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """The face in the light of the picture: as much lighter or darker as the skin there is, in each color."""
    wanted = build.node("Attribute", attribute_type="OBJECT", attribute_name=PICTURE_SKIN).outputs["Vector"]
    least = build.combine(1e-3, 1e-3, 1e-3)
    ratio = build.vector_math("DIVIDE", wanted, build.vector_math("MAXIMUM", skin, least))
    bounded = build.vector_math(
        "MINIMUM", build.vector_math("MAXIMUM", ratio, (_LEAST,) * 3), build.combine(_LIKEST, _LIKEST, _LIKEST)
    )
    known = build.math("GREATER_THAN", build.length(wanted), 1e-4)
    return build.mix(build.math("MULTIPLY", share, known), face, build.vector_math("MULTIPLY", face, bounded))


def before_background(build: Tree, given: Any, point: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """0 where the picture shows its plain background, 1 elsewhere and in the middle of the face, whatever is there."""
    colors = [_as_seen(build, given[name]) for name in ("Base Color", "Background")]
    away = build.length(build.vector_math("SUBTRACT", *colors))
    range_ = given["Background Range"]
    shown = build.smooth(away, range_, build.math("MULTIPLY", range_, 2.0))
    radii = build.combine(given["Oval Width"], given["Oval Height"], 1.0)
    centred = build.vector_math("DIVIDE", build.vector_math("SUBTRACT", point, (0.5, 0.5, 0.0)), radii)
    across, up, _ = build.split(centred)
    inner = build.math("SUBTRACT", 1.0, build.smooth(build.length(build.combine(across, up)), 0.26, 0.34))
    none = build.math("LESS_THAN", range_, 1e-4)
    return build.math("MAXIMUM", build.math("MAXIMUM", shown, inner), none)


def _as_seen(build: Tree, color: Source) -> bpy.types.NodeSocket:
    """A colour in steps that are even to the eye."""
    gamma = build.node("Gamma")
    build.feed(gamma.inputs["Color"], color)
    gamma.inputs["Gamma"].default_value = 1 / 2.2
    found: bpy.types.NodeSocket = gamma.outputs["Color"]
    return found
