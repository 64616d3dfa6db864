r"""Milliseconds a face of the add-on's engine, one thread and all, with either way to multiply matrices.

    python benchmarks/engine.py faces.facegan [--onnx faces.onnx] [--threads 1 2] [--seconds 1.0]

`even light` is what taking the photograph's lamp out costs on top, `photograph in` what a model's encoder takes for a
face, one at a time. `trainer export --onnx` writes the same network for
onnxruntime, which is then timed beside it on the same characters. Run it a second time in an environment whose numpy
was built without BLAS, as official Blender builds ship it:

    pip install --no-binary numpy numpy -Csetup-args=-Dallow-noblas=true -Csetup-args=-Dblas=none \
        -Csetup-args=-Dlapack=none

Each figure is the best of several rounds. `wall` is what a user waits; `processor` is the time all cores spent, which
other programs on the machine disturb less.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from blender_facegan.core.engine.encoder import Encoder
from blender_facegan.core.engine.engine import Engine, verify
from blender_facegan.core.engine.products import Gemm, fastest_gemm
from blender_facegan.core.likeness.light import Evening
from blender_facegan.core.model.encoder_file import has_encoder, read_encoder
from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.model.file import ModelFile, read_model
from blender_facegan.core.people.population import Recipe, latents

ROUNDS = 5
ONNX_BATCH = 16


def crowd(count: int) -> list[Recipe]:
    return [Recipe(seed, (-1.0, 1.0)[seed % 2], 5.0 + seed * 7 % 80) for seed in range(count)]


def best_times(make: Callable[[int], object], seconds: float) -> tuple[float, float]:
    """Wall and processor milliseconds a face: the best of the rounds, each about seconds / ROUNDS long."""
    make(1)
    start = time.perf_counter()
    make(4)
    faces = max(4, min(4096, int(4 * seconds / ROUNDS / (time.perf_counter() - start))))
    walls, processors = [], []
    for _ in range(ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        make(faces)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return min(walls) / faces * 1e3, min(processors) / faces * 1e3


def engine_times(model: ModelFile, threads: int, gemm: Gemm, seconds: float) -> tuple[float, float]:
    engine = Engine(model, threads, gemm)
    return best_times(lambda count: engine.generate(crowd(count)), seconds)


def evening_times(model: ModelFile, gemm: Gemm, seconds: float) -> tuple[float, float]:
    """Of taking the photograph's lamp out of faces that are there, in one thread."""
    card = model.card
    faces = Engine(model).generate(crowd(64))
    evening = Evening(card.resolution, card.eye_distance, card.eye_height, gemm)
    return best_times(lambda count: evening(np.resize(faces, (count, *faces.shape[1:])), 1.0), seconds)


def encoder_times(path: Path, gemm: Gemm, seconds: float) -> tuple[float, float]:
    """Of reading people's vectors from their pictures, one after the other."""
    encoder = Encoder(read_encoder(path), gemm)
    side = encoder.card.resolution
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return best_times(lambda count: [encoder.vector(picture, 1.0, 30.0) for _ in range(count)], seconds)


def onnx_inputs(model: ModelFile, recipes: list[Recipe]) -> dict[str, NDArray[np.float32]]:
    card = model.card
    inputs = {
        "latent": latents([recipe.seed for recipe in recipes], card.latent_size, card.latent_distribution),
        "sex": np.array([[recipe.sex] for recipe in recipes], np.float32),
        "age": np.array([[recipe.age] for recipe in recipes], np.float32),
    }
    return {name: inputs[name] for name in model.graph.inputs}


def onnx_times(model: ModelFile, path: Path, threads: int, seconds: float) -> tuple[float, float]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def make(count: int) -> None:
        for first in range(0, count, ONNX_BATCH):
            session.run(None, onnx_inputs(model, crowd(count)[first : first + ONNX_BATCH]))

    return best_times(make, seconds)


def blas_name() -> str:
    config: Any = np.show_config(mode="dicts")
    return str(config["Build Dependencies"]["blas"]["name"])


def report(model: ModelFile, onnx: Path | None, thread_counts: list[int], seconds: float) -> None:
    print(f"{model.path}: {model.card.name}, {model.graph.multiply_adds / 1e6:.1f} million multiply-adds, node by node")
    print(f"numpy {np.__version__}, BLAS: {blas_name()}; chosen here: {fastest_gemm()}; {os.cpu_count()} cores")
    print(f"golden pictures kept to {verify(model):.0f}/255")
    print(f"{'':28}{'wall':>8}{'processor':>12}   ms a face")
    for threads in thread_counts:
        show("engine, blas", threads, engine_times(model, threads, "blas", seconds))
        show("engine, einsum", threads, engine_times(model, threads, "einsum", seconds))
        if onnx is not None:
            show("onnxruntime", threads, onnx_times(model, onnx, threads, seconds))
    show("even light, blas", 1, evening_times(model, "blas", seconds))
    show("even light, einsum", 1, evening_times(model, "einsum", seconds))
    if has_encoder(model.path):
        show("photograph in, blas", 1, encoder_times(Path(model.path), "blas", seconds))
        show("photograph in, einsum", 1, encoder_times(Path(model.path), "einsum", seconds))


def show(name: str, threads: int, times: tuple[float, float]) -> None:
    wall, processor = times
    label = f"{name}, {threads} thread{'s' * (threads > 1)}"
    print(f"{label:28}{wall:8.2f}{processor:12.2f}", flush=True)


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
