"""`trainer plot`."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from trainer.charts import check_chart_path, save_chart
from trainer.training.history import draw_history, read_history, summary


@dataclass(frozen=True)
class Plot:
    """Draw how a run went: losses with the gate's pauses, learning rate and validation metrics by images seen.

    Example: python -m trainer plot runs/faces64 --out faces64.svg
    """

    source: tyro.conf.Positional[Path]
    """The run folder."""
    out: Path
    """The chart to write, .png or .svg."""

    def run(self) -> None:
        """Draw, write, and print the newest figures."""
        check_chart_path(self.out)
        history = read_history(self.source)
        save_chart(draw_history(history, self.source.name), self.out)
        print(summary(history))
        print(f"{self.out}: drawn")
