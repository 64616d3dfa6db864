"""The node groups that show a character its face. They need nothing of the add-on once they are made."""

from collections.abc import Sequence
from typing import Any

import bpy

from ..records import ASPECT, FACE, FIT, PICTURE_SKIN, SKIN, TILE
from .look import INPUTS, OUTLINE, Input, Projection
from .node_building import Source, Tree, arrange, own_group

_LOOKUP = "Crowd Face Lookup"
_NAMES: dict[Projection, str] = {
    "PLANE": "Crowd Face Billboard",
    "FACE": "Crowd Face Head",
    "PICTURE": "Crowd Face Picture",
    "UV": "Crowd Face UV",
    "FRONT": "Crowd Face Head (Bounding Box)",
}
_GRAZING, _FACING = 0.1, 0.5
"""On a head the face fades out where the surface turns away from the front: cosine at which it is gone, and whole."""
_EDGE = 1e-4
_INNER = (0.95, 1.05, -0.45)
"""Half the breadth and height, and the middle, of what lies between brows, cheeks and mouth, in eye distances."""
_DARKEST_SKIN = 0.02
"""Skin of which a channel is darker, linear, counts as this dark when a face is given another."""
_DARKEST = 0.3
"""Skin in a painted shadow has at least this share of its light; brown hair, of the same hue, has less."""
_RECTANGULAR = 8.0
"""Degree of the superellipse that counts as a rectangle."""
_LIKEST, _LEAST = 4.0, 0.25
"""A face is made so much lighter or darker at most to match a picture."""


def face_group(projection: Projection, image: bpy.types.Image | None, uv_map: str = "") -> bpy.types.NodeTree:
    """The group that shows faces of the page `image`: found where it exists, else made. Without a page it shows none.

    Outputs: Color, and Mask, which is 1 inside the face's oval; a billboard has Alpha instead.
    """
    for existing in bpy.data.node_groups:
        is_same = existing.get("facegan_projection") == _mark(projection, uv_map) and image in _images(existing)
        # Groups of files that older versions have written may lack an input.
        sockets: Any = existing.interface
        if is_same and all(sockets.items_tree.get(wanted.name) for wanted in INPUTS[projection]):
            return existing
    tree: Any = bpy.data.node_groups.new(_NAMES[projection], "ShaderNodeTree")
    tree["facegan_projection"] = _mark(projection, uv_map)
    _declare(tree, INPUTS[projection])
    tree.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    tree.interface.new_socket(
        "Alpha" if projection == "PLANE" else "Mask", in_out="OUTPUT", socket_type="NodeSocketFloat"
    )
    _fill(tree, projection, image, uv_map)
    arrange(tree)
    return tree  # type: ignore[no-any-return]


def _mark(projection: Projection, uv_map: str) -> str:
    return f"{projection}:{uv_map}"


def _images(tree: bpy.types.NodeTree) -> list[bpy.types.Image | None]:
    return [node.image for node in tree.nodes if isinstance(node, bpy.types.ShaderNodeTexImage)]


def _declare(tree: Any, inputs: tuple[Input, ...]) -> None:
    for wanted in inputs:
        made: Any = tree.interface.new_socket(wanted.name, in_out="INPUT", socket_type=wanted.kind)
        made.default_value = wanted.default
        made.description = wanted.tip
        if wanted.kind == "NodeSocketFloat":
            made.min_value, made.max_value = wanted.minimum, wanted.maximum
            made.subtype = wanted.subtype


def _fill(tree: bpy.types.NodeTree, projection: Projection, image: bpy.types.Image | None, uv_map: str) -> None:
    build = Tree(tree)
    given = build.node("GroupInput").outputs
    point, shown = _point(build, projection, given, uv_map)
    lookup = build.node("Group", node_tree=_lookup_group())
    build.feed(lookup.inputs["Point"], point)
    for outline in OUTLINE:
        build.feed(lookup.inputs[outline.name], given[outline.name])
    picture = build.node("TexImage", image=image, interpolation="Cubic", extension="EXTEND")
    build.feed(picture.inputs["Vector"], lookup.outputs["UV"])
    mask = build.math("MULTIPLY", lookup.outputs["Mask"], shown)
    out = build.node("GroupOutput")
    if projection == "PLANE":
        build.feed(out.inputs["Color"], picture.outputs["Color"])
        build.feed(out.inputs["Alpha"], mask)
        return
    if projection == "PICTURE":
        fitting = _matched(build, given["Match"], picture.outputs["Color"], lookup.outputs["Skin"])
        mask = build.math("MULTIPLY", mask, _before_background(build, given, point))
        build.feed(out.inputs["Color"], build.mix(mask, given["Base Color"], fitting))
        build.feed(out.inputs["Mask"], mask)
        return
    tinted = build.math("MULTIPLY", given["Skin"], lookup.outputs["Has Face"])
    face = picture.outputs["Color"]
    if projection == "FACE":
        is_skin = _is_skin(build, given)
        mask = build.math("MULTIPLY", mask, build.math("MAXIMUM", is_skin, _inner_face(build)))
        tinted = build.math("MULTIPLY", tinted, is_skin)
        tinted = build.math("MULTIPLY", tinted, build.math("SUBTRACT", 1.0, given["Own Skin"]))
        face = build.mix(given["Own Skin"], face, _in_own_skin(build, given, face, lookup.outputs["Skin"]))
    surface = build.mix(tinted, given["Base Color"], lookup.outputs["Skin"])
    build.feed(out.inputs["Color"], build.mix(mask, surface, face))
    build.feed(out.inputs["Mask"], mask)


def _matched(build: Tree, share: Source, face: Source, skin: Source) -> bpy.types.NodeSocket:
    """The face in the light of the picture: as much lighter or darker as the skin there is, in each color."""
    wanted = build.node("Attribute", attribute_type="OBJECT", attribute_name=PICTURE_SKIN).outputs["Vector"]
    least = build.combine(1e-3, 1e-3, 1e-3)
    ratio = build.vector_math("DIVIDE", wanted, build.vector_math("MAXIMUM", skin, least))
    bounded = build.vector_math(
        "MINIMUM", build.vector_math("MAXIMUM", ratio, (_LEAST,) * 3), build.combine(_LIKEST, _LIKEST, _LIKEST)
    )
    known = build.math("GREATER_THAN", build.length(wanted), 1e-4)
    return build.mix(build.math("MULTIPLY", share, known), face, build.vector_math("MULTIPLY", face, bounded))


def _before_background(build: Tree, given: Any, point: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
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


def _inner_face(build: Tree) -> bpy.types.NodeSocket:
    """1 from brows to mouth, where painted eyes and lips give way; about that only what is painted as skin does."""
    carried = build.node("Attribute", attribute_type="GEOMETRY", attribute_name=FACE)
    x, y, _ = build.split(carried.outputs["Vector"])
    across, up = (
        build.math("DIVIDE", x, _INNER[0]),
        build.math("DIVIDE", build.math("SUBTRACT", y, _INNER[2]), _INNER[1]),
    )
    away = build.length(build.combine(across, up))
    return build.math("SUBTRACT", 1.0, build.smooth(away, 0.9, 1.1))


def _in_own_skin(build: Tree, given: Any, face: Source, skin: Source) -> bpy.types.NodeSocket:
    """The picture with its skin in the color that the artist's skin has: each channel in proportion."""
    floor = (_DARKEST_SKIN,) * 3
    share = build.vector_math("DIVIDE", given["Skin Color"], build.vector_math("MAXIMUM", skin, floor))
    return build.vector_math("MINIMUM", build.vector_math("MULTIPLY", face, share), (1.0, 1.0, 1.0))


def _is_skin(build: Tree, given: Any) -> bpy.types.NodeSocket:
    """1 where the base color is that of the skin, whatever light is painted on it, 0 where it is another."""
    shares = [_share_of_light(build, given[name]) for name in ("Base Color", "Skin Color")]
    away = build.length(build.vector_math("SUBTRACT", shares[0][0], shares[1][0]))
    alike = build.math(
        "SUBTRACT", 1.0, build.smooth(away, given["Skin Range"], build.math("MULTIPLY", given["Skin Range"], 1.6))
    )
    dark = build.math("MULTIPLY", shares[1][1], _DARKEST)
    lit = build.smooth(shares[0][1], build.math("MULTIPLY", dark, 0.6), dark)
    everywhere = build.math("LESS_THAN", given["Skin Range"], 1e-4)
    return build.math("MAXIMUM", build.math("MULTIPLY", alike, lit), everywhere)


def _share_of_light(build: Tree, color: Source) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """What each of red, green and blue has of a color's light, and that light."""
    red, green, blue = build.split(color)
    light = build.math("ADD", build.math("ADD", red, green), blue)
    whole = build.math("MAXIMUM", light, 1e-3)
    return build.vector_math("DIVIDE", color, build.combine(whole, whole, whole)), light


def _point(build: Tree, projection: Projection, given: Any, uv_map: str) -> tuple[bpy.types.NodeSocket, Source]:
    """The place in the face's picture, 0 to 1 from its lower left, and how much of the face shows on this side."""
    if projection in ("FACE", "PICTURE"):
        return _face_point(build, given)
    if projection == "FRONT":
        return _front_point(build, given)
    if projection == "UV":
        flat = build.node("UVMap", uv_map=uv_map).outputs["UV"]
    else:
        flat = _plane_point(build, given["Flip"])
    centred = build.vector_math("SUBTRACT", flat, (0.5, 0.5, 0.0))
    placed = _place(build, centred, given)
    return build.vector_math("ADD", placed, (0.5, 0.5, 0.0)), 1.0


def _plane_point(build: Tree, flip: Source) -> bpy.types.NodeSocket:
    """Across a flat mesh, whichever way it lies: the two sides that its normal is not along. Its UVs do not matter."""
    coordinates = build.node("TexCoord").outputs
    x, y, z = build.split(coordinates["Generated"])
    along_x, _, along_z = build.split(build.vector_math("ABSOLUTE", coordinates["Normal"]))
    lying, sideways = build.math("GREATER_THAN", along_z, 0.5), build.math("GREATER_THAN", along_x, 0.5)
    across = build.math("ADD", x, build.math("MULTIPLY", sideways, build.math("SUBTRACT", y, x)))
    up = build.math("ADD", z, build.math("MULTIPLY", lying, build.math("SUBTRACT", y, z)))
    mirrored = build.math("MULTIPLY", flip, build.math("SUBTRACT", 1.0, build.math("MULTIPLY", across, 2.0)))
    return _in_proportion(build, build.combine(build.math("ADD", across, mirrored), up))


def _in_proportion(build: Tree, flat: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """The longer side of a plane made longer than 1, about its middle, so that a picture on it stays square.

    A plane that is not told its proportion counts as square: those of older files, and what instances are made of.
    """
    told = build.node("Attribute", attribute_type="OBJECT", attribute_name=ASPECT).outputs["Fac"]
    aspect = build.math("ADD", told, build.math("LESS_THAN", told, 1e-6))
    wide = build.math("MAXIMUM", aspect, 1.0)
    high = build.math("DIVIDE", 1.0, build.math("MINIMUM", aspect, 1.0))
    middle = build.combine(0.5, 0.5, 0.0)
    centred = build.vector_math("SUBTRACT", flat, middle)
    return build.vector_math("ADD", build.vector_math("MULTIPLY", centred, build.combine(wide, high, 1.0)), middle)


def _face_point(build: Tree, given: Any) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """By the coordinates that the mesh carries, with the eyes where the character's `facegan_fit` puts them."""
    carried = build.node("Attribute", attribute_type="GEOMETRY", attribute_name=FACE)
    x, y, shown = build.split(carried.outputs["Vector"])
    point = _fitted(build, x, y, given)
    return point, shown


def _fitted(build: Tree, x: bpy.types.NodeSocket, y: bpy.types.NodeSocket, given: Any) -> bpy.types.NodeSocket:
    """The place in the picture of a place on the head, by the character's `facegan_fit`."""
    fit = build.node("Attribute", attribute_type="OBJECT", attribute_name=FIT)
    eyes, width, height = build.split(fit.outputs["Vector"])
    across = build.math("DIVIDE", x, width)
    up = build.math("DIVIDE", build.math("SUBTRACT", y, eyes), height)
    placed = _place(build, build.combine(across, up), given)
    return build.vector_math("ADD", placed, build.combine(0.5, fit.outputs["Alpha"]))


def _front_point(build: Tree, given: Any) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """Seen from the front in the mesh's bounding box, with the eyes where the character's `facegan_fit` puts them."""
    coordinates = build.node("TexCoord").outputs
    turned_back = build.math("MULTIPLY", given["Facing"], -1.0)
    box = build.turn(build.vector_math("SUBTRACT", coordinates["Generated"], (0.5, 0.5, 0.0)), turned_back)
    x, _, z = build.split(box)
    point = _fitted(build, x, z, given)
    _, back, _ = build.split(build.turn(coordinates["Normal"], turned_back))
    return point, build.smooth(build.math("MULTIPLY", back, -1.0), _GRAZING, _FACING)


def _place(build: Tree, centred: bpy.types.NodeSocket, given: Any) -> bpy.types.NodeSocket:
    """Moves, turns and scales the picture as the group's inputs say: the inverse on the coordinates."""
    moved = build.vector_math("SUBTRACT", centred, build.combine(given["Offset X"], given["Offset Y"]))
    turned = build.turn(moved, build.math("MULTIPLY", given["Rotation"], -1.0))
    scale = given["Scale"]
    return build.vector_math("DIVIDE", turned, build.combine(scale, scale, 1.0))


def _lookup_group() -> bpy.types.NodeTree:
    """The group that all others share: from a place in the picture to the page, and the oval around the face."""
    existing = own_group("facegan_projection", "LOOKUP")
    if existing is not None:
        _let_instances_differ(existing)
        return existing
    tree: Any = bpy.data.node_groups.new(_LOOKUP, "ShaderNodeTree")
    tree["facegan_projection"] = "LOOKUP"
    tree.interface.new_socket("Point", in_out="INPUT", socket_type="NodeSocketVector")
    _declare(tree, OUTLINE)
    for name, kind in (("UV", "Vector"), ("Mask", "Float"), ("Skin", "Color"), ("Has Face", "Float")):
        tree.interface.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}")
    build = Tree(tree)
    given = build.node("GroupInput").outputs
    tile = build.node("Attribute", attribute_type="INSTANCER", attribute_name=TILE)
    u, v, size_u = build.split(tile.outputs["Vector"])
    size = build.combine(size_u, tile.outputs["Alpha"])
    inside = build.vector_math("MINIMUM", build.vector_math("MAXIMUM", given["Point"], (0.0,) * 3), (1.0,) * 3)
    out = build.node("GroupOutput")
    build.feed(out.inputs["UV"], build.vector_math("MULTIPLY_ADD", inside, size, build.combine(u, v)))
    has_face = build.math("GREATER_THAN", size_u, 0.0)
    build.feed(out.inputs["Mask"], build.math("MULTIPLY", _oval(build, given), has_face))
    build.feed(out.inputs["Has Face"], has_face)
    skin = build.node("Attribute", attribute_type="INSTANCER", attribute_name=SKIN)
    build.feed(out.inputs["Skin"], skin.outputs["Color"])
    arrange(tree)
    return tree  # type: ignore[no-any-return]


def _let_instances_differ(tree: bpy.types.NodeTree) -> None:
    """Files from before instances could have faces read the object alone.

    An attribute of the instancer is one of the instance, else of what instances it, else of the object itself.
    """
    for node in tree.nodes:
        if isinstance(node, bpy.types.ShaderNodeAttribute) and node.attribute_type == "OBJECT":
            node.attribute_type = "INSTANCER"


def _oval(build: Tree, given: Any) -> bpy.types.NodeSocket:
    """1 inside the outline, 0 outside, smooth between. Outside the picture, which would repeat its edge, nothing."""
    centred = build.vector_math("SUBTRACT", given["Point"], (0.5, 0.5, 0.0))
    radii = build.combine(
        build.math("MULTIPLY", given["Oval Width"], 0.5), build.math("MULTIPLY", given["Oval Height"], 0.5), 1.0
    )
    scaled = build.vector_math("DIVIDE", centred, radii)
    across, up, _ = build.split(build.vector_math("ABSOLUTE", scaled))
    # A superellipse: of degree 2 an oval, of a higher one a rectangle with rounded corners.
    degree = build.math("MULTIPLY_ADD", given["Corners"], _RECTANGULAR - 2.0, 2.0)
    total = build.math("ADD", build.math("POWER", across, degree), build.math("POWER", up, degree))
    distance = build.math("POWER", total, build.math("DIVIDE", 1.0, degree))
    hard = build.math("SUBTRACT", 1.0 - _EDGE, given["Softness"])
    oval = build.math("SUBTRACT", 1.0, build.smooth(distance, hard, 1.0))
    x, y, _ = build.split(build.vector_math("ABSOLUTE", centred))
    within = build.math("LESS_THAN", build.math("MAXIMUM", x, y), 0.5 + _EDGE)
    return build.math("MULTIPLY", oval, within)


def by_coordinates(material: bpy.types.Material, nodes: Sequence[bpy.types.ShaderNodeGroup]) -> bpy.types.Material:
    """Makes face nodes of version 0.1.0, which an artist has placed, read the mesh's face coordinates instead."""
    for node in nodes:
        if str(node.node_tree["facegan_projection"]).startswith("FRONT:"):  # type: ignore[index]
            build = Tree(node.id_data)  # type: ignore[arg-type]
            sources: dict[str, Any] = {one.name: one.links[0].from_socket for one in node.inputs if one.links}
            targets: dict[str, list[Any]] = {
                one.name: [link.to_socket for link in one.links or ()] for one in node.outputs
            }
            values = {one.name: one.default_value for one in node.inputs}  # type: ignore[attr-defined]
            kept = {name: tuple(value) if hasattr(value, "__len__") else value for name, value in values.items()}
            node.node_tree = face_group("FACE", None)  # type: ignore[assignment]
            for one in node.inputs:
                if one.name in kept:
                    one.default_value = kept[one.name]  # type: ignore[attr-defined]
                if one.name in sources:
                    build.feed(one, sources[one.name])
            for out in node.outputs:
                for target in targets.get(out.name, ()):
                    build.feed(target, out)
    return material
