"""Files in, entries out: one module per format, and the registry that picks it.

The content decides (a CSV named ``.txt`` is a CSV), the suffix where the content leaves it open.  Whatever is wrong
with a file or an entry comes out as a ``Rejection`` with its place, and the rest is still read; nothing is raised.
Text is as read, but for white space around titles and abstracts, control characters, and the markup of HTML and JATS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index_store.errors import InputError
from index_store.readers import (
    archives,
    arxiv_atom,
    bibtex,
    delimited,
    endnote_tagged,
    endnote_xml,
    jsonlines,
    listing,
    medline,
    oaipmh,
    packed,
    parquet,
    pubmed,
    ris,
)
from index_store.readers.files import expand
from index_store.readers.lines import head
from index_store.readers.refusals import of_text, office
from index_store.types import Entry, Rejection

__all__ = ["expand", "read"]


@dataclass(frozen=True, slots=True)
class _Format:
    sniff: Callable[[str], bool]
    suffixes: frozenset[str]
    read: Callable[[Path], Iterator[Entry | Rejection]]


# The first that knows a text takes it.  Listings come last: their sign is that titles and abstracts alternate.
_FORMATS = (
    _Format(jsonlines.sniff, jsonlines.SUFFIXES, jsonlines.read),
    _Format(delimited.sniff, delimited.SUFFIXES, delimited.read),
    _Format(bibtex.sniff, bibtex.SUFFIXES, bibtex.read),
    _Format(ris.sniff, ris.SUFFIXES, ris.read),
    _Format(endnote_tagged.sniff, endnote_tagged.SUFFIXES, endnote_tagged.read),
    _Format(medline.sniff, medline.SUFFIXES, medline.read),
    _Format(pubmed.sniff, pubmed.SUFFIXES, pubmed.read),
    _Format(endnote_xml.sniff, endnote_xml.SUFFIXES, endnote_xml.read),
    _Format(arxiv_atom.sniff, arxiv_atom.SUFFIXES, arxiv_atom.read),
    _Format(oaipmh.sniff, oaipmh.SUFFIXES, oaipmh.read),
    _Format(listing.sniff, listing.SUFFIXES, listing.read),
)


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read the papers of one file as a stream, in the order of the file.  Memory does not grow with the file.

    Each file in a ZIP archive is read as a file of its own.
    """
    try:
        start = packed.zip_start(path)
        if start is None:
            yield from _read_file(path)
        elif (document := office(start)) is None:
            yield from _read_archive(path)
        else:
            yield Rejection(path, 0, document)
    except InputError as exc:
        yield Rejection(path, 0, str(exc))
    except FileNotFoundError:
        yield Rejection(path, 0, "no such file or folder")
    except OSError as exc:
        yield Rejection(path, 0, f"cannot be read: {exc.strerror or exc}")


def _read_archive(path: Path) -> Iterator[Entry | Rejection]:
    try:
        for member in archives.members(path):
            if isinstance(member, Rejection):
                yield member
                continue
            try:
                yield from _read_file(member)
            except InputError as exc:
                yield Rejection(member, 0, str(exc))
    finally:
        archives.close()


def _read_file(path: Path) -> Iterator[Entry | Rejection]:
    start = packed.first_bytes(path, len(parquet.MAGIC))
    if start == parquet.MAGIC:
        yield from parquet.read(path)
    else:
        yield from _format(head(path), packed.suffix(path)).read(path)


def _format(start: str, suffix: str) -> _Format:
    by_content = next((f for f in _FORMATS if f.sniff(start)), None)
    if by_content is None and (refusal := of_text(start)) is not None:
        raise InputError(refusal)
    by_suffix = next((f for f in _FORMATS if suffix in f.suffixes), _FORMATS[-1])
    return by_content or by_suffix
