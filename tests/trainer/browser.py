"""A real browser for the trainer's pages: Debian's Chromium, driven by Playwright.

A test module that imports `browser` and `page` is skipped where either is missing.
"""

import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_SECONDS = 60.0
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def wait_until(page: "Page", expression: str, argument: object = None) -> None:
    """Wait until the JavaScript `expression`, or the function that it is, of `argument`, is true.

    Playwright's own `wait_for_function` evaluates a string inside the page whenever it is not true at once, which one
    with a content security policy forbids.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(expression, argument):
        assert time.monotonic() < deadline, f"{expression} never became true"
        page.wait_for_timeout(20)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One browser for a module."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here: install Debian's package chromium")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install '.[dev]'")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A fresh profile; an error in the page's script fails the test."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        found = context.new_page()
        errors: list[str] = []
        found.on("pageerror", lambda error: errors.append(str(error)))
        yield found
        assert errors == []
