"""Draws the examples, trains on them and writes the weights, see the package."""

import argparse
import sys
from pathlib import Path

import numpy as np

from . import __doc__ as purpose
from .photographs import read_photographs
from .picture_training import fit_pictures
from .pictures import collect_pictures
from .reliefs import Sources, collect
from .shapes import FaceKit, MissingShapesError, People, read_things
from .train import fit, write


def main() -> int:
    """Runs the tool; 2 with one line when a folder lacks what is read from it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.landmark_network",
        description=purpose,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("mpfb_data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=8000, help="examples to draw")
    parser.add_argument("--epochs", type=int, default=90)
    parser.add_argument("--ict", type=Path, help="ICT-FaceKit's folder FaceXModel")
    parser.add_argument("--things", type=Path, help="a folder of .obj files that show no face")
    parser.add_argument("--pictures", action="store_true", help="the network for pictures of people on planes instead")
    parser.add_argument("--photographs", type=Path, help="for --pictures: a folder of photographs of faces")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.count < 1 or arguments.epochs < 1:
        parser.error("--count and --epochs are at least 1")
    try:
        sources = Sources(
            People(arguments.mpfb_data).someone,
            FaceKit(arguments.ict).someone if arguments.ict else None,
            read_things(arguments.things) if arguments.things else [],
        )
    except MissingShapesError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.pictures:
        return _for_pictures(sources, arguments)
    examples = collect(sources, arguments.count, np.random.default_rng(arguments.seed))
    for epoch, (network, mean) in enumerate(fit(examples, arguments.epochs, arguments.seed), start=1):
        print(f"epoch {epoch}: loss {mean:.3f}", flush=True)
        write(network, arguments.out)
    return 0


def _for_pictures(sources: Sources, arguments: argparse.Namespace) -> int:
    """The same for `core/billboards/face_network.npz`."""
    try:
        photographs = read_photographs(arguments.photographs) if arguments.photographs else []
    except MissingShapesError as error:
        print(error, file=sys.stderr)
        return 2
    examples = collect_pictures(sources, photographs, arguments.count, np.random.default_rng(arguments.seed))
    for epoch, (network, mean) in enumerate(fit_pictures(examples, arguments.epochs, arguments.seed), start=1):
        print(f"epoch {epoch}: loss {mean:.3f}", flush=True)
        write(network, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
