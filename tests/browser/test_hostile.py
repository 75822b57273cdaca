"""Papers, questions and names that want to be more than text, on every tab and in every file: they stay text.

Each payload would open a dialog, change the page's title, ask another host or leave an element with ``data-evil``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, expect

from rag.client import Client
from tests.browser.real_library import SLOW_MS, serve_library
from tests.browser.tabs import TABS, open_tab
from tests.browser.visits import DESKTOP, PHONE, Visit
from ui.exports import export

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVIL = "https://evil.invalid"
IMAGE = f"<img data-evil src={EVIL}/i.png onerror=\"alert(1);document.title='taken'\">"
PAYLOADS = {
    "script": f"<script data-evil src={EVIL}/s.js>alert(1)</script><script>document.title='taken'</script>",
    "image": f"\"'>{IMAGE}",
    "escaped": f"&lt;img data-evil src=x onerror=alert(1)&gt; &amp;lt;b&amp;gt; {IMAGE}",
    "svg": "<svg data-evil onload=alert(1)><animate onbegin=alert(1)></svg><style data-evil>*{display:none}</style>",
    "closing": f"</textarea></title></script></style></template></iframe>--> {IMAGE}",
    "markdown": f"![kite]({EVIL}/k.png) [kite](javascript:alert(1)) <javascript:alert(1)> [kite]: {EVIL}/r",
    "template": "${alert(1)} {{alert(1)}} {% alert(1) %} #{alert(1)} `${document.title='taken'}`",
    "formula": r"$\href{javascript:alert(1)}{kite}$ \(\class{x}{<img data-evil src=x onerror=alert(1)>}\)",
    "cell": f'=HYPERLINK("{EVIL}","kite") @SUM(1) +1-1',
    "turned": "kite \u202egnirts detrever\u202c \u2066\u200b\ufeffzero\u200bwidth",
    "long": "Kitekitekite" * 80,
}
COLLECTION = f"kites {IMAGE}"
WATCH = """
  document.addEventListener("securitypolicyviolation", (event) => {
    (window.broken ??= []).push(`${event.violatedDirective} ${event.blockedURI}`);
  });
"""


def papers() -> Iterator[dict[str, object]]:
    for number, (name, payload) in enumerate(PAYLOADS.items()):
        yield {
            "title": f"{payload} on {name} kites",
            "abstract": f"The {name} kite flies {number + 20} metres high. {payload} Its tail weighs {number} grams.",
            "authors": [f"{payload[:300]} Ode", IMAGE],
            "year": 2000 + number,
            "url": ("javascript:alert(1)", "data:text/html,<script>alert(1)</script>", f"{EVIL}/'onclick=alert(1)")[
                number % 3
            ],
            "categories": [IMAGE],
            "venue": IMAGE,
        }


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_library(tmp_path_factory.mktemp("home"), list(papers()), COLLECTION)


@pytest.fixture
def page(visit: Visit) -> Iterator[Page]:
    dialogs: list[str] = []
    visit.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visit.page.add_init_script(WATCH)
    visit.page.evaluate(WATCH)
    yield visit.page
    assert dialogs == []


def harmless(page: Page, where: str) -> None:
    """Hold that nothing of the payloads became markup, and that nothing of the page is gone."""
    assert page.locator("[data-evil]").count() == 0, where
    assert page.locator("a[href^='javascript' i], a[href^='data:' i], [onerror], [onclick], [onload]").count() == 0, (
        where
    )
    assert page.evaluate("window.broken ?? []") == [], where
    assert page.title() == "Citewell", where
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{where} scrolls sideways"


def answered(visit: Visit, count: int) -> None:
    expect(visit.page.locator(".cw-exchange[data-state=done]")).to_have_count(count, timeout=SLOW_MS)


@pytest.mark.parametrize("visit", [{"viewport": DESKTOP}, {"viewport": PHONE}], indirect=True, ids=["wide", "phone"])
def test_every_tab_shows_them_as_text(visit: Visit, page: Page) -> None:
    for name in TABS:
        open_tab(page, name)
        harmless(page, name)
    open_tab(page, "Library")
    expect(page.locator("#cw-contents")).to_contain_text(IMAGE)
    open_tab(page, "Map")
    expect(page.locator(".cw-map-outline")).to_contain_text("<svg data-evil onload=alert(1)>")
    page.evaluate("document.querySelectorAll('.cw-region').forEach((region) => (region.open = true))")
    harmless(page, "the regions")


def test_an_answer_its_tooltip_its_sources_and_the_list_of_conversations(visit: Visit, page: Page) -> None:
    for count, name in enumerate(PAYLOADS, 1):
        visit.ask(f"How high does the {name} kite fly? {PAYLOADS[name][:200]}")
        answered(visit, count)
        if page.locator("a.cw-marker").count():
            page.locator("a.cw-marker").last.focus()
            expect(page.get_by_role("tooltip")).to_be_visible()
        harmless(page, name)
    assert page.locator("a.cw-marker").count() > len(PAYLOADS) / 2, "most of them were answered"
    expect(visit.conversations().first).to_contain_text("How high does the script kite fly?")
    page.get_by_text("Also found").first.click()
    page.get_by_role("button", name="Whole library").click()
    harmless(page, "the choice of papers")
    visit.reload()
    answered(visit, len(PAYLOADS))
    harmless(page, "after a reload")
    visit.complaints.clear()  # the page was left while the server spoke to it


def test_a_title_beside_the_pointer_on_the_map(page: Page) -> None:
    open_tab(page, "Map")
    for point in page.locator(".cw-map-plot .scatterlayer .trace").first.locator("path.point").all():
        box = point.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y)
        expect(page.locator(".cw-map-plot .hovertext")).not_to_be_empty()
        assert page.locator(".hovertext a").count() == 0
        harmless(page, "the map")


def test_the_list_and_the_page_of_each_paper(page: Page) -> None:
    open_tab(page, "Papers")
    rows = page.locator(".cwp-table tbody th a")
    expect(rows).to_have_count(len(PAYLOADS))
    for number in range(len(PAYLOADS)):
        rows.nth(number).click()
        expect(page.locator(".cwp-similar li").first).to_be_visible(timeout=SLOW_MS)
        harmless(page, f"paper {number}")
        page.get_by_role("button", name="All papers").click()
        expect(rows).to_have_count(len(PAYLOADS))
    page.get_by_label("Search papers").fill(f"kite {IMAGE}")
    expect(page.locator(".cwp-count")).to_contain_text("best matches")
    page.get_by_label("Select all papers on this page").check()
    page.get_by_role("button", name="Ask only these").click()
    expect(page.get_by_role("group", name="Papers to talk to")).to_contain_text("kites")
    harmless(page, "the chosen papers")


def test_a_paper_whose_letters_are_turned_round_turns_nothing_else(page: Page) -> None:
    open_tab(page, "Papers")
    page.get_by_role("link", name="on turned kites").click()
    shown = page.locator(".cwp-paper").inner_text()
    assert "kite gnirts detrever zerowidth" in shown
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_an_answer_in_a_file_and_in_a_notebook(browser: Browser, address: str) -> None:
    with Client(address) as client:
        answers = [client.ask(f"How high does the {name} kite fly?") for name in PAYLOADS]
    assert sum(not answer.abstained for answer in answers) > len(answers) / 2
    marked = MarkdownIt("commonmark", {"html": True})
    written = export("markdown", IMAGE, answers)[1].decode()
    documents = [
        export("html", IMAGE, answers)[1].decode(),
        marked.render(written),
        *(answer._repr_html_() for answer in answers),
        *(marked.render(answer._repr_markdown_()) for answer in answers),
    ]
    with browser.new_context() as context:
        page, asked, dialogs = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for document in documents:
            page.set_content(document)
            assert page.locator("[data-evil], [onerror], [onload], [onclick], img").count() == 0
            assert page.locator("a[href^='javascript' i], a[href^='data:' i]").count() == 0
            assert page.title() != "taken"
    assert (asked, dialogs) == ([], [])
