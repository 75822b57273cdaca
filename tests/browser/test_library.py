"""The Library tab in Chromium, with real uploads, a real worker process and two users."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.real_library import SLOW_MS, serve_library, write_papers
from tests.browser.tabs import open_tab
from tests.browser.visits import PHONE, Visit, open_page

pytestmark = pytest.mark.browser

FROGS = {
    "title": "Frogs of the pond",
    "abstract": "Frogs sing at dusk. They fall silent when a heron lands.",
    "year": 1990,
}
BREAD = {
    "title": "Rye bread",
    "abstract": "Rye dough rises slowly. The crust of rye bread gains from steam.",
    "year": 2001,
}
HOSTILE = '"><img src=x onerror="document.title = 1">'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    yield from serve_library(home, [FROGS], "ponds")


@pytest.fixture
def page(visit: Visit) -> Page:
    return opened(visit.page)


def opened(page: Page) -> Page:
    page.get_by_role("tab", name="Library").click()
    expect(page.locator("#cw-contents")).to_contain_text("Collections")
    return page


def upload(page: Page, *files: Path, collection: str = "") -> None:
    page.locator("#cw-files input[type=file]").set_input_files(files)
    for file in files:
        expect(page.locator("#cw-files")).to_contain_text(file.stem[:12])
    page.get_by_label("Collection (optional)").fill(collection)
    page.get_by_role("button", name="Add to the library").click()


def ended(page: Page, state: str = "done") -> None:
    expect(page.locator(f".cw-run[data-state={state}]")).to_be_visible(timeout=SLOW_MS)


def test_files_are_read_and_answered_from_without_a_restart(
    page: Page, visit: Visit, home: Path, tmp_path: Path
) -> None:
    good = write_papers(tmp_path / "good.jsonl", [BREAD, {"title": "No abstract here"}])
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    upload(page, good, bad, collection=HOSTILE)
    ended(page)
    board = page.locator("#cw-run")
    expect(board).to_contain_text("1 added, 1 rejected")
    expect(board).to_contain_text("good.jsonl:2: a title with no abstract")
    expect(board).to_contain_text("bad.csv:1:")
    expect(page.locator("#cw-contents")).to_contain_text(HOSTILE)
    expect(page.locator("#cw-header")).to_contain_text("2 papers")
    kept = [path.name for path in (home / "uploads").rglob("*") if path.is_file()]
    assert kept == ["good.jsonl"], "of the file that failed nothing is left"
    page.get_by_role("tab", name="Chat").click()
    visit.ask("What does the crust of rye bread gain from?")
    expect(page.locator(".cw-answer")).to_contain_text("steam", timeout=SLOW_MS)
    assert page.title() == "Citewell"


@pytest.mark.slow
def test_an_edited_file_takes_the_place_of_the_one_before(page: Page, tmp_path: Path) -> None:
    wheels = [{"title": f"Wheel {n}", "abstract": f"Wheel {n} turns. It has {n} spokes."} for n in range(3)]
    file = write_papers(tmp_path / "wheels.jsonl", wheels)
    upload(page, file)
    ended(page)
    expect(page.locator("#cw-run")).to_contain_text("3 added")
    write_papers(file, [wheels[0], wheels[1] | {"abstract": "Wheel 1 is broken."}])
    upload(page, file)
    expect(page.locator("#cw-run")).to_contain_text("1 updated, 1 unchanged; new edition", timeout=SLOW_MS)
    ended(page)
    offer = page.get_by_role("group", name="1 paper is no longer in the file")
    expect(offer).to_contain_text("Wheel 2")
    offer.get_by_role("button", name="Remove it").click()
    undo = page.locator("#cw-run").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.click()
    expect(offer).to_be_visible()
    offer.get_by_role("button", name="Keep it").click()
    expect(page.locator("#cw-run")).to_contain_text("They stay in the library.")


def test_the_other_tabs_show_what_was_read_since_they_were_last_seen(page: Page, tmp_path: Path) -> None:
    open_tab(page, "Papers")
    expect(page.locator(".cwp-count")).to_be_visible()
    open_tab(page, "Library")
    scones = {"title": "A scone", "abstract": "Scones want cold butter. They are baked for twelve minutes."}
    upload(page, write_papers(tmp_path / "scones.jsonl", [scones]), collection="bakery")
    expect(page.locator("#cw-run")).to_contain_text("scones.jsonl")
    ended(page)
    expect(page.locator("#cw-contents")).to_contain_text("bakery")
    holds = page.locator("#cw-contents .cw-figures b").first.inner_text()
    open_tab(page, "Papers")
    expect(page.locator(".cwp-count")).to_have_text(f"{holds} papers")
    expect(page.get_by_role("link", name="A scone")).to_be_visible()
    page.locator(".cwp select[name=collection]").select_option("bakery")
    expect(page.locator(".cwp-count")).to_have_text("1 paper")
    open_tab(page, "Chat")
    expect(page.locator(".cw-scope-open")).to_have_text(f"Whole library · {holds} papers")
    expect(page.locator(".cw-examples")).to_contain_text("A scone")
    open_tab(page, "Papers")
    expect(page.locator(".cwp select[name=collection]")).to_have_value("bakery")
    expect(page.locator(".cwp-count")).to_have_text("1 paper")


def test_a_file_that_is_refused_keeps_no_other_out_and_the_header_counts_wherever_one_is(
    page: Page, tmp_path: Path
) -> None:
    before = page.locator("#cw-contents .cw-figures b").first.inner_text()
    empty = tmp_path / "nothing.jsonl"
    empty.touch()
    mats = {"title": "A rush mat", "abstract": "Rush mats are woven damp. They dry in a week."}
    upload(page, empty, write_papers(tmp_path / "mats.jsonl", [mats]))
    expect(page.get_by_role("alert").filter(has_text="nothing.jsonl is empty.")).to_be_visible()
    expect(page.locator("#cw-run")).to_contain_text("mats.jsonl")
    open_tab(page, "Chat")
    expect(page.locator("#cw-header")).to_contain_text(f"{int(before) + 1} papers", timeout=SLOW_MS)


def test_without_files_it_says_what_to_do(page: Page) -> None:
    page.get_by_role("button", name="Add to the library").click()
    expect(page.get_by_role("alert").filter(has_text="Choose files first")).to_be_visible()


@pytest.mark.slow
def test_another_user_sees_the_run_and_it_can_be_stopped_and_completed(
    page: Page, browser: Browser, address: str, tmp_path: Path
) -> None:
    many = [
        {
            "title": f"Gears {n}",
            "abstract": " ".join(f"Gear {n} turns wheel {k} of the mill slowly." for k in range(30)),
        }
        for n in range(900)
    ]
    context = browser.new_context()
    other = opened(open_page(context.new_page(), address).page)
    upload(page, write_papers(tmp_path / "gears.jsonl", many))
    expect(other.locator(".cw-run progress")).to_be_visible(timeout=SLOW_MS)
    expect(other.locator("#cw-run")).to_contain_text("gears.jsonl")
    expect(other.get_by_role("button", name="Complete or repair")).to_be_disabled()
    expect(page.locator("#cw-run")).to_contain_text("Indexing", timeout=SLOW_MS)
    other.get_by_role("button", name="Stop").click()
    ended(page, "stopped")
    expect(page.locator("#cw-contents")).to_contain_text("wait to be indexed")
    context.close()
    # What was there before answers as before.
    page.get_by_role("tab", name="Chat").click()
    page.get_by_label("Your question").fill("When do frogs fall silent?")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-answer").last).to_contain_text("heron", timeout=SLOW_MS)
    opened(page).get_by_role("button", name="Complete or repair").click()
    expect(page.locator(".cw-run progress")).to_be_visible(timeout=SLOW_MS)
    ended(page)
    expect(page.locator("#cw-contents")).not_to_contain_text("wait to be indexed")


def test_a_collection_is_renamed_and_its_name_removed(page: Page) -> None:
    page.locator("#cw-contents summary", has_text="ponds").click()
    page.get_by_label("New name of ponds").fill("wet places")
    page.keyboard.press("Enter")
    expect(page.locator("#cw-managed")).to_contain_text("“ponds” is now “wet places” (1 paper).")
    page.locator("#cw-contents summary", has_text="wet places").click()
    page.get_by_role("button", name="Take the name wet places off its papers").click()
    expect(page.locator("#cw-managed")).to_contain_text("1 paper taken out of “wet places”, and still in the library.")
    expect(page.locator("#cw-contents summary", has_text="wet places")).to_have_count(0)


def test_the_library_is_examined(page: Page) -> None:
    page.get_by_role("button", name="Examine").click()
    expect(page.locator(".cw-findings li")).to_have_count(6, timeout=SLOW_MS)
    expect(page.locator(".cw-broken")).to_have_count(0)
    expect(page.locator("#cw-disk")).to_contain_text(re.compile(r"Vectors\s*\d"))


def test_it_fits_a_phone(visit: Visit) -> None:
    visit.page.set_viewport_size(PHONE)
    visit.page.get_by_role("button", name="More tabs").click()
    visit.page.locator(".overflow-dropdown button", has_text="Library").click()
    expect(visit.page.locator("#cw-add")).to_be_visible()
    assert not visit.scrolls_sideways()
