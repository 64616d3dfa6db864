"""Characters take each other's place, or show each other's face. No face is made for it."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.head.placement import picture_fit
from ...core.model.card import Card
from ..export.baked_mesh import restore_live_faces
from ..head.finder import FaceFinder, write_face, write_picture_skin
from ..head.persons import Person, persons_with_faces
from ..head.search import FaceSearch
from ..materials.look import Look
from ..materials.materials import FaceMaterials
from ..materials.slots import face_slot, hand_over, own_material
from ..people.cast import locked_problem
from ..people.characters import Skipped, Surveyor, has_face
from ..people.labels import label_values, write_label_values
from ..people.scope import stable_keys
from ..populate.dressing import proportion
from ..populate.fitting import fitting
from ..records import ASPECT, FIT, SKIN, TILE, character, write_property

Fit = tuple[float, float, float, float]
_PERSON = ("sex", "age", "seed", "skin_tone", "skin_asked", "latent", "latent_model", "person", "consent")
_OF_PERSON = ("sex_by_hand", "age_by_hand", "seed_by_hand", "skin_tone_by_hand", "key", "settled_for", "settled_seed")
_OF_FACE = ("page", "cell", "made_with")


def swap_faces(objects: Sequence[bpy.types.Object]) -> None:
    """The two characters change places: each becomes who the other was, in all that was drawn or set by hand.

    The keys are swapped as well, so that a crowd that is populated again leaves both where they are now. Raises
    CrowdError, before anything is changed.
    """
    if len(objects) != 2:
        raise CrowdError(
            rpt_("{} objects are selected").format(len(objects)), rpt_("select the two characters that are to swap")
        )
    for obj in objects:
        problem = _why_not(obj)
        if problem is not None:
            raise CrowdError(problem.reason, problem.remedy, problem.name)
    restore_live_faces(objects)
    first, second = objects
    pages, names = FaceMaterials(Look()), (*_PERSON, *_OF_PERSON, *_OF_FACE)
    persons = [{name: getattr(character(obj), name) for name in names} for obj in objects]
    shown = [{name: _plain(obj, name) for name in (TILE, SKIN, FIT)} for obj in objects]
    labels = [label_values(obj) for obj in objects]
    for person, other in zip(persons_with_faces((first, second)), (1, 0), strict=True):
        obj = person.head
        for name in names:
            setattr(character(obj), name, persons[other][name])
        write_label_values(obj, labels[other])
        pages.follow(obj, face_slot(obj), persons[other]["page"])
        _show(person, shown[other], match_body=False)


def copy_face(
    source: bpy.types.Object,
    targets: Iterable[bpy.types.Object],
    look: Look,
    card: Card,
    skin_material: str = "",
    match_body: bool = True,
    search: FaceSearch | None = None,
) -> tuple[int, list[Skipped]]:
    """Lets the targets show the source's face, and be of its sex, age and seed by hand, and of a skin asked for.

    Returns how many do, and who cannot and why. card: that of the model that would make faces, for heads that had none.
    search: knows where faces are; what it does not know is looked for on the spot. Raises CrowdError when the source
    has no face of this file.
    """
    page: Any = character(source).page
    if page is None:
        raise CrowdError(
            rpt_("{} has no face").format(source.name), rpt_("populate it first, or make another one active")
        )
    if page.library is not None:
        raise CrowdError(
            rpt_("{} shows a linked face").format(source.name), rpt_("make an override of it and populate that")
        )
    surveyor, materials = Surveyor(), FaceMaterials(look)
    finder = FaceFinder(look.projection == "FACE", search, on_the_spot=True)
    found, skipped = fitting(targets, partial(_problem, surveyor), finder, surveyor, materials, skin_material)
    heads = [one.person.head for one in found]
    restore_live_faces(heads)
    keys = stable_keys(heads)
    for person, kind, slot in found:
        obj = person.head
        for carrier in person.carriers[:1]:
            write_face(carrier, obj)
            write_picture_skin(carrier, obj)
        background = person.carriers[0].background if person.carriers else None
        hand_over(obj, slot, materials.material(kind, own_material(obj, slot), page, background=background))
        _become(obj, source, keys[obj.name])
        if kind == "BILLBOARD":
            write_property(obj, ASPECT, proportion(obj))
        elif not _is_set(_plain(obj, FIT)):
            write_property(obj, FIT, picture_fit(card))
        _show(person, {name: _plain(source, name) for name in (TILE, SKIN, FIT)}, match_body)
    return len(found), skipped


def _become(obj: bpy.types.Object, source: bpy.types.Object, key: str) -> None:
    """Lets the record say that the object is who the source is, by hand."""
    record = character(obj)
    for name in (*_PERSON, *_OF_FACE):
        setattr(record, name, getattr(character(source), name))
    record.sex_by_hand = record.age_by_hand = record.seed_by_hand = True
    record.skin_tone_by_hand = record.skin_asked
    record.is_character, record.key = True, key
    write_label_values(obj, label_values(source))


def _why_not(obj: bpy.types.Object) -> Skipped | None:
    if obj.type != "MESH" or not has_face(obj):
        return Skipped(obj.name, rpt_("without a face"), rpt_("populate it first, or select another"))
    if face_slot(obj) is None:
        return Skipped(obj.name, rpt_("without its face's material"), rpt_("populate it again"))
    return _problem(Surveyor(), obj)


def _problem(surveyor: Surveyor, obj: bpy.types.Object) -> Skipped | None:
    return surveyor.problem(obj) or locked_problem(obj)


def _show(person: Person, shown: dict[str, Any], match_body: bool) -> None:
    """Writes what the material reads. match_body: also tell the skin to those who have not been told of any."""
    obj = person.head
    write_property(obj, TILE, shown[TILE])
    own = _plain(obj, FIT)
    if _is_set(own) and _is_set(shown[FIT]):
        write_property(obj, FIT, _refit(own, shown[FIT]))
    obj.update_tag()
    if shown[SKIN] is None:
        return
    for one in (obj, *person.body):
        if match_body or one is obj or one.get(SKIN) is not None:
            write_property(one, SKIN, shown[SKIN])
            one.update_tag()


def _refit(own: Fit, other: Fit) -> Fit:
    """The fit of a head for a face that another head shows, which may be of another model: see `records.FIT`.

    The second value is the picture's width on a head one wide, so it tells the models' geometries apart.
    """
    return own[0], other[1], own[2] * other[1] / own[1], other[3]


def _is_set(fit: Fit | None) -> bool:
    return fit is not None and fit[1] > 0


def _plain(obj: bpy.types.Object, name: str) -> Any:
    value: Any = obj.get(name)
    return None if value is None else tuple(value)
