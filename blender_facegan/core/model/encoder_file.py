"""Reads the second graph of a model file: the encoder, which turns a face into a latent (docs/model-format.md)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .card import Card, parse_card
from .errors import ModelFileError, shown
from .file import OFFSETS, check_format, checked_graph, json_entry, read_weights
from .graph import Graph
from .operations import GraphError
from .safetensors import TensorFile

_ENTRY, _GOLDEN = "encoder", "encoder_golden"
_PICTURES, _LATENTS = "golden.pictures", "golden.latents"
_MAX_GOLDEN = 64
_REMEDY = "choose one that trainer encoder has made, or take in a cast file of it"


@dataclass(frozen=True)
class GoldenFace:
    """A face, uint8 [H, W, 3], sRGB, with its sex and age, and the vector that the encoder must give, float32 [V]."""

    sex: float
    age: float
    picture: NDArray[np.uint8]
    vector: NDArray[np.float32]


@dataclass(frozen=True)
class EncoderFile:
    """A checked encoder. `tensors` holds what its graph uses, float32, read-only, by the file's names."""

    path: str
    card: Card
    graph: Graph
    tensors: Mapping[str, NDArray[np.float32]]
    golden: tuple[GoldenFace, ...]


def has_encoder(path: str | os.PathLike[str]) -> bool:
    """Whether the model file says that it has an encoder. Raises ModelFileError for one that cannot be read."""
    with TensorFile(path) as file:
        check_format(file)
        return _ENTRY in file.metadata


def vector_size(path: str | os.PathLike[str]) -> int:
    """Numbers of the vector that may stand in a seed's place: see `ModelFile.vector_size`. Raises ModelFileError."""
    with TensorFile(path) as file:
        check_format(file)
        return parse_card(file.path, json_entry(file, "card")).latent_size + _offsets(json_entry(file, "graph"))


def read_encoder(path: str | os.PathLike[str]) -> EncoderFile:
    """Reads and checks the encoder of a model file, as `read_model` does its generator.

    Raises ModelFileError: for a model without one, too.
    """
    with TensorFile(path) as file:
        check_format(file)
        if _ENTRY not in file.metadata:
            raise ModelFileError(path, "has no encoder, so it cannot read photographs", _REMEDY)
        card = parse_card(file.path, json_entry(file, "card"))
        size = card.latent_size + _offsets(json_entry(file, "graph"))
        graph = checked_graph(
            file, _ENTRY, json_entry(file, _ENTRY), lambda graph: _check_ends(graph, card.resolution, size)
        )
        used = {name for node in graph.nodes for name in node.tensors.values()}
        tensors = {name: read_weights(file, name) for name in sorted(used)}
        golden = _read_golden(file, card.resolution, size)
    return EncoderFile(file.path, card, graph, MappingProxyType(tensors), golden)


def _offsets(generator: Any) -> int:
    """Size of the generator's input for offsets; 0 where it has none, or is no graph, which others tell."""
    inputs = generator.get("inputs") if isinstance(generator, dict) else None
    shape = inputs.get(OFFSETS) if isinstance(inputs, dict) else None
    return shape[0] if isinstance(shape, list) and len(shape) == 1 and type(shape[0]) is int else 0


def _check_ends(graph: Graph, side: int, size: int) -> None:
    expected: Mapping[str, tuple[int, ...]] = {"picture": (side, side, 3), "sex": (1,), "age": (1,)}
    for name, shape in graph.inputs.items():
        if name not in expected:
            raise GraphError(f"its input {shown(name)} is not picture, sex or age")
        if shape != expected[name]:
            raise GraphError(f"its input {shown(name)} is {list(shape)}, not {list(expected[name])}")
    if "picture" not in graph.inputs:
        raise GraphError("it has no input picture")
    if graph.shapes[graph.output] != (size,):
        raise GraphError(f"its output is {list(graph.shapes[graph.output])}, not {[size]}")


def _read_golden(file: TensorFile, side: int, size: int) -> tuple[GoldenFace, ...]:
    if _GOLDEN not in file.metadata:
        return ()
    listed = json_entry(file, _GOLDEN)
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MAX_GOLDEN:
        raise ModelFileError(file.path, f"does not have 1 to {_MAX_GOLDEN} golden vectors of its encoder")
    count = len(listed)
    if file.shapes.get(_PICTURES) != (count, side, side, 3) or not file.is_bytes(_PICTURES):
        raise ModelFileError(file.path, f"has no U8 tensor {_PICTURES} of shape {[count, side, side, 3]}")
    if file.shapes.get(_LATENTS) != (count, size) or file.is_bytes(_LATENTS):
        raise ModelFileError(file.path, f"has no tensor {_LATENTS} of shape {[count, size]}")
    pictures, vectors = file.read(_PICTURES), read_weights(file, _LATENTS)
    return tuple(
        GoldenFace(*_sex_and_age(file.path, entry), picture, vector)
        for entry, picture, vector in zip(listed, pictures, vectors, strict=True)
    )


def _sex_and_age(path: str, entry: Any) -> tuple[float, float]:
    good = (
        isinstance(entry, dict)
        and set(entry) == {"sex", "age"}
        and all(type(value) in (int, float) for value in entry.values())
        and -1 <= entry["sex"] <= 1
        and -1e6 <= entry["age"] <= 1e6
    )
    if not good:
        raise ModelFileError(path, f"has a golden vector of its encoder that is nobody: {shown(entry)}")
    return float(entry["sex"]), float(entry["age"])
