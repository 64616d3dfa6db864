"""`trainer prepare`: photographs and their labels become an aligned dataset."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro

from trainer.data.dataset import KEEPS_SPLIT_OF, open_dataset
from trainer.data.decisions import decided_listing
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.measures import RULES, Limits
from trainer.data.packing import QUALITY
from trainer.data.prepare.inspection import Background
from trainer.data.prepare.preparation import Plan, pack, prepare
from trainer.data.prepare.split import NO_SPLIT, EarlierSplit
from trainer.data.prepare.workspace import PACK
from trainer.data.sources.folder import Folder
from trainer.data.sources.source import Provenance, find_source
from trainer.errors import UserError
from trainer.labels.declaration import DECLARATION, NO_LABELS, SEX_AND_AGE, Declaration, read_declaration
from trainer.ranges import Within
from trainer.workers.cluster import on_cluster

NAMED_FILES = 5


@dataclass(frozen=True)
class Prepare:
    """Find, align and filter the faces of labelled photographs, and write them as one dataset.

    Example: python -m trainer prepare fairface PICTURES --out DATASET --size 64

    SOURCE is `fairface` (a folder with labels.csv: file, age_group, sex, race), `folder` (any folder with a CSV of
    file, sex, age, where the age is years such as 34, or a range such as 20-29 or 70+), `imdb_wiki` (a folder with
    wiki.mat or imdb.mat) or `utkface` (pictures named age_sex_race_date.jpg). Other labels are declared in a
    labels.toml (docs/labels.md). A run that was stopped goes on where it was when the same command is given again.

    Pictures of anything, without labels: python -m trainer prepare folder TREES --labels none --whole --out DATASET
    """

    source: tyro.conf.Positional[str]
    """fairface, folder, imdb_wiki or utkface"""
    photographs: tyro.conf.Positional[Path]
    """folder of the photographs and their table"""
    out: Path
    """folder of the dataset, made if it is missing"""
    size: int = 64
    """side of the aligned pictures, in pixels"""
    geometry: Annotated[Geometry, tyro.conf.OmitArgPrefixes] = field(default_factory=Geometry)
    whole: bool = False
    """take the photographs as they are, squeezed to the size, as the 2016 paper did: no face is looked for"""
    middle: bool = False
    """with --whole, take the middle square of each photograph instead of squeezing it"""
    background: str | None = None
    """with --whole, the colour that shows where pictures are clear, such as #0000ff: one that what they show has not.
    The model's card tells it, so that billboards are clear there again (docs/labels.md)"""
    labels: Path | None = None
    """declaration of the labels, or none; if not given, labels.toml in the photographs' folder, else sex and age"""
    limits: Annotated[Limits, tyro.conf.OmitArgPrefixes] = field(default_factory=Limits)
    even_light: bool = False
    """store faces in even light: the photograph's lamp, tint and exposure are taken out (docs/labels.md)"""
    similarity: float = 0.66
    """correlation of looks from which two pictures are near-duplicates, which stay on one side of the split"""
    same_person: float = 0.25
    """distance of face embeddings below which they are, too; 0 leaves embeddings out, which take half of the time, and
    with them the search for hands, microphones and sunglasses before faces"""
    held_out: float = 0.1
    """share held out of training"""
    seed: int = 0
    """draws the held-out pictures"""
    licence: str | None = None
    """licence of the photographs (SPDX), for a source that does not know it"""
    attribution: str | None = None
    """whom to credit, for a source that does not know it"""
    split_of: Path | None = None
    """a dataset whose split is kept: what was trained on there is not held out, what was held out stays so"""
    decisions: Path | None = None
    """decisions of `trainer review` on these photographs, applied to their labels"""
    workers: Annotated[int, Within(1, 4096)] = field(default_factory=lambda: os.cpu_count() or 1)
    """processes; all cores if not given"""
    cluster: str | None = None
    """a Dask cluster that inspects the photographs: its scheduler's address or file (docs/training.md)"""
    pack: bool = False
    """also write the dataset as one small file, for carrying to another machine"""
    pack_quality: int = QUALITY
    """JPEG quality of the packed pictures, 1 to 95"""
    overwrite: bool = False
    """replace a dataset of other options in --out"""

    def run(self) -> None:
        """Prepare the dataset and print what became of the photographs."""
        declaration = self.declaration()
        source = Folder(declaration) if self.source == "folder" else find_source(self.source)
        if self.source != "folder":
            declaration.refuse_further(self.source)
        known = source.provenance or Provenance(self.photographs.resolve().name, "unknown", "unknown")
        provenance = Provenance(known.title, self.licence or known.licence, self.attribution or known.attribution)
        listing = source.read(self.photographs)
        if self.decisions is not None:
            listing = decided_listing(listing, self.decisions)
        plan = Plan(
            source=self.source,
            provenance=provenance,
            size=self.size,
            geometry=self.geometry,
            limits=self.limits,
            similarity=self.similarity,
            same_person=0.0 if self.whole else self.same_person,
            whole=self.whole,
            middle=self.middle,
            background=None if self.background is None else colour_of(self.background),
            declaration=declaration,
            even_light=self.even_light,
            held_out=self.held_out,
            seed=self.seed,
            earlier=split_to_keep(self.split_of),
        )
        with on_cluster(self.cluster) as elsewhere:
            metadata = prepare(listing, self.photographs, self.out, plan, self.workers, self.overwrite, elsewhere)
        print(report(metadata))
        if self.pack and not (self.out / PACK).exists():
            print(f"packed: {pack(self.out, self.pack_quality)}")

    def declaration(self) -> Declaration:
        """What the photographs are labelled with."""
        if self.labels is not None and str(self.labels) == NO_LABELS:
            return Declaration(())
        beside = self.photographs / DECLARATION
        if self.labels is None and not beside.is_file():
            return SEX_AND_AGE
        return read_declaration(self.labels or beside)


def colour_of(text: str) -> Background:
    """A colour written as #rrggbb. Raises UserError."""
    try:
        if not text.startswith("#") or len(text) != len("#rrggbb"):
            raise ValueError
        red, green, blue = bytes.fromhex(text[1:])
    except ValueError:
        raise UserError(f"background {text!r}: give a colour such as #0000ff") from None
    return red, green, blue


def split_to_keep(path: Path | None) -> EarlierSplit:
    """The split of the dataset at `path`, as the decisions beside it leave it; none where there is no path."""
    if path is None:
        return NO_SPLIT
    dataset = open_dataset(path)
    trained, held_out = (
        frozenset(file for file, held in zip(dataset.files, dataset.held_out, strict=True) if held == side)
        for side in (False, True)
    )
    kept = dataset.metadata.get(KEEPS_SPLIT_OF, [])
    return EarlierSplit(trained, held_out, (str(dataset.metadata.get("fingerprint", "")), *kept))


def report(metadata: dict[str, Any]) -> str:
    """What became of the photographs, as lines for a terminal."""
    dropped = metadata["dropped"]
    width = max(map(len, RULES))
    lines = [f"{sum(dropped.values()) + metadata['count']} photographs, {metadata['count']} kept; dropped:"]
    lines += [
        f"  {rule:<{width}} {dropped[rule]:>8}  {meaning}" for rule, meaning in RULES.items() if dropped.get(rule)
    ]
    for one in metadata["unreadable"][:NAMED_FILES]:
        name = one["file"] if one["file"].isprintable() else repr(one["file"])
        lines.append(f"  unreadable: {name} ({one['problem']})")
    if len(metadata["unreadable"]) > NAMED_FILES:
        lines.append(f"  and {len(metadata['unreadable']) - NAMED_FILES} more, named in dataset.json")
    for title, counted in (("left out", "left_out_by_source"), ("kept, with a remark", "remarks_by_source")):
        lines += [f"  {title}: {count} {rule}" for rule, count in metadata.get(counted, {}).items() if count]
    for name, number in metadata.get("merged", {}).get("left_out_over_its_share", {}).items():
        lines += [f"  {name}: {number} more, which exceed its share of a bin"] if number else []
    split, groups = metadata["split"], metadata["near_duplicates"]
    lines.append(
        f"near-duplicates: {groups['pictures']} pictures in {groups['groups']} groups, largest {groups['largest']}"
    )
    lines.append(f"split: {split['training']} for training, {split['held_out']} held out")
    return "\n".join(lines)
