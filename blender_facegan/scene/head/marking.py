"""What artists mark: faces on heads, and characters, so that a linked copy of the file has what it needs."""

from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.errors import CrowdError
from ...core.head.landmarks import implausible
from ...core.head.placement import place
from ...core.search.locating import Marked
from ..materials.slots import shows_face
from ..people.characters import Skipped, Surveyor, mark
from .chosen_head import HEAD, ChosenHead, names_of
from .coordinates import (
    forget_found,
    forget_landmarks,
    has_coordinates,
    landmarks_of,
    set_landmarks,
    write_coordinates,
)
from .finder import Carrier, FaceFinder, write_face, write_picture_skin
from .persons import persons_of
from .reading import read_part, rest_points
from .search import FaceSearch

_NAMED = 8
"""Names that are told where a name is not among them."""


def mark_characters(objects: Iterable[bpy.types.Object], search: FaceSearch | None = None) -> tuple[int, list[Skipped]]:
    """Marks the persons of these mesh objects, and lets their meshes carry their faces.

    A linked mesh cannot be written: it must carry its face in its own file. search: knows where faces are; what it does
    not know is looked for on the spot. Returns how many persons were marked, and those on whom no face was found, and
    why; they are marked as well.
    """
    able = [obj for obj in objects if obj.type == "MESH" and obj.is_editable]
    persons, skipped = persons_of(able, Surveyor(), FaceFinder(search=search, on_the_spot=True))
    unseen = {one.name for one in skipped}
    by_uid = {obj.session_uid: obj for obj in bpy.data.objects}
    for person in persons:
        mark(person.head)
        for carrier in person.carriers:
            write_face(carrier, by_uid[carrier.uid])
    for obj in able:
        if obj.name in unseen:
            mark(obj)
    return len(persons) + sum(obj.name in unseen for obj in able), skipped


class MarkError(CrowdError):
    """A face that cannot be where it was marked."""


def suggested(obj: bpy.types.Object) -> NDArray[np.float64] | None:
    """Where the face of the object's mesh is marked or found: left eye, right eye, mouth, chin as the viewer sees them.

    [4, 3] in the mesh's own coordinates; None where nothing is found.
    """
    finder = FaceFinder()
    pictured = finder.on_picture(obj) if Surveyor().kind(obj) == "BILLBOARD" else None
    if isinstance(pictured, Carrier):
        return pictured.marked.points[:4] if pictured.marked is not None else None
    carried = landmarks_of(obj)
    if carried is not None:
        return carried.points[:4]
    shown = finder.carriers(obj.name, [obj]) if pictured is None else pictured
    if isinstance(shown, Skipped) or shown[0].marked is None:
        return None
    return shown[0].marked.points[:4]


def mark_face(obj: bpy.types.Object, points: NDArray[np.float64]) -> None:
    """Marks the face of the object's mesh by hand: eyes in either order, mouth, chin, [4, 3] in its own coordinates.

    All objects that share the mesh have their face there; one that shows a face shows it there at once. Raises
    MarkError where that is no face, and where the mesh cannot be written; then nothing is changed.
    """
    mesh: Any = obj.data
    if not mesh.is_editable:
        raise MarkError(rpt_("a linked mesh"), rpt_("mark its face in its own file"), obj.name)
    front = np.cross(points[1] - points[0], (points[0] + points[1]) / 2 - points[3])
    length = float(np.linalg.norm(front))
    size = max(float(np.ptp(rest_points(obj), axis=0).max()), 1e-12)
    if not np.isfinite(points).all() or length < 1e-9 * size * size:
        raise MarkError(rpt_("a face without an area"), rpt_("mark eyes, mouth and chin in different places"), obj.name)
    flat = Surveyor().kind(obj) == "BILLBOARD"
    ahead = _off_plane(obj, length**0.5) if flat else _outward(obj, points, front / length)
    marked = Marked(np.concatenate((points, (points[:2].mean(axis=0) + ahead)[None])), True)
    part = read_part(obj)
    frame, landmarks = marked.in_frame(part.to_world)
    problem = implausible(landmarks)
    if problem:
        raise MarkError(rpt_(problem), rpt_("mark eyes, mouth and chin where they are"), obj.name)
    set_landmarks(obj, marked.points, by_hand=True)
    pictured = FaceFinder().on_picture(obj) if flat else None
    if isinstance(pictured, Carrier):
        _show_on_picture(pictured, obj)
    elif has_coordinates(mesh):
        values, count = place(part, frame, landmarks, False, by_hand=True).values, len(mesh.loops)
        write_coordinates(mesh, values[:count], mirrored=values[count : 2 * count] if len(values) > count else None)


def unmark_face(obj: bpy.types.Object) -> None:
    """Forgets where the artist has marked the face: the next run looks for it. A face that is shown stays there."""
    forget_landmarks(obj.data)


def choose_head(objects: Iterable[bpy.types.Object], chosen: ChosenHead) -> int:
    """Lets the meshes of those objects that have such a vertex group or material say that it is their head.

    Faces that were found there are looked for anew; those that are marked by hand stay. Returns the number of meshes.
    Raises CrowdError where there is none, and then nothing is changed.
    """
    able = [obj for obj in objects if obj.type == "MESH"]
    having = [obj for obj in able if chosen.by == "OBJECT" or chosen.name in names_of(obj, chosen.by)]
    if not having:
        known = sorted({name for obj in able for name in names_of(obj, chosen.by)})
        raise CrowdError(
            rpt_("No selected mesh has {}").format(chosen.name or rpt_("a name for it")),
            rpt_("they have {}").format(", ".join(known[:_NAMED]) or rpt_("none")),
        )
    meshes: dict[Any, bpy.types.Object] = {obj.data: obj for obj in having}
    for mesh, obj in meshes.items():
        if not mesh.is_editable:
            raise CrowdError(rpt_("a linked mesh"), rpt_("choose its head in its own file"), obj.name)
    for mesh in meshes:
        mesh[HEAD] = f"{chosen.by}:{chosen.name}"
        forget_found(mesh)
    return len(meshes)


def forget_head(objects: Iterable[bpy.types.Object]) -> int:
    """Has the heads of these objects looked for again as anybody's; returns the number of meshes that told theirs."""
    meshes: set[Any] = {obj.data for obj in objects if obj.type == "MESH"}
    told = [mesh for mesh in meshes if mesh.is_editable and mesh.get(HEAD) is not None]
    for mesh in told:
        del mesh[HEAD]
        forget_found(mesh)
    return len(told)


def _show_on_picture(pictured: Carrier, obj: bpy.types.Object) -> None:
    """Lays a face that is shown on a picture where it is marked."""
    if pictured.values is None or not has_coordinates(obj.data):
        return
    write_coordinates(obj.data, pictured.values)
    for other in bpy.data.objects:
        if other.data == obj.data and other.is_editable and shows_face(other):
            write_picture_skin(pictured, other)
            other.update_tag()


def _off_plane(obj: bpy.types.Object, length: float) -> NDArray[np.float64]:
    """Towards where a flat mesh's front faces, in its own coordinates."""
    mesh: Any = obj.data
    total = np.zeros(3)
    for polygon in mesh.polygons:
        total += np.array(polygon.normal) * polygon.area
    return total / max(float(np.linalg.norm(total)), 1e-12) * length


def _outward(obj: bpy.types.Object, points: NDArray[np.float64], front: NDArray[np.float64]) -> NDArray[np.float64]:
    """The direction in which the face looks: away from the middle of what of the mesh is about it."""
    mesh = rest_points(obj).astype(np.float64)
    middle = points.mean(axis=0)
    tall = float(np.linalg.norm(points[:2].mean(axis=0) - points[3]))
    near = mesh[np.linalg.norm(mesh - middle, axis=1) < 2.0 * tall]
    centre = near.mean(axis=0) if len(near) else mesh.mean(axis=0)
    return front * (tall if (middle - centre) @ front >= 0 else -tall)
