"""`trainer average`: several checkpoints become one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from trainer.checkpoints import averaged, images_seen, read_checkpoint, seen, write_state
from trainer.errors import UserError
from trainer.provenance import training_part
from trainer.ranges import Within


@dataclass(frozen=True)
class Average:
    """Average the weights of a run's checkpoints into one, whose faces are more varied than those of either.

    Example: python -m trainer average run/checkpoints/step-000024000.pt kept/step-000018400.pt --out mean.pt

    The checkpoints must be of one run, or of runs that began with the same weights (Wortsman et al. 2022, "Model
    soups"). The first one's config, step and discriminator are kept; the optimisers start anew.
    """

    checkpoints: tyro.conf.Positional[tuple[Path, ...]]
    """two checkpoints or more"""
    out: Path
    """the checkpoint to write; keep the run's dataset.json beside it"""
    weights: tuple[Annotated[float, Within(0, 1e6, open_low=True)], ...] = ()
    """what each checkpoint counts, in their order; left out: all the same"""

    def run(self) -> None:
        """Average, and say what was written."""
        weights = self.weights or (1.0,) * len(self.checkpoints)
        if len(self.checkpoints) < 2:
            raise UserError("give two checkpoints or more: the mean of one is that one")
        if len(weights) != len(self.checkpoints):
            raise UserError(f"--weights: {len(weights)} for {len(self.checkpoints)} checkpoints; give one for each")
        if self.out.resolve() in {path.resolve() for path in self.checkpoints}:
            raise UserError(f"{self.out}: is one of the checkpoints; choose another --out")
        state = averaged({path: read_checkpoint(path) for path in self.checkpoints}, weights)
        names, counts = (" ".join(map(str, words)) for words in ([one.name for one in self.checkpoints], weights))
        command = f"python -m trainer average {names} --out {self.out.name} --weights {counts}"
        state["history"] = [*state.get("history", []), training_part(command, images_seen(state))]
        write_state(self.out, state)
        print(f"{self.out}: the mean of {len(weights)} checkpoints, {seen(state)}")
