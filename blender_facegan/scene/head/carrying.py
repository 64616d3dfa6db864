"""Meshes that carry a face for nobody any more."""

from collections.abc import Iterable

import bpy

from ..materials.slots import shows_face
from .coordinates import has_coordinates, remove_coordinates


def drop_coordinates(meshes: Iterable[bpy.types.ID]) -> None:
    """Takes the face off the meshes that no object shows a face with; linked meshes stay as they are."""
    carrying = {
        mesh.session_uid: mesh
        for mesh in meshes
        if isinstance(mesh, bpy.types.Mesh) and mesh.is_editable and has_coordinates(mesh)
    }
    if not carrying:
        return
    for obj in bpy.data.objects:
        if obj.type == "MESH" and obj.data is not None and obj.data.session_uid in carrying and shows_face(obj):
            del carrying[obj.data.session_uid]
    for mesh in carrying.values():
        remove_coordinates(mesh)
