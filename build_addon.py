"""Builds the add-on's zip, the same bytes from the same files every time.

    python build_addon.py                     dist/facegan-VERSION.zip
    python build_addon.py --model M.facegan   with another model in place of the default one
    python build_addon.py --model M.facegan --larger L.facegan   and one that draws its people larger
    python build_addon.py --lite              dist/facegan-VERSION-lite.zip, without a model

The zip installs in every Blender from 4.2 on, on every system: the add-on needs nothing but Blender and its numpy.
"""

import argparse
import sys
import zipfile
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:
    sys.exit(f"build_addon.py needs Python 3.11 or newer, this is {sys.version.split()[0]}; run it with another")

ROOT = Path(__file__).parent
SOURCE = ROOT / "blender_facegan"
MODEL = Path("models") / "default.facegan"
LARGER = Path("models") / "default-128.facegan"
"""Draws the people of the other file larger; not every version ships one."""
MANIFEST = "blender_manifest.toml"
SHIPPED = frozenset({".py", ".toml", ".facegan", ".md", ".json", ".csv", ".blend", ".npz"})
"""Endings of the files that are shipped; everything else in the folder is left over from work."""
MAX_MODEL_BYTES = 8_000_000
MAX_ZIP_BYTES = 12_000_000
DATE = (1980, 1, 1, 0, 0, 0)
"""Of every entry: the earliest that the zip format knows."""


class BuildError(Exception):
    """Why no zip can be built, in one line."""


def contents(model: Path | None, larger: Path | None = None, *, lite: bool = False) -> dict[str, Path]:
    """The zip's files by the name that they have in it. Raises BuildError when a model or the manifest is missing.

    With another model in place of the default one, the default's larger file stays out: it draws other people. lite:
    without any model.
    """
    files = {
        path.relative_to(SOURCE).as_posix(): path
        for path in SOURCE.rglob("*")
        if path.is_file() and path.suffix in SHIPPED and "__pycache__" not in path.parts
    }
    files["LICENSE"] = ROOT / "LICENSE"
    if lite:
        files = {name: path for name, path in files.items() if path.suffix != MODEL.suffix}
    else:
        files[MODEL.as_posix()] = model or SOURCE / MODEL
    if larger is not None:
        files[LARGER.as_posix()] = larger
    elif model is not None:
        files.pop(LARGER.as_posix(), None)
    for name, option in ((MODEL, "--model"), (LARGER, "--larger")):
        if name.as_posix() in files:
            check_model_file(files[name.as_posix()], option)
    if MANIFEST not in files:
        raise BuildError(f"{SOURCE / MANIFEST} does not exist: check the file out again")
    return files


def check_model_file(path: Path, option: str) -> None:
    """Raises BuildError where a model file is missing or too large; `option` names another."""
    if not path.is_file():
        raise BuildError(f"{path} does not exist: train and export one, or name one with {option}")
    size = path.stat().st_size
    if size > MAX_MODEL_BYTES:
        raise BuildError(f"{path} has {size:,} bytes, more than {MAX_MODEL_BYTES:,}: export it as float16")


def version() -> str:
    """The add-on's version, as its manifest has it."""
    return str(tomllib.loads((SOURCE / MANIFEST).read_text(encoding="utf-8"))["version"])


def build(folder: Path, model: Path | None = None, larger: Path | None = None, *, lite: bool = False) -> Path:
    """Writes the zip into the folder and returns its path. Raises BuildError, also where the zip came out too large."""
    files = contents(model, larger, lite=lite)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"facegan-{version()}{'-lite' if lite else ''}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name].read_bytes(), compresslevel=9)
    size = target.stat().st_size
    if size > MAX_ZIP_BYTES:
        target.unlink()
        raise BuildError(f"{target} has {size:,} bytes, more than {MAX_ZIP_BYTES:,}: leave the larger model out")
    return target


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Build the add-on's zip.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to write it to (default: %(default)s)")
    parser.add_argument("--model", type=Path, help="model file to ship as the default one")
    parser.add_argument("--larger", type=Path, help="model file to ship beside it, that draws its people larger")
    parser.add_argument("--lite", action="store_true", help="ship no model: its users install one")
    chosen = parser.parse_args(arguments)
    if chosen.lite and (chosen.model or chosen.larger):
        parser.error("--lite ships no model: leave --model and --larger out")
    try:
        target = build(chosen.out, chosen.model, chosen.larger, lite=chosen.lite)
    except (BuildError, OSError) as error:
        print(f"build_addon: {error}", file=sys.stderr)
        return 2
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
