"""Taking entries into the catalogue: new, changed, known, or the same paper from somewhere else.

A source is remembered with a digest of what it says, so reading a file twice changes nothing.  Papers are made of all
that their sources say (see ``records``), and which sources speak of one paper depends on what they say and on what the
user decided (see ``grouping``), not on their order.  A paper that was removed by hand stays away from the files it came
from.  Knows no file format and no index.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

from index_store import aside, decisions, identity, regrouping
from index_store.catalogue import Catalogue
from index_store.grouping import Groups
from index_store.records import Record, said
from index_store.sameness import likeness
from index_store.types import Entry, Paper

Outcome = Literal["added", "updated", "unchanged", "merged"]


class Intake:
    """Adds entries to a catalogue during one run; the caller holds the transaction."""

    def __init__(self, catalogue: Catalogue, collection: str | None = None) -> None:
        self._catalogue = catalogue
        self._db = catalogue.db
        self._groups = Groups(catalogue)
        self._collection = collection
        self._seen: set[tuple[int, str, str]] = set()
        self._any_aside = aside.holds_any(catalogue)
        self._any_decision = decisions.holds_any(catalogue.db)

    @property
    def seen(self) -> Set[tuple[int, str, str]]:
        """The sources that were met: a paper's number, the file, its own id for the paper."""
        return self._seen

    def add(self, entry: Entry) -> tuple[Outcome, Paper | None]:
        """Take in one entry.  Returns what became of it, and the paper where its passages must be cut anew."""
        record = Record(0, str(entry.path), entry.local_id, entry.line, said(entry.paper))
        by_keys = self._groups.by_keys(identity.entry_keys(entry))
        known = self._known(record, by_keys)
        if known is not None and self._is_unchanged(record, known):
            return "unchanged", None
        candidates = by_keys | self._groups.by_wording(record.paper)
        if known is None:
            known = self._known(record, candidates - by_keys)
        if known is None:
            return self._unheard(entry, record, candidates)
        if (known.number, *record.source) in self._seen:  # twice in one file: the first entry stands for both
            return "merged", None
        if self._is_unchanged(record, known):
            return "unchanged", None
        return self._changed(record, known, candidates)

    def _known(self, record: Record, numbers: set[int]) -> Record | None:
        """Find what this file said of the paper before: by its own id, by the very words, else by likeness."""
        rows = self._sources(record, numbers)
        if not rows:
            return None
        digest = identity.entry_digest(record.paper)
        for number, found in rows:
            if found == digest and (number, *record.source) not in self._seen:
                return self._record(number, record)
        for number, _ in rows:
            before = self._record(number, record)
            settled = record.local_id and (number, *record.source) not in self._seen
            if settled or likeness(before.paper, record.paper) > 0 or before.paper == record.paper:
                return before
        return None

    def _sources(self, record: Record, numbers: set[int]) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for number in sorted(numbers):
            row = self._db.one(
                "SELECT number, digest FROM sources WHERE number = ? AND path = ? AND local_id = ?",
                *(number, *record.source),
            )
            found += [(row[0], row[1])] if row else []
        return found

    def _record(self, number: int, like: Record) -> Record:
        return next(found for found in self._groups.records([number]) if found.source == like.source)

    def _is_unchanged(self, record: Record, known: Record) -> bool:
        """Note where an entry stands that says what it said; False for one that says something else, or comes twice."""
        place = (known.number, *record.source)
        row = self._db.one("SELECT digest FROM sources WHERE number = ? AND path = ? AND local_id = ?", *place)
        if place in self._seen or row is None or row[0] != identity.entry_digest(record.paper):
            return False
        if record.line != known.line:
            self._db.run(
                "UPDATE sources SET line = ? WHERE number = ? AND path = ? AND local_id = ?", record.line, *place
            )
        self._note(record, known.number)
        return True

    def _unheard(self, entry: Entry, record: Record, candidates: set[int]) -> tuple[Outcome, Paper | None]:
        """Take in what this file had not said before.

        A paper that was removed by hand stays away, unless a file has it that it had not come from.
        """
        if self._any_decision:
            candidates = candidates | self._groups.neighbours(record)
        alike = self._groups.like(record, candidates)
        if alike:
            return "merged", self._regroup(record, [*self._groups.records(alike), record])
        removed = aside.find(self._catalogue, entry) if self._any_aside else None
        if removed is None:
            number, paper = regrouping.insert(self._catalogue, record)
            self._note(record, number)
            return "added", paper
        paper_id, from_this_file = removed
        if from_this_file and aside.waits_for_a_file(self._catalogue, paper_id):
            aside.bring_back(self._catalogue, paper_id)
            return "added", self.add(entry)[1]
        if not from_this_file:
            aside.bring_back(self._catalogue, paper_id)
            number = self._catalogue.number(paper_id)
            return "added", self._regroup(record, [*self._groups.records([number]), record])
        return "unchanged", None

    def _changed(self, record: Record, known: Record, candidates: set[int]) -> tuple[Outcome, Paper | None]:
        """Take over what a file says now.  Who it is one with is asked anew, also for those it was one with."""
        number = known.number
        fresh = Record(number, record.path, record.local_id, record.line, record.paper)
        others = [r for r in self._groups.records([number]) if r.source != record.source]
        alike = self._groups.like(fresh, candidates)
        if not others and not alike:
            paper = regrouping.update(self._catalogue, fresh, known)
            self._note(fresh, number)
            return "updated", paper
        place = (number, *record.source)
        row = self._db.one("SELECT is_text FROM sources WHERE number = ? AND path = ? AND local_id = ?", *place)
        paper = self._regroup(fresh, [*others, *self._groups.records(alike), fresh], known)
        return ("updated" if row and row[0] else "merged"), paper

    def _regroup(self, record: Record, records: list[Record], before: Record | None = None) -> Paper | None:
        found = self._groups.together(records)
        if before is not None:  # the catalogue still has what the source said before
            found = [r for r in found if (r.number, *r.source) != (before.number, *before.source) or r is record]
        places = regrouping.write(self._catalogue, self._groups.parted(found), [before] if before else [])
        for other in found:
            place = (other.number, *other.source)
            if place in self._seen:
                self._seen.discard(place)
                self._seen.add((places[place][0], *other.source))
        number, paper = places[(record.number, *record.source)]
        self._note(record, number)
        return paper

    def _note(self, record: Record, number: int) -> None:
        self._seen.add((number, *record.source))
        if self._collection is not None:
            self._db.run("INSERT OR IGNORE INTO memberships VALUES (?, ?)", self._collection, number)
