"""Makes the faces that a crowd lacks and lays them out on pages. No Blender in here: it runs in a thread of its own."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

from ..engine.check import fit_model
from ..likeness.doubt import settled
from ..likeness.separation import Separation
from ..model.file import model_digest
from ..people.latents import latent_mark
from ..people.population import Recipe
from .drawing import Drawing
from .page_rows import ReadPage
from .pages import PageMaker, Refusal, take_in_kept
from .plan import Layout, Tile, arrange, mip_safe_gutter
from .request import Faces, Place, Request, Wanted

_OF_PERSON = re.compile(r":latent=[0-9a-f]{16}$")
"""How a fingerprint ends that tells of a person from a photograph: see `latent_mark`."""


class Generation:
    """The making of the faces of a request in a thread. Ask `done` now and then, then take `result()`."""

    def __init__(self, request: Request) -> None:
        self._stop = Event()
        self.made, self.total = 0, len(request.wanted)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crowd-faces")
        self._future: Future[Faces] = self._pool.submit(make_faces, request, self._note, self._stop.is_set)
        self._pool.shutdown(wait=False)

    @property
    def done(self) -> bool:
        """Whether `result` can be taken without waiting."""
        return self._future.done()

    def cancel(self) -> None:
        """Stops within a face's time; `result` then raises CancelledError."""
        self._stop.set()

    def result(self) -> Faces:
        """The faces; raises what `make_faces` raised."""
        return self._future.result()

    def _note(self, made: int, total: int) -> None:
        self.made, self.total = made, total


def make_faces(
    request: Request,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> Faces:
    """Makes the faces that are not there yet, page by page, so that memory does not grow with the crowd.

    progress: told the faces made and the faces to make. Raises ModelFileError, PageFileError, and
    CancelledError when `cancelled`.
    """
    model = fit_model(request.model)
    side = min(request.face_size or model.card.resolution, model.card.resolution)
    gutter = mip_safe_gutter(side, request.gutter)
    digest = model_digest(request.model)
    if side < model.card.resolution:
        digest += f"@{side}"
    drawing = Drawing(model, request.threads, request.even_light)
    digest += drawing.mark
    stays = (digest,) if request.larger is None else (digest, model_digest(request.larger) + drawing.mark)
    ours = tuple(i for i, page in enumerate(request.pages) if (page.tile_side, page.gutter) == (side, gutter))
    decision = _decide(request, stays, ours)
    layout = arrange(
        [request.pages[i].shape for i in ours],
        sorted(decision.kept),
        list(decision.replaced.values()),
        len(decision.new),
        (side, gutter, request.page_size),
    )
    faces = Faces(model.card, layout.atlas, (side, gutter), taken_over=ours)
    _tell_moved(faces, layout)
    tile_indices = _tile_indices(decision, layout)
    by_uid = {wanted.uid: wanted for wanted in request.wanted}
    fresh = {tile_indices[uid]: by_uid[uid] for uid in (*decision.replaced, *decision.new)}
    old, describes = [ReadPage(page) for page in request.pages], request.likeness is not None
    maker = PageMaker(
        faces,
        layout,
        fresh,
        drawing,
        progress,
        cancelled,
        request.staging,
        request.threads,
        describes,
        _refusal(request, drawing),
    )
    if request.likeness is not None and any(wanted.may_change for wanted in fresh.values()):
        maker.separation = Separation(request.likeness)
        take_in_kept(maker.separation, request, old, {wanted.uid for wanted in fresh.values()})
    try:
        maker.make_all([old[i] for i in ours])
    except BaseException:
        faces.discard()
        raise
    _tell_places(faces, request, tile_indices, fresh, digest)
    return faces


def _refusal(request: Request, drawing: Drawing) -> Refusal | None:
    """Who is drawn from another seed, by the model that is asked; None where nobody is asked, or it does not tell."""
    if request.refusing is None:
        return None
    asked = drawing if request.refusing == request.model else Drawing(fit_model(request.refusing), request.threads)
    doubt = asked.doubt
    if doubt is None:
        return None
    return lambda wanted: settled(wanted, lambda some: asked.doubts([one.recipe for one in some]), doubt.most)


@dataclass
class _Decision:
    """Tiles here count only pages of the model's geometry. keeping, replaced: by character; new: characters."""

    kept: set[Tile]
    keeping: dict[int, Tile]
    replaced: dict[int, Tile]
    new: list[int]


def _decide(request: Request, stays: Sequence[str], ours: Sequence[int]) -> _Decision:
    """Who keeps its face, whose is made anew in its place, and who needs a place.

    stays: the digests of models whose faces of the same recipe stay. A face that stays on a page of another model's
    geometry stays there: such a character is in none of the three.
    """
    position = {page: i for i, page in enumerate(ours)}

    def own(tile: Tile | None) -> Tile | None:
        return Tile(position[tile.page], tile.cell) if tile is not None and tile.page in position else None

    decision = _Decision({tile for tile in map(own, request.others) if tile is not None}, {}, {}, [])
    remaking = []
    for wanted in request.wanted:
        tile = own(wanted.tile)
        same = any(wanted.made_with == fingerprint(digest, wanted.recipe) for digest in stays)
        if wanted.tile is not None and (wanted.locked or same):
            if tile is not None:
                decision.keeping[wanted.uid] = tile
                decision.kept.add(tile)
        else:
            remaking.append((wanted.uid, tile))
    used = Counter(decision.kept)
    for uid, tile in remaking:
        # A duplicate shares its original's tile: whoever comes first takes it over.
        if tile is not None and not used[tile]:
            decision.replaced[uid] = tile
            used[tile] += 1
        else:
            decision.new.append(uid)
    return decision


def _tile_indices(decision: _Decision, layout: Layout) -> dict[int, int]:
    """Where the face of each character stands, by uid."""
    return {
        **{uid: layout.kept[tile] for uid, tile in decision.keeping.items()},
        **{uid: layout.replaced[tile] for uid, tile in decision.replaced.items()},
        **dict(zip(decision.new, layout.new, strict=True)),
    }


def _tell_moved(faces: Faces, layout: Layout) -> None:
    """Notes down where the faces that stay stand from now on, and which of them stand where they were."""
    ours = faces.taken_over
    faces.moved = {Tile(ours[tile.page], tile.cell): tile_index for tile, tile_index in layout.kept.items()}
    faces.unmoved = frozenset(
        Tile(ours[tile.page], tile.cell)
        for tile, tile_index in layout.kept.items()
        if tile.page in layout.same and tile == divmod(tile_index, layout.atlas.per_page)
    )


def _tell_places(
    faces: Faces, request: Request, tile_indices: Mapping[int, int], fresh: Mapping[int, Wanted], digest: str
) -> None:
    """Notes down each character's place, and who was drawn from another seed. fresh: what was made, by tile index."""
    for wanted in request.wanted:
        tile_index = tile_indices.get(wanted.uid)
        made = fresh.get(tile_index) if tile_index is not None else None
        made_with = fingerprint(digest, made.recipe) if made is not None else wanted.made_with
        faces.places[wanted.uid] = Place(tile_index, made_with, made is not None)
        if made is not None and made.recipe.seed != wanted.recipe.seed:
            faces.rerolled[wanted.uid] = made.recipe.seed


def fingerprint(digest: str, recipe: Recipe) -> str:
    """What a face was made with: the model's digest, a colon, and the recipe. Equal ones make equal faces."""
    skin = f":{recipe.skin:.3f}" if recipe.skin is not None else ""
    labels = "".join(f":{name}={value}" for name, value in recipe.labels)
    person = f":latent={latent_mark(recipe.latent)}" if recipe.latent is not None else ""
    return f"{digest}:{recipe.seed}:{recipe.sex:.3f}:{recipe.age:.3f}{skin}{labels}{person}"


def labels_made_with(made_with: str) -> dict[str, str]:
    """The further labels that a face was asked for, as `fingerprint` has them: values by name.

    A part without an equals sign goes on with the value before it, which has a colon in it.
    """
    found: dict[str, str] = {}
    name = ""
    for part in _OF_PERSON.sub("", made_with).split(":")[1:]:
        if "=" in part:
            name, _, found[name] = part.partition("=")
        elif name:
            found[name] += f":{part}"
    return found
