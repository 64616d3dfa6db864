"""dlib's face recognition network, run by PyTorch: the same numbers, several times faster than dlib without a BLAS.

A residual network of 29 convolutions (dlib, examples/dnn_face_recognition_ex.cpp, `anet_type`), whose weights the wheel
`face_recognition_models` carries in dlib's own serialisation (CC0).
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from trainer.errors import UserError

SIZE = 150
LENGTH = 128
CHANNEL_MEANS = (122.782, 117.001, 104.298)
"""What dlib's input layer subtracts from the bytes before it divides by 256."""
STEM = 32
BLOCKS = (
    *[(32, 1)] * 3,
    (64, 2), *[(64, 1)] * 3,
    (128, 2), *[(128, 1)] * 2,
    (256, 2), *[(256, 1)] * 2,
    (256, 2),
)  # fmt: skip
"""Channels and stride of each residual block, from the input on: levels 4 to 0."""
EARLY = 4
"""The second block of 64 channels, whose texture tells smeared skin; others tell it less well."""
MIDDLE = 9
"""The last block of 128 channels: beyond it the network forgets what is no matter of identity."""
REGIONS = 4
"""Rows and columns of regions into which the middle layer's activity is gathered."""


class FaceNetwork(nn.Module):
    """float32 [N, 3, 150, 150], RGB bytes, to descriptors float32 [N, 128]."""

    means: Tensor

    def __init__(self, weights: "Weights") -> None:
        super().__init__()
        self.register_buffer("means", torch.tensor(CHANNEL_MEANS).reshape(1, 3, 1, 1))
        self.stem = weights.convolution(3, STEM, 7, 2)
        self.blocks = nn.ModuleList()
        width = STEM
        for channels, stride in BLOCKS:
            self.blocks.append(Block(weights, width, channels, stride))
            width = channels
        self.head = weights.linear(width, LENGTH)

    def forward(self, pictures: Tensor) -> Tensor:
        """The descriptors."""
        return self.look(pictures)[0]

    def look(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The descriptors, and what stands where: float32 [N, 128] and [N, 2048].

        The second is the square root of each middle channel's mean activity in 4 x 4 regions, channel by channel.
        """
        values = self._through(pictures, MIDDLE)
        regional = _gathered(values)
        for block in self.blocks[MIDDLE + 1 :]:
            values = block(values)
        return torch.as_tensor(values.mean((2, 3)) @ self.head), regional

    def look_early(self, pictures: Tensor) -> Tensor:
        """As the second of `look`, of an earlier layer: float32 [N, 1024], at a quarter of the work."""
        return _gathered(self._through(pictures, EARLY))

    def _through(self, pictures: Tensor, last: int) -> Tensor:
        values = functional.relu(self.stem((pictures - self.means) / 256))
        values = functional.max_pool2d(values, 3, 2)
        for block in self.blocks[: last + 1]:
            values = block(values)
        return values


def _gathered(values: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(values, REGIONS).flatten(1).sqrt()


class Block(nn.Module):
    """Two convolutions beside a shortcut, which is averaged over 2x2 where the first of them has stride 2.

    dlib adds maps of unequal sizes as if the smaller one went on with zeros, in channels, rows and columns.
    """

    def __init__(self, weights: "Weights", inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.first = weights.convolution(inputs, channels, 3, stride)
        self.second = weights.convolution(channels, channels, 3, 1)

    def forward(self, values: Tensor) -> Tensor:
        """The block's output."""
        shortcut = values if self.stride == 1 else functional.avg_pool2d(values, 2)
        values = self.second(functional.relu(self.first(values)))
        shape = [max(a, b) for a, b in zip(values.shape[1:], shortcut.shape[1:], strict=True)]
        return functional.relu(_padded(values, shape) + _padded(shortcut, shape))


def _padded(values: Tensor, shape: list[int]) -> Tensor:
    channels, rows, columns = (wanted - had for wanted, had in zip(shape, values.shape[1:], strict=True))
    return functional.pad(values, (0, columns, 0, rows, 0, channels)) if channels or rows or columns else values


class Weights:
    """The parameter tensors of a dlib network file, taken one after the other, from the input on.

    dlib writes a tensor as version 2, four dimensions, and its float32 values; each whole number as one byte that holds
    how many bytes follow, then those, lowest first. A layer's parameters are one tensor [P, 1, 1, 1], so that its
    header can be told from everything around it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = path.read_bytes()
        self._position = 0

    def convolution(self, inputs: int, outputs: int, side: int, stride: int) -> nn.Conv2d:
        """The next convolution with the affine layer behind it folded in. dlib pads only those of stride 1."""
        count = outputs * inputs * side * side
        values = self._next(count + outputs)
        scale, shift = np.split(self._next(2 * outputs), 2)
        layer = nn.Conv2d(inputs, outputs, side, stride, padding=side // 2 if stride == 1 else 0)
        kernel = values[:count].reshape(outputs, inputs, side, side) * scale[:, None, None, None]
        layer.weight.data = torch.from_numpy(kernel)
        assert layer.bias is not None
        layer.bias.data = torch.from_numpy(values[count:] * scale + shift)
        return layer

    def linear(self, inputs: int, outputs: int) -> nn.Parameter:
        """The next matrix [inputs, outputs], without a bias."""
        return nn.Parameter(torch.from_numpy(self._next(inputs * outputs, (inputs, outputs))))

    def _next(self, count: int, shape: tuple[int, ...] | None = None) -> NDArray[np.float32]:
        dimensions = [*(shape or (count,)), 1, 1, 1][:4]
        header = b"".join(_packed(value) for value in (2, *dimensions))
        start = self._data.find(header, self._position)
        if start < 0:
            raise UserError(f"{self._path} is not dlib's face recognition network; reinstall face_recognition_models")
        start += len(header)
        self._position = start + 4 * count
        values = np.frombuffer(self._data, "<f4", count, start)
        return values.astype(np.float32).reshape(shape or (count,))


def _packed(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() + 7) // 8, "little")
    return bytes([len(data)]) + data


def load(path: Path) -> FaceNetwork:
    """The network from dlib's file. Raises `UserError` where the file holds another one."""
    network = FaceNetwork(Weights(path)).eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
    return network
