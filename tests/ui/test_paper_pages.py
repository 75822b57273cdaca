"""The list of papers and the page of one, as markup: what they say, and that no paper's text becomes markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from index_store.records import Record
from index_store.types import Paper, Scope, Source
from tests.ui.fake_assistant import HITS, PAPERS
from ui.paper_list import PAGE, Wanted, browser_html, list_html
from ui.paper_page import gone_html, paper_html
from ui.paper_sources import source_key

ADDERS, OUTLIERS, HOSTILE = PAPERS
ALLOWED = set(
    "div form input label select option span b button p table caption thead tbody tr th td a nav article h2 h3 section"
    " dl dt dd br ol ul li details summary header pre code em math mrow mi mn mo mtext msup msub mstyle".split()
)


class Read(HTMLParser):
    """The tags of a piece of markup with their attributes, and its text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(markup)
        assert self._open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"input", "br"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


def assert_harmless(markup: str) -> Read:
    read = Read(markup)
    for tag, attrs in read.tags:
        assert tag in ALLOWED, tag
        assert not [name for name in attrs if name.startswith("on") or name in {"src", "style", "srcdoc"}]
        address = attrs.get("href")
        assert address is None or address.startswith(("http://", "https://", "?paper="))
    return read


def rows_of(wanted: Wanted, *papers: Paper, total: int | None = None, snippets: dict[str, str] | None = None) -> Read:
    return assert_harmless(list_html(wanted, papers, len(papers) if total is None else total, snippets or {}))


def test_every_control_has_a_name() -> None:
    for markup in (browser_html(), list_html(Wanted(page=2), PAPERS, 200, {}), paper_html(ADDERS, HITS[1:])):
        read = Read(markup)
        named = {"Search papers", "From year", "To year", "File format"}
        for tag in ("input", "select"):
            for attrs in read.all(tag):
                label = attrs.get("aria-label") or ""
                assert label in named or label.startswith("Select ") or attrs.get("name") in {"order", "collection"}


def test_a_row_says_what_is_known() -> None:
    read = rows_of(Wanted(order="title"), ADDERS, OUTLIERS, HOSTILE)
    assert "3 papers" in read.text
    assert "-Adders: Whole Numbers Are Enough for Frugal Inference" in read.text
    assert "Ada Quill et al." in read.text
    assert "efficiency" in read.text
    links = [attrs for attrs in read.all("a") if attrs.get("data-do") == "open"]
    assert [attrs["href"] for attrs in links] == ["?paper=p1", "?paper=p2", "?paper=p3"]
    assert "<script>alert(1)</script> [x](javascript:alert(2))" in read.text


def test_ids_are_quoted_in_addresses_and_attributes() -> None:
    odd = replace(ADDERS, id='doi:10.1/a?b=c&d"><script>')
    (link,) = [attrs for attrs in rows_of(Wanted(), odd).all("a") if attrs.get("data-do") == "open"]
    assert link["href"] == "?paper=doi%3A10.1%2Fa%3Fb%3Dc%26d%22%3E%3Cscript%3E"
    assert link["data-paper"] == odd.id


def test_columns_are_shown_where_a_paper_of_the_page_has_something() -> None:
    def columns(*papers: Paper) -> list[str | None]:
        return [attrs.get("data-column") for attrs in rows_of(Wanted(), *papers).all("th") if "data-column" in attrs]

    assert columns(ADDERS, HOSTILE) == ["title", "authors", "year", "collections"]
    assert columns(OUTLIERS) == ["title", "authors", "year"]
    assert columns(HOSTILE) == ["title"]


@pytest.mark.parametrize(
    ("wanted", "column", "state", "following"),
    [
        (Wanted(), "title", "ascending", "title"),  # without a text there is no best match
        (Wanted("x"), "title", "none", "title"),
        (Wanted(order="title"), "year", "none", "newest"),
        (Wanted(order="newest"), "year", "descending", "oldest"),
        (Wanted(order="oldest"), "year", "ascending", "newest"),
        (Wanted(order="author"), "authors", "ascending", "author"),
    ],
)
def test_the_head_says_the_order_and_turns_it(wanted: Wanted, column: str, state: str, following: str) -> None:
    read = rows_of(wanted, ADDERS)
    (head,) = [attrs for attrs in read.all("th") if attrs.get("data-column") == column]
    assert head["aria-sort"] == state
    orders = [attrs["data-order"] for attrs in read.all("button") if attrs.get("data-do") == "sort"]
    assert orders[["title", "authors", "year"].index(column)] == following


@pytest.mark.parametrize(
    ("wanted", "total", "said"),
    [
        (Wanted(), 1, "1 paper"),
        (Wanted(), 1234, "1,234 papers"),
        (Wanted(" <b>x "), 3, "The 3 best matches for “<b>x”"),
        (Wanted("x"), 0, "Nothing here matches “x”."),
        (Wanted("x", "title"), 2, "2 papers with “x” in title or authors"),
        (Wanted("x", "title"), 0, "No title and no author has “x”."),
        (Wanted(scope=Scope(first_year=1900, last_year=1901)), 0, "No paper lies inside these filters."),
    ],
)
def test_the_count_says_what_was_looked_for(wanted: Wanted, total: int, said: str) -> None:
    assert Read(list_html(wanted, [ADDERS] if total else [], total, {})).text.startswith(said)


def test_nothing_found_and_an_empty_library_show_the_way_on() -> None:
    assert "Show all papers" in list_html(Wanted("x"), (), 0, {})
    assert "The library is empty." in list_html(Wanted(), (), 0, {}, is_empty=True)


def test_a_snippet_is_cut_at_a_word() -> None:
    read = rows_of(Wanted("x"), ADDERS, snippets={"p1": "word " * 60})
    assert "word word …" in read.text
    assert "wor …" not in read.text


def test_the_pager_leads_to_the_other_pages() -> None:
    def turns(page: int, total: int) -> list[tuple[str | None, bool]]:
        read = rows_of(Wanted(page=page), ADDERS, total=total)
        return [(b["data-page"], "disabled" in b) for b in read.all("button") if b.get("data-do") == "page"]

    assert turns(1, PAGE) == []
    assert turns(1, PAGE + 1) == [("1", True), ("0", True), ("2", False), ("2", False)]
    assert turns(3, 5 * PAGE) == [("1", False), ("2", False), ("4", False), ("5", False)]
    assert turns(5, 5 * PAGE) == [("1", False), ("4", False), ("6", True), ("5", True)]
    assert "Page 3 of 5" in rows_of(Wanted(page=3), ADDERS, total=5 * PAGE).text


def test_a_papers_page_has_all_that_is_known_of_it() -> None:
    full = replace(ADDERS, doi="10.1/x", arxiv_id="2101.00001", categories=("cs.LG",), note="A note")
    read = assert_harmless(paper_html(full, HITS[1:]))
    for words in ("Ada Quill, Ben Ode, Cleo Ritt, Dan Stave · 2021", "saves 90% of the energy", "cs.LG", "10.1/x"):
        assert words in read.text
    assert "listing.txt, line 12" in read.text
    assert "second.txt, line 40" in read.text
    assert "private" not in read.text  # of the files the names, never their folders
    assert "Where Additions Fail: A Study of Outliers in Integer Networks" in read.text
    assert "@misc{quill2021adders," in read.text
    assert "abstract =" not in read.text
    (link,) = [attrs for attrs in read.all("a") if attrs.get("target") == "_blank"]
    assert link["href"] == "https://example.org/adders?a=1&b=2"
    assert link["rel"] == "noopener noreferrer"
    assert "Read at example.org" in read.text


def test_a_hostile_paper_stays_text_on_its_page() -> None:
    read = assert_harmless(paper_html(replace(HOSTILE, categories=("<u>",), doi='"><b>', authors=("<i>A",)), ()))
    assert "<img src=x onerror=alert(3)>" in read.text
    assert '"><svg onload=alert(5)>.txt' in read.text
    assert "Read at" not in read.text  # its address was a script


def test_a_bare_paper_has_a_page() -> None:
    read = assert_harmless(paper_html(Paper("x", "", ""), ()))
    assert "Without a title" in read.text
    assert "There is no abstract." in read.text
    assert "Similar papers" not in read.text


def test_many_sources_are_counted() -> None:
    many = replace(ADDERS, sources=tuple(Source(f"/f/{n}.txt", n) for n in range(1, 15)))
    text = assert_harmless(paper_html(many, ())).text
    assert "10.txt, line 10" in text
    assert "11.txt" not in text
    assert "and 4 more" in text


def test_a_paper_that_is_gone_says_so() -> None:
    assert "There is no such paper" in assert_harmless(gone_html()).text


def record(paper: Paper, path: str, line: int = 1, local_id: str = "") -> Record:
    return Record(1, path, local_id, line, paper)


def test_a_paper_of_one_source_cannot_be_taken_apart() -> None:
    assert "cwp-parting" not in paper_html(ADDERS, (), [record(ADDERS, "/a.bib")])


def test_what_two_sources_say_stands_side_by_side() -> None:
    read = assert_harmless(
        paper_html(ADDERS, (), [record(ADDERS, "/secret/a.bib", 3), record(HOSTILE, "C:\\x\\b.csv")])
    )
    assert "Made of 2 sources. Not one paper?" in read.text
    assert "a.bib, line 3" in read.text
    assert "secret" not in read.text
    assert "b.csv, line 1" in read.text
    assert "<script>alert(1)</script>" in read.text, "as text"
    assert [attrs["data-do"] for attrs in read.all("button") if str(attrs.get("data-do")).startswith("part")] == [
        "part"
    ]
    assert read.all("input") == []


def test_of_three_sources_some_can_leave() -> None:
    records = [record(ADDERS, "/a.bib"), record(OUTLIERS, "/b.bib"), record(ADDERS, "/b.bib", 9, "x")]
    read = assert_harmless(paper_html(ADDERS, (), records))
    boxes = [attrs["value"] for attrs in read.all("input") if attrs.get("data-do") == "leaving"]
    assert boxes == [source_key(each) for each in records]
    assert len(set(boxes)) == 3
    acts = [attrs["data-do"] for attrs in read.all("button") if str(attrs.get("data-do")).startswith("part")]
    assert acts == ["part", "part-all"]
