"""`trainer review`: find what is doubtful in a dataset, and let people decide."""

import contextlib
import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from trainer.errors import UserError
from trainer.ranges import Within

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset
    from trainer.review.session import Review as Session

READINGS = "review"


@dataclass(frozen=True)
class Review:
    """Find doubtful pictures in a dataset and judge them on a page, worst first; or list them.

    Decisions are lines in DATASET/decisions.jsonl, beside a packed file in FILE.decisions.jsonl; every command that
    opens the dataset applies them, and nothing else is changed. The first start reads the pictures with small networks
    trained on the dataset itself, which takes minutes and is kept.

    Example: python -m trainer review DATASET --photographs PICTURES
    """

    dataset: tyro.conf.Positional[Path]
    """a dataset's folder, or its packed file"""
    photographs: Path | None = None
    """folder of the original photographs, to be shown large"""
    list: bool = False
    """print the suspects as CSV instead of serving the page"""
    kind: str = "label"
    """which suspects --list prints: label, sex, age, twin, across, unusual, covered, sunglasses, painted, turned,
    outside, dark, blurred, or all"""
    count: Annotated[int, Within(1, 10**7)] = 100
    """how many of them --list prints"""
    apply: Path | None = None
    """take decisions made elsewhere: a CSV of file, action, value (also who, when), or another decisions.jsonl"""
    who: str = ""
    """whose decisions a CSV without the column who holds; the account's name if not given"""
    host: str = "127.0.0.1"
    """where to serve; another machine's browser reaches it at 0.0.0.0 only, where whoever reaches it may decide"""
    port: Annotated[int, Within(0, 65535)] = 8765
    """0 takes a free one"""
    folds: Annotated[int, Within(2, 100)] = 4
    """networks that read the dataset, each the part that it was not trained on"""
    images: Annotated[int, Within(1, 10**12)] = 100_000
    """pictures that each of them is trained on"""
    seed: Annotated[int, Within(0, 2**32 - 1)] = 0
    """deals the folds"""
    device: str = "auto"
    """auto, cpu or cuda"""
    threads: Annotated[int, Within(0, 4096)] = 0
    """CPU threads; 0 leaves torch's choice"""

    def run(self) -> None:
        """Take decisions, list, or serve until Ctrl-C."""
        from trainer.data.decisions import decisions_beside
        from trainer.review.table import take_decisions

        if self.apply is not None:
            self._open_raw()
            target = decisions_beside(self.dataset)
            taken, offered = take_decisions(self.apply, target, self.who or _account())
            print(f"{taken:,} of {offered:,} decisions taken into {target}; the others were there already")
            return
        session = self._session()
        if self.list:
            self._print(session)
        else:
            self._serve(session)

    def _open_raw(self) -> "Dataset":
        from trainer.data.dataset import open_dataset

        return open_dataset(self.dataset, decided=False)

    def _session(self) -> "Session":
        import torch

        from trainer.data.decisions import decisions_beside
        from trainer.review.ledger import Ledger
        from trainer.review.looks import Looks
        from trainer.review.predictions import PredictionSettings, predict
        from trainer.review.session import Review as Session
        from trainer.review.suspects import find_suspects
        from trainer.training.run import fabric_for

        settings = PredictionSettings(self.folds, self.images, self.seed)
        dataset = self._open_raw()
        if self.threads:
            torch.set_num_threads(self.threads)
        beside = decisions_beside(self.dataset)
        ledger = Ledger(beside, dataset.files, writes=not self.list)
        readings = beside.with_name(beside.name.replace("decisions.jsonl", READINGS))
        predictions = predict(dataset, readings, settings, fabric_for(self.device).device)
        looks = Looks(dataset)
        return Session(dataset, predictions, looks, find_suspects(dataset, predictions, looks), ledger)

    def _print(self, session: "Session") -> None:
        from trainer.review.session import Filter
        from trainer.review.table import overview_table, suspects_table

        try:
            chosen = session.chosen(Filter(self.kind))
        except ValueError:
            there = ", ".join([*session.suspects, "all"])
            raise UserError(f"kind {self.kind!r}: this dataset has {there}") from None
        print(overview_table(session), file=sys.stderr)
        with contextlib.suppress(BrokenPipeError):
            print(suspects_table(session, self.kind, chosen, self.count), end="")

    def _serve(self, session: "Session") -> None:
        from trainer.review.server import ReviewServer
        from trainer.review.table import overview_table

        if self.photographs is not None and not self.photographs.is_dir():
            raise UserError(f"{self.photographs}: no such folder of photographs")
        with ReviewServer(session, self.host, self.port, self.photographs) as server:
            print(overview_table(session))
            print(f"review: open {server.address} in a browser; Ctrl-C ends it, nothing is lost", flush=True)
            if not server.loopback:
                print("review: whoever reaches this address sees the pictures and may decide", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print(f"\nreview: decisions are in {session.ledger.path}")


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
