"""What things are made of. People's materials read their colours from the object, so that a few serve all."""

from typing import Any

import bpy

__all__ = ["concrete", "grass", "hair", "object_cloth", "paint", "plain", "scarf", "skin_of_object"]

Color = tuple[float, float, float]


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


def skin_of_object(name: str) -> Any:
    """Skin in the colour that Populate left on the object, for necks and hands."""
    material = plain(name, (0.45, 0.28, 0.2), 0.5)
    tree = material.node_tree
    attribute = tree.nodes.new("ShaderNodeAttribute")
    attribute.attribute_type, attribute.attribute_name = "OBJECT", "facegan_skin"
    tree.links.new(attribute.outputs["Color"], _shader(material).inputs["Base Color"])
    return material


def object_cloth() -> Any:
    """Cloth in the object's colour. Its alpha says the cut: 0 hoops in white, 0.5 a white zip, 1 plain."""
    material = plain("Cloth", (0.5, 0.5, 0.5), 0.85)
    tree = material.node_tree
    info = tree.nodes.new("ShaderNodeObjectInfo")
    hooped = _math(tree, "MULTIPLY", _math(tree, "LESS_THAN", info.outputs["Alpha"], 0.25), _bands(tree, 9.0))
    zipped = _math(tree, "MULTIPLY", _math(tree, "LESS_THAN", info.outputs["Alpha"], 0.75), _zip(tree))
    white = _math(tree, "MAXIMUM", hooped, zipped)
    _wrinkle(tree, _shader(material))
    _color(tree, white, info.outputs["Color"], (0.75, 0.73, 0.70, 1.0), _shader(material))
    return material


def scarf(first: Color, second: Color) -> Any:
    """Knitted in two colours."""
    material = plain("Scarf", first, 0.9)
    tree = material.node_tree
    _color(tree, _bands(tree, 16.0), (*first, 1.0), (*second, 1.0), _shader(material))
    return material


def hair() -> Any:
    """Hair in the object's colour, streaked."""
    material = plain("Hair", (0.1, 0.07, 0.05), 0.55)
    tree = material.node_tree
    info = tree.nodes.new("ShaderNodeObjectInfo")
    where = tree.nodes.new("ShaderNodeTexCoord")
    stretched = tree.nodes.new("ShaderNodeMapping")
    stretched.inputs["Scale"].default_value = (260, 260, 12)
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 1.0
    tree.links.new(where.outputs["Object"], stretched.inputs["Vector"])
    tree.links.new(stretched.outputs["Vector"], noise.inputs["Vector"])
    dark = tree.nodes.new("ShaderNodeMix")
    dark.data_type, dark.blend_type = "RGBA", "MULTIPLY"
    tree.links.new(noise.outputs[0], _socket(dark, "Factor_Float"))
    tree.links.new(info.outputs["Color"], _socket(dark, "A_Color"))
    _socket(dark, "B_Color").default_value = (0.22, 0.19, 0.17, 1)
    shader = _shader(material)
    bump = tree.nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 1.0, 0.004
    tree.links.new(noise.outputs[0], bump.inputs["Height"])
    tree.links.new(bump.outputs["Normal"], shader.inputs["Normal"])
    tree.links.new(_output(dark, "Result_Color"), shader.inputs["Base Color"])
    return material


def concrete() -> Any:
    """Weathered concrete."""
    return _mottled("Concrete", (0.36, 0.35, 0.33), (0.22, 0.215, 0.21), 1.3, 0.9)


def grass() -> Any:
    """A mown pitch."""
    return _mottled("Grass", (0.045, 0.13, 0.02), (0.07, 0.19, 0.035), 0.6, 0.95)


def paint(name: str, color: Color) -> Any:
    """Glossy plastic or paint."""
    return plain(name, color, 0.35)


def _wrinkle(tree: Any, shader: Any) -> None:
    """Folds in cloth."""
    where, noise = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeTexNoise")
    bump = tree.nodes.new("ShaderNodeBump")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 11.0, 3.0
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 0.8, 0.03
    tree.links.new(where.outputs["Object"], noise.inputs["Vector"])
    tree.links.new(noise.outputs[0], bump.inputs["Height"])
    tree.links.new(bump.outputs["Normal"], shader.inputs["Normal"])


def _mottled(name: str, first: Color, second: Color, scale: float, roughness: float) -> Any:
    material = plain(name, first, roughness)
    tree = material.node_tree
    where, noise = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = scale, 8.0
    tree.links.new(where.outputs["Object"], noise.inputs["Vector"])
    _color(tree, noise.outputs[0], (*first, 1.0), (*second, 1.0), _shader(material))
    return material


def _bands(tree: Any, count: float) -> Any:
    """0 and 1 in turn going up: `count` pairs a metre."""
    where, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(where.outputs["Object"], split.inputs[0])
    phase = _math(tree, "FRACT", _math(tree, "MULTIPLY", split.outputs["Z"], count))
    return _math(tree, "GREATER_THAN", phase, 0.5)


def _zip(tree: Any) -> Any:
    """1 along the middle of the front and on the edge of the collar."""
    where, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(where.outputs["Object"], split.inputs[0])
    middle = _math(tree, "LESS_THAN", _math(tree, "ABSOLUTE", split.outputs["X"]), 0.008)
    front = _math(tree, "LESS_THAN", split.outputs["Y"], -0.04)
    return _math(
        tree, "MAXIMUM", _math(tree, "MULTIPLY", middle, front), _math(tree, "GREATER_THAN", split.outputs["Z"], 0.608)
    )


def _math(tree: Any, operation: str, first: Any, second: float | Any = 0.0) -> Any:
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    for target, source in zip(node.inputs, (first, second), strict=False):
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
            _socket(mix, identifier).default_value = source
        else:
            tree.links.new(source, _socket(mix, identifier))
    tree.links.new(_output(mix, "Result_Color"), shader.inputs["Base Color"])


def _socket(node: Any, identifier: str) -> Any:
    return next(found for found in node.inputs if found.identifier == identifier)


def _output(node: Any, identifier: str) -> Any:
    return next(found for found in node.outputs if found.identifier == identifier)


def _shader(material: Any) -> Any:
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
