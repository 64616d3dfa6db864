"""The command `evaluate`."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from trainer import __version__
from trainer.ranges import Within

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset
    from trainer.drawing.inference import FaceGenerator
    from trainer.evaluation.figures import Section


@dataclass(frozen=True)
class Evaluate:
    """How good a model's faces are, beside real ones; of other pictures, what needs no sex and age.

    Writes report.json, report.html (one file, pictures inside) and the sheets as PNG, and prints a summary.
    The same command gives the same figures.

    Example: python -m trainer evaluate --model faces.facegan --data dataset --out report

    Only the quick parts: --only cascades labels distances
    """

    model: Path
    """A model file, or the folder of a training run (its newest checkpoint)."""
    data: Path
    """The prepared dataset: its held-out pictures are the real reference."""
    out: Path
    """The folder for the report."""
    samples: Annotated[int, Within(1, 10**7)] = 10_000
    """People drawn for the cascades (the paper: 100000). The other parts draw one for each held-out picture."""
    only: tuple[str, ...] = ()
    """Sections, by name: gallery, cascades, labels, distances, identity, memorisation, ageing, groups,
    light, faults, cost. Default: all. Without sex and age: gallery, distances, memorisation, cost."""
    workers: Annotated[int, Within(0, 4096)] = 0
    """Processes for detection and judging; 0 means one for each core this process may use."""
    cluster: str | None = None
    """A Dask cluster that detects and judges: its scheduler's address or file (docs/training.md)."""
    broken: Annotated[int | None, Within(0, 200)] = None
    """Of the 200 faces at random (sheets/random.png), how many a person would not show: written into the report."""
    seed: Annotated[int, Within(0, 2**32 - 1)] = 0
    """Chooses who is drawn."""
    cache: Annotated[Path, tyro.conf.arg(help_behavior_hint="(default: ~/.cache/facegan-trainer)")] = field(
        default_factory=lambda: default_cache()
    )
    """Where the slow extractors' answers on photographs are kept from one evaluation to the next."""

    def run(self) -> None:
        """Measure and write. Raises `UserError` for what the user can mend."""
        from trainer.data.dataset import open_dataset
        from trainer.drawing.encoders import likeness_in_words
        from trainer.evaluation.report import Report, summary, write
        from trainer.evaluation.sections.registry import chosen
        from trainer.evaluation.sources import model_beside
        from trainer.files import make_folder

        chosen(self.only)
        dataset = open_dataset(self.data)
        generator = model_beside(self.model, dataset, self.data)
        measure = self._measured_people if dataset.of_people else self._measured_things
        sections = measure(generator, dataset, lambda: make_folder(self.out / "sheets"))
        held_out = int(dataset.held_out.sum())
        about = self._about(held_out, len(dataset) - held_out)
        if likeness := likeness_in_words(generator.card):
            about["likeness"] = likeness
        report = Report(about, sections)
        write(report, self.out)
        print(summary(report))
        if likeness:
            print(f"likeness: {likeness}")
        print(f"wrote {self.out / 'report.html'}")

    def _measured_people(
        self, generator: "FaceGenerator", dataset: "Dataset", begin: Callable[[], None]
    ) -> "dict[str, Section]":
        """The sections on people's faces; `begin` is called once nothing can be refused any more."""
        from trainer.evaluation.evidence import Evidence
        from trainer.evaluation.judges.pool import Pool
        from trainer.evaluation.sections.registry import SECTIONS, chosen
        from trainer.evaluation.sources import as_in, geometry_of, real_faces
        from trainer.labels.people import need_people
        from trainer.workers.cluster import cores, on_cluster

        need_people(generator.labels, self.model, "an evaluation beside people")
        held_out, training = real_faces(dataset, held_out=True), real_faces(dataset, held_out=False)
        begin()
        with on_cluster(self.cluster) as elsewhere, Pool(self.workers or cores(), elsewhere) as pool:
            generate = as_in(dataset, generator)
            evidence = Evidence(
                generate,
                held_out,
                training,
                geometry_of(dataset),
                pool,
                samples=self.samples,
                seed=self.seed,
                cache=self.cache,
                model_bytes=self._model_bytes(),
                broken=self.broken,
                light=dataset.light,
                further=generate.further,
                refuses=generate.refuses if generator.doubt is not None else None,
            )
            return {name: SECTIONS[name](evidence) for name in chosen(self.only)}

    def _measured_things(
        self, generator: "FaceGenerator", dataset: "Dataset", begin: Callable[[], None]
    ) -> "dict[str, Section]":
        """The sections that need neither sex nor age."""
        from trainer.evaluation.evidence import UnlabelledEvidence
        from trainer.evaluation.sections.registry import UNLABELLED_SECTIONS, chosen
        from trainer.evaluation.sources import refuse_other_labels

        names = chosen(self.only, UNLABELLED_SECTIONS)
        refuse_other_labels(generator, dataset)
        evidence = UnlabelledEvidence(generator, dataset, self.seed, self._model_bytes())
        evidence.refuse_too_few()
        begin()
        return {name: UNLABELLED_SECTIONS[name](evidence) for name in names}

    def _model_bytes(self) -> int | None:
        return self.model.stat().st_size if self.model.suffix == ".facegan" else None

    def _about(self, held_out: int, training: int) -> dict[str, str | int]:
        from trainer.evaluation.sources import MOST_HELD_OUT

        told = f"{MOST_HELD_OUT:,} of {held_out:,}" if held_out > MOST_HELD_OUT else f"{held_out:,}"
        return {
            "model": str(self.model),
            "data": f"{self.data} ({told} held-out pictures, {training:,} for training)",
            "samples": self.samples,
            "seed": self.seed,
            "trainer": __version__,
        }


def default_cache() -> Path:
    """The user's cache folder for this program."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "facegan-trainer"
