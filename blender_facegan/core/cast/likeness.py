"""From a photograph and the places of its eyes to a person that a model draws."""

from collections.abc import Mapping

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
from .member import CastMember

WHOLE = 1.0
"""How far light is evened for a model that has learnt from evened pictures."""


def likeness(
    photograph: Pixels, eyes: Points, encoder: EncoderFile, name: str, sex: float, age: float, consent: str
) -> CastMember:
    """The person of a photograph, as the encoder of a model sees it.

    photograph: uint8 [H, W, 3], sRGB, row 0 at the top. eyes: as in `alignment.align`. sex, age, consent: as in
    `CastMember`. Raises CrowdError for a person who cannot be taken in, eyes that cannot be, and an encoder that does
    not know what to make of the picture.
    """
    card = encoder.card
    if not card.is_aligned:
        raise CrowdError("its pictures are no faces in one place", "choose a model of aligned faces", encoder.path)
    # Before anything is looked at: who is too young, or has not agreed, is not encoded either.
    person = CastMember(name, sex, age, consent, model_digest(encoder.path), (0.0,))
    picture = align(photograph, eyes, Geometry(card.eye_distance, card.eye_height, card.resolution))
    even = Evening(card.resolution, card.eye_distance, card.eye_height)(picture[None], WHOLE)[0]
    seen = even if card.light == "even" else picture
    try:
        latent = checked_latent(Encoder(encoder).vector(seen, sex, age))
    except ValueError as error:
        told = "its encoder makes no numbers of this picture"
        raise CrowdError(told, "choose another photograph or model", encoder.path) from error
    labels = tuple(sorted(measured(even, card).items()))
    return CastMember(person.name, sex, age, consent, person.model, latent, labels)


def measured(even: NDArray[np.uint8], card: Card) -> Mapping[str, float]:
    """The labels of a card that an evened face, uint8 [H, W, 3], tells: of its skin."""
    colour = skin_colour(even, card.eye_distance, card.eye_height)
    found = {}
    for label in card.labels:
        if is_skin_tone(label):
            found[label.name] = min(max(tone_of(colour.tolist()), label.minimum), label.maximum)
        elif is_undertone(label):
            found[label.name] = min(max(undertone(residual(colour)), label.minimum), label.maximum)
    return found
