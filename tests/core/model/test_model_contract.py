"""Each promise and limit of docs/model-format.md, broken one at a time."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.model.model_refusals import reason
from tests.core.model.model_writer import Draft, write_file

Spoil = Callable[[Draft], None]


def change(*path: Any, to: Any) -> Spoil:
    """Sets a value deep inside the draft."""

    def spoil(draft: Draft) -> None:
        place: Any = getattr(draft, path[0])
        for key in path[1:-1]:
            place = place[key]
        place[path[-1]] = to

    return spoil


def remove(*path: Any) -> Spoil:
    def spoil(draft: Draft) -> None:
        place: Any = getattr(draft, path[0])
        for key in path[1:-1]:
            place = place[key]
        del place[path[-1]]

    return spoil


def node(op: str, *inputs: str, to: str, **attributes: Any) -> dict[str, Any]:
    return {"op": op, "inputs": list(inputs), "output": to, "tensors": {}, "attributes": attributes}


def add_node(op: str, *inputs: str, **attributes: Any) -> Spoil:
    def spoil(draft: Draft) -> None:
        draft.graph["nodes"].append(node(op, *inputs, to="new", **attributes))

    return spoil


def add_label(name: str, shape: list[int]) -> Spoil:
    def spoil(draft: Draft) -> None:
        draft.card["labels"].append({"name": name, "kind": "binary", "negative": "no", "positive": "yes"})
        draft.graph["inputs"][name] = shape

    return spoil


def set_format(name: str) -> Spoil:
    return lambda draft: setattr(draft, "format", name)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (set_format("facegan/2"), "format 2; this add-on reads 1; update the add-on"),
        (set_format("facegan/0"), "format 0"),
        (set_format("other/1"), "not a Crowd Faces model"),
        (set_format("facegan/" + "9" * 5000), "not a Crowd Faces model"),
        (set_format("facegan/\u0661"), "not a Crowd Faces model"),
        (remove("card", "licence"), "no 'licence'"),
        (change("card", "name", to=3), "'name'"),
        (change("card", "resolution", to=True), "'resolution'"),
        (change("card", "resolution", to=0), "'resolution'"),
        (change("card", "latent", "size", to=1.5), "'size'"),
        (change("card", "latent", "distribution", to="cauchy"), "'distribution'"),
        (change("card", "face", to=None), "'face'"),
        (change("card", "face", "eye_height", to=1.1), "'eye_height'"),
        (change("card", "face", "eye_height", to=10**400), "'eye_height'"),
        (change("card", "labels", 0, "kind", to="colour"), "'kind'"),
        (change("card", "labels", 1, "maximum", to=-1), "'maximum'"),
        (change("card", "labels", 0, to=[]), "not a JSON object"),
        (change("card", "labels", 1, "name", to="sex"), "twice"),
        (change("card", "labels", 1, to={"name": "age", "kind": "classes", "classes": []}), "'classes'"),
        (change("golden", 0, "seed", to=-1), "golden vector"),
        (change("golden", 0, "sex", to=2), "golden vector"),
        (change("golden", 0, "age", to="old"), "golden vector"),
        (change("golden", 0, "extra", to=1), "golden vector"),
        (lambda draft: draft.golden.clear(), "golden vectors"),
        (change("tensors", "golden.images", to=np.zeros((1, 8, 9, 3), np.uint8)), "golden.images"),
        (change("tensors", "golden.images", to=np.zeros((1, 8, 8, 3), np.float32)), "golden.images"),
        (change("graph", "inputs", "mood", to=[1]), "'mood' is no label"),
        (add_label("beard", [2]), "'beard' is [2]; the card says [1]"),
        (change("card", "latent", "size", to=7), "the card says [7]"),
        (change("card", "resolution", to=16), "its output is [8, 8, 3], not [16, 16, 3]"),
        (change("graph", "inputs", to={}), "its inputs"),
        (change("graph", "inputs", "sex", to=[]), "'sex' has no shape"),
        (change("graph", "output", to="latent"), "made by no node"),
        (change("graph", "output", to="nowhere"), "made by no node"),
        (change("graph", "nodes", to=[]), "1 to 1000 nodes"),
        (lambda draft: draft.graph["nodes"].extend(draft.graph["nodes"][-1:] * 1000), "1 to 1000 nodes"),
        (change("graph", "extra", to=1), "exactly inputs, output and nodes"),
        (change("graph", "nodes", 0, "op", to="attention"), "'attention'): the op is unknown; update the add-on"),
        (change("graph", "nodes", 0, "op", to=["tanh"]), "the op is unknown"),
        (change("graph", "nodes", 0, "comment", to=""), "node 0 ('knots'): it does not have exactly"),
        (change("graph", "nodes", 0, to="tanh"), "it does not have exactly"),
        (change("graph", "nodes", 0, "inputs", to=["later"]), "'later' is made by no earlier node"),
        (change("graph", "nodes", 0, "inputs", to=[]), "number of its inputs"),
        (change("graph", "nodes", 0, "output", to="latent"), "not a new name"),
        (change("graph", "nodes", 0, "output", to=""), "not a new name"),
        (change("graph", "nodes", 0, "attributes", to={}), "its attributes"),
        (change("graph", "nodes", 0, "attributes", "knots", to=[0, 0]), "do not increase"),
        (change("graph", "nodes", 0, "attributes", "knots", to=[0]), "2 to 10,000"),
        (change("graph", "nodes", 2, "tensors", to={}), "its tensors"),
        (change("graph", "nodes", 2, "tensors", "weight", to="absent"), "'absent' is not in the file"),
        (change("graph", "nodes", 2, "tensors", "weight", to="golden.images"), "holds no weights"),
        (change("tensors", "v2.weight", to=np.zeros((16, 12), np.float32)), "does not fit"),
        (change("tensors", "v2.bias", to=np.zeros((15,), np.float32)), "bias does not fit"),
        (change("tensors", "v2.weight", to=np.full((16, 11), np.inf, np.float32)), "not numbers"),
        (change("tensors", "v2.weight", to=np.full((16, 11), np.nan, np.float16)), "not numbers"),
        (add_node("upsample", "v10", factor=0), "factor"),
        (add_node("upsample", "v10", factor=2.0), "whole number"),
        (add_node("affine", "v10", scale=1e31, offset=0), "within 1e30"),
        (add_node("affine", "v10", scale=True, offset=0), "not a number"),
        (add_node("leaky_relu", "v10", slope=1.5), "slope"),
        (add_node("clip", "v10", minimum=1, maximum=0), "minimum is above"),
        (add_node("pixel_shuffle", "v12", factor=2), "3 channels cannot be shuffled by 2"),
        (add_node("normalise", "latent", epsilon=0), "epsilon"),
        (add_node("normalise", "v10", epsilon=1), "not a vector"),
        (add_node("add", "latent", "sex"), "not of one shape"),
        (add_node("multiply", "latent", "v1"), "does not fit"),
        (add_node("concat", "latent", "v10"), "more than the last axis"),
        (add_node("concat", "latent"), "number of its inputs"),
        (add_node("slice", "latent", start=2, stop=2), "not within"),
        (add_node("slice", "latent", start=0, stop=7), "not within"),
        (add_node("reshape", "latent", shape=[7]), "cannot become"),
        (add_node("reshape", "latent", shape=[0]), "size of 0"),
        (add_node("reshape", "latent", shape=[1, 1, 1, 6]), "1 to 3 sizes"),
        (add_node("film", "v10", "latent", "latent"), "scale [6] does not fit"),
        (add_node("knots", "latent", knots=[0, 1]), "not [1]"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_name(draft: Draft, tmp_path: Path, spoil: Spoil, words: str) -> None:
    spoil(draft)
    assert words in reason(draft.write(tmp_path / "m.facegan"))


def test_a_graph_beyond_the_arithmetic_limit_is_refused(draft: Draft, tmp_path: Path) -> None:
    draft.tensors["big"] = np.zeros((30, 12, 31, 31), np.float16)
    convolution = {**node("conv2d", "u", to="c"), "tensors": {"weight": "big"}}
    draft.graph["nodes"] += [node("upsample", "v10", to="u", factor=64), convolution]
    message = reason(draft.write(tmp_path / "m.facegan"))
    assert "20000000000 multiply-adds" in message


def test_a_value_beyond_the_limit_is_refused(draft: Draft, tmp_path: Path) -> None:
    draft.graph["nodes"] += [node("upsample", "v9", to="u", factor=64), node("upsample", "u", to="uu", factor=8)]
    message = reason(draft.write(tmp_path / "m.facegan"))
    assert "node 14 ('upsample'): it makes 33554432 values a face, more than 16000000" in message


def test_many_large_values_kept_at_once_are_refused(draft: Draft, tmp_path: Path) -> None:
    """Nine maps of 8 million values, each within the limit, all of them wanted after the last is made."""
    nodes = draft.graph["nodes"]
    nodes.append(node("upsample", "v9", to="u", factor=64))
    nodes += [node("upsample", "u", to=f"large{number}", factor=4) for number in range(9)]
    nodes += [node("add", f"large{number}", f"large{number + 1}", to=f"sum{number}") for number in range(8)]
    assert "more than 64000000 values a face at once" in reason(draft.write(tmp_path / "m.facegan"))


def test_a_claim_of_large_shapes_allocates_nothing(draft: Draft, tmp_path: Path) -> None:
    header, data = draft.header()
    header["v2.weight"]["shape"] = [2**31, 2**31]
    path = write_file(tmp_path / "m.facegan", header, data)
    tracemalloc.start()
    try:
        reason(path)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()
