"""The figures of a study as a file, for programs and for comparing with the next study."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.errors import UserError
from trainer.files import read_document
from trainer.study.bootstrap import DRAWS
from trainer.study.key import Key
from trainer.study.results import Collected
from trainer.study.scoring import Scores

FORMAT = "facegan-study-report/1"
REPORT = "report.json"


@dataclass(frozen=True)
class Earlier:
    """What another study's report says: its `error` 0 ... 1, with the bootstrap's draws [DRAWS]."""

    study: str
    title: str
    protocol: str
    exposures: list[int]
    error: float
    draws: NDArray[np.float64]


def document(
    collected: Collected, scores: Scores, key: Key, exposures: list[int], about: dict[str, Any]
) -> dict[str, Any]:
    """All figures with their intervals, everybody by number and nobody by name, the record of each picture."""
    error = scores.get("error")
    return {
        "format": FORMAT,
        "title": key.title,
        "study": key.study,
        "protocol": key.protocol,
        "exposures": exposures,
        "about": about,
        "people": {"counted": len(collected.counted), "set_apart": [reason for _, reason in collected.apart]},
        "refused": list(collected.refused),
        "figures": [
            {
                "name": figure.name,
                "group": figure.group,
                "value": round(figure.estimate.value, 6),
                "interval": [round(figure.estimate.low, 6), round(figure.estimate.high, 6)],
                "answers": figure.estimate.answers,
            }
            for figure in scores.figures
        ],
        "pictures": {
            record.name: {"taken_for_photograph": record.convincing, "judged": record.judged, "kind": record.truth.kind}
            for record in scores.pictures
        },
        "draws": [] if error is None else [round(float(draw), 5) for draw in error.draws],
    }


def read_earlier(path: Path) -> Earlier:
    """Another study's report, by its folder or its report.json. Raises `UserError` where it is none."""
    path = path / REPORT if path.is_dir() else path
    found = read_document(path, FORMAT, f"{path}: no such report; make one with `python -m trainer study score`")
    try:
        draws = np.array(found["draws"], np.float64)
        errors = [row["value"] for row in found["figures"] if (row["name"], row["group"]) == ("error", "all")]
        earlier = Earlier(
            found["study"], found["title"], found["protocol"], list(found["exposures"]), float(*errors), draws
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: is damaged ({error!r}); score that study anew") from None
    if draws.shape != (DRAWS,):
        raise UserError(f"{path}: holds no answers to compare with")
    return earlier
