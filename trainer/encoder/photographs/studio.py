"""How a model's own pictures are aligned and lit, so that photographs can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainer.data.faces.alignment import Geometry, align
from trainer.data.faces.detection import Face
from trainer.data.light.evening import EVEN, even
from trainer.errors import UserError
from trainer.pictures import Pixels


@dataclass(frozen=True)
class Studio:
    """How a model's pictures are aligned and lit."""

    geometry: Geometry
    size: int
    evened: bool

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> "Studio":
        """That of a model's card. Raises `UserError` for a model whose pictures are not aligned faces."""
        face = card.get("face", {})
        if not face:
            raise UserError(f"the model {card.get('name', '')} draws no aligned faces, so no photograph can be encoded")
        geometry = Geometry(float(face["eye_distance"]), float(face["eye_height"]))
        return cls(geometry, int(card["resolution"]), card.get("light") == EVEN)

    @classmethod
    def of_dataset(cls, metadata: Mapping[str, Any], size: int) -> "Studio":
        """That of a model of `size` pixels that a dataset with this dataset.json has taught."""
        return cls.of({"face": metadata.get("geometry", {}), "resolution": size, "light": metadata.get("light")})

    def cropped(self, photograph: Pixels, face: Face) -> Pixels:
        """The face aligned as the model's own pictures are, in the light that it had: uint8 [size, size, 3]."""
        return align(photograph, face.landmarks, self.geometry, self.size)

    def lit(self, crop: Pixels) -> Pixels:
        """An aligned face in the light of the model's own pictures: uint8 [size, size, 3]."""
        if not self.evened:
            return crop
        return even(crop, self.geometry.eye_distance, self.geometry.eye_height).picture
