"""What operators and panels share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..core.errors import CrowdError
from ..scene.records import run

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems
else:
    OperatorReturnItems = str  # Blender has no stubs

Answer = set[OperatorReturnItems]
"""What an operator tells Blender of how it went."""

OWN = "Crowd Faces"
"""The translation context of words that Blender itself uses in another sense: it would translate "Characters" as
letters, "Facing" as a part of a shader, and "Back" as a side."""


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


def windows(context: bpy.types.Context) -> bpy.types.WindowManager:
    """Blender's windows."""
    if context.window_manager is None:
        raise RuntimeError("Blender has no window manager")
    return context.window_manager


def active_object(context: bpy.types.Context) -> bpy.types.Object:
    """The active object. Raises CrowdError without one."""
    if context.object is None:
        raise CrowdError(rpt_("No active character"), rpt_("make one the active object"))
    return context.object


def is_editing(context: bpy.types.Context) -> bool:
    """Whether the window is in an Edit Mode, where nothing of a scene may be written.

    A mesh takes no attributes there, and an undo step holds nothing but what is edited: one Ctrl-Z would not take back
    what was written to objects and materials.
    """
    return context.mode.startswith("EDIT")


class _Tooltip:
    """The docstring of a class in one line, as Blender's interface wants it: without the last full stop."""

    def __get__(self, _operator: object, owner: type) -> str:
        return " ".join((owner.__doc__ or "").split()).removesuffix(".")


class _Name:
    """The name of an operator in scripts and layouts: `facegan.populate` of FACEGAN_OT_populate."""

    def __get__(self, _operator: object, owner: type) -> str:
        return f"facegan.{owner.__name__.partition('_OT_')[2]}"


class CrowdOperator(bpy.types.Operator):
    """An operator that says why it is grey, and tells in one line of what the artist can mend.

    Its docstring is its tooltip. It can be undone, and repeated, unless its options say otherwise.
    """

    bl_idname: Any = _Name()
    bl_description: Any = _Tooltip()
    bl_options: Any = {"REGISTER", "UNDO"}
    alone: ClassVar[bool] = False
    """Whether it waits until no run is in progress."""
    of_settings: ClassVar[bool] = False
    """Whether it changes nothing but settings, so that it may be used in Edit Mode: see `is_editing`."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Where something is missing, the greyed button says what."""
        missing = cls._hindered(context) or cls.missing(context)
        if missing:
            cls.poll_message_set(missing)
        return not missing

    @classmethod
    def _hindered(cls, context: bpy.types.Context) -> str:
        """What keeps every operator of its kind from being used now."""
        if cls.alone and run(context).running:
            return rpt_("Faces are being made. Press Esc to stop")
        writes = "UNDO" in cls.bl_options and not cls.of_settings
        return rpt_("Leave Edit Mode first") if writes and is_editing(context) else ""

    @classmethod
    def missing(cls, _context: bpy.types.Context) -> str:
        """What is to be done before the operator can be of use, as a translated sentence; empty where it can."""
        return ""

    def perform(self, context: bpy.types.Context) -> None:
        """Does the work, and tells of it. Raises CrowdError."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> Answer:
        """Does the work, or tells why it cannot be done."""
        try:
            self.perform(context)
        except CrowdError as error:
            return self.refuse(error)
        return {"FINISHED"}

    def refuse(self, error: CrowdError) -> Answer:
        """Tells of a mistake that the artist can mend."""
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}


class PathOperator(CrowdOperator):
    """Opens Blender's file browser, which fills in `filepath` or `directory`, and then runs."""

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Answer:
        """Asks for the file or the folder."""
        windows(context).fileselect_add(self)
        return {"RUNNING_MODAL"}


class ConfirmedOperator(CrowdOperator):
    """Asks before it runs: a file does not come back with Ctrl-Z."""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Answer:
        """Asks."""
        return windows(context).invoke_confirm(self, event)
