"""The time that a run may take, which all of its long steps share."""

import math
import time
from dataclasses import dataclass, field


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
