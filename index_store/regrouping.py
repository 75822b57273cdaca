"""Writing a new parting of records into the catalogue: which paper keeps its number, what it says, what it is called.

A paper keeps its number, and with it its passages and vectors, where its text stays; the ids of a paper that goes lead
to the one that it has become part of.  The caller holds the transaction.  Knows no file format and no index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import replace

from index_store import aside, identity
from index_store.catalogue import PAPER_COLUMNS, Catalogue
from index_store.grouping import keys_of
from index_store.records import Record, merged, said, to_json
from index_store.sameness import likeness
from index_store.types import Paper
from index_store.wordings import meeting_points

_COLUMNS = f"{PAPER_COLUMNS}, text_digest"
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))


def write(
    catalogue: Catalogue, groups: Sequence[Sequence[Record]], gone: Sequence[Record] = ()
) -> dict[tuple[int, str, str], tuple[int, Paper | None]]:
    """Make ``groups`` the papers of their records; ``gone`` is what replaced records said before.

    Gives where each record is now by where it was, and the paper where its text is new: its passages must be cut.
    """
    numbers = {record.number for group in groups for record in group} | {record.number for record in gone}
    held = catalogue.papers_by_number(sorted(numbers))
    homes = _homes(groups, held)
    _forget(catalogue, [record for group in groups for record in group] + list(gone), held)
    for number in held.keys() - set(homes):
        heir = next(n for n, group in zip(homes, groups, strict=True) if any(r.number == number for r in group))
        _remove(catalogue, number, held[number], heir)
    places: dict[tuple[int, str, str], tuple[int, Paper | None]] = {}
    # Those that go on first: then it is known which ids new ones may have.
    for home, group in sorted(zip(homes, groups, strict=True), key=lambda pair: not pair[0]):
        place = _put(catalogue, home, group, held)
        places.update(((record.number, *record.source), place) for record in group)
    return places


def insert(catalogue: Catalogue, record: Record) -> tuple[int, Paper]:
    """Add a paper that nobody else speaks of."""
    number, paper = _put(catalogue, 0, [record], {})
    assert paper is not None  # a new paper's text is new
    return number, paper


def update(catalogue: Catalogue, record: Record, before: Record) -> Paper | None:
    """Take over what the only source of a paper says now; gives the paper where its text is new."""
    held = catalogue.papers_by_number([record.number])
    _forget(catalogue, [before], held)
    return _put(catalogue, record.number, [record], held)[1]


def _homes(groups: Sequence[Sequence[Record]], held: dict[int, Paper]) -> list[int]:
    """Give each group the number of the paper that it goes on as, best one whose text it keeps; 0 for a new one."""
    homes: list[int] = []
    for group in groups:
        digest = identity.text_digest(merged([record.paper for record in group])[0])
        free = sorted({record.number for record in group if record.number in held} - set(homes))
        free.sort(key=lambda number: identity.text_digest(held[number]) != digest)
        homes.append(free[0] if free else 0)
    return homes


def _forget(catalogue: Catalogue, records: Sequence[Record], held: dict[int, Paper]) -> None:
    keys = [(key, record.number) for record in records for key in keys_of(record)]
    catalogue.db.many("DELETE FROM paper_keys WHERE key = ? AND number = ?", keys)
    for table in ("records", "sources"):
        catalogue.db.many(f"DELETE FROM {table} WHERE number = ?", [(number,) for number in held])


def _remove(catalogue: Catalogue, number: int, paper: Paper, heir: int) -> None:
    db = catalogue.db
    catalogue.set_passages(paper.id, [])
    rows = [(name, number) for name in paper.collections]
    db.many("DELETE FROM memberships WHERE collection = ? AND number = ?", rows)
    db.run("DELETE FROM papers WHERE number = ?", number)
    db.run("UPDATE aliases SET number = ? WHERE number = ?", heir, number)
    db.run("INSERT OR REPLACE INTO aliases VALUES (?, ?)", paper.id, heir)


def _put(catalogue: Catalogue, home: int, group: Sequence[Record], held: dict[int, Paper]) -> tuple[int, Paper | None]:
    """Write one paper; gives its number, and itself where its text is new."""
    db, before = catalogue.db, held.get(home)
    kept = _one_a_source(group)
    records = [kept[source] for source in sorted(kept)]
    whole, text_of = merged([record.paper for record in records])
    is_new = before is None or identity.text_digest(before) != identity.text_digest(whole)
    if before is None:
        paper = replace(said(whole), id=_free_id(catalogue, identity.new_id(whole), 0, held))
        number = db.run(f"INSERT INTO papers ({_COLUMNS}) VALUES ({_MARKS})", *_row(catalogue, paper))
    else:
        number, paper = home, replace(said(whole), id=_name(catalogue, home, before, whole, kept.keys(), held))
        db.run(f"UPDATE papers SET ({_COLUMNS}) = ({_MARKS}) WHERE number = ?", *_row(catalogue, paper), number)
        if paper.id != before.id:
            db.run("INSERT OR REPLACE INTO aliases VALUES (?, ?)", before.id, number)
        if is_new:
            catalogue.set_passages(paper.id, [])
    _put_records(catalogue, number, records, text_of)
    collections = {name for record in group if record.number in held for name in held[record.number].collections}
    db.many("INSERT OR IGNORE INTO memberships VALUES (?, ?)", [(name, number) for name in sorted(collections)])
    return number, paper if is_new else None


def _one_a_source(group: Sequence[Record]) -> dict[tuple[str, str], Record]:
    """Keep one record a source: of an id, or none, given twice in one file, the first entry stands for both.

    Two of one file that the user put together are kept both, by their titles, for he may take that back.
    """
    kept: dict[tuple[str, str], Record] = {}
    for record in sorted(group, key=lambda record: record.line):
        first = kept.setdefault(record.source, record)
        if first is not record and not likeness(first.paper, record.paper):
            named = replace(record, local_id=identity.title_key(record.paper.title))
            kept[named.source] = named
    return kept


def _put_records(catalogue: Catalogue, number: int, records: Sequence[Record], text_of: int) -> None:
    db = catalogue.db
    for i, record in enumerate(records):
        digest = identity.entry_digest(record.paper)
        place = (number, record.path, record.local_id)
        db.run("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)", *place, record.line, digest, int(i == text_of))
        if len(records) > 1:
            db.run("INSERT INTO records VALUES (?, ?, ?, ?)", *place, catalogue.packed(to_json(record.paper)))
        db.many("INSERT OR IGNORE INTO paper_keys VALUES (?, ?)", [(key, number) for key in keys_of(record)])
        points = meeting_points(record.paper.title, record.paper.authors, record.paper.abstract)
        db.many("INSERT OR IGNORE INTO sketches VALUES (?, ?)", [(value, number) for value in points])


def _name(
    catalogue: Catalogue,
    number: int,
    before: Paper,
    whole: Paper,
    sources: Set[tuple[str, str]],
    held: dict[int, Paper],
) -> str:
    """Name a paper that goes on: an edit keeps its id, another source may bring a better one."""
    if {(source.path, source.local_id) for source in before.sources} == sources:
        return before.id
    proposed = identity.new_id(whole)
    if before.id.rpartition("-")[0] == proposed:  # numbered, for another has that id
        return before.id
    return _free_id(catalogue, proposed, number, held)


def _free_id(catalogue: Catalogue, proposed: str, number: int, held: dict[int, Paper]) -> str:
    """Give an id that no other paper has or had; what one of ``held`` was called before is free."""
    db, paper_id, suffix = catalogue.db, proposed, 2
    while True:
        owner = db.one("SELECT number FROM papers WHERE id = ?", paper_id)
        alias = db.one("SELECT number FROM aliases WHERE alias = ?", paper_id)
        is_free = owner is None or owner[0] == number
        if is_free and (alias is None or alias[0] in held) and not aside.holds_id(catalogue, paper_id):
            db.run("DELETE FROM aliases WHERE alias = ?", paper_id)
            return paper_id
        paper_id, suffix = f"{proposed}-{suffix}", suffix + 1


def _row(catalogue: Catalogue, paper: Paper) -> tuple[object, ...]:
    abstract = catalogue.packed(paper.abstract)
    lists = json.dumps(paper.authors, ensure_ascii=False), json.dumps(paper.categories, ensure_ascii=False)
    return (
        *(paper.id, paper.title, abstract, lists[0], paper.year, paper.url, paper.doi, paper.arxiv_id, lists[1]),
        *(paper.note, json.dumps(paper.identifiers), identity.text_digest(paper)),
    )
