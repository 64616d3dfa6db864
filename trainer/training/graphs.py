"""A step of the game as CUDA graphs: recorded once, then replayed by a single call.

A step of the small networks launches some two thousand kernels, which the host cannot issue as fast as a large GPU runs
them. What is recorded reads its pictures' numbers and its randomness from places that are filled before each replay, so
that a replayed step learns what an eager one would.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

Step = Callable[[Tensor, Generator], dict[str, Tensor]]

EAGER_STEPS = 3
"""Steps of each kind that run before theirs is recorded, so that every lazy set-up has happened (torch asks for it)."""


class GraphedStep:
    """A step that is recorded for each of its kinds (with penalties, without) and replayed from then on."""

    def __init__(self, step: Step, batch: int, device: torch.device) -> None:
        self.step = step
        self.index = torch.zeros(batch, dtype=torch.int64, device=device)
        self.randomness = Generator(device)
        self.stream = torch.cuda.Stream(device)
        self.pool = torch.cuda.graph_pool_handle()
        self.seen: dict[object, int] = {}
        self.recorded: dict[object, tuple[torch.cuda.CUDAGraph, dict[str, Tensor]]] = {}

    def __call__(self, index: Tensor, seed: int, kind: object) -> dict[str, Tensor]:
        """Run the step of `kind` on the pictures `index` int64 [B] with what `seed` draws. Returns its scalars.

        These are overwritten by the next step of the kind.
        """
        self.index.copy_(index, non_blocking=True)
        self.randomness.manual_seed(seed)
        if self.seen.get(kind, 0) < EAGER_STEPS:
            self.seen[kind] = self.seen.get(kind, 0) + 1
            return self.eager()
        if kind not in self.recorded:
            self.recorded[kind] = self.record()
        graph, metrics = self.recorded[kind]
        graph.replay()
        return metrics

    def forget(self) -> None:
        """Drop what was recorded: the tensors that it reads and writes are others now."""
        self.seen.clear()
        self.recorded.clear()

    def eager(self) -> dict[str, Tensor]:
        """The step itself, on the stream on which it will be recorded."""
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            metrics = self.step(self.index, self.randomness)
        torch.cuda.current_stream().wait_stream(self.stream)
        return metrics

    def record(self) -> tuple[torch.cuda.CUDAGraph, dict[str, Tensor]]:
        """Record a step without running it."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.randomness)
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
            metrics = self.step(self.index, self.randomness)
        return graph, metrics
