"""The Map tab in Chromium: drawn in the background, hovered, clicked, filtered, lit up; as a list for the keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.real_library import SLOW_MS, serve_library
from tests.browser.visits import PHONE, Visit

pytestmark = pytest.mark.browser

HOSTILE = "<script>document.title = 1</script> <img src=x onerror='document.title = 2'> frogs"
TOPICS = {
    "frogs": "Frogs sing at dusk in the pond. The frogs of the pond fall silent when a heron lands near pond {n}.",
    "bread": "Rye bread dough rises slowly. Warm water helps the yeast of rye bread, as baker {n} found with steam.",
    "stars": "Faint stars need long exposures. A cooled camera of a telescope lowers the noise of stars in field {n}.",
}


def papers() -> Iterator[dict[str, object]]:
    for n in range(12):
        for topic, text in TOPICS.items():
            yield {"title": f"Notes on {topic}, part {n}", "abstract": text.format(n=n), "year": 2010 + n % 4}
    yield {"title": HOSTILE, "abstract": TOPICS["frogs"].format(n=99), "year": 2014}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_library(tmp_path_factory.mktemp("home"), list(papers()), "notes")


def open_map(page: Page) -> None:
    page.get_by_role("tab", name="Map").click()
    expect(page.locator(".cw-map")).to_have_attribute("data-state", "ready", timeout=SLOW_MS)


@pytest.fixture
def page(visit: Visit) -> Page:
    open_map(visit.page)
    return visit.page


def points(page: Page) -> int:
    return page.locator(".cw-map-plot .scatterlayer .trace").first.locator("path.point").count()


def hover(page: Page, number: int) -> str:
    """Put the pointer on a paper; gives the words beside it."""
    point = page.locator(".cw-map-plot .scatterlayer .trace").first.locator("path.point").nth(number)
    box = point.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    expect(page.locator(".cw-map-plot .hovertext")).to_be_visible()
    return page.locator(".cw-map-plot .hovertext").text_content() or ""


def bright(page: Page) -> int:
    """Count the papers that are not pale."""
    return page.evaluate(
        "[...document.querySelectorAll('.cw-map-plot .trace:first-child path.point')]"
        ".filter((point) => Number(getComputedStyle(point).opacity) > 0.5).length"
    )


def test_every_paper_is_a_point_and_the_regions_have_names(page: Page) -> None:
    assert points(page) == 37
    names = " ".join(page.locator(".cw-map-plot .annotation").all_text_contents())
    assert all(topic in names for topic in ("frogs", "bread", "stars"))


def test_the_pointer_shows_a_title_and_a_click_opens_the_paper(page: Page) -> None:
    title = hover(page, 5)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_role("tab", name="Papers")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name=title[:18])).to_be_visible()


def test_the_list_of_regions_does_the_same_without_a_pointer(page: Page) -> None:
    region = page.locator(".cw-region").first
    region.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(region.get_by_role("listitem").first).to_be_visible()
    count = int(region.locator("summary b").inner_text().split()[0])
    expect(region.get_by_role("listitem")).to_have_count(count)
    page.wait_for_timeout(300)
    assert bright(page) == count
    title = region.get_by_role("listitem").first.get_by_role("button").inner_text()
    region.get_by_role("listitem").first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Papers")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name=title[:18])).to_be_visible()


def test_a_region_becomes_the_scope_of_the_chat(page: Page) -> None:
    page.locator(".cw-region summary").first.click()
    page.get_by_role("button", name="Ask only these papers").click()
    expect(page.get_by_role("tab", name="Chat")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("group", name="Papers to talk to")).to_contain_text("Only these:")


def test_years_and_titles_choose_papers(page: Page) -> None:
    page.get_by_label("Year", exact=True).select_option("2014")
    expect(page.locator(".cw-map-note")).to_have_text("1 paper chosen.")
    assert bright(page) == 1
    page.get_by_label("Year", exact=True).select_option("")
    page.get_by_label("Find a title on the map").fill("BREAD")
    expect(page.locator(".cw-map-note")).to_have_text("12 papers chosen.")
    page.get_by_label("Find a title on the map").fill("")
    expect(page.locator(".cw-map-note")).to_be_empty()
    assert bright(page) == 37


def test_there_is_a_bar_for_each_year(page: Page) -> None:
    expect(page.locator(".cw-map-bars .bars path")).to_have_count(5)
    box = page.locator(".cw-map-bars .bars path").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    expect(page.locator(".cw-map-bars .hovertext")).to_be_visible()
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_label("Year", exact=True)).to_have_value("2010")
    expect(page.locator(".cw-map-note")).to_have_text("9 papers chosen.")


def test_the_papers_of_the_last_answer_are_ringed(visit: Visit) -> None:
    page = visit.page
    visit.ask("When do the frogs of the pond fall silent?")
    expect(page.locator("a.cw-marker").first).to_be_visible(timeout=SLOW_MS)
    open_map(page)
    expect(page.locator(".cw-map-note")).to_have_text(re.compile("of the last answer (is|are) ringed"))
    rings = page.locator(".cw-map-plot .scatterlayer .trace").nth(1).locator("path.point")
    assert rings.count() >= 1


def test_zoom_and_back(page: Page) -> None:
    before = page.evaluate("document.querySelector('.cw-map-plot').layout.xaxis.range")
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function(
        "(() => { const [a, b] = document.querySelector('.cw-map-plot').layout.xaxis.range; return b - a < 0.8 })()"
    )
    page.get_by_role("button", name="Whole map").click()
    page.wait_for_function("document.querySelector('.cw-map-plot').layout.xaxis.range[0] < 0")
    assert page.evaluate("document.querySelector('.cw-map-plot').layout.xaxis.range") == pytest.approx(before)


def test_no_name_lies_on_another(page: Page) -> None:
    """Drawing again, for whatever reason, makes the names anew."""
    seen = "[...document.querySelectorAll('.cw-map .annotation')].filter((name) => name.style.visibility !== 'hidden')"
    every = page.locator(".cw-map .annotation").count()
    for _ in range(6):
        page.get_by_role("button", name="Zoom out").click()
    page.wait_for_function(f"{seen}.length < {every}")
    page.evaluate("Plotly.redraw(document.querySelector('.cw-map-plot'))")
    page.wait_for_function(f"{seen}.length < {every}")


def test_a_hostile_title_is_text(page: Page) -> None:
    page.get_by_label("Year", exact=True).select_option("2014")
    number = page.evaluate("document.querySelector('.cw-map-plot').data[0].selectedpoints[0]")
    assert hover(page, number).startswith("<script>document.title = 1</script>")
    assert page.locator(".cw-map-outline button", has_text="onerror").count() == 1
    assert page.title() == "Citewell"
    assert page.locator(".cw-map img, .cw-map script").count() == 0


@pytest.mark.parametrize("visit", [{"color_scheme": "dark"}, {"viewport": PHONE}], indirect=True)
def test_it_fits_phones_and_the_dark(visit: Visit) -> None:
    open_map(visit.page)
    assert not visit.scrolls_sideways()
    dark = visit.page.evaluate("document.body.classList.contains('dark')")
    ink = visit.page.evaluate("document.querySelector('.cw-map-plot').layout.font.color")
    assert ink == ("#e6eae9" if dark else "#1e2528")
    footer, sheet = visit.page.locator("#cw-footer").bounding_box(), visit.page.locator(".cw-map").bounding_box()
    assert footer is not None
    assert sheet is not None
    assert footer["y"] >= sheet["y"] + sheet["height"] - 1, "nothing lies under the footer"
