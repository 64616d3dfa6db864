import math

from hypothesis import given, settings
from hypothesis import strategies as st

from blender_facegan.core.engine.memory import Span, plan_storage
from blender_facegan.core.engine.rewriting import Instructions, rewrite
from blender_facegan.core.model.graph import parse_graph
from tests.core.model.model_writer import Network, crowd_network
from tests.core.model.random_graph import RandomGraph


def planned(network: Network) -> tuple[Instructions, dict[str, Span], int]:
    graph = parse_graph(network.graph, {name: array.shape for name, array in network.tensors.items()})
    instructions = rewrite(graph, network.tensors)
    margins = {
        step.output: step.arrays["weight"].shape[2] // 2
        for step in instructions.steps
        if step.op in ("conv2d", "upsampled_conv2d")
    }
    plan = plan_storage(instructions, graph.inputs, margins)
    return instructions, dict(plan.places), plan.size


def extent(place: Span) -> range:
    shape = place.shape
    if place.margin:
        shape = (shape[0] + 2 * place.margin, shape[1] + 2 * place.margin, shape[2])
    return range(place.offset, place.offset + math.prod(shape))


def overlap(a: range, b: range) -> bool:
    return a.start < b.stop and b.start < a.stop


@settings(max_examples=settings().max_examples * 3 // 2)
@given(data=st.data())
def test_a_result_never_lies_on_what_is_still_wanted(data: st.DataObject) -> None:
    """Checked step by step: whatever a later step, or the reader of the output, still asks for is left alone."""
    instructions, places, size = planned(RandomGraph(data.draw).grow())
    for index, step in enumerate(instructions.steps):
        place = places.get(step.output)
        if place is None or place.view_of is not None:
            continue
        assert extent(place).stop <= size
        later = {name for after in instructions.steps[index + 1 :] for name in after.inputs} | {instructions.output}
        made = {earlier.output for earlier in instructions.steps[:index]} | set(places) - {
            other.output for other in instructions.steps
        }
        for name in later & made & set(places):
            assert not overlap(extent(place), extent(places[name])), (step.output, name)


def test_memory_is_shared_by_what_does_not_live_together() -> None:
    _, places, size = planned(crowd_network())
    apart = sum(len(extent(place)) for place in places.values() if place.view_of is None)
    assert size < apart / 3
