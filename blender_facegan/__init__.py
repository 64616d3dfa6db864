"""Crowd Faces: every character of a crowd gets its own face, fitting its sex and age."""

from typing import Any

__all__ = ["glTF2ExportUserExtension", "register", "unregister"]


def glTF2ExportUserExtension() -> Any:  # noqa: N802  # the name by which Blender's glTF exporter looks for it
    """What the glTF exporter tells of every export: see `scene.export.gltf_instances`."""
    from .scene.export.gltf_instances import InstanceFaces

    return InstanceFaces()


def register() -> None:
    """Adds the add-on's classes, properties and menus to Blender."""
    # Imported here, so that `core` can be used and tested where there is no bpy.
    from . import registration

    registration.register()


def unregister() -> None:
    """Takes away all that `register` added."""
    from . import registration

    registration.unregister()
