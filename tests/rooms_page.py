"""The tables of rooms in docs/architecture.md."""

from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"


def rooms_on_the_page(heading: str) -> dict[str, tuple[str, ...]]:
    """By each room of the table below the heading: what it may use. Fails where a room is not described."""
    text = PAGE.read_text(encoding="utf-8").split(heading)[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row.startswith("| `")]
    assert all(what for _, what, _ in rows)
    return {name.strip("`"): tuple(uses.replace("`", "").split(", ")) if uses != "-" else () for name, _, uses in rows}
