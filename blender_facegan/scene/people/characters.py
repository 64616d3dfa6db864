"""Which objects are characters, what each of them is, why an object cannot get a face, and who a script says it is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.model.card import Label
from ...core.people.values import PeopleValueError, read_age, read_seed, read_skin
from ..records import FIT, PICTURE_SKIN, SKIN, TILE, character, write_property
from .labels import known_labels, set_label
from .latents import drop_person
from .mesh_columns import positions
from .sources import read_told_sex

Kind = Literal["BILLBOARD", "HEAD", "PICTURE"]
"""A plane that is all face, a head, or a plane with somebody's picture, whose face it takes. An artist chooses between
the first two; a billboard whose material shows a picture is the third.
"""
Size = tuple[float, float, float]
_FLAT = 0.01
"""A mesh whose thinnest side is less than this share of its widest is a billboard."""
_LINE = 1e-6
"""A mesh of which two sides are less than this share of the third, or nothing, has no area."""
_NAMED = 4
"""Names listed before the rest is only counted."""


class Skipped(NamedTuple):
    """An object that cannot get a face: its name, the reason, and what to do about it."""

    name: str
    reason: str
    remedy: str


def has_face(obj: bpy.types.Object) -> bool:
    """Whether Populate has given the object a face that still stands on a page."""
    return character(obj).page is not None


class Surveyor:
    """Tells objects that can get a face from those that cannot. It looks at each mesh and each object once."""

    def __init__(self) -> None:
        self._sizes: dict[int, Size] = {}
        self._kinds: dict[int, Kind] = {}
        self._problems: dict[int, Skipped | None] = {}

    def size(self, obj: bpy.types.Object) -> Size:
        """The sides of the bounding box of the object's mesh in local units, without its modifiers."""
        mesh = _mesh(obj)
        if mesh.session_uid not in self._sizes:
            self._sizes[mesh.session_uid] = _measure(mesh)
        return self._sizes[mesh.session_uid]

    def kind(self, obj: bpy.types.Object) -> Kind:
        """BILLBOARD for a flat mesh and HEAD for any other, unless the artist has said which."""
        if obj.session_uid not in self._kinds:
            self._kinds[obj.session_uid] = self._kind(obj)
        return self._kinds[obj.session_uid]

    def _kind(self, obj: bpy.types.Object) -> Kind:
        chosen = character(obj).kind
        if chosen != "AUTO":
            return cast(Kind, chosen)
        size = sorted(self.size(obj))
        return "BILLBOARD" if size[0] <= _FLAT * size[2] else "HEAD"

    def problem(self, obj: bpy.types.Object) -> Skipped | None:
        """Why the object cannot get a face, or None when it can."""
        if obj.session_uid not in self._problems:
            self._problems[obj.session_uid] = self._problem(obj)
        return self._problems[obj.session_uid]

    def _problem(self, obj: bpy.types.Object) -> Skipped | None:
        if obj.type != "MESH":
            return Skipped(obj.name, rpt_("no mesh"), rpt_("choose mesh objects"))
        if _mesh(obj).is_editmode:
            return Skipped(obj.name, rpt_("in Edit Mode"), rpt_("leave Edit Mode"))
        if not obj.is_editable:
            remedy = rpt_("make a library override of it (Object > Relations > Make Library Override)")
            return Skipped(obj.name, rpt_("linked and read-only"), remedy)
        if obj.override_library is not None and not _is_marked(obj.override_library.reference):
            remedy = rpt_("open its library, mark it as a character there, and save")
            return Skipped(obj.name, rpt_("an override whose library object is not marked"), remedy)
        if not len(_mesh(obj).polygons):
            return Skipped(obj.name, rpt_("a mesh without faces"), rpt_("choose meshes with polygons"))
        if sorted(self.size(obj))[1] <= _LINE * max(self.size(obj)):
            remedy = rpt_("choose meshes with polygons that have an area")
            return Skipped(obj.name, rpt_("without a surface"), remedy)
        if not obj.material_slots and not _mesh(obj).is_editable:
            return Skipped(
                obj.name, rpt_("a linked mesh without a material slot"), rpt_("give the mesh a material in its library")
            )
        return None


def sorted_out(
    objects: Iterable[bpy.types.Object], problem: Callable[[bpy.types.Object], Skipped | None]
) -> tuple[list[bpy.types.Object], list[Skipped]]:
    """The objects that have no problem, and the problems of the others."""
    able: list[bpy.types.Object] = []
    skipped: list[Skipped] = []
    for obj in objects:
        found = problem(obj)
        if found is None:
            able.append(obj)
        else:
            skipped.append(found)
    return able, skipped


def first_names(names: Sequence[str], most: int = _NAMED) -> str:
    """The first few of the names, and how many more there are."""
    more = rpt_(" and {:,} more").format(len(names) - most) if len(names) > most else ""
    return ", ".join(names[:most]) + more


def describe_skipped(skipped: Sequence[Skipped]) -> str:
    """One line that names the objects, by reason, and the remedy; empty when none was skipped."""
    parts = []
    for reason, remedy in dict.fromkeys((item.reason, item.remedy) for item in skipped):
        names = [item.name for item in skipped if item.reason == reason and item.remedy == remedy]
        parts.append(f"{first_names(names)} ({reason}: {remedy})")
    return rpt_("Skipped {}: {}").format(len(skipped), "; ".join(parts)) if parts else ""


def mark(obj: bpy.types.Object) -> None:
    """Marks a mesh object as a character.

    Its properties are made, blank, and open to library overrides: an override can only keep a value of a property that
    the library's object has.
    """
    character(obj).is_character = True
    for name, blank in ((TILE, (0.0,) * 4), (SKIN, (0.0,) * 3), (FIT, (0.0,) * 4), (PICTURE_SKIN, (0.0,) * 3)):
        write_property(obj, name, obj.get(name, blank))


def keep_by_hand(name: str) -> Any:
    """An update function for the property `name` of a character: what the artist types is kept from then on."""

    def update(self: Any, _context: bpy.types.Context) -> None:
        setattr(self, f"{name}_by_hand", True)

    return update


def set_character(
    obj: bpy.types.Object,
    sex: str | float | None,
    age: float | None,
    seed: int | None,
    locked: bool | None,
    values: Mapping[str, float | str],
    labels: Sequence[Label],
    skin: float | None = None,
) -> None:
    """Sets what is not None; Populate then keeps it instead of drawing it.

    sex: female, male, or a number below or above 0. seed: takes the place of a person from a photograph, too. values:
    of the labels, by name. skin: its tone, 1 to 10. Raises CrowdError for a label that is not among `labels` or a value
    that it lacks.
    """
    record = character(obj)
    try:
        read = read_told_sex(sex, "SIGNED") if sex is not None else None
        years = read_age(age) if age is not None else None
        number = read_seed(seed) if seed is not None else None
        tone = read_skin(skin) if skin is not None else None
    except PeopleValueError as error:
        raise CrowdError(str(error), where=obj.name) from error
    known = known_labels(values, labels, obj.name)
    if read is not None:
        record.sex = "FEMALE" if read < 0 else "MALE"
    if years is not None:
        record.age = years
    if number is not None:
        drop_person(record)
        record.seed = number
    if tone is not None:
        record.skin_tone = tone
    if locked is not None:
        record.locked = locked
    for name, value in values.items():
        set_label(obj, known[name], value)


def set_skin(obj: bpy.types.Object, tone: float) -> None:
    """Sets the tone of the character's skin, 1 to 10; Populate then keeps it."""
    character(obj).skin_tone = tone


def _is_marked(obj: bpy.types.ID | None) -> bool:
    return isinstance(obj, bpy.types.Object) and obj.get(TILE) is not None


def _mesh(obj: bpy.types.Object) -> bpy.types.Mesh:
    if not isinstance(obj.data, bpy.types.Mesh):
        raise TypeError(f"{obj.name} has no mesh")
    return obj.data


def _measure(mesh: bpy.types.Mesh) -> Size:
    points = positions(mesh)
    if not points.size:
        return 0.0, 0.0, 0.0
    width, depth, height = (float(side) for side in points.max(axis=0) - points.min(axis=0))
    return width, depth, height
