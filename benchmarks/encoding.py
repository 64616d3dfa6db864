"""Photographs a second of `trainer encode`, detection included, and what each part takes.

    python benchmarks/encoding.py PHOTOGRAPHS --model faces.facegan [--count 200] [--workers 1 2]

The parts are measured in one process by its processor's time, for a machine that is busy: reading, finding, telling a
bare face, aligning and lighting, encoding in batches. Then everything runs as the command runs it, by the clock; what
starting the processes takes stands beside it.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from trainer.commands.encode import photographs_in
from trainer.data.prepare.inspection import read_photograph
from trainer.drawing.inference import from_model
from trainer.encoder.cast.casting import find_faces, likenesses_of
from trainer.encoder.drawing import Likenesses
from trainer.encoder.photographs.reading import READ_SIDE, FaceReader, Studio
from trainer.labels.label import Label
from trainer.labels.matrix import label_matrix
from trainer.model_file.storage import read_model
from trainer.pictures import Pixels
from trainer.workers.cluster import cores

Made = TypeVar("Made")


def timed(name: str, count: int, work: Callable[[], Made]) -> tuple[Made, float]:
    """What `work` makes, and the processor's seconds that it took, which are printed a photograph."""
    used = time.process_time()
    made = work()
    spent = time.process_time() - used
    print(f"{name:<22}{1e3 * spent / count:8.1f} ms a photograph", flush=True)
    return made, spent


def encoded(likenesses: Likenesses, labels: tuple[Label, ...], pictures: Pixels) -> np.ndarray:
    """The vectors of pictures [N, S, S, 3] of people of one sex and age."""
    people = {"sex": np.full(len(pictures), -1.0), "age": np.full(len(pictures), 40.0)}
    return likenesses.vectors(pictures, label_matrix(labels, people, np.arange(len(pictures))))


def checked(reader: FaceReader, seen: Sequence[tuple[Any, ...]]) -> int:
    """How many faces were looked at for what covers them."""
    for one in seen:
        reader.refuse_covered(*one)
    return len(seen)


def parts(paths: list[Path], studio: Studio, likenesses: Likenesses, labels: tuple[Label, ...]) -> None:
    """Each part alone, in this process."""
    reader, count = FaceReader.of(studio, bare=True), len(paths)
    photographs, total = timed(
        "reading", count, lambda: [read_photograph(path, least_side=READ_SIDE) for path in paths]
    )
    faces, spent = timed("finding", count, lambda: [reader.find(photograph) for photograph in photographs])
    seen = [(path, photograph, found[0]) for path, photograph, found in zip(paths, photographs, faces, strict=True)]
    _, looked = timed("telling a bare face", count, lambda: checked(reader, seen))
    pictures, lit = timed(
        "aligning and lighting", count, lambda: np.stack([studio.lit(studio.cropped(*one[1:])) for one in seen])
    )
    _, last = timed("encoding", count, lambda: encoded(likenesses, labels, pictures))
    total += spent + looked + lit + last
    print(f"{count / total:.1f} photographs/s on one core, {2 * count / total:.1f} on two, by processor's time")


def at_once(paths: list[Path], studio: Studio, likenesses: Likenesses, labels: tuple[Label, ...], workers: int) -> None:
    """All of it as the command does it, less the time that starting its processes takes."""
    started = time.perf_counter()
    find_faces(paths[: 8 * workers], studio, workers, quiet=True)
    few = time.perf_counter() - started
    started = time.perf_counter()
    shots = find_faces(paths, studio, workers, quiet=True)
    encoded(likenesses, labels, np.stack([shot.face for shot in shots if shot.face is not None]))
    whole = time.perf_counter() - started
    more = len(paths) - 8 * workers
    print(
        f"{workers} workers: {len(paths) / whole:6.1f} photographs/s by the clock,"
        f" {more / max(whole - few, 1e-9):6.1f} once they run"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=sorted({1, cores()}))
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = read_model(options.model)
    generator, studio = from_model(model), Studio.of(model.card)
    likenesses, labels = likenesses_of(model, generator, options.model), generator.labels
    files = photographs_in((options.photographs,))
    good = [
        path for path, shot in zip(files, find_faces(files, studio, quiet=True), strict=True) if shot.face is not None
    ]
    paths = [good[number % len(good)] for number in range(options.count)]
    print(f"{len(good)} of {len(files)} photographs can be used")
    parts(paths, studio, likenesses, labels)
    for workers in options.workers:
        at_once(paths, studio, likenesses, labels, workers)


if __name__ == "__main__":
    main()
