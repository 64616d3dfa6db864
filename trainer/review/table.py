"""Suspects for a terminal, and decisions made elsewhere."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from trainer.data.decisions import AGE, SEX, Decision, DecisionFile, now, read_decisions
from trainer.errors import UserError
from trainer.labels.tables import read_table
from trainer.review.session import ALL, Review
from trainer.review.suspects import Suspects

COLUMNS = ("kind", "score", "file", "sex", "age", "read_sex", "read_age", "held_out", "like", "decision")


def suspects_table(review: Review, kind: str, chosen: Suspects, count: int) -> str:
    """The first `count` of the pictures in `chosen` as CSV: what `--apply` reads, once an action is put on them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row, score, partner in zip(chosen.rows[:count], chosen.score, chosen.partner, strict=False):
        item = review.item(int(row))
        decision = item["decision"]
        writer.writerow(
            [
                kind,
                f"{score:.3f}" if kind != ALL else "",
                item["file"],
                item["sex"],
                item["age"],
                f"male {item['male']:.2f}",
                f"{item['years']:.0f}",
                int(item["heldOut"]),
                review.dataset.files[int(partner)] if partner >= 0 else "",
                "" if decision is None else _in_words(decision),
            ]
        )
    return text.getvalue()


def _in_words(decision: dict[str, object]) -> str:
    if decision["dropped"]:
        return "drop"
    changed = [f"{name} {decision[name]}" for name in (SEX, AGE) if decision[name] is not None]
    return ", ".join(changed) or "keep"


def overview_table(review: Review) -> str:
    """How many suspects there are of each kind, how many nobody has decided on, and who decided how many."""
    facts = review.overview()
    lines = [f"{'kind':<10}{'suspects':>10}{'left':>10}  meaning"]
    lines += [f"{one['name']:<10}{one['count']:>10,}{one['left']:>10,}  {one['meaning']}" for one in facts["kinds"]]
    if facts["people"]:
        lines.append("decided by " + ", ".join(f"{who} {number:,}" for who, number in facts["people"].items()))
    return "\n".join(lines)


def take_decisions(source: Path, target: Path, who: str) -> tuple[int, int]:
    """Append to `target` the decisions in `source` that it does not hold yet; how many these are, of how many.

    `source` is another file of decisions (`.jsonl`), whose names and times stay, or a table (CSV) with the columns
    file, action and value, perhaps also who and when; `who` and this moment stand in where it has none. Raises
    UserError, naming the line, where one makes no sense: then nothing is taken.
    """
    if source.suffix == ".jsonl":
        if not source.is_file():
            raise UserError(f"{source}: no such file of decisions")
        offered, _ = read_decisions(source)
    else:
        offered = list(_rows(source, who))
    held = set(read_decisions(target)[0])
    fresh = [decision for decision in dict.fromkeys(offered) if decision not in held]
    file = DecisionFile(target)
    try:
        file.append(fresh)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror or error})") from None
    finally:
        file.close()
    return len(fresh), len(offered)


def _rows(source: Path, who: str) -> Iterator[Decision]:
    moment = now()
    for row in read_table(source, ("file", "action"), ("value", "who", "when")):
        cells = row.cells
        if not cells["action"]:
            continue
        try:
            yield Decision(
                cells.get("who") or who,
                cells.get("when") or moment,
                cells["file"],
                cells["action"],
                cells.get("value", ""),
            )
        except ValueError as error:
            raise UserError(f"{row.path}, line {row.line}: {error}") from None
