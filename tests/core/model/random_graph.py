"""Random graphs for hypothesis."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.core.model.model_writer import Network


class RandomGraph:
    """A graph grown op by op from hypothesis' choices, with every kind of reuse that storage must withstand."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw, self.network = draw, Network(5, seed=draw(st.integers(0, 99)))
        self.vectors = {"latent": 5, "sex": 1, "age": 1}
        self.maps: dict[str, tuple[int, int, int]] = {}

    def grow(self) -> Network:
        height, width, channels = self.draw(st.tuples(*[st.integers(1, 4)] * 2, st.integers(1, 6)))
        flat = self.network.linear("latent", 5, height * width * channels)
        self.maps[self.network.add("reshape", flat, shape=[height, width, channels])] = (height, width, channels)
        for _ in range(self.draw(st.integers(0, 12))):
            self.draw(st.sampled_from([self._on_map, self._on_map, self._on_vector]))()
        name = self.draw(st.sampled_from(sorted(self.maps)))
        last = self.network.conv(name, self.maps[name][2], 3, size=self.draw(st.sampled_from([1, 3])))
        if self.draw(st.booleans()):
            self.network.add("tanh", last)
        return self.network

    def _vector(self) -> tuple[str, int]:
        name = self.draw(st.sampled_from(sorted(self.vectors)))
        return name, self.vectors[name]

    def _on_vector(self) -> None:
        (name, size), network = self._vector(), self.network
        op = self.draw(st.sampled_from(["linear", "slice", "concat", "normalise", "leaky_relu", "multiply", "tanh"]))
        if op == "linear":
            self.vectors[network.linear(name, size, 4, bias=self.draw(st.booleans()))] = 4
        elif op == "slice":
            start = self.draw(st.integers(0, size - 1))
            self.vectors[network.add("slice", name, start=start, stop=size)] = size - start
        elif op == "concat":
            other, more = self._vector()
            self.vectors[network.add("concat", name, other)] = size + more
        elif op == "multiply":
            self.vectors[network.add("multiply", name, "sex")] = size
        else:
            attributes: dict[str, Any] = {"normalise": {"epsilon": 0.1}, "leaky_relu": {"slope": 0.2}, "tanh": {}}[op]
            self.vectors[network.add(op, name, **attributes)] = size

    def _on_map(self) -> None:
        name = self.draw(st.sampled_from(sorted(self.maps)))
        (height, width, channels), network = self.maps[name], self.network
        op = self.draw(
            st.sampled_from(["conv", "conv", "upsample", "shuffle", "film", "tanh", "affine", "add", "join", "cut"])
        )
        if op == "conv":
            size, results = self.draw(st.sampled_from([1, 3, 3, 5])), self.draw(st.sampled_from([2, 4, 8]))
            bias = self.draw(st.booleans())
            self.maps[network.conv(name, channels, results, size, bias)] = (height, width, results)
        elif op == "upsample" and height * width <= 64:
            factor = self.draw(st.sampled_from([2, 2, 3]))
            self.maps[network.add("upsample", name, factor=factor)] = (height * factor, width * factor, channels)
        elif op == "shuffle" and channels % 4 == 0:
            self.maps[network.add("pixel_shuffle", name, factor=2)] = (height * 2, width * 2, channels // 4)
        elif op == "film":
            scale, size = self._vector()
            shift = network.linear(scale, size, channels)
            self.maps[network.add("film", name, network.linear(scale, size, channels), shift)] = self.maps[name]
        elif op == "tanh":
            self.maps[network.add("tanh", name)] = self.maps[name]
        elif op == "affine":
            self.maps[network.add("affine", name, scale=0.5, offset=0.1)] = self.maps[name]
        elif op == "add":
            alike = sorted(other for other, shape in self.maps.items() if shape == self.maps[name])
            self.maps[network.add("add", name, self.draw(st.sampled_from(alike)))] = self.maps[name]
        elif op == "join":
            places = sorted(other for other, shape in self.maps.items() if shape[:2] == (height, width))
            other = self.draw(st.sampled_from(places))
            self.maps[network.add("concat", name, other)] = (height, width, channels + self.maps[other][2])
        elif op == "cut" and channels > 1:
            self.maps[network.add("slice", name, start=1, stop=channels)] = (height, width, channels - 1)
