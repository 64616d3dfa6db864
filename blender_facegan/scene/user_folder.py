"""Where the add-on keeps files of the user's: never beside its code, which an update replaces."""

from pathlib import Path

import bpy

_PACKAGE = __package__.rpartition(".")[0]


def user_folder(name: str) -> Path:
    """The folder of that name, which need not be there. Without an installed extension it is among Blender's data."""
    try:
        return Path(bpy.utils.extension_path_user(_PACKAGE, path=name))
    except ValueError:  # registered by a script
        return Path(bpy.utils.user_resource("DATAFILES", path="crowd_faces")) / name
