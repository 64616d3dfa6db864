"""Pictures per second of an evaluation's slow parts, by cores, and what 100,000 pictures take.

    python benchmarks/evaluation.py --model faces.facegan --data dataset [--pictures 3000] [--workers 1 2]

`cascades` is what `trainer evaluate` does for its paper sample: the model draws people, the seven cascades look at
them, the pictures are forgotten. `judge` and `identity` look at held-out photographs. Starting the processes is not
counted. On one core the rate in its processor's time stands beside that by the clock, for a machine that is busy.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from trainer.data.dataset import open_dataset
from trainer.drawing.inference import FaceGenerator, open_generator
from trainer.evaluation.evidence import Evidence
from trainer.evaluation.judges import cascades, identity, judge
from trainer.evaluation.judges.pool import CHUNK, Pool, in_chunks
from trainer.evaluation.sources import geometry_of, real_faces
from trainer.workers.cluster import cores

GOAL = 100_000


def warmed(pool: Pool, parts: int) -> Pool:
    """The pool, its processes started and their cascades, judge and describer loaded."""
    blank = cascades.uniform_noise(parts * CHUNK, 64, np.random.default_rng(0))
    pool.extract(cascades.detect, in_chunks(blank), len(blank), "starting")
    return pool


def measure(name: str, workers: int, count: int, work: Callable[[], object]) -> None:
    """Run `work` on `count` pictures, and print its pictures a second."""
    started, used = time.perf_counter(), time.process_time()
    work()
    rate, undisturbed = count / (time.perf_counter() - started), count / (time.process_time() - used)
    line = f"{name:<10} {workers:>3} cores {rate:8.1f} pictures/s  {GOAL:,} in {GOAL / rate / 60:6.1f} min"
    if workers == 1:
        line += f"; by processor's time {undisturbed:8.1f} pictures/s, {GOAL / undisturbed / 60:6.1f} min"
    print(line, flush=True)


def draw(generator: FaceGenerator, count: int) -> None:
    """Draw `count` people, as the other parts do before they look."""
    for start in range(0, count, CHUNK):
        seeds = np.arange(start, min(start + CHUNK, count))
        generator(seeds, np.where(seeds % 2, 1.0, -1.0), np.full(len(seeds), 40.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--workers", type=int, nargs="+", default=sorted({1, cores()}))
    options = parser.parse_args()
    dataset, generator = open_dataset(options.data), open_generator(options.model)
    held_out, training = real_faces(dataset, held_out=True), real_faces(dataset, held_out=False)
    geometry = geometry_of(dataset)
    photographs = held_out.pictures[: options.pictures]
    with Pool(1):
        measure("drawing", 1, options.pictures, partial(draw, generator, options.pictures))
    for workers in options.workers:
        with Pool(workers) as pool:
            warmed(pool, 2 * workers)
            evidence = Evidence(generator, held_out, training, geometry, pool, samples=options.pictures)
            measure("cascades", workers, options.pictures, partial(getattr, evidence, "detected_paper_sample"))
            for name, look in (("judge", judge.judge), ("identity", identity.describe)):
                chunks, extractor = in_chunks(photographs), partial(look, geometry=geometry)
                work = partial(pool.extract, extractor, chunks, len(photographs), name)
                measure(name, workers, len(photographs), work)


if __name__ == "__main__":
    main()
