"""Faces as attributes of the instances that Blender's glTF exporter writes (EXT_mesh_gpu_instancing).

The exporter finds this through `glTF2ExportUserExtension` in the add-on's own module, and calls its hooks. It joins the
children of a node that share a mesh into instances, and knows only where they stand.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..records import SKIN, TILE, shows_tile

_EXTENSION = "EXT_mesh_gpu_instancing"
_TILE_ATTRIBUTE, _SKIN_ATTRIBUTE = "_FACEGAN_TILE", "_FACEGAN_SKIN"
"""glTF wants an underscore ahead of attributes of one's own."""
_FLOAT = 5126
_NO_FACE = (0.0, 0.0, 0.0, 0.0)


class _Face(NamedTuple):
    """tile: upper left corner and size in UV units as glTF counts them, from above. skin: linear RGB."""

    tile: tuple[float, ...]
    skin: tuple[float, ...]


class InstanceFaces:
    """One export: told of every node, it adds what the instances' faces are to the file."""

    def __init__(self) -> None:
        self._faces: dict[int, tuple[Any, _Face]] = {}
        self._groups: dict[str, list[_Face | None]] = {}

    def gather_node_hook(self, node: Any, obj: Any, export_settings: dict[str, Any]) -> None:
        """Notes down the face of a node's object: a head, another level of detail of it, or a body with its skin."""
        if not export_settings.get("gltf_gpu_instances") or obj is None or obj.get(SKIN) is None:
            return
        u, v, width, height = (float(value) for value in obj[TILE]) if shows_tile(obj) else (0.0, 1.0, 0.0, 0.0)
        skin = tuple(float(value) for value in obj[SKIN])
        # The node is kept, so that no other gets its identity.
        self._faces[id(node)] = node, _Face((u, 1 - v - height, width, height), skin)

    def gather_gltf_hook(
        self, _active: int, scenes: Sequence[Any], _animations: Any, _export_settings: dict[str, Any]
    ) -> None:
        """Groups the nodes as the exporter is about to: by mesh, children of one node that have none themselves."""
        for scene in scenes if self._faces else ():
            for node in scene.nodes or ():
                for name, children in _instanced(node):
                    self._groups[name] = [self._face(child) for child in children]

    def gather_gltf_extensions_hook(self, gltf: Any, _export_settings: dict[str, Any]) -> None:
        """Adds the attributes to every node that has become instances."""
        for node in gltf.nodes if self._groups else ():
            faces = self._groups.get(node.name)
            extension = (node.extensions or {}).get(_EXTENSION)
            if extension is None or faces is None or not any(faces):
                continue
            attributes = (extension if isinstance(extension, dict) else extension.extension)["attributes"]
            if gltf.accessors[attributes["TRANSLATION"]].count != len(faces):
                continue
            tiles = [face.tile if face is not None else _NO_FACE for face in faces]
            skins = [face.skin if face is not None else _NO_FACE[:3] for face in faces]
            attributes[_TILE_ATTRIBUTE] = _add(gltf, np.array(tiles, np.float32), "VEC4")
            attributes[_SKIN_ATTRIBUTE] = _add(gltf, np.array(skins, np.float32), "VEC3")

    def _face(self, node: Any) -> _Face | None:
        found = self._faces.get(id(node))
        return found[1] if found is not None else None


def _instanced(node: Any) -> Iterator[tuple[str, list[Any]]]:
    """The children that become instances, by the name of the node that will hold them; below it too."""
    groups: dict[int, list[Any]] = {}
    for child in node.children or ():
        if not child.children and child.mesh is not None:
            groups.setdefault(id(child.mesh), []).append(child)
    several = [children for children in groups.values() if len(children) > 1]
    if len(several) == 1 and node.mesh is None:
        yield node.name, several[0]
    else:
        yield from ((f"{node.name}.{number}", children) for number, children in enumerate(several))
    for child in node.children or ():
        yield from _instanced(child)


def _add(gltf: Any, values: Any, kind: str) -> int:
    """Adds an accessor with a buffer of its own: the file's is closed by then. Returns its number."""
    # The exporter's own classes, which no name leads to that stays.
    new_buffer, new_view, new_accessor = (type(of[0]) for of in (gltf.buffers, gltf.buffer_views, gltf.accessors))
    data = values.tobytes()
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    gltf.buffers.append(new_buffer(byte_length=len(data), extensions=None, extras=None, name=None, uri=uri))
    gltf.buffer_views.append(
        new_view(
            buffer=len(gltf.buffers) - 1,
            byte_length=len(data),
            byte_offset=None,
            byte_stride=None,
            extensions=None,
            extras=None,
            name=None,
            target=None,
        )
    )
    gltf.accessors.append(
        new_accessor(
            buffer_view=len(gltf.buffer_views) - 1,
            byte_offset=None,
            component_type=_FLOAT,
            count=len(values),
            extensions=None,
            extras=None,
            max=None,
            min=None,
            name=None,
            normalized=None,
            sparse=None,
            type=kind,
        )
    )
    return len(gltf.accessors) - 1
