"""Who a crowd is drawn from: fields of the scene's settings and of the operators that make faces."""

import bpy
from bpy.props import EnumProperty, FloatProperty, FloatVectorProperty, IntProperty, StringProperty

from ...scene.people.mixes import GROUPS, offer_bands
from ..base import OWN

MIX_FIELDS = ("share_of_women", "ages", "age_minimum", "age_maximum", "age_mean", "age_spread")


class AgeBand(bpy.types.PropertyGroup):
    """A band of ages, all as likely."""

    minimum: FloatProperty(
        name="From",
        description="Youngest age of the band in years",
        translation_context=OWN,
        min=0.0,
        max=120.0,
        precision=0,
        step=100,
    )
    maximum: FloatProperty(
        name="To",
        description="Oldest age of the band in years",
        translation_context=OWN,
        min=0.0,
        max=120.0,
        precision=0,
        step=100,
    )
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
    ages: EnumProperty(
        name="Ages",
        description="How ages are spread",
        items=(
            ("UNIFORM", "Even", "Every age of a range is as likely"),
            ("BELL", "Bell", "Most are of about the same age, within a range"),
            ("BANDS", "Bands", "Children, teenagers, adults and others, as many as their weights say"),
        ),
        update=offer_bands,
    )
    age_minimum: FloatProperty(
        name="Age Min", description="Youngest age in years", default=18.0, min=0.0, max=120.0, precision=0, step=100
    )
    age_maximum: FloatProperty(
        name="Age Max", description="Oldest age in years", default=70.0, min=0.0, max=120.0, precision=0, step=100
    )
    age_mean: FloatProperty(
        name="Mean", description="Middle of the bell in years", default=40.0, min=0.0, max=120.0, precision=0, step=100
    )
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


class SourceFields:
    """Fields of the scene's settings and of the operators that make faces."""

    sex_source: StringProperty(
        name="Sex From", description="Property or attribute that holds the sex. The sex is drawn when empty"
    )
    sex_values: EnumProperty(
        name="Sex Values",
        description="How sexes are written. The words female and male are always understood",
        items=(
            ("AUTO", "Automatic", "Whole numbers: 0 female, 1 male. Decimals: -1 female to 1 male"),
            ("SIGNED", "-1 to 1", "-1 is female, 1 is male"),
            ("ZERO_ONE", "0 to 1", "0 is female, 1 is male"),
        ),
    )
    age_source: StringProperty(
        name="Age From",
        description="Property or attribute that holds the age in years. The age is drawn when empty",
    )
    seed_source: StringProperty(
        name="Seed From",
        description="Property or attribute that holds the seed. The seed is derived from the crowd's when empty",
    )
    id_source: StringProperty(
        name="ID From",
        description="Attribute that tells points apart for good. The add-on keeps one of its own when empty",
    )
