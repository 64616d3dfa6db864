"""Turns the fields of a mix, or its name, into demographics."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.people.mixes import parse_mix, read_mix, saved_mixes
from ...core.people.population import MIXES, Demographics
from ...core.people.skin_tones import SkinTones
from ...scene.people.mixes import READY, ages_from, skin_from
from ...scene.user_folder import user_folder
from ..base import chosen_path
from .fields import MIX_FIELDS, SKIN_FIELDS

_AGE_FIELDS = {"age_minimum": "UNIFORM", "age_maximum": "UNIFORM", "age_mean": "BELL", "age_spread": "BELL"}


@contextmanager
def told_of_mixes() -> Iterator[None]:
    """What is wrong with a mix, or does not fit together in one, becomes a CrowdError that begins with a capital."""
    try:
        yield
    except (CrowdError, ValueError) as error:
        text = str(error)
        raise CrowdError(f"{text[:1].upper()}{text[1:]}") from error


def mixes_folder() -> Path:
    """Where the artist's own mixes are."""
    return user_folder("mixes")


def named_mix(name: str) -> Demographics:
    """A ready mix, a saved one, the one in a file with that path, or that of a file's content. Raises CrowdError."""
    if name.lstrip().startswith("{"):
        return parse_mix(name, "The mix")
    if name.upper() in READY:
        return MIXES[name.lower()]
    saved = saved_mixes(mixes_folder())
    if name in saved:
        return read_mix(saved[name])
    if name.lower().endswith(".json"):
        return read_mix(chosen_path(name))
    known = ", ".join((*READY, *saved))
    raise CrowdError(
        rpt_("No mix is called {}").format(name), rpt_("choose {}, or give the path of a .json file").format(known)
    )


def chosen_mix(
    value: Callable[[str], Any], bands: Sequence[Any], is_given: Callable[[str], bool], name: str
) -> Demographics:
    """The mix of that name, or, where the name is empty, that of the fields; fields that are given win over either.

    value: a field, given or the scene's; bands: the scene's. Limits that are given without a kind of ages mean an even
    range, a mean or a spread mean a bell. Raises CrowdError, and ValueError for values that do not fit together.
    """
    given = [field for field in (*MIX_FIELDS, *SKIN_FIELDS) if is_given(field)]
    base = named_mix(name) if name else None
    share = base.share_of_women if base is not None and "share_of_women" not in given else value("share_of_women") / 100
    skin = _skin(value, given, base)
    if base is not None and not set(given) - {"share_of_women", *SKIN_FIELDS}:
        return Demographics(share, base.ages, skin)
    limits, bell = (value("age_minimum"), value("age_maximum")), (value("age_mean"), value("age_spread"))
    return Demographics(share, ages_from(_kind(given, value), limits, bell, bands), skin)


def _skin(value: Callable[[str], Any], given: list[str], base: Demographics | None) -> SkinTones | None:
    """The mix's, unless a field is given; the scene's where the mix says nothing of it. Weights alone mean these."""
    if base is not None and base.skin is not None and not set(given) & set(SKIN_FIELDS):
        return base.skin
    kind = "WEIGHTS" if "skin_weights" in given and "skin" not in given else str(value("skin"))
    return skin_from(kind, value("skin_weights"))


def _kind(given: list[str], value: Callable[[str], Any]) -> str:
    if "ages" not in given:
        meant = {_AGE_FIELDS[field] for field in given if field in _AGE_FIELDS}
        if meant:
            return min(meant)  # a bell may have limits
    return str(value("ages"))
