"""How far a phase of training is, counted in pictures and in seconds, whichever is over first."""

import math
import time
from dataclasses import dataclass, field

WARM_UP = 0.05
"""Share of a phase in which the rate rises."""


@dataclass
class Pace:
    """A phase of `images` pictures and `seconds` (0: as long as it takes), of which some have been."""

    images: int
    seconds: float = 0.0
    seen: int = 0
    spent: float = 0.0
    since: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """The clock runs from now."""
        self.since = time.monotonic()

    def advance(self, images: int) -> None:
        """Another step is done."""
        now = time.monotonic()
        self.seen, self.spent, self.since = self.seen + images, self.spent + now - self.since, now

    @property
    def progress(self) -> float:
        """0 at the beginning, 1 or more at the end."""
        by_time = self.spent / self.seconds if self.seconds > 0 else 0.0
        return max(self.seen / max(self.images, 1), by_time)

    @property
    def over(self) -> bool:
        """Whether the phase is."""
        return self.progress >= 1.0

    @property
    def left(self) -> float:
        """Seconds until the end at this pace, infinity before the first step."""
        return self.spent * (1.0 / self.progress - 1.0) if self.spent > 0 and self.progress > 0 else math.inf

    @property
    def rate(self) -> float:
        """What the highest learning rate is multiplied by now: a rise, then half a cosine down to 0."""
        done = min(self.progress, 1.0)
        if done < WARM_UP:
            return (done + 0.2 * WARM_UP) / (1.2 * WARM_UP)
        return 0.5 * (1.0 + math.cos(math.pi * (done - WARM_UP) / (1.0 - WARM_UP)))
