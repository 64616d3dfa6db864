"""From a trained encoder to the second graph of a model file; the generator in it shares the first graph's tensors."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from trainer.labels.label import Label
from trainer.model_file.graph import Graph, GraphBuilder
from trainer.model_file.lowering import NORMALISE_EPSILON, Sources, lower_crowd, lower_knot_code
from trainer.networks.crowd import SLOPE, ResidualConv
from trainer.networks.encoder import LAST_SIDE, WIDTHS, FaceEncoder, Trunk, guessed_labels, span_of
from trainer.networks.offsets import KNOWN, OffsetGenerator, known_labels

PREFIX = "encoder."
OUTPUT = "latent"
PICTURE = "picture"


def lowered_encoder(
    encoder: FaceEncoder, generator: OffsetGenerator, side: int, shared: Mapping[str, np.ndarray]
) -> tuple[Graph, dict[str, np.ndarray]]:
    """The encoder as a graph, and its tensors (float32) but those that are among the `shared` ones by value."""
    inputs: dict[str, tuple[int, ...]] = {PICTURE: (side, side, 3)}
    inputs |= {label.name: (label.columns,) for label in known_labels(encoder.labels)}
    builder = GraphBuilder(inputs, prefix=PREFIX)
    with torch.no_grad():
        graph = builder.finish(lower_answers(builder, encoder, generator, side), OUTPUT)
    return sharing(graph, builder.tensors, shared)


def lower_answers(builder: GraphBuilder, encoder: FaceEncoder, generator: OffsetGenerator, side: int) -> str:
    """`FaceEncoder.forward` as nodes: the vector."""
    code = lower_knot_code(builder, encoder.code)
    seen = layer(builder, builder.node("concat", lower_trunk(builder, encoder.trunk, PICTURE, side), code), encoder.mix)
    latent = builder.linear(seen, encoder.say.weight, encoder.say.bias)
    latent = builder.node("normalise", latent, epsilon=NORMALISE_EPSILON)
    drawn = lower_crowd(builder, generator.generator, Sources(latent, lower_guesses(builder, encoder, seen)))
    of_labels = builder.linear(code, generator.offsets.prototypes.weight, None)
    left_out = builder.node("add", lower_difference(builder, encoder, drawn, side), negative(builder, of_labels))
    read = builder.linear(left_out, encoder.read.weight, None)
    return builder.node("concat", latent, read, builder.node("constant", tensors={"value": torch.ones(1)}))


def negative(builder: GraphBuilder, x: str) -> str:
    """-x."""
    return builder.node("affine", x, scale=-1.0, offset=0.0)


def lower_difference(builder: GraphBuilder, encoder: FaceEncoder, drawn: str, side: int) -> str:
    """The picture without what is drawn, as `FaceEncoder.shrunk` makes it small, as nodes."""
    x = builder.node("add", PICTURE, negative(builder, drawn))
    mean = torch.eye(3).repeat(1, 4)[:, :, None, None] / 4.0
    for _ in range(encoder.halvings):
        x, side, _ = halved(builder, x, side, 3)
        x = builder.conv2d(x, mean, None)
    return builder.node("reshape", x, shape=[3 * side**2])


def layer(builder: GraphBuilder, x: str, linear: nn.Linear) -> str:
    """A linear layer and its leaky ReLU."""
    return builder.leaky_relu(builder.linear(x, linear.weight, linear.bias), SLOPE)


def lower_guesses(builder: GraphBuilder, encoder: FaceEncoder, seen: str) -> dict[str, str]:
    """The values by label that the encoder's generator reads: the inputs, and the guesses within what they can be."""
    names, column = {label.name: label.name for label in known_labels(encoder.labels)}, 0
    for label in guessed_labels(encoder.labels):
        rows = slice(column, column + label.columns)
        column += label.columns
        names[label.name] = lower_guess(builder, encoder.guess, rows, label, seen)
    return names


def lower_guess(builder: GraphBuilder, guess: nn.Linear, rows: slice, label: Label, seen: str) -> str:
    """One label's guess, scaled and clamped."""
    low, high = span_of(label)
    assert label.name not in KNOWN
    value = builder.linear(seen, guess.weight[rows], guess.bias[rows])
    value = builder.node("affine", value, scale=(high - low) / 2, offset=(high + low) / 2)
    return builder.node("clip", value, minimum=low, maximum=high)


def lower_trunk(builder: GraphBuilder, trunk: Trunk, x: str, side: int) -> str:
    """A trunk as nodes: `x` is a map of `side` pixels, the result a vector."""
    channels = trunk.entry.in_channels // 4**trunk.halvings
    weight = trunk.entry.weight
    for _ in range(trunk.halvings):
        x, side, channels = halved(builder, x, side, channels)
    x = builder.leaky_relu(builder.conv2d(x, as_halved(weight, trunk.halvings), trunk.entry.bias), SLOPE)
    for reduce, look, width in zip(trunk.reduce, trunk.look, WIDTHS, strict=False):
        assert isinstance(reduce, nn.Conv2d)
        assert isinstance(look, ResidualConv)
        x, side, _ = halved(builder, x, side, width)
        x = builder.leaky_relu(builder.conv2d(x, as_halved(reduce.weight, 1), reduce.bias), SLOPE)
        # The sum's factor goes into both of its terms; that of a leaky ReLU can go into what it is of.
        half = 0.5**0.5
        looked = builder.leaky_relu(builder.conv2d(x, look.conv.weight * half, look.conv.bias * half), SLOPE)
        x = builder.node("add", builder.node("affine", x, scale=half, offset=0.0), looked)
    x = builder.node("reshape", x, shape=[WIDTHS[-1] * LAST_SIDE**2])
    return layer(builder, x, trunk.out)


def halved(builder: GraphBuilder, x: str, side: int, channels: int) -> tuple[str, int, int]:
    """2x2 pixels as the channels of one, by reshapes and slices; the order is column, row, channel."""
    row = side * channels
    pairs = builder.node("reshape", x, shape=[side // 2, 1, 2 * row])
    rows = [
        builder.node(
            "reshape",
            builder.node("slice", pairs, start=at * row, stop=(at + 1) * row),
            shape=[side // 2, side, channels],
        )
        for at in (0, 1)
    ]
    joined = builder.node("reshape", builder.node("concat", *rows), shape=[side // 2, side // 2, 4 * channels])
    return joined, side // 2, 4 * channels


def as_halved(weight: Tensor, halvings: int) -> Tensor:
    """A kernel [O, C, k, k] over torch's pixel unshuffle by 2 ** `halvings`, for maps that were `halved` as often."""
    results, inputs, size, _ = weight.shape
    order = torch.arange(inputs // 4**halvings)[:, None, None]
    # What each channel of the maps is of torch's: halved symbolically, as the maps are.
    factor = 2**halvings
    order = order * factor**2 + (torch.arange(factor)[:, None] * factor + torch.arange(factor))[None]
    for _ in range(halvings):
        channels, rows, columns = order.shape
        split = order.reshape(channels, rows // 2, 2, columns // 2, 2)
        order = split.permute(4, 2, 0, 1, 3).reshape(4 * channels, rows // 2, columns // 2)
    return weight[:, order.reshape(-1)].reshape(results, inputs, size, size)


def sharing(
    graph: Graph, tensors: Mapping[str, np.ndarray], shared: Mapping[str, np.ndarray]
) -> tuple[Graph, dict[str, np.ndarray]]:
    """The graph with the names of `shared` tensors wherever it has one of the same values, and those that are left."""
    known = {(value.shape, value.tobytes()): name for name, value in shared.items()}
    names = {name: known.get((value.shape, value.tobytes()), name) for name, value in tensors.items()}
    nodes = [replace(node, tensors={part: names[name] for part, name in node.tensors.items()}) for node in graph.nodes]
    left = {name: value for name, value in tensors.items() if names[name] == name}
    return Graph(graph.inputs, graph.output, tuple(nodes)), left
