"""One picture per character: its face as it was made, or what its surface shows, for programs that know no atlas."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.atlas import png
from ...core.atlas.file_names import file_names
from ...core.errors import CrowdError
from ..materials.materials import FaceMaterials, Look, base_color_input, empty_material, face_nodes
from ..materials.node_building import Tree, arrange
from ..materials.slots import face_slot, give_mesh_back
from ..pages.images import existing
from ..people.characters import Kind, Skipped, has_face
from ..records import character, face_material
from .baked_mesh import BAKED_UV, own_mesh

_LIVE = "facegan_live"
"""Custom property of a baked material: the one that reads the page."""
_MARGIN_SHARE = 64
"""A bake's margin is its size over this, in pixels."""


@dataclass(frozen=True)
class Baked:
    """The files that were written, and who was left out."""

    files: Sequence[Path]
    skipped: Sequence[Skipped]


def is_baked(obj: bpy.types.Object) -> bool:
    """Whether the object shows a picture of its own in place of its page."""
    material = _shown(obj)
    return material is not None and face_material(material).role == "BAKED"


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
        try:
            picture = png.encode(page.picture(pixels, record.cell))
            targets[obj].write_bytes(png.with_owner(picture, _owner(obj)))
        except OSError as error:
            raise CrowdError(_unwritable(targets[obj], error)) from error
    return Baked(list(targets.values()), _without_faces(objects))


def bake_surfaces(
    objects: Sequence[bpy.types.Object], folder: Path, size: int, progress: Callable[[int, int], None]
) -> Baked:
    """Writes what each character's surface shows, and gives it a mesh, a UV map and a material that show the picture.

    size: pixels a side. A billboard's picture has its alpha. Characters that were baked before are baked anew from
    their live faces. Raises CrowdError before anything is changed.
    """
    if not hasattr(bpy.types.Scene, "cycles"):
        raise CrowdError(rpt_("Cycles is off"), rpt_("enable the add-on Cycles Render Engine, which bakes"))
    skipped = _without_faces(objects)
    fitting: list[bpy.types.Object] = []
    for obj in (found for found in objects if has_face(found)):
        problem = _problem(obj)
        if problem is None:
            fitting.append(obj)
        else:
            skipped.append(problem)
    restore_live_faces(fitting)
    targets = _targets(fitting, folder)
    files: list[Path] = []
    with _studio(size) as studio:
        for count, obj in enumerate(fitting):
            progress(count, len(fitting))
            problem = _bake(obj, targets[obj], studio)
            if problem is None:
                files.append(targets[obj])
            else:
                skipped.append(problem)
    return Baked(files, skipped)


def restore_live_faces(objects: Sequence[bpy.types.Object]) -> int:
    """Lets baked characters show their page again, with the mesh they had; returns how many were baked."""
    baked = [obj for obj in objects if is_baked(obj)]
    materials = FaceMaterials(Look())
    for obj in baked:
        record, old = character(obj), cast(Any, _shown(obj))
        index: Any = face_slot(obj)
        give_mesh_back(obj)
        slot: Any = obj.material_slots[index]
        slot.material = old.get(_LIVE)
        if record.page is not None:
            materials.follow(obj, index, record.page)
        if old.users == 0:
            bpy.data.materials.remove(old)
    return len(baked)


def _shown(obj: bpy.types.Object) -> bpy.types.Material | None:
    index = face_slot(obj)
    return obj.material_slots[index].material if index is not None else None


def _without_faces(objects: Sequence[bpy.types.Object]) -> list[Skipped]:
    return [Skipped(obj.name, rpt_("no face"), rpt_("populate first")) for obj in objects if not has_face(obj)]


def _problem(obj: bpy.types.Object) -> Skipped | None:
    material = _shown(obj)
    if not obj.is_editable or obj.override_library is not None:
        return Skipped(obj.name, rpt_("linked"), rpt_("make it local (Object > Relations > Make Local)"))
    if material is None or face_material(material).role == "NONE" or _color_source(material) is None:
        return Skipped(obj.name, rpt_("no material with a face"), rpt_("populate again"))
    return None


def _targets(objects: Sequence[bpy.types.Object], folder: Path) -> dict[bpy.types.Object, Path]:
    """The file of each object. One that is there is only written again where it is a picture of the same object."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CrowdError(_unwritable(folder, error)) from error

    def is_free(index: int, name: str) -> bool:
        path = folder / f"{name}.png"
        return not os.path.lexists(path) or _owner_of(path) == _owner(objects[index])

    names = file_names([obj.name for obj in objects], is_free)
    return {obj: folder / f"{name}.png" for obj, name in zip(objects, names, strict=True)}


def _owner(obj: bpy.types.Object) -> str:
    """Tells the object from those of other libraries that are called the same."""
    return f"{obj.name}\n{Path(obj.library.filepath).name}" if obj.library is not None else obj.name


def _owner_of(path: Path) -> str | None:
    try:
        return png.owner_of(path.read_bytes())
    except OSError:  # a folder, or nothing that this user may read: somebody else's
        return None


def _unwritable(path: Path, error: OSError) -> str:
    return rpt_("Cannot write {} ({}): choose another folder").format(path, error.strerror)


@dataclass(frozen=True)
class _Studio:
    """A scene of its own, in which the artist's settings do not matter: that of the bakes, `size` pixels a side."""

    scene: Any
    size: int


@contextmanager
def _studio(size: int) -> Iterator[_Studio]:
    scene: Any = bpy.data.scenes.new("Crowd Faces Baking")
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", 1, False
    # A narrow filter takes every pixel at its middle: one sample is exact, and without noise.
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 0.01
    try:
        yield _Studio(scene, size)
    finally:
        bpy.data.scenes.remove(scene)


def _bake(obj: bpy.types.Object, target: Path, studio: _Studio) -> Skipped | None:
    """Bakes one character; returns why that cannot be, None where it can."""
    index, live = cast(int, face_slot(obj)), cast(bpy.types.Material, _shown(obj))
    kind: Kind = "BILLBOARD" if face_material(live).role == "BILLBOARD" else "HEAD"
    problem = own_mesh(obj, index, kind, _facing(live))
    if problem is not None:
        return problem
    with _sitter(obj, index, live, studio) as sitter:
        color = _shoot(sitter, "COLOR", studio)
        pixels = np.concatenate([color[:, :3], np.ones((len(color), 1), np.float32)], axis=1)
        if kind == "BILLBOARD":
            pixels[:, 3] = _shoot(sitter, "ALPHA", studio)[:, 0]
    image = _save(pixels, target, studio.size, kind, _owner(obj))
    slot: Any = obj.material_slots[index]
    slot.material = _baked_material(obj.name, live, kind, image)
    return None


def _facing(material: bpy.types.Material) -> float:
    for node in face_nodes(material):
        if "Facing" in node.inputs:
            # Only nodes of version 0.1.0 have it.
            return float(node.inputs["Facing"].default_value)  # type: ignore[attr-defined]
    return 0.0


def _color_source(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """What feeds the colour of the face's shader; for a billboard that of the face itself."""
    if face_material(material).role == "BILLBOARD":
        nodes = face_nodes(material)
        return nodes[0].outputs["Color"] if nodes else None
    target = base_color_input(material)
    return target.links[0].from_socket if target is not None and target.links else None


@contextmanager
def _sitter(obj: bpy.types.Object, slot: int, live: bpy.types.Material, studio: _Studio) -> Iterator[Any]:
    """A copy of the character alone in the studio, without pose, modifiers and shape keys, as its face lies on it."""
    sitter: Any = obj.copy()
    material: Any = live.copy()
    sitter.animation_data_clear()
    sitter.constraints.clear()
    sitter.modifiers.clear()
    sitter.show_only_shape_key, sitter.active_shape_key_index = True, 0
    sitter.parent = None
    sitter.matrix_world.identity()
    sitter.hide_render = sitter.hide_viewport = sitter.hide_select = False
    studio.scene.collection.objects.link(sitter)
    for index, found in enumerate(sitter.material_slots):
        # A picture in another slot's material could be baked over.
        found.link, found.material = "OBJECT", material if index == slot else None
    view_layer = studio.scene.view_layers[0]
    view_layer.objects.active = sitter
    sitter.select_set(True, view_layer=view_layer)
    try:
        yield sitter
    finally:
        bpy.data.objects.remove(sitter)
        bpy.data.materials.remove(material)


def _shoot(sitter: Any, what: Literal["COLOR", "ALPHA"], studio: _Studio) -> NDArray[np.float32]:
    """Bakes what feeds the shader's colour, or the face's alpha: float32 [pixels, 4], bottom row first.

    Colours are sRGB values, alpha is itself.
    """
    material = next(slot.material for slot in sitter.material_slots if slot.material is not None)
    build = Tree(material.node_tree)
    source = _color_source(material) if what == "COLOR" else face_nodes(material)[0].outputs["Alpha"]
    light = build.node("Emission")
    build.feed(light.inputs["Color"], cast(bpy.types.NodeSocket, source))
    build.feed(material.node_tree.get_output_node("CYCLES").inputs["Surface"], light.outputs["Emission"])
    image: Any = bpy.data.images.new("Crowd Face Bake", studio.size, studio.size)
    image.colorspace_settings.name = "sRGB" if what == "COLOR" else "Non-Color"
    film = build.node("TexImage", image=image)
    film.select, material.node_tree.nodes.active = True, film
    view_layer = studio.scene.view_layers[0]
    context: Any = bpy.context
    with context.temp_override(
        scene=studio.scene, view_layer=view_layer, object=sitter, active_object=sitter, selected_objects=[sitter]
    ):
        bpy.ops.object.bake(
            type="EMIT",
            target="IMAGE_TEXTURES",
            save_mode="INTERNAL",
            margin=max(studio.size // _MARGIN_SHARE, 2),
            margin_type="EXTEND",
            use_clear=True,
            use_selected_to_active=False,
            uv_layer=BAKED_UV,
        )
    pixels = np.empty(studio.size**2 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    material.node_tree.nodes.remove(film)
    material.node_tree.nodes.remove(light)
    bpy.data.images.remove(image)
    return pixels.reshape(-1, 4)


def _save(pixels: NDArray[np.float32], target: Path, size: int, kind: Kind, owner: str) -> bpy.types.Image:
    """Writes the picture and loads it. Raises CrowdError."""
    made: Any = bpy.data.images.new(target.stem, size, size, alpha=kind == "BILLBOARD")
    made.pixels.foreach_set(pixels.ravel())
    made.filepath_raw, made.file_format = str(target), "PNG"
    try:
        made.save()
        target.write_bytes(png.with_owner(png.marked(target.read_bytes()), owner))
    except (RuntimeError, OSError) as error:
        raise CrowdError(rpt_("Cannot write {}").format(target), rpt_("choose another folder")) from error
    finally:
        bpy.data.images.remove(made)
    for known in bpy.data.images:
        if known.library is None and known.users == 0 and bpy.path.abspath(known.filepath) == str(target):
            bpy.data.images.remove(known)
    image: Any = bpy.data.images.load(str(target), check_existing=False)
    if bpy.data.filepath:
        image.filepath = _relative(target)
    return image  # type: ignore[no-any-return]


def _relative(target: Path) -> str:
    try:
        return bpy.path.relpath(str(target))
    except ValueError:  # another drive of Windows
        return str(target)


def _baked_material(name: str, live: bpy.types.Material, kind: Kind, image: bpy.types.Image) -> bpy.types.Material:
    """A material that shows the picture, made of what every exporter understands."""
    record = face_material(live)
    if kind == "HEAD":
        made: Any = live.copy()
        build, target = Tree(made.node_tree), cast(Any, base_color_input(made))
        build.feed(target, _picture(build, image).outputs["Color"])
        for node in face_nodes(made):
            if not any(output.links for output in node.outputs):
                made.node_tree.nodes.remove(node)
    else:
        made, build = empty_material(name)
        shader = build.node("BsdfPrincipled")
        picture = _picture(build, image)
        emits = record.variant.startswith("EMISSION")
        build.feed(shader.inputs["Emission Color" if emits else "Base Color"], picture.outputs["Color"])
        build.feed(shader.inputs["Alpha"], picture.outputs["Alpha"])
        build.feed(shader.inputs["Roughness"], 0.7)
        if emits:
            build.feed(shader.inputs["Emission Strength"], 1.0)
            build.feed(shader.inputs["Base Color"], (0.0, 0.0, 0.0, 1.0))
            build.feed(shader.inputs["Specular IOR Level"], 0.0)
        build.feed(build.node("OutputMaterial").inputs["Surface"], shader.outputs["BSDF"])
        made.surface_render_method = live.surface_render_method
        made.diffuse_color = live.diffuse_color
        arrange(build.tree)
    made.name = f"{name} Baked"
    made[_LIVE] = live
    mine = face_material(made)
    mine.role, mine.variant, mine.original, mine.page = "BAKED", record.variant, record.original, None
    return made  # type: ignore[no-any-return]


def _picture(build: Tree, image: bpy.types.Image) -> Any:
    picture = build.node("TexImage", image=image, extension="EXTEND")
    build.feed(picture.inputs["Vector"], build.node("UVMap", uv_map=BAKED_UV).outputs["UV"])
    return picture
