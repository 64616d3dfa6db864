"""Whether a photograph shows a bare face, or a drawing, sunglasses or a hand before it."""

from dataclasses import dataclass
from pathlib import Path

from trainer.data.faces.detection import Face
from trainer.data.faces.embedding import FaceEmbedding
from trainer.data.faces.measures import RULES, Limits
from trainer.data.faces.occlusion import OccluderReader, load_occluder_reader
from trainer.errors import UserError
from trainer.pictures import Pixels

MOST_PAINTED = 0.6
"""Largest likelihood that a face is painted, drawn, printed, a statue or recoloured."""


@dataclass(frozen=True)
class Beholder:
    """What sees faces, and what tells from that what stands before them."""

    embedding: FaceEmbedding
    occluders: OccluderReader

    @classmethod
    def loaded(cls) -> "Beholder":
        """With both models loaded."""
        return cls(FaceEmbedding(), load_occluder_reader())

    def check(self, path: Path, photograph: Pixels, face: Face) -> None:
        """Raises `UserError` that names the file where the face cannot be taken for what it is."""
        _, regional = self.embedding.look(photograph, face.landmarks)
        seen, limits = self.occluders.read(regional), Limits()
        if seen.painted > MOST_PAINTED:
            raise UserError(f"{path}: looks painted, drawn or recoloured; give a photograph")
        if seen.sunglasses > limits.max_sunglasses:
            raise UserError(f"{path}: {RULES['sunglasses']}; give a photograph without")
        if seen.covered > limits.max_covered:
            raise UserError(f"{path}: {RULES['covered']}; give a photograph of the bare face")
