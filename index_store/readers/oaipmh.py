"""Answers of archives that follow OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html).

Read are ``arXiv`` and ``arXivRaw``, the formats of arXiv's own (https://info.arxiv.org/help/oa), and ``oai_dc``, the
one that every archive speaks.  Records that an archive has deleted are but headers: they are skipped, and counted in
one rejection at the end.  Of several descriptions the longest is the abstract; arXiv puts authors' comments there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index_store.readers.arxiv_snapshot import first_word
from index_store.readers.columns import to_entry
from index_store.readers.people import said, turned
from index_store.readers.roots import root_name
from index_store.readers.xmlrecords import Element, records, text
from index_store.types import Entry, Rejection

SUFFIXES: frozenset[str] = frozenset()  # others write .xml too: the root element decides

_ROOTS = frozenset(["OAI-PMH", "ListRecords", "GetRecord"])


def sniff(head: str) -> bool:
    """Tell whether the root element is OAI-PMH's."""
    return root_name(head) in _ROOTS


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per record that is not deleted."""
    deleted = _Deleted()
    yield from records(path, ("record", "error"), lambda element, line: _item(element, path, line, deleted))
    if deleted.count:
        what = "1 record" if deleted.count == 1 else f"{deleted.count:,} records"
        yield Rejection(path, deleted.line, f"{what} from here on that the archive has deleted, skipped")


@dataclass(slots=True)
class _Deleted:
    """How many deleted records there were, and where the first one stands."""

    count: int = 0
    line: int = 0

    def add(self, line: int) -> None:
        self.line = self.line or line
        self.count += 1


def _item(element: Element, path: Path, line: int, deleted: _Deleted) -> Entry | Rejection | None:
    if element.tag.endswith("}error"):
        said_why = ": ".join(filter(None, (element.get("code"), text(element))))
        return Rejection(path, line, f"no paper, but an error that the archive reports: {said_why}")
    header = element.find("{*}header")
    if header is not None and header.get("status") == "deleted":
        deleted.add(line)
        return None
    metadata = element.find("{*}metadata")
    described = next(iter(metadata), None) if metadata is not None else None
    if described is None:
        return Rejection(path, line, "a record without metadata")
    kind = described.tag.rpartition("}")[2]
    if kind not in _FORMATS:
        return Rejection(path, line, f"metadata in the format <{kind[:40]}>; ask the archive for oai_dc or arXiv")
    number = _of(header, "identifier") if header is not None else ""
    return to_entry(_FORMATS[kind](described, number), path, line)


def _arxiv(described: Element, _number: str) -> dict[str, object]:
    number = _of(described, "id")
    return {
        "id": number,
        "title": _of(described, "title"),
        "abstract": _of(described, "abstract"),
        "authors": [_person(author) for author in described.findall("{*}authors/{*}author")],
        "year": _of(described, "created") or _of(described, "updated"),
        **_of_arxiv(described, number),
    }


def _arxiv_raw(described: Element, _number: str) -> dict[str, object]:
    number, versions = _of(described, "id"), described.findall("{*}version")
    return {
        "id": number,
        "title": _of(described, "title"),
        "abstract": _of(described, "abstract"),
        "authors": _of(described, "authors"),
        "year": _of(versions[0], "date") if versions else None,
        "arxiv_version": f"{number}{versions[-1].get('version')}" if versions else None,
        **_of_arxiv(described, number),
    }


def _of_arxiv(described: Element, number: str) -> dict[str, object]:
    return {
        "url": f"https://arxiv.org/abs/{number}" if number else None,
        "arxiv": number,
        "doi": first_word(_of(described, "doi")),
        "categories": _of(described, "categories"),
    }


def _dublin_core(described: Element, number: str) -> dict[str, object]:
    identifiers = [number, *_all(described, "identifier")]
    names = [found.removeprefix("oai:arXiv.org:") for found in identifiers]
    return {
        "id": number,
        "title": next(iter(_all(described, "title")), ""),
        "abstract": max(_all(described, "description"), key=len, default=""),
        "authors": [turned(name) for name in _all(described, "creator")],
        "year": min(_all(described, "date"), default=None),
        "url": identifiers[1:],
        "arxiv": names,
        "doi": identifiers[1:],
        "categories": _all(described, "subject"),
    }


_FORMATS = {"arXiv": _arxiv, "arXivRaw": _arxiv_raw, "dc": _dublin_core}


def _person(author: Element) -> str:
    return said(_of(author, "forenames"), _of(author, "keyname"), suffix=_of(author, "suffix"))


def _of(element: Element, name: str) -> str:
    return text(element.find(f"{{*}}{name}"))


def _all(element: Element, name: str) -> list[str]:
    return [found for child in element.findall(f"{{*}}{name}") if (found := text(child))]
