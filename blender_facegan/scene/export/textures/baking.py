"""Faces and skin baked into copies of the artist's own textures, in their UV layout and size."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ....core.atlas.staging import FIRST_TILE
from ....core.export.texture_space import grown
from ....core.likeness.skin import srgb_from_linear
from ...head.persons import persons_with_faces, with_parts
from ...materials.materials import base_color_input
from ...materials.node_building import Tree
from ...pages.page_set import as_tiles
from ...people.characters import Skipped, Surveyor, has_face
from ...people.mesh_columns import corners_per_polygon
from ..baked_mesh import restore_live_faces
from ..baking import base_color_source, color_source, face_alpha
from ..picture_files import check_folder, free_files, load_picture, owner, write_picture
from ..studio import NOT_BAKED, Studio, check_cycles, open_studio, shot, sitting
from .base import encoded_pixels
from .materials import put_on
from .surfaces import Note, Surface, person_problem, slots_of, surface_of

_WORK_MAP = "Crowd Face Texture"
_BLOCK = 2048
"""Side of what is baked at a time, in pixels."""
_AWAY = -10.0
"""Where polygons lie that are not baked."""
_MARGIN_SHARE = 128
"""The margin around islands is the picture's side over this, in pixels."""
_STEP = 1.5
"""What rounding may change of a texel, of 255."""
_ONE_COLOR = 1
_TRACE = 1e-6
"""How much of the alpha is added to the color: enough for it to be read, too little to be seen."""


@dataclass
class Textures:
    """files: what was written for each character, by its head, and by the names of objects and materials."""

    files: dict[bpy.types.Object, dict[str, list[Path]]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def images(self) -> int:
        """How many files were written."""
        return sum(len(paths) for named in self.files.values() for paths in named.values())


@dataclass(frozen=True)
class _Picture:
    """What a surface is to show: an image, or a color, encoded RGB."""

    image: bpy.types.Image | None
    color: tuple[float, float, float] | None
    files: list[Path]


def bake_textures(
    objects: Sequence[bpy.types.Object], folder: Path, smallest: int, progress: Callable[[int, int], None]
) -> Textures:
    """Gives the characters copies of their own textures with the face and the skin in them, and has them show those.

    Of a person of several meshes any may be given. smallest: textures below this side are made larger, in pixels; 0
    leaves all as large as they are. Raises CrowdError, before anything of the characters is changed.
    """
    check_cycles()
    check_folder(folder)
    done = Textures()
    restore_live_faces(objects)
    surfaces = _surfaces(objects, smallest, done)
    targets = free_files(
        [one.name for one in surfaces],
        [_owner(one) for one in surfaces],
        folder,
        [f".{FIRST_TILE}.png" if one.tiles else ".png" for one in surfaces],
    )
    pictures: list[_Picture] = []
    try:
        with open_studio() as studio:
            for count, (surface, target) in enumerate(zip(surfaces, targets, strict=True)):
                progress(count, len(surfaces))
                pictures.append(_bake(surface, target, studio))
    except BaseException:
        for picture in pictures:
            if picture.image is not None:
                bpy.data.images.remove(picture.image)
        raise
    for surface, picture in zip(surfaces, pictures, strict=True):
        put_on(surface, picture.image, picture.color)
        done.files[surface.head][surface.name] = picture.files
        if picture.files:
            done.notes += surface.notes
    return done


def _surfaces(objects: Sequence[bpy.types.Object], smallest: int, done: Textures) -> list[Surface]:
    """What is to be baked; who is not, is told in `done`. A person is baked whole or not at all."""
    meshes = [obj for obj in with_parts(objects, Surveyor()) if obj.type == "MESH"]
    persons = persons_with_faces(meshes)
    members = {one for person in persons for one in (person.head, *person.body)}
    for obj in meshes:
        if obj not in members and not has_face(obj):
            done.skipped.append(Skipped(obj.name, rpt_("no face"), rpt_("populate first")))
    surfaces: list[Surface] = []
    for person in persons:
        problem = person_problem(person)
        found = [] if problem else [surface_of(*where, person.head, smallest) for where in slots_of(person)]
        problems = [problem] if problem else [one for one in found if isinstance(one, Skipped)]
        if problems:
            done.skipped += problems[:1]
        else:
            surfaces += [one for one in found if isinstance(one, Surface)]
            done.files[person.head] = {}
    return surfaces


def _owner(surface: Surface) -> str:
    return f"{owner(surface.obj)}\n{surface.name}\ntexture"


def _bake(surface: Surface, target: Path, studio: Studio) -> _Picture:
    """Bakes a surface and writes its picture, or its pictures for a set of tiles."""
    if surface.tiles:
        return _Picture(_bake_tiles(surface, target, studio), None, _tile_files(surface, target))
    original = None
    if surface.texture is not None:
        original = _resized(encoded_pixels(surface.texture.image, None), surface.size)
    pixels, covered = _painted(surface, original, surface.polygons, studio)
    if original is None and not surface.is_billboard:
        colors = pixels[covered][:, :3]
        if not len(colors) or np.ptp(colors, axis=0).max() <= _ONE_COLOR:
            red, green, blue = (float(value) / 255 for value in (colors.mean(axis=0) if len(colors) else (255,) * 3))
            return _Picture(None, (red, green, blue), [])
    write_picture(pixels, target, bool((pixels[..., 3] < 255).any()), _owner(surface))
    return _Picture(load_picture(target), None, [target])


def _bake_tiles(surface: Surface, target: Path, studio: Studio) -> bpy.types.Image:
    """Every tile of the artist's set is written, those too that no face lies on."""
    texture = surface.texture
    for number, path in zip(_tile_numbers(surface), _tile_files(surface, target), strict=True):
        pixels = encoded_pixels(texture.image, number)  # type: ignore[union-attr]
        polygons = surface.polygons & (surface.numbers == number)
        if polygons.any():
            pixels, _ = _painted(surface, pixels, polygons, studio)
        write_picture(pixels, path, bool((pixels[..., 3] < 255).any()), _owner(surface))
    first = load_picture(_tile_files(surface, target)[0])
    return as_tiles(first, _tile_numbers(surface))  # type: ignore[no-any-return]


def _tile_numbers(surface: Surface) -> list[int]:
    image: Any = surface.texture.image  # type: ignore[union-attr]
    return sorted(tile.number for tile in image.tiles)


def _tile_files(surface: Surface, target: Path) -> list[Path]:
    stem = target.name.removesuffix(f".{FIRST_TILE}.png")
    return [target.with_name(f"{stem}.{number}.png") for number in _tile_numbers(surface)]


def _painted(
    surface: Surface, original: NDArray[np.uint8] | None, polygons: NDArray[np.bool_], studio: Studio
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The artist's pixels with the face and the skin in them, [H, W, 4], and where the surface lies, [H, W].

    A texel that the face does not change keeps its value to the bit.
    """
    size = (original.shape[1], original.shape[0]) if original is not None else surface.size
    color, alpha = _shot(surface, polygons & ~surface.under, size, studio)
    covered = color[..., 0] > NOT_BAKED / 2
    if (polygons & surface.under).any():
        beneath, _ = _shot(surface, polygons & surface.under, size, studio)
        np.copyto(color, beneath, where=~covered[..., None])
        covered = color[..., 0] > NOT_BAKED / 2
    encoded = np.round(np.clip(srgb_from_linear(color[covered]), 0, 1) * 255).astype(np.uint8)
    del color
    pixels = np.full((*covered.shape, 4), 255, np.uint8)
    if original is not None:
        pixels[:] = original
    elif covered.any():
        pixels[..., :3] = np.round(encoded.mean(axis=0))
    changed = covered.copy()
    if surface.is_plain:
        # Cycles keeps bytes multiplied with their alpha: where there is little of it, little is left of the color.
        step = _STEP * 255 / np.maximum(pixels[covered][:, 3], 1)
        away = np.abs(encoded.astype(np.int16) - pixels[covered][:, :3]).max(axis=1)
        changed[covered] = away > step
    pixels[changed, :3] = encoded[changed[covered]]
    if surface.texture is not None and not surface.texture.has_alpha:
        # Cycles multiplies with an alpha that nothing reads, and would darken the face.
        pixels[changed, 3] = 255
    if alpha is not None:
        pixels[..., 3] = np.where(covered, np.round(np.clip(alpha[..., 0], 0, 1) * 255), 0)
    grown(pixels, changed, covered, max(max(covered.shape) // _MARGIN_SHARE, 2))
    return pixels, covered


def _shot(
    surface: Surface, polygons: NDArray[np.bool_], size: tuple[int, int], studio: Studio
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """The colour of these polygons, and of a billboard the alpha: see `studio.shot`.

    Block by block, since Cycles takes 150 bytes for each pixel; those that no polygon lies in are left out.
    """
    width, height = size
    color = np.full((height, width, 3), NOT_BAKED, np.float32)
    alpha = color.copy() if surface.is_billboard else None
    places, starts = _lying(surface, polygons)
    with _sitter(surface, size, studio) as sitter:
        for left, bottom in product(range(0, width, _BLOCK), range(0, height, _BLOCK)):
            part = min(_BLOCK, width - left), min(_BLOCK, height - bottom)
            moved = (places * size - (left, bottom)) / part
            if not _reaches_in(moved, starts):
                continue
            _lay_out(sitter, moved)
            here = slice(bottom, bottom + part[1]), slice(left, left + part[0])
            source = color_source if surface.is_billboard else base_color_source
            color[here] = shot(sitter, source, part, _WORK_MAP, 0, studio)
            if alpha is not None:
                alpha[here] = shot(sitter, face_alpha, part, _WORK_MAP, 0, studio)
    return color, alpha


def _lying(surface: Surface, polygons: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Where each corner lies on the picture, those of other polygons far away; and each polygon's first corner."""
    mesh: Any = surface.obj.data
    totals = corners_per_polygon(mesh)
    places = np.where(np.repeat(polygons, totals)[:, None], surface.places, _AWAY).astype(np.float64)
    return places, np.cumsum(totals, dtype=np.int64) - totals


def _reaches_in(places: NDArray[np.float64], starts: NDArray[np.int64]) -> bool:
    """Whether the box around any polygon reaches into 0 to 1."""
    low, high = np.minimum.reduceat(places, starts), np.maximum.reduceat(places, starts)
    return bool(((high > 0) & (low < 1)).all(axis=1).any())


@contextmanager
def _sitter(surface: Surface, size: tuple[int, int], studio: Studio) -> Iterator[Any]:
    """The sitter, with a mesh of its own that has a UV map to lay out."""
    mesh: Any = surface.obj.data.copy()  # type: ignore[union-attr]
    try:
        with sitting(surface.obj, surface.slot, surface.live, studio) as sitter:
            sitter.data = mesh
            mesh.uv_layers.new(name=_WORK_MAP, do_init=False)
            _read_exactly(sitter, surface, size)
            yield sitter
    finally:
        bpy.data.meshes.remove(mesh)


def _lay_out(sitter: Any, places: NDArray[np.float64]) -> None:
    layer = sitter.data.uv_layers[_WORK_MAP]
    layer.data.foreach_set("uv", places.astype(np.float32).ravel())
    sitter.data.update()


def _read_exactly(sitter: Any, surface: Surface, size: tuple[int, int]) -> None:
    """Has the texture read as it stands in its file.

    Texel by texel where picture and texture are of one size: a cubic filter would blur it a second time. And not
    multiplied with its alpha, which Cycles does where nothing reads that.
    """
    if surface.texture is None:
        return
    material = next(slot.material for slot in sitter.material_slots if slot.material is not None)
    node, target = material.node_tree.nodes[surface.texture.node], cast(Any, base_color_input(material))
    if surface.texture.size == size or surface.tiles:
        node.interpolation = "Closest"
    if surface.texture.is_plain:
        build = Tree(material.node_tree)
        trace = build.math("MULTIPLY", node.outputs["Alpha"], _TRACE)
        source = target.links[0].from_socket
        build.feed(target, build.vector_math("ADD", source, build.combine(trace, trace, trace)))


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The nearest texels, for a picture that is made larger by whole factors."""
    height, width = pixels.shape[:2]
    return pixels.repeat(size[1] // height, axis=0).repeat(size[0] // width, axis=1)
