"""The add-on's preferences."""

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from .panel_models import draw_models
from .preference_values import PACKAGE, chosen_model, preferences

__all__ = ["CrowdFacesPreferences", "chosen_model", "preferences"]


class CrowdFacesPreferences(bpy.types.AddonPreferences):
    """What holds for every file on this machine.

    Faces are stored in the model's own resolution: larger ones would only hold what the material's filter shows anyway.
    """

    bl_idname = PACKAGE

    model: StringProperty(  # type: ignore[valid-type]
        name="Model",
        description="Model file that makes the faces. The one that comes with the add-on when empty",
        subtype="FILE_PATH",
    )
    threads: IntProperty(  # type: ignore[valid-type]
        name="Threads", description="Faces made at the same time. 0 takes every core", default=0, min=0, max=256
    )
    page_size: EnumProperty(  # type: ignore[valid-type]
        name="Page Size",
        description="Largest side of the images that faces are packed into. Faces that are there move when it changes",
        items=(
            ("1024", "1024 px", "For old graphics cards"),
            ("2048", "2048 px", "Some 780 faces of 64 pixels to a page"),
            ("4096", "4096 px", "Some 3,100 faces of 64 pixels to a page"),
            ("8192", "8192 px", "Some 12,700 faces of 64 pixels to a page"),
        ),
        default="4096",
    )
    gutter: IntProperty(  # type: ignore[valid-type]
        name="Gutter",
        description="Pixels around each face that keep its neighbors out of it when it is seen from afar",
        default=4,
        min=1,
        max=64,
        subtype="PIXEL",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """The models, then the fields, then the asset library."""
        layout = self.layout
        draw_models(layout, context)
        layout.use_property_split = True
        for name in ("page_size", "gutter", "threads"):
            layout.prop(self, name)
        row = layout.row(align=True)
        row.operator("facegan.add_assets", icon="ASSET_MANAGER")
        row.operator("facegan.remove_assets")
