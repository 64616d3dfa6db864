"""What a source of photographs offers, and the list of those there are."""

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from trainer.errors import UserError

SOURCES = {
    "fairface": "trainer.data.sources.fairface:FairFace",
    "folder": "trainer.data.sources.folder:Folder",
    "imdb_wiki": "trainer.data.sources.imdb_wiki:ImdbWiki",
    "utkface": "trainer.data.sources.utkface:UtkFace",
}


@dataclass(frozen=True)
class Photograph:
    """A labelled photograph.

    `file` is relative to the collection's folder, with forward slashes. `sex` is -1 female ... +1 male. The
    age lies in [age_low, age_high) years. `extra` holds further columns, kept for auditing only.
    """

    file: str
    sex: float
    age_low: float
    age_high: float
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """Where the photographs come from and on which terms; `licence` is an SPDX expression where one fits."""

    title: str
    licence: str
    attribution: str


@dataclass(frozen=True)
class Listing:
    """What a collection lists.

    Its photographs; how many rows its own rules left out, by rule; how many it kept although something about them is
    odd, by remark.
    """

    photographs: list[Photograph]
    left_out: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, int] = field(default_factory=dict)


class Source(Protocol):
    """Reads the labels of one kind of collection; it never opens a picture."""

    @property
    def provenance(self) -> Provenance | None:
        """Where such a collection comes from; None where only the user can tell."""

    def read(self, folder: Path) -> Listing:
        """The photographs under `folder`. Raises UserError for a table that is missing or wrong."""


def source_names() -> list[str]:
    """The names that `find_source` knows."""
    return list(SOURCES)


def find_source(name: str) -> Source:
    """The source called `name`. Raises UserError for an unknown name."""
    if name not in SOURCES:
        raise UserError(f"no source {name!r}; there are: {', '.join(SOURCES)}")
    module, _, attribute = SOURCES[name].partition(":")
    return cast(Source, getattr(importlib.import_module(module), attribute)())
