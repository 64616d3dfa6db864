"""A picture shown in a region of the screen: fitted, zoomed, and where a click on it lies."""

from dataclasses import dataclass, replace

Place = tuple[float, float]

_CLOSEST = 64.0
"""Pixels of the screen to one of the picture."""


@dataclass(frozen=True)
class PictureView:
    """The picture's and the region's width and height in pixels; scale: region pixels to one of the picture.

    left, bottom: where the picture's lower left corner stands in the region. Places in the region count from its lower
    left corner upwards; those in the picture from its upper left pixel's middle downwards.
    """

    width: int
    height: int
    region: tuple[int, int]
    scale: float
    left: float
    bottom: float

    @classmethod
    def fitted(cls, width: int, height: int, region: tuple[int, int]) -> "PictureView":
        """All of the picture, in the middle of the region."""
        scale = min(max(region[0], 1) / width, max(region[1], 1) / height)
        left, bottom = (region[0] - width * scale) / 2, (region[1] - height * scale) / 2
        return cls(width, height, region, scale, left, bottom)

    def zoomed(self, factor: float, at: Place) -> "PictureView":
        """Nearer or further, around a place in the region; not further than all of the picture."""
        whole = self.fitted(self.width, self.height, self.region)
        scale = min(self.scale * factor, _CLOSEST)
        if scale <= whole.scale:
            return whole
        share = scale / self.scale
        left, bottom = (
            edge - (edge - corner) * share for edge, corner in zip(at, (self.left, self.bottom), strict=True)
        )
        return replace(self, scale=scale, left=left, bottom=bottom)

    def in_picture(self, at: Place) -> Place | None:
        """The place in the picture under a place in the region; None beside the picture."""
        x, y = (at[0] - self.left) / self.scale - 0.5, self.height - (at[1] - self.bottom) / self.scale - 0.5
        inside = -0.5 <= x <= self.width - 0.5 and -0.5 <= y <= self.height - 0.5
        return (x, y) if inside else None

    def in_region(self, at: Place) -> Place:
        """The place in the region of a place in the picture."""
        return self.left + (at[0] + 0.5) * self.scale, self.bottom + (self.height - at[1] - 0.5) * self.scale

    @property
    def corners(self) -> tuple[Place, Place, Place, Place]:
        """Of the picture in the region: lower left, lower right, upper right, upper left."""
        right, top = self.left + self.width * self.scale, self.bottom + self.height * self.scale
        return (self.left, self.bottom), (right, self.bottom), (right, top), (self.left, top)


def in_order(eyes: tuple[Place, Place]) -> tuple[Place, Place]:
    """The two eyes of an upright face with that on the picture's left first, whichever was clicked first.

    Of a face that lies on its side they stay as they were clicked: the left one of the upright face first.
    """
    (x, y), (other_x, other_y) = eyes
    lies = abs(other_y - y) > abs(other_x - x)
    return eyes if lies or x <= other_x else (eyes[1], eyes[0])
