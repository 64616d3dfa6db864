"""From a photograph and the places of its eyes to a person that a model draws."""

import numpy as np
from numpy.typing import NDArray

from ..engine.encoder import Encoder
from ..errors import CrowdError
from ..likeness.light import Evening
from ..likeness.locus import residual, undertone
from ..likeness.skin import skin_colour
from ..likeness.tone import tone_of
from ..model.card import Card, is_skin_tone, is_undertone
from ..model.encoder_file import EncoderFile
from ..model.file import model_digest
from ..people.latents import checked_latent
from .alignment import Geometry, Pixels, Points, align
from .member import CastMember, Person

WHOLE = 1.0
"""How far light is evened for a model that has learnt from evened pictures."""


def encoded(photograph: Pixels, eyes: Points, encoder: EncoderFile, person: Person) -> CastMember:
    """The person of a photograph, as the encoder of a model sees it.

    photograph: uint8 [H, W, 3], sRGB, row 0 at the top. eyes: as in `alignment.align`. Raises CrowdError for eyes that
    cannot be, and for an encoder that does not know what to make of the picture.
    """
    card = encoder.card
    if not card.is_aligned:
        raise CrowdError("its pictures are no faces in one place", "choose a model of aligned faces", encoder.path)
    picture = align(photograph, eyes, Geometry(card.eye_distance, card.eye_height, card.resolution))
    even = Evening(card.resolution, card.eye_distance, card.eye_height)(picture[None], WHOLE)[0]
    seen = even if card.light == "even" else picture
    try:
        latent = checked_latent(Encoder(encoder).vector(seen, person.sex, person.age))
    except ValueError as error:
        told = "its encoder makes no numbers of this picture"
        raise CrowdError(told, "choose another photograph or model", encoder.path) from error
    colour = skin_colour(even, card.eye_distance, card.eye_height)
    return CastMember(
        name=person.name,
        sex=person.sex,
        age=person.age,
        consent=person.consent,
        model=model_digest(encoder.path),
        latent=latent,
        labels=_measured(colour, card),
        skin=_skin(colour, card),
    )


def _measured(colour: NDArray[np.float32], card: Card) -> tuple[tuple[str, float], ...]:
    """The labels of a card that the colour of evened skin tells, but for its tone."""
    rosy = undertone(residual(colour))
    return tuple(
        (label.name, min(max(rosy, label.minimum), label.maximum)) for label in card.labels if is_undertone(label)
    )


def _skin(colour: NDArray[np.float32], card: Card) -> float | None:
    """The tone of evened skin of this colour, for a model that asks for one; others draw it with the face."""
    label = next((label for label in card.labels if is_skin_tone(label)), None)
    return None if label is None else min(max(tone_of(colour.tolist()), label.minimum), label.maximum)
