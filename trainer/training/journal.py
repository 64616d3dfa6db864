"""What a run tells: a live line, `metrics.jsonl`, TensorBoard scalars and pictures."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from trainer.training.step.processes import ALONE, Share

EARLY_STEPS = 8
"""Before this step nothing is recorded early."""


def due(images: int, batch: int, every: int, *, early: bool) -> bool:
    """Whether the step of `batch` that ended at `images` passed a multiple of `every`, or `early` a part of it.

    These are a sixteenth, an eighth, a quarter and a half, so that a short run leaves something.
    """
    before = images - batch
    parts = [every // share for share in (16, 8, 4, 2)] if early else []
    passed = any(before < part <= images for part in parts if part >= EARLY_STEPS * batch)
    return passed or images // every > before // every


class Journal:
    """The three logs of a run folder, opened for appending; only the first process writes.

    Step values are added up on their own device by `note` and read, once, by `report`.
    """

    def __init__(
        self, run: Path, images_done: int, images_total: int, share: Share = ALONE, *, quiet: bool = False
    ) -> None:
        self.share = share
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        self.images_then = images_done
        self.time_then = time.monotonic()
        self.bar = tqdm(
            total=images_total, initial=images_done, unit="img", unit_scale=True, smoothing=0.05, disable=quiet
        )
        self.lines: TextIO | None = None
        self.board: SummaryWriter | None = None
        if share.rank == 0:
            run.mkdir(parents=True, exist_ok=True)
            self.lines = (run / "metrics.jsonl").open("a", encoding="utf-8")
            self.board = SummaryWriter(str(run / "tensorboard"), purge_step=images_done or None)

    def close(self) -> None:
        """Let go of the logs."""
        self.bar.close()
        for log in (self.board, self.lines):
            if log is not None:
                log.close()

    def note(self, metrics: Mapping[str, Tensor]) -> None:
        """Add one step's scalars to the running means. Does not wait for the device."""
        for name, value in metrics.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value.clone()
            self.counts[name] = self.counts.get(name, 0) + 1

    def advance(self, images: int) -> None:
        """Move the live line on by `images`."""
        self.bar.update(images)

    def go_back(self, images: int) -> None:
        """Forget what was noted since the last report: the run stands at `images` again."""
        self.sums, self.counts, self.images_then, self.time_then = {}, {}, images, time.monotonic()
        self.bar.n = images
        self.bar.refresh()

    def report(self, images: int, extra: Mapping[str, float]) -> dict[str, float]:
        """Write the means over all processes since the last report, the speed, and `extra`. Returns them."""
        names = list(self.sums)
        stacked = torch.stack([self.sums[name].float() for name in names]) if names else torch.zeros(0)
        values = self.share.mean(stacked).cpu().tolist()
        means = {name: value / self.counts[name] for name, value in zip(names, values, strict=True)}
        now = time.monotonic()
        means["images_per_second"] = (images - self.images_then) / max(now - self.time_then, 1e-9)
        means |= extra
        self.sums, self.counts, self.images_then, self.time_then = {}, {}, images, now
        self._write({name: float(f"{value:.6g}") for name, value in means.items()}, images, means)
        self.bar.set_postfix_str(self.live_line(means))
        return means

    @staticmethod
    def live_line(means: Mapping[str, float]) -> str:
        """The figures behind the bar: both losses, the classifier, and who was paused how often."""
        shown = [f"{name[0]} {means[name]:.2f}" for name in ("d_loss", "g_loss") if name in means]
        if "label_loss" in means:
            shown.append(f"labels {means['label_loss']:.2f}")
        paused = [name for name in ("pause_d", "pause_g") if means.get(name)]
        return " ".join([*shown, *(f"{name[-1]} paused {means[name]:.0%}" for name in paused)])

    def figure(self, name: str, value: float, images: int) -> None:
        """Log one figure that is measured now and then, in a line of its own."""
        self._write({name: value}, images)

    def _write(self, values: Mapping[str, float], images: int, exact: Mapping[str, float] | None = None) -> None:
        """Log figures: `values` in a line, `exact` or the same on the board."""
        if self.board is not None:
            for name, value in (exact or values).items():
                self.board.add_scalar(name, value, images)
        if self.lines is not None:
            self.lines.write(json.dumps({"images": images, "time": round(time.time(), 1), **values}) + "\n")
            self.lines.flush()

    def picture(self, name: str, sheet: np.ndarray, images: int) -> None:
        """Log a sheet uint8 [H, W, 3] under `name`."""
        if self.board is not None:
            self.board.add_image(name, sheet, images, dataformats="HWC")

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self.bar.write(line, file=sys.stdout)
        sys.stdout.flush()
