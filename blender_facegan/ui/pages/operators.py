"""Operators that say where the pages of faces are kept."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.pages.storage import has_pages, pack_pages, save_pages

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_save_pages(bpy.types.Operator):
    """Keep the pages of faces as pictures in a folder beside the .blend."""

    bl_idname = "facegan.save_pages"
    bl_label = "Save Pages Beside File"
    bl_description = "Keep the pages of faces as pictures in a folder beside the .blend, and no longer inside it"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Needs a page inside the .blend."""
        if not has_pages(packed=True):
            cls.poll_message_set(rpt_("There are no pages of faces inside the file"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Writes them."""
        try:
            count, folder = save_pages()
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, rpt_("Saved {:,} pages in {}").format(count, folder))
        return {"FINISHED"}


class FACEGAN_OT_pack_pages(bpy.types.Operator):
    """Keep the pages of faces inside the .blend."""

    bl_idname = "facegan.pack_pages"
    bl_label = "Pack Pages"
    bl_description = "Keep the pages of faces inside the .blend, and read them from their folder no longer"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Needs a page beside the .blend."""
        if not has_pages(packed=False):
            cls.poll_message_set(rpt_("There are no pages of faces beside the file"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Packs them."""
        try:
            count = pack_pages()
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, rpt_("Packed {:,} images").format(count))
        return {"FINISHED"}
