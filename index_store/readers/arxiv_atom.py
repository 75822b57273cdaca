"""Answers of arXiv's search service, Atom pages: https://info.arxiv.org/help/api/user-manual.html.

arXiv reports an error as a page with one entry called "Error"; here it is a rejection that says what arXiv said.  The
daily feeds (rss.arxiv.org/atom) are read too: their summaries begin with a line of their own, which is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index_store.readers.columns import to_entry
from index_store.readers.roots import root_name
from index_store.readers.xmlrecords import Element, records, text
from index_store.types import Entry, Rejection

SUFFIXES: frozenset[str] = frozenset()  # others write .xml too: the root element decides

_ANNOUNCED = re.compile(r"arXiv:\S+ Announce Type: \S+ Abstract: ")
_ERROR_ID = "arxiv.org/api/errors"


def sniff(head: str) -> bool:
    """Tell whether the root element is an Atom feed, or one entry, of arXiv's."""
    return root_name(head) in {"feed", "entry"} and "arxiv.org" in head


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per entry."""
    return records(path, ("entry",), lambda element, line: _entry(element, path, line))


def _entry(entry: Element, path: Path, line: int) -> Entry | Rejection:
    number, summary = _of(entry, "id"), _of(entry, "summary")
    if _ERROR_ID in number:
        return Rejection(path, line, f"no paper, but an error that arXiv reports: {summary or 'without a reason'}")
    return to_entry(_fields(entry, number, _ANNOUNCED.sub("", summary, count=1)), path, line)


def _fields(entry: Element, number: str, summary: str) -> dict[str, object]:
    bare = number.rpartition("/abs/")[2].removeprefix("oai:arXiv.org:")
    name = re.sub(r"v\d+$", "", bare)
    return {
        "id": name,
        "title": _of(entry, "title"),
        "abstract": summary,
        "authors": [found for author in entry.findall("{*}author") if (found := _of(author, "name"))]
        or _of(entry, "creator"),
        "year": _of(entry, "published") or _of(entry, "updated"),
        "url": f"https://arxiv.org/abs/{name}" if name else None,
        "arxiv": name,
        "arxiv_version": bare,
        "doi": _of(entry, "doi"),
        "categories": list(dict.fromkeys(term for each in entry.findall("{*}category") if (term := each.get("term")))),
    }


def _of(element: Element, name: str) -> str:
    return text(element.find(f"{{*}}{name}"))
