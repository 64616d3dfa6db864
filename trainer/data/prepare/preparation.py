"""From labelled photographs to a dataset: inspect, gather, group, split, write."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from trainer import __version__
from trainer.data.dataset import FORMAT, IMAGES, KEEPS_SPLIT_OF, LABELS, METADATA
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.measures import Limits
from trainer.data.light.evening import EVEN, PHOTOGRAPHS
from trainer.data.packing import BEST_QUALITY, QUALITY, write_pack
from trainer.data.prepare.gathering import Gathered, gather
from trainer.data.prepare.inspection import Background, Settings
from trainer.data.prepare.near_duplicates import group_summary, grouped
from trainer.data.prepare.neighbours import Search
from trainer.data.prepare.pool import Task, inspect_all, split_into_tasks
from trainer.data.prepare.records import label_pictures, strata, write_labels
from trainer.data.prepare.split import NO_SPLIT, EarlierSplit, hold_out
from trainer.data.prepare.workspace import EMBEDDINGS, PACK, PARTS, claim, finished_metadata
from trainer.data.sources.source import Listing, Photograph, Provenance
from trainer.errors import UserError
from trainer.files import appended_array, write_text
from trainer.labels.declaration import SEX_AND_AGE, Declaration
from trainer.labels.sex_and_years import age_group

ALGORITHM = 6
"""Raised when the same options would give other pictures, so that old parts are not mixed with new."""


@dataclass(frozen=True)
class Plan:
    """All that decides what the dataset will hold.

    `source` is the source's name. `size` is the side in pixels. Two pictures are near-duplicates where
    their looks correlate by `similarity` or more, or their embeddings are nearer than `same_person` (0: not
    asked). `held_out` is the share held out, drawn from `seed`. With `whole`, no face is looked for: the whole
    photographs are squeezed to the size, or with `middle` cut to their middle square, and only their looks tell
    near-duplicates. `declaration` says what the photographs are labelled with. With `even_light`, the light on
    each face is evened. `earlier` is a split to keep. `background` is what shows where whole photographs are clear.
    """

    source: str
    provenance: Provenance
    size: int
    geometry: Geometry
    limits: Limits
    similarity: float
    same_person: float
    held_out: float
    seed: int
    whole: bool = False
    middle: bool = False
    declaration: Declaration = SEX_AND_AGE
    even_light: bool = False
    earlier: EarlierSplit = NO_SPLIT
    background: Background | None = None

    def __post_init__(self) -> None:
        if not 16 <= self.size <= 1024:
            raise UserError(f"size {self.size}: give 16 to 1024 pixels")
        if not 0 <= self.held_out < 1:
            raise UserError(f"held-out share {self.held_out}: give 0 or more, and less than 1")
        if not 0 < self.similarity <= 1:
            raise UserError(f"similarity {self.similarity}: give more than 0, up to 1")
        if not 0 <= self.same_person <= 0.6:
            raise UserError(f"same-person distance {self.same_person}: give 0 to 0.6")
        if self.whole and self.same_person:
            raise UserError("whole photographs are not searched for faces: give a same-person distance of 0")
        if self.middle and not self.whole:
            raise UserError("faces are cut out by their eyes: --middle goes with --whole")
        if self.background is not None and not self.whole:
            raise UserError("faces are cut out of their photographs: --background goes with --whole")
        if self.whole and self.even_light:
            raise UserError("light is evened on aligned faces: --even-light does not go with --whole")

    @property
    def settings(self) -> Settings:
        """How it has the photographs inspected."""
        shared = {item.name: getattr(self, item.name) for item in fields(Settings) if item.name != "embed"}
        return Settings(**shared, embed=self.same_person > 0)

    def fingerprint(self, photographs: Sequence[Photograph]) -> str:
        """A hash of the plan and of the photographs' labels, to tell one preparation from another."""
        plan = asdict(self)
        # What was added later counts where it is used alone, so that older datasets keep their fingerprints.
        for name in ("middle", "declaration", "even_light", "earlier", "background"):
            if getattr(self, name) == getattr(Plan, name):
                del plan[name]
        if "earlier" in plan:
            plan["earlier"] = {name: sorted(values) for name, values in plan["earlier"].items()}
        if "declaration" in plan:
            plan["declaration"] = {"labels": [one.told() for one in self.declaration.labels]}
        # As JSON of one object of these three, its keys sorted, which is never in memory as a whole.
        told = hashlib.sha256(f'{{"algorithm": {ALGORITHM}, "photographs": ['.encode())
        for index, photograph in enumerate(photographs):
            told.update(((", " if index else "") + json.dumps(photograph.told(), sort_keys=True)).encode())
        told.update(f'], "plan": {json.dumps(plan, sort_keys=True)}}}'.encode())
        return told.hexdigest()


def prepare(
    listing: Listing,
    folder: Path,
    out: Path,
    plan: Plan,
    workers: int,
    overwrite: bool = False,
    elsewhere: Executor | None = None,
) -> dict[str, Any]:
    """Prepare the photographs of `folder` into the dataset folder `out`; returns the content of dataset.json.

    Where there is an `elsewhere`, the photographs are inspected by its processes (`trainer.workers.cluster`).

    An unfinished preparation with the same plan is gone on with; a finished one is left as it is. Raises
    UserError: `out` holds something else, cannot be written, or no photograph passes.
    """
    fingerprint = plan.fingerprint(listing.photographs)
    if not claim(out, fingerprint, overwrite):
        return finished_metadata(out)
    thin = thin_flags(listing.photographs, plan.limits.thin_share)
    tasks = split_into_tasks(out / PARTS, folder, [photograph.file for photograph in listing.photographs], thin)
    inspect_all(tasks, plan.settings, workers, elsewhere)
    try:
        metadata = _assemble(listing, out, plan, tasks, workers) | {"fingerprint": fingerprint}
        write_text(out / METADATA, json.dumps(metadata, indent=1, ensure_ascii=False))
        shutil.rmtree(out / PARTS)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror or error})") from None
    return metadata


def thin_flags(photographs: Sequence[Photograph], share: float) -> list[bool]:
    """For each photograph, whether its age group holds less than `share` of them all; none where ages are unknown."""
    groups = [age_group(*one.age) for one in photographs]
    counts = Counter(groups)
    return [counts[group] < share * len(photographs) for group in groups]


def pack(out: Path, quality: int = QUALITY) -> Path:
    """Write the finished dataset in the folder `out` as one file inside it, JPEG of `quality`; returns its path.

    Raises `UserError`: no such quality, or no room.
    """
    if not 1 <= quality <= BEST_QUALITY:
        raise UserError(f"quality {quality}: give 1 to {BEST_QUALITY}")
    path = out / PACK
    try:
        texts = {name: (out / name).read_text(encoding="utf-8") for name in (METADATA, LABELS)}
        write_pack(path, texts, np.load(out / IMAGES, mmap_mode="r", allow_pickle=False), quality)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from None
    return path


def _assemble(listing: Listing, out: Path, plan: Plan, tasks: Sequence[Task], workers: int) -> dict[str, Any]:
    """Write all but dataset.json, whose content is returned."""
    gathered = gather(listing.photographs, out, plan.size, tasks)
    kept = gathered.photographs
    if not kept:
        raise UserError(_nothing_left(gathered))
    embeddings = gathered.embeddings if plan.same_person > 0 else None
    if embeddings is not None:
        with appended_array(out / EMBEDDINGS, embeddings.shape, np.float16) as append:
            append(embeddings)
    labelled = label_pictures(plan.declaration, kept, gathered.images, None if plan.whole else plan.geometry)
    search = Search(workers, out / PARTS)
    groups = grouped(gathered.images, embeddings, plan.similarity, plan.same_person, search)
    files = [photograph.file for photograph in kept]
    held_out = hold_out(groups, strata(labelled, len(kept)), files, plan.held_out, plan.seed, plan.earlier)
    write_labels(out / LABELS, plan.source, kept, gathered.measures, labelled, groups, held_out)
    return {
        "format": FORMAT,
        "size": plan.size,
        "count": len(kept),
        "sources": [{"name": plan.source, **asdict(plan.provenance), "photographs": len(listing.photographs)}],
        "geometry": {} if plan.whole else asdict(plan.geometry),
        "light": EVEN if plan.even_light else PHOTOGRAPHS,
        **({"background": list(plan.background)} if plan.background is not None else {}),
        "labels": [label.declaration() for label in labelled.labels],
        "split": {
            "held_out_share": plan.held_out,
            "seed": plan.seed,
            "by": "near-duplicate group, stratified by " + _stratified_by(plan.declaration),
            "training": int((~held_out).sum()),
            "held_out": int(held_out.sum()),
        },
        **({KEEPS_SPLIT_OF: list(plan.earlier.fingerprints)} if plan.earlier.fingerprints else {}),
        "near_duplicates": group_summary(groups, plan.similarity, plan.same_person),
        "left_out_by_source": listing.left_out,
        "remarks_by_source": listing.remarks,
        "dropped": gathered.dropped,
        "unreadable": gathered.unreadable,
        "options": {"limits": asdict(plan.limits)},
        "trainer": __version__,
    }


def _stratified_by(declaration: Declaration) -> str:
    names = [one.label.stratum for one in declaration.labels if one.label.stratum]
    return " and ".join(names) or "nothing else"


def _nothing_left(gathered: Gathered) -> str:
    dropped = ", ".join(f"{rule} {number}" for rule, number in gathered.dropped.items() if number)
    first = next(iter(gathered.unreadable), None)
    named = f"; unreadable, for one: {first['file']} ({first['problem']})" if first else ""
    return f"no photograph passes; dropped: {dropped}{named}"
