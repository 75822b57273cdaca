"""The Papers tab in Chromium, on a real library of a few hundred small papers: browse, open, select, remove."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from index_store.build import index_paths
from index_store.embedding import SentenceEmbedder
from index_store.shelf import open_shelf
from tests.browser.test_chat import contrast
from tests.browser.visits import PHONE, Visit, serving

pytestmark = pytest.mark.browser

HOSTILE = "<script>document.title = 1</script> <img src=x onerror='document.title = 2'> \u202eltr\u2069"
LONG = "Supercalifragilistic" * 12


def entries() -> Iterator[dict[str, object]]:
    for number in range(60):
        yield {
            "title": f"Paper {number:03} on herons",
            "abstract": f"Herons wade in pond {number}. They hunt frogs at dusk, which we counted {number} times.",
            "authors": [f"Ann{number} Author", "Zoe Last"],
            "year": 1990 + number % 30,
        }
    yield {
        "title": "Rye bread rises with $n^2$ yeasts",
        "abstract": "Rye dough rises slowly. Warm water helps the yeast, and steam makes the crust.",
        "authors": ["Ada Baker", "Ben Miller"],
        "year": 2024,
        "doi": "10.1234/rye",
        "categories": ["food"],
    }
    yield {
        "title": HOSTILE,
        "abstract": "Hostile. <canvas>Bold</canvas> ones.",
        "url": "javascript:alert(1)",
        "year": 1980,
    }
    yield {"title": LONG, "abstract": "A title without an end. It must be wrapped.", "year": 1981}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("home")
    rest, bread = home / "rest.jsonl", home / "bread.jsonl"
    written = [json.dumps(entry) for entry in entries()]
    bread.write_text("\n".join(line for line in written if "Rye" in line), "utf-8")
    rest.write_text("\n".join(line for line in written if "Rye" not in line), "utf-8")
    twins, third = home / "twins.jsonl", home / "third.jsonl"  # two papers that more files have
    twins.write_text("\n".join(written[10:12]), "utf-8")
    third.write_text(json.dumps(json.loads(written[11]) | {"year": 1999}), "utf-8")
    shelf = open_shelf(home / "library", SentenceEmbedder())
    index_paths(shelf, [bread], "food")
    index_paths(shelf, [rest, twins, third])
    shelf.close()
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CITEWELL_")}
    environ = {**clean, "CITEWELL_HOME": str(home), "HF_HUB_OFFLINE": "1", "OLLAMA_HOST": "127.0.0.1:9"}
    yield from serving([sys.executable, "-c", "from ui.cli import main; main()", "serve", "--port", "0"], environ)


@pytest.fixture
def page(visit: Visit) -> Page:
    """The page with the Papers tab open."""
    visit.page.get_by_role("tab", name="Papers").click()
    expect(visit.page.locator(".cwp-count")).to_have_text("63 papers")
    return visit.page


def titles(page: Page) -> list[str]:
    return page.locator(".cwp-table tbody th a").all_inner_texts()


def search(page: Page, text: str) -> None:
    page.get_by_label("Search papers").fill(text)


def test_the_list_is_turned_sorted_and_filtered(page: Page) -> None:
    assert len(titles(page)) == 50
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".cwp-pager")).to_contain_text("Page 2 of 2")
    assert len(titles(page)) == 13
    page.get_by_role("button", name="Year").click()
    expect(page.locator("th[aria-sort='descending']")).to_have_text("Year")
    assert titles(page)[0].startswith("Rye bread")
    page.get_by_role("button", name="Year").click()
    expect(page.locator("th[aria-sort='ascending']")).to_have_text("Year")
    assert titles(page)[0].startswith("<script>")
    page.get_by_label("From year").fill("2019")
    page.get_by_label("To year").fill("2030")
    page.keyboard.press("Enter")
    expect(page.locator(".cwp-count")).to_have_text("3 papers")
    page.get_by_label("Collection").select_option("food")
    expect(page.locator(".cwp-count")).to_have_text("1 paper")
    assert titles(page)[0].startswith("Rye bread")


def test_a_search_is_by_meaning_or_by_words(page: Page) -> None:
    search(page, "baking with yeast")
    expect(page.locator(".cwp-count")).to_contain_text("best matches for “baking with yeast”")
    assert titles(page)[0].startswith("Rye bread")
    expect(page.locator(".cwp-why").first).to_contain_text("Rye dough rises slowly")
    page.get_by_label("Sort").select_option("title")
    expect(page.locator(".cwp-count")).to_have_text("No title and no author has “baking with yeast”.")
    search(page, "ann7 author")
    expect(page.locator(".cwp-count")).to_have_text("1 paper with “ann7 author” in title or authors")
    search(page, "zzz")
    page.get_by_role("button", name="Show all papers").click()
    expect(page.locator(".cwp-count")).to_have_text("63 papers")


def test_a_paper_opens_and_the_back_button_returns(page: Page) -> None:
    search(page, "baking with yeast")
    expect(page.locator(".cwp-why").first).to_contain_text("Rye dough")
    page.get_by_role("link", name=re.compile("^Rye bread")).click()
    heading = page.get_by_role("heading", name=re.compile("^Rye bread rises with"))
    expect(heading).to_be_focused()
    for words in ("Ada Baker, Ben Miller · 2024", "Warm water helps the yeast", "10.1234/rye", "bread.jsonl, line 1"):
        expect(page.locator(".cwp-paper")).to_contain_text(words)
    expect(page.get_by_role("link", name="Read at doi.org")).to_have_attribute("href", "https://doi.org/10.1234/rye")
    expect(page.locator(".cwp-similar li")).to_have_count(5)
    expect(page.locator(".cwp-paper pre")).to_contain_text("@misc{baker2024rye,")
    assert page.url.endswith("/?paper=doi%3A10.1234%2Frye")
    page.locator(".cwp-similar a").first.click()
    expect(heading).to_have_count(0)
    page.go_back()
    expect(heading).to_be_visible()
    page.go_back()
    expect(page.locator(".cwp-why").first).to_contain_text("Rye dough")  # the search is as it was
    expect(page.get_by_role("link", name=re.compile("^Rye bread"))).to_be_focused()
    page.go_forward()
    expect(heading).to_be_visible()
    page.get_by_role("button", name="All papers").click()
    expect(page.locator(".cwp-count")).to_be_visible()
    assert "paper=" not in page.url


def test_back_and_forward_show_the_tab_of_their_paper(page: Page) -> None:
    page.get_by_role("link", name="Paper 003 on herons").click()
    heading = page.get_by_role("heading", name="Paper 003 on herons")
    expect(heading).to_be_visible()
    page.go_back()
    expect(page.locator(".cwp-count")).to_be_visible()
    page.get_by_role("tab", name="Chat").click()
    expect(page.get_by_label("Your question")).to_be_visible()
    page.go_forward()
    expect(heading).to_be_visible()


def test_an_address_opens_its_paper(visit: Visit, page: Page, address: str) -> None:
    href = page.get_by_role("link", name="Paper 007 on herons").get_attribute("href")
    page.goto(address + "/" + (href or ""))
    expect(page.get_by_role("heading", name="Paper 007 on herons")).to_be_visible()
    visit.reload()
    expect(page.get_by_role("heading", name="Paper 007 on herons")).to_be_visible()
    page.get_by_role("button", name="All papers").click()
    expect(page.locator(".cwp-count")).to_have_text("63 papers")
    visit.forgive()


def test_an_address_of_no_paper_says_so(visit: Visit, address: str) -> None:
    visit.page.goto(f"{address}/?paper=%3Cscript%3E")
    expect(visit.page.get_by_role("heading", name="There is no such paper")).to_be_visible()
    visit.forgive("404")


def test_the_keyboard_is_enough(page: Page) -> None:
    search(page, "ann7 author")
    page.get_by_label("Sort").select_option("title")
    expect(page.locator(".cwp-count")).to_contain_text("1 paper")
    page.get_by_label("Select Paper 007 on herons").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("group", name="Selected papers")).to_contain_text("1 selected")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Paper 007 on herons")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Paper 007 on herons")).to_be_focused()


def test_the_keyboard_stays_with_the_pages_at_the_first_and_the_last(page: Page) -> None:
    for turned, left in (("Last page", "First page"), ("First page", "Next page")):
        page.get_by_role("button", name=turned).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=left)).to_be_focused()


def test_selected_papers_are_kept_over_pages_and_exported(page: Page) -> None:
    page.get_by_label("Select Paper 001 on herons").check()
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".cwp-pager")).to_contain_text("Page 2 of 2")
    page.get_by_label(re.compile("^Select Rye bread")).check()
    expect(page.get_by_role("group", name="Selected papers")).to_contain_text("2 selected")
    page.get_by_label("File format").select_option("bibtex")
    with page.expect_download() as started:
        page.get_by_role("button", name="Export selected").click()
    assert started.value.suggested_filename == "citewell-2-papers.bib"
    written = Path(started.value.path()).read_text("utf-8")
    assert "@misc{author1991paper," in written
    assert "@misc{baker2024rye," in written
    page.get_by_role("button", name="First page").click()
    expect(page.get_by_label("Select Paper 001 on herons")).to_be_checked()
    page.get_by_label("Select all papers on this page").check()
    expect(page.get_by_role("group", name="Selected papers")).to_contain_text("51 selected")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Select Paper 001 on herons")).not_to_be_checked()


def test_only_these_papers_become_the_scope_of_the_chat(page: Page) -> None:
    page.get_by_label("Select Paper 001 on herons").check()
    page.get_by_label("Select Paper 002 on herons").check()
    page.get_by_role("button", name="Ask only these").click()
    expect(page.get_by_label("Your question")).to_be_visible()
    scope = page.get_by_role("group", name="Papers to talk to")
    expect(scope).to_contain_text("Paper 001 on herons")
    expect(scope).to_contain_text("Paper 002 on herons")


def test_a_paper_that_is_open_stays_so_while_another_tab_is_seen(page: Page) -> None:
    page.get_by_label("Sort").select_option("oldest")
    page.get_by_role("button", name="Last page").click()
    page.get_by_role("link", name="Paper 059 on herons").click()
    page.get_by_role("tab", name="Chat").click()
    page.get_by_role("tab", name="Papers").click()
    expect(page.get_by_role("heading", name="Paper 059 on herons")).to_be_visible()
    page.get_by_role("button", name="All papers").click()
    expect(page.get_by_role("link", name="Paper 059 on herons")).to_be_focused()
    expect(page.locator(".cwp-pager")).to_contain_text("Page 2 of 2")


def test_ask_about_this_paper_narrows_the_chat_to_it(page: Page) -> None:
    page.get_by_role("link", name="Paper 003 on herons").click()
    page.get_by_role("button", name="Ask about this paper").click()
    expect(page.get_by_role("group", name="Papers to talk to")).to_contain_text("Paper 003 on herons")


def test_bibtex_is_copied(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.get_by_role("link", name="Paper 004 on herons").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("@misc{author1994paper,")


def test_a_paper_is_removed_after_a_question_and_comes_back(page: Page) -> None:
    page.get_by_role("link", name="Paper 009 on herons").click()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("group", name="Remove this paper?").get_by_role("button", name="Remove").click()
    expect(page.locator(".cwp-status")).to_contain_text("Removed “Paper 009 on herons”.")
    expect(page.locator(".cwp-count")).to_have_text("62 papers")
    search(page, "Paper 009 on herons")
    expect(page.locator(".cwp-count")).to_contain_text("best matches")
    assert "Paper 009 on herons" not in titles(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".cwp-status")).to_have_text("It is back.")
    expect(page.get_by_role("link", name="Paper 009 on herons")).to_be_visible()


@pytest.mark.slow
def test_two_papers_taken_for_one_are_parted_by_keyboard_and_joined_again(page: Page) -> None:
    page.get_by_label("Sort").select_option("title")
    page.get_by_role("link", name="Paper 010 on herons").click()
    page.locator(".cwp-parting summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cwp-parting li")).to_have_count(2)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    status = page.locator(".cwp-status")
    expect(status).to_contain_text("Two papers now: this one and Paper 010 on herons.")
    expect(status).to_be_in_viewport()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    expect(page.locator(".cwp-parting")).to_have_count(0)
    expect(status.get_by_role("link")).to_have_attribute("href", re.compile("paper="))
    page.keyboard.press("Enter")
    expect(status).to_have_text("They are one paper again.")
    page.get_by_role("button", name="All papers").click()
    expect(page.locator(".cwp-count")).to_have_text("63 papers")
    page.get_by_role("link", name="Paper 011 on herons").click()
    page.locator(".cwp-parting summary").click()
    part = page.get_by_role("button", name="The chosen ones are another paper")
    expect(part).to_be_disabled()
    page.get_by_label(re.compile("^third.jsonl")).check()
    part.click()
    expect(status).to_contain_text("Two papers now")
    page.keyboard.press("Enter")
    expect(status).to_have_text("They are one paper again.")
    expect(page.locator(".cwp-parting summary")).to_have_text("Made of 3 sources. Not one paper?")


def test_two_papers_that_are_one_study_are_put_together_and_parted_again(page: Page) -> None:
    first, second = (page.get_by_label(f"Select Paper {number} on herons") for number in ("001", "002"))
    together = page.get_by_role("button", name="They are one paper")
    first.check()
    expect(together).to_be_hidden()
    second.check()
    together.click()
    status = page.locator(".cwp-status")
    expect(status).to_contain_text("They are one paper now: this one.")
    expect(page.locator(".cwp-parting summary")).to_have_text("Made of 2 sources. Not one paper?")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(status).to_contain_text(re.compile(r"papers of their own again: this one and Paper 00[12] on herons\."))
    page.get_by_role("button", name="All papers").click()
    expect(page.locator(".cwp-count")).to_have_text("63 papers")
    expect(page.locator(".cwp-chosen")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.parametrize("visit", [{"viewport": PHONE, "color_scheme": "dark"}], indirect=True)
def test_on_a_phone_what_the_sources_say_fits_and_can_be_read(visit: Visit, page: Page, address: str) -> None:
    page.goto(address + "/" + (page.get_by_role("link", name="Paper 011 on herons").get_attribute("href") or ""))
    page.locator(".cwp-parting summary").click()
    expect(page.get_by_role("button", name="Each is a paper of its own")).to_be_visible()
    assert not visit.scrolls_sideways()
    for place in ("summary", "p", ".cwp-source", "b", ".cwp-why", "button[data-do='part-all']"):
        assert contrast(page, f"#cw-browse .cwp-parting {place}") >= 4.5, place
    visit.forgive()


def test_a_proxy_that_fails_is_told_in_a_sentence(visit: Visit, page: Page) -> None:
    page.route("**/papers/list?*", lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"))
    page.get_by_label("Sort").select_option("oldest")
    expect(page.locator(".cwp-list")).to_have_text("The server answered 502. Try again in a moment.")
    visit.complaints.clear()  # the browser notes the 502


def test_hostile_papers_stay_text(page: Page) -> None:
    page.get_by_role("button", name="Year").click()
    expect(page.locator("th[aria-sort='descending']")).to_have_text("Year")
    page.get_by_role("button", name="Year").click()
    expect(page.locator("th[aria-sort='ascending']")).to_have_text("Year")
    row = page.locator(".cwp-table tbody th a").first
    expect(row).to_contain_text("<script>document.title = 1</script> <img src=x")
    row.click()
    expect(page.get_by_role("heading", name=re.compile("<script>"))).to_be_visible()
    expect(page.locator(".cwp-paper")).to_contain_text("<canvas>Bold</canvas> ones.")
    assert page.locator("#cw-browse img, #cw-browse script, #cw-browse a[href^='javascript']").count() == 0
    assert page.title() == "Citewell"


@pytest.mark.parametrize("visit", [{"viewport": PHONE}], indirect=True)
def test_on_a_phone_rows_are_cards(visit: Visit, page: Page) -> None:
    assert not visit.scrolls_sideways()
    assert page.locator(".cwp-table thead").is_hidden()
    page.get_by_role("button", name="Next page").click()
    page.get_by_role("link", name=LONG).click()
    expect(page.get_by_role("heading", name=LONG)).to_be_visible()
    assert not visit.scrolls_sideways()


@pytest.mark.parametrize("visit", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True)
def test_text_contrasts_with_its_ground(page: Page) -> None:
    page.get_by_label("Select Paper 001 on herons").check()
    for place in (".cwp-count", "tbody th a", "td.cwp-authors", "thead button", ".cwp-chosen b", ".cwp-main"):
        assert contrast(page, f"#cw-browse {place}") >= 4.5, place
    page.get_by_role("link", name="Paper 001 on herons").click()
    for place in (".cwp-abstract", ".cwp-paper h2", ".cwp-facts dt", ".cwp-similar a", ".cwp-paper pre code"):
        assert contrast(page, f"#cw-browse {place}") >= 4.5, place


def test_the_head_of_the_table_stays_in_view(page: Page) -> None:
    page.get_by_label("Select Paper 045 on herons").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Title")).to_be_in_viewport()
