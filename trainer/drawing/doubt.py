"""Learns to tell, from who is asked for alone, whether the face will be broken: before it is drawn, at next to no cost.

A generator's faults lie in regions of its style: where a judge of pictures finds many, the style says so. A network of
one hidden layer is taught the judge's verdict on some ten thousand faces, and goes into the model file as a second
graph that begins as the first one does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from trainer.drawing.inference import from_model
from trainer.errors import UserError
from trainer.labels.kinds import from_card
from trainer.labels.matrix import drawn_evenly
from trainer.model_file.graph import Graph, Node
from trainer.model_file.network import GraphNetwork
from trainer.model_file.storage import Doubt, ModelFile, half

Judge = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""How faulty pictures uint8 [N, H, W, 3] are, float32 [N]: more is worse."""

HIDDEN = 64
SLOPE = 0.2
EPOCHS, BATCH, RATE, DECAY = 30, 256, 3e-3, 1e-3
HELD_OUT = 0.1
CHUNK = 500
REFUSED = 0.2
"""Share of faces, over all labels evenly, that are refused: of the first default model's then 18 of 23 that the eye
would not take, and none of 119 that it would."""


@dataclass(frozen=True)
class Taught:
    """A model with its doubt, and how much of the judge's verdict on faces not learnt from it explains (R squared)."""

    model: ModelFile
    explained: float


def with_doubt(model: ModelFile, judge: Judge, faces: int = 20_000, refused: float = REFUSED, seed: int = 0) -> Taught:
    """The model with a doubt learnt from `judge` on `faces` of its own, of which the share `refused` is above `most`.

    Raises UserError where there is nothing to learn, or too few faces.
    """
    if faces < 10 * HIDDEN:
        raise UserError(f"{faces} faces teach nothing: give {10 * HIDDEN} or more")
    if not 0 < refused < 1:
        raise UserError(f"share refused {refused}: give more than 0 and less than 1")
    prefix = style_graph(model.graph)
    style = GraphNetwork(prefix, model.tensors)
    styles, verdicts = _drawn_and_judged(model, style, judge, faces, seed)
    if not np.isfinite(verdicts).all() or verdicts.std() == 0:
        raise UserError("the judge finds all faces alike: there is nothing to learn")
    network, explained = _fitted(styles, torch.from_numpy(verdicts), seed)
    nodes, tensors = _layers(prefix.output, network)
    # The threshold is that of the weights as they are stored, in float16.
    stored = {name: value.astype(np.float32) for name, value in half(tensors).items()}
    most = float(np.quantile(_told(styles, nodes, stored), 1 - refused))
    doubt = Doubt(Graph(prefix.inputs, "doubt", (*prefix.nodes, *nodes)), most)
    return Taught(replace(model, tensors={**model.tensors, **stored}, doubt=doubt), explained)


def style_graph(graph: Graph) -> Graph:
    """The graph from the inputs to the vector that the first feature map is made of.

    Raises UserError where the model makes no map from a vector.
    """
    makers = {node.output: node for node in graph.nodes}
    first = next((node for node in graph.nodes if node.op == "reshape" and len(node.attributes["shape"]) == 3), None)
    name = first.inputs[0] if first is not None else ""
    while name in makers and makers[name].op != "linear":
        name = makers[name].inputs[0]
    if name not in makers:
        raise UserError("the model makes no feature map from a vector: no doubt can be learnt")
    style = makers[name].inputs[0]
    wanted, nodes = {style}, []
    for node in reversed(graph.nodes):
        if node.output in wanted:
            nodes.append(node)
            wanted.update(node.inputs)
    if not nodes:
        raise UserError("the model's feature maps are made of its inputs as they are: no doubt can be learnt")
    inputs = {name: shape for name, shape in graph.inputs.items() if name in wanted}
    return Graph(inputs, style, tuple(reversed(nodes)))


def _drawn_and_judged(
    model: ModelFile, style: GraphNetwork, judge: Judge, faces: int, seed: int
) -> tuple[Tensor, NDArray[np.float32]]:
    """Styles [N, S] of people drawn evenly over the model's labels, and the judge's verdicts [N]."""
    generator, labels = from_model(model), from_card(model.card["labels"])
    dice = np.random.default_rng(seed)
    styles, verdicts = [], []
    for start in range(0, faces, CHUNK):
        count = min(CHUNK, faces - start)
        seeds = dice.integers(2**32, size=count)
        given, latents = drawn_evenly(labels, count, dice), generator.latents(seeds)
        inputs = {name: torch.from_numpy(value) for name, value in {"latent": latents, **given}.items()}
        with torch.no_grad():
            styles.append(style(inputs))
        verdicts.append(judge(generator.from_latents(latents, given, seeds)))
    return torch.cat(styles), np.concatenate(verdicts)


def _fitted(styles: Tensor, verdicts: Tensor, seed: int) -> tuple[nn.Sequential, float]:
    """The network [S] -> [1], its standardisation folded in, and R squared on the faces held out."""
    middle, spread = styles.mean(0), styles.std(0) + 1e-6
    wanted = ((verdicts - verdicts.mean()) / verdicts.std())[:, None]
    scaled = (styles - middle) / spread
    learnt = round((1 - HELD_OUT) * len(scaled))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(styles.shape[1], HIDDEN), nn.LeakyReLU(SLOPE), nn.Linear(HIDDEN, 1))
        optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
        steps = EPOCHS * -(-learnt // BATCH)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, steps)
        for _ in range(EPOCHS):
            for rows in torch.randperm(learnt).split(BATCH):
                loss = functional.mse_loss(network(scaled[rows]), wanted[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
    with torch.no_grad():
        left = functional.mse_loss(network(scaled[learnt:]), wanted[learnt:])
        explained = 1 - float(left / wanted[learnt:].var(correction=0))
        first = network[0]
        assert isinstance(first, nn.Linear)
        first.weight.copy_(first.weight / spread)
        first.bias.copy_(first.bias - first.weight @ middle)
    return network, explained


def _layers(style: str, network: nn.Sequential) -> tuple[tuple[Node, ...], dict[str, NDArray[np.float32]]]:
    """The network behind the value `style` as nodes, and its tensors, under names that no other graph uses."""
    names = {part: (f"doubt.{part}.weight", f"doubt.{part}.bias") for part in ("hidden", "last")}
    tensors: dict[str, NDArray[np.float32]] = {}
    for (weight, bias), layer in zip(names.values(), (network[0], network[2]), strict=True):
        assert isinstance(layer, nn.Linear)
        tensors |= {weight: layer.weight.detach().numpy(), bias: layer.bias.detach().numpy()}
    parts = {part: {"weight": weight, "bias": bias} for part, (weight, bias) in names.items()}
    return (
        Node("linear", (style,), "doubt.hidden", parts["hidden"], {}),
        Node("leaky_relu", ("doubt.hidden",), "doubt.active", {}, {"slope": SLOPE}),
        Node("linear", ("doubt.active",), "doubt", parts["last"], {}),
    ), tensors


def _told(styles: Tensor, nodes: tuple[Node, ...], tensors: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """What the nodes behind the style make of styles [N, S]: [N]."""
    begun = replace(nodes[0], inputs=("latent",))
    network = GraphNetwork(Graph({"latent": (styles.shape[1],)}, "doubt", (begun, *nodes[1:])), tensors)
    with torch.no_grad():
        return np.asarray(network({"latent": styles})[:, 0].numpy(), np.float32)
