"""One paper as safe HTML: what is known of it, where it came from, what is similar, how to cite it.

Pure: a paper in, markup out.  What the buttons do is told by ``assets/papers.js``; they name it in ``data-do``.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from index_store.records import Record
from index_store.types import Hit, Paper, Source
from rag.links import link_of
from ui.bibtex import bibtex
from ui.cards import marked_html
from ui.display import display_text
from ui.paper_list import paper_link, tags_html, title_html
from ui.paper_sources import parting_html
from ui.places import file_name

_SOURCES = 10  # that are named one by one


def paper_html(paper: Paper, similar: Sequence[Hit], records: Sequence[Record] = ()) -> str:
    """Give the page of a paper, with the papers most ``similar`` to it, best first, and what its sources say."""
    people = escape(", ".join(display_text(name) for name in paper.authors))
    about = " · ".join(filter(None, (people, str(paper.year or ""))))
    entry = bibtex([paper], abstracts=False).strip()
    abstract = marked_html(paper.abstract, ()) or '<em class="cwp-hint">There is no abstract.</em>'
    return (
        f'<article class="cwp-paper" data-paper="{escape(paper.id)}" aria-labelledby="cwp-title">'
        '<button type="button" class="cwp-plain" data-do="back">← All papers</button>'
        f'<h2 id="cwp-title" tabindex="-1">{title_html(paper)}</h2>'
        + (f'<p class="cwp-authors">{about}</p>' if about else "")
        + _actions(paper)
        + f'<section aria-label="Abstract"><p class="cwp-abstract">{abstract}</p></section>'
        + _facts(paper)
        + parting_html(records)
        + _similar(similar)
        + '<section aria-labelledby="cwp-bibtex"><header><h3 id="cwp-bibtex">BibTeX</h3>'
        '<button type="button" class="cwp-plain" data-do="copy">Copy</button></header>'
        f'<pre tabindex="0" role="group" aria-label="BibTeX entry"><code>{escape(entry)}</code></pre>'
        "</section></article>"
    )


def gone_html() -> str:
    """Give the page of a paper that the library does not hold."""
    return (
        '<article class="cwp-paper"><button type="button" class="cwp-plain" data-do="back">← All papers</button>'
        '<h2 tabindex="-1">There is no such paper</h2>'
        '<p class="cwp-hint">It was removed from the library, or the address is wrong.</p></article>'
    )


def _actions(paper: Paper) -> str:
    address = link_of(paper)
    host = (urlsplit(address).hostname or "").removeprefix("www.") if address else ""
    link = (
        f'<a class="cwp-button" href="{escape(address)}" target="_blank" rel="noopener noreferrer">'
        f'Read at {escape(host)}<span class="cw-sr"> (opens another page)</span></a>'
        if address
        else ""
    )
    return (
        '<div class="cwp-actions"><button type="button" class="cwp-main" data-do="ask">Ask about this paper</button>'
        f'{link}<button type="button" class="cwp-plain" data-do="remove">Remove…</button>'
        '<span class="cwp-sure" role="group" aria-label="Remove this paper?" hidden>Remove it from the library? '
        '<button type="button" class="cwp-danger" data-do="remove-sure">Remove</button>'
        '<button type="button" data-do="keep">Keep</button></span></div>'
    )


def _facts(paper: Paper) -> str:
    facts = {
        "Collections": tags_html(paper.collections),
        "Categories": tags_html(paper.categories),
        "DOI": escape(paper.doi or ""),
        "arXiv": escape(paper.arxiv_id or ""),
        "Note": escape(paper.note or ""),
        "Read from": _origins(paper.sources),
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{told}</dd></div>" for name, told in facts.items() if told)
    return f'<section aria-label="About this paper"><dl class="cwp-facts">{rows}</dl></section>' if rows else ""


def _origins(sources: Sequence[Source]) -> str:
    """Name the files (never their folders) and the lines that the paper was read from."""
    named = []
    for source in sources[:_SOURCES]:
        line = f", line {source.line:,}" if source.line else ""
        named.append(escape(file_name(source.path) + line))
    more = len(sources) - _SOURCES
    return "<br>".join(named) + (f"<br>and {more:,} more" if more > 0 else "")


def _similar(similar: Sequence[Hit]) -> str:
    rows = "".join(
        f'<li>{paper_link(hit.paper)} <span class="cwp-year">{hit.paper.year or ""}</span></li>' for hit in similar
    )
    if not rows:
        return ""
    return (
        '<section aria-labelledby="cwp-similar"><h3 id="cwp-similar">Similar papers</h3>'
        f'<ol class="cwp-similar">{rows}</ol></section>'
    )
