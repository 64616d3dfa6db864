"""Learns to tell, from who is asked for alone, whether the face will be broken: before it is drawn, at next to no cost.

A generator's faults lie in regions of its style: where a judge of pictures finds many, the style says so. A network of
two hidden layers is taught the judge's verdict on some twenty thousand faces, and goes into the model file as a second
graph that begins as the first one does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from trainer.drawing.inference import from_model
from trainer.errors import UserError
from trainer.labels.kinds import from_card
from trainer.labels.label import Floats
from trainer.labels.matrix import drawn_evenly
from trainer.labels.number import Number
from trainer.model_file.graph import Graph, Node
from trainer.model_file.network import GraphNetwork
from trainer.model_file.storage import Doubt, ModelFile, as_stored

Judge = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""The logarithm of the odds that each picture of uint8 [N, H, W, 3] is broken, float32 [N]."""

FACES = 24_000
"""Half as many explain .02 less of the judge's verdict (R squared)."""
HIDDEN = 128, 64
"""Widths of the hidden layers; one layer explains .01 to .02 less, wider ones no more."""
LEAST = 640
SLOPE = 0.2
EPOCHS, BATCH, RATE, DECAY = 30, 256, 3e-3, 1e-3
HELD_OUT = 0.1
CHUNK = 500
WARY = -1.2
"""Logarithm of the odds above which a face is refused. Of 1,200 faces that an earlier judge had let pass it refused
63 of 89 that the eye would not take, 173 of 647 that it doubted, and 8 of 464 good ones: a refused face costs a seed,
a broken one the shot."""
MOST_REFUSED = 0.4
"""Share of faces, over all labels evenly, beyond which no model's faces are refused: seeds would run out."""
SKIN_TONE, TONES = "skin_tone", 3
TONE_SHARE = 0.5
"""How far the thresholds of light, medium and dark skins go from the common one to those that refuse as many of each:
halfway, the shares refused lie as the eye's do (benchmarks/faults.py)."""


@dataclass(frozen=True)
class Lesson:
    """Who teaches a model its doubt: the `judge`, on so many of the model's own `faces`.

    `say` is told beforehand how long it will take. `required`: whether it is a mistake if nothing can be learnt.
    """

    judge: Judge
    faces: int = FACES
    say: Callable[[str], None] = print
    required: bool = True


@dataclass(frozen=True)
class Taught:
    """A model with its doubt; the share of faces `refused`, over all labels evenly.

    `explained` is how much of the judge's verdict on faces not learnt from the doubt explains (R squared).
    """

    model: ModelFile
    refused: float
    explained: float


def with_doubt(model: ModelFile, lesson: Lesson, seed: int = 0) -> Taught:
    """The model with a doubt learnt from the lesson. Raises UserError where nothing can be learnt."""
    if lesson.faces < LEAST:
        raise UserError(f"{lesson.faces} faces teach no doubt: give {LEAST} or more, or 0 for none")
    prefix, labels = style_graph(model.graph), from_card(model.card["labels"])
    drawn = _drawn_and_judged(model, prefix, lesson, seed)
    if not np.isfinite(drawn.verdicts).all() or drawn.verdicts.std() == 0:
        raise UserError("the judge finds all faces alike: no doubt can be learnt")
    network, explained = _fitted(drawn.styles, torch.from_numpy(drawn.verdicts), seed)
    # The thresholds are those of the weights as they are stored, in float16.
    nodes, tensors = _layers(prefix.output, network)
    values = {prefix.output: drawn.styles, **{name: torch.from_numpy(value) for name, value in drawn.given.items()}}
    told = _told(nodes, tensors, values)
    most = max(WARY, float(np.quantile(told, 1 - MOST_REFUSED)))
    tone = next((one for one in labels if one.name == SKIN_TONE and isinstance(one, Number)), None)
    if tone is not None and tone.name in prefix.inputs:
        tones = drawn.given[tone.name][:, 0]
        knots, allowed = tone_allowances(told, tones, (tone.minimum, tone.maximum), most)
        more, own = _allowance(tone.name, knots, allowed)
        nodes, tensors = (*nodes, *more), tensors | own
        told = _told(nodes, tensors, values)
    doubt = Doubt(Graph(prefix.inputs, nodes[-1].output, (*prefix.nodes, *nodes)), most)
    taught = replace(model, tensors={**model.tensors, **tensors}, doubt=doubt)
    return Taught(taught, float((told > most).mean()), explained)


def tone_allowances(
    told: NDArray[np.floating], tones: NDArray[np.floating], ends: tuple[float, float], most: float
) -> tuple[list[float], list[float]]:
    """What to add to the doubts `told` [N] of skins of `tones` [N], at knots between which it is interpolated.

    `ends` are the lightest and the darkest tone, `most` is the common threshold. Among dark skins doubts spread wider
    than the eye's verdicts, and so more of them would be refused.
    """
    edges = np.linspace(*ends, TONES + 1)
    knots, share = (edges[:-1] + edges[1:]) / 2, float((told > most).mean())
    third = np.clip(np.searchsorted(edges, tones, side="right") - 1, 0, TONES - 1)
    own = [float(np.quantile(told[third == one], 1 - share)) if (third == one).any() else most for one in range(TONES)]
    return knots.tolist(), [TONE_SHARE * (most - threshold) for threshold in own]


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


@dataclass(frozen=True)
class _Drawn:
    """Faces of a model: `styles` [N, S], the labels `given` by name, [N, columns], the judge's `verdicts` [N]."""

    styles: Tensor
    given: Mapping[str, Floats]
    verdicts: NDArray[np.float32]


def _drawn_and_judged(model: ModelFile, prefix: Graph, lesson: Lesson, seed: int) -> _Drawn:
    """People drawn evenly over the model's labels."""
    generator, labels = from_model(model), from_card(model.card["labels"])
    style, dice = GraphNetwork(prefix, model.tensors), np.random.default_rng(seed)
    seeds = dice.integers(2**32, size=lesson.faces)
    given = drawn_evenly(labels, lesson.faces, dice)
    styles, verdicts, begun = [], [], monotonic()
    for start in range(0, lesson.faces, CHUNK):
        rows = slice(start, start + CHUNK)
        some = {name: value[rows] for name, value in given.items()}
        latents = generator.latents(seeds[rows])
        inputs = {**generator.vector_parts(latents), **some}
        with torch.no_grad():
            styles.append(style({name: torch.from_numpy(value) for name, value in inputs.items()}))
        verdicts.append(lesson.judge(generator.from_latents(latents, some, seeds[rows])))
        if not start:
            minutes = (monotonic() - begun) * lesson.faces / len(latents) / 60
            lesson.say(f"learning from {lesson.faces:,} faces which are broken: about {minutes:.1f} minutes")
    return _Drawn(torch.cat(styles), given, np.concatenate(verdicts))


def _fitted(styles: Tensor, verdicts: Tensor, seed: int) -> tuple[nn.Sequential, float]:
    """The network [S] -> [1], standardisation folded in, and R squared on the faces held out."""
    middle, spread = styles.mean(0), styles.std(0) + 1e-6
    wanted = ((verdicts - verdicts.mean()) / verdicts.std())[:, None]
    scaled = (styles - middle) / spread
    learnt = round((1 - HELD_OUT) * len(scaled))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = _network(styles.shape[1])
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
        layers = _linear_layers(network)
        first, last = layers[0], layers[-1]
        first.weight.copy_(first.weight / spread)
        first.bias.copy_(first.bias - first.weight @ middle)
        last.weight.copy_(last.weight * verdicts.std())
        last.bias.copy_(last.bias * verdicts.std() + verdicts.mean())
    return network, explained


def _network(inputs: int) -> nn.Sequential:
    """[inputs] -> [1]."""
    layers: list[nn.Module] = []
    for width in HIDDEN:
        layers += [nn.Linear(inputs, width), nn.LeakyReLU(SLOPE)]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, 1))


def _linear_layers(network: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in network if isinstance(layer, nn.Linear)]


def _layers(style: str, network: nn.Sequential) -> tuple[tuple[Node, ...], dict[str, NDArray[np.float32]]]:
    """The network behind the value `style` as nodes, and its tensors as they are stored, under names of their own."""
    tensors: dict[str, NDArray[np.float32]] = {}
    nodes: list[Node] = []
    layers = _linear_layers(network)
    for number, layer in enumerate(layers, 1):
        name = "doubt.told" if layer is layers[-1] else f"doubt.hidden{number}"
        parts = {"weight": f"{name}.weight", "bias": f"{name}.bias"}
        tensors |= {parts["weight"]: layer.weight.detach().numpy(), parts["bias"]: layer.bias.detach().numpy()}
        nodes.append(Node("linear", (style,), name, parts, {}))
        if layer is not layers[-1]:
            style = f"doubt.active{number}"
            nodes.append(Node("leaky_relu", (name,), style, {}, {"slope": SLOPE}))
    return tuple(nodes), as_stored(tensors)


def _allowance(
    tone: str, knots: Sequence[float], allowed: Sequence[float]
) -> tuple[tuple[Node, ...], dict[str, Floats]]:
    """The nodes that add to `doubt.told` what skins of the input `tone` are allowed, and their tensor as stored."""
    weight = np.array([allowed], np.float32)
    return (
        Node("knots", (tone,), "doubt.tones", {}, {"knots": list(knots)}),
        Node("linear", ("doubt.tones",), "doubt.allowed", {"weight": "doubt.tones.weight"}, {}),
        Node("add", ("doubt.told", "doubt.allowed"), "doubt", {}, {}),
    ), as_stored({"doubt.tones.weight": weight})


def _told(nodes: tuple[Node, ...], tensors: Mapping[str, Floats], values: Mapping[str, Tensor]) -> Floats:
    """What the last of the nodes makes of `values` [N, ...] by name: [N]."""
    graph = Graph({name: tuple(value.shape[1:]) for name, value in values.items()}, nodes[-1].output, nodes)
    with torch.no_grad():
        told: Floats = GraphNetwork(graph, tensors)(values)[:, 0].numpy()
    return told
