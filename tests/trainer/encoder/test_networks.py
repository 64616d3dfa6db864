from collections.abc import Sequence

import pytest
import torch
from torch import nn
from torch.nn import functional

from trainer.config import CrowdGeneratorConfig
from trainer.labels.label import Label
from trainer.labels.number import Number
from trainer.labels.people import SEX_AND_AGE
from trainer.model_file.encoder_lowering import as_halved, halved, lowered_encoder
from trainer.model_file.graph import GraphBuilder
from trainer.model_file.lowering import lowered
from trainer.model_file.network import GraphNetwork
from trainer.networks.crowd import CrowdGenerator
from trainer.networks.detail import DetailedGenerator
from trainer.networks.encoder import FaceEncoder
from trainer.networks.offsets import OffsetGenerator

TONED = (*SEX_AND_AGE, Number("skin_tone", "Monk", 1.0, 10.0))
SMALL = CrowdGeneratorConfig(latent_size=16, label_size=8, style_size=16, channels=(16, 12, 8, 8))
LARGE = CrowdGeneratorConfig(
    latent_size=16, label_size=8, style_size=16, channels=(16, 12, 8, 8), detail_channels=(6,), detail_tail_channels=4
)


def generator_of(config: CrowdGeneratorConfig, labels: Sequence[Label]) -> OffsetGenerator:
    """An untrained generator whose offsets do something."""
    torch.manual_seed(1)
    kind = DetailedGenerator if config.detail_channels else CrowdGenerator
    generator = OffsetGenerator(kind(config, labels), labels, components=11).eval()
    for name, buffer in generator.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0)
    for parameter in generator.offsets.parameters():
        nn.init.normal_(parameter, std=0.1)
    return generator


def people(labels: Sequence[Label], count: int = 3) -> torch.Tensor:
    return torch.cat([label.from_uniform(torch.rand(count, 1)) for label in labels], dim=1)


@pytest.mark.parametrize("config", [SMALL, LARGE])
def test_without_offsets_the_pictures_are_the_generators_own(config: CrowdGeneratorConfig) -> None:
    generator, matrix = generator_of(config, SEX_AND_AGE), people(SEX_AND_AGE)
    latent, none = torch.randn(3, 16), torch.zeros(3, 12)
    with torch.no_grad():
        assert torch.equal(generator(latent, none, matrix), generator.generator(latent, matrix))
        assert not torch.allclose(generator(latent, none + 1.0, matrix), generator.generator(latent, matrix), atol=0.01)


@pytest.mark.parametrize("config", [SMALL, LARGE])
def test_the_graph_with_offsets_draws_what_the_network_draws(config: CrowdGeneratorConfig) -> None:
    generator, matrix = generator_of(config, SEX_AND_AGE), people(SEX_AND_AGE)
    graph, builder = lowered(generator.generator, SEX_AND_AGE, generator.offsets)
    latent, offsets = torch.randn(3, 16), torch.randn(3, 12)
    with torch.no_grad():
        expected = generator(latent, offsets, matrix).permute(0, 2, 3, 1)
        inputs = {"latent": latent, "offsets": offsets, "sex": matrix[:, :1], "age": matrix[:, 1:]}
        drawn = GraphNetwork(graph, builder.tensors)(inputs)
    assert float(expected.std()) > 0.01
    assert torch.allclose(drawn, expected, atol=1e-4)


@pytest.mark.parametrize("halvings", [1, 2])
def test_a_kernel_over_halved_maps_is_the_one_over_unshuffled_pixels(halvings: int) -> None:
    x, weight = torch.randn(2, 3, 8, 8), torch.randn(5, 3 * 4**halvings, 3, 3)
    builder = GraphBuilder({"picture": (8, 8, 3)})
    name, side, channels = "picture", 8, 3
    for _ in range(halvings):
        name, side, channels = halved(builder, name, side, channels)
    graph = builder.finish(builder.conv2d(name, as_halved(weight, halvings), None))
    made = GraphNetwork(graph, builder.tensors)({"picture": x.permute(0, 2, 3, 1)}).permute(0, 3, 1, 2)
    expected = functional.conv2d(functional.pixel_unshuffle(x, 2**halvings), weight, padding=1)
    assert made.shape == expected.shape == (2, 5, side, side)
    assert torch.allclose(made, expected, atol=1e-5)
    assert channels == 3 * 4**halvings


@pytest.mark.parametrize(("config", "labels"), [(SMALL, SEX_AND_AGE), (SMALL, TONED), (LARGE, TONED), (SMALL, ())])
def test_the_encoders_graph_says_what_the_encoder_says(config: CrowdGeneratorConfig, labels: Sequence[Label]) -> None:
    generator = generator_of(config, labels)
    side = generator.generator.resolution
    encoder = FaceEncoder(labels, side, 16, 11, 32).eval()
    nn.init.normal_(encoder.guess.weight, std=0.1)
    nn.init.normal_(encoder.read.weight, std=0.1)
    pictures, matrix = torch.rand(3, 3, side, side) * 2.0 - 1.0, people(labels) if labels else torch.empty(3, 0)
    known = encoder.known(matrix)
    _, builder = lowered(generator.generator, labels, generator.offsets)
    graph, own = lowered_encoder(encoder, generator, side, builder.tensors)
    inputs = {"picture": pictures.permute(0, 2, 3, 1)}
    inputs |= {label.name: known[:, at : at + 1] for at, label in enumerate(encoder.code.labels)}
    with torch.no_grad():
        expected = encoder(pictures, known, generator)
        said = GraphNetwork(graph, {**builder.tensors, **own})(inputs)
    assert set(graph.inputs) == {"picture", *(label.name for label in labels if label.name in ("sex", "age"))}
    assert said.shape == (3, 28)
    assert torch.allclose(said, expected.vector, atol=1e-3)
    assert float(expected.vector[:, 16:].std()) > 0.1


def test_the_generator_inside_the_encoder_takes_no_place_of_its_own() -> None:
    generator = generator_of(SMALL, SEX_AND_AGE)
    _, builder = lowered(generator.generator, SEX_AND_AGE, generator.offsets)
    graph, own = lowered_encoder(FaceEncoder(SEX_AND_AGE, 64, 16, 11, 32), generator, 64, builder.tensors)
    used = {name for node in graph.nodes for name in node.tensors.values()}
    assert used - own.keys() <= builder.tensors.keys()
    stored = {(value.shape, value.tobytes()) for value in builder.tensors.values()}
    assert all((value.shape, value.tobytes()) not in stored for value in own.values())
    assert not own.keys() & builder.tensors.keys()
