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


def test_clicking_an_example_or_a_suggestion_asks_it(visit: Visit) -> None:
    page = visit.page
    example = page.get_by_role("list", name="Examples").get_by_role("button").first
    question = example.inner_text().strip()
    example.click()
    expect(page.locator(".cw-question")).to_have_text(question)
    visit.answered()
    visit.ask("energy")
    chips = page.get_by_role("list", name="Ask next").last.get_by_role("button")
    expect(chips).to_have_text(
        ["What are the main findings of “B-Adders”?", "What does “Where Additions Fail” propose?"]
    )
    chips.nth(1).click()
    expect(page.locator(".cw-question").last).to_have_text("What does “Where Additions Fail” propose?")
    expect(page.locator(".cw-chips:visible")).to_have_count(0)


def test_a_marker_tells_its_sentence_on_hover_and_on_focus(visit: Visit) -> None:
    page = visit.page
    visit.ask("both")
    visit.answered()
    tip = page.get_by_role("tooltip")
    page.locator("a.cw-marker").first.hover()
    expect(tip).to_have_text(
        "Replacing multiplications by integer additions saves 90% of the energy of a matrix product."
    )
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()
    page.locator("a.cw-marker").nth(1).focus()
    expect(tip).to_have_text("Integer networks lose accuracy when activations have outliers.")
    expect(page.locator("a.cw-marker").nth(1)).to_have_attribute("aria-describedby", "cw-tip")
    page.locator(".cw-partial").first.focus()
    expect(tip).to_have_text("The cited abstract says only part of this.")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_clicking_a_marker_shows_its_card_also_of_an_older_answer(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy first")
    visit.answered(1)
    visit.ask("then both")
    visit.answered(2)
    page.locator(".cw-answer").nth(1).locator("a.cw-marker").nth(1).click()
    second = page.locator(".cw-card", has_text="Where Additions Fail")
    expect(second).to_have_class(re.compile("cw-shown"))
    expect(second).to_be_focused()
    page.locator(".cw-answer").nth(0).locator("a.cw-marker").click()
    expect(page.locator(".cw-card")).to_have_count(1)
    expect(page.locator(".cw-card")).to_have_class(re.compile("cw-shown"))
    expect(page.locator(".cw-card mark")).to_be_in_viewport()


def test_doubtful_sentences_and_an_invented_source_are_marked(visit: Visit) -> None:
    visit.ask("both")
    expect(visit.page.locator(".cw-partial").first).to_have_attribute(
        "title", "The cited abstract says only part of this."
    )
    expect(visit.page.locator(".cw-invented")).to_have_text("7?")
    expect(visit.page.locator(".cw-meta")).to_contain_text("Answered by llama3.2:3b")


def test_formulas_tables_and_code_of_a_model_are_rendered(visit: Visit) -> None:
    page = visit.page
    visit.ask("formula")
    visit.answered()
    answer = page.locator(".cw-answer")
    expect(answer.locator("math")).to_have_count(3)
    expect(answer.locator("math").nth(1).locator("mfrac")).to_have_count(1)
    expect(answer.locator("math[display=block]")).to_be_visible()
    expect(answer.locator("td")).to_have_text(["1", "2"])
    expect(answer.locator("pre code")).to_have_text('x = "$y$"')
    expect(answer).to_contain_text("javascript:alert(8)x and <script>alert(9)</script> and Oᵢ(u)")
    expect(answer.locator("script, [href]")).to_have_count(0)


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


def test_a_proxy_that_fails_is_told_in_a_sentence_and_the_question_kept(visit: Visit) -> None:
    page = visit.page
    page.route("**/chat/ask", lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"))
    visit.ask("energy")
    expect(page.locator("#cw-note")).to_have_text("The server answered 502. Try again in a moment.")
    expect(page.get_by_label("Your question")).to_have_value("energy")
    visit.complaints.clear()  # the browser notes the 502


@pytest.mark.parametrize("way", ["button", "key"])
def test_stop_keeps_what_had_arrived_and_the_next_question_works(visit: Visit, way: str) -> None:
    page = visit.page
    visit.ask("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word word")
    if way == "key":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-meta")).to_have_text("Stopped.")
    expect(page.locator(".cw-answer")).to_contain_text("word word word")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    visit.ask("energy")
    expect(page.locator(".cw-meta").nth(1)).to_contain_text("Answered by quoting")


def test_asking_again_takes_the_place_and_can_be_undone(visit: Visit) -> None:
    page = visit.page
    visit.ask("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator(".cw-exchange")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-replaced")).to_contain_text("The earlier answer was set aside.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".cw-replaced")).to_have_count(0)
    expect(page.locator(".cw-exchange[data-state=stopped]")).to_have_count(1)


def test_editing_a_question_asks_again_from_there(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy")
    visit.answered(1)
    visit.ask("and both?")
    visit.answered(2)
    page.locator(".cw-asked").first.hover()
    page.get_by_role("button", name="Edit the question").first.click()
    box = page.get_by_role("textbox", name="Edit the question")
    expect(box).to_have_value("energy")
    box.fill("where am I?")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-question")).to_have_text(["where am I?"])
    expect(page.locator(".cw-replaced")).to_contain_text("2 earlier answers were set aside.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".cw-question")).to_have_text(["energy", "and both?"])


def test_a_source_leads_to_its_page_in_the_papers_tab(visit: Visit) -> None:
    visit.ask("energy")
    visit.page.get_by_role("button", name="About this paper").click()
    expect(visit.page.get_by_role("tab", name="Papers")).to_have_attribute("aria-selected", "true")
    visit.page.get_by_role("tab", name="Chat").click()
    expect(visit.page.locator(".cw-question")).to_have_text("energy")


@pytest.mark.parametrize("visit", [{"permissions": ["clipboard-read", "clipboard-write"]}], indirect=True)
def test_copying_takes_the_text_and_its_sources(visit: Visit) -> None:
    visit.ask("energy")
    visit.page.get_by_role("button", name="Copy the answer").click()
    expect(visit.page.get_by_text("Copied.")).to_be_attached()
    assert visit.page.evaluate("navigator.clipboard.readText()") == (
        "Replacing multiplications by integer additions saves 90% of the energy of a matrix product. [1]\n\n"
        "[1] B-Adders: Whole Numbers Are Enough for Frugal Inference (2021). https://example.org/adders?a=1&b=2"
    )


def test_a_thumb_stays_after_a_reload(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy")
    up, down = page.get_by_role("button", name="Good answer"), page.get_by_role("button", name="Bad answer")
    down.click()
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(down).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(200)
    visit.reload()
    expect(up).to_have_attribute("aria-pressed", "true")


def test_an_answer_and_a_conversation_are_exported(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy")
    visit.answered(1)
    visit.ask("both")
    visit.answered(2)
    for button, title in (("Export this answer", "B-Adders"), ("Export this conversation", "Where Additions Fail")):
        page.get_by_role("button", name=button).first.click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Markdown").click()
        text = download.value.path().read_text("utf-8")
        assert download.value.suggested_filename == "citewell-energy.md"
        assert title in text
        assert ("Where Additions Fail" in text) == (button == "Export this conversation")


def test_the_keys_that_chat_pages_have(visit: Visit) -> None:
    page, box = visit.page, visit.page.get_by_label("Your question")
    page.locator("#cw-log").focus()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and / both")
    expect(box).to_have_value("first line\nand / both")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-question")).to_have_text("first line\nand / both", use_inner_text=True)
    expect(page.locator("#cw-spoken")).to_contain_text("Integer additions save")


def test_enter_waits_while_an_answer_arrives_and_nothing_typed_is_lost(visit: Visit) -> None:
    page = visit.page
    visit.ask("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word")
    visit.ask("energy")
    page.wait_for_timeout(300)
    expect(page.locator(".cw-question")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-meta")).to_have_text("Stopped.")
    expect(page.get_by_label("Your question")).to_have_value("energy")


def test_what_is_on_the_page_does_not_jump_while_an_answer_arrives(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy")
    visit.answered(1)
    box, first = page.locator("#cw-ask").bounding_box(), page.locator(".cw-answer").first.bounding_box()
    visit.ask("slow")
    expect(page.locator(".cw-answer").nth(1)).to_contain_text("word word word word")
    assert page.locator("#cw-ask").bounding_box() == box
    assert page.locator(".cw-answer").first.bounding_box() == first
    page.keyboard.press("Escape")


def test_hostile_papers_and_questions_stay_text(visit: Visit) -> None:
    question = '<img src=x onerror="document.title=1"> **x** [a](javascript:alert(1)) both'
    visit.ask(question)
    expect(visit.page.locator(".cw-question")).to_have_text(question)
    expect(visit.conversations().first).to_contain_text('<img src=x onerror="document.title=1">')
    visit.page.get_by_text("Also found").click()
    expect(visit.page.locator(".cw-rows")).to_contain_text("<script>alert(1)</script> [x](javascript:alert(2))")
    assert visit.page.locator("#cw-chat img, #cw-chat script").count() == 0
    assert visit.page.title() == "Citewell"


@pytest.mark.parametrize("visit", [{"viewport": PHONE}], indirect=True)
def test_on_a_phone_the_card_stands_below_and_the_list_is_a_drawer(visit: Visit) -> None:
    page = visit.page
    visit.ask("energy")
    visit.answered()
    assert not visit.scrolls_sideways()
    page.locator("a.cw-marker").click()
    expect(page.locator(".cw-card mark")).to_be_in_viewport()
    expect(visit.conversations().first).to_be_hidden()
    page.get_by_role("button", name="Conversations").click()
    expect(visit.conversations().first).to_be_visible()
    assert not visit.scrolls_sideways()
    page.get_by_role("button", name="New chat").click()
    expect(visit.conversations().first).to_be_hidden()
    expect(page.get_by_role("heading", name="Ask your library")).to_be_visible()


def test_on_a_phone_the_drawer_is_in_no_frame_of_a_page_that_opens(browser: Browser, address: str) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.add_init_script(
            """const frame = () => {
              const drawer = document.getElementById("cw-side");
              if (drawer) window.drawer = window.drawer || drawer.getBoundingClientRect().width > 0;
              requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);"""
        )
        open_page(page, address)
        button = page.get_by_role("button", name="Conversations")
        expect(button).to_have_attribute("aria-expanded", "false")
        assert page.evaluate("window.drawer") is False
        button.click()
        page.wait_for_function("window.drawer")


@pytest.mark.parametrize("visit", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True)
def test_the_theme_follows_the_system_and_text_contrasts_with_its_ground(visit: Visit) -> None:
    visit.ask("both")
    visit.answered()
    places = (
        ".cw-question|.cw-answer p|.cw-meta|a.cw-marker|.cw-people|mark|.cw-status|.cw-chip|.cw-scope-open|#cw-send"
    )
    for place in f"{places}|#cw-list a|#cw-list h2|#cw-new|.cw-link|#cw-title|.cw-tool".split("|"):
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
