"""Looks for the face in the picture of a plane, or lays it where somebody has said."""

from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.billboards.finding import NoFace, PictureFace, find_face_in, skin_in
from ...core.billboards.plane import Plane, Seeing, laid_flat, seen_on, ups_of
from ...core.head.landmarks import Landmarks
from ...core.head.posture import Frame
from ...core.likeness.skin import linear_from_srgb
from ..materials.materials import PlainBackground, face_nodes
from ..materials.slots import own_material
from .reading import Pixels, picture_mark, read_plane
from .shown_picture import PictureProblem, ShownPicture, shown_picture

_BACKGROUND = 0.055
"""Distance in sRGB within which a colour is that of the plain background."""


@dataclass(frozen=True)
class PictureOnPlane:
    """A picture that a flat mesh shows. slot: of its material. mark: see `picture_mark`."""

    shown: ShownPicture
    plane: Plane
    slot: int
    mark: str


@dataclass(frozen=True)
class FaceOnPicture:
    """Where the face lies: landmarks in a frame of the world; values: face coordinates of the mesh's corners, [L, 3].

    skin: linear RGB, of the picture's. background: where it is plain. chance: that it is a face.
    """

    frame: Frame
    landmarks: Landmarks
    values: NDArray[np.float32] = field(repr=False)
    skin: tuple[float, float, float] | None
    background: PlainBackground | None
    chance: float


class Lookout:
    """Looks at the pictures of planes; each image is read once."""

    def __init__(self) -> None:
        self._pixels = Pixels()

    def picture_on(self, obj: bpy.types.Object) -> PictureOnPlane | PictureProblem | None:
        """The picture that the artist has on a flat mesh; None without one.

        A material into which the artist has put a face's node group says itself where the face is. Of several pictures
        it is the one that covers most of the mesh.
        """
        found: list[PictureOnPlane] = []
        problem: PictureProblem | None = None
        for slot in range(len(obj.material_slots)):
            material = own_material(obj, slot)
            shown = None if face_nodes(material) else shown_picture(material)
            if isinstance(shown, PictureProblem):
                problem = shown
                continue
            plane = read_plane(obj, shown, slot) if shown is not None else None
            if shown is not None and plane is None:
                problem = PictureProblem(rpt_("a picture without a UV map"), rpt_("unwrap the mesh"))
            if shown is not None and plane is not None and len(plane.triangles):
                found.append(PictureOnPlane(shown, plane, slot, picture_mark(shown, plane)))
        return max(found, key=lambda one: _area(one.plane)) if found else problem

    def look(self, obj: bpy.types.Object, picture: PictureOnPlane) -> FaceOnPicture | NoFace:
        """The face in a picture."""
        why: NoFace | None = None
        for up in ups_of(picture.plane):
            seeing = self._seeing(picture, up)
            if seeing is None:
                continue
            face = find_face_in(seeing.picture)
            if isinstance(face, PictureFace):
                left, right, _, mouth, chin = seeing.in_frame(face.points)
                sure = (face.chance,) * 3
                return self._laid(obj, picture, seeing, Landmarks(left, right, mouth, chin, sure, ("picture",) * 3))
            why = why or face
        return why or NoFace.EMPTY

    def laid_at(
        self, obj: bpy.types.Object, picture: PictureOnPlane, frame: Frame, landmarks: Landmarks
    ) -> FaceOnPicture | NoFace:
        """The face where it is known to be: landmarks in a frame of the world."""
        seeing = self._seeing(picture, frame.axes[1])
        if seeing is None:
            return NoFace.EMPTY
        points = seeing.frame.inside(frame.world(landmarks.points))
        points[:, 2] = 0.0
        first, second = (0, 1) if points[0, 0] < points[1, 0] else (1, 0)
        return self._laid(obj, picture, seeing, Landmarks(points[first], points[second], points[2], points[3]))

    def _seeing(self, picture: PictureOnPlane, up: NDArray[np.float64]) -> Seeing | None:
        return seen_on(picture.plane, up, lambda uv, texels: self._pixels.sample(picture.shown, uv, texels))

    def _laid(
        self, obj: bpy.types.Object, picture: PictureOnPlane, seeing: Seeing, landmarks: Landmarks
    ) -> FaceOnPicture:
        mesh: Any = obj.data
        flat = laid_flat(seeing.frame.inside(picture.plane.corners), landmarks)
        shows = np.zeros((len(mesh.loops), 1))
        shows[picture.plane.triangles.ravel()] = 1.0
        values = np.concatenate((flat, shows), axis=1).astype(np.float32)
        skin = skin_in(seeing.picture, seeing.in_pixels(landmarks.points[:2]))
        background = seeing.picture.background
        plain = None
        if background is not None:
            red, green, blue = (float(value) for value in linear_from_srgb(background))
            plain = PlainBackground((red, green, blue), _BACKGROUND)
        return FaceOnPicture(seeing.frame, landmarks, values, skin, plain, min(landmarks.confidence))


def _area(plane: Plane) -> float:
    a, b, c = (plane.corners[plane.triangles[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())
