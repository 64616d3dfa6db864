"""From a checkpoint to one model file: EMA weights, batch norm folded, a card, golden vectors."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainer import __version__
from trainer.checkpoints import FACTS, facts_of_run, run_folder
from trainer.drawing.doubt import Lesson, with_doubt
from trainer.drawing.encoders import TrainedEncoder, load_encoder
from trainer.drawing.inference import TrainedGenerator, basic_card, from_model, golden_pictures, load_trained
from trainer.drawing.larger import larger_model
from trainer.errors import UserError
from trainer.model_file.encoder_lowering import lowered_encoder
from trainer.model_file.graph import Graph
from trainer.model_file.lowering import lowered
from trainer.model_file.network import GraphNetwork
from trainer.model_file.storage import EncoderPart, ModelFile, as_stored, write_model
from trainer.provenance import commit_of_trainer

AS_PHOTOGRAPHED = "photographs"
"""What a card says of the light where a dataset says nothing: faces as they were lit."""
GOLDEN = (
    {"seed": 1, "sex": -1.0, "age": 25.0},
    {"seed": 2, "sex": 1.0, "age": 60.0},
    {"seed": 3, "sex": -1.0, "age": 6.0},
)


def described(source: Mapping[str, Any]) -> str:
    """One source of pictures in words."""
    return f"{source['title']}, {source['photographs']:,} photographs"


def full_card(trained: TrainedGenerator, facts: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The card of docs/model-format.md. `overrides` (name, licence, figures ...) win over what is derived."""
    crop = facts.get("geometry", {})
    sources = facts.get("sources", [])
    card = {
        "name": f"Faces {trained.config.resolution}",
        "licence": " AND ".join(dict.fromkeys(source["licence"] for source in sources)) or "LicenseRef-unknown",
        "attribution": "; ".join(dict.fromkeys(source["attribution"] for source in sources)),
        "training_data": "; ".join(described(source) for source in sources),
        **basic_card(trained),
        "light": facts.get("light", AS_PHOTOGRAPHED),
        **({"background": facts["background"]} if "background" in facts else {}),
        "face": {key: crop[key] for key in ("eye_distance", "eye_height") if key in crop},
        "figures": {},
        "trainer": {
            "version": __version__,
            "commit": commit_of_trainer(),
            "preset": trained.config.preset,
            "images_seen": trained.images,
            "history": list(trained.history),
            "dataset": {
                "fingerprint": facts.get("fingerprint", ""),
                "sources": [source["name"] for source in sources],
                "split": facts.get("split", {}),
                **({"decisions": facts["decisions"]} if "decisions" in facts else {}),
            },
        },
    }
    return card | dict(overrides)


def build_model(trained: TrainedGenerator, card: Mapping[str, Any], encoder: TrainedEncoder | None = None) -> ModelFile:
    """The model file's content; the golden pictures are drawn with the weights as they are stored, in float16."""
    graph, builder = lowered(trained.network, trained.labels, encoder.generator.offsets if encoder else None)
    tensors = as_stored(builder.tensors)
    empty = ModelFile(graph, card, tensors, GOLDEN, np.empty((0, 0, 0, 3), np.uint8))
    model = replace(empty, golden_images=golden_pictures(from_model(empty), GOLDEN))
    return model if encoder is None else replace(model, encoder=encoder_part(encoder, model, builder.tensors))


def encoder_part(encoder: TrainedEncoder, model: ModelFile, tensors: Mapping[str, np.ndarray]) -> EncoderPart:
    """The second graph of the model, whose own `tensors` are float32 and not yet rounded.

    Its golden pictures are the model's own, so that no photograph stands in the file.
    """
    side = int(model.card["resolution"])
    graph, own = lowered_encoder(encoder.network, encoder.generator, side, tensors)
    stored = {**as_stored(own), **{name: model.tensors[name] for name in shared_names(graph, own)}}
    people = [{name: float(one[name]) for name in ("sex", "age")} for one in model.golden]
    inputs = {"picture": torch.from_numpy(model.golden_images).float() / 127.5 - 1.0}
    inputs |= {name: torch.tensor([[one[name]] for one in people]) for name in ("sex", "age") if name in graph.inputs}
    with torch.no_grad():
        latents = GraphNetwork(graph, stored)(inputs).numpy()
    return EncoderPart(graph, stored, people, model.golden_images, latents)


def shared_names(graph: Graph, own: Mapping[str, np.ndarray]) -> list[str]:
    """The tensors that a graph names and that are not its `own`."""
    return sorted({name for node in graph.nodes for name in node.tensors.values()} - own.keys())


def export(
    run: Path,
    out: Path,
    overrides: Mapping[str, Any],
    calibration: int | None = None,
    variety: float = 1.0,
    encoder: Path | None = None,
    body: ModelFile | None = None,
    detail: float = 1.0,
    lesson_for: Callable[[Mapping[str, Any]], Lesson | None] | None = None,
) -> tuple[ModelFile, int]:
    """Write the newest checkpoint of `run` (or the checkpoint file `run`) to `out`. Returns the model and its bytes.

    `encoder`: what `trainer encoder` has trained for it, written as its second graph. `lesson_for`: by a
    model's card, who teaches it which of its faces are broken, and on how many. `body`: the model file whose people
    this one draws larger: what it knows of them is taken over, and nothing else is learnt. Raises `UserError`.
    """
    torch.manual_seed(0)
    trained = load_trained(run, calibration, variety)
    learnt = None if encoder is None else load_encoder(encoder, trained)
    if (facts := facts_of_run(run)) is None:
        raise UserError(f"{run_folder(run) / FACTS}: is not there, and tells the licence of the pictures; put it there")
    try:
        card = full_card(trained, facts, overrides)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UserError(
            f"{run_folder(run) / FACTS}: damaged ({type(error).__name__}: {error}); put the one of the run's"
            " dataset in its place"
        ) from error
    card["trainer"]["variety"] = variety
    if body is not None:
        card["trainer"]["detail"] = detail
    if learnt is not None:
        card["encoder"] = dict(learnt.facts)
    model = build_model(trained, card, learnt) if body is None else larger_model(body, trained, card, detail)
    lesson = lesson_for(card) if lesson_for is not None and body is None else None
    if lesson is not None:
        model = taught(model, lesson)
    return model, write_model(out, model)


def doubt_in_words(card: Mapping[str, Any]) -> str:
    """How many of its faces a model with this card refuses, in a line; empty where it has no doubt."""
    if not (facts := card.get("doubt")):
        return ""
    return (
        f"{facts['refused']:.1%} of faces refused, over all labels evenly; it explains {facts['explained']:.2f} of the"
        f" judge's verdict (R squared, {facts['faces']:,} faces)"
    )


def taught(model: ModelFile, lesson: Lesson) -> ModelFile:
    """The model with a doubt, of which its card tells; as it is where none can be learnt, and none is required."""
    try:
        with_own = with_doubt(model, lesson)
    except UserError as error:
        if lesson.required:
            raise
        lesson.say(f"no doubt is learnt: {error}")
        return model
    facts = {"faces": lesson.faces, "refused": round(with_own.refused, 4), "explained": round(with_own.explained, 4)}
    return replace(with_own.model, card={**model.card, "doubt": facts})
