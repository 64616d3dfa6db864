"""That results stay the same is stated in test_engine.py; here, that the work becomes less."""

import numpy as np
import pytest

from blender_facegan.core.engine.rewriting import Instructions, rewrite
from blender_facegan.core.model.graph import parse_graph
from tests.core.model.model_writer import Network, crowd_network


def rewritten(network: Network) -> Instructions:
    shapes = {name: array.shape for name, array in network.tensors.items()}
    return rewrite(parse_graph(network.graph, shapes), network.tensors)


def ops(network: Network) -> list[str]:
    return [step.op for step in rewritten(network).steps]


@pytest.fixture
def network() -> Network:
    """A map [8, 8, 32] called v1."""
    network = Network(6)
    network.add("reshape", network.linear("latent", 6, 8 * 8 * 32), shape=[8, 8, 32])
    return network


def test_the_crowd_network_is_computed_at_low_resolutions() -> None:
    found = ops(crowd_network())
    assert "upsample" not in found
    assert found.count("upsampled_conv2d") == 3
    assert found[-1] == "pixel_shuffle"


def test_a_doubled_map_is_convolved_at_once(network: Network) -> None:
    network.conv(network.add("upsample", "v1", factor=2), 32, 4)
    assert ops(network) == ["linear", "reshape", "upsampled_conv2d"]


def test_a_one_by_one_convolution_comes_before_the_enlarging(network: Network) -> None:
    network.conv(network.add("upsample", "v1", factor=3), 32, 4, size=1)
    assert ops(network) == ["linear", "reshape", "conv2d", "upsample"]


def test_a_large_kernel_on_a_doubled_map_becomes_a_small_one_for_each_phase(network: Network) -> None:
    network.conv(network.add("upsample", "v1", factor=2), 32, 4, size=5)
    *_, convolution, shuffle = rewritten(network).steps
    assert (convolution.op, shuffle.op) == ("conv2d", "pixel_shuffle")
    assert convolution.arrays["weight"].shape == (4 * 4, 32, 3, 3)


def test_an_enlarged_map_that_others_need_too_is_kept_for_them(network: Network) -> None:
    large = network.add("upsample", "v1", factor=2)
    network.add("add", network.conv(large, 32, 32), large)
    assert sorted(ops(network)) == ["add", "linear", "reshape", "upsample", "upsampled_conv2d"]


def test_a_known_scale_goes_into_the_weights_before_it(network: Network) -> None:
    x = network.conv("v1", 32, 4)
    x = network.add("scale_shift", x, tensors={"scale": network.random(4), "shift": network.random(4)})
    network.add("affine", x, scale=2.0, offset=1.0)
    assert ops(network) == ["linear", "reshape", "conv2d"]


def test_a_scale_for_every_pixel_stays(network: Network) -> None:
    x = network.conv("v1", 32, 4)
    network.add("scale_shift", x, tensors={"scale": network.random(8, 8, 4), "shift": network.random(4)})
    assert ops(network)[-1] == "scale_shift"


def test_weights_whose_plain_result_is_needed_too_are_not_scaled(network: Network) -> None:
    x = network.conv("v1", 32, 4)
    network.add("add", network.add("affine", x, scale=2.0, offset=1.0), x)
    assert ops(network)[-2:] == ["affine", "add"]


def test_a_bias_before_a_film_is_added_to_its_shift(network: Network) -> None:
    x = network.conv("v1", 32, 4)
    network.add("film", x, network.linear("latent", 6, 4), network.linear("latent", 6, 4))
    steps = {step.op: step for step in rewritten(network).steps}
    assert set(steps["conv2d"].arrays) == {"weight"}
    assert set(steps["film"].arrays) == {"bias"}


def test_the_last_layers_on_few_channels_work_before_the_shuffle(network: Network) -> None:
    x = network.add("leaky_relu", network.add("pixel_shuffle", network.conv("v1", 32, 12), factor=2), slope=0.2)
    network.add("tanh", network.conv(x, 3, 3))
    assert ops(network)[2:] == ["conv2d", "leaky_relu", "conv2d", "tanh", "pixel_shuffle"]


def test_a_shuffle_before_many_channels_stays(network: Network) -> None:
    network.conv(network.add("pixel_shuffle", network.conv("v1", 32, 128), factor=2), 32, 32)
    assert ops(network)[2:] == ["conv2d", "pixel_shuffle", "conv2d"]


def test_what_nobody_asks_for_is_not_computed(network: Network) -> None:
    network.add("tanh", "v1")
    network.conv("v1", 32, 4)
    assert ops(network) == ["linear", "reshape", "conv2d"]


def test_rewriting_leaves_the_model_as_it_was(network: Network) -> None:
    network.add("affine", network.conv("v1", 32, 4), scale=2.0, offset=1.0)
    before = {name: array.copy() for name, array in network.tensors.items()}
    rewritten(network)
    assert all(np.array_equal(array, before[name]) for name, array in network.tensors.items())
