"""The sub-panel with the sliders that lay a face on its surface."""

from typing import Any

import bpy

from ...scene.materials.materials import face_nodes
from ...scene.materials.slots import face_slot
from ...scene.people.characters import has_face
from ..panels import SubPanel


class FACEGAN_PT_placement(SubPanel, bpy.types.Panel):
    """Where the face lies: the inputs of the node group in the active character's material."""

    bl_label = "Placement"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an active character whose material shows faces."""
        return bool(face_nodes(_material(context)))

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """The material, which all characters of its kind share, and the inputs."""
        material = _material(context)
        if material is None:
            return
        layout.label(text=material.name, icon="MATERIAL", translate=False)
        column = layout.column()
        column.enabled = material.is_editable
        for node in face_nodes(material):
            for target in node.inputs:
                if not target.is_linked and target.name != "Base Color":
                    column.prop(target, "default_value", text=target.name)


def _material(context: bpy.types.Context) -> bpy.types.Material | None:
    """The material in the slot that shows the active character's face."""
    obj: Any = context.object
    index = face_slot(obj) if obj is not None and has_face(obj) else None
    found: bpy.types.Material | None = obj.material_slots[index].material if index is not None else None
    return found
