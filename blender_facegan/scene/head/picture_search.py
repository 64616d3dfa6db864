"""The search for faces in the pictures of planes: what was found in each, and what is yet to be looked at."""

import time

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.billboards.finding import NoFace
from ...core.head.landmarks import implausible
from ..billboards.looking import FaceOnPicture, Lookout, PictureOnPlane
from ..billboards.shown_picture import PictureProblem
from .coordinates import landmarks_of
from .reading import shape_mark

Found = FaceOnPicture | PictureProblem
Key = tuple[int, str, str]
"""A mesh by `session_uid`, its shape, and what tells the picture on it."""


class PictureSearch:
    """Looks at each picture of each mesh once, as `FaceSearch` looks at meshes, and beside it."""

    def __init__(self) -> None:
        self.lookout = Lookout()
        self._kept: dict[Key, Found] = {}
        self._asked: dict[Key, int] = {}

    @property
    def waiting(self) -> int:
        """Pictures that are yet to be looked at."""
        return len(self._asked)

    def look_up(self, obj: bpy.types.Object, picture: PictureOnPlane) -> Found | None:
        """What was found in the picture on the object; None where that is yet to be done."""
        key = _key(obj, picture)
        found = self._kept.get(key)
        if found is None:
            self._asked.setdefault(key, obj.session_uid)
        return found

    def at_once(self, obj: bpy.types.Object, picture: PictureOnPlane) -> Found:
        """What is found in the picture on the object, looked at now if need be."""
        key = _key(obj, picture)
        if key not in self._kept:
            self._kept[key] = self._look(obj, picture)
        self._asked.pop(key, None)
        return self._kept[key]

    def step(self, seconds: float) -> int:
        """Looks at pictures for about so long; returns at how many that is done with."""
        if not self._asked:
            return 0
        until, before = time.perf_counter() + seconds, len(self._asked)
        there = {obj.session_uid: obj for obj in bpy.data.objects}
        while self._asked and time.perf_counter() < until:
            key = next(iter(self._asked))
            obj = there.get(self._asked.pop(key))
            picture = self.lookout.picture_on(obj) if obj is not None and obj.type == "MESH" else None
            if obj is not None and isinstance(picture, PictureOnPlane) and _key(obj, picture) == key:
                self._kept[key] = self._look(obj, picture)
        return before - len(self._asked)

    def close(self) -> None:
        """Ends the search where it is."""
        self._asked.clear()

    def _look(self, obj: bpy.types.Object, picture: PictureOnPlane) -> Found:
        """The face where the mesh says that it is, else where it is found."""
        carried = landmarks_of(obj, picture.mark)
        if carried is None:
            return _told(self.lookout.look(obj, picture))
        frame, landmarks = carried.in_frame(np.array(obj.matrix_world))
        problem = implausible(landmarks)
        if problem:
            reason = rpt_("with landmarks that cannot be: {}").format(rpt_(problem))
            return PictureProblem(reason, rpt_("mark its face anew"))
        return _told(self.lookout.laid_at(obj, picture, frame, landmarks))


def _told(face: FaceOnPicture | NoFace) -> Found:
    return face if isinstance(face, FaceOnPicture) else PictureProblem(rpt_(face.reason), rpt_(face.remedy))


def _key(obj: bpy.types.Object, picture: PictureOnPlane) -> Key:
    carried = landmarks_of(obj, picture.mark)
    told = "" if carried is None else str(np.round(carried.points, 6).tolist())
    return obj.data.session_uid, shape_mark(obj) + told, picture.mark  # type: ignore[union-attr]
