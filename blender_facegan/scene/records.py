"""What the add-on keeps on Blender's data, with types.

The property groups themselves are declared in `ui/properties.py`; Blender adds them to its own classes when the add-on
is registered, where no type checker can see them. These protocols say what they hold, and the functions below are the
one place that reads them off Blender's classes. They stay in the file when the add-on is gone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import bpy

TILE = "facegan_tile"
"""Custom property of a character: lower left corner (u, v) and size (u, v) of its face in the page, UV units."""
SKIN = "facegan_skin"
"""Custom property of a character: the colour of its skin, linear RGB."""
FIT = "facegan_fit"
"""Custom property of a head: where the picture lies in its face coordinates. Height of the eyes, width and height of
the picture, in eye distances; then the height of the eyes in the picture, 0 at its lower edge. In files of version
0.1.0 the coordinates are shares of the mesh's bounding box."""
ASPECT = "facegan_aspect"
"""Custom property of a billboard that is all face: its width over its height, in the world."""
PICTURE_SKIN = "facegan_picture_skin"
"""Custom property of a billboard with somebody's picture: the colour of the skin in it, linear RGB."""
FACE = "facegan_face"
"""Attribute of the mesh of a head or of a picture, for each corner: across and up from the middle between the eyes, in
eye distances, and how much of the face shows there, 0 to 1."""
FACE_MIRRORED = "facegan_face_mirrored"
"""The same for the corner that a Mirror modifier makes of each, on meshes that one completes."""

OF_A_FACE = (TILE, SKIN, FIT, ASPECT, PICTURE_SKIN)
"""All custom properties of an object that Populate writes, and takes away with the face."""


class Character(Protocol):
    """`object.facegan`. What the artist chose, and what Populate noted down. `page` is None without a face.

    settled_seed: the seed that the character keeps while the same is drawn for it: the drawn one, or one that stands in
    for it. settled_for: seed, sex and age as they were drawn then. skin_tone: 1 to 10, as the face has it; skin_asked:
    whether it was asked for, rather than found on the face. latent: of a person from a photograph, as `latent_text` has
    it, empty for who is drawn from the seed; then latent_model is the digest of the model file that it is for, person
    the person's name, and consent who has agreed, and when.
    """

    is_character: bool
    kind: str
    sex: str
    age: float
    seed: int
    sex_by_hand: bool
    age_by_hand: bool
    seed_by_hand: bool
    skin_tone: float
    skin_tone_by_hand: bool
    skin_asked: bool
    locked: bool
    key: str
    settled_for: str
    settled_seed: int
    latent: str
    latent_model: str
    person: str
    consent: str
    page: bpy.types.Image | None
    cell: int
    made_with: str
    slot: int
    slot_link: str
    slot_material: bpy.types.Material | None
    slot_added: bool


class Page(Protocol):
    """`image.facegan`. A page of faces: tiles of `tile` pixels with `gutter` pixels around, `columns` to a row."""

    is_page: bool
    index: int
    tile: int
    gutter: int
    columns: int


class FaceMaterial(Protocol):
    """`material.facegan`. `role` is NONE, HEAD, BILLBOARD, PICTURE or BAKED.

    `original` is what the artist had in the slot.
    """

    role: str
    variant: str
    original: bpy.types.Material | None
    page: bpy.types.Image | None


class RunState(Protocol):
    """`window_manager.facegan`. The run in progress: `factor` 0 to 1, and what to tell. `stop` asks it to end.

    counted: characters in scope; counted_for: in which scene and scope; counting: seconds that it took.
    """

    running: bool
    factor: float
    message: str
    stop: bool
    counted: int
    counted_for: str
    counting: float


class Crowd(Protocol):
    """`scene.facegan`. What is not among the fields of Populate's operator; those are read by name."""

    scope: str
    collection: bpy.types.Collection | None
    skin_material: bpy.types.Material | None
    instanced: bpy.types.Collection | None
    sex_source: str
    projection: str
    skin_from: str
    keep_apart: bool
    age_bands: Sequence[Any]


def character(obj: bpy.types.Object) -> Character:
    """The add-on's record of an object."""
    record: Character = obj.facegan  # type: ignore[attr-defined]  # added by registration
    return record


def page(image: bpy.types.Image) -> Page:
    """The add-on's record of an image."""
    record: Page = image.facegan  # type: ignore[attr-defined]  # added by registration
    return record


def face_material(material: bpy.types.Material) -> FaceMaterial:
    """The add-on's record of a material."""
    record: FaceMaterial = material.facegan  # type: ignore[attr-defined]  # added by registration
    return record


def run(context: bpy.types.Context) -> RunState:
    """The add-on's record of the run in progress."""
    return cast(RunState, context.window_manager.facegan)  # type: ignore[union-attr]  # added by registration


def crowd(context: bpy.types.Context) -> Crowd:
    """The scene's settings."""
    return cast(Crowd, context.scene.facegan)  # type: ignore[union-attr]  # added by registration


def crowd_of(scene: bpy.types.Scene) -> Crowd:
    """A scene's settings."""
    return cast(Crowd, scene.facegan)  # type: ignore[attr-defined]  # added by registration


def selected(context: bpy.types.Context) -> Sequence[bpy.types.Object]:
    """The selected objects; none where the context has no selection."""
    return context.selected_objects or ()


def redraw() -> None:
    """Has what shows runs, counts and faces drawn again, in every window."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PROPERTIES"}:
                area.tag_redraw()


def shows_tile(obj: bpy.types.Object) -> bool:
    """Whether the object shows a tile of a page: a character's head, or another level of detail of it."""
    tile: Any = obj.get(TILE)
    return obj.type == "MESH" and tile is not None and tile[2] > 0


def path_beside(path: Path) -> str:
    """The path as a .blend keeps it: from where the .blend is, if both are on one drive."""
    blend = Path(bpy.data.filepath)
    return bpy.path.relpath(str(path)) if bpy.data.filepath and blend.drive == path.drive else str(path)


def file_of(image: bpy.types.Image) -> Path:
    """Where the image's file is. The path of a linked image counts from its library's file."""
    return Path(bpy.path.abspath(image.filepath, library=image.library))


def write_property(obj: bpy.types.Object, name: str, value: Any) -> None:
    """Sets a plain custom property that library overrides may change."""
    obj[name] = value
    if obj.override_library is None:
        obj.property_overridable_library_set(f'["{name}"]', True)
