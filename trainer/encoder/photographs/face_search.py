"""Faces searched in photographs of one person: near first, as most are, and from afar where need be."""

from dataclasses import dataclass

from trainer.data.faces.detection import Face, FaceDetector
from trainer.data.faces.measures import Limits
from trainer.pictures import Pixels

NEAR_SIDE, FAR_SIDE = 480, 800
"""Longer side, in pixels, of the copy in which faces are searched: in a portrait, and in one of half a person."""
LEAST_SEEN = 80.0
"""Pixels of a face in that copy below which dlib's detector does not see it."""


@dataclass(frozen=True)
class FaceSearch:
    """The two detectors."""

    near: FaceDetector
    far: FaceDetector

    @classmethod
    def of_portraits(cls) -> "FaceSearch":
        """With the sides above."""
        return cls(FaceDetector(NEAR_SIDE), FaceDetector(FAR_SIDE))

    def find(self, photograph: Pixels) -> list[Face]:
        """The faces in [H, W, 3] uint8 RGB, largest first: all that are not much smaller than the largest."""
        faces, longer = self.near.find(photograph), max(photograph.shape[:2])
        smallest = LEAST_SEEN * longer / NEAR_SIDE
        if longer <= NEAR_SIDE or (faces and Limits().second_face * faces[0].side >= smallest):
            return faces
        return self.far.find(photograph)
