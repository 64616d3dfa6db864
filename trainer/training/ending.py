"""When a run ends: the time that it may take, which all of its long steps share, and signals that ask it to stop."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Minutes:
    """`limit` minutes, 0 for as many as it takes, since `started` on the clock of `time.monotonic`."""

    limit: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds until they are over, negative afterwards; infinity without a limit."""
        return self.started + 60.0 * self.limit - time.monotonic() if self.limit else math.inf


def told_seconds(seconds: float) -> str:
    """A duration in words, for a terminal: `40 s`, `12 minutes`, `2.5 hours`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5_940 else f"{seconds / 3600:.1f} hours"


@contextmanager
def stop_on_signal(asked: threading.Event) -> Iterator[None]:
    """While inside, SIGTERM and Ctrl-C set `asked`, so that a loop can save and stop; a second one is obeyed at once.

    In another thread than the main one, to which Python gives no signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous: dict[int, Any] = {int(number): signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def ask(number: int, _frame: object) -> None:
        asked.set()
        signal.signal(number, previous[number])

    for number in previous:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
