"""Writing and reading `*.facegan` with the safetensors library."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from trainer.errors import UserError
from trainer.files import parsed_json, write_bytes
from trainer.model_file.graph import Graph, Node, graph_from_json

FORMAT = "facegan/1"
GOLDEN_TENSOR = "golden.images"
GOLDEN_PICTURES, GOLDEN_LATENTS = "golden.pictures", "golden.latents"
MAXIMUM_BYTES = 256 * 2**20
CARD: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("name", "licence", "attribution", "training_data", "light"), str),
    **dict.fromkeys(("latent", "face", "figures", "trainer", "encoder", "doubt"), dict),
    "resolution": int,
    "labels": list,
}
"""What a card's entries are, where they are there."""


@dataclass(frozen=True)
class EncoderPart:
    """A model file's second graph, from a picture to the vector that draws a likeness.

    `tensors` float32 holds all that its graph uses, some of it the generator's as well. `golden`: who is on `pictures`
    uint8 [G, H, W, 3], whose `latents` float32 are [G, L + K].
    """

    graph: Graph
    tensors: Mapping[str, np.ndarray]
    golden: Sequence[Mapping[str, float]]
    pictures: np.ndarray
    latents: np.ndarray


@dataclass(frozen=True)
class Doubt:
    """How doubtful the model is of a face, told before it is drawn.

    `graph` has the generator's inputs and one number as its output, larger for worse; its tensors are among the
    model's. Above `most` a face had better be drawn from another seed.
    """

    graph: Graph
    most: float

    def json(self) -> dict[str, Any]:
        """The doubt as the file's metadata holds it."""
        return {"graph": self.graph.json(), "most": self.most}


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds: `tensors` float32; `golden` (seed, sex, age), its pictures uint8 [G, H, W, 3]."""

    graph: Graph
    card: Mapping[str, Any]
    tensors: Mapping[str, np.ndarray]
    golden: Sequence[Mapping[str, float]]
    golden_images: np.ndarray
    encoder: EncoderPart | None = None
    doubt: Doubt | None = None


def half(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors as float16, as they will be stored. Raises `UserError` if a value does not fit."""
    stored = {}
    for name, value in tensors.items():
        with np.errstate(over="ignore"):
            stored[name] = value.astype(np.float16)
        if not np.isfinite(stored[name]).all():
            raise UserError(f"{name} holds values beyond float16's range: it diverged, export an earlier checkpoint")
    return stored


def as_stored(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors in float32, rounded to what a file holds of them. Raises `UserError` as `half`."""
    return {name: value.astype(np.float32) for name, value in half(tensors).items()}


def write_model(path: Path, model: ModelFile) -> int:
    """Write `model`, weights as float16, whole or not at all. Returns the file's size in bytes. Raises `UserError`."""
    metadata = {
        "format": FORMAT,
        "graph": json.dumps(model.graph.json(), separators=(",", ":")),
        "card": json.dumps(model.card, separators=(",", ":")),
        "golden": json.dumps(list(model.golden), separators=(",", ":")),
    }
    tensors = half(model.tensors)
    if (encoder := model.encoder) is not None:
        metadata["encoder"] = json.dumps(encoder.graph.json(), separators=(",", ":"))
        metadata["encoder_golden"] = json.dumps(list(encoder.golden), separators=(",", ":"))
        tensors |= half(encoder.tensors)
        tensors |= {GOLDEN_PICTURES: encoder.pictures, GOLDEN_LATENTS: encoder.latents.astype(np.float32)}
    if model.doubt is not None:
        metadata["doubt"] = json.dumps(model.doubt.json(), separators=(",", ":"))
    content = save(tensors | {GOLDEN_TENSOR: model.golden_images}, metadata)
    if len(content) > MAXIMUM_BYTES:
        raise UserError(f"{path}: the model takes {len(content):,} bytes, more than the format's {MAXIMUM_BYTES:,}")
    write_bytes(path, content, "choose another --out")
    return len(content)


def read_model(path: Path) -> ModelFile:
    """Read a model file. Raises `UserError` that names the file if it is missing, broken or of another format."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; give a model that `trainer export` wrote")
    if path.stat().st_size > MAXIMUM_BYTES:
        raise UserError(f"{path}: has more than the format's {MAXIMUM_BYTES:,} bytes; export it again")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path}: not a whole model file ({error}); export it again") from error
    if metadata.get("format") != FORMAT:
        raise UserError(f"{path}: format {metadata.get('format')!r}, this trainer reads {FORMAT!r}")
    try:
        graph = graph_from_json(parsed_json(metadata["graph"]))
        card, golden = parsed_json(metadata["card"]), parsed_json(metadata["golden"])
        images = tensors.pop(GOLDEN_TENSOR)
        _check_card(card)
        encoder = read_encoder_part(metadata, tensors) if "encoder" in metadata else None
        doubt = doubt_from_json(parsed_json(metadata["doubt"])) if "doubt" in metadata else None
        weights = used_by(graph.nodes + (doubt.graph.nodes if doubt is not None else ()), tensors)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: its graph, card or golden vectors are broken ({error}); export it again") from error
    return ModelFile(graph, card, weights, golden, images, encoder, doubt)


def _check_card(card: Any) -> None:
    """Raises TypeError for a card that is none, or has an entry of another kind than the format says."""
    if not isinstance(card, dict):
        raise TypeError("its card is no table")
    if wrong := next((name for name, kind in CARD.items() if name in card and not isinstance(card[name], kind)), ""):
        raise TypeError(f"its card's {wrong} is {str(card[wrong])[:40]!r}")
    if not all(isinstance(value, int | float) for value in card.get("face", {}).values()):
        raise TypeError("its card's face tells no numbers")


def used_by(nodes: Sequence[Node], tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors that a graph's nodes name, as float32.

    Raises KeyError for one that there is not, ValueError for one with values that are no numbers.
    """
    names = dict.fromkeys(name for node in nodes for name in node.tensors.values())
    used = {name: tensors[name].astype(np.float32) for name in names}
    if wrong := next((name for name, value in used.items() if not np.isfinite(value).all()), ""):
        raise ValueError(f"{wrong} holds values that are no numbers")
    return used


def read_encoder_part(metadata: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> EncoderPart:
    """The encoder of a file with these entries. Raises what `read_model` catches where it is broken."""
    graph = graph_from_json(parsed_json(metadata["encoder"]))
    golden = parsed_json(metadata.get("encoder_golden", "[]"))
    pictures = tensors.get(GOLDEN_PICTURES, np.empty((0, 0, 0, 3), np.uint8))
    latents = tensors.get(GOLDEN_LATENTS, np.empty((0, 0), np.float32))
    if not len(golden) == len(pictures) == len(latents):
        raise ValueError("its encoder's golden vectors do not fit together")
    return EncoderPart(graph, used_by(graph.nodes, tensors), golden, pictures, latents)


def doubt_from_json(value: Mapping[str, Any]) -> Doubt:
    """The doubt that `Doubt.json` wrote. Raises KeyError, TypeError or ValueError on anything else."""
    most = float(value["most"])
    if not math.isfinite(most):
        raise ValueError(f"a doubt above {most} cannot be")
    return Doubt(graph_from_json(value["graph"]), most)
