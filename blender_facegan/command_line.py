"""`blender --command facegan ...`: the add-on on a farm, without a window and without a script.

Every property of the operator is an option of the command, so that both always offer the same.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import bpy

from .core.engine.check import check_model
from .core.errors import CrowdError
from .core.model.file import model_digest, read_card
from .scene.export.picture_files import check_folder
from .scene.headless.census import census
from .scene.headless.files import check_writable, is_compressed, open_file, save_file
from .scene.headless.filling import TABLE, Filled, Opening, fill, open_at, populated
from .scene.headless.jobs import PLACEHOLDERS, planned
from .scene.headless.manifest import is_made, note_failure
from .scene.headless.operators import call_operator, operator_properties, save_preferences, select_characters
from .scene.model.store import larger_model
from .ui.base import counted
from .ui.preference_values import model_to_use, preferences

NAME = "facegan"
_PROGRAM = f"blender --command {NAME}"
_USAGE_ERROR = 2
_OBJECTS, _INSTANCES = "populate", "populate_instances"
"""The operators behind `populate`; the second has every property of the first."""
_CAST, _PHOTO = "import_cast", "face_from_photo"
"""The operators behind `cast` and `photo`."""
_BAKES = {"textures": "bake_textures", "images": "bake"}
"""The operators behind `bake --to`."""
_INSTALL = "install_model"
_PREFERENCES = ("face_size", "page_size", "gutter")
"""What faces hang on besides what the command and the file say."""
_EXAMPLES = f"""examples:
  {_PROGRAM} populate crowd.blend --out faces.blend --scope COLLECTION --collection Crowd --crowd-seed 7
  {_PROGRAM} populate stadium.blend --out faces.blend --instances --select Seats --mix stadium
  {_PROGRAM} populate shots/*/crowd.blend --out "faces/{{parent}}.blend" --manifest "faces/{{parent}}.json" --resume
  {_PROGRAM} cast crowd.blend --filepath cast.csv --select Anna Bo --out faces.blend
  {_PROGRAM} photo crowd.blend --filepath anna.jpg --select Anna --out faces.blend --left-eye 412 300 \\
      --right-eye 498 303 --sex FEMALE --age 41 --consent "Anna Ek, 3 May 2026"
  {_PROGRAM} bake faces.blend --to textures --directory textures --out baked.blend
  {_PROGRAM} table faces.blend --directory crowd --array
  {_PROGRAM} info faces.blend
  {_PROGRAM} verify my_model.facegan
  {_PROGRAM} install my_model.facegan
"""


class _UsageError(CrowdError):
    pass


class _Parser(argparse.ArgumentParser):
    """Raises instead of ending Blender, which has a clean-up of its own to do."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def run(arguments: Sequence[str]) -> int:
    """Runs the command and returns its exit code: 0, or 2 with one line on stderr for what the user can mend."""
    try:
        chosen = parser().parse_args(list(arguments))
        chosen.action(chosen)
    except SystemExit as ended:  # --help
        return int(ended.code or 0)
    except CrowdError as error:
        print(f"{NAME}: {error}", file=sys.stderr, flush=True)
        return _USAGE_ERROR
    return 0


def parser() -> argparse.ArgumentParser:
    """What the command understands; it raises CrowdError for anything else."""
    form = argparse.RawDescriptionHelpFormatter
    whole = _Parser(prog=_PROGRAM, description=__doc__, epilog=_EXAMPLES, formatter_class=form)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    _add_populate(commands)
    cast = _fills(commands, "cast", "give the selected characters of a .blend the people of a cast file")
    _add_options(cast, _CAST, lambda chosen: _operate(chosen, _CAST, _CAST))
    photo = _fills(commands, "photo", "give the selected character of a .blend a likeness of a photograph")
    _add_options(photo, _PHOTO, lambda chosen: _operate(chosen, _PHOTO, _PHOTO))
    _add_bake(commands)
    _add_table(commands)
    info = commands.add_parser("info", help="tell who is in a .blend, or what a model file is")
    info.add_argument("file", type=Path, metavar="FILE")
    info.set_defaults(action=_info)
    verify = commands.add_parser("verify", help="check that a model file makes the pictures it promises")
    verify.add_argument("file", type=Path, nargs="?", metavar="MODEL.facegan", help="default: the chosen model")
    verify.set_defaults(action=_verify)
    install = commands.add_parser("install", help="check a model file and add it to this user's models")
    install.add_argument("file", type=Path, metavar="MODEL.facegan")
    install.add_argument("--use", action="store_true", help="make faces with it from now on, in the saved preferences")
    install.set_defaults(action=_install)
    return whole


def _add_populate(commands: Any) -> None:
    populate: argparse.ArgumentParser = commands.add_parser(
        "populate",
        help="give the characters of .blend files their faces",
        epilog=f"In paths that are written to, {', '.join(PLACEHOLDERS)} stand for the file's folder, the name of that,"
        " and the file's own name without ending. One that fails is told of, and the others are filled; then the exit"
        f" code is {_USAGE_ERROR}.",
    )
    populate.add_argument("file", nargs="+", metavar="FILE.blend")
    populate.add_argument("--out", required=True, help=".blend to write; may be the same file")
    populate.add_argument("--table", metavar="FOLDER", help="also write pages and a table of who was made")
    populate.add_argument("--manifest", metavar="FILE.json", help="also write what was made, of what, and by what")
    populate.add_argument(
        "--resume", action="store_true", help="leave alone what the manifest says was made of the same files"
    )
    populate.add_argument(
        "--part", type=_share, default=(1, 1), metavar="K/N", help="only the Kth of N shares of the files, such as 2/8"
    )
    populate.add_argument("--instances", action="store_true", help="populate points and collection instances")
    _add_choice(populate)
    _add_options(populate, _INSTANCES, _populate)


def _share(text: str) -> tuple[int, int]:
    share, _, shares = text.partition("/")
    if not (share.isdecimal() and shares.isdecimal() and 1 <= int(share) <= int(shares)):
        raise argparse.ArgumentTypeError(f"{text} is no share: give 2/8 for the second of eight")
    return int(share), int(shares)


def _fills(commands: Any, name: str, help_text: str) -> argparse.ArgumentParser:
    """A command that opens a .blend, changes it, and writes it."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=help_text)
    command.add_argument("file", type=Path, metavar="FILE.blend")
    command.add_argument("--out", type=Path, required=True, help=".blend to write; may be the same file")
    command.add_argument("--table", type=Path, metavar="FOLDER", help="also write pages and a table of who was made")
    _add_choice(command)
    return command


def _add_options(command: argparse.ArgumentParser, operator: str, action: Any) -> None:
    """Every property of the operator. action: what the command does."""
    options = command.add_argument_group("what the operator is told (default: what the scene is set to)")
    for prop in operator_properties(operator):
        _add_option(options, prop)
    command.set_defaults(action=action)


def _add_bake(commands: Any) -> None:
    bake = commands.add_parser("bake", help="write the faces of a .blend into images or into its characters' textures")
    bake.add_argument("file", type=Path, metavar="FILE.blend")
    bake.add_argument("--to", choices=sorted(_BAKES), required=True, help="copies of their own textures, or images")
    bake.add_argument("--out", type=Path, help=".blend to write, in which the characters show what was baked")
    _add_choice(bake)
    options = bake.add_argument_group("what the bake is told")
    known: dict[str, Any] = {}
    for operator in _BAKES.values():
        known |= {prop.identifier: prop for prop in operator_properties(operator)}
    for prop in known.values():
        _add_option(options, prop)
    bake.set_defaults(action=_bake)


def _add_table(commands: Any) -> None:
    table = commands.add_parser("table", help="write pages and a table of who shows which face, for game engines")
    table.add_argument("file", type=Path, metavar="FILE.blend")
    _add_choice(table)
    options = table.add_argument_group("what the table is told")
    for prop in operator_properties(TABLE):
        _add_option(options, prop)
    table.set_defaults(action=_write_table)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scene", help="scene to work on (default: the one the file opens with)")
    parser.add_argument("--select", nargs="+", metavar="OBJECT", help="objects to select before; the first is active")


def _add_option(options: Any, prop: Any) -> None:
    flag, tip = f"--{prop.identifier.replace('_', '-')}", prop.description.replace("%", "%%")
    settings: dict[str, Any] = {"default": None, "help": tip, "dest": prop.identifier}
    if prop.type == "BOOLEAN":
        options.add_argument(flag, action=argparse.BooleanOptionalAction, **settings)
    elif prop.type == "ENUM":
        choices = [item.identifier for item in prop.enum_items]
        options.add_argument(flag, type=str.upper, choices=choices, **settings)
    elif prop.type in ("INT", "FLOAT"):
        kind = int if prop.type == "INT" else float
        count = {"nargs": prop.array_length} if prop.is_array else {}
        options.add_argument(flag, type=kind, metavar="NUMBER", **count, **settings)
    else:
        options.add_argument(flag, metavar="TEXT", **settings)


def _populate(chosen: argparse.Namespace) -> None:
    operator = _INSTANCES if chosen.instances else _OBJECTS
    values = _operator_values(chosen, operator, _INSTANCES, "is for --instances alone")
    report = values.get("report_file")
    if chosen.resume and not chosen.manifest:
        raise _UsageError("--resume goes by manifests: give --manifest, too")
    jobs = planned(chosen.file, chosen.out, chosen.table, chosen.manifest, report, chosen.part)
    asked = _asked(chosen, operator, values) if chosen.manifest else {}
    failed = 0
    for job in jobs:
        try:
            if chosen.resume and is_made(job, asked):
                print(f"{NAME}: {job.out} was made before", flush=True)
                continue
            if any(placeholder in chosen.out for placeholder in PLACEHOLDERS):
                check_folder(job.out.parent)
            _tell(job.out, fill(job, Opening(chosen.scene, chosen.select), operator, values, asked))
        except CrowdError as error:
            with suppress(CrowdError):  # Where nothing can be written, that is what is told.
                note_failure(job, asked, str(error))
            if len(chosen.file) == len(jobs) == 1:
                raise
            print(f"{NAME}: {_about(job.source, error)}", file=sys.stderr, flush=True)
            failed += 1
    if failed:
        raise CrowdError(f"{failed:,} of {len(jobs):,} files were not filled", "see above")


def _tell(out: Path, filled: Filled) -> None:
    for warning in filled.warnings:
        print(f"{NAME}: {warning}", file=sys.stderr, flush=True)
    characters = counted(filled.characters, "{:,} character", "{:,} characters")
    fresh = counted(filled.fresh, "{:,} new face", "{:,} new faces")
    print(f"{NAME}: wrote {out}: {characters}, {fresh}", flush=True)


def _about(path: Path, error: CrowdError) -> str:
    return str(error) if str(path) in str(error) else f"{path}: {error}"


def _asked(chosen: argparse.Namespace, operator: str, values: dict[str, Any]) -> dict[str, Any]:
    """All but the file that decides what is made, for manifests. Raises CrowdError where no model is installed."""
    model = Path(values["model"]) if "model" in values else model_to_use(bpy.context)
    own, larger = preferences(bpy.context), larger_model(model)
    told = {name: value for name, value in values.items() if name not in ("model", "report_file")}
    if "mix" in told:
        with suppress(OSError):  # A name, or what a file holds, is as good as the file.
            told["mix"] = Path(told["mix"]).read_text(encoding="utf-8", errors="replace")
    return {
        "command": operator,
        **told,
        "scene": chosen.scene,
        "select": chosen.select,
        **{name: getattr(own, name) for name in _PREFERENCES if own is not None},
        "model": [model_digest(one) for one in (model, larger) if one is not None],
    }


def _operate(chosen: argparse.Namespace, operator: str, offering: str) -> None:
    """Runs the operator on the file. offering: the one whose properties the command offers."""
    values = _operator_values(chosen, operator, offering, "")
    out, table = chosen.out.resolve(), chosen.table.resolve() if chosen.table is not None else None
    check_writable(out)
    if table is not None:
        check_folder(table)
    compress = _open(chosen)
    report = values.get("report_file")
    filled = populated(operator, values, Path(report).resolve() if report else None, out)
    save_file(out, compress)
    _tell(out, filled)
    if table is not None:
        call_operator(TABLE, {"directory": str(table)})


def _open(chosen: argparse.Namespace) -> bool:
    """Opens the file there; whether it is compressed. Raises CrowdError."""
    path = chosen.file.resolve()
    open_at(path, Opening(chosen.scene, chosen.select))
    return is_compressed(path)


def _operator_values(chosen: argparse.Namespace, operator: str, offering: str, problem: str) -> dict[str, Any]:
    """What was given for the operator, files as paths of this system. Raises CrowdError."""
    values = _values(chosen, operator, [offering], problem)
    return values | {name: str(Path(values[name]).resolve()) for name in ("model", "filepath") if values.get(name)}


def _bake(chosen: argparse.Namespace) -> None:
    operator = _BAKES[chosen.to]
    values = _in_folder(_values(chosen, operator, list(_BAKES.values()), f"is not for --to {chosen.to}"))
    if chosen.out is not None:
        check_writable(chosen.out.resolve())
    compress = _open(chosen)
    if not chosen.select:
        select_characters()
    call_operator(operator, values)
    print(f"{NAME}: wrote images into {values['directory']}", flush=True)
    if chosen.out is not None:
        save_file(chosen.out.resolve(), compress)
        print(f"{NAME}: wrote {chosen.out.resolve()}", flush=True)


def _write_table(chosen: argparse.Namespace) -> None:
    values = _in_folder(_values(chosen, TABLE, [], ""))
    _open(chosen)
    folder = values["directory"]
    call_operator(TABLE, {**values, "use_selection": bool(chosen.select) or values.get("use_selection", False)})
    print(f"{NAME}: wrote a table into {folder}", flush=True)


def _values(chosen: argparse.Namespace, operator: str, others: Sequence[str], problem: str) -> dict[str, Any]:
    """What was given for the operator. problem: with what is only for the others. Raises CrowdError."""
    known = {prop.identifier: prop for prop in operator_properties(operator)}
    foreign = {prop.identifier for name in others for prop in operator_properties(name)} - set(known)
    given = {name: value for name, value in vars(chosen).items() if value is not None}
    for name in foreign.intersection(given):
        raise _UsageError(f"--{name.replace('_', '-')} {problem}")
    values = {name: value for name, value in given.items() if name in known}
    for name, value in values.items():
        _check_range(known[name], value)
    return values


def _in_folder(values: dict[str, Any]) -> dict[str, Any]:
    """The same with the folder as a path of this system. Raises CrowdError without one."""
    if not values.get("directory"):
        raise _UsageError("--directory is missing: name the folder to write to")
    return {**values, "directory": str(Path(values["directory"]).resolve())}


def _check_range(prop: Any, value: Any) -> None:
    # Blender clamps what is out of range without a word.
    if prop.type not in ("INT", "FLOAT"):
        return
    # Whole numbers as they are: the shortest form of a float drops the digits of a seed.
    form = "d" if prop.type == "INT" else "g"
    for number in value if isinstance(value, list) else [value]:
        if not prop.hard_min <= number <= prop.hard_max:
            low, high = format(prop.hard_min, form), format(prop.hard_max, form)
            raise _UsageError(f"--{prop.identifier.replace('_', '-')} {number:{form}} is not from {low} to {high}")


def _info(chosen: argparse.Namespace) -> None:
    path = chosen.file.resolve()
    if path.suffix.lower() == ".blend":
        open_file(path)
        for scene in census():
            characters = counted(scene.characters, "{:,} character", "{:,} characters")
            print(f"{scene.scene}: {characters}, {scene.with_face:,} with a face")
            if scene.ages:
                men = counted(scene.with_face - scene.women, "{:,} man", "{:,} men")
                middle = statistics.median(scene.ages)
                women = counted(scene.women, "{:,} woman", "{:,} women")
                print(f"  {women}, {men}, {scene.ages[0]:.0f} to {scene.ages[-1]:.0f} years")
                print(f"  median age {middle:.0f}")
            for name, width, height in scene.pages:
                print(f"  page {name}: {width} x {height} pixels")
            for name in scene.instancers:
                print(f"  instances of {name} have faces")
        return
    card = read_card(path)
    print(f"{card.name}: {card.resolution} x {card.resolution} pixels, {card.licence}")
    print(f"  training data: {card.training_data}")
    print(f"  attribution: {card.attribution}")
    print(f"  light: {'evened' if card.light == 'even' else 'as in the photographs'}")
    for label in card.labels:
        kinds = {
            "binary": f"-1 {label.negative} to 1 {label.positive}",
            "number": f"{label.minimum:g} to {label.maximum:g} {label.unit}",
            "classes": ", ".join(label.classes),
        }
        print(f"  label {label.name}: {kinds[label.kind]}")


def _install(chosen: argparse.Namespace) -> None:
    call_operator(_INSTALL, {"filepath": str(chosen.file.resolve()), "use": chosen.use})
    if chosen.use:
        save_preferences()
    print(f"{NAME}: installed {chosen.file.name}; faces are made with {model_to_use(bpy.context)}", flush=True)


def _verify(chosen: argparse.Namespace) -> None:
    path = chosen.file.resolve() if chosen.file is not None else model_to_use(bpy.context)
    model, difference = check_model(path)
    print(f"{model.card.name}: {len(model.golden)} golden pictures, at most {difference:.0f}/255 off")
