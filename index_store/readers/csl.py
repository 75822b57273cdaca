"""CSL-JSON, the items that Zotero, Pandoc and Crossref exchange: https://citeproc-js.readthedocs.io/en/latest/csl-json.

Turns one item into the fields that every reader gives; the JSON around it is read in ``jsonlines``.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from index_store.readers.people import said

_NOTED = re.compile(r"\b(arxiv|pmid|pmcid|doi)\s*:\s*(\S+)", re.IGNORECASE)
# Names that no other kind of JSON that holds papers has, written like this.
_SIGNS = ("issued", "container-title", "citation-key", "original-date", "title-short", "DOI", "URL", "PMID")
_PARTS = frozenset(["family", "literal"])


def is_item(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a CSL item: it has a type, and a name of fields or of parts of names only CSL has."""
    if not isinstance(value.get("type"), str):
        return False
    people = value.get("author")
    first = people[0] if isinstance(people, list) and people else None
    return any(sign in value for sign in _SIGNS) or (isinstance(first, dict) and not _PARTS.isdisjoint(first))


def fields(item: Mapping[str, object]) -> dict[str, object]:
    """Give an item's fields as ``columns.to_entry`` takes them."""
    noted = {name.lower(): text for name, text in _NOTED.findall(str(item.get("note") or "")[:5_000])}
    number = item.get("number")
    return {
        "id": item.get("id"),
        "title": _text(item.get("title")),
        "abstract": _text(item.get("abstract")),
        "authors": _people(item.get("author")) or _people(item.get("editor")),
        "year": _year(item.get("issued")) or _year(item.get("published")),
        "url": item.get("URL"),
        "doi": [item.get("DOI"), noted.get("doi")],
        "arxiv": [number, _prefixed(noted.get("arxiv")), item.get("archive_location")],
        "pmid": item.get("PMID") or noted.get("pmid"),
        "pmcid": item.get("PMCID") or noted.get("pmcid"),
        "keywords": item.get("keyword") or item.get("categories") or item.get("subject"),
    }


def _text(value: object) -> object:
    """Give a text; Crossref's titles are lists of one."""
    return next((text for text in value if isinstance(text, str)), None) if isinstance(value, list) else value


def _people(value: object) -> list[str]:
    names = value if isinstance(value, list) else []
    return [name for entry in names if isinstance(entry, dict) and (name := _name(entry))]


def _name(entry: Mapping[str, object]) -> str:
    literal = _part(entry, "literal") or _part(entry, "name")
    if literal:
        return literal
    particles = (_part(entry, name) for name in ("dropping-particle", "non-dropping-particle"))
    particle = " ".join(filter(None, particles))
    return said(_part(entry, "given"), _part(entry, "family"), particle=particle, suffix=_part(entry, "suffix"))


def _part(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""


def _year(value: object) -> object:
    """Give the year of a date: ``{"date-parts": [[2019, 5]]}``, ``{"raw": "May 2019"}`` or a text."""
    if not isinstance(value, dict):
        return value
    parts = value.get("date-parts")
    while isinstance(parts, list) and parts:
        parts = parts[0]
    return parts if isinstance(parts, int | str) else value.get("raw") or value.get("literal")


def _prefixed(identifier: str | None) -> str | None:
    return f"arXiv:{identifier}" if identifier else None
