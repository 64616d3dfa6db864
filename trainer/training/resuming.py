"""What a checkpoint holds of a run, and how a run goes on with one."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.optim.swa_utils import AveragedModel

from trainer import __version__
from trainer.checkpoints import best_reading, facts_of_run, fitting, images_seen, newest_checkpoint, read_checkpoint
from trainer.config import from_dict, to_dict
from trainer.data.dataset import differences
from trainer.errors import UserError
from trainer.labels.kinds import from_card
from trainer.labels.label import Label
from trainer.networks.build import build_generator, on_device
from trainer.networks.detail import DetailedGenerator
from trainer.networks.transfer import WRAPPED, take_over
from trainer.training.distillation import Teacher

if TYPE_CHECKING:
    from trainer.training.run import Run


def told_labels(labels: tuple[Label, ...]) -> str:
    """The labels in words."""
    return "the labels " + ", ".join(f"{label.name} ({label.kind})" for label in labels) if labels else "no labels"


def resume(run: "Run", checkpoint: Path | None = None) -> list[str]:
    """Go on from `checkpoint`, or from the newest whole one of the run folder. Returns what to tell the user.

    Raises `UserError` for one of other networks, labels or pictures.
    """
    if checkpoint is None:
        path, state, lines = newest_checkpoint(run.options.out)
    else:
        path, state, lines = checkpoint, read_checkpoint(checkpoint), []
    with fitting(path):
        theirs, known = from_dict(state["config"]), from_card(state["labels"])
    if (theirs.generator, theirs.discriminator) != (run.config.generator, run.config.discriminator):
        raise UserError(f"{path}: was made by other networks than this config's; resume with the config it names")
    if [label.shape for label in known] != [label.shape for label in run.labels]:
        raise UserError(f"{path}: was trained with {told_labels(known)}, this dataset has {told_labels(run.labels)}")
    lines += same_data(run, path, state)
    with fitting(path):
        load(run, state)
    run.rollbacks = int(state.get("rollbacks", 0))
    kept = best_reading(run.options.out)
    run.showing.best = state.get("best_fd_grid8") if kept is None else kept
    run.history = list(state.get("history", []))
    run.inherited = int(state.get("inherited", 0))
    if "g_optimiser" not in state:
        lines.append(f"{path.name} is a light checkpoint: the optimisers start anew")
    return [*lines, f"resumed {path.name} at {run.gan.images:,} images"]


def same_data(run: "Run", checkpoint: Path, state: Mapping[str, Any]) -> list[str]:
    """What to tell of a checkpoint that does not say what it rests on. Raises `UserError` where that is other data.

    Of such a checkpoint of before, the dataset.json beside it is compared instead.
    """
    known = state.get("rests_on")
    if isinstance(known, Mapping):
        other = differences(known, run.rests_on)
    else:
        facts = facts_of_run(checkpoint) or {}
        compared = ("fingerprint", "count", "split", "decisions")
        other = [name for name in compared if name in facts and facts.get(name) != run.facts.get(name)]
    if other:
        raise UserError(
            f"{checkpoint}: the run rests on another dataset than --data; it differs in {', '.join(other)}. Give the"
            f" run's own, or begin a new run with its weights: --start-from {checkpoint} --out NEW"
        )
    if isinstance(known, Mapping):
        return []
    return [f"{checkpoint.name} is of an older trainer and does not tell its pictures: not compared with --data"]


def start_from(run: "Run", checkpoint: Path) -> list[str]:
    """Begin with another run's weights: of both networks and the EMA, wherever name and shape agree.

    Everything else begins anew: optimisers, sampler, counters. Returns what to tell the user. Raises `UserError` if
    the networks have nothing in common.
    """
    state = read_checkpoint(checkpoint)
    with fitting(checkpoint):
        theirs, known = from_dict(state["config"]), from_card(state["labels"])
    if (theirs.generator.kind, theirs.discriminator.kind) != (
        run.config.generator.kind,
        run.config.discriminator.kind,
    ):
        raise UserError(
            f"{checkpoint}: has no weight in common with this config: it holds networks of the kinds"
            f" {theirs.generator.kind} and {theirs.discriminator.kind}"
        )
    lines = []
    for name, weights in beginnings(run, state).items():
        network: nn.Module = getattr(run.gan, name)
        with fitting(checkpoint):
            taken, new = take_over(network, weights, known)
        if not taken:
            raise UserError(f"{checkpoint}: its {name} has no weight in common with this config's; see --dry-run")
        if new:
            lines.append(f"{name}: {len(new)} of {len(new) + taken} tensors begin anew ({', '.join(new[:4])}, ...)")
    if run.config.distillation.images:
        taught = AveragedModel(build_generator(theirs, known))
        with fitting(checkpoint):
            taught.load_state_dict(state["ema"])
        run.teacher = Teacher(on_device(taught.module, run.fabric.device), known)
    run.history = list(state.get("history", []))
    run.inherited = images_seen(state)
    return [*lines, f"started from {checkpoint.name}, which has seen {run.inherited:,} images"]


def beginnings(run: "Run", state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The weights of a checkpoint that each network of a run begins with.

    A body that gets its first tail begins as the average of what it was, since it stays so while the tail learns alone.
    """
    weights = {name: state[name] for name in ("generator", "discriminator", "ema")}
    first_tail = not any(name.startswith("detail.") for name in state["generator"])
    if isinstance(run.gan.generator, DetailedGenerator) and first_tail:
        average = state["ema"]
        weights["generator"] = {
            name.removeprefix(WRAPPED): value for name, value in average.items() if name.startswith(WRAPPED)
        }
    return weights


def load(run: "Run", state: Mapping[str, Any]) -> None:
    """Put both networks, their optimisers, the EMA and the sampler where `state` has them."""
    gan = run.gan
    gan.generator.load_state_dict(state["generator"])
    gan.discriminator.load_state_dict(state["discriminator"])
    gan.ema.load_state_dict(state["ema"])
    for name, optimiser in (("g_optimiser", gan.g_optimiser), ("d_optimiser", gan.d_optimiser)):
        if name in state:
            optimiser.load_state_dict(state[name])
    run.sampler.load_state(state["sampler"])
    run.showing.forget()
    gan.step = int(state["step"])


def state_of(run: "Run") -> dict[str, Any]:
    """All that a checkpoint holds."""
    gan = run.gan
    return {
        "version": __version__,
        "config": to_dict(run.config),
        "labels": [label.card() for label in run.labels],
        "step": gan.step,
        "images": gan.images,
        "inherited": run.inherited,
        "generator": gan.generator.state_dict(),
        "discriminator": gan.discriminator.state_dict(),
        "ema": gan.ema.state_dict(),
        "g_optimiser": gan.g_optimiser.state_dict(),
        "d_optimiser": gan.d_optimiser.state_dict(),
        "sampler": run.sampler.state(),
        "rollbacks": run.rollbacks,
        "history": run.history,
        "rests_on": run.rests_on,
    }
