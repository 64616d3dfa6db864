"""How faces are shown: what the artist chose or what suits the model, and what their node groups take in."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from ...core.model.card import Card
from ..people.characters import Kind
from .cut_out import WHITE, Color

Projection = Literal["PLANE", "FACE", "PICTURE", "UV", "FRONT"]
"""Where on the surface the picture lies: across a flat mesh, by the face coordinates of a head or of somebody's
picture on a plane, or as a UV map says.
FRONT, by the mesh's bounding box, is that of files of version 0.1.0, which go on rendering."""


@dataclass(frozen=True)
class Input:
    """A socket of a group; minimum and maximum only where it is a number."""

    name: str
    default: Any
    tip: str
    kind: str = "NodeSocketFloat"
    subtype: str = "NONE"
    minimum: float = -100.0
    maximum: float = 100.0


def _share(name: str, default: float, tip: str) -> Input:
    """A number from 0 to 1, with a slider."""
    return Input(name, default, tip, subtype="FACTOR", minimum=0.0, maximum=1.0)


_PLACE = (
    Input("Offset X", 0.0, "Moves the face sideways, in widths of its picture", minimum=-2.0, maximum=2.0),
    Input("Offset Y", 0.0, "Moves the face up, in heights of its picture", minimum=-2.0, maximum=2.0),
    Input("Scale", 1.0, "Size of the face", minimum=0.01, maximum=10.0),
    Input("Rotation", 0.0, "Turns the face in its plane", subtype="ANGLE"),
)
OUTLINE = (
    Input("Oval Width", 0.9, "Width of the oval that is shown, as a share of the picture", minimum=0.01, maximum=4.0),
    Input("Oval Height", 1.0, "Height of the oval that is shown, as a share of the picture", minimum=0.01, maximum=4.0),
    _share("Softness", 0.3, "Share of the oval that its soft edge takes"),
    _share("Corners", 0.0, "0 shows an oval, 1 a rectangle with rounded corners"),
)
_PLACEMENT = (*_PLACE, *OUTLINE)
_CHEEKS = (replace(OUTLINE[0], default=0.8), replace(OUTLINE[1], default=0.96))
"""On a head the oval ends at the cheeks: what pictures show beside them, hair and background, is not the head's."""
_BASE = Input("Base Color", (0.8, 0.8, 0.8, 1.0), "Color of the material without a face", "NodeSocketColor")
_SKIN = _share("Skin", 1.0, "How far the rest of the surface takes the color of the face's skin")
_FACING_INPUT = Input("Facing", 0.0, "Turns the front: 0 is -Y, as in Blender's front view", subtype="ANGLE")
_FLIP = _share("Flip", 0.0, "1 mirrors the face")
_PAINTED = (
    _share(
        "Own Skin", 0.0, "How far the face takes the color of the skin that the texture has, and the rest keeps its own"
    ),
    Input("Skin Color", (0.8, 0.6, 0.5, 1.0), "Color of the skin in the texture", "NodeSocketColor"),
    Input(
        "Skin Range",
        0.0,
        "How far a color of the texture may be from that and still be skin. 0 takes all of it for skin",
        minimum=0.0,
        maximum=1.0,
    ),
)
_OF_A_PICTURE = (
    _share("Match", 1.0, "How far the face takes the color of the skin in the picture"),
    Input("Background", (0.0, 0.0, 0.0, 1.0), "Color of the picture's plain background", "NodeSocketColor"),
    Input(
        "Background Range",
        0.0,
        "How far a color may be from that and be background, which keeps its color. 0: there is none",
        minimum=0.0,
        maximum=1.0,
    ),
)
INPUTS: dict[Projection, tuple[Input, ...]] = {
    "PLANE": (_FLIP, *_PLACEMENT),
    "FACE": (_BASE, _SKIN, *_PLACE, *_CHEEKS, *OUTLINE[2:], *_PAINTED),
    "PICTURE": (_BASE, _OF_A_PICTURE[0], *_PLACE, *_CHEEKS, *OUTLINE[2:], *_OF_A_PICTURE[1:]),
    "FRONT": (_BASE, _SKIN, _FACING_INPUT, *_PLACEMENT),
    "UV": (_BASE, _SKIN, *_PLACEMENT),
}


Shading = Literal["EMISSION", "LIT"]
Outline = Literal["OVAL", "SOFT", "FULL", "CUT"]
SkinFrom = Literal["FACE", "BODY"]


@dataclass(frozen=True)
class Look:
    """How faces are shown. uv_map: of the projection UV, the active one if empty.

    skin_from: whether a character's body takes the skin of its face, or its face that of its body.
    background: the colour (sRGB, 0 to 1) around what pictures show, which the outline CUT makes clear.
    """

    projection: Literal["FACE", "UV"] = "FACE"
    uv_map: str = ""
    shading: Shading = "LIT"
    outline: Outline = "OVAL"
    skin_from: SkinFrom = "FACE"
    background: Color = WHITE

    def projection_of(self, kind: Kind) -> Projection:
        """Billboards take the picture across, other pictures on planes take it on their face, heads as chosen."""
        return "PLANE" if kind == "BILLBOARD" else "PICTURE" if kind == "PICTURE" else self.projection

    def variant(self, kind: Kind) -> str:
        """What tells one material of a kind from another."""
        if kind == "PICTURE":
            return "PICTURE:"
        if kind == "BILLBOARD":
            cut = "#" + bytes(round(255 * value) for value in self.background).hex() if self.outline == "CUT" else ""
            return f"{self.shading}:{self.outline}{cut}"
        return f"{self.projection}:{self.uv_map}{':BODY' if self.skin_from == 'BODY' else ''}"


def fitting_outline(card: Card) -> Outline:
    """How billboards show a model's pictures best: the oval of a face; of other things all, or what stands out."""
    if card.is_aligned or card.tells_people:
        return "OVAL"
    return "CUT" if card.background is not None else "FULL"
