"""The catalogue: every paper once, its sources and collections, and the cuts of its passages, in one SQLite file.

It is the source of truth; vectors and lexical index are derived from it and can always be rebuilt.  This module reads
it and keeps the passages' state; ``intake`` adds papers.  Knows no embedder and no index.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store import browsing, compression
from index_store.compression import Compression
from index_store.database import Database, Row, parts
from index_store.kept import Kept
from index_store.migrations import MIGRATIONS
from index_store.types import WHOLE_LIBRARY, Paper, Passage, Scope, Source, Span

PAPER_COLUMNS = "id, title, abstract, authors, year, url, doi, arxiv_id, categories, note, identifiers"

_CACHE_KB = 65_536  # keys and sketches go in all over their indexes: with SQLite's 2 MB most pages were read again
_NUMBERED = re.compile(r"(t[0-9a-f]{12}|(?:doi|arXiv):.+)-\d+")  # one of several that should have one id


class Catalogue:
    """One open catalogue file.  Safe to share between threads; one process at a time may write."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it where it is absent.  Raises ``LibraryDamaged`` or ``StorageError``."""
        schema = files("index_store").joinpath("schema.sql").read_text("utf-8")
        # No repair brings back the one place where these texts are; the files they were read from do.
        self.db = Database(path, schema, "Move it away, then read your files again.", MIGRATIONS)
        self.db.run(f"PRAGMA cache_size = -{_CACHE_KB}")
        self._kept = Kept(self.db)
        self._compression = Compression(self.db)

    def close(self) -> None:
        self.db.close()

    def transaction(self) -> AbstractContextManager[None]:
        return self.db.transaction()

    # Settings that the library was built with.

    def meta(self, key: str) -> str | None:
        row = self.db.one("SELECT value FROM meta WHERE key = ?", key)
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self.db.run("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value)

    # Papers.

    def __len__(self) -> int:
        return self._count("SELECT COUNT(*) FROM papers")

    def is_empty(self) -> bool:
        """Tell whether there is no paper, without counting them."""
        return self.db.one("SELECT 1 FROM papers LIMIT 1") is None

    def paper(self, paper_id: str) -> Paper | None:
        number = self.number(paper_id)
        return self.papers_by_number([number]).get(number)

    def sample(self, limit: int) -> list[Paper]:
        """Give up to ``limit`` papers in the order of their digests: as good as random, and always the same."""
        rows = self.db.all(f"SELECT number, {PAPER_COLUMNS} FROM papers ORDER BY text_digest, id LIMIT ?", limit)
        return self._complete(rows)

    def titles(self, limit: int) -> list[tuple[int, str, str, int | None]]:
        """Give number, id, title and year of up to ``limit`` papers, in the order of ``sample``."""
        return [
            (number, paper_id, title, year)
            for number, paper_id, title, year in self.db.all(
                "SELECT number, id, title, year FROM papers ORDER BY text_digest, id LIMIT ?", limit
            )
        ]

    def number(self, paper_id: str) -> int:
        """Give the number of a paper, 0 where there is none.  Ids from before it was merged with another hold."""
        return self._count("SELECT number FROM papers WHERE id = ?", paper_id) or self._count(
            "SELECT number FROM aliases JOIN papers USING (number) WHERE alias = ?", paper_id
        )

    def papers_by_number(self, numbers: Sequence[int]) -> dict[int, Paper]:
        """Give papers by their numbers; numbers that the library no longer holds are left out."""
        found: dict[int, Paper] = {}
        for part in parts(numbers):
            marks = ",".join("?" * len(part))
            rows = self.db.all(f"SELECT number, {PAPER_COLUMNS} FROM papers WHERE number IN ({marks})", *part)
            found.update(zip((row[0] for row in rows), self._complete(rows), strict=True))
        return found

    def papers(
        self,
        *,
        offset: int = 0,
        limit: int = 50,
        query: str = "",
        scope: Scope = WHOLE_LIBRARY,
        order: browsing.Order = "title",
    ) -> tuple[list[Paper], int]:
        """List papers: one page of them, and how many there are.  ``query`` must occur in title or authors."""
        page, total = browsing.numbers(self._kept, query, scope, order, offset, limit)
        found = self.papers_by_number(page)
        return [found[number] for number in page if number in found], total

    def packed(self, text: str) -> bytes:
        """Give an abstract or a record as its column holds it.  Raises ``InputError`` for what is no Unicode."""
        return self._compression.pack(text)

    def unpacked(self, packed: bytes) -> str:
        """Give a text that ``packed`` was made of.  Raises ``LibraryDamaged`` where it was made of none."""
        return self._compression.unpack(packed)

    def learn_words(self) -> None:
        """Make the dictionary for abstracts that come from now on, once there are enough to learn from.

        The caller holds the transaction.
        """
        if not self._compression.has_dictionary() and len(self) >= compression.SAMPLE:
            rows = self.db.all("SELECT abstract FROM papers ORDER BY number LIMIT ?", compression.SAMPLE)
            self._compression.learn([self.unpacked(packed) for (packed,) in rows])

    def paper_of(self, row: Row, collections: Sequence[str] = (), sources: Sequence[Source] = ()) -> Paper:
        """Make a paper of a row: its number, then ``PAPER_COLUMNS``."""
        _, paper_id, title, abstract, authors, year, url, doi, arxiv_id, categories, note, identifiers = row
        return Paper(
            paper_id,
            title,
            self.unpacked(abstract),
            authors=_names(authors),
            year=year,
            url=url,
            doi=doi,
            arxiv_id=arxiv_id,
            categories=_names(categories),
            note=note,
            collections=tuple(collections),
            sources=tuple(sources),
            identifiers=_names(identifiers),
        )

    def collections(self) -> dict[str, int]:
        """Count the papers of each collection."""
        return dict(self.db.all("SELECT collection, COUNT(*) FROM memberships GROUP BY collection ORDER BY collection"))

    def numbers_in(self, scope: Scope) -> npt.NDArray[np.int64]:
        """Give the numbers of the papers inside ``scope``, ascending."""
        return browsing.numbers_in(self._kept, scope)

    def digest(self) -> str:
        """Digest the library's content: the same papers give the same digest, whatever the order they came in."""
        state = hashlib.sha256()
        rows = self.db.all("SELECT id, doi, text_digest FROM papers")
        for paper_id, text in sorted((_unnumbered(paper_id, doi), text) for paper_id, doi, text in rows):
            state.update(f"{paper_id}\t{text}\n".encode())
        return state.hexdigest()

    def numbers_only_from(self, path: str) -> list[int]:
        """Give the numbers of the papers that have no source but ``path``."""
        rows = self.db.all(
            "SELECT number FROM sources GROUP BY number HAVING MIN(path) = ? AND MAX(path) = ?", path, path
        )
        return [row[0] for row in rows]

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget papers; the indexes forget their passages at the next publication."""
        rows = [(number,) for number in numbers]
        self.db.many("INSERT OR IGNORE INTO stale_passages SELECT id, number FROM passages WHERE number = ?", rows)
        for table in ("passages", "memberships", "records", "sources", "paper_keys", "papers"):
            self.db.many(f"DELETE FROM {table} WHERE number = ?", rows)

    # Passages.

    def passage_count(self) -> int:
        return self._count("SELECT COUNT(*) FROM passages")

    def passage_table(self) -> npt.NDArray[np.int64]:
        """Give ``(n, 2)`` int64 rows (passage id, paper number), ascending by id."""
        return _numbers(
            self.db.one(
                "SELECT group_concat(id || ' ' || number, ' ') FROM (SELECT id, number FROM passages ORDER BY id)"
            )
        ).reshape(-1, 2)

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Give passages by id, text included; ids that are no longer in the library are left out."""
        found: dict[int, Passage] = {}
        for part in parts(ids):
            marks = ",".join("?" * len(part))
            rows = self.db.all(f"{_PASSAGE_QUERY} WHERE passages.id IN ({marks})", *part)
            found.update((row[0], self._passage(row)) for row in rows)
        return found

    def passages_of(self, papers: Mapping[int, Paper]) -> dict[int, Passage]:
        """Give the passages of papers at hand (by number), by id: their abstracts need not be unpacked again."""
        found: dict[int, Passage] = {}
        for part in parts(list(papers)):
            marks = ",".join("?" * len(part))
            for passage_id, number, start, end in self.db.all(
                f"SELECT id, number, start_offset, end_offset FROM passages WHERE number IN ({marks})", *part
            ):
                paper = papers[number]
                text = paper.abstract[start:end]
                found[passage_id] = Passage(passage_id, paper.id, paper.title, text, start, end)
        return found

    def texts_of(self, passage_ids: Sequence[int]) -> list[tuple[int, str, str]]:
        """Give number, title and abstract of the papers that passages belong to, each once, by number."""
        found: dict[int, tuple[int, str, str]] = {}
        for part in parts(passage_ids):
            owners = f"SELECT number FROM passages WHERE id IN ({','.join('?' * len(part))})"
            rows = self.db.all(f"SELECT number, title, abstract FROM papers WHERE number IN ({owners})", *part)
            found.update((number, (number, title, self.unpacked(packed))) for number, title, packed in rows)
        return [found[number] for number in sorted(found)]

    def owners(self, passage_ids: Sequence[int]) -> dict[int, int]:
        """Give the number of the paper that each passage belongs to, by passage id."""
        found: dict[int, int] = {}
        for part in parts(passage_ids):
            marks = ",".join("?" * len(part))
            found.update(self.db.all(f"SELECT id, number FROM passages WHERE id IN ({marks})", *part))
        return found

    def waiting(self, limit: int) -> list[Passage]:
        """Give the next passages that are not in the indexes yet."""
        rows = self.db.all(f"{_PASSAGE_QUERY} WHERE is_indexed = 0 ORDER BY passages.id LIMIT ?", limit)
        return [self._passage(row) for row in rows]

    def waiting_ids(self) -> npt.NDArray[np.int64]:
        """Give the ids of all passages that are not in the indexes yet, ascending."""
        return _numbers(
            self.db.one("SELECT group_concat(id, ' ') FROM (SELECT id FROM passages WHERE is_indexed = 0 ORDER BY id)")
        )

    def waiting_count(self) -> int:
        return self._count("SELECT COUNT(*) FROM passages WHERE is_indexed = 0")

    def set_passages(self, paper_id: str, spans: Sequence[Span]) -> None:
        """Replace a paper's passages.  The indexes forget the old ones after they hold the new ones."""
        row = self.db.one("SELECT number FROM papers WHERE id = ?", paper_id)
        if row is None:
            raise KeyError(paper_id)
        self.db.run("INSERT OR IGNORE INTO stale_passages SELECT id, number FROM passages WHERE number = ?", row[0])
        self.db.run("DELETE FROM passages WHERE number = ?", row[0])
        rows = [(row[0], span.start, span.end) for span in spans]
        self.db.many("INSERT INTO passages (number, start_offset, end_offset) VALUES (?, ?, ?)", rows)

    def mark_indexed(self, ids: Sequence[int], *, indexed: bool = True) -> None:
        self.db.many("UPDATE passages SET is_indexed = ? WHERE id = ?", [(int(indexed), i) for i in ids])

    def stale(self, limit: int) -> list[int]:
        """Give ids of passages that are gone from the catalogue but may still be in the indexes."""
        return [row[0] for row in self.db.all("SELECT id FROM stale_passages ORDER BY id LIMIT ?", limit)]

    def gone(self, ids: Sequence[int]) -> list[int]:
        """Give the numbers of the papers that stale passages belonged to and that are gone as well."""
        found: set[int] = set()
        for part in parts(ids):
            marks = ",".join("?" * len(part))
            held = "EXISTS (SELECT 1 FROM papers WHERE papers.number = stale_passages.number)"
            rows = self.db.all(f"SELECT number FROM stale_passages WHERE id IN ({marks}) AND NOT {held}", *part)
            found.update(row[0] for row in rows)
        return sorted(found - {0})

    def add_stale(self, ids: Sequence[int]) -> None:
        self.db.many("INSERT OR IGNORE INTO stale_passages VALUES (?, 0)", [(i,) for i in ids])

    def forget_stale(self, ids: Sequence[int]) -> None:
        self.db.many("DELETE FROM stale_passages WHERE id = ?", [(i,) for i in ids])

    def uncut(self, after: int, limit: int) -> list[int]:
        """Give the numbers, above ``after``, of the next papers that have no passages."""
        rows = self.db.all(
            "SELECT number FROM papers WHERE number > ?"
            " AND NOT EXISTS (SELECT 1 FROM passages WHERE passages.number = papers.number) ORDER BY number LIMIT ?",
            after,
            limit,
        )
        return [row[0] for row in rows]

    def forget_passages(self) -> None:
        """Drop every cut, for a rebuild that makes the indexes anew."""
        self.db.run("DELETE FROM passages")
        self.db.run("DELETE FROM stale_passages")

    def _count(self, statement: str, *values: object) -> int:
        row = self.db.one(statement, *values)
        return int(row[0]) if row else 0

    def _passage(self, row: Row) -> Passage:
        passage_id, paper_id, title, abstract, start, end = row
        return Passage(passage_id, paper_id, title, self.unpacked(abstract)[start:end], start, end)

    def _complete(self, rows: Sequence[Row]) -> list[Paper]:
        """Turn rows (number, then ``PAPER_COLUMNS``) into papers with their sources and collections."""
        sources: dict[int, list[Source]] = {}
        memberships: dict[int, list[str]] = {}
        for part in parts([row[0] for row in rows]):
            marks = ",".join("?" * len(part))
            for number, path, line, local_id in self.db.all(
                f"SELECT number, path, line, local_id FROM sources WHERE number IN ({marks})"
                " ORDER BY is_text DESC, path, line",
                *part,
            ):
                sources.setdefault(number, []).append(Source(path, line, local_id))
            for number, name in self.db.all(
                f"SELECT number, collection FROM memberships WHERE number IN ({marks}) ORDER BY collection", *part
            ):
                memberships.setdefault(number, []).append(name)
        return [self.paper_of(row, memberships.get(row[0], ()), sources.get(row[0], ())) for row in rows]


_PASSAGE_QUERY = (
    "SELECT passages.id, papers.id, title, abstract, start_offset, end_offset FROM passages JOIN papers USING (number)"
)


def _unnumbered(paper_id: str, doi: str | None) -> str:
    """Give an id without the number that says which of its papers came first; a DOI may end like one."""
    found = _NUMBERED.fullmatch(paper_id)
    return found[1] if found and paper_id != f"doi:{(doi or '').lower()}" else paper_id


def _names(listed: str) -> tuple[str, ...]:
    """Read a column that holds a list; most hold none, and a search reads hundreds."""
    return () if listed == "[]" else tuple(json.loads(listed))


def _numbers(row: Row | None) -> npt.NDArray[np.int64]:
    """Read numbers that come as one text: as rows they take five times as long."""
    return np.fromstring(row[0] if row and row[0] else "", np.int64, sep=" ")
