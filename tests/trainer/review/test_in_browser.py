"""A person reviews, in a real browser."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.trainer.browser import browser, page, wait_until
from tests.trainer.review.conftest import WRONG_AGE, WRONG_SEX, MakeReview, Serve
from trainer.data.decisions import DecisionFile, read_decisions, standing
from trainer.review.session import Review

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "page"]

CHOSEN = '[role="option"][aria-selected="true"]'


def begin(page: "Page", address: str, who: str = "ana", hash_: str = "") -> None:
    page.goto(address + hash_)
    page.locator("#who-dialog input").fill(who)
    page.keyboard.press("Enter")
    page.locator(CHOSEN).wait_for()


def press(page: "Page", *keys: str) -> None:
    """Press keys and wait until all are answered."""
    for key in keys:
        page.keyboard.press(key)
    page.evaluate("() => waiting")


def chosen_row(page: "Page") -> int:
    return int(str(page.locator(CHOSEN).get_attribute("id")).removeprefix("row-"))


def test_the_two_wrong_labels_come_first_and_are_mended_by_keys(page: "Page", review: Review, serve: Serve) -> None:
    with serve(review) as server:
        begin(page, server.address)
        first = chosen_row(page)
        assert first in (WRONG_SEX, WRONG_AGE)
        assert page.locator('[role="option"]').count() == 2
        for _ in range(2):
            press(page, "s" if chosen_row(page) == WRONG_SEX else "2")
        assert page.locator("#left").inner_text() == "2 of 2 decided, 0 left"
        assert page.locator("#said").inner_text() == "all of these are decided"
    stands = standing(read_decisions(review.ledger.path)[0])
    assert stands[f"{WRONG_SEX}.png"].values["sex"] == (-review.dataset.people.sex[WRONG_SEX],) * 2
    assert stands[f"{WRONG_AGE}.png"].values["age"] == (3, 10)


def test_every_decision_has_its_key_and_undo_takes_them_back_one_by_one(
    page: "Page", review: Review, serve: Serve
) -> None:
    with serve(review) as server:
        begin(page, server.address, hash_="#kind=all")
        press(page, "k", "d", "s", "9", "a")
        page.locator("#age-text").fill("34")
        press(page, "Enter")
        marks = page.locator(".mark").all_inner_texts()
        assert marks == ["keep", "drop", "F" if review.dataset.people.sex[2] > 0 else "M", "70+", "34"]
        assert chosen_row(page) == 5
        for left in range(4, -1, -1):
            press(page, "u")
            assert page.locator(".mark").count() == left
            assert chosen_row(page) == left
        press(page, "u")
        assert page.locator("#said").inner_text() == "nothing of yours to undo"
    assert standing(read_decisions(review.ledger.path)[0]) == {}


def test_keys_pressed_faster_than_they_are_answered_go_to_one_picture_each(
    page: "Page", review: Review, serve: Serve
) -> None:
    with serve(review) as server:
        begin(page, server.address, hash_="#kind=all")
        press(page, *"ksdksd")
        assert page.locator("#left").inner_text().startswith("6 of 192 decided")
    decisions, _ = read_decisions(review.ledger.path)
    assert [(decision.file, decision.action) for decision in decisions] == [
        (f"{row}.png", action) for row, action in enumerate(["keep", "sex", "drop"] * 2)
    ]


def test_a_page_can_be_kept_at_one_stroke_and_taken_back(page: "Page", review: Review, serve: Serve) -> None:
    with serve(review) as server:
        begin(page, server.address, hash_="#kind=all")
        press(page, "d", "Shift+K")
        assert page.locator("#place").inner_text() == "page 2 of 4"
        assert page.locator("#left").inner_text() == "60 of 192 decided, 132 left"
        press(page, "u")
        assert page.locator("#place").inner_text() == "page 1 of 4"
        assert page.locator(".mark").all_inner_texts() == ["drop"]


def test_arrows_pages_and_filters_move_through_the_suspects(page: "Page", review: Review, serve: Serve) -> None:
    with serve(review) as server:
        begin(page, server.address, hash_="#kind=all")
        press(page, "ArrowRight", "ArrowRight", "ArrowLeft")
        assert chosen_row(page) == 1
        press(page, "ArrowDown")
        columns = chosen_row(page) - 1
        assert columns > 3
        press(page, "End", "ArrowRight")
        assert chosen_row(page) == 60
        press(page, "ArrowLeft")
        assert chosen_row(page) == 59
        press(page, "PageDown", "PageDown", "PageDown", "PageDown")
        assert page.locator("#place").inner_text() == "page 4 of 4"
        page.locator("#sex").select_option("female")
        page.locator("#age").select_option(label="20-29")
        page.evaluate("() => waiting")
        wanted = np.flatnonzero((review.dataset.people.sex < 0) & (review.dataset.people.low == 20))
        shown = [int(str(one.get_attribute("id"))[4:]) for one in page.locator('[role="option"]').all()]
        assert shown == wanted.tolist()
        press(page, "Escape", "k")
        assert page.locator(".mark").all_inner_texts() == ["keep"]


def test_a_picture_is_shown_large_beside_its_photograph_and_neighbours(
    page: "Page", review: Review, serve: Serve, tmp_path: Path
) -> None:
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for row in range(3):
        Image.fromarray(review.dataset.images[row]).resize((200, 100)).save(photographs / f"{row}.png")
    with serve(review, photographs) as server:
        begin(page, server.address, hash_="#kind=all")
        press(page, "Space")
        page.locator("#neighbours h2").first.wait_for()
        assert page.locator("#neighbours h2").all_inner_texts() == ["Looks most like it", "Read most like it"]
        assert page.locator("#neighbours .card").count() == 16
        assert page.locator(".bar").count() == 9
        wait_until(page, "[...document.images].filter(i => i.closest('#views')).every(i => i.naturalWidth)")
        assert page.evaluate("[...document.querySelectorAll('#views img')].map(i => i.naturalWidth)") == [64, 200]
        press(page, "d")
        assert page.locator("#name").inner_text() == "1.png"
        assert page.locator("#large").is_visible()
        press(page, "Escape")
        assert not page.locator("#large").is_visible()
        assert page.locator("#grid .mark").all_inner_texts() == ["drop"]


def test_two_people_see_each_other_and_do_not_get_the_same_pictures(
    browser: "Browser", page: "Page", review: Review, serve: Serve
) -> None:
    with serve(review) as server, browser.new_context() as context:
        begin(page, server.address, hash_="#kind=all")
        other = context.new_page()
        begin(other, server.address, who="bo", hash_="#kind=all")
        press(other, "n")
        assert other.locator("#place").inner_text() == "page 2 of 4"
        press(page, "d")
        press(other, "PageUp")
        assert other.locator(".mark").all_inner_texts() == ["drop"]
        press(other, "u")
        assert other.locator("#said").inner_text() == "nothing of yours to undo"
        press(other, "k")
        page.evaluate("() => inTurn(poll)")
        assert re.search(r"you 1, bo 1|bo 1, you 1", page.locator("#people").inner_text())


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_what_is_not_on_the_disk_is_not_shown_as_decided(
    page: "Page", review: Review, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(review) as server:
        begin(page, server.address, hash_="#kind=all")
        monkeypatch.setattr(DecisionFile, "append", full)
        press(page, "d")
        assert page.locator("#said").inner_text() == "the decision is not on the disk: No space left on device"
        assert page.locator(".mark").count() == 0
        assert chosen_row(page) == 0


def test_a_reload_and_a_new_server_go_on_where_one_was(
    page: "Page", make_review: MakeReview, serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "d.jsonl"
    with serve(make_review(path)) as server:
        begin(page, server.address, hash_="#kind=all")
        press(page, "PageDown", "d")
        page.reload()
        page.locator(CHOSEN).wait_for()
        assert page.locator("#place").inner_text() == "page 2 of 4"
        assert page.locator(".mark").count() == 1
    with serve(make_review(path)) as server:
        page.goto(server.address + "#kind=all&page=1")
        if page.locator("#who-dialog input").is_visible():
            page.locator("#who-dialog input").fill("ana")
            page.keyboard.press("Enter")
        page.locator(CHOSEN).wait_for()
        assert page.locator(".mark").all_inner_texts() == ["drop"]
        press(page, "u")
        assert page.locator(".mark").count() == 0
