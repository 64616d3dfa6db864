"""Charts as PNG or SVG files, drawn without a screen."""

from pathlib import Path

from matplotlib.figure import Figure

from trainer.errors import UserError

ENDINGS = (".png", ".svg")
DOTS_PER_INCH = 150


def check_chart_path(path: Path) -> None:
    """Raise `UserError` unless `path` ends in .png or .svg: better before the work than after it."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(f"{path}: give a file that ends in .png or .svg")


def save_chart(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG or SVG, by the ending of `path`. Raises `UserError`."""
    check_chart_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=DOTS_PER_INCH)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error
