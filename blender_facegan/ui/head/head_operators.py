"""Saying where the head is: by a vertex group, by a material, or by the object."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.head.chosen_head import ChosenHead, chosen_head, names_of
from ...scene.head.marking import choose_head, forget_head
from ...scene.records import selected
from ..base import counted, is_free

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


_WIDE = 420
"""Width of the dialog, on which the three ways stand beside each other."""


def _names(self: "FACEGAN_OT_choose_head", context: bpy.types.Context, _typed: str) -> list[str]:
    """What the heads of the selected objects can be called by."""
    meshes = [obj for obj in selected(context) if obj.type == "MESH"]
    return sorted({name for obj in meshes for name in names_of(obj, self.by)})


class _OnSelectedMeshes(bpy.types.Operator):
    """Acts on the meshes of the selected objects."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selected mesh object in Object Mode."""
        if not is_free(cls, context):
            return False
        if not any(obj.type == "MESH" for obj in selected(context)):
            cls.poll_message_set(rpt_("Select mesh objects"))
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set(rpt_("Switch to Object Mode"))
            return False
        return True


class FACEGAN_OT_choose_head(_OnSelectedMeshes):
    """Say what of the selected characters is their head: a vertex group, a material, or the object."""

    bl_idname = "facegan.choose_head"
    bl_label = "Choose Head"
    bl_description = (
        "Say what of the selected characters is their head: a vertex group, a material, or the object. "
        "The face is looked for there"
    )
    bl_options = {"REGISTER", "UNDO"}

    by: EnumProperty(
        name="By",
        description="What tells the head",
        items=(
            ("GROUP", "Vertex Group", "The vertices of a vertex group"),
            ("MATERIAL", "Material", "What has a material"),
            ("OBJECT", "Object", "All of the selected objects"),
        ),
    )
    name: StringProperty(
        name="Name", description="Name of the vertex group or of the material", search=_names, options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks, beginning with what the active object says."""
        told = chosen_head(context.object.data) if context.object is not None else None
        if told is not None and not self.properties.is_property_set("name"):
            self.by, self.name = told
        if context.window_manager is None:
            return {"CANCELLED"}
        return context.window_manager.invoke_props_dialog(self, width=_WIDE)

    def draw(self, _context: bpy.types.Context) -> None:
        """What tells the head, and its name."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.row().prop(self, "by", expand=True)
        if self.by != "OBJECT":
            layout.prop(self, "name", icon="GROUP_VERTEX" if self.by == "GROUP" else "MATERIAL")

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Notes it down on the meshes."""
        chosen = ChosenHead(self.by, "" if self.by == "OBJECT" else self.name)
        try:
            count = choose_head(selected(context), chosen)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        told = counted(count, rpt_("Chose the head of {:,} mesh"), rpt_("Chose the heads of {:,} meshes"))
        self.report({"INFO"}, told)
        return {"FINISHED"}


class FACEGAN_OT_forget_head(_OnSelectedMeshes):
    """Forget what of the selected characters is their head. The next run looks for it."""

    bl_idname = "facegan.forget_head"
    bl_label = "Forget Head"
    bl_description = "Forget what of the selected characters is their head. The next run looks for it"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Forgets it."""
        count = forget_head(selected(context))
        told = counted(count, rpt_("Forgot the head of {:,} mesh"), rpt_("Forgot the heads of {:,} meshes"))
        self.report({"INFO"}, told)
        return {"FINISHED"}
