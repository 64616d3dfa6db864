"""The command `evaluate`."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from trainer import __version__
from trainer.errors import UserError


@dataclass(frozen=True)
class Evaluate:
    """How good a model's faces are, beside real ones.

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
    samples: int = 10_000
    """People drawn for the cascades (the paper: 100000). The other parts draw one for each held-out picture."""
    only: tuple[str, ...] = ()
    """Sections, by name: gallery, cascades, labels, distances, identity, memorisation, ageing, groups,
    cost. Default: all."""
    workers: int = 0
    """Processes for detection and judging; 0 means one for each core this process may use."""
    broken: int | None = None
    """Of the 200 faces at random (sheets/random.png), how many a person would not show: written into the report."""
    seed: int = 0
    """Chooses who is drawn."""
    cache: Annotated[Path, tyro.conf.arg(help_behavior_hint="(default: ~/.cache/facegan-trainer)")] = field(
        default_factory=lambda: default_cache()
    )
    """Where the slow extractors' answers on photographs are kept from one evaluation to the next."""

    def run(self) -> None:
        """Measure and write. Raises `UserError` for what the user can mend."""
        from trainer.data.dataset import need_people, open_dataset
        from trainer.evaluation.evidence import Evidence
        from trainer.evaluation.report import Report, make_folder, summary, write
        from trainer.evaluation.sections import SECTIONS, chosen
        from trainer.evaluation.sources import as_in, geometry_of, need_people_labels, real_faces, refuse_trained_on
        from trainer.evaluation.workforce import Workforce, cores
        from trainer.inference import open_generator

        names = chosen(self.only)
        if self.samples < 1 or self.workers < 0:
            raise UserError("--samples must be at least 1, --workers at least 0")
        dataset = open_dataset(self.data)
        need_people(dataset, self.data, "an evaluation")
        held_out, training = real_faces(dataset, held_out=True), real_faces(dataset, held_out=False)
        refuse_trained_on(self.model, dataset)
        generator = open_generator(self.model)
        need_people_labels(generator, self.model, "an evaluation")
        side = held_out.pictures.shape[1]
        if generator.resolution != side:
            raise UserError(
                f"{self.model} makes pictures of {generator.resolution} px, {self.data} holds pictures of {side} px; "
                "prepare a dataset of the model's size"
            )
        make_folder(self.out)
        with Workforce(self.workers or cores()) as workforce:
            evidence = Evidence(
                as_in(dataset, generator),
                held_out,
                training,
                geometry_of(dataset),
                workforce,
                samples=self.samples,
                seed=self.seed,
                cache=self.cache,
                model_bytes=self.model.stat().st_size if self.model.suffix == ".facegan" else None,
                broken=self.broken,
            )
            sections = {name: SECTIONS[name](evidence) for name in names}
        report = Report(self._about(len(held_out), len(training)), sections)
        write(report, self.out)
        print(summary(report))
        print(f"wrote {self.out / 'report.html'}")

    def _about(self, held_out: int, training: int) -> dict[str, str | int]:
        return {
            "model": str(self.model),
            "data": f"{self.data} ({held_out:,} held-out pictures, {training:,} for training)",
            "samples": self.samples,
            "seed": self.seed,
            "trainer": __version__,
        }


def default_cache() -> Path:
    """The user's cache folder for this program."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "facegan-trainer"
