"""The sheet of a cast: each person's photograph, the likeness, the person from 10 to 80, and as the other sex."""

from collections.abc import Sequence

import numpy as np

from trainer.encoder.drawing import Likenesses
from trainer.labels.label import Label
from trainer.pictures import Pixels, png, tiled

AGES = tuple(range(10, 81, 10))


def cast_sheet(
    likenesses: Likenesses, faces: Sequence[Pixels], matrix: np.ndarray, vectors: np.ndarray, labels: Sequence[Label]
) -> bytes:
    """A PNG with a row for each person. `faces`: each one's pictures uint8 [N, S, S, 3], of which the first is shown.

    `matrix` raw labels [P, C], `vectors` [P, L + K]. Columns that need a label which the model has not are left out.
    """
    names = [label.name for label in labels for _ in range(label.columns)]
    asked = [matrix]
    if "age" in names:
        for age in AGES:
            other = matrix.copy()
            other[:, names.index("age")] = age
            asked.append(other)
    if "sex" in names:
        other = matrix.copy()
        other[:, names.index("sex")] *= -1.0
        asked.append(other)
    drawn = [likenesses.pictures(vectors, one) for one in asked]
    rows = np.stack([np.stack([own[0] for own in faces]), *drawn], axis=1)
    return png(tiled(rows.reshape(-1, *rows.shape[2:]), rows.shape[1]), made=True)
