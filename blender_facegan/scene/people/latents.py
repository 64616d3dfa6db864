"""People from photographs, as characters keep them: the latent, whose it is, and who has agreed."""

from ...core.cast.member import CastMember
from ...core.people.latents import Latent, latent_seed, latent_text, read_latent
from ..records import Character


def latent_of(record: Character) -> Latent | None:
    """The latent of a character that is a person from a photograph. Raises ValueError where it is damaged."""
    return read_latent(record.latent) if record.latent else None


def write_person(record: Character, person: CastMember) -> None:
    """Notes down that the character is this person from a photograph; sex, age and seed are written with its recipe."""
    write_latent(record, latent_text(person.latent), person.model, person.name, person.consent)
    if person.skin is not None:
        record.skin_tone = person.skin
    record.skin_tone_by_hand = person.skin is not None


def write_latent(record: Character, latent: str, model: str, person: str, consent: str) -> None:
    """Has the character drawn from a latent, as `latent_text` has it, in the seed's place."""
    record.latent, record.latent_model, record.person, record.consent = latent, model, person, consent
    record.seed = latent_seed(read_latent(latent))


def drop_person(record: Character) -> None:
    """Takes away that the character is a person from a photograph."""
    record.latent = record.latent_model = record.person = record.consent = ""


def forget_person(record: Character) -> None:
    """Takes away the person from a photograph, and has the character drawn as any other from then on."""
    drop_person(record)
    record.sex_by_hand = record.age_by_hand = record.seed_by_hand = record.skin_tone_by_hand = False
    record.skin_asked = False
