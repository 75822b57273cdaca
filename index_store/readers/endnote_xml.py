"""EndNote's XML export, as EndNote and Zotero write it: text in ``style`` elements, each reference with its number.

Its vocabulary is that of the ``RSXML.dtd`` which comes with EndNote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index_store.readers.columns import to_entry
from index_store.readers.people import turned
from index_store.readers.raised import raised
from index_store.readers.roots import root_name
from index_store.readers.xmlrecords import Element, records, text
from index_store.types import Entry, Rejection

SUFFIXES: frozenset[str] = frozenset()  # others write .xml too: what it begins with decides

_SNIFFED = re.compile(r"<xml\b[^>]*>\s*<records\b")
_FROM_PUBMED = re.compile("pubmed|medline|nlm", re.IGNORECASE)


def sniff(head: str) -> bool:
    """Tell whether the root element is EndNote's, which is called ``xml``."""
    return root_name(head) == "xml" and _SNIFFED.search(head) is not None


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per record."""
    nothing = True
    for item in records(path, ["record"], lambda element, line: to_entry(_fields(element), path, line)):
        nothing = False
        yield item
    if nothing:
        yield Rejection(path, 0, "no reference in it: EndNote's XML has each in a <record>")


def _fields(record: Element) -> dict[str, object]:
    is_pubmed = _FROM_PUBMED.search(text(record.find("remote-database-name"))) is not None
    return {
        "title": _first(record, "titles/title", "titles/translated-title"),
        "abstract": _first(record, "abstract"),
        "id": text(record.find("rec-number")),
        "authors": [turned(name) for name in _texts(record, "contributors/authors/author")],
        "year": _first(record, "dates/year"),
        "date": _first(record, "dates/pub-dates/date"),
        "doi": _first(record, "electronic-resource-num"),
        "url": _texts(record, "urls/related-urls/url") + _texts(record, "urls/web-urls/url"),
        "pmid": _first(record, "accession-num") if is_pubmed else None,
        "keywords": _texts(record, "keywords/keyword"),
    }


def _first(record: Element, *paths: str) -> str:
    return next((found for path in paths for found in _texts(record, path)), "")


def _texts(record: Element, path: str) -> list[str]:
    return [found for element in record.findall(path) if (found := _styled(element))]


def _styled(element: Element) -> str:
    for above in element.findall(".//style[@face='superscript']"):
        above.text = raised(above.text or "")
    return text(element)
