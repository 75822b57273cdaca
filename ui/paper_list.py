"""The list of papers as safe HTML: the controls above it, a page of the table, the way to the other pages.

Pure: papers in, markup out.  What the buttons do is told by ``assets/papers.js``; they name it in ``data-do``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import quote

from index_store.browsing import Order
from index_store.counting import counted
from index_store.types import WHOLE_LIBRARY, Paper, Scope
from ui.cards import short_authors
from ui.display import beginning, display_text
from ui.formulas import readable_html
from ui.references import PAPER_FORMATS

PAGE = 50  # papers a page
UNTITLED = "Without a title"
BEST = 100  # papers that a search for the best matches gives

Listing = Literal["best"] | Order
_LISTINGS: dict[Listing, str] = {
    "best": "Best match",
    "title": "Title",
    "author": "First author",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "added": "Newly added",
}
_SNIPPET_CHARS = 180


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list shall show: ``page`` counts from 1.

    ``text`` is searched by meaning where the order is ``best``; else it must occur in title or authors.
    """

    text: str = ""
    order: Listing = "best"
    scope: Scope = WHOLE_LIBRARY
    page: int = 1

    @property
    def sorted_by(self) -> Order | None:
        """The order of the list; None where a search decides.  Without a text there is no best match."""
        if self.order == "best":
            return None if self.text.strip() else "title"
        return self.order


def browser_html() -> str:
    """Give the whole of the tab, still empty: the controls, the place of the list, the place of one paper."""
    orders = "".join(f'<option value="{name}">{label}</option>' for name, label in _LISTINGS.items())
    formats = "".join(f'<option value="{each.name}">{each.label}</option>' for each in PAPER_FORMATS)
    return (
        '<div class="cwp" id="cw-browse"><div class="cwp-all">'
        '<form class="cwp-controls" role="search" aria-label="Papers" autocomplete="off">'
        '<input type="search" name="text" maxlength="400" aria-label="Search papers" placeholder="Search papers…">'
        f'<label>Sort <select name="order">{orders}</select></label>'
        '<label>Collection <select name="collection"><option value="">All</option></select></label>'
        '<span class="cwp-years" role="group" aria-label="Years">Years '
        '<input type="number" name="first" min="0" max="9999" aria-label="From year" placeholder="from"> – '
        '<input type="number" name="last" min="0" max="9999" aria-label="To year" placeholder="to"></span></form>'
        '<div class="cwp-chosen" role="group" aria-label="Selected papers" hidden><b></b>'
        '<button type="button" class="cwp-main" data-do="ask-chosen">Ask only these</button>'
        f'<select name="format" aria-label="File format">{formats}</select>'
        '<button type="button" data-do="export-chosen">Export selected</button>'
        '<button type="button" data-do="merge" title="The same study from two sources: it becomes one paper" hidden>'
        "They are one paper</button>"
        '<button type="button" class="cwp-plain" data-do="clear">Clear</button></div>'
        '<div class="cwp-list" aria-busy="true"><p class="cwp-hint">Reading the list…</p></div></div>'
        '<div class="cwp-one" hidden></div><p class="cwp-status" role="status"></p>'
        '<p class="cw-sr cwp-spoken" role="status"></p></div>'
    )


def list_html(
    wanted: Wanted, papers: Sequence[Paper], total: int, snippets: Mapping[str, str], *, is_empty: bool = False
) -> str:
    """Give a page of the table.  ``snippets`` say by paper id why a search found it."""
    if is_empty:
        return '<p class="cwp-hint">The library is empty. Add papers in the Library tab, and they appear here.</p>'
    said = f'<p class="cwp-count">{_said(wanted, total)}</p>'
    if not papers:
        return f'{said}<p class="cwp-hint"><button type="button" data-do="reset">Show all papers</button></p>'
    held = [name for name, (has, _) in _COLUMNS.items() if any(map(has, papers))]
    rows = "".join(_row(paper, snippets.get(paper.id, ""), held) for paper in papers)
    heads = "".join(_heading(name, wanted, *_SORTED_BY.get(name, ())) for name in ("title", *held))
    return (
        f'{said}<table class="cwp-table"><caption class="cw-sr">Papers</caption><thead><tr>'
        '<td><input type="checkbox" data-do="all" aria-label="Select all papers on this page"></td>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table>{_pager(wanted.page, total)}"
    )


def _said(wanted: Wanted, total: int) -> str:
    papers = counted(total, "paper")
    text = f"“{escape(wanted.text.strip())}”"
    if wanted.sorted_by is None:
        return f"The {total:,} best matches for {text}" if total else f"Nothing here matches {text}."
    if wanted.text.strip():
        return f"{papers} with {text} in title or authors" if total else f"No title and no author has {text}."
    return papers if total or not wanted.scope else "No paper lies inside these filters."


def _heading(column: str, wanted: Wanted, *orders: Order) -> str:
    """Give a column's head; its button sorts by the column, or the other way round where it is sorted so already."""
    label = column.capitalize()
    if not orders:
        return f'<th scope="col" data-column="{column}">{label}</th>'
    state, following = "none", orders[0]
    for number, order in enumerate(orders):
        if wanted.sorted_by == order:
            state = "descending" if order == "newest" else "ascending"
            following = orders[(number + 1) % len(orders)]
    return (
        f'<th scope="col" data-column="{column}" aria-sort="{state}">'
        f'<button type="button" data-do="sort" data-order="{following}">{label}</button></th>'
    )


def _row(paper: Paper, snippet: str, columns: Sequence[str]) -> str:
    label = escape(display_text(paper.title) or UNTITLED)
    why = f'<p class="cwp-why">{escape(beginning(snippet, _SNIPPET_CHARS))}</p>' if snippet else ""
    cells = "".join(f'<td class="cwp-{name}">{_COLUMNS[name][1](paper)}</td>' for name in columns)
    return (
        f'<tr data-paper="{escape(paper.id)}"><td><input type="checkbox" data-do="choose" '
        f'aria-label="Select {label}"></td><th scope="row">{paper_link(paper)}{why}</th>{cells}</tr>'
    )


def tags_html(names: Sequence[str]) -> str:
    """Give names, each in a frame of its own."""
    return "".join(f'<span class="cwp-tag">{escape(name)}</span>' for name in names)


def title_html(paper: Paper) -> str:
    """Give a paper's title with its formulas readable."""
    return readable_html(paper.title) or UNTITLED


def paper_link(paper: Paper) -> str:
    """Give a link that opens a paper; it is an address of its own, so it opens in another tab of the browser too."""
    address = f"?paper={quote(paper.id, safe='')}"
    return f'<a href="{address}" data-do="open" data-paper="{escape(paper.id)}">{title_html(paper)}</a>'


def _pager(page: int, total: int) -> str:
    last = max(1, -(-total // PAGE))
    if last == 1:
        return ""

    def turn(label: str, sign: str, to: int) -> str:
        off = "" if 1 <= to <= last and to != page else " disabled"
        return f'<button type="button" data-do="page" data-page="{to}" aria-label="{label}"{off}>{sign}</button>'

    return (
        f'<nav class="cwp-pager" aria-label="Pages">{turn("First page", "«", 1)}{turn("Previous page", "‹", page - 1)}'
        f"<span>Page {page:,} of {last:,}</span>{turn('Next page', '›', page + 1)}{turn('Last page', '»', last)}</nav>"
    )


def _people(paper: Paper) -> str:
    return escape(short_authors([display_text(name) for name in paper.authors]))


# Beside the title, each column is shown where a paper of the page has something in it.
_COLUMNS: dict[str, tuple[Callable[[Paper], object], Callable[[Paper], str]]] = {
    "authors": (lambda paper: paper.authors, _people),
    "year": (lambda paper: paper.year, lambda paper: str(paper.year or "")),
    "collections": (lambda paper: paper.collections, lambda paper: tags_html(paper.collections)),
}
_SORTED_BY: dict[str, tuple[Order, ...]] = {"title": ("title",), "authors": ("author",), "year": ("newest", "oldest")}
