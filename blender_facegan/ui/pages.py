"""Where the pages of faces are kept: inside the .blend, or beside it."""

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..scene.pages.storage import has_pages, pack_pages, save_pages
from .base import CrowdOperator, counted
from .panels import SubPanel


class FACEGAN_OT_save_pages(CrowdOperator):
    """Keep the pages of faces as pictures in a folder beside the .blend, and no longer inside it."""

    bl_label = "Save Pages Beside File"

    @classmethod
    def missing(cls, _context: bpy.types.Context) -> str:
        """Needs a page inside the .blend."""
        return "" if has_pages(packed=True) else rpt_("There are no pages of faces inside the file")

    def perform(self, context: bpy.types.Context) -> None:
        """Writes them."""
        count, folder = save_pages()
        saved = counted(count, rpt_("Saved {:,} page"), rpt_("Saved {:,} pages"))
        self.report({"INFO"}, f"{saved}: {folder}")


class FACEGAN_OT_pack_pages(CrowdOperator):
    """Keep the pages of faces inside the .blend, and read them from their folder no longer."""

    bl_label = "Pack Pages"

    @classmethod
    def missing(cls, _context: bpy.types.Context) -> str:
        """Needs a page beside the .blend."""
        return "" if has_pages(packed=False) else rpt_("There are no pages of faces beside the file")

    def perform(self, context: bpy.types.Context) -> None:
        """Packs them."""
        self.report({"INFO"}, counted(pack_pages(), rpt_("Packed {:,} image"), rpt_("Packed {:,} images")))


class FACEGAN_PT_pages(SubPanel, bpy.types.Panel):
    """Where the pages of faces are kept."""

    bl_label = "Pages"

    def fields(self, layout: bpy.types.UILayout, _context: bpy.types.Context) -> None:
        """Inside the .blend, or beside it."""
        column = layout.column(align=True)
        column.operator("facegan.save_pages", icon="FILE_TICK")
        column.operator("facegan.pack_pages", icon="PACKAGE")
