"""What is stored in the .blend: on every character, on the pages and materials, and the scene's settings.

Blender reads the annotations of these classes and puts values in their place. A type checker cannot follow that, so
`scene/records.py` says what type the values have.
"""

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.likeness.descriptors import LIKENESS
from ..scene.people.characters import keep_by_hand
from .base import OWN
from .fields import choice, seed_field, switch, words, years
from .people.fields import AgeBand, MixFields, RealisedMix, SkinFields, SourceFields

_OPEN: Any = {"LIBRARY_OVERRIDABLE"}


def _switch(name: str, description: str) -> Any:
    return switch(name, description, override=_OPEN)


def _kept(kind: Any, name: str, **further: Any) -> Any:
    """A value that goes with a character and is shown nowhere. further: as of the property's kind."""
    return kind(name=name, options={"HIDDEN"}, override=_OPEN, **further)


class CharacterProperties(bpy.types.PropertyGroup):
    """`object.facegan`."""

    is_character: _switch("Character", "This object is a character of the crowd")
    kind: choice(
        "Kind",
        "What the character is made of",
        ("AUTO", "Automatic", "A flat mesh is a billboard, any other a head"),
        ("BILLBOARD", "Billboard", "The face is laid across the mesh"),
        ("HEAD", "Head", "The face is put on the head that the mesh has, or is part of"),
        override=_OPEN,
    )
    sex: choice(
        "Sex",
        "Sex of the character",
        ("FEMALE", "Female", "A woman or a girl"),
        ("MALE", "Male", "A man or a boy"),
        update=keep_by_hand("sex"),
        override=_OPEN,
    )
    age: years(
        "Age",
        "Age of the character in years",
        default=35.0,
        soft_max=90.0,
        update=keep_by_hand("age"),
        override=_OPEN,
    )
    seed: seed_field(
        "Seed",
        "The number that the face is made from. The same seed is the same person",
        update=keep_by_hand("seed"),
        override=_OPEN,
    )
    sex_by_hand: _switch("Keep Sex", "Keep this sex when the crowd is populated, instead of drawing one")
    age_by_hand: _switch("Keep Age", "Keep this age when the crowd is populated, instead of drawing one")
    seed_by_hand: _switch("Keep Seed", "Keep this seed when the crowd is populated, instead of deriving one")
    skin_tone: FloatProperty(
        name="Skin Tone",
        description="Tone of the character's skin on the Monk scale, from 1, the lightest, to 10, the darkest",
        default=5.0,
        min=1.0,
        max=10.0,
        precision=1,
        step=50,
        update=keep_by_hand("skin_tone"),
        override=_OPEN,
    )
    skin_tone_by_hand: _switch(
        "Keep Skin Tone", "Keep this skin tone when the crowd is populated, instead of drawing one"
    )
    skin_asked: _kept(BoolProperty, "Skin Asked")
    locked: _switch("Lock Face", "Keep this face whenever the crowd is populated")
    key: words(
        "Key", "What the seed is derived from. It stays when the object is renamed", options={"HIDDEN"}, override=_OPEN
    )
    settled_for: _kept(StringProperty, "Settled For")
    settled_seed: _kept(IntProperty, "Settled Seed")
    latent: _kept(StringProperty, "Latent")
    latent_model: _kept(StringProperty, "Latent Model")
    person: words("Person", "Name of the person from a photograph whose likeness this is", override=_OPEN)
    consent: words("Consent", "Who has agreed to this use of the photograph, and when", override=_OPEN)
    page: _kept(PointerProperty, "Page", type=bpy.types.Image)
    cell: _kept(IntProperty, "Cell")
    made_with: _kept(StringProperty, "Made With")
    slot: _kept(IntProperty, "Slot")
    slot_link: _kept(StringProperty, "Slot Link")
    slot_material: _kept(PointerProperty, "Slot Material", type=bpy.types.Material)
    slot_added: _kept(BoolProperty, "Slot Added")


class PageProperties(bpy.types.PropertyGroup):
    """`image.facegan`."""

    is_page: BoolProperty(name="Page of Faces")
    index: IntProperty(name="Index")
    tile: IntProperty(name="Tile", subtype="PIXEL")
    gutter: IntProperty(name="Gutter", subtype="PIXEL")
    columns: IntProperty(name="Columns")


class FaceMaterialProperties(bpy.types.PropertyGroup):
    """`material.facegan`."""

    role: EnumProperty(
        name="Role",
        items=(
            ("NONE", "None", ""),
            ("HEAD", "Head", ""),
            ("BILLBOARD", "Billboard", ""),
            ("BAKED", "Baked", ""),
            ("PICTURE", "Picture", ""),
        ),
    )
    variant: StringProperty(name="Variant")
    original: PointerProperty(type=bpy.types.Material, name="Original")
    page: PointerProperty(type=bpy.types.Image, name="Page")


class CrowdFields(MixFields, SkinFields, SourceFields):
    """What Populate is told: the scene's settings and the operator's properties are the same ones."""

    scope: choice(
        "Characters",
        "Which objects get a face",
        ("SELECTED", "Selected Objects", "The selected objects"),
        ("COLLECTION", "Collection", "The objects of a collection and of those in it"),
        ("MARKED", "All Characters", "Every character of the scene"),
        ("FACELESS", "Without Own Face", "Characters of the scene without a face, and duplicates"),
        translation_context=OWN,
    )
    crowd_seed: seed_field(
        "Crowd Seed", "Another number is another crowd. Adding or removing characters changes nobody else's face"
    )
    keep_apart: switch(
        "Distinct Faces",
        "Draw a new face again when it looks like that of somebody else. Faces that are there stay",
        default=True,
    )
    likeness: FloatProperty(
        name="Distance",
        description="Least difference of two faces. More of them are drawn again when it is larger",
        default=LIKENESS,
        min=0.0,
        soft_max=30.0,
        max=200.0,
        precision=1,
        step=100,
    )
    whole_faces: switch(
        "Whole Faces",
        "Draw a new face again that the model knows to come out broken. Faces that are there stay",
        default=True,
    )
    projection: choice(
        "Projection",
        "How the face is laid on heads",
        ("FACE", "On the Face", "By the eyes, the mouth and the chin that are found or marked"),
        ("UV", "UV Map", "Where a UV map covers 0 to 1"),
    )
    uv_map: words("UV Map", "UV map to use. The active one when empty")
    shading: choice(
        "Shading",
        "How billboards are lit",
        ("LIT", "Lit", "By the lights of the scene"),
        ("EMISSION", "Emission", "As bright as the picture itself"),
    )
    outline: choice(
        "Outline",
        "What billboards show of the picture",
        ("AUTO", "Automatic", "An oval for faces. For other things the whole picture, or what stands out in it", 3),
        ("OVAL", "Soft Oval", "The face, cut out as an oval with a soft edge", 0),
        ("SOFT", "Soft Edge", "All of the picture, fading towards its sides", 1),
        ("FULL", "Whole Picture", "All of the picture", 2),
        ("CUT", "Cut Out", "What stands before the background: the model's own, or white", 4),
        default="AUTO",
    )
    skin_from: choice(
        "Skin",
        "Whose skin a character's face and body have in common",
        (
            "FACE",
            "Of the Face",
            "The body takes the color of the face's skin, in materials and in textures",
        ),
        ("BODY", "Of the Body", "The body keeps its color, and the face takes that"),
    )
    match_body: switch(
        "Match Body",
        "Tell the other meshes of a character the color of its skin, for their materials to use",
        default=True,
    )


class CrowdSettings(bpy.types.PropertyGroup, CrowdFields):
    """`scene.facegan`."""

    collection: PointerProperty(
        type=bpy.types.Collection, name="Collection", description="Collection whose objects get a face"
    )
    skin_material: PointerProperty(
        type=bpy.types.Material,
        name="Skin Material",
        description="Material of the heads that shows the face. The one that most of the face has when empty",
    )
    instanced: PointerProperty(
        type=bpy.types.Collection,
        name="Instanced",
        description="Collection with the objects that are instanced. They are found by themselves when empty",
    )
    age_bands: CollectionProperty(type=AgeBand, name="Bands", description="Bands of ages that the crowd is drawn from")
    realised: PointerProperty(
        type=RealisedMix, name="Made", description="What the last run made, beside what was asked for"
    )


class RunProperties(bpy.types.PropertyGroup):
    """`window_manager.facegan`: the run in progress, which no file keeps."""

    running: BoolProperty()
    factor: FloatProperty()
    message: StringProperty()
    stop: BoolProperty()
    counted: IntProperty()
    counted_for: StringProperty()
    counting: FloatProperty()
