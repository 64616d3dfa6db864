"""Reads a cast file (docs/model-format.md, "The cast file") as if an enemy had written it."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ..errors import CrowdError
from ..model.card import Card, Label, is_skin_tone
from ..model.file import ModelFile, model_digest
from ..model.safetensors import TensorFile, parse_json
from ..people.latents import Latent, checked_latent, read_latent
from ..people.spreadsheet import Spreadsheet, reading
from ..people.values import read_sex
from .member import CastMember, checked_label

MOST_PEOPLE = 10_000
_MOST_BYTES = 256 * 2**20
_REQUIRED = ("name", "sex", "age", "consent", "model", "latent")
_ENDING = ".safetensors"
_WROTE = "choose a file that trainer encode wrote"
_Rows: TypeAlias = Generator[tuple[str, Mapping[str, Any], Latent | None], None, None]
"""Where each row stands in its file, its values, and its latent unless the row's own text has it."""


@dataclass(frozen=True)
class _Model:
    """What people must fit: the digest of the model file, the length of its vectors, its card's further labels."""

    name: str
    digest: str
    size: int
    labels: Mapping[str, Label]


def read_cast(path: Path, model: ModelFile) -> list[CastMember]:
    """The people of a cast file, in its order. model: the one that is to draw them.

    Raises CrowdError, one line with the file and the row: for what is no cast, people of another model, numbers that
    are none, people without consent or under 16, and nobody at all.
    """
    fit = _Model(Path(model.path).name, model_digest(model.path), model.vector_size, further_labels(model.card))
    rows = _tensor_rows(path, fit) if path.suffix.lower() == _ENDING else _text_rows(path, fit)
    people = []
    with reading(path, _WROTE), closing(rows):
        for where, values, latent in rows:
            try:
                people.append(_member(values, latent, fit))
            except (CrowdError, ValueError) as error:
                raise CrowdError(str(error), where=f"{path}, {where}") from error
    if not people:
        raise CrowdError("has nobody in it", _WROTE, path)
    return people


def further_labels(card: Card) -> Mapping[str, Label]:
    """The labels of a card besides sex and age, by name."""
    return {label.name: label for label in card.labels if label.name not in ("sex", "age")}


def _text_rows(path: Path, fit: _Model) -> _Rows:
    if not path.is_file() and path.exists():
        raise CrowdError("is not a file", _WROTE, path)
    sheet = Spreadsheet(path, _REQUIRED)
    with closing(sheet):
        if path.stat().st_size > _MOST_BYTES:
            raise CrowdError(f"has more than {_MOST_BYTES:,} bytes", "split it", path)
        _check_columns(path, sheet.columns, fit)
        for count, (line, cells) in enumerate(sheet.rows(), 1):
            _check_count(path, count)
            yield f"line {line}", {name: _cell(sheet, name, cell) for name, cell in cells.items()}, None


def _cell(sheet: Spreadsheet, name: str, cell: str) -> str:
    return cell if name in ("name", "consent", "latent") else sheet.decimal(cell)


def _tensor_rows(path: Path, fit: _Model) -> _Rows:
    if not path.is_file():
        raise CrowdError("there is no such file", "check its name and folder", path)
    with TensorFile(path) as file:
        if "cast" not in file.metadata or "model" not in file.metadata:
            raise CrowdError("has no cast and model in its metadata", _WROTE, path)
        listed = parse_json(str(path), "the cast", file.metadata["cast"])
        if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
            raise CrowdError("has a cast that is not a list of people", _WROTE, path)
        _check_count(path, len(listed))
        shape = file.shapes.get("latent", ())
        if len(shape) != 2 or shape[0] != len(listed) or file.is_bytes("latent"):
            raise CrowdError(f"has {len(listed)} people and the latents {list(shape)}", _WROTE, path)
        latents = file.read("latent") if listed else ()
        model = file.metadata["model"]
    for number, (row, latent) in enumerate(zip(listed, latents, strict=True), 1):
        values = {"model": model, **row, "latent": ""}
        _check_columns(path, list(values), fit)
        if not all(isinstance(value, (str, int, float)) for value in values.values()):
            raise CrowdError("has values that are neither text nor numbers", where=f"{path}, person {number}")
        try:
            yield f"person {number}", values, checked_latent(latent)
        except ValueError as error:
            raise CrowdError(str(error), where=f"{path}, person {number}") from error


def _check_columns(path: Path, columns: Sequence[str], fit: _Model) -> None:
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise CrowdError(f"has no column {missing[0]}", _WROTE, path)
    unknown = [name for name in columns if name not in (*_REQUIRED, *fit.labels)]
    if unknown:
        told = f"has a column {unknown[0][:30]!r}, which {fit.name} does not know"
        raise CrowdError(told, "choose the model of this cast", path)
    if len(set(columns)) != len(columns):
        raise CrowdError("has a column twice", "keep one of them", path)


def _check_count(path: Path, count: int) -> None:
    if count > MOST_PEOPLE:
        raise CrowdError(f"has more than {MOST_PEOPLE:,} people", "split it", path)


def _member(values: Mapping[str, Any], latent: Latent | None, fit: _Model) -> CastMember:
    told = str(values["model"]).strip().lower()
    if told[: len(fit.digest)] != fit.digest:
        remedy = f"{fit.name} is {fit.digest}: choose the model of this cast, or encode the photographs again"
        raise CrowdError(f"a person of another model ({told[:16] or 'none is told'})", remedy)
    vector = read_latent(str(values["latent"])) if latent is None else latent
    if len(vector) != fit.size:
        raise CrowdError(f"a latent of {len(vector)} numbers", f"{fit.name} takes {fit.size}")
    given = [label for name, label in fit.labels.items() if str(values.get(name, "")).strip()]
    told_of = {label: checked_label(label, _plain(label, values[label.name])) for label in given}
    return CastMember(
        name=str(values["name"]).strip(),
        sex=_sex(values["sex"]),
        age=_number(values["age"], "age"),
        consent=str(values["consent"]).strip(),
        model=fit.digest,
        latent=vector,
        labels=tuple((label.name, value) for label, value in told_of.items() if not is_skin_tone(label)),
        skin=next((float(value) for label, value in told_of.items() if is_skin_tone(label)), None),
    )


def _plain(label: Label, value: Any) -> float | str:
    return str(value).strip() if label.kind == "classes" else _number(value, label.name)


def _sex(value: Any) -> float:
    try:
        return read_sex(float(value), "SIGNED")
    except ValueError:
        return read_sex(str(value), "SIGNED")


def _number(value: Any, what: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ValueError(f"the {what} {str(value)[:20]!r} is not a number") from error
