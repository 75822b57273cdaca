"""MEDLINE text, as PubMed saves it (``.nbib``) and sends it (format "PubMed"): https://pubmed.ncbi.nlm.nih.gov/help.

A record begins with its ``PMID-``; tags fill four columns, what goes on in the next line is indented by six.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index_store.readers.chunks import Chunk, chunks
from index_store.readers.columns import to_entry
from index_store.readers.people import turned, turned_initials
from index_store.types import Entry, Rejection

SUFFIXES = frozenset([".nbib", ".medline"])

_START = re.compile(r"\ufeff?PMID- *\d")
_SNIFFED = re.compile(r"\s*PMID- *\d+[ \t]*\n(?:[A-Z]{2,4} *- |\s*\n)")
_FIELD = re.compile(r"^([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_KINDS = re.compile(r"(?P<value>\S+) \[(?P<kind>\w+)\]")


def sniff(head: str) -> bool:
    """Tell whether a file begins with a PubMed number under its tag."""
    return _SNIFFED.match(head.removeprefix("\ufeff")) is not None


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per record."""
    for chunk in chunks(path, _START.match):
        yield from _items(chunk, path)


def _items(chunk: Chunk, path: Path) -> Iterator[Entry | Rejection]:
    if chunk.problems:
        yield Rejection(path, *chunk.problems[0])
    elif not _START.match(chunk.text):
        if chunk.text.strip():
            yield Rejection(path, chunk.line, "not MEDLINE text: a record begins with a line 'PMID- 12345678'")
    else:
        yield to_entry(_fields(chunk.text), path, chunk.line)


def _fields(text: str) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    people: list[str] = []
    for tag, raw in _FIELD.findall(text):
        value = " ".join(raw.split())
        found.setdefault(tag, []).append(value)
        if tag in ("FAU", "CN"):
            people.append(turned(value) if tag == "FAU" else value)
    if "FAU" not in found:
        people = [*map(turned_initials, found.get("AU", ())), *people]
    pmid = _first(found, "PMID")
    return {
        "title": _first(found, "TI", "BTI", "TT"),
        "abstract": _first(found, "AB", "OAB"),
        "id": pmid,
        "pmid": pmid,
        "pmcid": _first(found, "PMC"),
        "authors": people,
        "year": _first(found, "DP"),
        "date": _first(found, "DEP", "EDAT", "CRDT"),
        "doi": _of_kind(found, "doi"),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        "keywords": [word.lstrip("*") for word in found.get("OT") or found.get("MH") or ()],
    }


def _first(found: dict[str, list[str]], *tags: str) -> str:
    return next((found[tag][0] for tag in tags if tag in found), "")


def _of_kind(found: dict[str, list[str]], kind: str) -> str:
    """Give an identifier of ``LID`` or ``AID``, where its kind stands behind it in brackets."""
    values = (_KINDS.fullmatch(value) for tag in ("LID", "AID") for value in found.get(tag, ()))
    return next((match["value"] for match in values if match and match["kind"] == kind), "")
