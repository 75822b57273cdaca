"""How an answer looks in a notebook: the text, then the papers it cites with the sentences that say so.

Titles, abstracts and a model's words are data: nothing in them becomes markup.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Set
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.types import Answer, Citation

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!$~])")
_MARKER = re.compile(r"\[(\d+)\]")
_WEB = re.compile(r"https?://[^\s<>()\"']+", re.IGNORECASE)


def to_html(answer: Answer) -> str:
    """Give the answer as HTML that asks nothing of any server."""
    text = "".join(f"<p>{_numbered(escape(part))}</p>" for part in answer.text.split("\n\n"))
    papers = "".join(map(_paper_html, answer.citations))
    notice = f"<p><small>{escape(answer.notice)}</small></p>" if answer.notice else ""
    return f"{text}{f'<ol>{papers}</ol>' if papers else ''}{notice}"


def to_markdown(answer: Answer) -> str:
    """Give the answer as Markdown."""
    numbers = {str(citation.number) for citation in answer.citations}
    blocks = [_escaped(answer.text, numbers)]
    for citation in answer.citations:
        paper = citation.paper
        title = f"**{_escaped(paper.title)}**{f' ({paper.year})' if paper.year else ''}"
        link = f" <{paper.url}>" if paper.url and _WEB.fullmatch(paper.url) else ""
        quotes = "".join(f"\n   > {_escaped(quote.text)}\n" for quote in citation.quotes)
        blocks.append(f"{citation.number}. {title}{link}\n{quotes}".rstrip())
    if answer.notice:
        blocks.append(f"*{_escaped(answer.notice)}*")
    return "\n\n".join(blocks)


def _paper_html(citation: Citation) -> str:
    paper = citation.paper
    title = escape(paper.title)
    if paper.url and _WEB.fullmatch(paper.url):
        title = f'<a href="{escape(paper.url)}" rel="noreferrer noopener">{title}</a>'
    quotes = "".join(f"<blockquote>{escape(quote.text)}</blockquote>" for quote in citation.quotes)
    return f'<li value="{citation.number}"><b>{title}</b>{f" ({paper.year})" if paper.year else ""}{quotes}</li>'


def _numbered(html: str) -> str:
    return _MARKER.sub(r"<sup>[\1]</sup>", html)


def _escaped(text: str, markers: Set[str] = frozenset()) -> str:
    """Take the power from Markdown's characters, but leave the citations' markers as they read."""
    escaped = _MARKDOWN.sub(r"\\\1", text)
    return re.sub(r"\\\[(\d+)\\\]", lambda m: f"[{m[1]}]" if m[1] in markers else m[0], escaped)
