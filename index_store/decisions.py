"""What the user decided about sources: these two are one paper, those two are not.

Kept by the sources' names (see ``records.Record.name``), so a decision holds through later runs and edited texts.  The
last word on a pair holds; ``undo`` takes back the last step.  Tables only: ``parting`` applies them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from index_store.clusters import Verdicts
from index_store.database import Database
from index_store.records import Record


def holds_any(db: Database) -> bool:
    return db.one("SELECT 1 FROM decisions LIMIT 1") is not None


def verdicts(db: Database, records: Sequence[Record]) -> Verdicts:
    """Give the decisions about pairs of ``records``, the last on each pair."""
    names = json.dumps([record.name for record in records])
    rows = db.all(
        "SELECT first, second, is_together FROM decisions WHERE first IN (SELECT value FROM json_each(?))"
        " AND second IN (SELECT value FROM json_each(?)) ORDER BY id",
        *(names, names),
    )
    return {frozenset((first, second)): bool(together) for first, second, together in rows}


def partners(db: Database, record: Record) -> list[str]:
    """Give the names that the user put together with a record at any time."""
    rows = db.all(
        "SELECT second FROM decisions WHERE first = ? AND is_together"
        " UNION SELECT first FROM decisions WHERE second = ? AND is_together",
        *(record.name, record.name),
    )
    return [row[0] for row in rows]


def last_step(db: Database) -> int:
    """Give the number of the last step, 0 where there is none; numbers are not used again while later ones stand."""
    (step,) = db.one("SELECT ifnull(MAX(step), 0) FROM decisions") or (0,)
    return int(step)


def note(db: Database, pairs: Iterable[tuple[Record, Record]], *, together: bool) -> None:
    """Write down one step.  The caller holds the transaction."""
    step = last_step(db) + 1
    rows = [(step, int(together), a.name, b.name) for a, b in pairs]
    db.many("INSERT INTO decisions (step, is_together, first, second) VALUES (?, ?, ?, ?)", rows)


def undo(db: Database) -> list[str]:
    """Take back the last step; gives the names it was about."""
    rows = db.all("SELECT first, second FROM decisions WHERE step = (SELECT MAX(step) FROM decisions)")
    db.run("DELETE FROM decisions WHERE step = (SELECT MAX(step) FROM decisions)")
    return sorted({name for row in rows for name in row})
