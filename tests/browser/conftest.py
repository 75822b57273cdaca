"""The browser that the tests of the page share, and a visit to the page with the assistant of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from tests.browser.visits import CHROMIUM, DESKTOP, FLAGS, Visit, open_page, serve_fake


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    yield from serve_fake()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = CHROMIUM if CHROMIUM.exists() else None  # else the Chromium that Playwright installed
    try:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
    except Error as exc:
        if path is not None or "CI" in os.environ:  # there the page is never left untested
            raise
        pytest.skip(f"no Chromium at {CHROMIUM}: install it to test the page ({str(exc).splitlines()[0]})")
    yield chromium
    chromium.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Visit]:
    options: dict[str, object] = {"viewport": DESKTOP, **getattr(request, "param", {})}
    context = browser.new_context(**options)  # type: ignore[arg-type]
    visit = open_page(context.new_page(), address)
    yield visit
    assert visit.foreign == []
    assert visit.complaints == []
    context.close()
