"""Model files spoilt at random: they are read, or refused with one line."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.model.file import ModelFile, read_model
from tests.core.model.model_writer import small_network, write_file


def read_or_refuse(path: Path) -> None:
    """Nothing comes of a spoilt file but a model, or the one error with its one line."""
    try:
        model = read_model(path)
    except ModelFileError as error:
        message = str(error)
    else:
        assert isinstance(model, ModelFile)
        return
    assert message.isprintable()
    assert message.startswith(str(path))


PROPER = small_network().draft(8)
fuzzing = settings(
    max_examples=3 * settings().max_examples, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def proper_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return PROPER.write(tmp_path_factory.mktemp("proper") / "m.facegan").read_bytes()


@fuzzing
@given(data=st.data())
def test_flipped_bits_and_truncation_never_do_worse(data: st.DataObject, proper_bytes: bytes, tmp_path: Path) -> None:
    spoilt = bytearray(proper_bytes)
    header = 8 + struct.unpack_from("<Q", spoilt)[0]
    places = st.one_of(st.integers(0, 7), st.integers(8, header - 1), st.integers(header, len(spoilt) - 1))
    for place, bit in data.draw(st.lists(st.tuples(places, st.integers(0, 7)), max_size=4)):
        spoilt[place] ^= 1 << bit
    length = data.draw(st.one_of(st.just(len(spoilt)), st.integers(0, len(spoilt))))
    path = tmp_path / "m.facegan"
    path.write_bytes(spoilt[:length])
    read_or_refuse(path)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["v1", "latent"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def edited(data: st.DataObject, value: Any) -> Any:
    """The JSON value with one of its parts replaced, removed or doubled."""
    if not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 4)) == 0:
        return data.draw(json_values)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, copied = data.draw(st.sampled_from(keys)), value.copy()
    if data.draw(st.integers(0, 9)) == 0:
        del copied[key]
    else:
        copied[key] = edited(data, value[key])
    return copied


@fuzzing
@given(data=st.data())
def test_edited_json_never_does_worse(data: st.DataObject, tmp_path: Path) -> None:
    header, body = PROPER.header()
    part = data.draw(st.sampled_from(["header", "graph", "card", "golden"]))
    if part == "header":
        header = edited(data, header)
    else:
        header["__metadata__"][part] = json.dumps(edited(data, json.loads(header["__metadata__"][part])))
    read_or_refuse(write_file(tmp_path / "m.facegan", json.dumps(header).encode(), body))
