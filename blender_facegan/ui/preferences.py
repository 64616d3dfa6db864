"""The add-on's preferences."""

from pathlib import Path
from typing import Any, cast

import bpy
from bpy.props import IntProperty, StringProperty

__all__ = ["CrowdFacesPreferences", "chosen_model", "preferences"]

_PACKAGE = __package__.rpartition(".")[0]
_DEFAULT_MODEL = Path(__file__).parents[1] / "models" / "default.facegan"


class CrowdFacesPreferences(bpy.types.AddonPreferences):
    """What holds for every file on this machine."""

    bl_idname = _PACKAGE

    model: StringProperty(  # type: ignore[valid-type]
        name="Model",
        description="Model file that makes the faces. The one that comes with the add-on when empty",
        subtype="FILE_PATH",
    )
    threads: IntProperty(  # type: ignore[valid-type]
        name="Threads", description="Faces made at the same time. 0 takes every core", default=0, min=0, max=256
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """The fields, one below the other."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "model")
        layout.prop(self, "threads")
        row = layout.row(align=True)
        row.operator("facegan.add_assets", icon="ASSET_MANAGER")
        row.operator("facegan.remove_assets")


def preferences(context: bpy.types.Context) -> CrowdFacesPreferences | None:
    """The preferences, or None where the add-on was registered by a script and not enabled in Blender."""
    found: Any = context.preferences
    addon = found.addons.get(_PACKAGE)
    return None if addon is None else cast(CrowdFacesPreferences, addon.preferences)


def chosen_model(context: bpy.types.Context) -> Path:
    """The model file that makes the faces."""
    chosen = preferences(context)
    return Path(bpy.path.abspath(chosen.model)) if chosen is not None and chosen.model else _DEFAULT_MODEL
