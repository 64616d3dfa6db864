"""The command line: `python -m trainer COMMAND`, also installed as `facegan-trainer`.

Only the chosen command's module is imported, so that `--help` is instant and `prepare` needs no torch.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

import tyro

from trainer import __version__
from trainer.errors import UserError

COMMANDS: dict[str, tuple[str, str]] = {
    "prepare": ("trainer.commands.prepare:Prepare", "photographs and their labels -> an aligned dataset"),
    "stats": ("trainer.commands.stats:Stats", "what a prepared dataset holds"),
    "train": ("trainer.commands.train:Train", "a dataset -> checkpoints"),
    "sample": ("trainer.commands.sample:Sample", "sheets of faces from a run or a model file"),
    "export": ("trainer.commands.export:Export", "a run -> one model file"),
    "generate": ("trainer.commands.generate:Generate", "a model file and a list of people -> faces"),
    "evaluate": ("trainer.commands.evaluate:Evaluate", "how good a model's faces are, beside real ones"),
    "compare": ("trainer.commands.compare:Compare", "two reports of `evaluate` side by side"),
}


class Command(Protocol):
    """A parsed command line, ready to be carried out."""

    def run(self) -> None:
        """Do the work. Raises `UserError` for what the user can mend."""


def overview() -> str:
    """The text of `--help` without a command."""
    width = max(map(len, COMMANDS))
    rows = [f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    usage = "usage: python -m trainer COMMAND [options]"
    hint = "`python -m trainer COMMAND --help` tells the options and shows an example."
    return "\n".join([f"facegan-trainer {__version__}", "", usage, "", *rows, "", hint])


def parse(name: str, arguments: Sequence[str]) -> Command:
    """The command `name` with its `arguments`. Raises SystemExit(2) on arguments that do not fit."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    command_type = cast(type[Command], getattr(importlib.import_module(module), attribute))
    return tyro.cli(command_type, prog=f"trainer {name}", args=list(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, or 2 when the user can mend the cause, or 130 on Ctrl-C."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        return 0 if words else 2
    if words[0] == "--version":
        print(__version__)
        return 0
    if words[0] not in COMMANDS:
        print(f"trainer: error: no command {words[0]!r}; there are: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        parse(words[0], words[1:]).run()
    except UserError as error:
        print(f"trainer {words[0]}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"trainer {words[0]}: stopped", file=sys.stderr)
        return 130
    return 0
