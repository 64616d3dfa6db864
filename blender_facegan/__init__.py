"""Crowd Faces: every character of a crowd gets its own face, fitting its sex and age."""

__all__ = ["register", "unregister"]


def register() -> None:
    """Adds the add-on's classes, properties and menus to Blender."""
    # Imported here, so that `core` can be used and tested where there is no bpy.
    from . import registration

    registration.register()


def unregister() -> None:
    """Takes away all that `register` added."""
    from . import registration

    registration.unregister()
