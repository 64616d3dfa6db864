"""Tables as spreadsheets write them: CSV with commas, semicolons or tabs, in UTF-8 or UTF-16."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import CrowdError

_SEPARATORS = (",", ";", "\t")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*")
_LONGEST_FIELD = 2 * 2**20
"""Characters: of a vector of the largest model."""


class Spreadsheet:
    """A table while it is read, row by row. columns: those with a name, in small letters.

    required: the columns by which the separator is told. Both the beginning and `rows` raise CrowdError for rows that
    are cut short and for what is no text, and what reading a file raises: to be used within `reading`.
    """

    def __init__(self, path: Path, required: Sequence[str]) -> None:
        self._path = path
        self._file = path.open("rb")
        try:
            self._begin(required)
        except BaseException:
            self._file.close()
            raise

    def _begin(self, required: Sequence[str]) -> None:
        wide = self._file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-16" if wide else "utf-8-sig", newline="")
        separator, header, self._before = _header(text, required)
        if "\0" in header:
            raise CrowdError("is no text", "save it as CSV in UTF-8", self._path)
        self._separator = separator
        self._reader = csv.reader(text, delimiter=separator, strict=True)
        self._names = _cells(header, separator)
        self.columns = [name for name in self._names if name]

    @property
    def is_closed(self) -> bool:
        """Whether the file has been let go of."""
        return self._file.closed

    @property
    def position(self) -> int:
        """Bytes that have been read."""
        return self._file.tell()

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The rows with a word: the number of the last line, and the cells by column."""
        for cells in self._reader:
            line = self._before + self._reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < len(self._names) or any(cell.strip() for cell in cells[len(self._names) :]):
                told = f"has {len(cells)} values for {len(self._names)} columns"
                raise CrowdError(told, "mend the row", f"{self._path}, line {line}")
            yield line, {name: cell for name, cell in zip(self._names, cells, strict=False) if name}

    def decimal(self, cell: str) -> str:
        """A cell that may be a number, with a decimal point: `34,5` is one where semicolons are between cells."""
        return cell.replace(",", ".") if self._separator == ";" and _DECIMAL_COMMA.fullmatch(cell) else cell

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@contextmanager
def reading(path: Path, remedy: str = "save it as CSV in UTF-8") -> Iterator[None]:
    """While a table is read: what goes wrong with its file is a CrowdError, and fields may be as long as a vector.

    That length is the whole process's: never hold this open in a generator, which may stand still for ever.
    """
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    except FileNotFoundError as error:
        raise CrowdError("there is no such file", "check its name and folder", path) from error
    except OSError as error:
        raise CrowdError(f"cannot be read ({error.strerror})", "choose another file", path) from error
    except (UnicodeError, csv.Error) as error:
        raise CrowdError(f"cannot be read as CSV ({error})", remedy, path) from error
    finally:
        csv.field_size_limit(limit)


def _header(text: io.TextIOWrapper, required: Sequence[str]) -> tuple[str, str, int]:
    """The separator, the first line with a word, and how many lines that took; a line `sep=;` tells the separator."""
    told, lines = "", 0
    for line in iter(text.readline, ""):
        lines += 1
        if line[:4].lower() == "sep=" and line[4:].strip("\r\n") in _SEPARATORS:
            told = line[4:].strip("\r\n")
        elif line.strip("".join(_SEPARATORS) + " \r\n"):
            return told or _separator(line, required), line, lines
    return ",", "", lines


def _separator(header: str, required: Sequence[str]) -> str:
    """The separator that finds most of the required columns, then most columns."""

    def found(separator: str) -> tuple[int, int]:
        cells = _cells(header, separator)
        return len(set(required) & set(cells)), len(cells)

    return max(_SEPARATORS, key=found)


def _cells(header: str, separator: str) -> list[str]:
    return [name.strip().lower() for name in next(csv.reader([header], delimiter=separator), [])]
