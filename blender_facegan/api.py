"""The add-on from Python, without operators: typed, and the same in every Blender (docs/scripting.md).

Blender installs an extension under a name that depends on the repository it came from. So find it as Blender lists it:

    import importlib
    import bpy

    name = next(one.module for one in bpy.context.preferences.addons if one.module.split(".")[-1] == "facegan")
    crowd_faces = importlib.import_module(f"{name}.api")

Nothing here opens a window, pushes an undo step or starts a thread that outlives the call.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import bpy
import numpy as np

from .core.atlas.drawing import effective_light
from .core.atlas.worker import make_faces
from .core.cast.encoding import encoded
from .core.cast.file import read_cast
from .core.cast.member import Person
from .core.cast.viewing import in_order
from .core.engine.check import check_model
from .core.errors import CrowdError
from .core.likeness.descriptors import LIKENESS
from .core.model.card import Card, Label
from .core.model.encoder_file import read_encoder
from .core.model.file import read_card, read_model
from .core.people.ages import Band, Bands, Bell, Uniform
from .core.people.population import MIXES, Demographics
from .core.people.skin_tones import SKINS, SkinTones
from .core.people.values import read_sex
from .scene.cast.casting import Casting, Role, Roles, check_no_instances
from .scene.cast.photograph import read_photograph
from .scene.export.baked_mesh import restore_live_faces
from .scene.export.baking import Baked, bake_surfaces, save_faces
from .scene.export.crowd_table import Exported, write_bake_table
from .scene.export.crowd_table import export_table as write_table
from .scene.export.textures.baking import Textures
from .scene.export.textures.baking import bake_textures as bake_own_textures
from .scene.head import marking
from .scene.head.chosen_head import ChosenHead
from .scene.head.search import FaceSearch
from .scene.instances.points import PointStore
from .scene.instances.removal import remove_instances
from .scene.materials.cut_out import WHITE
from .scene.materials.look import Look, fitting_outline
from .scene.model.store import Installed, doubt_mark, install_model, installed_models, larger_model
from .scene.people import cast, characters
from .scene.people.labels import check_labels, settable
from .scene.people.sources import Sources
from .scene.populate.objects import ObjectStore
from .scene.populate.populate import Report, commit, survey
from .scene.populate.removal import remove_faces
from .scene.populate.settings import Settings
from .scene.populate.store import Store
from .ui.preference_values import model_to_use

__all__ = [
    "ERRORS",
    "MIXES",
    "SKINS",
    "Baked",
    "Band",
    "Bands",
    "Bell",
    "Card",
    "CastReport",
    "Demographics",
    "Exported",
    "Installed",
    "Label",
    "Look",
    "Report",
    "Role",
    "Settings",
    "SkinTones",
    "Sources",
    "Textures",
    "Uniform",
    "bake_images",
    "bake_textures",
    "card",
    "choose_head",
    "describe",
    "export_table",
    "face_from_photo",
    "forget_person",
    "import_cast",
    "install_model",
    "installed_models",
    "mark_face",
    "model_difference",
    "populate",
    "populate_instances",
    "remove",
    "restore_live",
    "set_character",
    "settings",
]

ERRORS = (CrowdError,)
"""What these functions raise for a mistake that the caller can mend: the message is one line."""

Progress = Callable[[int, int], None]
"""Is told the faces made and the faces to make."""

Point = tuple[float, float, float]
Pixel = tuple[float, float]


@dataclass(frozen=True)
class CastReport:
    """What was done, who became whom, and the people for whom no character was left, by name."""

    report: Report
    roles: Sequence[Role]
    left_over: Sequence[str]


def settings(
    mix: str | Demographics = "street",
    *,
    crowd_seed: int = 0,
    model: Path | str | None = None,
    look: Look | None = None,
    skin_material: str = "",
    match_body: bool = True,
    sources: Sources | None = None,
    labels: Mapping[str, float | str] | None = None,
    likeness: float | None = LIKENESS,
    skin: str | SkinTones | None = None,
    even_light: float = 1.0,
    whole: bool = True,
    gutter: int = Settings.gutter,
    page_size: int = Settings.page_size,
    threads: int | None = None,
    face_size: int | Literal["auto"] | None = None,
) -> Settings:
    """Everything that Populate is told.

    mix: a name of MIXES, or demographics. model: a path, or the one chosen in the preferences. look: how faces are
    shown. skin_material: name of the heads' material; their first when empty. sources: names of the properties and
    attributes that hold sex, age, seed and skin. labels: what the crowd has of the model's further labels. likeness:
    the distance that new faces keep from all others (see `core.likeness.descriptors`), None for none. skin: a name of
    SKINS, or weights of the ten tones, None for what the mix says. even_light: how far photographs' lamps are taken out
    of the faces, 0 to 1. whole: whether faces are drawn again that the model knows to come out broken. gutter,
    page_size: pixels. face_size: the largest side of a face in pixels, None for whatever the model makes, "auto" for
    that or the larger model beside it where heads stand near the camera. threads: None for every core. Raises one of
    ERRORS.
    """
    if isinstance(mix, str) and mix.lower() not in MIXES:
        raise CrowdError(f"no mix is called {mix!r}", f"choose from {', '.join(MIXES)}")
    if isinstance(skin, str) and skin.lower() not in SKINS:
        raise CrowdError(f"no skin tones are called {skin!r}", f"choose from {', '.join(SKINS)}")
    if not 0 <= even_light <= 1:
        raise CrowdError(f"the even light {even_light:g} is not from 0 to 1")
    if isinstance(face_size, str) and face_size != "auto":
        raise CrowdError(f"the face size {face_size!r} is neither pixels nor auto")
    path = Path(bpy.path.abspath(str(model))) if model is not None else model_to_use(bpy.context)
    model_card = read_card(path)
    declared = settable(model_card)
    demographics = MIXES[mix.lower()] if isinstance(mix, str) else mix
    if skin is not None:
        demographics = replace(demographics, skin=SKINS[skin.lower()] if isinstance(skin, str) else skin)
    return Settings(
        model=path,
        demographics=demographics,
        crowd_seed=crowd_seed,
        look=look or Look(outline=fitting_outline(model_card), background=model_card.background or WHITE),
        skin_material=skin_material,
        match_body=match_body,
        gutter=gutter,
        face_size=face_size if isinstance(face_size, int) else None,
        larger=larger_model(path) if face_size == "auto" else None,
        page_size=page_size,
        threads=threads,
        sources=sources or Sources(),
        labels=declared,
        crowd_labels=check_labels(labels or {}, declared),
        likeness=likeness,
        doubt=doubt_mark(path),
        whole=whole,
        even_light=effective_light(model_card, even_light),
        scene=bpy.context.scene.session_uid if bpy.context.scene is not None else None,
    )


def populate(
    objects: Sequence[bpy.types.Object], chosen: Settings | None = None, progress: Progress | None = None
) -> Report:
    """Gives the objects their faces, in the caller's thread; returns what was done. Raises one of ERRORS."""
    told = chosen or settings()
    chosen_objects = sorted(objects, key=lambda obj: obj.name)
    search = FaceSearch(told.threads)
    return _populate(search.through(lambda: ObjectStore.look(chosen_objects, told, search=search)), told, progress)


def populate_instances(
    carriers: Sequence[bpy.types.Object],
    chosen: Settings | None = None,
    progress: Progress | None = None,
    instanced: Sequence[bpy.types.Object] | None = None,
) -> Report:
    """Gives every instance its face, in the caller's thread; returns what was done. Raises one of ERRORS.

    carriers: objects whose points are instanced, Empties that instance a collection, or tables of faces. instanced: the
    objects that are shown, found by themselves when None.
    """
    told = chosen or settings()
    search = FaceSearch(told.threads)
    store = search.through(lambda: PointStore.look(carriers, told, instanced, search))
    return _populate(store, told, progress)


def import_cast(
    objects: Sequence[bpy.types.Object],
    path: Path | str,
    chosen: Settings | None = None,
    progress: Progress | None = None,
) -> CastReport:
    """Gives the objects the people of a cast file, in the caller's thread. Raises one of ERRORS.

    A person goes to the object of the same name; all others, in the order of the file, to the other objects in the
    order of their names.
    """
    told = chosen or settings()
    people = read_cast(Path(bpy.path.abspath(str(path))), read_model(told.model))
    return _give(objects, Casting(people), told, progress)


def face_from_photo(
    obj: bpy.types.Object,
    path: Path | str,
    left_eye: Pixel,
    right_eye: Pixel,
    *,
    sex: str,
    age: float,
    consent: str,
    person: str = "",
    chosen: Settings | None = None,
) -> CastReport:
    """Gives the object a likeness of the person on a photograph, of which nothing is kept. Raises one of ERRORS.

    left_eye, right_eye: the middles of the eyes as the viewer sees them, in pixels from the upper left, across and
    down. sex: female or male. age: years, at least 16. consent: who has agreed to this use, and when; it is kept in the
    file. person: the person's name, that of the photograph's file when empty.
    """
    told, file = chosen or settings(), Path(bpy.path.abspath(str(path)))
    stated = Person(person.strip() or file.stem, read_sex(sex), age, consent.strip())
    encoder = read_encoder(told.model)
    eyes = np.array(in_order((left_eye, right_eye)), np.float64)
    return _give([obj], Casting((encoded(read_photograph(file), eyes, encoder, stated),)), told, None)


def forget_person(obj: bpy.types.Object) -> bool:
    """Has a person from a photograph drawn as any other when it is populated again; whether it was one."""
    return bool(cast.forget([obj]))


def set_character(
    obj: bpy.types.Object,
    *,
    sex: str | float | None = None,
    age: float | None = None,
    seed: int | None = None,
    locked: bool | None = None,
    labels: Mapping[str, float | str] | None = None,
    skin: float | None = None,
) -> None:
    """Says who the character is; what is None stays as it is, and is drawn unless it was set before.

    sex: female, male, or a number below or above 0. age: years, 0 to 120. seed: 0 to 2^31 - 1. locked: whether the face
    stays whatever is populated. labels: of the model chosen in the preferences, by name. skin: tone, 1 (lightest) to
    10. Raises one of ERRORS.
    """
    declared = settable(card()) if labels else ()
    characters.set_character(obj, sex, age, seed, locked, labels or {}, declared, skin)


def describe(obj: bpy.types.Object, **values: Any) -> None:
    """The name that `set_character` had in 0.1.0; it goes with the next version."""
    warnings.warn("describe() is called set_character() now", DeprecationWarning, stacklevel=2)
    set_character(obj, **values)


def mark_face(obj: bpy.types.Object, left_eye: Point, right_eye: Point, mouth: Point, chin: Point) -> None:
    """Marks where the face of the object's mesh lies, in the mesh's own coordinates; the eyes as the viewer sees them.

    Raises CrowdError where that is no face.
    """
    marking.mark_face(obj, np.array((left_eye, right_eye, mouth, chin), np.float64))


def choose_head(
    objects: Sequence[bpy.types.Object], name: str = "", by: Literal["GROUP", "MATERIAL", "OBJECT"] = "GROUP"
) -> int:
    """Says what of the objects' meshes is their head: a vertex group or a material of that name, or all of it.

    Returns the number of meshes that have it. Raises one of ERRORS where none has.
    """
    return marking.choose_head(objects, ChosenHead(by, name))


def remove(objects: Sequence[bpy.types.Object]) -> int:
    """Takes the faces of objects and instances away, restores the materials, and returns how many had one."""
    return remove_faces(objects) + remove_instances(objects)


def bake_textures(
    objects: Sequence[bpy.types.Object], folder: Path | str, smallest: int = 0, progress: Progress | None = None
) -> Textures:
    """Gives characters copies of their own textures with face and skin in them; returns what was written.

    smallest: textures below this side are made larger, in pixels. A table is written beside them. Raises one of ERRORS.
    """
    target = Path(bpy.path.abspath(str(folder)))
    done = bake_own_textures(objects, target, smallest, progress or _silent)
    write_bake_table(done.files, target)
    return done


def bake_images(
    objects: Sequence[bpy.types.Object],
    folder: Path | str,
    size: int | None = None,
    progress: Progress | None = None,
) -> Baked:
    """Writes an image for each character; returns what was written.

    size: of images that the characters then show on meshes of their own, in pixels; None writes the faces as they were
    made, and changes nothing. A table is written beside them. Raises one of ERRORS.
    """
    target, tell = Path(bpy.path.abspath(str(folder))), progress or _silent
    done = save_faces(objects, target, tell) if size is None else bake_surfaces(objects, target, size, tell)
    write_bake_table({obj: {"": [path]} for obj, path in done.files.items()}, target)
    return done


def restore_live(objects: Sequence[bpy.types.Object]) -> int:
    """Lets characters that were baked show their pages again; returns how many."""
    return restore_live_faces(objects)


def export_table(
    objects: Sequence[bpy.types.Object],
    folder: Path | str,
    *,
    transforms: bool = True,
    array: bool = False,
    smaller: int = 0,
) -> Exported:
    """Writes pages and a table of who shows which tile, for game engines (docs/engines.md); returns what was written.

    objects: characters, and objects whose instances have faces. transforms: whether the table tells where they stand.
    array: also all faces in equal tiles, as a grid and as a texture array. smaller: how many times each page is written
    again at half the size. Raises one of ERRORS.
    """
    return write_table(objects, Path(bpy.path.abspath(str(folder))), transforms, array, smaller)


def card(model: Path | str | None = None) -> Card:
    """The card of a model file, or of the one chosen in the preferences. Raises ModelFileError."""
    return read_card(model if model is not None else model_to_use(bpy.context))


def model_difference(model: Path | str | None = None) -> float:
    """How far a model's golden pictures are off on this machine, in steps of 1/255; up to 2 is rounding.

    Raises ModelFileError for a file that breaks the format or is further off.
    """
    return check_model(model if model is not None else model_to_use(bpy.context))[1]


def _give(
    objects: Sequence[bpy.types.Object], casting: Casting, told: Settings, progress: Progress | None
) -> CastReport:
    check_no_instances(objects)
    chosen, search = sorted(objects, key=lambda obj: obj.name), FaceSearch(told.threads)
    store = search.through(lambda: ObjectStore.look(chosen, told, casting, search))
    report, roles = _populate(store, told, progress), Roles.of(casting, store)
    return CastReport(report, roles.given, roles.left_over)


def _populate(store: Store, told: Settings, progress: Progress | None) -> Report:
    found = survey(store, told)
    return commit(found, make_faces(found.request, progress or _silent, lambda: False))


def _silent(_made: int, _total: int) -> None:
    pass
