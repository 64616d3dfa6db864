"""What a run has done, for people who read a line and for programs that read a file."""

import json

from bpy.app.translations import pgettext_rpt as rpt_

from .populate import Report
from .store import Carried

_NAMED = 4
"""Characters told before the rest is only counted."""


def carriers_in_a_line(report: Report) -> str:
    """The meshes that carry the faces: of the first few characters, and how many more there are."""
    more = len(report.carried) - _NAMED
    told = ", ".join(_carrier(one) for one in report.carried[:_NAMED])
    return rpt_("Faces are on {}").format(told + (rpt_(" and {:,} more").format(more) if more > 0 else ""))


def _carrier(one: Carried) -> str:
    meshes = " + ".join(one.meshes)
    return meshes if one.meshes == (one.character,) else rpt_("{} of {}").format(meshes, one.character)


def as_json(report: Report) -> bytes:
    """Each character with the meshes that carry its face, and each that was left out, why, and the remedy."""
    told = {
        "characters": report.characters,
        "new_faces": report.fresh,
        "women": report.women,
        "pages": report.pages,
        "faces": [{"character": one.character, "meshes": list(one.meshes)} for one in report.carried],
        "skipped": [one._asdict() for one in report.skipped],
        "gone": list(report.gone),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
