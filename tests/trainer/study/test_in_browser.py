"""A person takes part, in a real browser: Debian's Chromium, driven by Playwright."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.trainer.browser import browser, page, wait_until
from tests.trainer.study.conftest import SMALL, MadeStudy, knowing
from trainer.study.results import collect, parse_result
from trainer.study.scoring import score
from trainer.study.server import StudyServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "page"]

SHOWN = "[...document.querySelectorAll('#stage img')].map((image) => image.src.match(/([0-9a-f]+)\\.png$/)[1])"

WATCH = """() => new MutationObserver(() => {
    if (document.querySelector('#stage img:not(.unseen)')) window.shown = true;
}).observe(document.body, { subtree: true, childList: true, attributes: true })"""
"""Notes whether any picture was ever shown."""


KEYS = {"photograph": "ArrowLeft", "made": "ArrowRight", "left": "1", "right": "2", "yes": "y", "no": "n"}


def heading(page: "Page") -> str:
    return page.locator("h1:visible").inner_text()


def start_part(page: "Page") -> None:
    """From a card to the next question, by Enter alone."""
    while page.locator("#card:visible").count():
        before = heading(page)
        page.keyboard.press("Enter")
        wait_until(
            page,
            "before => !document.querySelector('#card:not([hidden])')"
            " || document.querySelector('#card-title').textContent != before",
            before,
        )


def answer_one(page: "Page", study: MadeStudy) -> None:
    """The right answer, by keyboard."""
    wait_until(page, "asking && asking.open")
    part = page.evaluate("record.order[asking.index].part")
    shown = page.evaluate(SHOWN)
    asked = next(deck[part][frozenset(shown)] for deck in study.key.decks if frozenset(shown) in deck.get(part, {}))
    right = knowing(part, replace(asked, show=tuple(shown)), study.key)
    if part == "labels":
        sex, group = right.split()
        page.keyboard.press(sex[0])
        page.keyboard.press(str(study.public["groups"].index(group) + 1))
        page.keyboard.press("Enter")
    else:
        page.keyboard.press(KEYS[right])


def answer_all(page: "Page", study: MadeStudy) -> None:
    while heading(page) not in ("Thank you", "Sending your answers"):
        start_part(page)
        answer_one(page, study)
    page.wait_for_selector("text=Thank you")


def test_a_whole_study_by_keyboard_with_a_reload_in_the_middle_is_sent_and_scored(
    page: "Page", single: MadeStudy, server: StudyServer
) -> None:
    page.goto(server.address)
    start_part(page)
    for _ in range(3):
        answer_one(page, single)
    order = page.evaluate("JSON.stringify(record.order)")
    page.keyboard.press("Backspace")
    assert page.locator("#progress-label").inner_text() == "3 of 20"
    page.reload()
    assert heading(page) == "Welcome back"
    assert page.evaluate("JSON.stringify(record.order)") == order
    answer_all(page, single)
    page.wait_for_selector("text=Your answers have arrived")
    found = collect([server.results], single.key)
    assert found.refused == ()
    # A driven browser may answer faster than people do, and is set apart then.
    (result,) = (*found.counted, *(hasty for hasty, _ in found.apart))
    assert result.checks == (0, 4)
    error = score([result], single.key).get("error")
    assert error is not None
    assert error.value == 0
    page.reload()
    page.wait_for_selector("text=Your answers have arrived")
    assert len(list(server.results.iterdir())) == 1


def test_pairs_opened_from_disk_leave_as_a_file(page: "Page", pairs: MadeStudy, tmp_path: Path) -> None:
    page.goto((pairs.folder / "public" / "index.html").as_uri())
    answer_all(page, pairs)
    with page.expect_download() as download:
        page.click("text=Download my answers")
    assert re.fullmatch(r"faces-[0-9a-f]{6}-[0-9a-f]{8}\.json", download.value.suggested_filename)
    download.value.save_as(tmp_path / "result.json")
    result = parse_result((tmp_path / "result.json").read_bytes(), pairs.key)
    assert result.checks == (0, 3)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=Next person")
    assert heading(page) == "Looking at faces"
    assert page.evaluate("record.person") != result.person


def test_under_a_time_limit_a_picture_is_hidden_and_not_shown_again(
    page: "Page", make_study: Callable[..., MadeStudy], tmp_path: Path
) -> None:
    study = make_study(tmp_path / "study", replace(SMALL, show_for=(60,), labels=0, background=0))
    page.goto((study.folder / "public" / "index.html").as_uri())
    start_part(page)
    page.wait_for_selector("#stage canvas.cover")
    assert page.locator("#stage img:not(.unseen)").count() == 0
    page.reload()
    page.evaluate(WATCH)
    start_part(page)
    page.wait_for_selector("#stage canvas.cover")
    assert page.evaluate("window.shown") is None
    page.keyboard.press("ArrowLeft")
    wait_until(page, "record.answers.length === 1")


def test_without_a_keyboard_and_for_a_screen_reader(browser: "Browser", single: MadeStudy) -> None:
    with browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True) as context:
        page = context.new_page()
        page.goto((single.folder / "public" / "index.html").as_uri())
        page.get_by_role("button", name="Begin").tap()
        page.get_by_role("button", name="Start").tap()
        wait_until(page, "asking && asking.open")
        assert page.evaluate("document.activeElement.id") == "prompt"
        assert page.get_by_role("img", name="Picture 1").count() == 1
        assert page.get_by_role("status").inner_text() == "Question 1 of 20"
        assert page.get_by_role("progressbar", name="1 of 20").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        for name in ("Photograph", "Made"):
            box = page.get_by_role("button", name=name).bounding_box()
            assert box is not None
            assert box["height"] >= 44
        page.get_by_role("button", name="Made").tap()
        wait_until(page, "record.answers.length === 1")
