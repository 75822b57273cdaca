"""The chat page in Chromium, on a real server with the assistant of the tests: what a user does and sees.

The server is a process of its own, started as ``citewell serve`` starts it; no request may leave this machine and the
browser's console stays free of errors.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visits import PHONE, Visit, open_page, serve_fake

pytestmark = pytest.mark.browser


def test_a_question_gets_a_cited_answer_with_the_sentence_marked(visit: Visit) -> None:
    visit.ask("How much energy do adders save?")
    page = visit.page
    expect(page.locator(".cw-answer")).to_contain_text("saves 90% of the energy of a matrix product.")
    expect(page.locator(".cw-answer a.cw-marker")).to_have_text("Source 1")
    expect(page.locator(".cw-meta")).to_have_text("Answered by quoting in 0.3 s")
    expect(page.locator(".cw-notice code")).to_have_text("ollama pull llama3.2")
    card = page.get_by_role("article", name="B-Adders: Whole Numbers Are Enough for Frugal Inference")
    expect(card.locator("mark")).to_have_text(
        "Replacing multiplications by integer additions saves 90% of the energy of a matrix product."
    )
    link = card.get_by_role("link")
    assert link.get_attribute("href") == "https://example.org/adders?a=1&b=2"
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert page.title() == "Citewell"
    expect(page.get_by_label("Your question")).to_have_value("")


def test_clicking_an_example_asks_it(visit: Visit) -> None:
    example = visit.page.get_by_role("button", name=re.compile("^Select example 1"))
    question = example.inner_text().strip()
    example.click()
    expect(visit.page.locator(".cw-question")).to_have_text(question)
    expect(visit.page.locator(".cw-meta")).to_be_visible()


def test_clicking_a_marker_shows_its_card_also_of_an_older_answer(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy first")
    expect(page.locator(".cw-meta")).to_have_count(1)
    visit.ask("then both")
    expect(page.locator(".cw-meta")).to_have_count(2)
    page.locator(".cw-answer").nth(1).locator("a.cw-marker").nth(1).click()
    expect(page.locator("#source-2-2")).to_have_class(re.compile("cw-shown"))
    expect(page.locator("#source-2-2")).to_be_focused()
    page.locator(".cw-answer").nth(0).locator("a.cw-marker").click()
    expect(page.locator("#source-1-1")).to_have_class(re.compile("cw-shown"))
    expect(page.locator(".cw-card")).to_have_count(1)


def test_doubtful_sentences_say_why_and_an_invented_source_is_named(visit: Visit) -> None:
    visit.ask("both")
    expect(visit.page.locator(".cw-partial").first).to_have_attribute(
        "title", "The cited abstract says only part of this."
    )
    expect(visit.page.locator(".cw-invented")).to_have_text("7?")
    expect(visit.page.locator(".cw-meta")).to_contain_text("Answered by llama3.2:3b")


def test_abstention_shows_the_reason_and_the_nearest_papers(visit: Visit) -> None:
    visit.ask("how do I keep béchamel smooth?")
    expect(visit.page.locator(".cw-abstained")).to_have_text("Nothing in this library is about that.")
    nearest = visit.page.get_by_role("region", name="Sources")
    expect(nearest.get_by_role("listitem")).to_have_count(3)


def test_errors_are_told_in_the_conversation_and_the_next_question_works(visit: Visit) -> None:
    page = visit.page
    visit.ask("broken")
    expect(page.locator(".cw-failure")).to_contain_text("The vectors of this library are damaged")
    expect(page.locator(".cw-answer")).to_contain_text("The first words arrive.")
    visit.ask("bug")
    expect(page.locator(".cw-failure").nth(1)).to_contain_text("Something failed inside Citewell.")
    expect(page.locator("body")).not_to_contain_text("secret detail")
    visit.ask("energy")
    expect(page.locator(".cw-meta")).to_have_text("Answered by quoting in 0.3 s")


def test_stop_keeps_what_had_arrived_and_the_next_question_works(visit: Visit) -> None:
    page = visit.page
    visit.ask("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word word")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-meta")).to_have_text("Stopped.")
    expect(page.locator(".cw-answer")).to_contain_text("word word word")
    expect(page.get_by_role("button", name="Ask")).to_be_visible()
    visit.ask("energy")
    expect(page.locator(".cw-meta").nth(1)).to_contain_text("Answered by quoting")


def test_enter_waits_while_an_answer_arrives(visit: Visit) -> None:
    page = visit.page
    visit.ask("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word")
    visit.ask("energy")
    page.wait_for_timeout(300)
    expect(page.locator(".cw-question")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-meta")).to_have_text("Stopped.")


def test_a_new_chat_forgets_the_old_one(visit: Visit) -> None:
    visit.ask("energy")
    expect(visit.page.locator(".cw-meta")).to_be_visible()
    visit.page.get_by_role("button", name="New chat").click()
    expect(visit.page.locator(".cw-answer")).to_have_count(0)
    expect(visit.page.locator(".cw-card")).to_have_count(0)
    expect(visit.page.get_by_role("heading", name="Ask your library")).to_be_visible()


def test_hostile_papers_and_questions_stay_text(visit: Visit) -> None:
    question = '<img src=x onerror="document.title=1"> **x** [a](javascript:alert(1)) both'
    visit.ask(question)
    expect(visit.page.locator(".cw-question")).to_have_text(question)
    visit.page.get_by_text("Also found").click()
    expect(visit.page.locator(".cw-rows")).to_contain_text("<script>alert(1)</script> [x](javascript:alert(2))")
    assert visit.page.locator("#cw-chat img, #cw-chat script").count() == 0
    assert visit.page.title() == "Citewell"


def test_one_slow_answer_does_not_hold_up_another_visitor(visit: Visit, browser: Browser, address: str) -> None:
    visit.ask("slow")
    expect(visit.page.locator(".cw-answer")).to_contain_text("word word")
    with browser.new_context() as context:
        other = open_page(context.new_page(), address)
        other.ask("energy")
        expect(other.page.locator(".cw-meta")).to_be_visible(timeout=3000)
    visit.page.get_by_role("button", name="Stop").click()
    expect(visit.page.locator(".cw-meta")).to_have_text("Stopped.")


@pytest.mark.parametrize("visit", [{"viewport": PHONE}], indirect=True)
def test_on_a_phone_the_card_stands_below_and_a_marker_leads_to_it(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy")
    expect(page.locator(".cw-meta")).to_be_visible()
    assert not visit.scrolls_sideways()
    page.locator("a.cw-marker").click()
    expect(page.locator("#source-1-1 mark")).to_be_in_viewport()


@pytest.mark.parametrize("visit", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True)
def test_the_theme_follows_the_system_and_text_contrasts_with_its_ground(visit: Visit) -> None:
    visit.ask("both")
    expect(visit.page.locator(".cw-meta")).to_be_visible()
    for place in (".cw-question", ".cw-answer p", ".cw-meta", "a.cw-marker", ".cw-people", "mark", ".cw-status"):
        assert contrast(visit.page, place) >= 4.5, place


def contrast(page: Page, selector: str) -> float:
    """Give the contrast ratio of WCAG 2 between the text of an element and the ground it stands on."""
    text, ground = page.locator(selector).first.evaluate(
        """(element) => {
          const color = getComputedStyle(element).color;
          let ground = "rgba(0, 0, 0, 0)";
          for (let at = element; at && /, 0\\)$/.test(ground); at = at.parentElement) {
            ground = getComputedStyle(at).backgroundColor;
          }
          return [color, ground];
        }"""
    )
    bright, dark = sorted((luminance(text), luminance(ground)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(css: str) -> float:
    """Give the relative luminance of a CSS ``rgb(…)`` colour, 0 to 1."""
    channels = [int(part) / 255 for part in re.findall(r"\d+", css)[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_an_empty_library_says_how_to_fill_it(browser: Browser) -> None:
    for address in serve_fake("empty"):
        with browser.new_context() as context:
            visit = open_page(context.new_page(), address)
            expect(visit.page.locator(".cw-welcome")).to_contain_text("citewell index FILE")
            assert (visit.foreign, visit.complaints) == ([], [])
