"""The parts of a report by name, in the order in which they are shown."""

from collections.abc import Callable, Iterable, Sequence

from trainer.errors import UserError
from trainer.evaluation.evidence import Evidence, UnlabelledEvidence
from trainer.evaluation.figures import Section
from trainer.evaluation.sections import (
    ageing,
    agreement,
    cost,
    detection,
    distinctness,
    evenness,
    faults,
    gallery,
    groups,
    realism,
    unlabelled,
)

SECTIONS: dict[str, Callable[[Evidence], Section]] = {
    "gallery": gallery.measure,
    "cascades": detection.measure,
    "labels": agreement.measure,
    "distances": realism.measure,
    "identity": distinctness.measure,
    "memorisation": distinctness.memorisation,
    "ageing": ageing.measure,
    "groups": groups.measure,
    "light": evenness.measure,
    "faults": faults.measure,
    "cost": cost.measure,
}
UNLABELLED_SECTIONS: dict[str, Callable[[UnlabelledEvidence], Section]] = {
    "gallery": unlabelled.gallery,
    "distances": unlabelled.distances,
    "memorisation": unlabelled.memorisation,
    "cost": unlabelled.cost,
}
"""Those that need neither sex nor age."""


def chosen(only: Sequence[str], there: Iterable[str] = tuple(SECTIONS)) -> list[str]:
    """The names in `only` (each may hold several, with commas between), or all; in the report's order.

    `there` are the sections that can be had. Raises `UserError` on a name that is none of them.
    """
    known = list(there)
    names = [name.strip() for entry in only for name in entry.split(",") if name.strip()]
    for name in names:
        if name not in known and name in SECTIONS:
            raise UserError(
                f"the section {name} needs sex and age in years; of other pictures there are: {', '.join(known)}"
            )
        if name not in known:
            raise UserError(f"no section {name!r} in a report; there are: {', '.join(known)}")
    return [name for name in known if not names or name in names]
