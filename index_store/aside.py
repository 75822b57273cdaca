"""Papers set aside: out of the library, kept in its catalogue with their sources, keys and collections.

Tables only: ``removal`` decides when, ``intake`` asks whether an entry is one of them.  Knows no index.
"""

from __future__ import annotations

from datetime import UTC, datetime

from index_store import identity
from index_store.catalogue import PAPER_COLUMNS, Catalogue
from index_store.sameness import likeness
from index_store.types import Entry

_ALL_COLUMNS = f"number, {PAPER_COLUMNS}, text_digest"
_TABLES = {
    "sources": "removed_sources",
    "records": "removed_records",
    "memberships": "removed_memberships",
    "paper_keys": "removed_keys",
}


def set_aside(catalogue: Catalogue, paper_id: str, *, until_read: bool = False) -> bool:
    """Take a paper out of the library; False where there is none.  The caller holds the transaction.

    ``until_read``: until any file has it again, also one it came from.
    """
    number = catalogue.number(paper_id)
    if not number:
        return False
    db, now = catalogue.db, datetime.now(UTC).isoformat(timespec="seconds")
    columns = f"{_ALL_COLUMNS}, removed_at"
    db.run(f"INSERT INTO removed_papers ({columns}) SELECT {_ALL_COLUMNS}, ? FROM papers WHERE number = ?", now, number)
    for table, aside in _TABLES.items():
        db.run(f"INSERT INTO {aside} SELECT * FROM {table} WHERE number = ?", number)
    if until_read:
        db.run("INSERT OR IGNORE INTO removed_until_read VALUES (?)", number)
    catalogue.remove([number])
    return True


def bring_back(catalogue: Catalogue, paper_id: str) -> bool:
    """Put a paper back as it was, without passages: the next publication cuts them.  False where none was set aside."""
    db = catalogue.db
    row = db.one("SELECT number FROM removed_papers WHERE id = ?", paper_id)
    if row is None:
        return False
    (number,) = row
    db.run(f"INSERT INTO papers ({_ALL_COLUMNS}) SELECT {_ALL_COLUMNS} FROM removed_papers WHERE number = ?", number)
    for table, aside in _TABLES.items():
        db.run(f"INSERT INTO {table} SELECT * FROM {aside} WHERE number = ?", number)
    for aside in (*_TABLES.values(), "removed_papers", "removed_until_read"):
        db.run(f"DELETE FROM {aside} WHERE number = ?", number)
    return True


def holds_any(catalogue: Catalogue) -> bool:
    """Tell whether any paper is set aside."""
    return catalogue.db.one("SELECT 1 FROM removed_papers LIMIT 1") is not None


def holds_id(catalogue: Catalogue, paper_id: str) -> bool:
    """Tell whether a paper that is set aside has this id, so that no other paper gets it."""
    return catalogue.db.one("SELECT 1 FROM removed_papers WHERE id = ?", paper_id) is not None


def waits_for_a_file(catalogue: Catalogue, paper_id: str) -> bool:
    """Tell whether a paper is set aside until a file has it again."""
    found = "SELECT 1 FROM removed_until_read JOIN removed_papers USING (number) WHERE id = ?"
    return catalogue.db.one(found, paper_id) is not None


def find(catalogue: Catalogue, entry: Entry) -> tuple[str, bool] | None:
    """Find the paper set aside that an entry is: its id, and whether it had been read from the entry's file."""
    for key in identity.entry_keys(entry):
        rows = catalogue.db.all(
            f"SELECT number, {PAPER_COLUMNS} FROM removed_keys"
            " JOIN removed_papers USING (number) WHERE key = ? ORDER BY number",
            key,
        )
        for number, paper_id, *rest in rows:
            if key.startswith("source:") or likeness(entry.paper, catalogue.paper_of((number, paper_id, *rest))):
                read_from = "SELECT 1 FROM removed_sources WHERE number = ? AND path = ?"
                return paper_id, catalogue.db.one(read_from, number, str(entry.path)) is not None
    return None
