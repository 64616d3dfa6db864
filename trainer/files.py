"""Files that are there whole or not at all, and folders that can be written."""

import contextlib
import csv
import errno
import json
import os
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.errors import UserError

UNFINISHED = ".unfinished"
ROWS_AT_ONCE = 8192
"""Of an array that may be read from a file itself."""
MAPPED_FROM = 2**16
"""Bytes from which a file is mapped: one of an empty array cannot be."""
ZEROS = 2**20
"""Bytes written at once where a file system cannot take place by itself."""


def unwritable(path: Path, error: OSError, remedy: str = "") -> UserError:
    """That `path` cannot be written, why, and what to do about it."""
    return UserError(f"{path}: cannot be written ({error.strerror or error})" + (f"; {remedy}" if remedy else ""))


def make_folder(folder: Path, remedy: str = "") -> None:
    """Make `folder`, and see that files can be written there: before the work. Raises `UserError`."""
    probe = folder / f"probe-{os.getpid()}{UNFINISHED}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise unwritable(folder, error, remedy) from error


@contextmanager
def whole(path: Path, remedy: str = "") -> Iterator[Path]:
    """Where to write what is to stand at `path`: it takes its place once the block is left, and is removed if it fails.

    Raises `UserError` where the disk does not take it.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise unwritable(path, error, remedy) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, remedy: str = "") -> None:
    """Write a file whole or not at all. Raises `UserError`."""
    with whole(path, remedy) as unfinished:
        unfinished.write_bytes(data)


def write_text(path: Path, text: str, remedy: str = "") -> None:
    """Write a UTF-8 file whole or not at all. Raises `UserError`."""
    write_bytes(path, text.encode(), remedy)


def write_json(path: Path, value: Any, remedy: str = "") -> None:
    """Write `value` as JSON, one space a level, whole or not at all. Raises `UserError`."""
    write_text(path, json.dumps(value, indent=1) + "\n", remedy)


def file_at(path: Path, name: str) -> Path:
    """The file of that name in the folder `path`; `path` itself where it is none."""
    return path / name if path.is_dir() else path


def parsed_json(data: bytes | str) -> Any:
    """The value of a JSON text; as bytes it is in UTF-8, or in what its first bytes tell. Raises ValueError."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_json(path: Path, remedy: str) -> Any:
    """The value in a JSON file. Raises `UserError`, with the `remedy`, where it cannot be read."""
    try:
        return parsed_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); {remedy}") from None


def read_document(path: Path, form: str, missing: str) -> dict[str, Any]:
    """The object in a JSON file whose `format` is `form`. Raises `UserError`, `missing` for no file."""
    if not path.is_file():
        raise UserError(missing)
    document = read_json(path, "take it from a copy, or make it anew")
    if not isinstance(document, dict) or document.get("format") != form:
        raise UserError(f"{path}: is not of the format {form}; give the file of that name that this program wrote")
    return document


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises `UserError` where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:  # a number of too many digits is a plain ValueError
        raise UserError(f"{path}: cannot be read as TOML ({error})") from None


@contextmanager
def written_table(path: Path, columns: Iterable[str]) -> Iterator[Any]:
    """What writes rows below these columns into a CSV file that is there whole or not at all. Raises `UserError`."""
    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        yield writer


def write_arrays(path: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write arrays as one .npz, whole or not at all. Raises `UserError`."""
    with whole(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type] # the stub takes the names for options


@contextmanager
def read_arrays(path: Path) -> Iterator[Mapping[str, npt.NDArray[Any]]]:
    """The arrays of an .npz by name, read as they are asked for. Raises `UserError` where it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: damaged ({error}); delete it and run again") from None


def allocate(path: Path) -> None:
    """Take the place of a sparse file's whole length on the disk. Raises OSError where there is none."""
    length = path.stat().st_size
    with path.open("rb+") as file:
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, length)
                return
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                    raise
        start = file.read(min(length, ZEROS))
        file.seek(0)
        file.write(start)
        for position in range(len(start), length, ZEROS):
            file.write(bytes(min(ZEROS, length - position)))


@contextmanager
def appended_array(
    path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike
) -> Iterator[Callable[[npt.NDArray[Any]], None]]:
    """What puts arrays behind each other, none of which stays in memory: a .npy of `shape` that stands at `path` then.

    Raises `UserError` where the disk does not take it.
    """
    with whole(path) as unfinished, unfinished.open("wb") as file:
        kind = np.dtype(dtype)
        header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        rows = 0

        def append(part: npt.NDArray[Any]) -> None:
            nonlocal rows
            rows += len(part)
            for start in range(0, len(part), ROWS_AT_ONCE):
                file.write(np.ascontiguousarray(part[start : start + ROWS_AT_ONCE], kind).tobytes())

        yield append
        if rows != shape[0]:
            raise ValueError(f"{rows} rows for an array of shape {shape}")


def mapped(path: Path) -> npt.NDArray[Any]:
    """The array of a .npy file, read as it is used."""
    return np.asarray(np.load(path, mmap_mode=None if path.stat().st_size < MAPPED_FROM else "r", allow_pickle=False))


@contextmanager
def growing_array(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Iterator[npt.NDArray[Any]]:
    """An array on disk to be filled, a .npy that stands at `path` once it is full.

    Its place on the disk is taken first: a mapped file that finds no room later would end the process.
    """
    with whole(path) as unfinished:
        if 0 in shape:
            array = np.empty(shape, dtype)
            yield array
            with unfinished.open("wb") as file:
                np.save(file, array)
            return
        mapped = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.dtype(dtype), shape=shape)
        allocate(unfinished)
        yield mapped
        mapped.flush()
        del mapped
