"""Taking entries into the catalogue: new, changed, known, or the same paper from somewhere else.

A source is remembered with a digest of what it says, so reading a file twice changes nothing, and an abstract edited at
the source that the paper's text came from replaces that text.  What another source says of the same paper only fills
gaps.  A paper that was removed by hand stays away from the files it came from.  Knows no file format and no index.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal

from index_store import aside, identity
from index_store.catalogue import PAPER_COLUMNS, Catalogue
from index_store.types import Entry, Paper

Outcome = Literal["added", "updated", "unchanged", "merged"]

_COLUMNS = f"{PAPER_COLUMNS}, text_digest"
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))


class Intake:
    """Adds entries to a catalogue during one run; the caller holds the transaction."""

    def __init__(self, catalogue: Catalogue, collection: str | None = None) -> None:
        self._catalogue = catalogue
        self._db = catalogue.db
        self._collection = collection
        self._seen: set[tuple[int, str, str]] = set()
        self._any_aside = aside.holds_any(catalogue)

    def add(self, entry: Entry) -> tuple[Outcome, Paper | None]:
        """Take in one entry.  Returns what became of it, and the paper where its passages must be cut anew."""
        number, stored = self._find(entry)
        if stored is None:
            return self._new(entry)
        source = (number, str(entry.path), entry.local_id)
        known = self._db.one(
            "SELECT digest, is_text FROM sources WHERE number = ? AND path = ? AND local_id = ?", *source
        )
        if source in self._seen:  # the same paper twice in one file: the first entry stands for both
            return "merged", None
        if known is None:
            self._remember(entry, number, is_text=False)
            self._fill_gaps(number, stored, entry.paper)
            return "merged", None
        digest, is_text = known
        self._remember(entry, number, is_text=bool(is_text))
        if digest == identity.entry_digest(entry.paper):
            return "unchanged", None
        if not is_text:
            self._fill_gaps(number, stored, entry.paper)
            return "merged", None
        return "updated", self._update(number, stored, entry.paper)

    def _new(self, entry: Entry) -> tuple[Outcome, Paper | None]:
        """Take in a paper that the library does not hold.

        One that was removed by hand stays away, unless a file has it that it had not come from.
        """
        removed = aside.find(self._catalogue, entry) if self._any_aside else None
        if removed is None:
            number, paper = self._insert(entry)
            self._remember(entry, number, is_text=True)
            return "added", paper
        paper_id, from_this_file = removed
        if from_this_file:
            return "unchanged", None
        aside.bring_back(self._catalogue, paper_id)
        number = self._catalogue.number(paper_id)
        self._remember(entry, number, is_text=False)
        self._fill_gaps(number, self._catalogue.papers_by_number([number])[number], entry.paper)
        return "added", None

    def _find(self, entry: Entry) -> tuple[int, Paper | None]:
        for key in identity.entry_keys(entry):
            numbers = [row[0] for row in self._db.all("SELECT number FROM paper_keys WHERE key = ?", key)]
            candidates = sorted(self._catalogue.papers_by_number(numbers).items())
            if len(candidates) > 1:  # the one that says the very same first
                candidates.sort(key=lambda found: not identity.same_text(entry.paper.abstract, found[1].abstract))
            for number, stored in candidates:
                if self._is_same(entry, key, number, stored):
                    return number, stored
        return 0, None

    def _is_same(self, entry: Entry, key: str, number: int, stored: Paper) -> bool:
        if key.startswith("source:") and (number, str(entry.path), entry.local_id) in self._seen:
            key = identity.title_key(stored.title)  # an id given twice in one file settles nothing: look at the texts
        return identity.is_same_paper(entry, key, stored)

    def _insert(self, entry: Entry) -> tuple[int, Paper]:
        proposed = paper_id = identity.new_id(entry.paper)
        suffix = 2
        while self._catalogue.number(paper_id) or aside.holds_id(self._catalogue, paper_id):  # another of that title
            paper_id, suffix = f"{proposed}-{suffix}", suffix + 1
        paper = replace(entry.paper, id=paper_id)
        return self._db.run(f"INSERT INTO papers ({_COLUMNS}) VALUES ({_MARKS})", *_row(paper)), paper

    def _replace(self, number: int, stored: Paper, fresh: Paper) -> Paper | None:
        fresh = replace(fresh, id=stored.id)
        self._db.run(f"UPDATE papers SET ({_COLUMNS}) = ({_MARKS}) WHERE number = ?", *_row(fresh), number)
        return None if identity.text_digest(fresh) == identity.text_digest(stored) else fresh

    def _update(self, number: int, stored: Paper, fresh: Paper) -> Paper | None:
        """Take over what the source of the text says now; what other sources have filled in stays."""
        if len(stored.sources) > 1:
            return self._replace(number, stored, _filled(fresh, stored))
        # Nobody says the old identifiers any more: the paper that they belong to may still come.
        old, new = set(identity.identifiers(stored)), set(identity.identifiers(fresh))
        self._db.many("DELETE FROM paper_keys WHERE key = ? AND number = ?", [(k, number) for k in old - new])
        return self._replace(number, stored, fresh)

    def _fill_gaps(self, number: int, stored: Paper, other: Paper) -> None:
        fuller = _filled(stored, other)
        if fuller != stored:
            self._replace(number, stored, fuller)

    def _remember(self, entry: Entry, number: int, *, is_text: bool) -> None:
        path = str(entry.path)
        self._seen.add((number, path, entry.local_id))
        self._db.many(
            "INSERT OR IGNORE INTO paper_keys VALUES (?, ?)", [(k, number) for k in identity.entry_keys(entry)]
        )
        self._db.run(
            "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET line = excluded.line,"
            " digest = excluded.digest",
            *(number, path, entry.local_id, entry.line, identity.entry_digest(entry.paper), int(is_text)),
        )
        if self._collection is not None:
            self._db.run("INSERT OR IGNORE INTO memberships VALUES (?, ?)", self._collection, number)


def _filled(paper: Paper, other: Paper) -> Paper:
    return replace(
        paper,
        authors=paper.authors or other.authors,
        year=other.year if paper.year is None else paper.year,
        url=paper.url or other.url,
        doi=paper.doi or other.doi,
        arxiv_id=paper.arxiv_id or other.arxiv_id,
        categories=paper.categories or other.categories,
    )


def _row(paper: Paper) -> tuple[object, ...]:
    lists = json.dumps(paper.authors, ensure_ascii=False), json.dumps(paper.categories, ensure_ascii=False)
    return (
        *(paper.id, paper.title, paper.abstract, lists[0], paper.year, paper.url, paper.doi, paper.arxiv_id, lists[1]),
        *(paper.note, identity.text_digest(paper)),
    )
