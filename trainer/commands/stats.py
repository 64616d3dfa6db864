"""`trainer stats`: what a prepared dataset holds."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from trainer.commands.prepare import report
from trainer.data.dataset import open_dataset
from trainer.data.decisions import tell_decisions
from trainer.data.statistics import count, further_labels, label_table, light_table, plot_ages, plot_labels, table


@dataclass(frozen=True)
class Stats:
    """Count a dataset's pictures by sex, age and further labels, and tell how they are lit and what was dropped.

    Example: python -m trainer stats DATASET --plot ages.png
    """

    dataset: tyro.conf.Positional[Path]
    """a dataset's folder, or its packed file"""
    plot: Path | None = None
    """draw the age distribution by sex, or how often each label is what it can be, into this .png or .svg"""

    def run(self) -> None:
        """Print the counts, and draw the plot where one is asked for."""
        dataset = open_dataset(self.dataset)
        for source in dataset.metadata["sources"]:
            print(f"{source['title']}; licence: {source['licence']}; credit: {source['attribution']}")
        print(f"{len(dataset)} pictures of {dataset.size} x {dataset.size}; of these held out in brackets\n")
        if dataset.of_people:
            print(table(count(dataset)))
            print()
        for label in further_labels(dataset):
            print(label_table(dataset, label))
            print()
        if told := light_table(dataset):
            print(f"{told}\n")
        print("\n".join([report(dataset.metadata), *tell_decisions(dataset.metadata)]))
        if self.plot is not None:
            (plot_ages if dataset.of_people else plot_labels)(dataset, self.plot)
            print(f"plot: {self.plot}")
