"""Checkpoints: plain tensors and numbers, written whole or not at all, the newest few kept."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch

from trainer.errors import UserError
from trainer.files import parsed_json, read_json, whole, write_text
from trainer.old_names import CHECKPOINT, METRICS, renamed

FOLDER = "checkpoints"
BEST_READING = "best.json"
FACTS = "dataset.json"
"""What a run was trained on, as its dataset tells it; `train` keeps a copy."""
NETWORKS = ("generator", "discriminator", "ema")
HOLDS: dict[str, type] = {
    "config": Mapping,
    "labels": list,
    "step": int,
    "images": int,
    **dict.fromkeys((*NETWORKS, "sampler"), Mapping),
}
"""What every checkpoint must hold to be drawn from and gone on with."""
MAY_HOLD: dict[str, type] = {
    "inherited": int,
    "rollbacks": int,
    "history": list,
    "best_fd_grid8": float,
    **dict.fromkeys(("g_optimiser", "d_optimiser", "rests_on"), Mapping),
}
MOST_TOLD = 200
NAME = re.compile(r"step-(\d+)\.pt")


def checkpoint_path(run: Path, step: int) -> Path:
    """Where the checkpoint of `step` stands in the run folder `run`."""
    return run / FOLDER / f"step-{step:09d}.pt"


def best_checkpoint_path(run: Path) -> Path:
    """Where the checkpoint with the best validation metric stands."""
    return run / FOLDER / "best.pt"


def run_folder(source: Path) -> Path:
    """The run folder that `source` is, or that it, a checkpoint, lies in, be it in `checkpoints/` or by itself."""
    if not source.is_file():
        return source
    return source.parent.parent if source.parent.name == FOLDER else source.parent


def facts_of_run(source: Path) -> dict[str, Any] | None:
    """The dataset.json kept in the run folder of `source`, which may be one of its checkpoints; None where none is.

    Raises `UserError` where it is damaged.
    """
    path, remedy = run_folder(source) / FACTS, "put the one of the run's dataset in its place"
    if not path.exists():
        return None
    facts = read_json(path, remedy)
    if not isinstance(facts, dict):
        raise UserError(f"{path}: is no table of facts; {remedy}")
    return facts


def saved_checkpoints(run: Path) -> list[Path]:
    """The run's checkpoints, oldest first."""
    found = [path for path in (run / FOLDER).glob("step-*.pt") if NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name)


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Save `state` so that `path` is either the whole of it or what it was. Raises `UserError`: a full disk, say."""
    with whole(path, "make room or choose another --out") as unfinished, unfinished.open("wb") as file:
        try:
            torch.save(dict(state), file)
        except RuntimeError as error:  # torch's word for what its writer could not write
            raise OSError(str(error)) from error


def save_checkpoint(run: Path, step: int, state: Mapping[str, Any], keep: int) -> Path:
    """Write the checkpoint of `step`, and remove all but the newest `keep`."""
    path = checkpoint_path(run, step)
    write_state(path, state)
    for old in saved_checkpoints(run)[:-keep]:
        old.unlink()
    return path


def keep_best(run: Path, step: int, images: int, fd_grid8: float) -> None:
    """Keep the checkpoint of `step` apart as the best of the run, with its reading beside it."""
    path = checkpoint_path(run, step)
    with whole(best_checkpoint_path(run)) as unfinished:
        unfinished.unlink(missing_ok=True)
        try:
            unfinished.hardlink_to(path)
        except OSError:  # a file system that knows no hard links
            shutil.copyfile(path, unfinished)
    reading = {"checkpoint": path.name, "images": images, "fd_grid8": fd_grid8}
    write_text(run / FOLDER / BEST_READING, json.dumps(reading) + "\n")


def best_reading(run: Path) -> float | None:
    """The validation metric of the best checkpoint of `run`; None where there is none. Raises `UserError`."""
    path = run / FOLDER / BEST_READING
    if not path.is_file() or not best_checkpoint_path(run).is_file():
        return None
    try:
        return float(renamed(parsed_json(path.read_bytes()), METRICS)["fd_grid8"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise UserError(f"{path}: damaged ({error}); delete it, the next checkpoint counts as the best") from error


def lightened(state: Mapping[str, Any]) -> dict[str, Any]:
    """A checkpoint without the optimisers' moments and with weights as float16: a tenth of the size.

    A run can be resumed from it; its optimisers start anew.
    """
    left_out = ("g_optimiser", "d_optimiser")
    light = {name: value for name, value in state.items() if name not in left_out}
    for name in ("generator", "discriminator", "ema"):
        light[name] = {key: value.half() if value.is_floating_point() else value for key, value in state[name].items()}
    return light


def averaged(states: Mapping[Path, Mapping[str, Any]], weights: Sequence[float]) -> dict[str, Any]:
    """The first of the checkpoints `states`, its networks the mean of all, each counting as its weight says.

    Counters of batches stay the first one's, and the optimisers' moments are left out. Raises `UserError` where two are
    not of the same networks.
    """
    (first_path, first), *others = states.items()
    for path, state in others:
        for name in NETWORKS:
            shapes, own = ({key: part.shape for key, part in one[name].items()} for one in (first, state))
            if shapes != own or first["labels"] != state["labels"]:
                raise UserError(f"{path}: has other networks or labels than {first_path}; take checkpoints of one run")
    mean = {key: value for key, value in first.items() if key not in ("g_optimiser", "d_optimiser")}
    for name in NETWORKS:
        mean[name] = {
            key: _mean([state[name][key] for state in states.values()], weights) if part.is_floating_point() else part
            for key, part in first[name].items()
        }
    return mean


def _mean(parts: Sequence[torch.Tensor], weights: Sequence[float]) -> torch.Tensor:
    total = sum((part.double() * weight for part, weight in zip(parts, weights, strict=True)), torch.zeros(()))
    return (total / sum(weights)).to(parts[0].dtype)


def chosen_checkpoint(source: Path, which: Literal["newest", "best"]) -> tuple[Path, str]:
    """The newest or the best checkpoint of the run folder `source`, or `source` itself, and a line that tells which.

    Raises `UserError` where there is none.
    """
    if source.is_file():
        if which == "best":
            raise UserError(f"{source}: is one checkpoint; give the run folder for --checkpoint best")
        return source, f"{source.name}: {seen(read_checkpoint(source))}"
    best = best_checkpoint_path(source)
    if which == "best":
        if not best.is_file():
            raise UserError(
                f"{source}: has no best checkpoint; a run is validated at its checkpoints and at its end, unless"
                " log.validation=0. Take the newest"
            )
        return best, f"{best.name}: {seen(read_checkpoint(best))}, which read best in {source}"
    path, state, passed_over = newest_checkpoint(source)
    lines = [*passed_over, f"{path.name}: {seen(state)}, the newest in {source}"]
    if best.is_file() and not best.samefile(path):
        lines[-1] += f"; the one that read best has {seen(read_checkpoint(best))}: --checkpoint best"
    return path, "\n".join(lines)


def images_seen(state: Mapping[str, Any]) -> int:
    """How many images a checkpoint has seen, those of the runs that it goes on from with them."""
    return int(state.get("inherited", 0)) + int(state["images"])


def seen(state: Mapping[str, Any]) -> str:
    """How many images a checkpoint has seen, in words."""
    return f"{images_seen(state):,} images seen"


def read_tensors(path: Path, remedy: str) -> dict[str, Any]:
    """A file of tensors by name, on the CPU. Runs no code that the file brings.

    Raises `UserError`, with the `remedy`, where it is damaged.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises half a dozen unrelated types on a damaged file
        raise UserError(f"{path}: damaged ({type(error).__name__}); {remedy}") from error
    if not isinstance(state, dict):
        raise UserError(f"{path}: damaged ({type(state).__name__} instead of a table); {remedy}")
    return state


def read_checkpoint(path: Path) -> dict[str, Any]:
    """One checkpoint, on the CPU. Raises `UserError` if it is not whole. Runs no code that the file brings."""
    state = read_tensors(path, "take another checkpoint")
    if "config" not in state:
        raise UserError(f"{path}: not a checkpoint of this trainer")
    state = renamed(state, CHECKPOINT)
    held = {**HOLDS, **{name: kind for name, kind in MAY_HOLD.items() if state.get(name) is not None}}
    if problem := next((f"{name} is {_told(state, name)}" for name in held if not _is_right(state, name)), None):
        raise UserError(f"{path}: not a whole checkpoint of this trainer: its {problem}; take another one")
    return state


def _is_right(state: Mapping[str, Any], name: str) -> bool:
    """Whether a part of a checkpoint is of the kind that it must be."""
    value, kind = state.get(name), {**HOLDS, **MAY_HOLD}[name]
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if name in NETWORKS:
        return isinstance(value, Mapping) and all(isinstance(part, torch.Tensor) for part in value.values())
    return isinstance(value, kind)


def _told(state: Mapping[str, Any], name: str) -> str:
    return "missing" if name not in state else "none that could be"


@contextmanager
def fitting(path: Path) -> Iterator[None]:
    """Raises `UserError` that names a checkpoint whose config, labels and weights do not make sense together."""
    try:
        yield
    except UserError as error:
        raise error if str(path) in str(error) else UserError(f"{path}: {error}") from error
    except (RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:
        told = " ".join(str(error).split())[:MOST_TOLD]
        raise UserError(
            f"{path}: its weights do not fit into the networks that its config names ({told}); take another checkpoint"
        ) from error


def newest_state(source: Path) -> dict[str, Any]:
    """The checkpoint `source`, or the newest whole one of a run folder. Raises `UserError`."""
    return read_checkpoint(source) if source.is_file() else newest_checkpoint(source)[1]


def newest_checkpoint(run: Path) -> tuple[Path, dict[str, Any], list[str]]:
    """The newest whole checkpoint of `run`, and a line for each newer one that was passed over as broken.

    Raises `UserError` if there is none.
    """
    passed_over: list[str] = []
    for path in reversed(saved_checkpoints(run)):
        try:
            return path, read_checkpoint(path), passed_over
        except UserError as error:
            passed_over.append(str(error))
    reason = f" ({'; '.join(passed_over)})" if passed_over else ""
    raise UserError(f"{run}: no checkpoint to be found{reason}; give a run folder that `train` wrote")
