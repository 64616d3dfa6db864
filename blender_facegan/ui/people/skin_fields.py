"""Which skins a crowd has, and the light in them: fields of the scene's settings and of what makes faces."""

from bpy.props import EnumProperty, FloatProperty, FloatVectorProperty, StringProperty

from ...core.people.skin_tones import TONES
from ..base import OWN

SKIN_FIELDS = ("skin", "skin_weights")


class SkinFields:
    """The distribution of skin tones, and how far photographs' lamps are taken out of faces."""

    skin: EnumProperty(
        name="Skin",
        description="How skin tones are spread",
        translation_context=OWN,
        items=(
            ("MODEL", "As the Model Comes", "Each face keeps the skin that the model gives it"),
            ("EVEN", "Even", "Every tone is as likely, from the lightest to the darkest"),
            ("LIGHT", "Light", "Most people have light skin"),
            ("MEDIUM", "Medium", "Most people have skin between light and dark"),
            ("DARK", "Dark", "Most people have dark skin"),
            ("WEIGHTS", "Weights", "As many people of each tone as its weight says"),
        ),
    )
    skin_weights: FloatVectorProperty(
        name="Skin Weights",
        description="How many people have each of the ten Monk skin tones, from the lightest to the darkest",
        size=TONES,
        default=(1.0,) * TONES,
        min=0.0,
        soft_max=10.0,
        max=1e6,
        precision=1,
        step=10,
    )
    skin_source: StringProperty(
        name="Skin From",
        description="Property or attribute that holds the skin tone, 1 to 10. The tone is drawn when empty",
    )
    even_light: FloatProperty(
        name="Even Light",
        description="How far the light of photographs is taken out of the faces, so that the scene lights them: "
        "shadows to one side, tint, exposure. 0 leaves the faces as the model makes them",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
