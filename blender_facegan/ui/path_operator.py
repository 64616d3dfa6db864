"""What operators share that ask for a file or a folder before they run."""

from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class PathOperator(bpy.types.Operator):
    """Opens Blender's file browser, which fills in `filepath` or `directory`, and then runs."""

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks for the file or the folder."""
        if context.window_manager is None:
            return {"CANCELLED"}
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}
