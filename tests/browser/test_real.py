"""The whole line in Chromium: `citewell serve` on an empty home, the starter library, the real models and indexes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visits import DESKTOP, open_page, serving

pytestmark = pytest.mark.browser

SLOW_MS = 60_000  # a first answer waits for the model to load, on a busy machine


@pytest.fixture(scope="module")
def real_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CITEWELL_")}
    home: Path = tmp_path_factory.mktemp("home")
    environ = {**clean, "CITEWELL_HOME": str(home), "HF_HUB_OFFLINE": "1", "OLLAMA_HOST": "127.0.0.1:9"}
    yield from serving([sys.executable, "-c", "from ui.cli import main; main()", "serve", "--port", "0"], environ)


def test_a_question_on_the_starter_library_is_answered_with_its_source(browser: Browser, real_address: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    visit = open_page(context.new_page(), real_address)
    page = visit.page
    expect(page.locator("#cw-header")).to_contain_text("64 papers")
    visit.ask("How many layers does the deepest ResNet on ImageNet have?")
    expect(page.locator(".cw-answer")).to_contain_text("152", timeout=SLOW_MS)
    expect(page.locator(".cw-meta")).to_have_text(re.compile("Answered by quoting in"))
    card = page.get_by_role("article", name="Deep Residual Learning for Image Recognition")
    expect(card.locator("mark").first).to_be_visible()
    expect(card).to_contain_text("Summary written for Citewell")
    page.locator(".cw-answer a.cw-marker").first.click()
    expect(page.locator("#source-1-1")).to_be_focused()
    visit.ask("how do I keep béchamel from going lumpy?")
    expect(page.locator(".cw-answer").nth(1)).to_contain_text("nothing about this in your library")
    assert visit.foreign == []
    assert visit.complaints == []
    context.close()
