"""The chat in Chromium on the real server: the starter library, its real indexes, and a stand-in for Ollama.

Small things and rare ones are tried in ``test_chat`` and ``test_conversations``, with an assistant whose answers can be
worked out by hand; here the whole line does what users do most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.real_library import SLOW_MS, serve_home
from tests.browser.visits import DESKTOP, Visit, open_page
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Script

pytestmark = pytest.mark.browser

RESNET = "How many layers does the deepest ResNet on ImageNet have?"
PROSE = (
    "The deepest residual network on ImageNet has **152 layers** [1]. It has 999 layers on every other data set [1]. "
    "Its blocks learn $F(x) + x$ [1]."
)


@pytest.fixture(scope="module")
def ollama() -> Iterator[OllamaDouble]:
    with OllamaDouble() as server:
        yield server


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_home(tmp_path_factory.mktemp("quoting"))


@pytest.fixture(scope="module")
def prose(tmp_path_factory: pytest.TempPathFactory, ollama: OllamaDouble) -> Iterator[str]:
    yield from serve_home(tmp_path_factory.mktemp("prose"), ollama.url)


def visited(browser: Browser, address: str) -> Iterator[Visit]:
    """Open the page; afterwards it has asked no other host for anything, and the browser had nothing to complain of."""
    with browser.new_context(viewport=DESKTOP, accept_downloads=True) as context:
        context.set_default_timeout(SLOW_MS)
        visit = open_page(context.new_page(), address)
        yield visit
        assert visit.foreign == []
        assert visit.complaints == []


@pytest.fixture
def visit(browser: Browser, quoting: str) -> Iterator[Visit]:
    yield from visited(browser, quoting)


@pytest.fixture
def spoken(browser: Browser, prose: str, ollama: OllamaDouble) -> Iterator[Visit]:
    ollama.play(Script(text=PROSE))
    yield from visited(browser, prose)


def answered(page: Page, count: int = 1, state: str = "done") -> None:
    expect(page.locator(f".cw-exchange[data-state={state}]")).to_have_count(count, timeout=SLOW_MS)


def test_a_question_on_the_starter_library_is_answered_with_its_source(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#cw-header")).to_contain_text("64 papers")
    visit.ask(RESNET)
    answered(page)
    expect(page.locator(".cw-answer")).to_contain_text("152")
    expect(page.locator(".cw-meta")).to_have_text(re.compile("Answered by quoting in"))
    card = page.get_by_role("article", name="Deep Residual Learning for Image Recognition")
    expect(card.locator("mark").first).to_be_visible()
    expect(card).to_contain_text("Summary written for Citewell")
    page.locator(".cw-answer a.cw-marker").first.click()
    expect(page.locator("#source-1-1")).to_be_focused()
    visit.ask("how do I keep béchamel from going lumpy?")
    answered(page, 2)
    expect(page.locator(".cw-answer").nth(1)).to_contain_text("nothing about this in your library")
    expect(page.get_by_role("region", name="Sources").get_by_role("listitem").first).to_be_visible()  # the nearest


def test_a_follow_up_leans_on_the_conversation_and_all_of_it_is_there_after_a_reload(visit: Visit) -> None:
    page = visit.page
    visit.ask("What is the Adam optimiser?")
    answered(page)
    visit.ask("Which learning rate does it suggest?")
    answered(page, 2)
    expect(page.locator(".cw-answer").nth(1)).to_contain_text("0.001")
    page.get_by_role("button", name="Good answer").last.click()
    visit.reload()
    answered(page, 2)
    expect(page.get_by_role("button", name="Good answer").last).to_have_attribute("aria-pressed", "true")
    expect(visit.conversations().first).to_have_text("What is the Adam optimiser?")
    page.get_by_role("list", name="Ask next").last.get_by_role("button").first.click()
    answered(page, 3)


def test_a_question_is_edited_in_its_place_and_the_change_undone(visit: Visit) -> None:
    page = visit.page
    visit.ask("What is dropout for?")
    answered(page)
    page.get_by_role("button", name="Edit the question").click()
    page.get_by_label("Edit the question", exact=True).last.fill(RESNET)
    page.get_by_role("button", name="Ask again").first.click()
    expect(page.locator(".cw-answer")).to_contain_text("152")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".cw-question")).to_have_text("What is dropout for?")


def test_an_answer_and_its_papers_are_exported(visit: Visit) -> None:
    page = visit.page
    visit.ask(RESNET)
    answered(page)
    for kind, words in {"Markdown": "152", "BibTeX": "@", "JSON": '"citations"'}.items():
        page.get_by_role("button", name="Export this answer").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=kind, exact=True).click()
        assert words in Path(download.value.path()).read_text("utf-8")


def test_years_narrow_what_is_answered_from(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name=re.compile("Whole library")).click()
    page.get_by_label("from").fill("2022")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("group", name="Papers to talk to")).to_contain_text("since 2022")
    visit.ask(RESNET)
    answered(page)
    expect(page.locator(".cw-answer")).not_to_contain_text("152")


def test_a_models_words_are_checked_and_their_formulas_set(spoken: Visit) -> None:
    page = spoken.page
    spoken.ask(RESNET)
    answered(page)
    expect(page.locator(".cw-meta")).to_contain_text("Answered by qwen3:4b-instruct")
    expect(page.locator(".cw-answer math")).to_have_count(1)
    doubt = page.locator(".cw-unsupported, .cw-partial").filter(has_text="999 layers")
    expect(doubt).to_be_visible()
    doubt.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("abstract")
    page.locator("a.cw-marker").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("152")


def test_thinking_is_shown_apart_and_a_reload_in_the_middle_loses_nothing(spoken: Visit, ollama: OllamaDouble) -> None:
    page = spoken.page
    ollama.play(Script(text=PROSE, thinking="Let me look at the depth. " * 4, pause=0.04))
    spoken.ask(RESNET)
    expect(page.locator(".cw-thought")).to_contain_text("thinking…")
    spoken.reload()
    answered(page)
    expect(page.locator(".cw-answer")).to_contain_text("999 layers on every other data set")
    expect(page.locator(".cw-answer")).not_to_contain_text("Let me look at the depth.")
    assert spoken.complaints == [], "a page that is left complains of nothing"


def test_stopping_ends_the_models_work(spoken: Visit, ollama: OllamaDouble) -> None:
    page = spoken.page
    ollama.play(Script(text="The depth of a residual network is large. " * 200, pause=0.03))
    spoken.ask(RESNET)
    expect(page.locator(".cw-answer")).to_contain_text("The depth of")
    page.keyboard.press("Escape")
    answered(page, state="stopped")
    ollama.wait_until_idle()
    assert ollama.streams_open == 0
    ollama.play(Script(text=PROSE))
    page.get_by_role("region", name="Conversation").focus()
    page.keyboard.press("/")
    page.keyboard.type("How deep is ResNet?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("On ImageNet.")
    page.keyboard.press("Enter")
    answered(page)
    expect(page.locator(".cw-question").last).to_have_text(re.compile(r"^How deep is ResNet\?\s*On ImageNet\.$"))


def test_a_model_that_breaks_off_keeps_what_it_had_said(spoken: Visit, ollama: OllamaDouble) -> None:
    page = spoken.page
    ollama.play(Script(text=PROSE, stop_after=14, then="die"))
    spoken.ask(RESNET)
    answered(page, state="failed")
    expect(page.locator(".cw-answer")).to_contain_text("The deepest residual network")
    expect(page.locator(".cw-failure")).to_contain_text("Ollama")
    ollama.play(Script(text=PROSE))
    page.get_by_role("button", name="Ask again").click()
    answered(page)
