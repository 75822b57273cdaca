"""Keeping papers and the records they are made of in step: who else says this, and what papers that makes.

A new or changed record is compared with those that share a key or a sketch with it, and these with theirs, until no
more come; what is found is parted into papers anew (see ``clusters``).  So the papers depend on what the sources say
and what the user decided, not on what came first.  The caller holds the transaction.  Knows no file format, no index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from index_store import decisions, identity
from index_store.catalogue import PAPER_COLUMNS, Catalogue
from index_store.clusters import Verdicts, clustered
from index_store.records import Record, from_json, said
from index_store.sameness import likeness
from index_store.types import Entry, Paper
from index_store.wordings import meeting_points

_CROWD = 60  # papers that share a title or a sketch; where more do, it says nothing, and comparing all would be slow
_LARGEST = 200  # records that are parted at once


def keys_of(record: Record) -> list[str]:
    return identity.entry_keys(Entry(record.paper, Path(record.path), record.line, record.local_id))


class Groups:
    """The records of a catalogue, and who is like whom."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._db = catalogue.db

    def by_keys(self, keys: Iterable[str]) -> set[int]:
        """Give the numbers of the papers that have one of the keys."""
        found: set[int] = set()
        for key in keys:
            rows = self._db.all("SELECT number FROM paper_keys WHERE key = ? LIMIT ?", key, _CROWD + 1)
            if len(rows) <= _CROWD:
                found.update(row[0] for row in rows)
        return found

    def by_name(self, name: str) -> set[int]:
        """Give the numbers of the papers that may have the record of this name."""
        _, mark, title = name.partition("#title:")
        return self.by_keys([f"source:{name}", *([f"title:{title}"] if mark else [])])

    def by_wording(self, paper: Paper) -> set[int]:
        """Give the numbers of the papers that may share most of their wording with ``paper``."""
        points = meeting_points(paper.title, paper.authors, paper.abstract)
        if not points:
            return set()
        one = f"SELECT * FROM (SELECT hash, number FROM sketches WHERE hash = ? LIMIT {_CROWD + 1})"
        rows = self._db.all(" UNION ALL ".join([one] * len(points)), *points)
        held = Counter(value for value, _ in rows)
        return {number for value, number in rows if held[value] <= _CROWD}

    def records(self, numbers: Iterable[int]) -> list[Record]:
        """Give what the sources of papers say, one record a source."""
        found: list[Record] = []
        for number in sorted(set(numbers)):
            row = self._db.one(f"SELECT number, {PAPER_COLUMNS} FROM papers WHERE number = ?", number)
            if row is None:
                continue
            whole = said(self._catalogue.paper_of(row))
            for path, local_id, line, record in self._db.all(
                "SELECT path, local_id, line, record FROM sources LEFT JOIN records USING (number, path, local_id)"
                " WHERE number = ? ORDER BY path, local_id",
                number,
            ):
                paper = from_json(self._catalogue.unpacked(record)) if record else whole
                found.append(Record(number, path, local_id, line, paper))
        return found

    def like(self, record: Record, candidates: Iterable[int]) -> set[int]:
        """Give those of the candidates that have a record like this one, or one the user put together with it."""
        numbers = set(candidates) - {record.number}
        if not numbers:
            return set()
        names = set(decisions.partners(self._db, record))
        return {
            other.number
            for other in self.records(numbers)
            if other.name in names or likeness(record.paper, other.paper) > 0
        }

    def neighbours(self, record: Record) -> set[int]:
        """Give the numbers of the papers that may be one with a record."""
        found = self.by_keys(keys_of(record)) | self.by_wording(record.paper)
        for name in decisions.partners(self._db, record):
            found |= self.by_name(name)
        return self.like(record, found)

    def together(self, starts: Sequence[Record]) -> list[Record]:
        """Give ``starts`` with all the records that are reached from them."""
        found = {(record.number, *record.source): record for record in starts}
        waiting = list(starts)
        while waiting and len(found) < _LARGEST:
            numbers = self.neighbours(waiting.pop()) - {number for number, *_ in found}
            for record in self.records(numbers):
                found[(record.number, *record.source)] = record
                waiting.append(record)
        return list(found.values())

    def parted(self, records: Sequence[Record]) -> list[list[Record]]:
        """Part records into papers, as they say and as the user decided."""
        verdicts: Verdicts = decisions.verdicts(self._db, records) if decisions.holds_any(self._db) else {}
        return clustered(records, verdicts)
