"""The plainest way to run a graph, one face at a time."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def run(graph: Any, tensors: Mapping[str, Any], values: dict[str, Any]) -> Any:
    for node in graph.nodes:
        x = [values[n] for n in node.inputs]
        t = {k: tensors[n] for k, n in node.tensors.items()}
        values[node.output] = _run(node.op, x, t, node.attributes)
    return values[graph.output]


def _run(op: str, x: list[Any], t: dict[str, Any], a: Mapping[str, Any]) -> Any:
    if op == "linear":
        return t["weight"] @ x[0] + t.get("bias", 0)
    if op == "conv2d":
        k = t["weight"].shape[-1]
        p = k // 2
        padded = np.pad(x[0], ((p, p), (p, p), (0, 0)))
        h, w, _ = x[0].shape
        cols = np.concatenate([padded[i : i + h, j : j + w] for i in range(k) for j in range(k)], -1)
        return cols @ t["weight"].transpose(2, 3, 1, 0).reshape(-1, t["weight"].shape[0]) + t.get("bias", 0)
    if op == "upsample":
        return x[0].repeat(a["factor"], 0).repeat(a["factor"], 1)
    if op == "pixel_shuffle":
        h, w, c = x[0].shape
        f = a["factor"]
        return x[0].reshape(h, w, -1, f, f).transpose(0, 3, 1, 4, 2).reshape(h * f, w * f, -1)
    if op == "scale_shift":
        return x[0] * t["scale"] + t["shift"]
    if op == "film":
        return x[0] * x[1] + x[2]
    if op == "affine":
        return x[0] * np.float32(a["scale"]) + np.float32(a["offset"])
    if op == "leaky_relu":
        return np.maximum(x[0], x[0] * np.float32(a["slope"]))
    if op == "tanh":
        return np.tanh(x[0])
    if op == "clip":
        return np.clip(x[0], np.float32(a["minimum"]), np.float32(a["maximum"]))
    if op == "add":
        return x[0] + x[1]
    if op == "multiply":
        return x[0] * x[1]
    if op == "concat":
        return np.concatenate(x, -1)
    if op == "slice":
        return x[0][..., a["start"] : a["stop"]]
    if op == "reshape":
        return x[0].reshape(a["shape"])
    if op == "constant":
        return t["value"]
    if op == "knots":
        k = a["knots"]
        return np.array([np.interp(x[0][0], k, np.eye(len(k))[i]) for i in range(len(k))], np.float32)
    if op == "normalise":
        return x[0] / np.sqrt(np.mean(x[0] * x[0]) + np.float32(a["epsilon"]))
    raise AssertionError(op)
