"""How a catalogue of an older format becomes one of this format, a function a step.

Each runs inside the transaction that ``database`` holds, on a file of which there is a copy.  What the steps make is
what ``schema.sql`` makes for a new catalogue.
"""

from __future__ import annotations

import json
from functools import partial

from index_store.compression import SAMPLE, Compression
from index_store.database import Database, Migration
from index_store.wordings import meeting_points

_PAPERS = 1_000  # at a time
_TEXTS = "SELECT number, title, authors, abstract FROM papers WHERE number > ? ORDER BY number LIMIT ?"


def _keep_every_source(db: Database) -> None:
    """Format 2: identifiers, what every source says, and sketches of the abstracts.

    What the sources of a merged paper said one by one is unknown; they say what the paper says until they are read
    again, and their empty digests make that reading count.
    """
    for table in filter(partial(_has, db), ("papers", "removed_papers")):
        db.run(f"ALTER TABLE {table} ADD COLUMN identifiers TEXT NOT NULL DEFAULT '[]'")
    db.run(
        "CREATE TABLE records (number INTEGER NOT NULL REFERENCES papers (number), path TEXT NOT NULL,"
        " local_id TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (number, path, local_id)) WITHOUT ROWID"
    )
    db.run(
        "CREATE TABLE sketches (hash INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (hash, number))"
        " WITHOUT ROWID"
    )
    _note_records(db)
    last = 0
    while rows := db.all(_TEXTS, last, _PAPERS):
        hashes = [
            (value, number)
            for number, title, authors, abstract in rows
            for value in meeting_points(title, tuple(json.loads(authors)), abstract)
        ]
        db.many("INSERT OR IGNORE INTO sketches VALUES (?, ?)", hashes)
        last = rows[-1][0]


def _note_records(db: Database) -> None:
    columns = "title, abstract, authors, year, url, doi, arxiv_id, categories, note"
    merged = "SELECT number FROM sources GROUP BY number HAVING COUNT(*) > 1"
    for number, title, abstract, authors, year, url, doi, arxiv_id, categories, note in db.all(
        f"SELECT number, {columns} FROM papers WHERE number IN ({merged})"
    ):
        said = [title, abstract, json.loads(authors), year, url, doi, arxiv_id, json.loads(categories), note, []]
        db.run(
            "INSERT INTO records SELECT number, path, local_id, ? FROM sources WHERE number = ?",
            json.dumps(said, ensure_ascii=False),
            number,
        )
        db.run("UPDATE sources SET digest = '' WHERE number = ? AND is_text = 0", number)


def _make_smaller(db: Database) -> None:
    """Format 3: abstracts and records compressed, and fewer and smaller indexes of the list of papers."""
    for index in ("papers_newest", "papers_oldest", "papers_by_title"):  # the schema makes what there is now
        db.run(f"DROP INDEX IF EXISTS {index}")
    db.run("DROP VIEW IF EXISTS listed")
    db.run("CREATE TABLE dictionaries (id INTEGER PRIMARY KEY, content BLOB NOT NULL)")
    compression = Compression(db)
    texts = db.all("SELECT abstract FROM papers ORDER BY number LIMIT ?", SAMPLE)
    if len(texts) == SAMPLE:
        compression.learn([text for (text,) in texts])
    for table in filter(partial(_has, db), ("papers", "removed_papers")):
        last, some = 0, f"SELECT number, abstract FROM {table} WHERE number > ? ORDER BY number LIMIT ?"
        while rows := db.all(some, last, _PAPERS):
            packed = [(compression.pack(text), number) for number, text in rows]
            db.many(f"UPDATE {table} SET abstract = ? WHERE number = ?", packed)
            last = rows[-1][0]
    for table in filter(partial(_has, db), ("records", "removed_records")):
        each = db.all(f"SELECT record, number, path, local_id FROM {table}")
        made = [(compression.pack(text), *place) for text, *place in each]
        db.many(f"UPDATE {table} SET record = ? WHERE number = ? AND path = ? AND local_id = ?", made)


def _has(db: Database, table: str) -> bool:
    return db.one("SELECT 1 FROM sqlite_master WHERE name = ?", table) is not None


MIGRATIONS: tuple[Migration, ...] = (_keep_every_source, _make_smaller)
