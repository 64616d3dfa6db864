"""How much memory and time `trainer prepare` takes beside looking at the photographs, by how many there are.

    python benchmarks/preparing.py DATASET --work FOLDER --counts 20000 100000

DATASET is a prepared one with embeddings, by whose pictures the inspected parts are filled: each is the mean of four
of them at random, so that hardly two are near-duplicates; their embeddings are moved apart. Then what `prepare` does
with the parts is done: the table is read, pictures are joined, grouped and split, labels written; and the result is
opened. Inspecting itself holds one part of 200 photographs a process, whatever the count, and is not timed. Memory is
the process's own at its most (Linux); files that it maps are the system's cache.
"""

import argparse
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from trainer.commands.prepare import Prepare
from trainer.data.dataset import open_dataset
from trainer.data.faces.measures import Measures
from trainer.data.prepare import preparation
from trainer.data.prepare.inspection import Inspection
from trainer.data.prepare.parts import write_part
from trainer.data.prepare.pool import PART_LENGTH
from trainer.data.prepare.workspace import PARTS

APART = 0.03
"""How far each number of an embedding is moved: 0.5 in all, twice as far as `prepare` takes for one person."""


class Watch:
    """The most memory of its own that this process holds while it lasts, in MB."""

    def __enter__(self) -> "Watch":
        self.most, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        self.began = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.began
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            lines = Path("/proc/self/status").read_text().splitlines()
            held = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
            self.most = max(self.most, held / 1024)


def write_table(folder: Path, count: int) -> None:
    """labels.csv as FairFace's: file, sex, age, race."""
    dice = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "labels.csv").open("w", encoding="utf-8") as table:
        table.write("file,sex,age,race\n")
        for number in range(count):
            age, race = 10 * int(dice.integers(0, 8)), int(dice.integers(0, 7))
            table.write(f"{number // 1000:04d}/{number:08d}.jpg,{'fm'[number % 2]},{age}-{age + 9},group {race}\n")


def write_parts(dataset: Path, parts: Path, count: int) -> None:
    """The parts of `count` photographs, all of which were kept."""
    pictures, embeddings = (np.load(dataset / f"{name}.npy", mmap_mode="r") for name in ("images", "embeddings"))
    dice, size = np.random.default_rng(0), pictures.shape[1]
    parts.mkdir(parents=True, exist_ok=True)
    for start in range(0, count, PART_LENGTH):
        chosen = dice.integers(0, len(pictures), (min(PART_LENGTH, count - start), 4))
        crops = pictures[chosen].mean(axis=1, dtype=np.float32).astype(np.uint8)
        moved = embeddings[chosen[:, 0]] + APART * dice.standard_normal((len(chosen), embeddings.shape[1]))
        inspections = [
            Inspection(None, Measures(*dice.random(len(Measures.__dataclass_fields__))), crop, own.astype(np.float32))
            for crop, own in zip(crops, moved, strict=True)
        ]
        write_part(parts / f"{start // PART_LENGTH:06d}.npz", inspections, size)


def measured(dataset: Path, work: Path, count: int, threads: int) -> str:
    """A row of the table, measured in this process."""
    write_table(work / "photographs", count)
    command = Prepare("folder", work / "photographs", work / "out", size=64, workers=threads)

    def instead(*_: object) -> None:
        write_parts(dataset, work / "out" / PARTS, count)

    vars(preparation)["inspect_all"] = instead
    with Watch() as preparing:
        command.run()
    with Watch() as opening:
        opened = open_dataset(work / "out")
    assert len(opened) == count
    shutil.rmtree(work)
    return (
        f"| {count:,} | {preparing.most:.0f} | {preparing.seconds:.0f} | {opening.most:.0f} | {opening.seconds:.1f} |"
    )


def main() -> None:
    """Measure each count in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder that is made, and removed at the end")
    parser.add_argument("--counts", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(measured(options.dataset, options.work, options.counts[0], options.threads))
        return
    print("| photographs | MB to prepare | seconds | MB with the result open | seconds to open |")
    print("|---:|---:|---:|---:|---:|")
    for count in options.counts:
        own = [str(options.dataset), "--work", str(options.work), "--counts", str(count), "--threads"]
        words = [sys.executable, __file__, *own, str(options.threads), "--one"]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        print(done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
