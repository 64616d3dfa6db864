"""Saying where the head is: by a vertex group, by a material, or by the object."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...scene.head.chosen_head import ChosenHead, chosen_head, names_of
from ...scene.head.marking import choose_head, forget_head
from ...scene.records import selected
from ..base import Answer, CrowdOperator, counted, windows
from ..fields import choice, words

_WIDE = 420
"""Width of the dialog, on which the three ways stand beside each other."""


def _names(self: "FACEGAN_OT_choose_head", context: bpy.types.Context, _typed: str) -> list[str]:
    """What the heads of the selected objects can be called by."""
    meshes = [obj for obj in selected(context) if obj.type == "MESH"]
    return sorted({name for obj in meshes for name in names_of(obj, self.by)})


class _OnSelectedMeshes(CrowdOperator):
    """Acts on the meshes of the selected objects."""

    alone = True

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selected mesh object in Object Mode."""
        if not any(obj.type == "MESH" for obj in selected(context)):
            return rpt_("Select mesh objects")
        return "" if context.mode == "OBJECT" else rpt_("Switch to Object Mode")


class FACEGAN_OT_choose_head(_OnSelectedMeshes):
    """Say what of the selected characters is their head: a vertex group, a material, or the object.

    The face is looked for there.
    """

    bl_label = "Choose Head"

    by: choice(
        "By",
        "What tells the head",
        ("GROUP", "Vertex Group", "The vertices of a vertex group"),
        ("MATERIAL", "Material", "What has a material"),
        ("OBJECT", "Object", "All of the selected objects"),
    )
    name: words("Name", "Name of the vertex group or of the material", search=_names, options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Answer:
        """Asks, beginning with what the active object says."""
        told = chosen_head(context.object.data) if context.object is not None else None
        if told is not None and not self.properties.is_property_set("name"):
            self.by, self.name = told
        return windows(context).invoke_props_dialog(self, width=_WIDE)

    def draw(self, _context: bpy.types.Context) -> None:
        """What tells the head, and its name."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.row().prop(self, "by", expand=True)
        if self.by != "OBJECT":
            layout.prop(self, "name", icon="GROUP_VERTEX" if self.by == "GROUP" else "MATERIAL")

    def perform(self, context: bpy.types.Context) -> None:
        """Notes it down on the meshes."""
        count = choose_head(selected(context), ChosenHead(self.by, "" if self.by == "OBJECT" else self.name))
        told = counted(count, rpt_("Chose the head of {:,} mesh"), rpt_("Chose the heads of {:,} meshes"))
        self.report({"INFO"}, told)


class FACEGAN_OT_forget_head(_OnSelectedMeshes):
    """Forget what of the selected characters is their head. The next run looks for it."""

    bl_label = "Forget Head"

    def perform(self, context: bpy.types.Context) -> None:
        """Forgets it."""
        count = forget_head(selected(context))
        told = counted(count, rpt_("Forgot the head of {:,} mesh"), rpt_("Forgot the heads of {:,} meshes"))
        self.report({"INFO"}, told)
