"""People from photographs: operators that take them in and let them go again, and their sub-panels."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, FloatVectorProperty

from ...core.cast.alignment import Pixels
from ...core.cast.encoding import encoded
from ...core.cast.file import read_cast
from ...core.cast.member import Person
from ...core.cast.viewing import Place, in_order
from ...core.errors import CrowdError
from ...core.model.encoder_file import read_encoder
from ...core.model.file import read_model
from ...scene.cast.casting import Casting, Roles, check_no_instances
from ...scene.cast.photograph import read_photograph
from ...scene.head.search import FaceSearch
from ...scene.model.store import reads_photographs
from ...scene.people.cast import forget, is_of_cast
from ...scene.people.characters import first_names
from ...scene.people.scope import remembered
from ...scene.populate.objects import ObjectStore
from ...scene.populate.populate import Report, Survey
from ...scene.populate.run_state import ask_to_stop
from ...scene.records import character, run, selected
from ..base import Answer, CrowdOperator, chosen_path, windows
from ..fields import choice, file_field, files_shown, words, years
from ..panels import SidebarFields, SubPanel
from ..populate.operators import Making, Populating
from ..preference_values import chosen_model
from ..searching import Looking
from .eye_picking import EyePicker

_SEXES = {"UNSAID": 0.0, "FEMALE": -1.0, "MALE": 1.0}


def _eye(name: str, description: str) -> Any:
    return FloatVectorProperty(name=name, description=description, size=2)


class _FromFile(Populating):
    """Asks for a file, and then gives characters the people that it has."""

    filepath: file_field("")
    is_browsed = False
    _casting: Casting | None

    def people(self, model: Path) -> Casting:
        """The people of the file, for the model. Raises CrowdError."""
        raise NotImplementedError

    def targets(self, context: bpy.types.Context) -> list[bpy.types.Object]:
        """The objects that are to become these people."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Answer:
        """Opens the file browser, which goes on with `execute`."""
        if bpy.app.background:
            return self.execute(context)
        self.is_browsed = True
        windows(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> Answer:
        """Makes the faces: in a thread where the file browser was open, else before it returns."""
        return self.start(context) if self.is_browsed else Populating.execute(self, context)

    def look(self, context: bpy.types.Context) -> Looking:
        """At the characters, with whom they become. The file is read once."""
        chosen = self.targets(context)
        check_no_instances(chosen)
        settings, objects = self.settings(context), remembered(chosen)
        self._casting = None

        def looking(search: FaceSearch) -> Making:
            self._casting = self._casting or self.people(settings.model)
            return self.populating(ObjectStore.look(objects(), settings, self._casting, search), settings)

        return looking

    def _tell(self, found: Survey, report: Report, people: bool) -> None:
        Populating._tell(self, found, report, people)
        if not isinstance(found.store, ObjectStore) or self._casting is None:
            return
        roles = Roles.of(self._casting, found.store)
        self.report({"INFO"}, roles.told)
        if roles.left_over:
            self.report({"WARNING"}, roles.told_left_over)


class FACEGAN_OT_import_cast(_FromFile):
    """Give the selected characters, or the active one, the people of a cast file that was made from photographs."""

    bl_label = "Import Cast"
    bl_options = {"UNDO"}

    filepath: file_field("Cast file: CSV or safetensors, as the trainer's encode writes them")
    filter_glob: files_shown("*.csv;*.safetensors")

    def draw(self, _context: bpy.types.Context) -> None:
        """Nothing beside the file browser: the scene's settings hold."""

    def people(self, model: Path) -> Casting:
        """All of the file's."""
        return Casting(read_cast(chosen_path(self.filepath), read_model(model)))

    def targets(self, context: bpy.types.Context) -> list[bpy.types.Object]:
        """Those in scope, where a scope is given; else the selected ones, or the active one."""
        if self.properties.is_property_set("scope"):
            return self.objects(context)
        return list(selected(context)) or ([context.object] if context.object is not None else [])


class FACEGAN_OT_face_from_photo(_FromFile):
    """Give the active character a likeness of the person on a photograph: choose it, then click on both eyes.

    The photograph is not kept.
    """

    bl_label = "Face from Photo"
    bl_options = {"UNDO"}

    filepath: file_field("Picture of one person, seen from the front", name="Photograph")
    filter_image: BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    person: words("Person", "Name of the person. That of the file when empty")
    sex: choice(
        "Sex",
        "Sex of the person",
        ("UNSAID", "Choose", "Say whether the person is female or male"),
        ("FEMALE", "Female", "A woman"),
        ("MALE", "Male", "A man"),
    )
    age: years("Age", "Age of the person in years, when the photograph was taken. Nobody under 16 is taken in")
    consent: words("Consent", "Who has agreed to this use of the photograph, and when. It is kept in the file")
    left_eye: _eye("Left Eye", "Middle of the eye on the viewer's left, in pixels from the upper left: across, down")
    right_eye: _eye("Right Eye", "Middle of the eye on the viewer's right, in pixels from the upper left: across, down")
    _picker: EyePicker | None = None
    _eyes: tuple[Place, Place] | None = None
    _photograph: Pixels | None = None

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs an active object."""
        return "" if context.object is not None else rpt_("Make the character active that is to become this person")

    def draw(self, context: bpy.types.Context) -> None:
        """What is asked for beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        if not reads_photographs(chosen_model(context)):
            layout.label(text="This model has no encoder", icon="ERROR")
        for name in ("person", "sex", "age", "consent"):
            layout.prop(self, name)
        layout.label(text="Then click on both eyes")

    def execute(self, context: bpy.types.Context) -> Answer:
        """Has the eyes clicked on first, where the file browser was open and they are not given."""
        if self.is_browsed and not self.properties.is_property_set("left_eye"):
            try:
                # Before anybody clicks for nothing.
                self._stated()
                read_encoder(self.settings(context).model)
                self._picker = EyePicker(context, read_photograph(chosen_path(self.filepath)))
            except CrowdError as error:
                return self.refuse(error)
        answer = _FromFile.execute(self, context)
        if answer != {"RUNNING_MODAL"}:
            self._put_away()
        return answer

    def look(self, context: bpy.types.Context) -> Looking:
        """At the active character, once the eyes are there."""
        looking = _FromFile.look(self, context)
        return lambda search: looking(search) if self._picker is None else None

    def go_on(self, context: bpy.types.Context, looked: Any) -> Answer:
        """Waits for the eyes, then as every run."""
        return {"RUNNING_MODAL"} if self._picker is not None else _FromFile.go_on(self, context, looked)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Answer:
        """Takes the clicks on the eyes; then as every run."""
        if self._picker is None or run(context).stop:
            return _FromFile.modal(self, context, event)
        outcome = self._picker.take(event)
        if outcome == "OPEN":
            return {"RUNNING_MODAL"}
        if outcome == "PASSED":
            return {"PASS_THROUGH"}
        if outcome == "STOPPED":
            ask_to_stop(context)
            return _FromFile.modal(self, context, event)
        self._eyes, self._photograph = self._picker.eyes, self._picker.photograph
        self._picker = None
        return {"RUNNING_MODAL"}

    def end(self, context: bpy.types.Context) -> None:
        """Takes the photograph from the screen, and ends the run."""
        self._put_away()
        _FromFile.end(self, context)

    def people(self, model: Path) -> Casting:
        """The person of the photograph. Raises CrowdError for eyes that are not given, too."""
        eyes = self._eyes
        if eyes is None and all(self.properties.is_property_set(name) for name in ("left_eye", "right_eye")):
            eyes = in_order((tuple(self.left_eye), tuple(self.right_eye)))
        if eyes is None:
            raise CrowdError(rpt_("No eyes are given"), rpt_("give left_eye and right_eye in pixels of the photograph"))
        person, encoder = self._stated(), read_encoder(model)
        seen = self._photograph
        photograph = seen if seen is not None else read_photograph(chosen_path(self.filepath))
        return Casting((encoded(photograph, np.array(eyes, np.float64), encoder, person),))

    def targets(self, context: bpy.types.Context) -> list[bpy.types.Object]:
        """The active object."""
        return [context.object] if context.object is not None else []

    def _put_away(self) -> None:
        if self._picker is not None:
            self._picker.close()
            self._picker = None

    def _stated(self) -> Person:
        name = self.person.strip() or chosen_path(self.filepath).stem
        if not self.properties.is_property_set("age"):
            raise CrowdError(rpt_("no age is stated"), rpt_("say how old the person is"), name)
        return Person(name, _SEXES[self.sex], self.age, self.consent.strip())


class FACEGAN_OT_forget_person(CrowdOperator):
    """Forget from whose photographs the selected characters come. Their faces stay until they are populated again."""

    bl_label = "Forget Person"

    alone = True

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a character that is a person from a photograph."""
        is_there = any(map(is_of_cast, _chosen(context)))
        return "" if is_there else rpt_("Select characters that come from photographs")

    def perform(self, context: bpy.types.Context) -> None:
        """Forgets them."""
        names = forget(_chosen(context))
        self.report({"INFO"}, rpt_("Forgotten: {}. Populate to draw new faces").format(first_names(names)))


def _chosen(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The selected objects and the active one, once each."""
    active = [context.object] if context.object is not None else []
    return list({obj.session_uid: obj for obj in (*active, *selected(context))}.values())


class FACEGAN_PT_cast(SubPanel, bpy.types.Panel):
    """Known people for the crowd."""

    bl_label = "Cast"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """The ways in, and what is missing for the second."""
        layout.operator("facegan.import_cast", icon="IMPORT")
        column = layout.column()
        column.active = reads_photographs(chosen_model(context))
        column.operator("facegan.face_from_photo", icon="IMAGE_DATA")
        if not column.active:
            layout.label(text="This model has no encoder", icon="INFO")


class FACEGAN_PT_character_person(SidebarFields, bpy.types.Panel):
    """Whose likeness the active character is."""

    bl_label = "Person"
    bl_parent_id = "FACEGAN_PT_character"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an active character that comes from a photograph."""
        return context.object is not None and context.object.type == "MESH" and is_of_cast(context.object)

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Name, consent, and the way out."""
        if context.object is None:
            return
        record = character(context.object)
        layout.prop(record, "person")
        layout.label(text=iface_("Consent: {}").format(record.consent))
        layout.operator("facegan.forget_person", icon="X")
