"""The report on a study: report.html for people, pictures inside; report.json for programs."""

import base64
import html
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from trainer.evaluation.statistics.estimates import wilson_interval
from trainer.files import write_json, write_text
from trainer.study.bootstrap import Estimate
from trainer.study.design import AGE_NAMES, PUBLIC, SEX_NAMES, Key
from trainer.study.folder import PICTURES
from trainer.study.results import Collected
from trainer.study.scoring import CHANCE, REPORT, Earlier, Figure, PictureRecord, Scores, document
from trainer.study.wording import Verdict, describe, exposures, interval, percent, verdict

SHOWN = 24
"""Pictures in each gallery."""
GROUPS = ("all", *SEX_NAMES, *AGE_NAMES)


def write_report(
    out: Path, folder: Path, collected: Collected, scores: Scores, key: Key, other: Earlier | None
) -> Verdict:
    """Write report.html and report.json into `out`. Returns what they say. Raises `UserError`."""
    found = verdict(collected, scores, key, other)
    facts = document(collected, scores, key, exposures(key), describe(key))
    write_text(out / "report.html", page(folder / PUBLIC / PICTURES, found, collected, scores, key))
    write_json(out / REPORT, facts)
    return found


def page(pictures: Path, found: Verdict, collected: Collected, scores: Scores, key: Key) -> str:
    """The report as one page that needs no other file."""
    style = (files("trainer.study") / "page" / "report.css").read_text(encoding="utf-8")
    title = html.escape(f"Study: {key.title}")
    facts = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>" for name, value in describe(key).items()
    )
    return "\n".join(
        [
            "<!doctype html><html lang='en'><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{title}</title><style>{style}</style><main><h1>{title}</h1>",
            *(f"<p class='finding'>{html.escape(text)}</p>" for text in found.findings),
            *(f"<p class='limit'>{html.escape(text)}</p>" for text in found.limits),
            *_overview(scores),
            *_groups(scores),
            *_galleries(pictures, scores),
            *_list("Set apart", (f"a person with {reason}" for _, reason in collected.apart)),
            *_list("Not counted", collected.refused),
            f"<h2>About</h2><dl>{facts}</dl></main>",
            "",
        ]
    )


def _list(title: str, lines: Iterable[str]) -> list[str]:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return [f"<h2>{title}</h2><ul>{items}</ul>"] if items else []


def _overview(scores: Scores) -> list[str]:
    rows = [figure for figure in scores.figures if figure.group == "all"]
    if not rows:
        return []
    body = "".join(
        f"<tr><th scope='row'>{html.escape(_name(row))}</th><td>{percent(row.estimate.value)}</td>"
        f"<td>{interval(row.estimate)}</td><td>{_bar(row)}</td><td>{row.estimate.answers:,}</td></tr>"
        for row in rows
    )
    heads = "<tr><td></td><th>share</th><th>95 % interval</th><th>0 to 100 %</th><th>answers</th></tr>"
    return [f"<h2>Figures</h2><table>{heads}{body}</table>"]


def _name(figure: Figure) -> str:
    return figure.name[0].upper() + figure.name[1:]


def _bar(figure: Figure) -> str:
    """The interval on a line from 0 to 100 %; a tick at one half where that is chance."""
    low, value, high = (100 * share for share in (figure.estimate.low, figure.estimate.value, figure.estimate.high))
    is_guess = figure.name.startswith("error") or "taken for" in figure.name
    tick = f"<rect x='{100 * CHANCE - 0.3}' y='0' width='.6' height='12' class='chance'/>" if is_guess else ""
    return (
        "<svg viewBox='0 0 100 12' preserveAspectRatio='none' aria-hidden='true'>"
        f"<rect x='0' y='5.5' width='100' height='1' class='line'/>{tick}"
        f"<rect x='{low:.2f}' y='3.5' width='{max(high - low, 0.4):.2f}' height='5' class='span'/>"
        f"<rect x='{value - 0.5:.2f}' y='1.5' width='1' height='9' class='value'/></svg>"
    )


def _groups(scores: Scores) -> list[str]:
    names = list(dict.fromkeys(figure.name for figure in scores.figures if figure.group != "all"))
    if not names:
        return []
    heads = "".join(f"<th scope='col'>{group}</th>" for group in GROUPS)
    body = ""
    for name in names:
        cells = ""
        for group in GROUPS:
            found = scores.get(name, group)
            shown = "–" if found is None else _in_cell(found)
            count = 0 if found is None else found.answers
            cells += f"<td title='{count:,} answers'>{shown}</td>"
        body += f"<tr><th scope='row'>{html.escape(name[0].upper() + name[1:])}</th>{cells}</tr>"
    note = "<p class='limit'>Of so many intervals, about one in twenty misses the truth by chance alone.</p>"
    return [
        "<h2>By sex and age group of the person shown</h2>",
        note,
        f"<div class='wide' tabindex='0'><table class='groups'><tr><td></td>{heads}</tr>{body}</table></div>",
    ]


def _in_cell(found: Estimate) -> str:
    return f"{100 * found.value:.0f} %<small>{100 * found.low:.0f} to {100 * found.high:.0f}</small>"


def _galleries(pictures: Path, scores: Scores) -> list[str]:
    made = [record for record in scores.pictures if record.truth.kind == "made"]
    real = [record for record in scores.pictures if record.truth.kind == "photograph"]
    half = min(SHOWN, (len(made) + 1) // 2)
    return [
        *_gallery(pictures, "Most convincing made faces", made[:half]),
        *_gallery(pictures, "Least convincing made faces", made[::-1][: min(SHOWN, len(made) // 2)]),
        *_gallery(pictures, "Photographs most often taken for made", real[::-1][: min(SHOWN, (len(real) + 1) // 2)]),
    ]


def _gallery(pictures: Path, title: str, records: Sequence[PictureRecord]) -> list[str]:
    if not records:
        return []
    cells = "".join(_portrait(pictures, record) for record in records)
    note = "<p class='limit'>Below each: how often it was taken for a photograph, and the 95 % interval of that.</p>"
    return [f"<h2>{title}</h2>{note}<div class='gallery'>{cells}</div>"]


def _portrait(pictures: Path, record: PictureRecord) -> str:
    data = base64.b64encode((pictures / f"{record.name}.png").read_bytes()).decode()
    low, high = wilson_interval(record.convincing, record.judged)
    person = html.escape(f"{record.truth.sex}, {record.truth.group}")
    return (
        f"<figure><img alt='{person}' src='data:image/png;base64,{data}'><figcaption>"
        f"<b>{record.convincing} of {record.judged}</b><small>{100 * low:.0f} to {100 * high:.0f} %</small>"
        f"<small>{person}</small></figcaption></figure>"
    )
