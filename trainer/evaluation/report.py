"""A report on disk: report.json for programs, report.html with its pictures inside for people, the sheets as PNG."""

import base64
import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.evaluation.figures import Bar, Cell, Figure, Section, Sheet, Table, aligned, written
from trainer.files import file_at, read_document, write_bytes, write_json, write_text
from trainer.pictures import png

FORMAT = "facegan-report/1"
REPORT = "report.json"


@dataclass(frozen=True)
class Report:
    """What was measured: `about` says on what (model, data, samples, seed, versions); sections by name."""

    about: Mapping[str, Any]
    sections: Mapping[str, Section]

    @property
    def figures(self) -> list[Figure]:
        """All figures, in the report's order."""
        return [figure for section in self.sections.values() for figure in section.figures]


def write(report: Report, folder: Path) -> None:
    """Write report.json, report.html and sheets/*.png into `folder`. Raises `UserError` where it cannot."""
    for section in report.sections.values():
        for sheet in section.sheets:
            write_bytes(folder / "sheets" / f"{sheet.name}.png", png(sheet.picture, made=True))
    write_text(folder / "report.html", page(report))
    write_json(folder / REPORT, _document(report))


def read(path: Path) -> dict[str, Any]:
    """The document of a report: the folder or its report.json. Raises `UserError` on anything else."""
    path = file_at(path, REPORT)
    return read_document(path, FORMAT, f"{path}: no such report; make one with `evaluate --out {path.parent}`")


def summary(report: Report) -> str:
    """The figures as lines for a terminal."""
    rows = [["", "model", "photographs", "bar", ""]]
    rows += [[figure.title, *_cells(figure)] for figure in report.figures]
    lines = aligned(rows, left=(0, 3, 4))
    bars = [figure.bar for figure in report.figures if figure.bar]
    if bars:
        lines.append(f"{sum(bar.met for bar in bars)} of {len(bars)} bars met")
    return "\n".join(lines)


def _cells(figure: Figure) -> list[str]:
    return [
        written(figure.value, figure.style),
        written(figure.real, figure.style),
        figure.bar.text if figure.bar else "",
        _verdict(figure.bar),
    ]


def _verdict(bar: Bar | None) -> str:
    return "" if bar is None else "met" if bar.met else "NOT MET"


def _document(report: Report) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "about": dict(report.about),
        "figures": {figure.key: _entry(figure) for figure in report.figures},
        "tables": [
            {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}
            for section in report.sections.values()
            for table in section.tables
        ],
    }


def _entry(figure: Figure) -> dict[str, Any]:
    entry: dict[str, Any] = {"title": figure.title, "style": figure.style, "value": _finite(figure.value)}
    if figure.real is not None:
        entry["photographs"] = _finite(figure.real)
    if figure.interval is not None:
        entry["interval"] = [round(end, 6) for end in figure.interval]
    if figure.count is not None:
        entry["count"] = figure.count
    if figure.bar is not None:
        entry["bar"], entry["met"] = figure.bar.text, figure.bar.met
    return entry


def _finite(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None


STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1500px; margin: 2em auto; padding: 0 1em; }
body { color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .25em .8em; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
.met { color: #17692c; } .missed { color: #b3201f; font-weight: 600; } .note { color: #555; max-width: 60em; }
figure { margin: 1.5em 0; } figcaption { color: #555; } img { max-width: 100%; image-rendering: pixelated; }
.about { color: #555; font-family: ui-monospace, monospace; font-size: 13px; }
"""


def page(report: Report) -> str:
    """The whole report as one HTML page that needs no other file."""
    title = f"Evaluation of {report.about.get('model', 'a model')}"
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><h1>{html.escape(title)}</h1>",
        "<p class='about'>"
        + "<br>".join(html.escape(f"{key}: {value}") for key, value in report.about.items())
        + "</p>",
    ]
    if report.figures:
        parts += ["<h2>Figures</h2>", _figures_html(report.figures)]
    for section in report.sections.values():
        parts.append(f"<h2>{html.escape(section.title)}</h2>")
        parts += [f"<p class='note'>{html.escape(note)}</p>" for note in section.notes]
        if section.figures:
            parts.append(_figures_html(section.figures))
        parts += [_table_html(table) for table in section.tables]
        parts += [_sheet_html(sheet) for sheet in section.sheets]
    return "\n".join(parts) + "\n"


def _figures_html(figures: Sequence[Figure]) -> str:
    rows = []
    for figure in figures:
        value, real, bar, verdict = _cells(figure)
        if figure.interval:
            low, high = (written(end, figure.style) for end in figure.interval)
            value = f"{value} ({low} – {high})"
        colour = "" if figure.bar is None else " class='met'" if figure.bar.met else " class='missed'"
        count = "" if figure.count is None else f"{figure.count:,}"
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in (figure.title, value, real, count, bar))
        rows.append(f"<tr>{cells}<td{colour}>{verdict.lower()}</td></tr>")
    heads = "".join(f"<th>{head}</th>" for head in ("", "model", "photographs", "of", "bar", ""))
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _table_html(table: Table) -> str:
    heads = "".join(f"<th>{html.escape(column)}</th>" for column in table.columns)
    rows = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f"<h3>{html.escape(table.title)}</h3><table><tr>{heads}</tr>{rows}</table>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    return html.escape(written(cell) if cell is None or isinstance(cell, float) else cell)


def _sheet_html(sheet: Sheet) -> str:
    data = base64.b64encode(png(sheet.picture)).decode()
    alt = html.escape(sheet.title, quote=True)
    return (
        f"<figure><h3>{html.escape(sheet.title)}</h3><img alt='{alt}' src='data:image/png;base64,{data}'>"
        f"<figcaption>{html.escape(sheet.caption)}</figcaption></figure>"
    )
