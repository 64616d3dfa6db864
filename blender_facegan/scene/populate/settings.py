"""Everything that Populate is told."""

from dataclasses import dataclass, field
from pathlib import Path

from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.model.card import Label
from ...core.people.population import Demographics
from ..materials.look import Look
from ..people.labels import Chosen
from ..people.sources import Sources


@dataclass(frozen=True)
class Settings:
    """gutter, page_size and face_size in pixels; threads: None for every core.

    face_size: the largest side of a face; None for whatever the model makes. larger: the model file that draws the same
    people larger, for those who stand near the camera; None where all are made by `model`.

    labels: what the model's card declares besides sex and age; crowd_labels: what the crowd has of them, unless a
    character says otherwise. likeness: the distance (see `core.likeness.descriptors`) below which two faces look alike,
    and that drawn faces keep from all others; None where it does not matter. even_light: how far photographs' lamps are
    taken out of this model's faces (see `core.atlas.drawing.effective_light`). scene: the `session_uid` of the scene
    that shows what the crowd came out as. doubt: the digest of a model that says which of its faces are broken, empty
    of any other; whole: whether they are drawn again. Raises CrowdError for numbers that are none.
    """

    model: Path
    demographics: Demographics
    crowd_seed: int
    look: Look
    skin_material: str = ""
    match_body: bool = True
    gutter: int = 4
    page_size: int = 4096
    threads: int | None = None
    sources: Sources = field(default_factory=Sources)
    labels: tuple[Label, ...] = ()
    crowd_labels: Chosen = ()
    likeness: float | None = None
    scene: int | None = None
    face_size: int | None = None
    larger: Path | None = None
    even_light: float = 0.0
    doubt: str = ""
    whole: bool = False

    def __post_init__(self) -> None:
        at_least = {
            rpt_("distance of faces"): (self.likeness, 0),
            rpt_("face size"): (self.face_size, 1),
            rpt_("number of threads"): (self.threads, 1),
        }
        for name, (value, least) in at_least.items():
            if value is not None and not value >= least:
                raise CrowdError(rpt_("the {} is {:g}").format(name, value), rpt_("give {} or more").format(least))
        if not 0 <= self.even_light <= 1:
            raise CrowdError(rpt_("the even light is {:g}").format(self.even_light), rpt_("give a number from 0 to 1"))

    @property
    def refuses(self) -> bool:
        """Whether faces are drawn again that would be broken."""
        return self.whole and bool(self.doubt)

    @property
    def settles(self) -> bool:
        """Whether a drawn character may be given another seed than the drawn one, which it then keeps."""
        return self.refuses or self.likeness is not None
