"""axe-core finds no serious violation on any tab: light and dark, wide and on a phone.

axe-core comes with a package from PyPI; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.real_library import SLOW_MS, serve_library
from tests.browser.tabs import open_tab
from tests.browser.test_accessibility import serious
from tests.browser.visits import PHONE, Visit
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Script

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROSE = "Frogs fall silent when a heron lands [1]. Herons wear hats [1]. All of this is old news [9]."
PAPERS = [
    {
        "title": f"Notes on {topic}, part {number}",
        "abstract": f"{text} This was seen {number} times, and $n^2$ is more.",
        "authors": ["Ada Quill", "Ben Ode"],
        "year": 2010 + number,
        "url": "https://example.org/notes",
    }
    for number in range(6)
    for topic, text in (
        ("frogs", "Frogs sing at dusk in the pond. The frogs fall silent when a heron lands."),
        ("bread", "Rye dough rises slowly. Warm water helps the yeast of rye bread."),
    )
]
SCREENS = [
    pytest.param({"color_scheme": color, **size}, id=f"{color}-{name}")
    for color in ("light", "dark")
    for name, size in (("wide", {}), ("phone", {"viewport": PHONE}))
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with OllamaDouble(Script(text=PROSE)) as ollama:
        yield from serve_library(tmp_path_factory.mktemp("home"), PAPERS, "notes", ollama.url)


@pytest.mark.parametrize("visit", SCREENS, indirect=True)
def test_no_tab_has_a_serious_violation(visit: Visit) -> None:
    page = visit.page
    assert serious(page) == [], "an empty conversation"
    visit.ask("When do frogs fall silent?")
    expect(page.locator(".cw-exchange[data-state=done]")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator(".cw-invented")).to_be_visible()
    assert serious(page) == [], "an answer"
    open_tab(page, "Papers")
    page.get_by_label("Select Notes on bread, part 1").check()
    assert serious(page) == [], "the list of papers"
    page.get_by_role("link", name="Notes on frogs, part 1").click()
    expect(page.locator(".cwp-similar li").first).to_be_visible(timeout=SLOW_MS)
    assert serious(page) == [], "a paper"
    open_tab(page, "Map")
    page.locator(".cw-region summary").first.click()
    page.wait_for_timeout(300)  # for the points to change their colour
    assert serious(page) == [], "the map"
    open_tab(page, "Library")
    page.get_by_role("button", name="Examine").click()
    expect(page.locator(".cw-findings li").first).to_be_visible(timeout=SLOW_MS)
    assert serious(page) == [], "the library"
    open_tab(page, "Models")
    expect(page.locator("table.cw-models")).to_be_visible()
    assert serious(page) == [], "the models"
    open_tab(page, "Evaluate")
    assert serious(page) == [], "the evaluation"


@pytest.mark.parametrize("visit", SCREENS, indirect=True)
def test_neither_has_the_form_to_sign_in(visit: Visit, address: str) -> None:
    visit.page.goto(f"{address}/sign-in")
    expect(visit.page.get_by_label("Password")).to_be_visible()
    assert serious(visit.page) == []
    visit.complaints.clear()  # the chat was left while the server spoke to it
