"""Conversations in Chromium: listed, searched, renamed, deleted, and there again after everything that can happen.

The server is a process of its own with the assistant of the tests and a home; it is killed as ``kill -9`` kills.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rag.conversations import Conversations, Exchange
from tests.browser.visits import DESKTOP, Server, fake_server, open_page
from tests.ui.fake_assistant import answer_to

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    with fake_server(place) as running:
        yield running


@pytest.fixture
def home(place: Path, server: Server) -> Path:
    """Give the server's home, without the conversations of the tests before."""
    kept = Conversations(place / "conversations.sqlite")
    for conversation in kept.listed("local"):
        kept.delete("local", conversation.id)
    kept.close()
    return place


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport=DESKTOP) as context:
        yield context.new_page()


def said(home: Path, *conversations: list[str]) -> list[str]:
    """Keep conversations with these questions, each answered; gives their ids."""
    kept = Conversations(home / "conversations.sqlite")
    ids = []
    for questions in conversations:
        place: str | None = None
        for question in questions:
            asked = kept.ask("local", place, question)
            answer = answer_to(question)
            kept.finish(Exchange(asked.id, asked.conversation, question, "done", answer.text, answer))
            place = asked.conversation
        ids.append(str(place))
    kept.close()
    return ids


def test_conversations_are_listed_searched_renamed_and_deleted_with_undo(
    page: Page, server: Server, home: Path
) -> None:
    said(home, ["energy of adders"], ["both of them"], ["the salary of reviewers"])
    visit = open_page(page, server.address)
    titles = visit.conversations()
    expect(titles).to_have_text(["the salary of reviewers", "both of them", "energy of adders"])
    page.get_by_label("Search conversations").fill("OUTLIERS always")  # words of an answer
    expect(titles).to_have_text(["both of them"])
    page.get_by_label("Search conversations").fill("nothing like it")
    expect(page.locator("#cw-list")).to_contain_text("No conversation has these words.")
    page.get_by_label("Search conversations").fill("")
    titles.nth(1).click()
    visit.answered()
    titles.nth(1).hover()
    page.get_by_role("button", name="Rename “both of them”").click()
    page.get_by_role("textbox", name="Title").fill("Two <b>papers</b>")
    page.keyboard.press("Enter")
    expect(titles.nth(1)).to_have_text("Two <b>papers</b>")
    expect(page.locator("#cw-title")).to_have_text("Two <b>papers</b>")
    page.get_by_role("button", name="Delete “Two <b>papers</b>”").click()
    expect(titles).to_have_text(["the salary of reviewers", "energy of adders"])
    expect(page.get_by_role("heading", name="Ask your library")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(titles).to_have_count(3)
    expect(page.locator(".cw-question")).to_have_text("both of them")


def test_the_address_names_the_conversation_for_reload_back_and_another_tab(
    page: Page, server: Server, home: Path
) -> None:
    visit = open_page(page, server.address)
    visit.ask("energy")
    visit.answered()
    first = page.url
    assert re.search(r"\?c=[\w-]+$", first)
    page.reload()
    expect(page.locator(".cw-question")).to_have_text("energy")
    expect(page.locator(".cw-card")).to_have_count(1)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".cw-question")).to_have_count(0)
    visit.ask("both")
    visit.answered()
    page.go_back()
    page.go_back()
    expect(page.locator(".cw-question")).to_have_text("energy")
    page.go_forward()
    page.go_forward()
    expect(page.locator(".cw-question")).to_have_text("both")
    other = open_page(page.context.new_page(), first)
    other.ask("energy, the second time")
    other.answered(2)
    visit.ask("both, the second time")
    visit.answered(2)
    expect(page.locator(".cw-question")).to_have_text(["both", "both, the second time"])
    expect(other.page.locator(".cw-question")).to_have_text(["energy", "energy, the second time"])


def test_escape_leaves_a_title_as_it_was_and_enter_takes_the_new_one(page: Page, server: Server, home: Path) -> None:
    said(home, ["energy of adders"], ["both of them"])
    visit = open_page(page, server.address)
    link = visit.conversations().nth(1)
    for key, title in (("Escape", "energy of adders"), ("Enter", "Frugal networks")):
        link.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("textbox", name="Title").fill("Frugal networks")
        page.keyboard.press(key)
        expect(link).to_have_text(title)
        page.wait_for_timeout(300)  # the list comes anew
        expect(link).to_be_focused()
    page.reload()
    expect(visit.conversations()).to_have_text(["both of them", "Frugal networks"])
    assert visit.complaints == []


def test_escape_stops_an_answer_only_where_it_shuts_nothing_else(page: Page, server: Server, home: Path) -> None:
    (place,) = said(home, ["energy"])
    visit = open_page(page, f"{server.address}/?c={place}")
    visit.answered()
    visit.ask("slow")
    answer = page.locator(".cw-answer").last
    expect(answer).to_contain_text("word word")
    page.get_by_role("button", name="Export this conversation").click()
    page.keyboard.press("Escape")
    expect(page.locator("#cw-export-menu")).to_be_hidden()
    page.get_by_role("button", name="Whole library").click()
    page.keyboard.press("Escape")
    expect(page.locator("#cw-scope-form")).to_be_hidden()
    expect(page.get_by_role("button", name="Whole library")).to_be_focused()
    page.locator("a.cw-marker").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()
    visit.conversations().hover()
    page.get_by_role("button", name="Rename “energy”").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name="Title")).to_have_count(0)
    page.wait_for_timeout(300)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".cw-meta").last).to_have_text("Stopped.")


def test_a_question_in_a_conversation_that_another_tab_deleted_begins_a_new_one(
    page: Page, server: Server, home: Path
) -> None:
    (place,) = said(home, ["energy"])
    visit = open_page(page, f"{server.address}/?c={place}")
    visit.answered()
    other = open_page(page.context.new_page(), server.address)
    other.conversations().hover()
    other.page.get_by_role("button", name="Delete “energy”").click()
    expect(other.conversations()).to_have_count(0)
    visit.ask("both")
    visit.answered()
    expect(page.locator(".cw-question")).to_have_text(["both"])
    expect(page.locator("#cw-note")).to_contain_text("Your question began a new one.")
    expect(page.locator("#cw-title")).to_have_text("both")
    expect(visit.conversations()).to_have_attribute("aria-current", "page")
    assert f"c={place}" not in page.url
    visit.ask("energy again")
    visit.answered(2)


def test_asking_again_what_another_tab_has_set_aside_shows_what_is_there_now(
    page: Page, server: Server, home: Path
) -> None:
    (place,) = said(home, ["energy", "both"])
    address = f"{server.address}/?c={place}"
    visit, other = open_page(page, address), open_page(page.context.new_page(), address)
    visit.answered(2)
    other.answered(2)
    other.page.get_by_role("button", name="Ask again").first.click()
    expect(other.page.locator(".cw-replaced")).to_be_visible()
    page.locator(".cw-asked").last.hover()
    page.get_by_role("button", name="Edit the question").last.click()
    page.get_by_role("textbox", name="Edit the question").fill("both of them")
    page.keyboard.press("Enter")
    expect(page.locator("#cw-note")).to_have_text("This question was changed in another tab.")
    expect(page.locator(".cw-question")).to_have_text(["energy"])
    expect(page.get_by_label("Your question")).to_have_value("both of them")
    page.get_by_label("Your question").press("Enter")
    visit.answered(2)


def test_two_tabs_with_one_conversation_come_together(page: Page, server: Server, home: Path) -> None:
    (place,) = said(home, ["energy"])
    address = f"{server.address}/?c={place}"
    visit, other = open_page(page, address), open_page(page.context.new_page(), address)
    visit.answered(1)
    other.answered(1)
    visit.ask("both")
    visit.answered(2)
    other.ask("energy again")
    expect(other.page.locator(".cw-question")).to_have_text(["energy", "both", "energy again"])
    other.answered(3)


def test_an_answer_goes_on_while_the_page_is_away(page: Page, server: Server, home: Path) -> None:
    visit = open_page(page, server.address)
    visit.ask("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word")
    page.reload()
    expect(page.locator(".cw-question")).to_have_text("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word word")
    long = len(page.locator(".cw-answer").inner_text())
    page.get_by_role("button", name="New chat").click()
    visit.ask("energy")
    visit.answered()
    visit.conversations().nth(1).click()
    expect(page.locator(".cw-answer")).to_contain_text("word word")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-meta")).to_have_text("Stopped.")
    assert len(page.locator(".cw-answer").inner_text()) > long


@pytest.mark.slow
def test_a_killed_server_loses_nothing(page: Page, tmp_path: Path) -> None:
    with fake_server(tmp_path) as server:
        visit = open_page(page, server.address)
        visit.ask("energy")
        visit.answered()
        visit.ask("slow")
        expect(page.locator(".cw-answer").nth(1)).to_contain_text("word")
        page.wait_for_timeout(1200)  # a second's worth of words is saved
        server.kill()
        page.get_by_label("Your question").fill("typed meanwhile")
        expect(page.locator("#cw-offline")).to_contain_text("Citewell does not answer.", timeout=15_000)
    with fake_server(tmp_path, server.port):
        expect(page.locator("#cw-offline")).to_be_hidden(timeout=15_000)
        broken = page.locator(".cw-exchange[data-state=broken]")
        expect(broken).to_contain_text("Citewell stopped before the answer was complete.", timeout=15_000)
        expect(broken).to_contain_text("word word")
        expect(page.get_by_label("Your question")).to_have_value("typed meanwhile")
        visit.ask("both")
        visit.answered(2)
        expect(visit.conversations()).to_have_count(1)


@pytest.mark.slow
def test_a_question_that_is_being_edited_is_there_after_a_break(page: Page, server: Server, home: Path) -> None:
    (place,) = said(home, [f"energy, question {number}" for number in range(12)])
    visit = open_page(page, f"{server.address}/?c={place}")
    visit.answered(12)
    log = page.locator("#cw-log")
    log.evaluate("(log) => log.scrollTo({ top: 0, behavior: 'instant' })")
    page.locator(".cw-asked").first.hover()
    page.get_by_role("button", name="Edit the question").first.click()
    page.keyboard.press("End")
    page.keyboard.type(" and")
    page.route("**/look/favicon.svg", lambda route: route.abort())
    expect(page.locator("#cw-offline")).to_contain_text("What you typed is kept", timeout=15_000)
    page.unroute("**/look/favicon.svg")
    with page.expect_response("**/chat/open"):
        expect(page.locator("#cw-offline")).to_be_hidden(timeout=15_000)
    expect(page.locator("[data-stale]")).to_have_count(1)  # the others came anew
    page.keyboard.type(" more")
    expect(page.get_by_role("textbox", name="Edit the question")).to_have_value("energy, question 0 and more")
    assert log.evaluate("(log) => log.scrollTop") == 0


def test_a_question_asked_from_further_up_is_followed(page: Page, server: Server, home: Path) -> None:
    (place,) = said(home, [f"energy, question {number}" for number in range(12)])
    visit = open_page(page, f"{server.address}/?c={place}")
    visit.answered(12)
    log = page.locator("#cw-log")
    log.evaluate("(log) => log.scrollTo({ top: 0, behavior: 'instant' })")
    visit.ask("both")
    visit.answered(13)
    page.wait_for_timeout(1000)  # a scroll that is still under way would take it elsewhere
    assert log.evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight") < 2


def test_more_tabs_than_a_browser_has_connections(page: Page, server: Server) -> None:
    tabs = [open_page(page.context.new_page(), server.address) for _ in range(8)]
    for tab in tabs[-2:]:
        tab.ask("energy")
        tab.answered()


def test_two_users_at_once_and_a_slow_answer_holds_nobody_up(page: Page, browser: Browser, server: Server) -> None:
    visit = open_page(page, server.address)
    visit.ask("slow")
    expect(page.locator(".cw-answer")).to_contain_text("word word")
    with browser.new_context(viewport=DESKTOP) as context:
        other = open_page(context.new_page(), server.address)
        other.ask("energy")
        other.answered()
        expect(other.page.locator(".cw-question")).to_have_text("energy")
    expect(page.locator(".cw-question")).to_have_text("slow")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-meta")).to_have_text("Stopped.")


def test_a_conversation_that_is_gone_says_so(page: Page, server: Server, home: Path) -> None:
    visit = open_page(page, f"{server.address}/?c=<script>")
    expect(page.locator("#cw-note")).to_have_text("That conversation is not here any more.")
    expect(page.get_by_role("heading", name="Ask your library")).to_be_visible()
    visit.ask("energy")
    visit.answered()


def test_two_hundred_turns_stay_usable(page: Page, server: Server, home: Path) -> None:
    (place,) = said(home, [f"energy, question {number}" for number in range(200)])
    visit = open_page(page, f"{server.address}/?c={place}")
    visit.answered(200)
    visit.ask("both at the end")
    page.evaluate("window.began = performance.now()")
    visit.answered(201)
    assert page.evaluate("performance.now() - window.began") < 2000
    expect(page.locator(".cw-exchange").last).to_be_in_viewport()
    expect(page.get_by_label("Your question")).to_be_in_viewport()


def test_a_form_filled_in_before_the_conversation_is_there_holds(page: Page, server: Server) -> None:
    page.route("**/chat/open", lambda route: (page.wait_for_timeout(600), route.continue_()))
    visit = open_page(page, server.address)
    page.get_by_role("button", name="Whole library").click()
    page.get_by_label("from").fill("2020")
    page.wait_for_timeout(900)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("group", name="Papers to talk to")).to_contain_text("since 2020")
    visit.ask("where")
    expect(page.locator(".cw-abstained")).to_contain_text("first_year=2020")


def test_the_scope_is_shown_kept_and_asked_in(page: Page, server: Server, home: Path) -> None:
    visit = open_page(page, server.address)
    page.get_by_role("button", name="Whole library").click()
    page.get_by_label("efficiency").check()
    page.get_by_label("from").fill("2020")
    page.get_by_role("button", name="Apply").click()
    bar = page.get_by_role("group", name="Papers to talk to")
    expect(bar).to_contain_text("efficiency")
    expect(bar).to_contain_text("since 2020")
    visit.ask("where")
    expect(page.locator(".cw-abstained")).to_contain_text(
        "collections=('efficiency',), first_year=2020, last_year=None"
    )
    page.reload()
    expect(bar).to_contain_text("since 2020")
    page.get_by_role("button", name="Remove since 2020").click()
    expect(bar).not_to_contain_text("2020")
    visit.ask("energy")
    page.get_by_role("button", name="Only this paper").click()
    expect(bar).to_contain_text("B-Adders: Whole Numbers")
    visit.ask("where now")
    expect(page.locator(".cw-abstained").last).to_contain_text("paper_ids=('p1',)")
    page.get_by_role("button", name="Whole library").click()
    expect(bar).to_contain_text("Whole library · 3 papers")
    page.get_by_role("button", name="New chat").click()
    expect(bar).to_contain_text("Whole library · 3 papers")
