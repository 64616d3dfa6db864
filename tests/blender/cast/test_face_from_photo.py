"""A likeness from one photograph, which is looked at and not kept."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.core.cast.encoding import encoded
from blender_facegan.core.cast.member import Person
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.model.encoder_file import read_encoder
from blender_facegan.core.people.latents import read_latent
from blender_facegan.scene.cast.photograph import read_photograph
from blender_facegan.ui.cast import eye_picking
from blender_facegan.ui.cast import operators as cast_operators
from tests.blender.cast.people import AGREED, LEFT, RIGHT, blue_of, write_photograph
from tests.blender.crowds import context, data, defaults_of, head, operators, plane, read_face, select, snapshot
from tests.core.cast.test_orientation import exif

PORTRAITS = Path(__file__).parents[2] / "trainer" / "data" / "portraits" / "images"
STATED: dict[str, Any] = {"sex": "FEMALE", "age": 41.5, "consent": AGREED, "left_eye": LEFT, "right_eye": RIGHT}


@pytest.fixture
def bust(scene: bpy.types.Scene) -> Any:
    """The active character."""
    bust = head("Bust")
    context.view_layer.objects.active = bust
    return bust


def take(path: Path, model: Path, **changes: Any) -> None:
    operators.face_from_photo(filepath=str(path), model=str(model), **(STATED | changes))


def test_the_active_character_becomes_the_person(bust: Any, seeing: Path, tmp_path: Path) -> None:
    other = plane("Other", (4, 0, 0))
    select([other])
    context.view_layer.objects.active = bust
    path = write_photograph(tmp_path / "anna.png")
    take(path, seeing)
    record = bust.facegan
    assert (record.person, record.consent, record.sex, record.age) == ("anna", AGREED, "FEMALE", 41.5)
    eyes, person = np.array([LEFT, RIGHT]), Person("anna", -1.0, 41.5, AGREED)
    expected = encoded(read_photograph(path), eyes, read_encoder(seeing), person)
    assert read_latent(record.latent) == expected.latent
    assert read_face(bust).seed == pytest.approx(blue_of(expected.latent[0]), abs=0.01)
    assert other.facegan.page is None


def test_the_photograph_is_not_kept(bust: Any, seeing: Path, tmp_path: Path) -> None:
    path = write_photograph(tmp_path / "secret_portrait.png")
    take(path, seeing, person="Anna")
    assert [image.name for image in data.images if not image.facegan.is_page] == []
    blend = tmp_path / "crowd.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=False)
    assert b"secret_portrait" not in blend.read_bytes()


def test_eyes_in_either_order_are_one_face(bust: Any, seeing: Path, tmp_path: Path) -> None:
    path = write_photograph(tmp_path / "anna.png")
    take(path, seeing)
    before = bust.facegan.latent
    take(path, seeing, left_eye=RIGHT, right_eye=LEFT)
    assert bust.facegan.latent == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"consent": " "}, "anna: no consent is stated: say who"),
        ({"age": 15}, "anna: 15 years old, and nobody under 16"),
        ({"age": None}, "anna: no age is stated"),
        ({"sex": "UNSAID"}, "anna: the sex is neither female nor male"),
        ({"left_eye": None}, "No eyes are given"),
        ({"left_eye": (400, 60)}, "An eye lies beside the photograph"),
        ({"left_eye": (86, 60)}, "The eyes are 2.0 pixels apart"),
        ({"filepath": "none.png"}, "none.png: there is no such file"),
    ],
)
def test_what_is_missing_is_told_in_one_line(
    bust: Any, seeing: Path, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    path = write_photograph(tmp_path / "anna.png")
    values = {"filepath": str(path), "model": str(seeing)} | STATED | changes
    before = snapshot()
    with pytest.raises(RuntimeError, match=told) as caught:
        operators.face_from_photo(**{name: value for name, value in values.items() if value is not None})
    assert len([line for line in str(caught.value).splitlines() if line.strip()]) == 1
    assert snapshot() == before


def test_a_model_without_an_encoder_tells_the_remedy(bust: Any, model: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="has no encoder, so it cannot read photographs; choose one"):
        take(write_photograph(tmp_path / "anna.png"), model)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_told(bust: Any, seeing: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "anna.png"
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match=r"anna\.png: is no picture"):
        take(path, seeing)
    assert [image.name for image in data.images] == []


def test_a_locked_character_stays(bust: Any, seeing: Path, tmp_path: Path) -> None:
    select([bust])
    operators.populate(model=str(seeing))
    bust.facegan.locked = True
    with pytest.raises(RuntimeError, match=r"Bust \(locked"):
        take(write_photograph(tmp_path / "anna.png"), seeing)


def picture_of(width: int = 6, height: int = 4) -> Any:
    """Pixels of many colors, as Blender has them: float32 [H, W, 4], row 0 at the bottom."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 4)) / 255
    pixels[..., 3] = 1
    return pixels.astype(np.float32)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "TARGA"])
def test_photographs_of_any_format_are_read_as_they_are(scene: bpy.types.Scene, tmp_path: Path, kind: str) -> None:
    pixels = picture_of()
    image = data.images.new("made", 6, 4)
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(tmp_path / "made.img"), kind
    image.save()
    expected = np.rint(pixels[::-1, :, :3] * 255).astype(np.uint8)
    np.testing.assert_array_equal(read_photograph(tmp_path / "made.img"), expected)


def test_transparency_and_deep_colors_are_read_as_the_eye_sees_them(scene: Any, tmp_path: Path) -> None:
    image = data.images.new("made", 6, 4, alpha=True, float_buffer=True)
    image.pixels.foreach_set(np.full((4, 6, 4), (0.5, 0.25, 0.125, 1.0), np.float32).ravel())
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_depth = "16"
    scene.view_settings.view_transform = "Standard"
    image.save_render(str(tmp_path / "deep.png"), scene=scene)
    deep = read_photograph(tmp_path / "deep.png")
    assert deep[0, 0].tolist() == pytest.approx([188, 137, 99], abs=1)
    pixels = picture_of()
    pixels[..., 3] = 0.5
    glass = data.images.new("glass", 6, 4, alpha=True)
    glass.pixels.foreach_set(pixels.ravel())
    glass.filepath_raw, glass.file_format = str(tmp_path / "glass.png"), "PNG"
    glass.save()
    expected = np.rint(pixels[::-1, :, :3] * 255).astype(int)
    np.testing.assert_allclose(read_photograph(tmp_path / "glass.png").astype(int), expected, atol=2)


def test_a_photograph_that_is_cut_short_is_told_and_one_with_more_behind_it_is_read(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    whole = sorted(PORTRAITS.glob("*.jpg"))[0].read_bytes()
    thumbnail = b"\xff\xe1\x00\x0c" + b"\xff\xda..\xff\xd9" + bytes(4)
    path = tmp_path / "anna.jpg"
    for content in (whole[: len(whole) // 2], whole[:2] + thumbnail + whole[2 : len(whole) * 2 // 3]):
        path.write_bytes(content)
        with pytest.raises(CrowdError, match=r"anna\.jpg: is a picture that is cut short: copy it again"):
            read_photograph(path)
    path.write_bytes(whole)
    expected = read_photograph(path)
    path.write_bytes(whole[:2] + thumbnail + whole[2:] + b"a film of the moment")
    np.testing.assert_array_equal(read_photograph(path), expected)


@pytest.mark.parametrize(
    "kind", ["BMP", "TARGA", "TARGA_RAW", "TIFF", "OPEN_EXR", "HDR", "JPEG2000", "PNG", "WEBP", "JPEG", "DPX", "IRIS"]
)
def test_half_a_picture_is_refused_in_every_format(scene: Any, tmp_path: Path, kind: str) -> None:
    image = data.images.new("made", 64, 48)
    image.pixels.foreach_set(np.random.default_rng(3).uniform(0.2, 0.9, 64 * 48 * 4).astype(np.float32))
    try:
        scene.render.image_settings.file_format = kind
    except TypeError:
        pytest.skip(f"this Blender writes no {kind}")
    image.save_render(str(tmp_path / "whole.img"), scene=scene)
    assert read_photograph(tmp_path / "whole.img").shape == (48, 64, 3)
    half = tmp_path / "half.img"
    for share in (0.5, 0.9):
        content = (tmp_path / "whole.img").read_bytes()
        half.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(CrowdError, match=r"half\.img: is "):
            read_photograph(half)


def test_what_blender_shows_in_black_is_no_photograph(scene: bpy.types.Scene, tmp_path: Path) -> None:
    image = data.images.new("made", 6, 4)
    image.pixels.foreach_set(picture_of().ravel())
    image.filepath_raw, image.file_format = str(tmp_path / "made.webp"), "WEBP"
    image.save()
    cut = tmp_path / "cut.webp"
    cut.write_bytes((tmp_path / "made.webp").read_bytes()[:-30])
    with pytest.raises(CrowdError, match=r"cut\.webp: is (black all over|no picture)"):
        read_photograph(cut)
    assert [image.name for image in data.images] == ["made"]


def test_a_photograph_is_turned_as_its_camera_says(scene: bpy.types.Scene, tmp_path: Path) -> None:
    portrait = sorted(PORTRAITS.glob("*.jpg"))[0].read_bytes()
    (tmp_path / "as_it_is.jpg").write_bytes(portrait)
    upright = read_photograph(tmp_path / "as_it_is.jpg")
    note = exif(6)[2:-4]
    (tmp_path / "turned.jpg").write_bytes(portrait[:2] + note + portrait[2:])
    turned = read_photograph(tmp_path / "turned.jpg")
    np.testing.assert_array_equal(turned, np.rot90(upright, -1))


class Region(SimpleNamespace):
    """A region or an area of the screen, as much of it as is asked for."""

    def tag_redraw(self) -> None:
        """Nothing is drawn."""

    def header_text_set(self, text: str | None) -> None:
        """Kept, to be looked at."""
        self.text = text

    def as_pointer(self) -> int:
        """Which it is."""
        return id(self)


@pytest.fixture
def area(monkeypatch: pytest.MonkeyPatch) -> Region:
    """A 3D view of which 280 by 280 pixels are free; the overlay has no screen to draw on."""
    window = Region(type="WINDOW", x=60, y=50, width=400, height=300)
    header = Region(type="HEADER", x=60, y=330, width=400, height=20)
    tools, sidebar = (Region(type=kind, x=x, y=50, width=40, height=300) for kind, x in (("TOOLS", 60), ("UI", 380)))
    closed = Region(type="HUD", x=200, y=100, width=1, height=1)
    timeline = Region(type="FOOTER", x=60, y=20, width=400, height=30)
    regions = [header, tools, sidebar, closed, timeline, window]
    overlay = Region(type="VIEW_3D", regions=regions, text=None)
    shown = SimpleNamespace(show=lambda *_: None, close=lambda: None)
    monkeypatch.setattr(eye_picking, "PhotographOverlay", lambda *_: shown)
    return overlay


def event(kind: str, x: float = 0, y: float = 0, value: str = "PRESS") -> Any:
    return SimpleNamespace(type=kind, value=value, mouse_x=100 + x, mouse_y=50 + y)


def click(place: tuple[float, float]) -> Any:
    """On a place of a photograph of 140 pixels, which is shown twice as large."""
    return event("LEFTMOUSE", (place[0] + 0.5) * 2, 280 - (place[1] + 0.5) * 2)


def test_two_clicks_tell_the_eyes(area: Region) -> None:
    picker = eye_picking.EyePicker(SimpleNamespace(area=area), np.zeros((140, 140, 3), np.uint8))  # type: ignore[arg-type]
    assert "both eyes" in str(area.text)
    assert picker.take(event("MOUSEMOVE", 4, 4, "NOTHING")) == "PASSED"
    assert picker.take(event("LEFTMOUSE", -30, 4)) == "PASSED"
    assert picker.take(click(RIGHT)) == "OPEN"
    assert picker.take(event("BACK_SPACE", 4, 4)) == "OPEN"
    assert picker.take(click(RIGHT)) == "OPEN"
    assert picker.take(event("WHEELUPMOUSE", 105, 159)) == "OPEN"
    assert picker.take(event("WHEELDOWNMOUSE", 105, 159)) == "OPEN"
    assert picker.take(click(LEFT)) == "TAKEN"
    np.testing.assert_allclose(picker.eyes, (LEFT, RIGHT))
    assert getattr(area, "text") is None  # noqa: B009  # it was told to be text above


def test_a_click_beside_the_photograph_is_none_and_esc_ends_it(area: Region) -> None:
    picker = eye_picking.EyePicker(SimpleNamespace(area=area), np.zeros((70, 140, 3), np.uint8))  # type: ignore[arg-type]
    assert picker.take(event("LEFTMOUSE", 140, 20)) == "OPEN"
    assert picker.take(event("ESC")) == "STOPPED"
    assert area.text is None


def test_clicks_need_a_3d_view() -> None:
    with pytest.raises(CrowdError, match="No 3D view"):
        eye_picking.EyePicker(SimpleNamespace(area=None), np.zeros((9, 9, 3), np.uint8))  # type: ignore[arg-type]


class Browsed:
    """Stands for the operator as the file browser leaves it: Blender makes none without a window."""

    def __init__(self, model: Path, photograph: Path, **values: Any) -> None:
        given = {"filepath": str(photograph), "model": str(model), "person": "Anna", "sex": "FEMALE", "age": 41.5}
        given |= {"consent": AGREED} | values
        self.__dict__.update(defaults_of(cast_operators.FACEGAN_OT_face_from_photo) | given)
        self.is_browsed, self.reports = True, list[str]()
        self.properties = SimpleNamespace(is_property_set=lambda name: bool(given.get(name)))

    def __getattr__(self, name: str) -> Any:
        found = getattr(cast_operators.FACEGAN_OT_face_from_photo, name)
        return found.__get__(self) if callable(found) else found

    def report(self, _kind: set[str], text: str) -> None:
        self.reports.append(text)


class Instead:
    """What something else is, but for some of it."""

    def __init__(self, other: Any, **own: Any) -> None:
        self._other = other
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._other, name)


@pytest.fixture
def window(area: Region, timers: list[str]) -> Any:
    """The context of an operator in a 3D view."""
    own = {"modal_handler_add": lambda _: timers.append("handler added"), "windows": ()}
    return Instead(context, area=area, window_manager=Instead(context.window_manager, **own))


def test_after_the_file_browser_come_the_clicks_and_then_the_face(
    bust: Any, seeing: Path, tmp_path: Path, window: Any, timers: list[str]
) -> None:
    operator: Any = Browsed(seeing, write_photograph(tmp_path / "anna.png"))
    assert operator.execute(window) == {"RUNNING_MODAL"}
    assert operator.modal(window, event("TIMER", value="NOTHING")) == {"PASS_THROUGH"}
    assert operator.modal(window, click(LEFT)) == {"RUNNING_MODAL"}
    assert bust.facegan.page is None
    assert operator.modal(window, click(RIGHT)) == {"RUNNING_MODAL"}
    deadline = time.monotonic() + 60
    while (answer := operator.modal(window, event("TIMER", value="NOTHING"))) == {"PASS_THROUGH"}:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert answer == {"FINISHED"}
    assert timers == ["timer added", "handler added", "timer removed"]
    assert bust.facegan.person == "Anna"
    assert "Bust is Anna" in operator.reports
    clicked = bust.facegan.latent
    take(tmp_path / "anna.png", seeing)
    assert bust.facegan.latent == clicked


def test_a_cancelled_click_changes_nothing(bust: Any, seeing: Path, tmp_path: Path, window: Any) -> None:
    before = snapshot()
    operator: Any = Browsed(seeing, write_photograph(tmp_path / "anna.png"))
    assert operator.execute(window) == {"RUNNING_MODAL"}
    assert operator.modal(window, event("ESC")) == {"CANCELLED"}
    assert operator.reports == ["Stopped. Nothing was changed"]
    assert snapshot() == before
    again: Any = Browsed(seeing, tmp_path / "anna.png")
    again.execute(window)
    again.cancel(window)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("values", "told"), [({"consent": ""}, "no consent"), ({"sex": "UNSAID"}, "neither"), ({"age": 9}, "under 16")]
)
def test_what_is_missing_is_told_before_anybody_clicks(
    bust: Any, seeing: Path, tmp_path: Path, window: Any, timers: list[str], values: Any, told: str
) -> None:
    operator: Any = Browsed(seeing, write_photograph(tmp_path / "anna.png"), **values)
    assert operator.execute(window) == {"CANCELLED"}
    assert told in operator.reports[0]
    assert timers == []
