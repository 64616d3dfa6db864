"""What settings, figures and files were called before, so that runs, configs and checkpoints of before are read.

Names of today stand on the right. Nothing is written under an old name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SETTINGS: dict[str, dict[str, str]] = {
    "": {"kin": "paired", "average": "ema", "watch": "collapse"},
    "loss": {"guide": "classifier", "guide_floor": "classifier_floor", "guide_images": "classifier_images"},
    "paired": {"lag": "age_margin", "unlike": "consistency"},
    "collapse": {"collapse_spread": "spread", "collapse_after": "after"},
    "log": {"gauge": "validation"},
}
"""By group of a config, "" for the groups themselves."""
METRICS = {"guide": "label_loss", "lag": "age_margin", "unlike": "consistency", "fd_cells": "fd_grid8"}
"""The figures in metrics.jsonl and beside the best checkpoint."""
CHECKPOINT = {"average": "ema", "best_fd_cells": "best_fd_grid8"}
"""The parts of a checkpoint."""
FILES = {"classifier.pt": "guide.pt"}
"""Files of a run folder: today's name, and that of before."""


def renamed(values: Mapping[str, Any], table: Mapping[str, str]) -> dict[str, Any]:
    """`values` under today's names."""
    return {table.get(name, name): value for name, value in values.items()}


def settings_of_today(values: Mapping[str, Any]) -> dict[str, Any]:
    """A config's nested `values`, or some of them, under today's names."""
    groups = renamed(values, SETTINGS[""])
    return {
        group: renamed(inner, SETTINGS.get(group, {})) if isinstance(inner, Mapping) else inner
        for group, inner in groups.items()
    }


def existing(path: Path) -> Path:
    """The file of a run at `path`, or the one of before where only that is there."""
    before = path.with_name(FILES.get(path.name, path.name))
    return before if before.is_file() and not path.exists() else path
