"""The command `study`."""

import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from trainer import __version__
from trainer.errors import UserError
from trainer.ranges import Within
from trainer.study.design import Options


@dataclass(frozen=True)
class Make:
    """Write a study's folder: public/ is the page that people open, key.json tells what is real and stays with you.

    Example: python -m trainer study make --model faces.facegan --data dataset --out study

    Pairs, and no further questions: --protocol pair --labels 0 --background 0
    """

    model: Path
    """A model file, a checkpoint, or the folder of a training run."""
    data: Path
    """The prepared dataset: only its held-out pictures are shown."""
    out: Path
    """The folder to write; it may not be there yet."""
    questions: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)

    title: str = "Looking at faces"
    """The page's title. It is public."""
    display: Annotated[int, Within(16, 2048)] = 256
    """Side of a picture on screen, in CSS pixels; the same for all."""
    seed: Annotated[int, Within(0, 2**32 - 1)] = 0
    """Chooses the pictures. Their names come from the system's randomness instead."""

    def run(self) -> None:
        """Draw and write. Raises `UserError` for what the user can mend."""
        import numpy as np

        from trainer.data.dataset import open_dataset
        from trainer.evaluation.sources import as_in, model_beside
        from trainer.labels.people import need_people
        from trainer.study.faces import draft
        from trainer.study.folder import Wording, write_study

        options = self.questions
        options.refuse_nonsense()
        dataset = open_dataset(self.data)
        need_people(dataset.labels, self.data, "a study")
        generator = model_beside(self.model, dataset, self.data)
        need_people(generator.labels, self.model, "a study")
        drafted = draft(dataset, as_in(dataset, generator), options, np.random.default_rng(self.seed))
        about = {
            "model": str(self.model),
            "model SHA-256": _digest_of(self.model),
            "data": str(self.data),
            "faces": options.faces,
            "seed": self.seed,
            "trainer": __version__,
        }
        wording = Wording(self.title, _credits(dataset.metadata), self.display)
        study, count = write_study(self.out, drafted, options.protocol, wording, about)
        print(f"study {study}: {count} pictures, {options.asked} questions for each person")
        print(f"  for people: {self.out / 'public'}  (open index.html, host the folder, or run `study serve`)")
        print(f"  for you:    {self.out / 'key.json'}  (never hand it on: it tells which faces are real)")


@dataclass(frozen=True)
class Serve:
    """Let people take part in a browser, and store their answers.

    Example: python -m trainer study serve study

    For others in the same network: --host 0.0.0.0
    """

    study: Annotated[Path, tyro.conf.Positional]
    """The study's folder."""
    host: str = "127.0.0.1"
    """The address to listen at; the default is reached from this machine alone."""
    port: Annotated[int, Within(0, 65535)] = 8000
    """The port; 0 takes any free one."""
    results: Path | None = None
    """Where answers are stored. Default: STUDY/results."""

    def run(self) -> None:
        """Serve until Ctrl-C. Raises `UserError`: no study there, or the port is taken."""
        from trainer.study.design import RESULTS
        from trainer.study.server import StudyServer

        results = self.results or self.study / RESULTS
        with StudyServer(self.study, results, self.host, self.port) as server:
            print(f"{server.address}  (answers go to {results}; Ctrl-C stops)", flush=True)
            server.serve_forever()


@dataclass(frozen=True)
class Score:
    """Count people's answers: how often faces are taken for what they are not, beside chance and another study.

    Example: python -m trainer study score study/results --study study --out report

    Beside an earlier study: --against earlier/report
    """

    results: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Result files, or folders of them."""
    study: Path
    """The study's folder, with its key.json."""
    out: Path
    """The folder for report.html and report.json."""
    against: Path | None = None
    """The report on another study, to compare with."""

    def run(self) -> None:
        """Score and write. Raises `UserError` for what the user can mend."""
        from trainer.study.design import read_key
        from trainer.study.report import write_report
        from trainer.study.results import collect
        from trainer.study.scoring import read_earlier, score
        from trainer.study.wording import interval, percent

        if not self.results:
            raise UserError("give the results, files or folders: study score study/results --study study --out report")
        key = read_key(self.study)
        other = read_earlier(self.against) if self.against else None
        collected = collect(self.results, key)
        for line in collected.refused:
            print(f"trainer study: not counted: {line}", file=sys.stderr)
        scores = score(collected.counted, key)
        found = write_report(self.out, self.study, collected, scores, key, other)
        for figure in scores.figures:
            if figure.group == "all":
                estimate = figure.estimate
                print(f"{figure.name:<42} {percent(estimate.value):>7}  ({interval(estimate)}; {estimate.answers:,})")
        print("\n".join((*found.findings, *found.limits)))
        print(f"wrote {self.out / 'report.html'}")


@dataclass(frozen=True)
class Study:
    """People tell made faces from photographs: make the study, serve it, score the answers.

    Example: python -m trainer study make --model faces.facegan --data dataset --out study
    """

    action: tyro.conf.OmitArgPrefixes[
        tyro.conf.OmitSubcommandPrefixes[
            Annotated[Make, tyro.conf.subcommand("make")]
            | Annotated[Serve, tyro.conf.subcommand("serve")]
            | Annotated[Score, tyro.conf.subcommand("score")]
        ]
    ]

    def run(self) -> None:
        """Do what was asked."""
        self.action.run()


def _digest_of(model: Path) -> str:
    return hashlib.sha256(model.read_bytes()).hexdigest() if model.is_file() else "a run folder"


def _credits(metadata: dict[str, object]) -> tuple[str, ...]:
    """Who took the photographs, with their licences, as dataset.json tells it."""
    sources = metadata.get("sources", [])
    assert isinstance(sources, list)
    return tuple(
        ", ".join(str(source[name]) for name in ("attribution", "licence") if source.get(name)) for source in sources
    )
