"""A network as a list of nodes, checked as a whole before anything is computed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .operations import OPERATIONS, GraphError, Operation, Shape, Site, multiply_adds

MAX_NODES = 1_000
MAX_ACTIVATION = 16_000_000
MAX_HELD = 64_000_000
MAX_MULTIPLY_ADDS = 20_000_000_000
_MAX_INPUTS = 64


class UnknownOperationError(GraphError):
    """A node uses an op that this reader does not know: the file is newer, not damaged."""


@dataclass(frozen=True)
class Node:
    """One operation: its inputs and output by name, its tensors' names by role, its checked attributes."""

    op: str
    inputs: tuple[str, ...]
    output: str
    tensors: Mapping[str, str]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which they can run.

    inputs: shapes by name; shapes: every value's shape by name, inputs included; multiply_adds: for one face. Shapes
    leave out the batch axis.
    """

    inputs: Mapping[str, Shape]
    output: str
    nodes: tuple[Node, ...]
    shapes: Mapping[str, Shape]
    multiply_adds: int


def parse_graph(data: Any, tensors: Mapping[str, Shape]) -> Graph:
    """The graph from its JSON value and the tensors' shapes, every shape inferred and every limit kept.

    Raises GraphError, whose message names the node.
    """
    if not isinstance(data, dict) or set(data) != {"inputs", "output", "nodes"}:
        raise GraphError("it does not have exactly inputs, output and nodes")
    inputs, listed = _parse_inputs(data["inputs"]), data["nodes"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_NODES:
        raise GraphError(f"it does not have 1 to {MAX_NODES} nodes")
    shapes: dict[str, Shape] = dict(inputs)
    nodes, total = [], 0
    for number, entry in enumerate(listed):
        try:
            node, shape, cost = _parse_node(entry, shapes, tensors)
        except GraphError as error:
            op = entry.get("op") if isinstance(entry, dict) else None
            raise type(error)(f"node {number} ({ascii(op)[:40]}): {error}") from error
        total += cost
        if total > MAX_MULTIPLY_ADDS:
            raise GraphError(f"it takes more than {MAX_MULTIPLY_ADDS} multiply-adds a face")
        shapes[node.output] = shape
        nodes.append(node)
    output = data["output"]
    if not isinstance(output, str) or output not in shapes or output in inputs:
        raise GraphError("its output is made by no node")
    _refuse_large_working_set(nodes, shapes, output)
    return Graph(MappingProxyType(inputs), output, tuple(nodes), MappingProxyType(shapes), total)


def _parse_inputs(data: Any) -> dict[str, Shape]:
    if not isinstance(data, dict) or not 1 <= len(data) <= _MAX_INPUTS:
        raise GraphError(f"its inputs are not a map of 1 to {_MAX_INPUTS} names")
    for name, shape in data.items():
        sizes = shape if isinstance(shape, list) and len(shape) in (1, 3) else [0]
        if not name or not all(type(size) is int and 1 <= size <= 65_536 for size in sizes):
            raise GraphError(f"its input {ascii(name)[:40]} has no shape [C] or [H, W, C]")
        if math.prod(sizes) > MAX_ACTIVATION:
            raise GraphError(f"its input {ascii(name)[:40]} has more than {MAX_ACTIVATION} values")
    return {name: tuple(shape) for name, shape in data.items()}


def _parse_node(entry: Any, shapes: Mapping[str, Shape], tensors: Mapping[str, Shape]) -> tuple[Node, Shape, int]:
    if not isinstance(entry, dict) or set(entry) != {"op", "inputs", "output", "tensors", "attributes"}:
        raise GraphError("it does not have exactly op, inputs, output, tensors and attributes")
    operation = OPERATIONS.get(entry["op"]) if isinstance(entry["op"], str) else None
    if operation is None:
        raise UnknownOperationError("the op is unknown")
    inputs = _parse_node_inputs(entry["inputs"], operation, shapes)
    roles = _parse_tensors(entry["tensors"], operation, tensors)
    attributes = _parse_attributes(entry["attributes"], operation)
    output = entry["output"]
    if not isinstance(output, str) or not output or output in shapes:
        raise GraphError("its output is not a new name")
    at = Site([shapes[name] for name in inputs], {r: tensors[n] for r, n in roles.items()}, attributes)
    shape = operation.rule(at)
    if math.prod(shape) > MAX_ACTIVATION:
        raise GraphError(f"it makes {math.prod(shape)} values a face, more than {MAX_ACTIVATION}")
    node = Node(entry["op"], inputs, output, MappingProxyType(roles), MappingProxyType(attributes))
    return node, shape, multiply_adds(at, shape)


def _parse_node_inputs(data: Any, operation: Operation, shapes: Mapping[str, Shape]) -> tuple[str, ...]:
    fewest, most = operation.inputs
    if not isinstance(data, list) or not fewest <= len(data) <= min(most, MAX_NODES):
        raise GraphError("the number of its inputs is wrong")
    for name in data:
        if not isinstance(name, str) or name not in shapes:
            raise GraphError(f"its input {ascii(name)[:40]} is made by no earlier node")
    return tuple(data)


def _parse_tensors(data: Any, operation: Operation, tensors: Mapping[str, Shape]) -> dict[str, str]:
    if not isinstance(data, dict) or not operation.tensors <= set(data) <= operation.tensors | operation.optional:
        raise GraphError("its tensors are not those of the op")
    for name in data.values():
        if not isinstance(name, str) or name not in tensors:
            raise GraphError(f"its tensor {ascii(name)[:40]} is not in the file, or holds no weights")
    return dict(data)


def _parse_attributes(data: Any, operation: Operation) -> dict[str, Any]:
    if not isinstance(data, dict) or set(data) != set(operation.attributes):
        raise GraphError("its attributes are not those of the op")
    return {name: check(data[name]) for name, check in operation.attributes.items()}


def _refuse_large_working_set(nodes: list[Node], shapes: Mapping[str, Shape], output: str) -> None:
    """Bounds what lives at the same time: a thousand large results kept for a last `concat`, say."""
    last_use = {name: number for number, node in enumerate(nodes) for name in node.inputs}
    last_use[output] = len(nodes)
    held = 0
    for number, node in enumerate(nodes):
        held += math.prod(shapes[node.output])
        if held > MAX_HELD:
            raise GraphError(f"it holds more than {MAX_HELD} values a face at once")
        held -= sum(math.prod(shapes[name]) for name in set(node.inputs) if last_use[name] == number)
        if last_use.get(node.output, -1) < number:
            held -= math.prod(shapes[node.output])
