"""The papers beside an answer, as safe HTML: a card for each source, the quoted sentences marked in the abstract.

Pure: citations and hits in, markup out.  Quotes are marked by their exact offsets into the stored abstract, also where
its LaTeX is shown in another form.

Knows no page and no browser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from index_store.types import Paper
from rag.links import link_of
from rag.types import Answer, Citation, Quote
from ui.display import display_text, pieces
from ui.formulas import shown_html
from ui.markers import source_id
from ui.places import file_names

_LISTED = 5
_NEAREST = {"not_in_abstract": "Their abstracts do not say; the full texts may."}


def sources_html(answer: Answer, turn: int, found: Sequence[Paper] = ()) -> str:
    """Give the panel for a finished answer: its sources, then what else the search found (``found``)."""
    cards = "".join(card_html(citation, turn) for citation in answer.citations)
    cited = {citation.paper.id for citation in answer.citations}
    others = _others(answer, found, cited)
    if cards:
        more = f'<details class="cw-more"><summary>Also found</summary>{others}</details>' if others else ""
        only = _only("Only these papers", list(cited)) if len(cited) > 1 else ""
        return _panel(_count(len(answer.citations), "source"), cards + more, only)
    if others:
        hint = _NEAREST.get(answer.reason or "", "Not cited; they came closest.")
        return _panel("Nearest papers", f'<p class="cw-hint">{hint}</p>{others}')
    return welcome_html()


def reading_html(found: Sequence[Paper]) -> str:
    """Give the panel while the answer is on its way: the papers being read."""
    if not found:
        return _panel("Searching", '<div class="cw-skeleton"></div><div class="cw-skeleton"></div>')
    rows = "".join(_row(paper.title, paper) for paper in found[:_LISTED])
    number = min(len(found), _LISTED)
    return _panel(f"Reading {_count(number, 'paper')}…", f'<ul class="cw-rows cw-reading">{rows}</ul>')


def welcome_html() -> str:
    """Give the panel before the first answer."""
    return _panel(
        "Sources", '<p class="cw-hint">The papers that an answer cites appear here, with the words it used.</p>'
    )


def card_html(citation: Citation, turn: int) -> str:
    """Give one source as a card: number, title, people and year, abstract with the quotes marked, where it was read."""
    paper = citation.paper
    anchor = source_id(turn, citation.number)
    title = escape(display_text(paper.title))
    address = link_of(paper)
    heading = _link(address, title) if address else title
    people = " · ".join(filter(None, (short_authors(paper.authors), str(paper.year or ""))))
    return (
        f'<article class="cw-card" id="{anchor}" tabindex="-1" aria-labelledby="{anchor}-title">'
        f'<header><span class="cw-badge" aria-hidden="true">{citation.number}</span>'
        f'<h3 id="{anchor}-title"><span class="cw-sr">Source {citation.number}: </span>{heading}</h3></header>'
        + (f'<p class="cw-people">{escape(people)}</p>' if people else "")
        + f'<p class="cw-abstract">{marked_html(paper.abstract, citation.quotes)}</p>'
        + f'<p class="cw-origin">{escape(origin(paper))}</p>'
        f'<p class="cw-acts">{_only("Only this paper", [paper.id])}{_about(paper)}</p></article>'
    )


def marked_html(abstract: str, quotes: Sequence[Quote]) -> str:
    """Give the abstract with every quoted character inside ``<mark>``; overlapping quotes become one mark."""
    wanted = sorted((q.start, q.end) for q in quotes if 0 <= q.start < q.end <= len(abstract))
    parts, inside = [], False
    for start, end, shown in _runs(abstract, {edge for span in wanted for edge in span}):
        quoted = any(left < end and start < right for left, right in wanted)
        if quoted != inside:
            parts.append("<mark>" if quoted else "</mark>")
            inside = quoted
        parts.append(shown_html(abstract[start:end], shown))
    return "".join(parts) + ("</mark>" if inside else "")


def short_authors(authors: Sequence[str]) -> str:
    """Give up to three names, or the first and ``et al.``."""
    names = [name.strip() for name in authors if name.strip()]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} et al."


def origin(paper: Paper) -> str:
    """Say where the paper came from: file names (never folders) and the paper's note."""
    names = file_names(paper)
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    read = f"From {shown}" if shown else ""
    note = paper.note or ""
    return ". ".join(filter(None, (read, note[:1].upper() + note[1:])))


def _runs(text: str, edges: set[int]) -> list[tuple[int, int, str]]:
    """Cut a text at the edges: start, end and what to show of each run; changed LaTeX is never cut."""
    runs = []
    for piece in pieces(text):
        if piece.shown != text[piece.start : piece.end]:
            runs.append((piece.start, piece.end, piece.shown))
            continue
        cuts = sorted({piece.start, piece.end, *(e for e in edges if piece.start < e < piece.end)})
        runs += [(left, right, text[left:right]) for left, right in pairwise(cuts)]
    return runs


def _others(answer: Answer, found: Sequence[Paper], cited: set[str]) -> str:
    known: Mapping[str, Paper] = {paper.id: paper for paper in found}
    rows = [_row(hit.title, known.get(hit.paper_id)) for hit in answer.hits if hit.paper_id not in cited][:_LISTED]
    return f'<ul class="cw-rows">{"".join(rows)}</ul>' if rows else ""


def _row(title: str, paper: Paper | None) -> str:
    shown = escape(display_text(title))
    address = link_of(paper) if paper else None
    year = f' <span class="cw-year">{paper.year}</span>' if paper and paper.year else ""
    return f"<li>{_link(address, shown) if address else shown}{year}</li>"


def _only(label: str, papers: Sequence[str]) -> str:
    scope = escape(json.dumps({"paper_ids": list(papers)}, ensure_ascii=False))
    return f'<button type="button" class="cw-link" data-act="narrow" data-scope="{scope}">{label}</button>'


def _about(paper: Paper) -> str:
    act = f'data-act="paper" data-paper="{escape(paper.id)}"'
    return f'<button type="button" class="cw-link" {act}>About this paper</button>'


def _link(address: str, inner: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{inner}</a>'


def _panel(heading: str, body: str, act: str = "") -> str:
    head = f'<div class="cw-panel-head"><h2>{heading}</h2>{act}</div>'
    return f'<section class="cw-sources" aria-label="Sources">{head}{body}</section>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
