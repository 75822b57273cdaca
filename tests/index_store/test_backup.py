"""Backups: all of a home comes back, a damaged one is refused, and nothing is lost when restoring fails."""

from __future__ import annotations

import gzip
import io
import json
import random
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from index_store import backup
from index_store.build import index_entries
from index_store.catalogue import Catalogue
from index_store.database import Database
from index_store.errors import CitewellError, InputError, LibraryDamaged, LibraryMismatch, StorageError
from tests.small_library import BREAD, FROGS, STARS, entry, fake_shelf


def ready(_library: Path) -> None:
    """Nothing to complete."""


def make_home(home: Path, *papers: object) -> None:
    shelf = fake_shelf(home / "library")
    index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers, 1)])  # type: ignore[arg-type]
    shelf.close()
    with closing(sqlite3.connect(home / "conversations.sqlite")) as db:
        db.execute("CREATE TABLE conversation (title TEXT)")
        db.execute("INSERT INTO conversation VALUES (?)", (str(len(papers)),))
        db.commit()
    (home / "settings.toml").write_text(f"# {len(papers)} papers\n")


def told(home: Path) -> tuple[str, str, str]:
    with closing(Catalogue(home / "library" / "catalogue.sqlite3")) as catalogue:
        digest = catalogue.digest()
    with closing(sqlite3.connect(home / "conversations.sqlite")) as db:
        (title,) = db.execute("SELECT title FROM conversation").fetchone()
    return digest, title, (home / "settings.toml").read_text()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_home(tmp_path / "home", FROGS, BREAD)
    return tmp_path / "home"


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    backup.write(home, tmp_path / "b.tar.gz")
    return tmp_path / "b.tar.gz"


def test_everything_comes_back_in_an_empty_home(home: Path, file: Path, tmp_path: Path) -> None:
    made, before = backup.restore(file, tmp_path / "new", ready)
    assert told(tmp_path / "new") == told(home)
    assert (before, made.has_index) == (None, False)
    assert sorted(made.files) == ["conversations.sqlite", "library/catalogue.sqlite3", "settings.toml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "home", "new"]


def test_a_backup_is_of_one_moment_while_another_writes(home: Path, tmp_path: Path) -> None:
    before = told(home)
    with closing(Catalogue(home / "library" / "catalogue.sqlite3")) as catalogue, catalogue.transaction():
        catalogue.db.run("UPDATE papers SET text_digest = 'half-way' WHERE number = 1")
        backup.write(home, tmp_path / "b.tar.gz")
    backup.restore(tmp_path / "b.tar.gz", tmp_path / "new", ready)
    assert told(tmp_path / "new") == before


def test_what_a_server_has_only_just_written_is_in_it(home: Path, tmp_path: Path) -> None:
    with closing(Database(home / "conversations.sqlite", "CREATE TABLE IF NOT EXISTS said (text TEXT)")) as db:
        db.run("INSERT INTO said VALUES ('last words')")
        assert (home / "conversations.sqlite-wal").stat().st_size > 0, "the words are not in the file itself yet"
        made = backup.write(home, tmp_path / "b.tar.gz")
    assert sorted(made.files) == ["conversations.sqlite", "library/catalogue.sqlite3", "settings.toml"]
    backup.restore(tmp_path / "b.tar.gz", tmp_path / "new", ready)
    with closing(Database(tmp_path / "new" / "conversations.sqlite", "")) as db:
        assert db.all("SELECT text FROM said") == [("last words",)]


def test_what_a_killed_server_left_beside_a_database_stays_with_it(file: Path, home: Path, tmp_path: Path) -> None:
    other, name = tmp_path / "other", "conversations.sqlite"
    make_home(other, STARS)
    with closing(Database(other / name, "CREATE TABLE IF NOT EXISTS said (text TEXT)")) as db:
        db.run("INSERT INTO said VALUES ('theirs')")
        left = {path.name: path.read_bytes() for path in other.glob(f"{name}*")}
    for path, content in left.items():  # as it was before the clean end
        (other / path).write_bytes(content)
    assert len(left[f"{name}-wal"]) > 0
    _, before = backup.restore(file, other, ready, force=True)
    assert before is not None
    assert told(other) == told(home)
    with closing(Database(before / name, "")) as db:
        assert db.all("SELECT text FROM said") == [("theirs",)]


def test_what_is_made_again_or_on_its_way_in_stays_out_and_the_rest_is_whole(home: Path, tmp_path: Path) -> None:
    kept = ("uploads/abc-1/openreview-server.json", "uploads/abc-1/a.tmp", "uploads/abc-1/field-journal", "x/cache/y")
    gone = ("server.json", "server.lock", "cache/beir/set/big", "arriving/half.bib", "uploads/waiting/1/a.bib")
    for name in (*kept, *gone, "atlas/map.npz", ".settings.toml.7.tmp", "uploads/abc-1/.a.bib.9.tmp"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    elsewhere = tmp_path / "another disk"
    (elsewhere / "deep").mkdir(parents=True)
    (elsewhere / "deep" / "page.xml").write_text("<feed/>")
    (elsewhere / "deep" / "up").symlink_to(elsewhere)
    (home / "fetched").symlink_to(elsewhere)
    made = backup.write(home, tmp_path / "b.tar.gz")
    always = {"conversations.sqlite", "library/catalogue.sqlite3", "settings.toml"}
    assert set(made.files) == always | set(kept) | {"fetched/deep/page.xml"}


def test_indexes_come_along_when_asked_for(home: Path, tmp_path: Path) -> None:
    made = backup.write(home, tmp_path / "b.tar.gz", with_index=True)
    assert {"library/manifest.json", "library/tokens/tokens.sqlite3"} <= made.files.keys()


def test_a_full_home_is_left_alone_without_force_and_kept_with_it(file: Path, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    make_home(other, STARS)
    theirs = told(other)
    with pytest.raises(InputError, match="not empty"):
        backup.restore(file, other, ready)
    assert told(other) == theirs
    _, before = backup.restore(file, other, ready, force=True)
    assert before is not None
    assert (told(other), told(before)) == (told(home), theirs)


@pytest.mark.parametrize("failure", [StorageError("The disk is full."), KeyboardInterrupt()])
def test_what_fails_half_way_leaves_the_home_as_it_was(file: Path, home: Path, failure: BaseException) -> None:
    def fails(_library: Path) -> None:
        raise failure

    before, names = told(home), sorted(path.name for path in home.iterdir())
    with pytest.raises(type(failure)):
        backup.restore(file, home, fails, force=True)
    assert told(home) == before
    assert sorted(path.name for path in home.iterdir()) == names


def test_a_swap_that_fails_is_taken_back(file: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, rename = told(home), Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.parent.name.startswith("restoring-") and self.name == "library":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(StorageError):
        backup.restore(file, home, ready, force=True)
    assert told(home) == before


def test_a_damaged_backup_is_refused_wherever_it_is_damaged(file: Path, home: Path, tmp_path: Path) -> None:
    whole, before = file.read_bytes(), told(home)
    wrong = tmp_path / "wrong.tar.gz"
    cut = [whole[: len(whole) * part // 12] for part in range(12)]
    flipped = [
        whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :] for at in range(40, len(whole), len(whole) // 9)
    ]
    for content in (*cut, *flipped, b"no backup", gzip.compress(b"no tar")):
        wrong.write_bytes(content)
        with pytest.raises((LibraryDamaged, InputError)) as told_why:
            backup.restore(wrong, home, ready, force=True)
        assert "\n" not in str(told_why.value)
        assert told(home) == before


@pytest.mark.parametrize(
    ("head", "members", "error"),
    [
        ({"format": 99}, {}, LibraryMismatch),
        ({"files": {"../evil": [1, "x"]}}, {"../evil": b"x"}, LibraryDamaged),
        ({"files": {}}, {"more": b"x"}, LibraryDamaged),
        ({"files": {"less": [1, "x"]}}, {}, LibraryDamaged),
        ({"files": {"other": [1, "x"]}}, {"other": b"x"}, LibraryDamaged),
        ({"files": 7}, {}, LibraryDamaged),
    ],
)
def test_a_backup_that_was_tampered_with_is_refused(
    tmp_path: Path, head: dict[str, object], members: dict[str, bytes], error: type[CitewellError]
) -> None:
    file = tmp_path / "b.tar.gz"
    said = {"format": 1, "written_at": "", "has_index": False, "files": {}} | head
    with tarfile.open(file, "w:gz") as archive:
        for name, content in {"citewell-backup.json": json.dumps(said).encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with pytest.raises(error):
        backup.restore(file, tmp_path / "new", ready)
    assert not any(path.is_file() for path in (tmp_path / "new").rglob("*"))
    assert not (tmp_path / "evil").exists()


def test_a_home_without_a_library_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        backup.write(tmp_path, tmp_path / "b.tar.gz")
    assert list(tmp_path.iterdir()) == []


RESTORE = """
import sys
from pathlib import Path
from index_store import backup
print("ready", flush=True)
backup.restore(Path(sys.argv[1]), Path(sys.argv[2]), lambda library: None, force=True)
"""


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_and_the_next_one_ends_well(
    file: Path, home: Path, tmp_path: Path
) -> None:
    theirs, moments = told(home), random.Random(3)
    for round_number in range(20):
        target = tmp_path / f"target-{round_number}"
        make_home(target, STARS)
        ours = told(target)
        process = subprocess.Popen([sys.executable, "-c", RESTORE, file, target], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moments.uniform(0, 0.04))
        process.kill()
        process.communicate()
        places = [target, *target.glob("replaced-*")]
        for name in ("library/catalogue.sqlite3", "conversations.sqlite", "settings.toml"):
            assert any((place / name).exists() for place in places)
        whole = [told(place) for place in places if (place / "settings.toml").exists() and _is_whole(place)]
        assert ours in whole or any(place != target for place in places)
        backup.restore(file, target, ready, force=True)
        assert told(target) == theirs
        assert not list(target.glob("restoring-*"))


def _is_whole(place: Path) -> bool:
    return (place / "library" / "catalogue.sqlite3").exists() and (place / "conversations.sqlite").exists()
