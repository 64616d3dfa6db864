"""A person from a photograph: who it is, who has agreed, and the vector that draws a likeness."""

from dataclasses import dataclass

from ..errors import CrowdError
from ..model.card import Label
from ..people.ages import MAX_AGE
from ..people.latents import Latent
from ..people.skin_tones import DARKEST_TONE, LIGHTEST_TONE

YOUNGEST = 16.0
"""Years; nobody younger is taken in from a photograph."""
LONGEST_NAME, LONGEST_CONSENT = 100, 1000


@dataclass(frozen=True)
class Person:
    """Somebody on a photograph, as is stated.

    sex: -1 female to 1 male, not 0. age: years, when the photograph was taken. consent: who has agreed, and when.
    Raises CrowdError naming the person: for nobody that can be, who is under 16, and who has not agreed.
    """

    name: str
    sex: float
    age: float
    consent: str

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            raise CrowdError(f"the name {self.name[:30]!r} is not 1 to {LONGEST_NAME} plain characters", "give another")
        if not -1 <= self.sex <= 1 or self.sex == 0:
            raise CrowdError("the sex is neither female nor male", "say which", self.name)
        if not 0 <= self.age <= MAX_AGE:
            raise CrowdError(f"the age {self.age:g} is not from 0 to {MAX_AGE:g} years", "give it in years", self.name)
        if self.age < YOUNGEST:
            young = f"{self.age:g} years old, and nobody under {YOUNGEST:g} is taken in"
            raise CrowdError(young, "leave this person out", self.name)
        check_consent(self.consent, self.name)


@dataclass(frozen=True)
class CastMember(Person):
    """One person of a cast.

    model: digest of the model file that draws the latent. labels: of the model's card besides sex, age and the tone of
    the skin, as pairs of name and value. skin: that tone, 1 to 10, None where it is not told. Raises CrowdError naming
    the person.
    """

    model: str
    latent: Latent
    labels: tuple[tuple[str, float | str], ...] = ()
    skin: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.skin is not None and not LIGHTEST_TONE <= self.skin <= DARKEST_TONE:
            raise CrowdError(f"the skin tone {self.skin:g} is not from 1 (lightest) to 10 (darkest)", where=self.name)


def check_consent(consent: str, name: str) -> None:
    """Raises CrowdError for a consent that says nothing, or does not stand on a line."""
    if not consent.strip():
        raise CrowdError("no consent is stated", "say who has agreed to this use, and when", name)
    if len(consent) > LONGEST_CONSENT or not consent.isprintable():
        raise CrowdError(f"the consent is not one line of up to {LONGEST_CONSENT} characters", "shorten it", name)


def checked_label(label: Label, value: float | str) -> float | str:
    """The value as the label takes it. Raises ValueError."""
    if label.kind == "classes":
        if value not in label.classes:
            raise ValueError(
                f"{label.name} has no class {str(value)[:20]!r}: there are {', '.join(label.classes)[:200]}"
            )
        return str(value)
    number = float(value)
    if not label.minimum <= number <= label.maximum:
        raise ValueError(f"{label.name} is {number:g}, which is not from {label.minimum:g} to {label.maximum:g}")
    return number
