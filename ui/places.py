"""Where a paper is to be found: its address on the web, the names of its files; and a citation as a line of text.

The only addresses that come out are ``http`` and ``https`` ones, the only names those of files without their folders.

Pure; knows no page and no terminal.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from index_store.types import Paper
from rag.types import Citation
from ui.display import display_text


def footnote(citation: Citation) -> str:
    """Give what a number in an answer's text means, as a line: ``[1] Title (2021). https://example.org/x``."""
    paper, address = citation.paper, link_of(citation.paper)
    year = f" ({paper.year})" if paper.year else ""
    return f"[{citation.number}] {display_text(paper.title)}{year}{f'. {address}' if address else ''}"


def link_of(paper: Paper) -> str | None:
    """Give the paper's address if it is a web address; else one made from its DOI or arXiv id, or None."""
    if paper.url and (address := web_address(paper.url)):
        return address
    if paper.doi and re.fullmatch(r"10\.\d{4,9}/\S+", paper.doi):
        return f"https://doi.org/{quote(paper.doi, safe='/.()-_;:')}"
    if paper.arxiv_id and re.fullmatch(r"[A-Za-z.-]*/?[\d.]+(v\d+)?", paper.arxiv_id):
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    return None


def web_address(text: str) -> str | None:
    """Give ``text`` if it is an ``http`` or ``https`` address with a host and no blanks or control characters."""
    if re.search(r"[\s\x00-\x1f\x7f\\]", text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and parts.hostname else None


def file_names(paper: Paper) -> list[str]:
    """Give the names of the files that a paper was read from, each once."""
    return list(dict.fromkeys(file_name(source.path) for source in paper.sources))


def file_name(path: str) -> str:
    """Give a file's name without its folder."""
    return re.split(r"[\\/]", path)[-1]
