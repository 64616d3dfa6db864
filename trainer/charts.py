"""Charts as PNG or SVG files, drawn without a screen."""

from pathlib import Path

from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from trainer.errors import UserError

CANVASES: dict[str, type[FigureCanvasBase]] = {".png": FigureCanvasAgg, ".svg": FigureCanvasSVG}
DOTS_PER_INCH = 150


def check_chart_path(path: Path) -> None:
    """Raise `UserError` unless `path` ends in .png or .svg: better before the work than after it."""
    if path.suffix.lower() not in CANVASES:
        raise UserError(f"{path}: give a file that ends in .png or .svg")


def save_chart(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG or SVG, by the ending of `path`. Raises `UserError`."""
    check_chart_path(path)
    canvas = CANVASES[path.suffix.lower()](figure)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.print_figure(path, dpi=DOTS_PER_INCH)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error
