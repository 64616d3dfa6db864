"""`trainer stats`: what a prepared dataset holds."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from trainer.commands.prepare import report
from trainer.data.dataset import open_dataset
from trainer.data.decisions import tell_decisions
from trainer.data.statistics import count, plot_ages, table


@dataclass(frozen=True)
class Stats:
    """Count a dataset's pictures by sex and age, and tell where they come from and what was dropped.

    Example: python -m trainer stats DATASET --plot ages.png
    """

    dataset: tyro.conf.Positional[Path]
    """a dataset's folder, or its packed file"""
    plot: Path | None = None
    """draw the age distribution by sex into this .png or .svg"""

    def run(self) -> None:
        """Print the counts, and draw the plot where one is asked for."""
        dataset = open_dataset(self.dataset)
        for source in dataset.metadata["sources"]:
            print(f"{source['title']}; licence: {source['licence']}; credit: {source['attribution']}")
        print(f"{len(dataset)} pictures of {dataset.size} x {dataset.size}; of these held out in brackets\n")
        print(table(count(dataset)))
        print()
        print("\n".join([report(dataset.metadata), *tell_decisions(dataset.metadata)]))
        if self.plot is not None:
            plot_ages(dataset, self.plot)
            print(f"plot: {self.plot}")
