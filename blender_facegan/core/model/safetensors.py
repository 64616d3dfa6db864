"""Reads a safetensors file that nobody vouches for: every number is checked before it is used."""

import json
import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .errors import ModelFileError, shown

MAX_FILE_BYTES = 256 * 2**20
MAX_HEADER_BYTES = 4 * 2**20
MAX_TENSORS = 2_000
_MAX_RANK = 4
_DTYPES: Mapping[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "U8": np.dtype("u1"),
}


@dataclass(frozen=True)
class _Entry:
    """Where a tensor lies: its dtype, its shape, and its bytes counted from the file's start."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    stop: int


class TensorFile:
    """An open safetensors file whose header has been checked; tensors are read when they are asked for.

    Use it as a context manager. Raises ModelFileError where the file cannot be opened or its header breaks the format
    or a limit of docs/model-format.md ("Hostile files").
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._file = self._open()
        try:
            self.metadata, self._entries = self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "TensorFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Every tensor's shape by name."""
        return {name: entry.shape for name, entry in self._entries.items()}

    def is_bytes(self, name: str) -> bool:
        """Whether the tensor holds U8 values (pictures) and not weights."""
        return self._entries[name].dtype == np.uint8

    def read(self, name: str) -> NDArray[Any]:
        """The tensor in its own dtype (float16, float32 or uint8), read-only, of the shape the header gives.

        Raises ModelFileError when the file has become shorter since it was opened, or cannot be read.
        """
        entry = self._entries[name]
        count = entry.stop - entry.start
        try:
            self._file.seek(entry.start)
            data = self._file.read(count)
        except OSError as error:
            raise ModelFileError(self.path, f"cannot be read ({error.strerror})", "check the disk") from error
        if len(data) != count:
            raise ModelFileError(self.path, f"ends inside the tensor {shown(name)}")
        return np.frombuffer(data, dtype=entry.dtype).reshape(entry.shape)

    def _open(self) -> BinaryIO:
        path = Path(self.path)
        try:
            # Opening a named pipe would wait for a writer, hence the look before it.
            file = path.open("rb") if stat.S_ISREG(path.stat().st_mode) else None
        except FileNotFoundError as error:
            raise ModelFileError(self.path, "does not exist", "choose an existing .facegan file") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ModelFileError(self.path, f"cannot be opened ({reason})", "check its name and permissions") from error
        if file is None:
            raise ModelFileError(self.path, "is not a file", "choose a .facegan file")
        return file

    def _read_header(self) -> tuple[Mapping[str, str], Mapping[str, _Entry]]:
        size = os.fstat(self._file.fileno()).st_size
        if size > MAX_FILE_BYTES:
            raise ModelFileError(self.path, f"has {size} bytes, more than {MAX_FILE_BYTES}", "choose a smaller model")
        prefix = self._file.read(8)
        length = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or not 2 <= length <= size - 8:
            raise ModelFileError(self.path, "is not a whole safetensors file")
        if length > MAX_HEADER_BYTES:
            raise ModelFileError(self.path, f"has a header of {length} bytes, more than {MAX_HEADER_BYTES}")
        header = parse_json(self.path, "the header", self._file.read(length))
        if not isinstance(header, dict):
            raise ModelFileError(self.path, "has a header that is not a JSON object")
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
            raise ModelFileError(self.path, "has metadata that is not a map of strings")
        if len(header) > MAX_TENSORS:
            raise ModelFileError(self.path, f"has {len(header)} tensors, more than {MAX_TENSORS}")
        entries = {name: self._entry(name, value, 8 + length, size) for name, value in header.items()}
        self._refuse_overlap(entries)
        return metadata, entries

    def _entry(self, name: str, value: Any, data_start: int, size: int) -> _Entry:
        problem = f"has a tensor {shown(name)} "
        if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
            raise ModelFileError(self.path, problem + "without exactly dtype, shape and data_offsets")
        dtype = _DTYPES.get(value["dtype"]) if isinstance(value["dtype"], str) else None
        if dtype is None:
            raise ModelFileError(self.path, problem + f"of dtype {shown(value['dtype'])}, not F16, F32 or U8")
        shape, offsets = value["shape"], value["data_offsets"]
        if not _whole_numbers(shape) or not 1 <= len(shape) <= _MAX_RANK or min(shape) < 1:
            raise ModelFileError(self.path, problem + f"of shape {shown(shape)}")
        if not _whole_numbers(offsets) or len(offsets) != 2:
            raise ModelFileError(self.path, problem + f"at {shown(offsets)}")
        start, stop = offsets
        if not 0 <= start <= stop <= size - data_start:
            raise ModelFileError(self.path, problem + f"at {start} to {stop}, outside the file")
        if math.prod(shape) * dtype.itemsize != stop - start:
            raise ModelFileError(self.path, problem + f"of shape {shown(shape)} in {stop - start} bytes")
        return _Entry(dtype, tuple(shape), data_start + start, data_start + stop)

    def _refuse_overlap(self, entries: Mapping[str, _Entry]) -> None:
        in_order = sorted(entries.items(), key=lambda item: item[1].start)
        for (name, entry), (next_name, following) in pairwise(in_order):
            if following.start < entry.stop:
                raise ModelFileError(self.path, f"has tensors that overlap: {shown(name)} and {shown(next_name)}")


def parse_json(path: str, what: str, text: str | bytes) -> Any:
    """JSON without its traps: no NaN or infinity, no key twice, no nesting or number beyond Python's limits.

    `what` names the part of the file in the message. Raises ModelFileError.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else shown(str(error))
        raise ModelFileError(path, f"cannot be understood: {what} is not proper JSON ({reason})") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{shown(text, 20)} is too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _whole_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(number) is int for number in value)
