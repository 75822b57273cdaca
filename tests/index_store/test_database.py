"""What a database file is beside its tables: who may read it."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from index_store.database import Database

TABLE = "CREATE TABLE IF NOT EXISTS words (word TEXT)"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("existing", [False, True])
def test_a_private_file_and_those_beside_it_are_its_owners_alone(tmp_path: Path, existing: bool) -> None:
    file = tmp_path / "talk.sqlite"
    if existing:  # by a version that left it open to all
        Database(file, TABLE).close()
        file.chmod(0o644)
    with closing(Database(file, TABLE, private=True)) as database:
        database.run("INSERT INTO words VALUES ('secret')")
        found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert found == dict.fromkeys(("talk.sqlite", "talk.sqlite-shm", "talk.sqlite-wal"), 0o600)


def test_a_private_database_in_memory_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(Database(Path(":memory:"), TABLE, private=True)) as database:
        database.run("INSERT INTO words VALUES ('secret')")
    assert list(tmp_path.iterdir()) == []
