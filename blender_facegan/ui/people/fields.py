"""Who a crowd is drawn from, with which skins and in what light: fields of the settings and of the operators."""

import bpy
from bpy.props import FloatProperty, FloatVectorProperty, IntProperty

from ...core.people.skin_tones import TONES
from ...scene.people.mixes import GROUPS, offer_bands
from ..base import OWN
from ..fields import choice, words, years

SKIN_FIELDS = ("skin", "skin_weights")
MIX_FIELDS = ("share_of_women", "ages", "age_minimum", "age_maximum", "age_mean", "age_spread")


class AgeBand(bpy.types.PropertyGroup):
    """A band of ages, all as likely."""

    minimum: years("From", "Youngest age of the band in years", translation_context=OWN)
    maximum: years("To", "Oldest age of the band in years", translation_context=OWN)
    weight: FloatProperty(
        name="Weight",
        description="How many people are of the band, beside the weights of the others",
        default=10.0,
        min=0.0,
        soft_max=100.0,
        max=1e6,
        precision=0,
        step=100,
    )


class RealisedMix(bpy.types.PropertyGroup):
    """What the last crowd of the scene was to be and came out as: shares of `scene.people.mixes.GROUPS`, 0 to 1."""

    count: IntProperty(name="Characters", translation_context=OWN)
    asked: FloatVectorProperty(name="Asked", size=len(GROUPS))
    made: FloatVectorProperty(name="Made", size=len(GROUPS))


class MixFields:
    """The share of women and the distribution of ages."""

    share_of_women: FloatProperty(
        name="Women",
        description="Share of women in the crowd",
        default=50.0,
        min=0.0,
        max=100.0,
        precision=0,
        subtype="PERCENTAGE",
    )
    ages: choice(
        "Ages",
        "How ages are spread",
        ("UNIFORM", "Even", "Every age of a range is as likely"),
        ("BELL", "Bell", "Most are of about the same age, within a range"),
        ("BANDS", "Bands", "Children, teenagers, adults and others, as many as their weights say"),
        update=offer_bands,
    )
    age_minimum: years("Age Min", "Youngest age in years", 18.0)
    age_maximum: years("Age Max", "Oldest age in years", 70.0)
    age_mean: years("Mean", "Middle of the bell in years", 40.0)
    age_spread: FloatProperty(
        name="Spread",
        translation_context=OWN,
        description="Standard deviation in years: two thirds of the people are no further from the mean",
        default=12.0,
        min=0.1,
        max=100.0,
        precision=1,
        step=100,
    )


class SkinFields:
    """The distribution of skin tones, and how far photographs' lamps are taken out of faces."""

    skin: choice(
        "Skin",
        "How skin tones are spread",
        ("MODEL", "As the Model Comes", "Each face keeps the skin that the model gives it"),
        ("EVEN", "Even", "Every tone is as likely, from the lightest to the darkest"),
        ("LIGHT", "Light", "Most people have light skin"),
        ("MEDIUM", "Medium", "Most people have skin between light and dark"),
        ("DARK", "Dark", "Most people have dark skin"),
        ("WEIGHTS", "Weights", "As many people of each tone as its weight says"),
        translation_context=OWN,
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
    skin_source: words(
        "Skin From", "Property or attribute that holds the skin tone, 1 to 10. The tone is drawn when empty"
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


class SourceFields:
    """Fields of the scene's settings and of the operators that make faces."""

    sex_source: words("Sex From", "Property or attribute that holds the sex. The sex is drawn when empty")
    sex_values: choice(
        "Sex Values",
        "How sexes are written. The words female and male are always understood",
        ("AUTO", "Automatic", "Whole numbers: 0 female, 1 male. Decimals: -1 female to 1 male"),
        ("SIGNED", "-1 to 1", "-1 is female, 1 is male"),
        ("ZERO_ONE", "0 to 1", "0 is female, 1 is male"),
    )
    age_source: words("Age From", "Property or attribute that holds the age in years. The age is drawn when empty")
    seed_source: words(
        "Seed From", "Property or attribute that holds the seed. The seed is derived from the crowd's when empty"
    )
    id_source: words(
        "ID From", "Attribute that tells points apart for good. The add-on keeps one of its own when empty"
    )
