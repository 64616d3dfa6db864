"""How faces are shown on characters: what the artist chose, or what suits the model."""

from dataclasses import dataclass
from typing import Literal

from ...core.model.card import Card
from ..people.characters import Kind
from .cut_out import WHITE, Color
from .face_nodes import Projection

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
