"""Where a face lies on its surface, and the skin of the body."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..scene.materials.materials import face_nodes
from ..scene.materials.skin_matching import match_skin, matches_skin, skin_matching_problem, unmatch_skin
from ..scene.materials.slots import face_slot
from ..scene.people.characters import has_face
from .base import CrowdOperator
from .panels import SubPanel


class _OnMaterial(CrowdOperator):
    """Changes the active material."""

    def change(self, material: bpy.types.Material) -> None:
        """What is done to it."""
        raise NotImplementedError

    def perform(self, context: bpy.types.Context) -> None:
        """Changes it."""
        material = _active(context)
        if material is not None:
            self.change(material)


class FACEGAN_OT_match_skin(_OnMaterial):
    """Let the active material take the color of each character's skin, for neck, hands and body.

    Objects without a character keep its own color.
    """

    bl_label = "Match Skin"

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a material whose colour can be replaced."""
        problem = skin_matching_problem(_active(context))
        matched = not problem and matches_skin(_active(context))
        return rpt_("The active material matches the skin already") if matched else problem

    def change(self, material: bpy.types.Material) -> None:
        """Inserts the node group."""
        match_skin(material)


class FACEGAN_OT_unmatch_skin(_OnMaterial):
    """Give the active material its own color back."""

    bl_label = "Unmatch Skin"

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a material that matches the skin."""
        material = _active(context)
        if material is not None and material.is_editable and matches_skin(material):
            return ""
        return rpt_("The active material does not match the skin")

    def change(self, material: bpy.types.Material) -> None:
        """Takes the node group out."""
        unmatch_skin(material)


def _active(context: bpy.types.Context) -> bpy.types.Material | None:
    return context.object.active_material if context.object is not None else None


class FACEGAN_PT_placement(SubPanel, bpy.types.Panel):
    """Where the face lies: the inputs of the node group in the active character's material."""

    bl_label = "Placement"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an active character whose material shows faces."""
        return bool(face_nodes(_shown(context)))

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """The material, which all characters of its kind share, and the inputs."""
        material = _shown(context)
        if material is None:
            return
        layout.label(text=material.name, icon="MATERIAL", translate=False)
        column = layout.column()
        column.enabled = material.is_editable
        for node in face_nodes(material):
            for target in node.inputs:
                if not target.is_linked and target.name != "Base Color":
                    column.prop(target, "default_value", text=target.name)


def _shown(context: bpy.types.Context) -> bpy.types.Material | None:
    """The material in the slot that shows the active character's face."""
    obj: Any = context.object
    index = face_slot(obj) if obj is not None and has_face(obj) else None
    found: bpy.types.Material | None = obj.material_slots[index].material if index is not None else None
    return found
