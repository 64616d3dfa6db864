"""The command line: `python -m trainer COMMAND`, also installed as `facegan-trainer`.

Only the chosen command's module is imported, so that `--help` is instant and `prepare` needs no torch.
"""

import contextlib
import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Protocol, cast, get_origin, get_type_hints

import tyro

from trainer import __version__
from trainer.errors import UserError, meant
from trainer.ranges import check_ranges

COMMANDS: dict[str, tuple[str, str]] = {
    "prepare": ("trainer.commands.prepare:Prepare", "photographs and their labels -> an aligned dataset"),
    "merge": ("trainer.commands.merge:Merge", "several prepared datasets -> one"),
    "stats": ("trainer.commands.stats:Stats", "what a prepared dataset holds"),
    "review": ("trainer.commands.review:Review", "find a dataset's doubtful pictures, and decide on them"),
    "train": ("trainer.commands.train:Train", "a dataset -> checkpoints"),
    "average": ("trainer.commands.average:Average", "several checkpoints -> one"),
    "encoder": ("trainer.commands.encoder:Encoder", "for a model: from a photograph to a likeness"),
    "sample": ("trainer.commands.sample:Sample", "sheets of faces from a run or a model file"),
    "export": ("trainer.commands.export:Export", "a run -> one model file"),
    "generate": ("trainer.commands.generate:Generate", "a model file and a list of people -> faces"),
    "encode": ("trainer.commands.encode:Encode", "photographs of people who agreed -> a cast for Blender"),
    "evaluate": ("trainer.commands.evaluate:Evaluate", "how good a model's faces are, beside real ones"),
    "study": ("trainer.commands.study:Study", "people tell made faces from photographs"),
    "plot": ("trainer.commands.plot:Plot", "how a run went: losses, pauses, rate, validation"),
    "compare": ("trainer.commands.compare:Compare", "two reports of `evaluate` side by side"),
}


SPINS = "1000"
"""How often a thread of libgomp looks again for its next work before it gives up its core.

libgomp's own choice is 300,000 where there are as many cores as threads (its manual, GOMP_SPINCOUNT): beside other work
on the machine two threads then wait for each other at every layer, five times as long as they work. It takes 1,000
itself where threads outnumber the cores.
"""


OF_THE_SYSTEM = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOTDIR, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ENODEV, errno.ENXIO),
)
"""What the system refuses because of permissions, space and the like: for the user to mend, wherever it happens."""


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
    """The command `name` with its `arguments`.

    Raises UserError on arguments that do not fit, SystemExit(0) after showing the help that they ask for.
    """
    module, _, attribute = COMMANDS[name][0].partition(":")
    command_type = cast(type[Command], getattr(importlib.import_module(module), attribute))
    refuse_repeated(command_type, arguments)
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            command = tyro.cli(command_type, prog=f"trainer {name}", args=list(arguments))
    except SystemExit as stop:
        if stop.code == 0:
            raise
        raise UserError(f"{one_line(complaint.getvalue())}; see: python -m trainer {name} --help") from None
    check_ranges(command, named=as_option)
    return command


def refuse_repeated(command_type: type[Command], arguments: Sequence[str]) -> None:
    """Raises UserError for an option of several values that is given twice: of the first, tyro would keep nothing."""
    given = [word.partition("=")[0].replace("_", "-") for word in arguments]
    for name, kind in get_type_hints(command_type).items():
        if get_origin(kind) is tuple and given.count(as_option(name)) > 1:
            raise UserError(f"{as_option(name)}: is given twice; give it once, with all its values behind it")


def as_option(name: str) -> str:
    """A field of a command as it is typed."""
    return "--" + name.replace("_", "-")


def one_line(box: str) -> str:
    """The sections of tyro's error box, without its title and its pointer to the help."""
    lines = [line.strip().strip("│╰╯").strip() for line in box.splitlines()[1:]]
    sections: list[list[str]] = [[]]
    for line in lines:
        if line and set(line) <= {"─", "-"}:
            sections.append([])
        elif line:
            sections[-1].append(line)
    texts = [
        " ".join(section).rstrip(".").replace("Expected one of", "Missing one of") for section in sections if section
    ]
    return "; ".join(text for text in texts if not text.startswith("For full helptext"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, or 2 when the user can mend the cause, or 130 on Ctrl-C."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # before a command imports torch, which reads it once
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        return 0 if words else 2
    if words[0] == "--version":
        print(__version__)
        return 0
    if words[0] not in COMMANDS:
        unknown = f"no command {words[0]!r}{meant(words[0], COMMANDS)}"
        print(f"trainer: error: {unknown}; there are: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        parse(words[0], words[1:]).run()
    except BrokenPipeError:
        # Whoever read the output has had enough (`| head`); what is still buffered must not be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print(f"trainer {words[0]}: stopped", file=sys.stderr)
        return 130
    except (UserError, OSError, MemoryError, ModuleNotFoundError) as error:
        told = mendable(error)
        if told is None:
            raise
        print(f"trainer {words[0]}: error: {told}", file=sys.stderr)
        return 2
    return 0


def mendable(error: BaseException) -> str | None:
    """What the user is told of an error that they can mend, in one line; None of a fault of the program."""
    match error:
        case UserError():
            return str(error)
        case MemoryError():
            return "not enough memory; ask for less at a time"
        case ModuleNotFoundError() if error.name is not None and not error.name.startswith("trainer"):
            remedy = "install the trainer with all it needs: pip install '.[train,judge]'"
            return f"the package {error.name} is missing; {remedy}"
        case OSError() if error.errno in OF_THE_SYSTEM:
            return f"{error.filename or 'a file'}: {error.strerror}; mend that, or choose another place"
    return None
