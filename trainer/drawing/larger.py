"""A model file that draws another one's people larger: the same graph, and behind it the tail of a trained generator.

All that the smaller file knows of people is kept to the bit: who a seed is, what offsets add, which faces are broken.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from trainer.drawing.doubt import style_graph
from trainer.drawing.inference import TrainedGenerator, from_model, golden_pictures
from trainer.drawing.sheets import pictures_of
from trainer.errors import UserError
from trainer.labels.kinds import from_card
from trainer.labels.matrix import label_matrix
from trainer.model_file.graph import Graph, GraphBuilder, Node
from trainer.model_file.lowering import lower_detail, lower_styles
from trainer.model_file.storage import ModelFile, as_stored
from trainer.networks.detail import DetailedGenerator

SEEDS = 16
STRANGER = 6.0
"""Mean difference of pictures, in levels of 255, beyond which two bodies draw different people."""
OF_THE_BODY = ("labels", "doubt", "light", "face")
"""What a card tells of people, whatever their pictures' size."""


def larger_model(body: ModelFile, trained: TrainedGenerator, card: Mapping[str, Any], detail: float = 1.0) -> ModelFile:
    """The model that draws the `body`'s people twice as large, by the tail of `trained`; without an encoder.

    `detail`: what share of the tail's own is added to the enlarged picture, 0 to 1. The golden pictures are those of
    the body's golden people. Raises `UserError` where the tail was trained behind another body, or its own has learnt
    since.
    """
    network = trained.network
    if not isinstance(network, DetailedGenerator):
        raise UserError("--body: this is a generator without a tail (generator.detail_channels); leave it out")
    _check_labels(body, card)
    _check_people(body, network)
    graph, own = _behind(body.graph, network, detail)
    tensors = {**body.tensors, **as_stored(own)}
    told = {name: body.card[name] for name in OF_THE_BODY if name in body.card}
    model = replace(body, graph=graph, card={**card, **told}, tensors=tensors, encoder=None)
    return replace(model, golden_images=golden_pictures(from_model(model), model.golden))


def variety_of(body: ModelFile) -> float:
    """The variety that a model file was exported with; 1 where its card does not tell. Raises `UserError`."""
    variety = body.card.get("trainer", {}).get("variety", 1.0)
    if not isinstance(variety, int | float):
        raise UserError(f"--body: its card's variety is {variety!r}, no number; export it again")
    return float(variety)


def _check_labels(body: ModelFile, card: Mapping[str, Any]) -> None:
    asked = [[(label.name, label.columns) for label in from_card(one["labels"])] for one in (body.card, card)]
    if asked[0] != asked[1] or body.card["latent"] != card["latent"]:
        raise UserError("--body: asks for other labels or latents than the generator; give the model it started from")
    if 2 * int(body.card["resolution"]) != int(card["resolution"]):
        raise UserError(f"--body draws {body.card['resolution']} pixels, and a tail makes twice as many: leave it out")


@torch.no_grad()
def _check_people(body: ModelFile, network: DetailedGenerator) -> None:
    """Whether both draw the same people, by a few that are asked for nothing."""
    generator, seeds = from_model(body), np.arange(SEEDS)
    latents = generator.latents(seeds)
    matrix = torch.from_numpy(label_matrix(generator.labels, {}, seeds))
    own = pictures_of(network.both(torch.from_numpy(latents), matrix)[0])
    apart = generator.from_latents(latents, {}, seeds).astype(np.float32) - own
    if float(np.abs(apart).mean()) > STRANGER:
        raise UserError(
            "--body draws other people than the generator before its tail, which has learnt since or began as another;"
            " give a checkpoint of the stretch in which the tail plays alone, or leave --body out"
        )


@torch.no_grad()
def _behind(body: Graph, network: DetailedGenerator, detail: float) -> tuple[Graph, dict[str, np.ndarray]]:
    """The body's graph with the tail behind it, and the tail's own tensors."""
    tail = deepcopy(network.detail)
    for parameter in tail.to_rgb.parameters():
        parameter.mul_(detail)
    style, features = style_graph(body).output, _last_features(body)
    picture = f"picture.{len(body.nodes)}"
    nodes = [replace(node, output=picture) if node.output == body.output else node for node in body.nodes]
    builder = GraphBuilder(dict(body.inputs), nodes)
    ((scale, shift),) = lower_styles(builder, [tail.features], style)
    image = lower_detail(builder, tail, picture, features, (scale, shift))
    return builder.finish(image), builder.tensors


def _last_features(graph: Graph) -> str:
    """The last feature maps of a `crowd` generator's graph: those that its last doubling reads."""
    makers: dict[str, Node] = {node.output: node for node in graph.nodes}
    shuffle = next(node for node in reversed(graph.nodes) if node.op == "pixel_shuffle")
    return makers[shuffle.inputs[0]].inputs[0]
