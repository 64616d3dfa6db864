"""The cast and its sheet: people from photographs as the add-on takes them in (docs/model-format.md)."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from trainer.encoder.drawing import Likenesses, with_column
from trainer.encoder.photographs.people_table import Sitter
from trainer.errors import UserError
from trainer.files import write_bytes
from trainer.labels.label import Label
from trainer.networks.encoder import guessed_labels
from trainer.pictures import Pixels, png, tiled

DIGITS = 16
"""Of a model file's SHA-256, by which a cast tells its model."""
SEXES = {-1.0: "female", 1.0: "male"}
ENDINGS = (".csv", ".safetensors")
AGES = tuple(range(10, 81, 10))
"""At which everybody is shown."""


@dataclass(frozen=True)
class Cast:
    """Encoded people. `matrix` float32 [N, C]: raw labels; `vectors` float32 [N, L + K]; `model`: the file's digest."""

    sitters: Sequence[Sitter]
    labels: Sequence[Label]
    matrix: NDArray[np.float32]
    vectors: NDArray[np.float32]
    model: str

    def rows(self) -> list[dict[str, str | float]]:
        """Each person's columns but the vector."""
        rows: list[dict[str, str | float]] = []
        for sitter, own in zip(self.sitters, self.matrix, strict=True):
            row: dict[str, str | float] = {
                "name": sitter.name,
                "sex": SEXES.get(sitter.sex, sitter.sex),
                "age": sitter.age,
                "consent": sitter.consent,
            }
            parts = np.split(own, np.cumsum([label.columns for label in self.labels])[:-1])
            further = {label.name for label in guessed_labels(self.labels)}
            for label, part in zip(self.labels, parts, strict=True):
                if label.name in further:
                    word = label.in_words(part[None])[0]
                    row[label.name] = word if isinstance(word, str) else float(f"{float(word):.6g}")
            rows.append(row)
        return rows


def model_digest(path: Path) -> str:
    """What tells a model file from others: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGITS]


def check_ending(path: Path) -> None:
    """Raises `UserError` for a cast file of a kind that there is not."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(f"{path}: a cast is a .csv or a .safetensors file; choose another --out")


def write_cast(path: Path, cast: Cast) -> None:
    """Write the cast as CSV or safetensors, by the file's ending, whole or not at all. Raises `UserError`."""
    check_ending(path)
    rows = cast.rows()
    if path.suffix.lower() == ".csv":
        write_bytes(path, as_csv(cast, rows))
        return
    metadata = {"cast": json.dumps(rows), "model": cast.model}
    write_bytes(path, save({"latent": cast.vectors.astype(np.float32)}, metadata))


def as_csv(cast: Cast, rows: Sequence[dict[str, str | float]]) -> bytes:
    """The cast as a table; each vector in one cell, its numbers separated by spaces."""
    further = [name for name in rows[0] if name not in ("name", "sex", "age", "consent")]
    columns = ["name", "sex", "age", *further, "consent", "model", "latent"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    for row, vector in zip(rows, cast.vectors, strict=True):
        numbers = " ".join(f"{float(number):.9g}" for number in vector)
        writer.writerow({**row, "model": cast.model, "latent": numbers})
    return text.getvalue().encode()


def cast_sheet(
    likenesses: Likenesses, faces: Sequence[Pixels], matrix: np.ndarray, vectors: np.ndarray, labels: Sequence[Label]
) -> bytes:
    """A PNG with a row for each person. `faces`: each one's pictures uint8 [N, S, S, 3], of which the first is shown.

    `matrix` raw labels [P, C], `vectors` [P, L + K]. Columns that need a label which the model has not are left out.
    """
    names = [label.name for label in labels for _ in range(label.columns)]
    asked = [matrix]
    if "age" in names:
        asked += [with_column(matrix, names.index("age"), age) for age in AGES]
    if "sex" in names:
        sex = names.index("sex")
        asked.append(with_column(matrix, sex, -matrix[:, sex]))
    drawn = [likenesses.pictures(vectors, one) for one in asked]
    rows = np.stack([np.stack([own[0] for own in faces]), *drawn], axis=1)
    return png(tiled(rows.reshape(-1, *rows.shape[2:]), rows.shape[1]), made=True)
