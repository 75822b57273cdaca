"""Where a paper is to be found on the web.  Only ``http`` and ``https`` addresses come out.  Pure."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from index_store.types import Paper


def link_of(paper: Paper) -> str | None:
    """Give the paper's address if it is a web address; else one made from its DOI or arXiv id, or None."""
    if paper.url and (address := _web_address(paper.url)):
        return address
    if paper.doi and re.fullmatch(r"10\.\d{4,9}/\S+", paper.doi):
        return f"https://doi.org/{quote(paper.doi, safe='/.()-_;:')}"
    if paper.arxiv_id and re.fullmatch(r"[A-Za-z.-]*/?[\d.]+(v\d+)?", paper.arxiv_id):
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    return None


def _web_address(text: str) -> str | None:
    """Give ``text`` if it is an ``http`` or ``https`` address with a host and no blanks or control characters."""
    if re.search(r"[\s\x00-\x1f\x7f\\]", text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and parts.hostname else None
