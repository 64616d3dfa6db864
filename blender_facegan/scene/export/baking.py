"""One picture per character: its face as it was made, or what its surface shows, for programs that know no atlas."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas import png
from ...core.likeness.skin import srgb_from_linear
from ..materials.cut_out import with_cut_out
from ..materials.materials import base_color_input, empty_material, face_nodes, original_of
from ..materials.node_building import Tree, arrange
from ..materials.pictures import cover_input, emits
from ..materials.slots import LIVE, face_slot
from ..pages.images import existing
from ..people.characters import Kind, Skipped, has_face, sorted_out
from ..records import character, face_material
from .baked_mesh import BAKED_UV, own_mesh, restore_live_faces
from .picture_files import check_folder, free_files, load_picture, owner, write_picture, write_whole
from .studio import Studio, check_cycles, open_studio, shot, sitting

_FLAT = ("BILLBOARD", "PICTURE")
"""Roles of materials of planes, whose pictures are baked with what is clear of them."""
_MARGIN_SHARE = 64
"""A bake's margin is its size over this, in pixels."""


@dataclass(frozen=True)
class Baked:
    """The file of each character, and who was left out."""

    files: Mapping[bpy.types.Object, Path]
    skipped: Sequence[Skipped]

    @property
    def images(self) -> int:
        """How many files were written."""
        return len(self.files)


def save_faces(objects: Sequence[bpy.types.Object], folder: Path, progress: Callable[[int, int], None]) -> Baked:
    """Writes each character's face as it was made, a square PNG, and changes nothing else. Raises CrowdError."""
    faces = [obj for obj in objects if has_face(obj)]
    targets = _targets(faces, folder)
    pages: dict[int, Any] = {}
    for count, obj in enumerate(faces):
        progress(count, len(faces))
        record = character(obj)
        image: Any = record.page
        if image.session_uid not in pages:
            page = existing(image)
            pages[image.session_uid] = page, page.pixels()
        page, pixels = pages[image.session_uid]
        picture = png.encode(page.picture(pixels, record.cell))
        write_whole(targets[obj], png.with_owner(picture, owner(obj)))
    return Baked(targets, _without_faces(objects))


def bake_surfaces(
    objects: Sequence[bpy.types.Object], folder: Path, size: int, progress: Callable[[int, int], None]
) -> Baked:
    """Writes what each character's surface shows, and gives it a mesh, a UV map and a material that show the picture.

    size: pixels a side. A billboard's picture has its alpha. Characters that were baked before are baked anew from
    their live faces. Raises CrowdError before anything is changed.
    """
    check_cycles()
    fitting, problems = sorted_out((obj for obj in objects if has_face(obj)), _problem)
    skipped = [*_without_faces(objects), *problems]
    restore_live_faces(fitting)
    targets = _targets(fitting, folder)
    files: dict[bpy.types.Object, Path] = {}
    with open_studio() as studio:
        for count, obj in enumerate(fitting):
            progress(count, len(fitting))
            problem = _bake(obj, targets[obj], size, studio)
            if problem is None:
                files[obj] = targets[obj]
            else:
                skipped.append(problem)
    return Baked(files, skipped)


def _shown(obj: bpy.types.Object) -> bpy.types.Material | None:
    index = face_slot(obj)
    return obj.material_slots[index].material if index is not None else None


def _without_faces(objects: Sequence[bpy.types.Object]) -> list[Skipped]:
    return [Skipped(obj.name, rpt_("no face"), rpt_("populate first")) for obj in objects if not has_face(obj)]


def _targets(objects: Sequence[bpy.types.Object], folder: Path) -> dict[bpy.types.Object, Path]:
    """The file of each object."""
    check_folder(folder)
    files = free_files([obj.name for obj in objects], [owner(obj) for obj in objects], folder)
    return dict(zip(objects, files, strict=True))


def _problem(obj: bpy.types.Object) -> Skipped | None:
    material = _shown(obj)
    if not obj.is_editable or obj.override_library is not None:
        return Skipped(obj.name, rpt_("linked"), rpt_("make it local (Object > Relations > Make Local)"))
    if material is None or face_material(material).role == "NONE" or color_source(material) is None:
        return Skipped(obj.name, rpt_("no material with a face"), rpt_("populate again"))
    return None


def _bake(obj: bpy.types.Object, target: Path, size: int, studio: Studio) -> Skipped | None:
    """Bakes one character; returns why that cannot be, None where it can."""
    index, live = cast(int, face_slot(obj)), cast(bpy.types.Material, _shown(obj))
    kind: Kind = "BILLBOARD" if face_material(live).role in _FLAT else "HEAD"
    problem = own_mesh(obj, index, kind, _facing(live))
    if problem is not None:
        return problem
    margin = max(size // _MARGIN_SHARE, 2)
    pixels = np.full((size, size, 4), 255, np.uint8)
    with sitting(obj, index, live, studio) as sitter:
        # The alpha first: it is found from the material's output, which a shot takes for itself.
        if kind == "BILLBOARD" and (face_material(live).role == "BILLBOARD" or cover_input(live) is not None):
            alpha = shot(sitter, face_alpha, (size, size), BAKED_UV, margin, studio)
            pixels[..., 3] = np.round(np.clip(alpha[..., 0], 0, 1) * 255)
        color = shot(sitter, color_source, (size, size), BAKED_UV, margin, studio)
        pixels[..., :3] = np.round(np.clip(srgb_from_linear(np.maximum(color, 0)), 0, 1) * 255)
    write_picture(pixels, target, kind == "BILLBOARD", owner(obj))
    image = load_picture(target)
    slot: Any = obj.material_slots[index]
    slot.material = _baked_material(obj.name, live, kind, image)
    return None


def _facing(material: bpy.types.Material) -> float:
    for node in face_nodes(material):
        if "Facing" in node.inputs:
            # Only nodes of version 0.1.0 have it.
            return float(node.inputs["Facing"].default_value)  # type: ignore[attr-defined]
    return 0.0


def face_alpha(material: bpy.types.Material) -> bpy.types.NodeSocket:
    """Where a billboard is there: the alpha of its face's node, or of somebody's picture that is cut out."""
    cover = cover_input(material) if face_material(material).role == "PICTURE" else None
    if cover is None or material.node_tree is None:
        return with_cut_out(face_nodes(material)[0]).outputs["Alpha"]  # type: ignore[no-any-return]
    source: bpy.types.NodeSocket = cover.socket.links[0].from_socket
    return Tree(material.node_tree).math("SUBTRACT", 1.0, source) if cover.inverted else source


def color_source(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """What feeds the colour of the face's shader; for a billboard that of the face itself."""
    if face_material(material).role in _FLAT:
        nodes = face_nodes(material)
        return with_cut_out(nodes[0]).outputs["Color"] if nodes else None
    return base_color_source(material)


def base_color_source(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """What feeds the base color; None where nothing does."""
    target = base_color_input(material)
    return target.links[0].from_socket if target is not None and target.links else None


def _baked_material(name: str, live: bpy.types.Material, kind: Kind, image: bpy.types.Image) -> bpy.types.Material:
    """A material that shows the picture, made of what every exporter understands."""
    if kind == "HEAD":
        made: Any = live.copy()
        build, target = Tree(made.node_tree), cast(Any, base_color_input(made))
        build.feed(target, _picture(build, image, BAKED_UV).outputs["Color"])
        for node in face_nodes(made):
            if not any(output.links for output in node.outputs):
                made.node_tree.nodes.remove(node)
    else:
        made = billboard_with_picture(name, live, image, BAKED_UV)
    mark_baked(made, name, live)
    return made  # type: ignore[no-any-return]


def mark_baked(made: Any, name: str, live: bpy.types.Material) -> None:
    """Notes down what a baked material stands for. name: of what it was baked for."""
    made.name = f"{name} Baked"
    made[LIVE] = live
    record = face_material(made)
    record.role, record.variant, record.original = "BAKED", face_material(live).variant, original_of(live)
    record.page = None


def billboard_with_picture(
    name: str, live: bpy.types.Material, image: bpy.types.Image, uv_map: str
) -> bpy.types.Material:
    """A material that shows the picture and its alpha as the live one shows the face."""
    made: Any
    made, build = empty_material(name)
    shader = build.node("BsdfPrincipled")
    picture = _picture(build, image, uv_map)
    shines = face_material(live).variant.startswith("EMISSION") or (
        face_material(live).role == "PICTURE" and emits(live)
    )
    build.feed(shader.inputs["Emission Color" if shines else "Base Color"], picture.outputs["Color"])
    build.feed(shader.inputs["Alpha"], picture.outputs["Alpha"])
    build.feed(shader.inputs["Roughness"], 0.7)
    if shines:
        build.feed(shader.inputs["Emission Strength"], 1.0)
        build.feed(shader.inputs["Base Color"], (0.0, 0.0, 0.0, 1.0))
        build.feed(shader.inputs["Specular IOR Level"], 0.0)
    build.feed(build.node("OutputMaterial").inputs["Surface"], shader.outputs["BSDF"])
    made.surface_render_method = live.surface_render_method
    made.diffuse_color = live.diffuse_color
    arrange(build.tree)
    return made  # type: ignore[no-any-return]


def _picture(build: Tree, image: bpy.types.Image, uv_map: str) -> Any:
    picture = build.node("TexImage", image=image, extension="EXTEND")
    build.feed(picture.inputs["Vector"], build.node("UVMap", uv_map=uv_map).outputs["UV"])
    return picture
