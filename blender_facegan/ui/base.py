"""What operators and panels share."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..core.errors import CrowdError
from ..scene.records import run

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


OWN = "Crowd Faces"
"""The translation context of words that Blender itself uses in another sense: it would translate "Characters" as
letters, "Facing" as a part of a shader, and "Back" as a side."""

MAY_BE_RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""Before Blender 4.5 every path may, and the option is not known."""


def is_free(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Whether no run is in progress; where one is, the greyed button says so."""
    if run(context).running:
        operator.poll_message_set(rpt_("Faces are being made. Press Esc to stop"))
        return False
    return True


def counted(count: int, one: str, many: str) -> str:
    """The number with its noun: `one` for 1, else `many`; both are translated and take the number."""
    return (one if count == 1 else many).format(count)


def chosen_path(text: str) -> Path:
    """The file or folder that an operator was given, Blender's `//` meaning the folder of the .blend.

    Raises CrowdError for none, and for `//` in a file that has no folder yet.
    """
    if not text:
        raise CrowdError(rpt_("No file or folder is named"), rpt_("choose one"))
    if text.startswith("//") and not bpy.data.filepath:
        raise CrowdError(rpt_("The file was never saved"), rpt_("save it first, so that // means its folder"), text)
    return Path(bpy.path.abspath(text))


class PathOperator(bpy.types.Operator):
    """Opens Blender's file browser, which fills in `filepath` or `directory`, and then runs."""

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks for the file or the folder."""
        if context.window_manager is None:
            return {"CANCELLED"}
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}
