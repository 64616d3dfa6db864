"""The command `compare`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from trainer.evaluation.figures import aligned, written
from trainer.evaluation.report import read


@dataclass(frozen=True)
class Compare:
    """Two reports side by side, figure by figure.

    Example: python -m trainer compare report-before report-after
    """

    before: Annotated[Path, tyro.conf.Positional]
    """A report folder, or its report.json."""
    after: Annotated[Path, tyro.conf.Positional]
    """Another one."""

    def run(self) -> None:
        """Print the table. Raises `UserError` on what is not a report."""
        print(side_by_side(read(self.before), read(self.after), (str(self.before), str(self.after))))


def side_by_side(before: dict[str, Any], after: dict[str, Any], names: tuple[str, str]) -> str:
    """The figures of two report documents as lines; a figure that only one of them has shows a dash in the other."""
    rows = [["", names[0], names[1], "change", "photographs", "bar", ""]]
    first, second = before["figures"], after["figures"]
    for key in [*first, *(key for key in second if key not in first)]:
        a, b = first.get(key, {}), second.get(key, {})
        either = b or a
        style = either["style"]
        rows.append(
            [
                either["title"],
                written(a.get("value"), style),
                written(b.get("value"), style),
                _change(a.get("value"), b.get("value"), style),
                written(either.get("photographs"), style),
                either.get("bar", ""),
                _verdict(a, b),
            ]
        )
    return "\n".join(aligned(rows, left=(0, 5, 6)))


def _change(before: float | None, after: float | None, style: str) -> str:
    if before is None or after is None:
        return ""
    difference = after - before
    return f"{100 * difference:+.2f}" if style == "share" else f"{difference:+.3g}"


def _verdict(before: dict[str, Any], after: dict[str, Any]) -> str:
    words = ["met" if entry["met"] else "NOT MET" for entry in (before, after) if "met" in entry]
    return " -> ".join(words)
