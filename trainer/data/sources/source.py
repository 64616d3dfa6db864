"""What a source of photographs offers, and the list of those there are."""

import importlib
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from trainer.errors import UserError
from trainer.labels.declaration import Value

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
    age lies in [age_low, age_high) years. Both are NaN where the collection does not tell them. `extra` holds further
    columns, kept for auditing only; `further`, by name, the labels that were declared beside sex and age.
    """

    file: str
    sex: float = math.nan
    age_low: float = math.nan
    age_high: float = math.nan
    extra: dict[str, str] = field(default_factory=dict)
    further: dict[str, Value] = field(default_factory=dict)

    def value(self, name: str, kind: str) -> Value:
        """The label `name` of this kind. Raises KeyError where it has none."""
        if (name, kind) == ("sex", "binary"):
            return self.sex, self.sex
        if (name, kind) == ("age", "number"):
            return self.age_low, self.age_high
        return self.further[name]

    def told(self) -> dict[str, Any]:
        """All that is known, as plain values; what was declared beside sex and age only where something was."""
        return {name: value for name, value in asdict(self).items() if name != "further" or value}


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
