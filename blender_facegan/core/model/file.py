"""Reads a model file (docs/model-format.md) as if an enemy had written it."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .card import Card, parse_card
from .errors import ModelFileError, shown
from .graph import Graph, UnknownOperationError, parse_graph
from .operations import GraphError, Shape
from .safetensors import TensorFile, parse_json

FORMAT = 1
OFFSETS = "offsets"
"""An input beside the latent, 0 for every character drawn from a seed: see docs/model-format.md, "Encoder"."""
_GOLDEN_IMAGES = "golden.images"
_MAX_GOLDEN = 64
_DOUBT = "doubt"
_MAX_DOUBT = 10_000_000
"""Multiply-adds of a doubt: it is asked of faces that are never drawn, and must cost little beside them."""
_LARGEST = 1e30
_NEWER = "update the add-on, or choose an older model"


@dataclass(frozen=True)
class Golden:
    """A character and the picture that the model must give for it: uint8 [H, W, 3], sRGB."""

    seed: int
    sex: float
    age: float
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class Doubt:
    """How doubtful the model is of a face before it is drawn: a graph of one number, and the most that will do."""

    graph: Graph
    most: float


@dataclass(frozen=True)
class ModelFile:
    """A checked model. `tensors` holds what its graphs use, float32, read-only, by the file's names."""

    path: str
    card: Card
    graph: Graph
    tensors: Mapping[str, NDArray[np.float32]]
    golden: tuple[Golden, ...]
    doubt: Doubt | None = None

    @property
    def vector_size(self) -> int:
        """Numbers of the vector that may stand in a seed's place: the latent, and offsets where the graph has any."""
        (offsets,) = self.graph.inputs.get(OFFSETS, (0,))
        return self.card.latent_size + offsets


def read_model(path: str | os.PathLike[str]) -> ModelFile:
    """Reads and checks a model file.

    Every limit of docs/model-format.md ("Hostile files") is checked before the weights are read; weights are finite.
    Raises ModelFileError: one line with the file's name, the reason and the remedy.
    """
    with TensorFile(path) as file:
        check_format(file)
        card = parse_card(file.path, json_entry(file, "card"))
        graph = _read_graph(file, card)
        golden, doubt = _read_golden(file, card), _read_doubt(file, card)
        nodes = graph.nodes + (doubt.graph.nodes if doubt is not None else ())
        used = {name for node in nodes for name in node.tensors.values()}
        tensors = {name: read_weights(file, name) for name in sorted(used)}
    return ModelFile(file.path, card, graph, MappingProxyType(tensors), golden, doubt)


def has_doubt(path: str | os.PathLike[str]) -> bool:
    """Whether the model file says which of its faces are broken. Raises ModelFileError for one that cannot be read."""
    with TensorFile(path) as file:
        check_format(file)
        return _DOUBT in file.metadata


def read_card(path: str | os.PathLike[str]) -> Card:
    """The card alone, without the weights. Raises ModelFileError as `read_model` does, for less."""
    with TensorFile(path) as file:
        check_format(file)
        return parse_card(file.path, json_entry(file, "card"))


def model_digest(path: str | os.PathLike[str]) -> str:
    """What tells the model file from others: the first 16 digits of its SHA-256. Raises ModelFileError."""
    try:
        state = Path(path).stat()
        return _digest(os.fspath(path), state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise ModelFileError(path, f"cannot be read ({error.strerror})", "check its name and permissions") from error


@lru_cache(maxsize=16)
def _digest(path: str, _changed: int, _size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]


def check_format(file: TensorFile) -> None:
    """Raises ModelFileError where the open file is no model of this format."""
    name, _, number = file.metadata.get("format", "").partition("/")
    if name != "facegan" or not number.isascii() or not number.isdecimal() or len(number) > 9:
        remedy = "choose a .facegan file, as written by the trainer's export"
        raise ModelFileError(file.path, "is not a Crowd Faces model", remedy)
    if int(number) != FORMAT:
        raise ModelFileError(file.path, f"has the format {int(number)}; this add-on reads {FORMAT}", _NEWER)


def json_entry(file: TensorFile, key: str) -> Any:
    """The JSON value of an entry of the metadata. Raises ModelFileError."""
    if key not in file.metadata:
        raise ModelFileError(file.path, f"has no {key} in its metadata")
    return parse_json(file.path, f"the {key}", file.metadata[key])


def _read_graph(file: TensorFile, card: Card) -> Graph:
    side = card.resolution
    data = json_entry(file, "graph")
    return checked_graph(file, "graph", data, lambda graph: _check_ends(graph, card, (side, side, 3)))


def checked_graph(file: TensorFile, key: str, data: Any, check: Callable[[Graph], None]) -> Graph:
    """The graph of the entry `key`, from its JSON value. check: raises GraphError where it will not do.

    Raises ModelFileError.
    """
    weights = {name: shape for name, shape in file.shapes.items() if not file.is_bytes(name)}
    try:
        graph = parse_graph(data, weights)
        check(graph)
    except UnknownOperationError as error:
        raise ModelFileError(file.path, f"cannot be run: {error}", _NEWER) from error
    except GraphError as error:
        raise ModelFileError(file.path, f"has a wrong {key}: {error}") from error
    return graph


def _read_doubt(file: TensorFile, card: Card) -> Doubt | None:
    if _DOUBT not in file.metadata:
        return None
    data = json_entry(file, _DOUBT)
    if not isinstance(data, dict) or set(data) != {"graph", "most"}:
        raise ModelFileError(file.path, "has a doubt that is not exactly a graph and the most that will do")
    if type(data["most"]) not in (int, float) or not -_LARGEST <= data["most"] <= _LARGEST:
        raise ModelFileError(
            file.path, f"has a doubt whose most is no number within {_LARGEST:g}: {shown(data['most'])}"
        )

    def check(graph: Graph) -> None:
        _check_ends(graph, card, (1,))
        if graph.multiply_adds > _MAX_DOUBT:
            raise GraphError(f"it takes more than {_MAX_DOUBT} multiply-adds a face")

    return Doubt(checked_graph(file, _DOUBT, data["graph"], check), float(data["most"]))


def _check_ends(graph: Graph, card: Card, output: Shape) -> None:
    """The graph's inputs are those that the card speaks of, its output is of the shape that is asked for."""
    for name, shape in graph.inputs.items():
        label = card.label(name)
        if name == "latent":
            expected = (card.latent_size,)
        elif label is not None:
            expected = (label.size,)
        elif name == OFFSETS and len(shape) == 1:
            continue
        else:
            raise GraphError(f"its input {shown(name)} is no label of the card")
        if shape != expected:
            raise GraphError(f"its input {shown(name)} is {list(shape)}; the card says {list(expected)}")
    if graph.shapes[graph.output] != output:
        raise GraphError(f"its output is {list(graph.shapes[graph.output])}, not {list(output)}")


def _read_golden(file: TensorFile, card: Card) -> tuple[Golden, ...]:
    listed = json_entry(file, "golden")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MAX_GOLDEN:
        raise ModelFileError(file.path, f"does not have 1 to {_MAX_GOLDEN} golden vectors")
    shape = (len(listed), card.resolution, card.resolution, 3)
    if file.shapes.get(_GOLDEN_IMAGES) != shape or not file.is_bytes(_GOLDEN_IMAGES):
        raise ModelFileError(file.path, f"has no U8 tensor {_GOLDEN_IMAGES} of shape {list(shape)}")
    images = file.read(_GOLDEN_IMAGES)
    return tuple(_parse_golden(file.path, entry, image) for entry, image in zip(listed, images, strict=True))


def _parse_golden(path: str, entry: Any, image: NDArray[np.uint8]) -> Golden:
    good = (
        isinstance(entry, dict)
        and set(entry) == {"seed", "sex", "age"}
        and type(entry["seed"]) is int
        and 0 <= entry["seed"] < 2**32
        and all(type(entry[key]) in (int, float) for key in ("sex", "age"))
        and -1 <= entry["sex"] <= 1
        and -1e6 <= entry["age"] <= 1e6
    )
    if not good:
        raise ModelFileError(path, f"has a golden vector that is no character: {shown(entry)}")
    return Golden(entry["seed"], float(entry["sex"]), float(entry["age"]), image)


def read_weights(file: TensorFile, name: str) -> NDArray[np.float32]:
    """A tensor as float32, read-only. Raises ModelFileError for values that are not finite."""
    weights = file.read(name).astype(np.float32)
    if not np.isfinite(weights).all():
        raise ModelFileError(file.path, f"has a tensor {shown(name)} with values that are not numbers")
    weights.flags.writeable = False
    return weights
