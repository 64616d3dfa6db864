"""Which character becomes which person of a cast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.cast.member import CastMember
from ...core.errors import CrowdError
from ..instances.point_data import PAGES
from ..people.cast import is_locked, locked_problem
from ..people.characters import Skipped, first_names
from ..people.recipes import Revision, Revisions
from ..populate.objects import ObjectStore


@dataclass(frozen=True)
class Casting:
    """Gives characters the people of a cast; see `people.recipes.Change`.

    A person goes to the character of the same name, if there is one; all others go, in the order of the cast, to the
    other characters in the order of their names. Who is locked stays as it is.
    """

    people: Sequence[CastMember]

    def of(self, characters: Sequence[bpy.types.Object]) -> tuple[Revisions, list[Skipped]]:
        """See `people.recipes.Change.of`."""
        left_out = [problem for obj in characters if (problem := locked_problem(obj)) is not None]
        free = {obj.name: obj for obj in sorted(characters, key=lambda obj: obj.name) if not is_locked(obj)}
        revisions: dict[int, Revision | None] = {}
        others = []
        for person in self.people:
            namesake = free.pop(person.name, None)
            if namesake is None:
                others.append(person)
            else:
                revisions[namesake.session_uid] = Revision(person=person)
        for person, name in zip(others, list(free), strict=False):
            revisions[free.pop(name).session_uid] = Revision(person=person)
        reason, remedy = rpt_("nobody of the cast is left for it"), rpt_("choose a larger cast")
        return revisions, [*left_out, *(Skipped(name, reason, remedy) for name in free)]


class Role(NamedTuple):
    """A character, by name, and the person that it becomes."""

    character: str
    person: str


@dataclass(frozen=True)
class Roles:
    """Who becomes whom, in the order of the cast, and the people for whom no character was left, by name."""

    given: Sequence[Role]
    left_over: Sequence[str]

    @classmethod
    def of(cls, casting: Casting, store: ObjectStore) -> "Roles":
        """The roles of a store that was looked at with the casting."""
        players = {id(one.revision.person): one.name for one in store.members if one.revision is not None}
        given = [Role(players[id(person)], person.name) for person in casting.people if id(person) in players]
        return cls(given, [person.name for person in casting.people if id(person) not in players])

    @property
    def told(self) -> str:
        """Who became whom, in a line: a few by name."""
        return first_names([rpt_("{} is {}").format(*role) for role in self.given])

    @property
    def told_left_over(self) -> str:
        """Whom no character was left for, in a line; empty where everybody has one."""
        if not self.left_over:
            return ""
        return rpt_("No character was left for {}: select more").format(first_names(self.left_over))


def check_no_instances(objects: Sequence[bpy.types.Object]) -> None:
    """Raises CrowdError naming what instances: points have no room for a person."""
    names = [
        obj.name
        for obj in objects
        if obj.get(PAGES) is not None or obj.type == "POINTCLOUD" or obj.instance_type == "COLLECTION"
    ]
    if names:
        raise CrowdError(
            rpt_("instances cannot be people from photographs"),
            rpt_("make them objects: Object > Apply > Make Instances Real"),
            first_names(names),
        )
