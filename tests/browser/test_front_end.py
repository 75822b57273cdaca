"""A chat front end that speaks OpenAI's API, pointed at Citewell and otherwise as its makers ship it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visits import serving


@pytest.fixture
def front_end(address: str) -> Iterator[str]:
    yield from serving([sys.executable, "-m", "tests.browser.front_end", address])


def test_it_shows_answers_with_their_footnotes_turn_by_turn(browser: Browser, front_end: str) -> None:
    page = browser.new_page()
    page.goto(front_end)
    for turn, question in enumerate(("How much energy does it save?", "And the energy on images?"), start=1):
        page.get_by_role("textbox").fill(question)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Retry")).to_be_visible(timeout=15_000)  # the answer is complete
        expect(page.get_by_role("link", name="https://example.org/adders")).to_have_count(turn)
    page.close()
