"""The model files that are installed: the one that comes with the add-on, and the user's own.

The add-on ships without a model, too, for places that take no model files.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.engine.check import check_model
from ...core.errors import CrowdError, system_refusals
from ...core.model.card import Card, Label
from ...core.model.encoder_file import has_encoder
from ...core.model.errors import ModelFileError
from ...core.model.file import has_doubt, model_digest, read_card
from ..people.labels import settable
from ..user_folder import user_folder

DEFAULT_MODEL = Path(__file__).parents[2] / "models" / "default.facegan"
_FOLDER, _ENDING = "models", ".facegan"
_LARGER = "-128"
"""What stands behind the name of a model file in that of the one that draws the same people larger."""


@dataclass(frozen=True)
class Installed:
    """A model file: its path, its card, or, in one line, why it cannot be used. doubt: see `doubt_mark`."""

    path: Path
    card: Card | None
    problem: str = ""
    has_encoder: bool = False
    doubt: str = ""

    @property
    def is_default(self) -> bool:
        """Whether it came with the add-on, and cannot be removed."""
        return self.path == DEFAULT_MODEL

    @property
    def figures(self) -> list[tuple[str, str]]:
        """What was measured: name, and value beside that of photographs where there is one."""
        found = self.card.figures if self.card is not None else {}
        return [(name.replace("_", " "), _figure(value)) for name, value in found.items()]


def installed_models() -> list[Installed]:
    """The default model first, if there is one, then the user's by name. A damaged file is listed with its problem."""
    shipped = [DEFAULT_MODEL] if DEFAULT_MODEL.is_file() else []
    return [_looked_at(path) for path in (*shipped, *_own_files())]


def model_in_use(chosen: str) -> Path:
    """The model file that makes the faces: the chosen one, else the default, else the first of the user's.

    chosen: a path, empty for none. Where no model is installed it is the default's place, and no file is there.
    """
    if chosen:
        return Path(bpy.path.abspath(chosen))
    return next(iter([DEFAULT_MODEL] if DEFAULT_MODEL.is_file() else _own_files()), DEFAULT_MODEL)


def check_installed(path: Path) -> Path:
    """The path again. Raises CrowdError where it is that of a default model, and none came with the add-on."""
    if path == DEFAULT_MODEL and not path.is_file():
        if is_without_window():
            remedy = "run `blender --command facegan install FILE.facegan`, or name a model file"
        else:
            remedy = rpt_("drag a .facegan file into the 3D view, or use Install Model in the add-on's preferences")
        raise CrowdError(rpt_("No model is installed"), remedy)
    return path


def is_without_window() -> bool:
    """Whether nobody can drag a file anywhere."""
    return bool(bpy.app.background)


def _own_files() -> list[Path]:
    """By name, those that draw another's people larger at the end: alone, none of them is what was meant."""
    folder = user_folder(_FOLDER)
    found = folder.glob(f"*{_ENDING}") if folder.is_dir() else ()
    return sorted(found, key=lambda path: (path.stem.endswith(_LARGER), path.name))


def install_model(path: Path | str) -> Installed:
    """Checks a model file and copies it to the user's, of which the first is used where no other model is.

    Raises ModelFileError for a file that is refused, and CrowdError for another model of the same file name, and
    where the folder cannot be written.
    """
    path = Path(path)
    check_model(path)
    target = user_folder(_FOLDER) / f"{path.stem}{_ENDING}"
    if target.exists() and target.read_bytes() != path.read_bytes():
        raise CrowdError(
            rpt_("another model has that name"), rpt_("remove it first, or rename the new file"), target.name
        )
    with system_refusals(rpt_("cannot be written ({})"), where=target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _copy_whole(path, target)
    return _looked_at(target)


def _copy_whole(path: Path, target: Path) -> None:
    """Copies a file that is there whole or not at all: other Blenders may look for models, or install it, now."""
    part = target.with_name(f".{target.name}.{token_hex(4)}.part")
    try:
        shutil.copyfile(path, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def remove_model(name: str) -> None:
    """Deletes the user's model of that file name. Raises CrowdError."""
    target = user_folder(_FOLDER) / name
    if Path(name).name != name or target.suffix != _ENDING or not target.is_file():
        raise CrowdError(rpt_("no such model is installed"), where=name)
    with system_refusals(rpt_("cannot be removed ({})"), where=target):
        target.unlink()


def choose_model(preferences: Any, name: str) -> Path:
    """Makes the installed model of that file name the one that is used, and returns its path.

    preferences: the add-on's, where the choice is kept. Raises CrowdError.
    """
    found = next((model for model in installed_models() if model.path.name == name), None)
    if found is None or found.card is None:
        raise CrowdError(found.problem if found is not None else rpt_("{}: no such model is installed").format(name))
    preferences.model = "" if found.is_default else str(found.path)
    _keep_choice()
    return found.path


def unchoose_model(preferences: Any) -> None:
    """Goes back to the model that is used where none is chosen. preferences: the add-on's."""
    preferences.model = ""
    _keep_choice()


def _keep_choice() -> None:
    """Has Blender save the preferences when it ends, if it does so by itself; it looks at what is typed in alone."""
    known: Any = bpy.context.preferences
    known.is_dirty = True


def shown_card(path: Path) -> Card | None:
    """The card of a model file for a panel, which asks at every redraw; None for a file that cannot be used."""
    return _looked_at(path).card


def labels_of(path: Path) -> Mapping[str, Label]:
    """The labels of a model file that have a control, by name; none for a file that cannot be used."""
    card = shown_card(path)
    return {label.name: label for label in settable(card)} if card is not None else {}


def reads_photographs(path: Path) -> bool:
    """Whether a model file has an encoder, for a panel, which asks at every redraw."""
    return _looked_at(path).has_encoder


def doubt_mark(path: Path) -> str:
    """What tells a model that says which of its faces are broken from all others: its digest. Empty where it does not.

    For panels, too, which ask at every redraw; of a file that cannot be used, others tell.
    """
    return _looked_at(path).doubt


def larger_model(path: Path) -> Path | None:
    """The model file beside this one that draws the same people larger, `NAME-128.facegan`; None where there is none.

    It must ask for the same latent and labels, and have learnt from the same light.
    """
    larger = path.with_name(f"{path.stem}{_LARGER}{path.suffix}")
    card, other = (shown_card(one) if one.is_file() else None for one in (path, larger))
    if card is None or other is None or other.resolution <= card.resolution:
        return None
    return larger if _people_of(card) == _people_of(other) else None


def _people_of(card: Card) -> object:
    """What must agree so that two models draw the same people in the same pictures."""
    labels = [(label.name, label.kind, label.classes) for label in card.labels]
    latent = card.latent_size, card.latent_distribution
    return latent, labels, card.light, card.eye_distance, card.eye_height


def _looked_at(path: Path) -> Installed:
    try:
        state = path.stat()
    except OSError as error:
        return Installed(path, None, f"{path}: cannot be read ({error.strerror})")
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int, _size: int) -> Installed:
    try:
        doubt = model_digest(path) if has_doubt(path) else ""
        return Installed(path, read_card(path), has_encoder=has_encoder(path), doubt=doubt)
    except ModelFileError as error:
        return Installed(path, None, str(error))


def _figure(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)[:40]
    numbers = {name: f"{number:.4g}" for name, number in value.items() if isinstance(number, (int, float))}
    photographs = f" (photographs {numbers['photographs']})" if "photographs" in numbers else ""
    return f"{numbers.get('value', '-')}{photographs}"
