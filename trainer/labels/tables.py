"""Tables as spreadsheets and programs write them: CSV separated by commas, semicolons or tabs."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import UserError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
ENCODINGS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""By how a file begins, the longer beginnings first. Any other is UTF-8."""
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
LONGEST_CELL = csv.field_size_limit()


@dataclass(frozen=True)
class Row:
    """A row of a table: the number of its last line in the file, and its cells by column name, blanks stripped."""

    path: Path
    line: int
    cells: dict[str, str]
    decimal_commas: bool = False

    def number_text(self, column: str) -> str:
        """A cell that may be a number, with a decimal point: where semicolons separate, `34,5` is how it is written."""
        text = self.cells[column]
        return text.replace(",", ".") if self.decimal_commas and DECIMAL_COMMA.fullmatch(text) else text

    def error(self, column: str, problem: str) -> UserError:
        """What is wrong with one cell, as a line that names file, line and column."""
        return UserError(f"{self.path}, line {self.line}, column {column}: {problem}")


def read_table(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a table with a header. Any further columns are given as well.

    The separator is the one with which the header has the `required` columns. `required` and `optional` names are found
    whatever their case. Columns without a name and rows without a word are passed over. Raises UserError: unreadable, a
    column missing or there twice, a row cut short, a quote that is not closed, a cell that is too long.
    """
    text = _text(path, required)
    separator, text, skipped = _told_separator(text)
    separator = separator or _separator(text, required)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    known = {name.casefold(): name for name in (*optional, *required)}
    try:
        columns = [known.get(name.strip().casefold(), name.strip()) for name in _header(reader)]
        _check_columns(path, columns, required, separator)
        for cells in reader:
            line = reader.line_num + skipped
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
                raise UserError(f"{path}, line {line}: has {len(cells)} cells, the header has {len(columns)}")
            told = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
            yield Row(path, line, told, decimal_commas=separator == ";")
    except csv.Error as error:
        line = reader.line_num + skipped
        raise UserError(
            f"{path}, line {line}: {error}; close every quote, and keep cells below {LONGEST_CELL:,} characters"
        ) from None


def _text(path: Path, required: Sequence[str]) -> str:
    try:
        data = path.read_bytes()
        encoding = next((name for mark, name in ENCODINGS.items() if data.startswith(mark)), "utf-8-sig")
        text = data.decode(encoding)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; it is to be a table with the columns {', '.join(required)}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is no UTF-8 text ({error}); save it as CSV UTF-8") from None
    if "\0" in text.partition("\n")[0]:
        raise UserError(f"{path}: is no UTF-8 text (its first line has zero bytes); save it as CSV UTF-8")
    return text


def _told_separator(text: str) -> tuple[str, str, int]:
    """The separator that a first line `sep=;` tells, the text after it, and how many lines it took."""
    first, newline, rest = text.partition("\n")
    told = first.strip("\r")
    if newline and told[:4].lower() == "sep=" and told[4:] in SEPARATORS:
        return told[4:], rest, 1
    return "", text, 0


def _separator(text: str, required: Sequence[str]) -> str:
    """The separator that finds most of the required columns, then most columns."""
    wanted = {name.casefold() for name in required}

    def found(separator: str) -> tuple[int, int]:
        try:
            header = _header(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        except csv.Error:
            return 0, 0
        return len(wanted & {name.strip().casefold() for name in header}), len(header)

    return max(SEPARATORS, key=found)


def _header(rows: Iterator[list[str]]) -> list[str]:
    """The first row with a word; none where there is none."""
    return next((row for row in rows if any(cell.strip() for cell in row)), [])


def _check_columns(path: Path, columns: Sequence[str], required: Sequence[str], separator: str) -> None:
    named = [name for name in columns if name]
    if missing := [name for name in required if name not in named]:
        told = f"{', '.join(named) or 'nothing'}, separated by {SEPARATORS[separator]}"
        raise UserError(f"{path}: no column {', '.join(missing)}; it has {told}")
    if twice := [name for name, count in Counter(named).items() if count > 1]:
        raise UserError(f"{path}: the column {', '.join(twice)} stands twice; leave one of them, or rename the other")
