"""People from photographs among the characters: who of them takes part in a run, and who cannot and why."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.model.card import Label
from ...core.model.file import model_digest
from ...core.people.population import Recipe
from ..records import character
from .characters import Skipped, has_face
from .labels import write_labels
from .latents import forget_person, latent_of, write_person
from .recipes import Change, Revision, Revisions, write_recipe


def is_of_cast(obj: bpy.types.Object) -> bool:
    """Whether the character is a person from a photograph."""
    return bool(character(obj).latent)


def is_locked(obj: bpy.types.Object) -> bool:
    """Whether the character has a face that stays whatever is done."""
    return character(obj).locked and has_face(obj)


def locked_problem(obj: bpy.types.Object) -> Skipped | None:
    """Why nothing is done to the face of a character that is locked; None for others."""
    return Skipped(obj.name, rpt_("locked"), rpt_("unlock its face first")) if is_locked(obj) else None


def forget(objects: Iterable[bpy.types.Object]) -> list[str]:
    """Has people from photographs drawn as any other from then on; returns the names of their characters.

    The faces that they show stay until they are populated.
    """
    forgotten = [obj for obj in objects if is_of_cast(obj) and obj.is_editable]
    for obj in forgotten:
        forget_person(character(obj))
    return [obj.name for obj in forgotten]


def taking_part(
    characters: Sequence[bpy.types.Object], model: Path, change: Change | None
) -> tuple[Revisions, list[Skipped]]:
    """What is done to which of the characters, and who is left out and why. change: None where they are drawn."""
    asked, left_out = change.of(characters) if change is not None else ({o.session_uid: None for o in characters}, [])
    revisions: dict[int, Revision | None] = {}
    for obj in characters:
        if obj.session_uid not in asked:
            continue
        revision = asked[obj.session_uid]
        problem = _problem(obj, model, revision)
        if problem is None:
            revisions[obj.session_uid] = revision
        else:
            left_out.append(problem)
    return revisions, left_out


def _problem(obj: bpy.types.Object, model: Path, revision: Revision | None) -> Skipped | None:
    """Why a person from a photograph must be left as it is; None for everybody else."""
    record = character(obj)
    replaced = revision is not None and (revision.person is not None or revision.seed is not None)
    if not is_of_cast(obj) or replaced:
        return None
    try:
        latent_of(record)
    except ValueError:
        remedy = rpt_("import the cast again, or forget the person")
        return Skipped(obj.name, rpt_("a person whose latent is damaged"), remedy)
    if is_locked(obj):
        return None
    if revision is not None and revision.reroll:
        return Skipped(obj.name, rpt_("{}, from a photograph").format(record.person), rpt_("forget the person first"))
    if record.latent_model != model_digest(model):
        reason = rpt_("{}, from a photograph, of another model").format(record.person)
        return Skipped(obj.name, reason, rpt_("choose that model, or forget the person"))
    return None


def write_character(obj: bpy.types.Object, recipe: Recipe, revision: Revision | None, labels: Sequence[Label]) -> None:
    """Shows who the character is now, and notes down the person from a photograph whom it was given.

    labels: the model's. Raises CrowdError for a value that a label lacks.
    """
    record = character(obj)
    write_recipe(record, recipe, revision.sets if revision is not None else frozenset())
    if revision is not None and revision.person is not None:
        write_person(record, revision.person)
        write_labels(obj, labels, revision.person.labels)
