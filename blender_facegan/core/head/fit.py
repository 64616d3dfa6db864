"""Where a model's picture lies in the coordinates of a face."""

from ..model.card import Card


def picture_fit(card: Card) -> tuple[float, float, float, float]:
    """Height of the eyes, width and height of the picture, all in eye distances, and height of the eyes in the picture.

    Face coordinates begin between the eyes; so the first is 0. The last is a share of the picture from its lower edge.
    """
    side = 1.0 / max(card.eye_distance, 1e-6)
    return 0.0, side, side, 1.0 - card.eye_height
