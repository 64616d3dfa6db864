"""What every button has in common that must not be pressed while faces are made."""

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..scene.records import run


def is_free(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Whether no run is in progress; where one is, the greyed button says so."""
    if run(context).running:
        operator.poll_message_set(rpt_("Faces are being made. Press Esc to stop"))
        return False
    return True
