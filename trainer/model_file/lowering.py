"""From a trained generator to the model file's graph: batch norm folded, labels encoded inside the graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from trainer.labels.label import Label
from trainer.model_file.graph import OFFSETS_INPUT, Graph, GraphBuilder, input_shapes
from trainer.networks.build import Generator
from trainer.networks.crowd import FIRST_SIDE, SLOPE, CrowdGenerator, StyledConv
from trainer.networks.detail import DetailedGenerator, DetailTail
from trainer.networks.label_code import KnotCode, PlainCode
from trainer.networks.offsets import Offsets
from trainer.networks.paper import EPSILON, ActivationNorm, PaperGenerator

NORMALISE_EPSILON = 1e-8


@dataclass(frozen=True)
class Sources:
    """Which values of the graph a generator reads: its latent, and each label by name."""

    latent: str = "latent"
    labels: Mapping[str, str] = field(default_factory=dict)


def lowered(
    generator: Generator, labels: Sequence[Label], offsets: Offsets | None = None
) -> tuple[Graph, GraphBuilder]:
    """The generator, in evaluation mode, as a graph and the builder that holds its tensors (float32).

    With `offsets`, which a `crowd` generator alone can take, the graph has an input `offsets` as well.
    """
    columns = [(label.name, label.columns) for label in labels]
    inputs = input_shapes(generator.latent_size, columns)
    builder = GraphBuilder(inputs if offsets is None else {**inputs, OFFSETS_INPUT: (offsets.size,)})
    with torch.no_grad():
        if isinstance(generator, CrowdGenerator):
            return builder.finish(lower_crowd(builder, generator, Sources(), offsets)), builder
        return builder.finish(lower_paper(builder, generator)), builder


def lower_knot_code(builder: GraphBuilder, code: KnotCode, sources: Mapping[str, str] | None = None) -> str:
    """`KnotCode` as nodes; the order of its parts is the module's. `sources`: where labels are not inputs."""
    if not code.labels:
        return builder.node("constant", tensors={"value": torch.ones(1)})
    names = {label.name: (sources or {}).get(label.name, label.name) for label in code.labels}
    plain = [names[label.name] for label in code.labels if not label.knots]
    hats = [builder.node("knots", names[label.name], knots=list(label.knots)) for label in code.labels if label.knots]
    signs = [names[label.name] for label in code.labels if label.turns_numbers]
    products = [builder.node("multiply", hat, sign) for sign in signs for hat in hats]
    parts = plain + hats + products
    return parts[0] if len(parts) == 1 else builder.node("concat", *parts)


def lower_plain_code(builder: GraphBuilder, code: PlainCode) -> list[str]:
    """`PlainCode` as one value a label."""
    scale, offset = code.get_buffer("scale").tolist(), code.get_buffer("offset").tolist()
    values, column = [], 0
    for label in code.labels:
        if label.plain_range:
            # The buffers are float32: rounded to what was meant, so that 0.02 is written as 0.02.
            meant_scale, meant_offset = float(f"{scale[column]:.7g}"), float(f"{offset[column]:.7g}")
            values.append(builder.node("affine", label.name, scale=meant_scale, offset=meant_offset))
        else:
            values.append(label.name)
        column += label.columns
    return values


def statistics(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """A batch norm without weights as (scale, shift) [C]. Raises ValueError if it keeps no statistics."""
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("the batch norm keeps no statistics: calibrate the generator first")
    scale = torch.rsqrt(norm.running_var + norm.eps)
    return scale, -norm.running_mean * scale


def lower_styled(builder: GraphBuilder, layer: StyledConv, x: str, scale: str, shift: str) -> str:
    """A `StyledConv`, its batch norm folded into the convolution. `scale` [C] already holds the 1 of `1 + scale`."""
    if layer.upsample:
        x = builder.node("upsample", x, factor=2)
    factor, offset = statistics(layer.norm)
    x = builder.conv2d(x, layer.conv.weight * factor[:, None, None, None], offset)
    return builder.leaky_relu(builder.node("film", x, scale, shift), SLOPE)


def lower_styles(builder: GraphBuilder, layers: Sequence[StyledConv], style: str) -> list[tuple[str, str]]:
    """The scale and shift of every layer, from one linear node: the many small products become one."""
    weights, biases = [], []
    for layer in layers:
        bias = layer.style.bias.clone()
        bias[: len(bias) // 2] += 1.0
        weights.append(layer.style.weight)
        biases.append(bias)
    joined = builder.linear(style, torch.cat(weights), torch.cat(biases))
    pairs, start = [], 0
    for layer in layers:
        width = layer.style.out_features // 2
        scale = builder.node("slice", joined, start=start, stop=start + width)
        shift = builder.node("slice", joined, start=start + width, stop=start + 2 * width)
        pairs.append((scale, shift))
        start += 2 * width
    return pairs


def styled_layers(generator: CrowdGenerator) -> list[StyledConv]:
    """The generator's styled convolutions: those that grow, then the residual ones."""
    return [layer for layer in (*generator.grow, *generator.refine) if isinstance(layer, StyledConv)]


def lower_crowd(
    builder: GraphBuilder, generator: CrowdGenerator, sources: Sources, offsets: Offsets | None = None
) -> str:
    """The `crowd` generator as nodes."""
    latent = builder.node("normalise", sources.latent, epsilon=NORMALISE_EPSILON)
    code = lower_knot_code(builder, generator.label_code, sources.labels)
    x = builder.node("concat", latent, builder.linear(code, generator.embed.weight, generator.embed.bias))
    for layer in generator.mapping:
        assert isinstance(layer, nn.Linear)
        x = builder.leaky_relu(builder.linear(x, layer.weight, layer.bias), SLOPE)
    tail = generator.detail if isinstance(generator, DetailedGenerator) else None
    layers = [*styled_layers(generator), *([] if tail is None else [tail.features])]
    styles = dict(zip(layers, lower_styles(builder, layers, x), strict=True))
    x = lower_base(builder, generator, x)
    for size, grow in zip(generator.sizes, generator.grow, strict=True):
        assert isinstance(grow, StyledConv)
        x = lower_styled(builder, grow, x, *styles[grow])
        for refine in generator.residuals_at(size):
            assert isinstance(refine, StyledConv)
            x = builder.node("add", x, lower_styled(builder, refine, x, *styles[refine]))
    picture = builder.node("tanh", lower_to_rgb(builder, generator, x))
    if offsets is not None:
        picture = builder.node("add", picture, lower_offsets(builder, offsets, sources.labels))
        picture = builder.node("clip", picture, minimum=-1.0, maximum=1.0)
    return picture if tail is None else lower_detail(builder, tail, picture, x, styles[tail.features])


def lower_base(builder: GraphBuilder, generator: CrowdGenerator, style: str) -> str:
    """The first feature map of the `crowd` generator, its batch norm folded."""
    factor, offset = statistics(generator.base_norm)
    # The base's rows run [4, 4, C], so each norm's value repeats over the 16 positions.
    weight = generator.base.weight * factor.repeat(16)[:, None]
    x = builder.linear(style, weight, generator.base.bias * factor.repeat(16) + offset.repeat(16))
    x = builder.node("reshape", x, shape=[FIRST_SIDE, FIRST_SIDE, len(factor)])
    return builder.leaky_relu(x, SLOPE)


def lower_offsets(builder: GraphBuilder, offsets: Offsets, labels: Mapping[str, str]) -> str:
    """What offsets add to the picture."""
    own = builder.node("slice", OFFSETS_INPUT, start=0, stop=offsets.components)
    share = builder.node("slice", OFFSETS_INPUT, start=offsets.components, stop=offsets.size)
    of_labels = builder.linear(lower_knot_code(builder, offsets.code, labels), offsets.prototypes.weight, None)
    of_labels = builder.node("multiply", of_labels, share)
    x = builder.node("add", builder.linear(own, offsets.basis.weight, None), of_labels)
    x = builder.node("reshape", x, shape=[offsets.small, offsets.small, 3])
    for _ in range(offsets.doublings):
        x = builder.conv2d(builder.node("upsample", x, factor=2), offsets.softening, None)
    return x


def lower_to_rgb(builder: GraphBuilder, network: CrowdGenerator | DetailTail, x: str) -> str:
    """The last doubling: a convolution, a pixel shuffle, and a thin convolution to three colours."""
    x = builder.conv2d(x, network.to_shuffle.weight, network.to_shuffle.bias)
    x = builder.leaky_relu(builder.node("pixel_shuffle", x, factor=2), SLOPE)
    return builder.conv2d(x, network.to_rgb.kernel(), network.to_rgb.bias)


def lower_detail(builder: GraphBuilder, tail: DetailTail, picture: str, features: str, style: tuple[str, str]) -> str:
    """The picture, enlarged, and what the tail adds."""
    x = builder.leaky_relu(builder.conv2d(picture, tail.entry.weight, tail.entry.bias), SLOPE)
    x = builder.node("add", x, lower_styled(builder, tail.features, features, *style))
    for residual in tail.residuals:
        assert isinstance(residual, nn.Conv2d)
        x = builder.node("add", x, builder.leaky_relu(builder.conv2d(x, residual.weight, residual.bias), SLOPE))
    detail = lower_to_rgb(builder, tail, x)
    gain = tail.enlarged.gain[0].permute(1, 2, 0).expand(-1, -1, 3)
    x = builder.conv2d(builder.node("upsample", picture, factor=2), tail.enlarged.weight, None)
    x = builder.node("scale_shift", x, tensors={"scale": gain, "shift": torch.zeros_like(gain)})
    return builder.node("clip", builder.node("add", x, detail), minimum=-1.0, maximum=1.0)


def activation_statistics(norm: ActivationNorm) -> tuple[Tensor, Tensor]:
    """A batch norm per activation as (scale, shift) of its own shape."""
    scale = norm.scale * torch.rsqrt(norm.get_buffer("running_var") + EPSILON)
    return scale, norm.shift - norm.get_buffer("running_mean") * scale


def lower_paper(builder: GraphBuilder, generator: PaperGenerator) -> str:
    """The 2016 generator as nodes.

    Its norms stand after the ReLU: the first folds into the next layer, the others, which differ from pixel to pixel,
    stay as a scale and a shift for every activation.
    """
    code = lower_plain_code(builder, generator.label_code)
    x = builder.node("concat", *code, "latent") if code else "latent"
    x = builder.leaky_relu(builder.linear(x, generator.hidden.weight, generator.hidden.bias), 0.0)
    scale, shift = activation_statistics(generator.hidden_norm)
    weight = generator.base.weight
    x = builder.linear(x, weight * scale, generator.base.bias + weight @ shift)
    x = builder.node("reshape", builder.leaky_relu(x, 0.0), shape=[8, 8, generator.config.channels[0]])
    x = scale_shift(builder, x, generator.base_norm)
    for layer, norm in zip(generator.grow, generator.grow_norms, strict=True):
        assert isinstance(layer, nn.ConvTranspose2d)
        assert isinstance(norm, ActivationNorm)
        x = builder.node("upsample", x, factor=2)
        # A transposed convolution of stride 1 is a convolution with the kernel turned round.
        x = builder.conv2d(x, layer.weight.flip(2, 3).transpose(0, 1), layer.bias)
        x = scale_shift(builder, builder.leaky_relu(x, 0.0), norm)
    return builder.node("tanh", x)


def scale_shift(builder: GraphBuilder, x: str, norm: ActivationNorm) -> str:
    """A norm per activation [C, H, W] as a node over [H, W, C]."""
    scale, shift = activation_statistics(norm)
    return builder.node("scale_shift", x, tensors={"scale": scale.permute(1, 2, 0), "shift": shift.permute(1, 2, 0)})
