"""Section cascades: how often the paper's cascades find a face, beside photographs and noise."""

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Section, Table, at_least, counted, written
from trainer.evaluation.judges.cascades import CASCADES, window
from trainer.evaluation.statistics.estimates import wilson_interval

MODES = (("paper", "paper mode (minNeighbors 0)", 0.985), ("strict", "strict mode (minNeighbors 3)", 0.95))
"""Key, title, and the least share of the photographs' rate. 0.985 is the paper's own: 84.83 % against 86.12 %."""


def measure(evidence: Evidence) -> Section:
    """Detection rates of the paper's sample, of people like the held-out ones, of photographs and of noise."""
    detected = {
        "generated": evidence.detected_paper_sample,
        "generated like held-out": evidence.detected_matched,
        "held-out photographs": evidence.detected_real,
        "noise": evidence.detected_noise,
    }
    figures = []
    for index, (key, title, share) in enumerate(MODES):
        real = float(found_by_any(detected["held-out photographs"], index).mean())
        for name, suffix in (("generated", ""), ("generated like held-out", "_like_held_out")):
            hits = found_by_any(detected[name], index)
            whom = "paper sample" if not suffix else "people like the held-out"
            bar = at_least(float(hits.mean()), share * real, f"{share} × photographs")
            found = f"faces found, {title}, {whom}"
            figures.append(counted(f"cascades.{key}{suffix}", found, int(hits.sum()), len(hits), real, bar))
        noise = found_by_any(detected["noise"], index)
        found = f"“faces” found in uniform noise, {title}"
        figures.append(counted(f"cascades.{key}_noise", found, int(noise.sum()), len(noise)))
    smallest, largest = window(evidence.resolution)
    return Section(
        "Cascades",
        figures,
        [_table(title, index, detected) for index, (_, title, _) in enumerate(MODES)],
        notes=[
            f"Any hit of any of the seven counts. Scale factor 1.1, hits of {smallest} to {largest} px in pictures of "
            f"{evidence.resolution} px (the paper: 32 to 64 in 64). The paper sample has ages uniform from 15 to 74 "
            "and both sexes evenly. The original system scored 84.83 % against 86.12 % of its photographs, paper mode.",
            "Intervals are Wilson's, 95 %.",
        ],
    )


def found_by_any(found: NDArray[np.bool_], mode: int) -> NDArray[np.bool_]:
    """In which pictures [N], of hits [N, 7, 2], any cascade finds a face."""
    return np.asarray(found[..., mode].any(axis=1))


def _table(title: str, mode: int, detected: dict[str, NDArray[np.bool_]]) -> Table:
    rows = []
    for column, name in enumerate((*CASCADES, "any of them")):
        cells = []
        for found in detected.values():
            hits = found_by_any(found, mode) if column == len(CASCADES) else found[:, column, mode]
            low, high = wilson_interval(int(hits.sum()), len(found))
            cells.append(f"{written(float(np.mean(hits)), 'share')} ({100 * low:.2f}–{100 * high:.2f})")
        rows.append([name, *cells])
    return Table(f"Share of pictures with a face, {title}", ["cascade", *detected], rows)
