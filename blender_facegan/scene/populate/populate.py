"""Populate: look at the characters, have their faces made, and write everything down in one short step."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.request import Faces, Request
from ...core.atlas.staging import Staging
from ...core.likeness.separation import AlikePair
from ...core.people.population import Recipe
from ..pages.images import drop_unused
from ..pages.storage import pages_folder
from ..people.characters import Skipped, first_names
from ..people.mixes import note_mix
from .settings import Settings
from .store import Carried, Store, Writing
from .wanted import choose_size


@dataclass(frozen=True)
class Survey:
    """What was found, and the faces to ask for. beside: the folder in which the pages are kept; None packs them."""

    settings: Settings
    store: Store
    request: Request
    beside: Path | None


@dataclass(frozen=True)
class Report:
    """What was done. `gone`: the characters that were deleted, or lost their mesh, while their faces were made.

    recipes: whom all characters in scope are now. carried: which meshes carry their faces; of instances, those of what
    is instanced. refused: new faces that were drawn again since they might have been broken; rerolled: for looking like
    another's; alike: those that still do. closest: the most alike of the pairs with a new face, by name, with their
    distance.

    Of instances only: prototypes: the objects that show the faces. shared: characters whose identity another has too,
    so that they have one face.
    """

    characters: int
    fresh: int
    women: int
    pages: int
    skipped: Sequence[Skipped]
    gone: Sequence[str]
    recipes: Sequence[Recipe]
    refused: int
    rerolled: int
    alike: int
    closest: tuple[str, str, float] | None
    carried: Sequence[Carried]
    prototypes: Sequence[str] = ()
    shared: int = 0


def survey(store: Store, settings: Settings, saved_as: Path | None = None) -> Survey:
    """What to ask for, so that the characters of the store get their faces. Changes nothing.

    saved_as: the .blend that the file will be saved as, where that is another.
    """
    beside = pages_folder(saved_as)
    folder = beside or (Path(bpy.app.tempdir) if store.one_image else None)
    chosen = choose_size(settings, store.picture_side, store.wanted)
    request = Request(
        model=chosen.model,
        larger=chosen.larger,
        # By key, so that who makes way for whom does not hang on the order in which the characters were given.
        wanted=sorted(store.wanted, key=lambda wanted: wanted.key),
        pages=store.pages,
        others=store.others,
        gutter=settings.gutter,
        page_size=settings.page_size,
        threads=settings.threads,
        likeness=settings.likeness,
        staging=Staging(folder, whole=store.one_image) if folder is not None else None,
        face_size=settings.face_size,
        even_light=settings.even_light,
        refusing=settings.model if settings.refuses else None,
    )
    return Survey(settings, store, request, beside)


def commit(survey: Survey, faces: Faces) -> Report:
    """Writes pages, properties and materials.

    Everything that can fail is looked at first: it raises CrowdError, and then nothing was changed. Characters that
    were deleted since the survey are left out and named, renamed ones are found.
    """
    writing = survey.store.check(faces, survey.settings, survey.beside)
    prototypes = writing.write()
    drop_unused()
    recipes = [faces.recipe(wanted.uid, wanted.recipe) for wanted in writing.present]
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == survey.settings.scene), None)
    if scene is not None and survey.store.is_drawn:
        note_mix(scene, survey.settings.demographics, recipes)
    return Report(
        characters=len(recipes),
        fresh=sum(faces.places[wanted.uid].fresh for wanted in writing.present),
        women=sum(recipe.sex < 0 for recipe in recipes),
        pages=len(faces.pages),
        skipped=survey.store.skipped,
        gone=writing.gone,
        recipes=recipes,
        refused=faces.refused,
        rerolled=faces.parted,
        alike=faces.alike,
        closest=_named(faces.closest, writing),
        carried=writing.carried,
        prototypes=prototypes,
        shared=writing.shared,
    )


def _named(pair: AlikePair | None, writing: Writing) -> tuple[str, str, float] | None:
    first, second = (writing.name_of(pair.first), writing.name_of(pair.second)) if pair is not None else (None, None)
    return (first, second, pair.distance) if pair is not None and first is not None and second is not None else None


def carriers_in_a_line(report: Report) -> str:
    """The meshes that carry the faces: of the first few characters, and how many more there are."""
    return rpt_("Faces are on {}").format(first_names([_carrier(one) for one in report.carried]))


def _carrier(one: Carried) -> str:
    meshes = " + ".join(one.meshes)
    return meshes if one.meshes == (one.character,) else rpt_("{} of {}").format(meshes, one.character)


def as_json(report: Report) -> bytes:
    """Each character with the meshes that carry its face, and each that was left out, why, and the remedy."""
    told = {
        "characters": report.characters,
        "new_faces": report.fresh,
        "women": report.women,
        "pages": report.pages,
        "faces": [{"character": one.character, "meshes": list(one.meshes)} for one in report.carried],
        "skipped": [one._asdict() for one in report.skipped],
        "gone": list(report.gone),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
