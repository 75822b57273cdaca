"""Catalogues of older formats become one of today: of format 1, as the schema stood before identifiers and records, and
of format 2, whose abstracts were not compressed.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from index_store import identity, migrations
from index_store.catalogue import Catalogue
from index_store.database import Database
from index_store.errors import LibraryMismatch, StorageError
from index_store.intake import Intake
from tests.small_library import BREAD, FROGS, entry

FORMAT_1 = """
CREATE TABLE papers (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    abstract TEXT NOT NULL, authors TEXT NOT NULL, year INTEGER, url TEXT, doi TEXT, arxiv_id TEXT,
    categories TEXT NOT NULL, note TEXT, text_digest TEXT NOT NULL);
CREATE TABLE paper_keys (key TEXT NOT NULL, number INTEGER NOT NULL REFERENCES papers (number),
    PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE sources (number INTEGER NOT NULL REFERENCES papers (number), path TEXT NOT NULL, local_id TEXT NOT NULL,
    line INTEGER NOT NULL, digest TEXT NOT NULL, is_text INTEGER NOT NULL, PRIMARY KEY (number, path, local_id)
    ) WITHOUT ROWID;
CREATE TABLE memberships (collection TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (collection, number)
    ) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE removed_papers AS SELECT *, '' AS removed_at FROM papers WHERE 0;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Two papers: frogs from two files, bread from one."""
    path = tmp_path / "catalogue.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FORMAT_1)
        for number, paper in enumerate((FROGS, BREAD), 1):
            row = (number, identity.new_id(paper), paper.title, paper.abstract, "[]", "[]", identity.text_digest(paper))
            db.execute(
                "INSERT INTO papers (number, id, title, abstract, authors, categories, text_digest)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            db.execute("INSERT INTO paper_keys VALUES (?, ?)", (identity.title_key(paper.title), number))
            digest = identity.entry_digest(paper)
            db.execute("INSERT INTO sources VALUES (?, '/a.jsonl', '', ?, ?, 1)", (number, number, digest))
        db.execute("INSERT INTO sources VALUES (1, '/b.jsonl', '', 1, 'of another text', 0)")
        db.commit()
    return path


def test_nothing_is_lost_and_what_was_unknown_is_read_again(old: Path) -> None:
    with closing(Catalogue(old)) as catalogue:
        assert sorted(paper.title for paper in catalogue.papers()[0]) == [FROGS.title, BREAD.title]
        digest = catalogue.digest()
        intake = Intake(catalogue)
        with catalogue.transaction():
            known = [intake.add(entry(paper, "/a.jsonl", line)) for line, paper in enumerate((FROGS, BREAD), 1)]
            second = intake.add(entry(FROGS, "/b.jsonl", doi="10.1/f"))
        assert known == [("unchanged", None), ("unchanged", None)]
        assert second[0] == "merged"
        assert (catalogue.digest(), catalogue.papers(query="frogs")[0][0].doi) == (digest, "10.1/f")
        assert len(catalogue) == 2
    assert [path.name for path in old.parent.iterdir()] == [old.name]  # the copy has gone


def test_a_migration_that_fails_leaves_the_file_and_a_copy(old: Path) -> None:
    def fails(db: Database) -> None:
        migrations.MIGRATIONS[0](db)
        raise StorageError("The disk is full.")

    before = _dump(old)
    with pytest.raises(StorageError):
        Database(old, "", migrations=(fails,))
    assert _dump(old) == before == _dump(old.with_name("catalogue.sqlite3.before-format-2"))
    with closing(Catalogue(old)) as catalogue:
        assert len(catalogue) == 2


FORMAT_2 = """
CREATE VIEW listed AS SELECT number, id, title, authors, year, ifnull(year, 9999) AS year_up FROM papers;
CREATE INDEX papers_by_title ON papers (title COLLATE NOCASE, id, year, authors);
CREATE INDEX papers_newest ON papers (year DESC, title COLLATE NOCASE, id, authors);
CREATE INDEX papers_oldest ON papers (ifnull(year, 9999), title COLLATE NOCASE, id, year, authors);
CREATE TABLE removed_records AS SELECT * FROM records WHERE 0;
INSERT INTO records SELECT number, '/c.jsonl', local_id, record FROM records WHERE path = '/b.jsonl';
INSERT INTO removed_records VALUES (7, '/d.jsonl', '', 'what was said of one removed');
INSERT INTO removed_papers (number, id, title, abstract, authors, categories, text_digest, removed_at)
    VALUES (7, 't7', 'Removed', 'Its abstract.', '[]', '[]', '', '2026-01-01');
"""


@pytest.mark.parametrize("sample", [1, 2_000], ids=["with a dictionary", "too few for one"])
def test_a_catalogue_of_plain_abstracts_becomes_smaller(
    old: Path, sample: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "SAMPLE", sample)
    Database(old, FORMAT_2, migrations=migrations.MIGRATIONS[:1]).close()
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("SELECT abstract FROM papers WHERE number = 1").fetchone() == (FROGS.abstract,)
        told = db.execute("SELECT record FROM records").fetchall()
    with closing(Catalogue(old)) as catalogue:
        assert {paper.title: paper.abstract for paper in catalogue.papers(order="newest")[0]} == {
            FROGS.title: FROGS.abstract,
            BREAD.title: BREAD.abstract,
        }
        packed = catalogue.db.all("SELECT typeof(abstract) FROM papers UNION ALL SELECT typeof(record) FROM records")
        assert {kind for (kind,) in packed} == {"blob"}
        assert [(catalogue.unpacked(record),) for (record,) in catalogue.db.all("SELECT record FROM records")] == told
        assert catalogue.unpacked(catalogue.db.all("SELECT abstract FROM removed_papers")[0][0]) == "Its abstract."
        (removed,) = catalogue.db.all("SELECT record FROM removed_records")
        assert catalogue.unpacked(removed[0]) == "what was said of one removed"
        assert len(catalogue.db.all("SELECT * FROM dictionaries")) == (sample == 1)
        indexes = {name for (name,) in catalogue.db.all("SELECT name FROM sqlite_master WHERE type = 'index'")}
        assert "papers_by_year" in indexes
        assert not indexes & {"papers_newest", "papers_oldest"}
        assert catalogue.papers(query="FROG")[1] == 1
        assert catalogue.digest()
    assert [path.name for path in old.parent.iterdir()] == [old.name]


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite3"
    Catalogue(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryMismatch, match="made by a newer Citewell"):
        Catalogue(path)


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())
