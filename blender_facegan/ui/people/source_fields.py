"""Where sex, age and seed are read from: names of properties and attributes, the same for objects and for points."""

from bpy.props import EnumProperty, StringProperty


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
