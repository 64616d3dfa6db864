r"""Milliseconds a face of the add-on's engine, one thread and all, and of what is done to a face beside it.

    python benchmarks/engine.py faces.facegan [--onnx faces.onnx] [--threads 1 2] [--seconds 1.0]

`trainer export --onnx` writes the same network for onnxruntime, which is then timed on the same characters, in turns
with the engine, so that what disturbs one disturbs the other. `photograph in` is what a model's encoder takes for a
face, one at a time. `beside` is what pages take but for the engine: PNG,
skins, likeness, even light. Run it a second time in an environment whose numpy was built without BLAS, as official
Blender builds ship it:

    pip install --no-binary numpy numpy -Csetup-args=-Dallow-noblas=true -Csetup-args=-Dblas=none \
        -Csetup-args=-Dlapack=none

Each figure is the best of several rounds, `median` the middle of them. `wall` is what a user waits; `processor` is the
time all cores spent, which other programs on the machine disturb less.
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from blender_facegan.core.atlas.drawing import effective_light
from blender_facegan.core.atlas.request import Request, Wanted
from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.engine.encoder import Encoder
from blender_facegan.core.engine.engine import Engine, verify
from blender_facegan.core.engine.products import Gemm, fastest_gemm
from blender_facegan.core.likeness.descriptors import LIKENESS
from blender_facegan.core.model.encoder_file import has_encoder, read_encoder
from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.model.file import ModelFile, read_model
from blender_facegan.core.people.population import Recipe, latents

ROUNDS = 7
LEAST = 192
"""Faces of a turn at least: enough for every thread."""
ONNX_BATCH = 16
Making = Callable[[int], object]
"""Makes so many faces."""


def crowd(count: int) -> list[Recipe]:
    return [Recipe(seed, (-1.0, 1.0)[seed % 2], 5.0 + seed * 7 % 80) for seed in range(count)]


class Times(NamedTuple):
    """Milliseconds a face: wall, its median over the rounds, and processor."""

    wall: float
    median: float
    processor: float


def times_in_turns(ways: Mapping[str, Making], seconds: float) -> dict[str, Times]:
    """The best of the rounds of each way, in each of which all have their turn, about seconds / ROUNDS long."""
    counts, walls, processors = {}, defaultdict(list), defaultdict(list)
    for name, make in ways.items():
        make(LEAST)
        start = time.perf_counter()
        make(LEAST)
        counts[name] = min(4096, max(1, int(seconds / ROUNDS / (time.perf_counter() - start))) * LEAST)
    for _ in range(ROUNDS):
        for name, make in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            make(counts[name])
            walls[name].append((time.perf_counter() - wall) / counts[name] * 1e3)
            processors[name].append((time.process_time() - processor) / counts[name] * 1e3)
    return {name: Times(min(walls[name]), median(walls[name]), min(processors[name])) for name in ways}


def engine_making(model: ModelFile, threads: int, gemm: Gemm) -> Making:
    engine = Engine(model, threads, gemm)
    return lambda count: engine.generate(crowd(count))


def encoding(path: str) -> Making:
    """People's vectors read from their pictures, one after the other."""
    encoder = Encoder(read_encoder(path))
    side = encoder.card.resolution
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return lambda count: [encoder.vector(picture, 1.0, 30.0) for _ in range(count)]


def page_making(model: ModelFile, threads: int, likeness: float | None, even_light: float) -> Making:
    """Whole pages, as Populate has them made."""

    def make(count: int) -> None:
        wanted = [Wanted(index, recipe, key=str(index), may_change=True) for index, recipe in enumerate(crowd(count))]
        request = Request(Path(model.path), wanted, threads=threads, likeness=likeness, even_light=even_light)
        make_faces(request, lambda *_: None, lambda: False)

    return make


def onnx_inputs(model: ModelFile, recipes: list[Recipe]) -> dict[str, NDArray[np.float32]]:
    card = model.card
    inputs = {
        "latent": latents([recipe.seed for recipe in recipes], card.latent_size, card.latent_distribution),
        "sex": np.array([[recipe.sex] for recipe in recipes], np.float32),
        "age": np.array([[recipe.age] for recipe in recipes], np.float32),
    }
    # What else a model is asked, such as a skin, costs the same whatever it is.
    return {
        name: inputs[name] if name in inputs else np.zeros((len(recipes), *shape), np.float32)
        for name, shape in model.graph.inputs.items()
    }


def onnx_making(model: ModelFile, path: Path, threads: int) -> Making:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def make(count: int) -> None:
        recipes = crowd(count)
        for first in range(0, count, ONNX_BATCH):
            (faces,) = session.run(None, onnx_inputs(model, recipes[first : first + ONNX_BATCH]))
            np.clip(np.rint((faces + 1) * np.float32(127.5)), 0, 255).astype(np.uint8)

    return make


def blas_name() -> str:
    config: Any = np.show_config(mode="dicts")
    return str(config["Build Dependencies"]["blas"]["name"])


def report(model: ModelFile, onnx: Path | None, thread_counts: list[int], seconds: float) -> None:
    print(f"{model.path}: {model.card.name}, {model.graph.multiply_adds / 1e6:.1f} million multiply-adds, node by node")
    print(f"numpy {np.__version__}, BLAS: {blas_name()}; chosen here: {fastest_gemm()}; {os.cpu_count()} cores")
    print(f"golden pictures kept to {verify(model):.0f}/255")
    print(f"{'':36}{'wall':>8}{'median':>8}{'processor':>12}   ms a face")
    ways: dict[str, Making] = {}
    for threads in thread_counts:
        ways[named("engine", threads)] = engine_making(model, threads, fastest_gemm())
        if onnx is not None:
            ways[named("onnxruntime", threads)] = onnx_making(model, onnx, threads)
    if has_encoder(model.path):
        ways["photograph in"] = encoding(model.path)
    for name, times in times_in_turns(ways, seconds).items():
        show(name, times)
    slower: Gemm = "einsum" if fastest_gemm() == "blas" else "blas"
    (other,) = times_in_turns({slower: engine_making(model, 1, slower)}, seconds).values()
    show(named(f"engine, {slower}", 1), other)
    report_beside(model, seconds)
    report_crowd(model, max(thread_counts))


def report_beside(model: ModelFile, seconds: float) -> None:
    """What pages take beside the engine, in one thread and in turns with it."""
    light = effective_light(model.card, 1.0)
    ways = {
        "engine": engine_making(model, 1, fastest_gemm()),
        "beside: PNG, skins": page_making(model, 1, None, 0.0),
        "beside: and likeness": page_making(model, 1, LIKENESS, 0.0),
    }
    if light:
        ways["beside: and even light"] = page_making(model, 1, LIKENESS, light)
    found = times_in_turns(ways, 2 * seconds)
    engine = found.pop("engine")
    for name, times in found.items():
        show(name, Times(*(own - engines for own, engines in zip(times, engine, strict=True))))


def report_crowd(model: ModelFile, threads: int) -> None:
    light = effective_light(model.card, 1.0)
    for even_light in sorted({0.0, light}):
        start = time.perf_counter()
        page_making(model, threads, LIKENESS, even_light)(1000)
        told = ", even light" * bool(even_light)
        print(f"1,000 faces on pages, {threads} threads{told}: {time.perf_counter() - start:.2f} s", flush=True)


def named(what: str, threads: int) -> str:
    return f"{what}, {threads} thread{'s' * (threads > 1)}"


def show(name: str, times: Times) -> None:
    print(f"{name:36}{times.wall:8.2f}{times.median:8.2f}{times.processor:12.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--onnx", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure")
    arguments = parser.parse_args()
    try:
        model = read_model(arguments.model)
    except ModelFileError as error:
        parser.error(str(error))
    if arguments.onnx is not None and not arguments.onnx.is_file():
        parser.error(f"{arguments.onnx}: does not exist; write it with `trainer export --onnx`")
    report(model, arguments.onnx, arguments.threads, arguments.seconds)


if __name__ == "__main__":
    main()
