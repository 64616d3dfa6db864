"""The add-on's preferences."""

import bpy
from bpy.props import IntProperty

from .fields import choice, pixels, words
from .model.models import draw_models
from .preference_values import AS_MADE, AUTO_SIZE, PACKAGE


class CrowdFacesPreferences(bpy.types.AddonPreferences):
    """What holds for every file on this machine.

    Faces are never stored larger than the model makes them: the material's filter shows as much.
    """

    bl_idname = PACKAGE

    model: words(
        "Model", "Model file that makes the faces. The one that comes with the add-on when empty", subtype="FILE_PATH"
    )
    threads: IntProperty(
        name="Threads", description="Faces made at the same time. 0 takes every core", default=0, min=0, max=256
    )
    page_size: choice(
        "Page Size",
        "Largest side of the images that faces are packed into. Faces that are there move when it changes",
        ("1024", "1024 px", "For old graphics cards"),
        ("2048", "2048 px", "Some 780 faces of 64 pixels to a page"),
        ("4096", "4096 px", "Some 3,100 faces of 64 pixels to a page"),
        ("8192", "8192 px", "Some 12,700 faces of 64 pixels to a page"),
        default="4096",
    )
    face_size: choice(
        "Face Size",
        "Largest side of a face. Smaller ones take less memory, for crowds that are only seen from afar",
        (
            AUTO_SIZE,
            "Auto",
            "Faces of 128 pixels where a head stands so near the camera that smaller ones would blur, as long as a"
            " page holds them. Others as the model makes them",
        ),
        (AS_MADE, "As Made", "The size that the model makes"),
        ("16", "16 px", "A sixteenth of the memory of 64 pixels"),
        ("32", "32 px", "A quarter of the memory of 64 pixels"),
        ("64", "64 px", "Shrinks only the faces of larger models"),
        ("128", "128 px", "Shrinks only the faces of larger models"),
        ("256", "256 px", "Shrinks only the faces of larger models"),
        default=AUTO_SIZE,
    )
    gutter: pixels(
        "Gutter", "Pixels around each face that keep its neighbors out of it when it is seen from afar", 4, 1, 64
    )

    def draw(self, context: bpy.types.Context) -> None:
        """The models, then the fields, then the asset library."""
        layout = self.layout
        draw_models(layout, context)
        layout.use_property_split = True
        for name in ("face_size", "page_size", "gutter", "threads"):
            layout.prop(self, name)
        row = layout.row(align=True)
        row.operator("facegan.add_assets", icon="ASSET_MANAGER")
        row.operator("facegan.remove_assets")
