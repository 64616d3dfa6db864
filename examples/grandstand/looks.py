"""What things are made of. People's materials read their colours from the object, so that a few serve all."""

from typing import Any

import bpy

__all__ = ["CUTS", "concrete", "eyes", "grass", "hair", "hat", "of_property", "paint", "plain", "skin", "top"]

Color = tuple[float, float, float]
CUTS = {"hoops": 0.0, "zip": 0.15, "band": 0.3, "crest": 0.45, "open": 0.6, "checks": 0.75, "plain": 1.0}
"""Patterns of tops, as the alpha of an object's colour."""


def plain(name: str, color: Color, roughness: float = 0.7, **inputs: float) -> Any:
    """A material of one colour (linear RGB)."""
    material: Any = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    shader = _shader(material)
    shader.inputs["Base Color"].default_value = (*color, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    for label, value in inputs.items():
        shader.inputs[label].default_value = value
    material.diffuse_color = (*color, 1.0)
    return material


def skin() -> Any:
    """Skin of an average colour."""
    return plain("Skin", (0.42, 0.26, 0.19), 0.52)


def eyes() -> Any:
    """Eyeballs: white, an iris in the object's property `iris`, a pupil. Their UV map shows one eye from ahead."""
    material = plain("Eyes", (0.75, 0.73, 0.70), 0.12)
    tree = material.node_tree
    place, middle = tree.nodes.new("ShaderNodeUVMap"), tree.nodes.new("ShaderNodeVectorMath")
    middle.operation = "DISTANCE"
    middle.inputs[1].default_value = (0.5, 0.5, 0.0)
    tree.links.new(place.outputs["UV"], middle.inputs[0])
    distance = middle.outputs["Value"]
    iris = tree.nodes.new("ShaderNodeMix")
    iris.data_type = "RGBA"
    tree.links.new(_math(tree, "LESS_THAN", distance, 0.235), _socket(iris, "Factor_Float"))
    _socket(iris, "A_Color").default_value = (0.72, 0.69, 0.66, 1.0)
    tree.links.new(_property(tree, "iris"), _socket(iris, "B_Color"))
    _color(
        tree, _math(tree, "LESS_THAN", distance, 0.10), _output(iris, "Result_Color"), (0.004,) * 3, _shader(material)
    )
    return material


def top() -> Any:
    """Cloth in the object's colour. Its alpha says the cut, see CUTS; `inner` of the object is what is under it."""
    material = plain("Top", (0.5, 0.5, 0.5), 0.85)
    tree = material.node_tree
    info, place = tree.nodes.new("ShaderNodeObjectInfo"), tree.nodes.new("ShaderNodeUVMap")
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(place.outputs["UV"], split.inputs[0])
    across, up, cut = split.outputs["X"], split.outputs["Y"], info.outputs["Alpha"]
    aside = _math(tree, "ABSOLUTE", across)
    open_to = _math(tree, "MULTIPLY_ADD", _math(tree, "SUBTRACT", up, 0.95), 0.10, 0.028)
    crest = _math(tree, "ADD", _squared(tree, across, 0.082), _squared(tree, up, 1.225))
    checks = _math(tree, "ADD", _stripes(tree, across, 14.0, 0.62), _stripes(tree, up, 14.0, 0.62))
    patterns = {
        "hoops": _stripes(tree, up, 9.0, 0.5),
        "zip": _math(tree, "LESS_THAN", aside, 0.006),
        "band": _band(tree, up, 1.10, 1.19),
        "crest": _math(tree, "LESS_THAN", crest, 0.024**2),
        "open": _math(tree, "LESS_THAN", aside, open_to),
        "checks": _math(tree, "MULTIPLY", checks, 0.4),
    }
    inner: Any = 0.0
    for name, pattern in patterns.items():
        chosen = _band(tree, cut, CUTS[name] - 0.05, CUTS[name] + 0.05)
        inner = _math(tree, "MAXIMUM", inner, _both(tree, chosen, pattern))
    _folds(tree, _shader(material))
    _color(tree, inner, info.outputs["Color"], _property(tree, "inner"), _shader(material))
    return material


def of_property(name: str, label: str, roughness: float) -> Any:
    """A material in the colour of the object's property `label`."""
    material = plain(name, (0.1, 0.1, 0.1), roughness)
    tree = material.node_tree
    _folds(tree, _shader(material))
    tree.links.new(_property(tree, label), _shader(material).inputs["Base Color"])
    return material


def hair() -> Any:
    """Hair in the object's colour: locks differ, roots are darker. UV: which lock, and how far along it."""
    material = plain("Hair", (0.1, 0.07, 0.05), 0.5)
    tree = material.node_tree
    info, place = tree.nodes.new("ShaderNodeObjectInfo"), tree.nodes.new("ShaderNodeUVMap")
    split, where = tree.nodes.new("ShaderNodeSeparateXYZ"), tree.nodes.new("ShaderNodeTexCoord")
    stretched, noise = tree.nodes.new("ShaderNodeMapping"), tree.nodes.new("ShaderNodeTexNoise")
    tree.links.new(place.outputs["UV"], split.inputs[0])
    stretched.inputs["Scale"].default_value = (300, 300, 40)
    noise.inputs["Scale"].default_value = 1.0
    tree.links.new(where.outputs["Object"], stretched.inputs["Vector"])
    tree.links.new(stretched.outputs["Vector"], noise.inputs["Vector"])
    lock = _math(tree, "MULTIPLY", _math(tree, "SUBTRACT", 1.0, split.outputs["X"]), 0.55)
    root = _math(tree, "MULTIPLY", _math(tree, "SUBTRACT", 0.6, split.outputs["Y"]), 0.5)
    dark = _math(tree, "ADD", _math(tree, "ADD", lock, root), _math(tree, "MULTIPLY", noise.outputs[0], 0.35))
    shade = tree.nodes.new("ShaderNodeMix")
    shade.data_type, shade.blend_type = "RGBA", "MULTIPLY"
    tree.links.new(_math(tree, "MINIMUM", dark, 1.0), _socket(shade, "Factor_Float"))
    tree.links.new(info.outputs["Color"], _socket(shade, "A_Color"))
    _socket(shade, "B_Color").default_value = (0.30, 0.27, 0.25, 1)
    shader = _shader(material)
    bump = tree.nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 0.8, 0.003
    tree.links.new(noise.outputs[0], bump.inputs["Height"])
    tree.links.new(bump.outputs["Normal"], shader.inputs["Normal"])
    tree.links.new(_output(shade, "Result_Color"), shader.inputs["Base Color"])
    return material


def hat() -> Any:
    """Knitted or sewn, in the object's property `hat`."""
    return of_property("Hat", "hat", 0.9)


def concrete() -> Any:
    """Weathered concrete."""
    return _mottled("Concrete", (0.36, 0.35, 0.33), (0.22, 0.215, 0.21), 1.3, 0.9)


def grass() -> Any:
    """A mown pitch."""
    return _mottled("Grass", (0.045, 0.13, 0.02), (0.07, 0.19, 0.035), 0.6, 0.95)


def paint(name: str, color: Color) -> Any:
    """Glossy plastic or paint."""
    return plain(name, color, 0.35)


def _mottled(name: str, first: Color, second: Color, scale: float, roughness: float) -> Any:
    material = plain(name, first, roughness)
    tree = material.node_tree
    where, noise = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = scale, 8.0
    tree.links.new(where.outputs["Object"], noise.inputs["Vector"])
    _color(tree, noise.outputs[0], (*first, 1.0), (*second, 1.0), _shader(material))
    return material


def _folds(tree: Any, shader: Any) -> None:
    """Creases of cloth: ridges, drawn out along a slant."""
    where, turned = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    turned.inputs["Rotation"].default_value = (0.5, 0.7, 0.4)
    turned.inputs["Scale"].default_value = (1.0, 1.0, 0.42)
    noise, bump = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeBump")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 13.0, 1.5
    tree.links.new(where.outputs["Object"], turned.inputs["Vector"])
    tree.links.new(turned.outputs["Vector"], noise.inputs["Vector"])
    ridge = _math(tree, "ABSOLUTE", _math(tree, "SUBTRACT", noise.outputs[0], 0.5))
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 0.65, -0.055
    tree.links.new(ridge, bump.inputs["Height"])
    tree.links.new(bump.outputs["Normal"], shader.inputs["Normal"])


def _stripes(tree: Any, value: Any, count: float, share: float) -> Any:
    """1 over a share of every stretch; count: of them in a metre."""
    return _math(tree, "GREATER_THAN", _math(tree, "FRACT", _math(tree, "MULTIPLY", value, count)), share)


def _squared(tree: Any, value: Any, middle: float) -> Any:
    away = _math(tree, "SUBTRACT", value, middle)
    return _math(tree, "MULTIPLY", away, away)


def _property(tree: Any, name: str) -> Any:
    """The colour in a custom property of the object."""
    attribute = tree.nodes.new("ShaderNodeAttribute")
    attribute.attribute_type, attribute.attribute_name = "OBJECT", name
    return attribute.outputs["Color"]


def _band(tree: Any, value: Any, low: float, high: float) -> Any:
    """1 between two values."""
    return _both(tree, _math(tree, "GREATER_THAN", value, low), _math(tree, "LESS_THAN", value, high))


def _both(tree: Any, first: Any, second: Any) -> Any:
    return _math(tree, "MULTIPLY", first, second)


def _math(tree: Any, operation: str, first: float | Any, second: float | Any = 0.0, third: float | Any = 0.0) -> Any:
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    for target, source in zip(node.inputs, (first, second, third), strict=False):
        if isinstance(source, float):
            target.default_value = source
        else:
            tree.links.new(source, target)
    return node.outputs[0]


def _color(tree: Any, factor: Any, first: Any, second: Any, shader: Any) -> None:
    """Mixes two colours (sockets or values) into the shader's."""
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    tree.links.new(factor, _socket(mix, "Factor_Float"))
    for identifier, source in (("A_Color", first), ("B_Color", second)):
        if isinstance(source, tuple):
            _socket(mix, identifier).default_value = (*source[:3], 1.0)
        else:
            tree.links.new(source, _socket(mix, identifier))
    tree.links.new(_output(mix, "Result_Color"), shader.inputs["Base Color"])


def _socket(node: Any, identifier: str) -> Any:
    return next(found for found in node.inputs if found.identifier == identifier)


def _output(node: Any, identifier: str) -> Any:
    return next(found for found in node.outputs if found.identifier == identifier)


def _shader(material: Any) -> Any:
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
