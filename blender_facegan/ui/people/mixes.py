"""Mixes of people that a crowd is drawn from: from fields or by name, their operators, and the menu of mixes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty

from ...core.errors import CrowdError
from ...core.people.mixes import check_name, delete_mix, parse_mix, read_mix, saved_mixes, write_mix
from ...core.people.population import MIXES, Demographics
from ...core.people.skin_tones import SkinTones
from ...scene.people.mixes import READY, add_band, ages_from, apply_mix, remove_band, scene_mix, skin_from
from ...scene.user_folder import user_folder
from ..base import Answer, ConfirmedOperator, CrowdOperator, PathOperator, chosen_path, windows
from ..fields import file_field, files_shown, switch, words
from .fields import MIX_FIELDS, SKIN_FIELDS

_AGE_FIELDS = {"age_minimum": "UNIFORM", "age_maximum": "UNIFORM", "age_mean": "BELL", "age_spread": "BELL"}


@contextmanager
def told_of_mixes() -> Iterator[None]:
    """What is wrong with a mix, or does not fit together in one, becomes a CrowdError that begins with a capital."""
    try:
        yield
    except (CrowdError, ValueError) as error:
        text = str(error)
        raise CrowdError(f"{text[:1].upper()}{text[1:]}") from error


def mixes_folder() -> Path:
    """Where the artist's own mixes are."""
    return user_folder("mixes")


def named_mix(name: str) -> Demographics:
    """A ready mix, a saved one, the one in a file with that path, or that of a file's content. Raises CrowdError."""
    if name.lstrip().startswith("{"):
        return parse_mix(name, "The mix")
    if name.upper() in READY:
        return MIXES[name.lower()]
    saved = saved_mixes(mixes_folder())
    if name in saved:
        return read_mix(saved[name])
    if name.lower().endswith(".json"):
        return read_mix(chosen_path(name))
    known = ", ".join((*READY, *saved))
    raise CrowdError(
        rpt_("No mix is called {}").format(name), rpt_("choose {}, or give the path of a .json file").format(known)
    )


def chosen_mix(
    value: Callable[[str], Any], bands: Sequence[Any], is_given: Callable[[str], bool], name: str
) -> Demographics:
    """The mix of that name, or, where the name is empty, that of the fields; fields that are given win over either.

    value: a field, given or the scene's; bands: the scene's. Limits that are given without a kind of ages mean an even
    range, a mean or a spread mean a bell. Raises CrowdError, and ValueError for values that do not fit together.
    """
    given = [field for field in (*MIX_FIELDS, *SKIN_FIELDS) if is_given(field)]
    base = named_mix(name) if name else None
    share = base.share_of_women if base is not None and "share_of_women" not in given else value("share_of_women") / 100
    skin = _skin(value, given, base)
    if base is not None and not set(given) - {"share_of_women", *SKIN_FIELDS}:
        return Demographics(share, base.ages, skin)
    limits, bell = (value("age_minimum"), value("age_maximum")), (value("age_mean"), value("age_spread"))
    return Demographics(share, ages_from(_kind(given, value), limits, bell, bands), skin)


def _skin(value: Callable[[str], Any], given: list[str], base: Demographics | None) -> SkinTones | None:
    """The mix's, unless a field is given; the scene's where the mix says nothing of it. Weights alone mean these."""
    if base is not None and base.skin is not None and not set(given) & set(SKIN_FIELDS):
        return base.skin
    kind = "WEIGHTS" if "skin_weights" in given and "skin" not in given else str(value("skin"))
    return skin_from(kind, value("skin_weights"))


def _kind(given: list[str], value: Callable[[str], Any]) -> str:
    if "ages" not in given:
        meant = {_AGE_FIELDS[field] for field in given if field in _AGE_FIELDS}
        if meant:
            return min(meant)  # a bell may have limits
    return str(value("ages"))


class _MixOperator(CrowdOperator):
    """Works on the scene's mix."""

    of_settings = True

    def change(self, scene: bpy.types.Scene) -> str:
        """Does the work and returns what to tell; raises CrowdError or ValueError."""
        raise NotImplementedError

    def perform(self, context: bpy.types.Context) -> None:
        """Runs `change`."""
        scene: Any = context.scene
        with told_of_mixes():
            self.report({"INFO"}, self.change(scene))


class FACEGAN_OT_load_mix(_MixOperator):
    """Fill in this share of women, these ages, and the skins where the mix tells them."""

    bl_label = "Load Mix"

    name: words("Mix", "Name of a ready or saved mix")

    def change(self, scene: bpy.types.Scene) -> str:
        """Fills in the fields."""
        apply_mix(scene, named_mix(self.name))
        return rpt_("Loaded {}").format(bpy.path.display_name(self.name))


class FACEGAN_OT_save_mix(_MixOperator):
    """Keep this share of women, these ages and these skins under a name, for all files."""

    bl_label = "Save Mix"
    bl_options = {"REGISTER"}

    name: words("Name", "Name of the mix", default="My Mix")
    replace: switch("Replace", "Replace a saved mix of that name", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Answer:
        """Asks for the name."""
        return windows(context).invoke_props_dialog(self)

    def change(self, scene: bpy.types.Scene) -> str:
        """Writes the file."""
        name = check_name(self.name)
        if name.upper() in READY:
            raise CrowdError(rpt_("{} is a ready mix").format(name), rpt_("choose another name"))
        if not self.replace and name.casefold() in {saved.casefold() for saved in saved_mixes(mixes_folder())}:
            raise CrowdError(
                rpt_("There is a mix called {}").format(name), rpt_("tick Replace, or choose another name")
            )
        write_mix(mixes_folder() / f"{name}.json", scene_mix(scene))
        return rpt_("Saved {}").format(name)


class FACEGAN_OT_delete_mix(ConfirmedOperator, _MixOperator):
    """Delete this saved mix. Crowds that were drawn from it stay as they are."""

    bl_label = "Delete Mix"
    bl_options = {"REGISTER"}

    name: words("Mix", "Name of a saved mix")

    def change(self, scene: bpy.types.Scene) -> str:
        """Deletes the file."""
        saved = saved_mixes(mixes_folder())
        if self.name not in saved:
            raise CrowdError(
                rpt_("No saved mix is called {}").format(self.name),
                rpt_("choose {}").format(", ".join(saved) or rpt_("one after saving it")),
            )
        delete_mix(saved[self.name])
        return rpt_("Deleted {}").format(self.name)


class _MixFileOperator(PathOperator, _MixOperator):
    """Works on a file that the artist chooses."""

    filter_glob: files_shown("*.json")


class FACEGAN_OT_import_mix(_MixFileOperator):
    """Fill in the share of women, the ages and the skins that a JSON file holds."""

    bl_label = "Import Mix"

    filepath: file_field("JSON file of a mix")

    def change(self, scene: bpy.types.Scene) -> str:
        """Fills in the fields."""
        path = chosen_path(self.filepath)
        apply_mix(scene, read_mix(path))
        return rpt_("Loaded {}").format(path.name)


class FACEGAN_OT_export_mix(_MixFileOperator):
    """Write this share of women, these ages and these skins to a JSON file, to share them."""

    bl_label = "Export Mix"
    bl_options = set()

    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    filepath: file_field("JSON file of a mix", default="mix.json")

    def check(self, _context: bpy.types.Context) -> bool:
        """Completes the file's name while the artist types it."""
        ensured = bpy.path.ensure_ext(self.filepath, ".json")
        changed = bool(ensured != self.filepath)
        self.filepath = ensured
        return changed

    def change(self, scene: bpy.types.Scene) -> str:
        """Writes the file."""
        path = chosen_path(self.filepath)
        write_mix(path, scene_mix(scene))
        return rpt_("Wrote {}").format(path.name)


class FACEGAN_OT_add_age_band(_MixOperator):
    """Add a band of ages above the others."""

    bl_label = "Add Band"

    def change(self, scene: bpy.types.Scene) -> str:
        """Adds it."""
        add_band(scene)
        return "Added a band"


class FACEGAN_OT_remove_age_band(_MixOperator):
    """Remove this band of ages."""

    bl_label = "Remove Band"

    index: IntProperty(name="Band", description="Number of the band, from 0", min=0)

    def change(self, scene: bpy.types.Scene) -> str:
        """Removes it."""
        remove_band(scene, self.index)
        return "Removed a band"


class FACEGAN_MT_mixes(bpy.types.Menu):
    """The ready mixes, and the artist's own. Blender draws a menu once, when it opens."""

    bl_label = "Mixes"
    bl_description = "Ready and saved mixes of people"

    def draw(self, _context: bpy.types.Context) -> None:
        """One line for each mix."""
        layout: Any = self.layout
        for name in READY:
            layout.operator("facegan.load_mix", text=bpy.path.display_name(name.lower())).name = name
        saved = saved_mixes(mixes_folder())
        if saved:
            layout.separator()
        for name in saved:
            layout.operator("facegan.load_mix", text=name, translate=False).name = name
        layout.separator()
        layout.operator("facegan.save_mix", icon="ADD")
        layout.operator("facegan.import_mix", icon="IMPORT")
        layout.operator("facegan.export_mix", icon="EXPORT")
        if saved:
            layout.separator()
        for name in saved:
            text = bpy.app.translations.pgettext_iface("Delete {}").format(name)
            layout.operator("facegan.delete_mix", text=text, icon="TRASH", translate=False).name = name
