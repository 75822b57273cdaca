"""Rebuilds: a new edition beside the old one, published in one step or not at all, whatever stops it."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index_store import doctor
from index_store.build import index_entries
from index_store.errors import InputError, LibraryDamaged, LibraryError, LibraryLocked, LibraryMismatch, StorageError
from index_store.library import Library
from index_store.protocols import Embedder, Ids, TokenVectors, Vectors
from index_store.shadow import rebuild, roll_back, tidy
from index_store.shelf import editions, open_shelf, place_of, writing
from tests.fakes import FakeEmbedder, FakeVectors
from tests.small_library import BREAD, FROGS, STARS, VOCABULARY, assert_whole, embedder, entry

ROOT = Path(__file__).parents[2]
OTHER = FakeEmbedder("frogs yeast dusk ten ponds warm water crust".split(), max_tokens=64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "library"
    with closing(open_shelf(made, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2), entry(STARS, line=3)], "nature")
    return made


def add(folder: Path, title: str, model: Embedder | None = None) -> None:
    with closing(open_shelf(folder, model or embedder())) as shelf:
        index_entries(shelf, [entry(FROGS, title=title, abstract=f"{title} steam.", path=f"/{title}")])


def best_passage(library: Library) -> int:
    """Give the id of the passage about herons.  A rebuild gives new ids, so it tells the edition."""
    hit = library.search("heron")[0]
    assert hit.paper.title == FROGS.title
    return hit.passages[0].passage.id


def whole(folder: Path, model: Embedder) -> None:
    with closing(open_shelf(folder, model)) as shelf:
        assert_whole(shelf)
    assert all(finding.ok for finding in doctor.examine(folder, model))


def contents(folder: Path) -> dict[str, bytes]:
    """Give the files of a library that nobody has open; SQLite comes and goes with its -wal and -shm."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(("-wal", "-shm", ".lock"))
    }


def test_rebuild_for_another_embedder(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)], "nature")
        old = set(shelf.catalogue.passage_table()[:, 0].tolist())
    other = FakeEmbedder("frogs yeast dusk ten ponds warm water crust".split(), max_tokens=64)
    with pytest.raises(LibraryMismatch, match="--rebuild"):
        open_shelf(tmp_path, other)
    with writing(tmp_path):
        rebuild(tmp_path, other)
    with closing(open_shelf(tmp_path, other)) as shelf:
        assert_whole(shelf)
        assert not old & shelf.vectors.ids()  # an id is never used again for other text
        assert shelf.catalogue.collections() == {"nature": 2}
        assert index_entries(shelf, [entry(FROGS)]).unchanged == 1
    with pytest.raises(LibraryMismatch, match="another embedder digest and dim and max tokens"):
        open_shelf(tmp_path, embedder())


def test_rebuild_where_nothing_was_built(tmp_path: Path) -> None:
    rebuild(tmp_path / "new", embedder())
    with closing(open_shelf(tmp_path / "new", embedder())) as shelf:
        assert_whole(shelf)


def test_rebuild_leaves_the_library_of_a_newer_citewell_alone(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS)])
    found = json.loads((tmp_path / "manifest.json").read_text())
    found["recipe"]["format"] += 1
    (tmp_path / "manifest.json").write_text(json.dumps(found))
    before = sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*"))
    for attempt in (rebuild, open_shelf):
        with pytest.raises(LibraryMismatch, match="newer Citewell"):
            attempt(tmp_path, embedder())
    assert sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*")) == before


def test_rebuild_mends_a_library_that_does_not_open(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS)])
    (tmp_path / "manifest.json").write_text("{")
    (tmp_path / "vectors" / "chroma.sqlite3").write_bytes(b"noise" * 1_000)
    rebuild(tmp_path, embedder())
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        assert_whole(shelf)


def test_blank_abstracts_do_not_stop_a_rebuild(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2, abstract=" \n ")])
    rebuild(tmp_path, embedder())
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        assert len(shelf.catalogue) == 2
        assert_whole(shelf)


def test_the_old_library_answers_until_the_new_one_is_published(folder: Path) -> None:
    with closing(Library.open(folder, embedder())) as library:
        old = best_passage(library)

        def examine(shadow: Path) -> None:
            assert best_passage(library) == old
            for place, expected in ((folder, old), (shadow, old + 7)):  # seven passages were cut again
                with closing(Library.open(place, embedder())) as another:
                    assert best_passage(another) == expected

        report = rebuild(folder, embedder(), examine=examine)
        assert (report.papers, report.passages, report.read) == (3, 7, 0)
        assert best_passage(library) == old + 7
        assert library.status().folder == str(folder)
    whole(folder, embedder())


def test_a_shadow_that_is_refused_is_removed(folder: Path) -> None:
    before = contents(folder)

    def refuse(_shadow: Path) -> None:
        raise InputError("Not good enough.")

    with pytest.raises(InputError, match="Not good enough"):
        rebuild(folder, OTHER, examine=refuse)
    assert contents(folder) == before
    whole(folder, embedder())


def test_a_rebuild_that_is_stopped_leaves_nothing(folder: Path) -> None:
    before = contents(folder)

    class Stopping(FakeEmbedder):
        def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(folder, Stopping(["frogs"], max_tokens=16))
    assert contents(folder) == before


def test_a_broken_catalogue_is_told_and_not_copied(folder: Path) -> None:
    file = folder / "catalogue.sqlite3"
    noise = bytearray(file.read_bytes())
    noise[8_192:16_384] = b"noise " * 1_365 + b"no"
    file.write_bytes(noise)
    with pytest.raises(LibraryDamaged, match=r"catalogue\.sqlite3 is damaged .*Move it away"):
        rebuild(folder, embedder())
    assert editions(folder) == {}


def test_a_file_in_the_place_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file")
    with pytest.raises(StorageError):
        rebuild(tmp_path / "library", embedder())


def test_the_lock_holds_beyond_the_publication(folder: Path) -> None:
    with writing(folder):
        rebuild(folder, embedder())
        with pytest.raises(LibraryLocked), writing(folder):
            pass


def test_one_earlier_library_is_kept_until_the_next_rebuild(folder: Path) -> None:
    names = []
    for _ in range(3):
        rebuild(folder, embedder())
        names.append(place_of(folder).name)
    assert [place.name for place in editions(folder).values()] == [names[2], names[1]]
    assert sorted(file.name for file in folder.iterdir()) == [names[1], names[2]]  # the first library is gone too
    add(folder, "Newts")
    whole(folder, embedder())


def test_going_back(folder: Path) -> None:
    with closing(Library.open(folder, embedder())) as library:
        old = best_passage(library)
        rebuild(folder, embedder())
        assert best_passage(library) == old + 7
        back = roll_back(folder)
        assert (back.papers, back.recipe.embedder) == (3, "fake")
        assert best_passage(library) == old
        with pytest.raises(LibraryError, match="no earlier state"):
            roll_back(folder)
        tidy(folder)
        assert editions(folder) == {}
        rebuild(folder, embedder())
        assert best_passage(library) == old + 7
    whole(folder, embedder())


def test_going_back_to_another_embedder(folder: Path) -> None:
    rebuild(folder, OTHER)
    roll_back(folder)
    whole(folder, embedder())


def test_no_going_back_where_papers_would_be_lost(folder: Path) -> None:
    rebuild(folder, embedder())
    add(folder, "Newts")
    with pytest.raises(LibraryError, match=r"Papers in .* have changed since the rebuild"):
        roll_back(folder)
    whole(folder, embedder())


def test_a_repair_mends_an_edition_and_removes_left_overs(folder: Path) -> None:
    rebuild(folder, embedder())
    (place_of(folder) / "manifest.json").write_text("{")
    (place_of(folder) / "vectors" / "chroma.sqlite3").write_bytes(b"noise" * 1_000)
    (folder / "edition-99999999999999" / "vectors").mkdir(parents=True)
    assert {finding.part for finding in doctor.examine(folder, embedder()) if not finding.ok} >= {"manifest", "vectors"}
    doctor.repair(folder, embedder())
    whole(folder, embedder())
    assert list(editions(folder).values()) == [place_of(folder)]


class TwoRebuildsInACall(FakeEmbedder):
    """While its first query is encoded, two rebuilds replace the library and remove the edition that is asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(VOCABULARY, max_tokens=16)
        self.folder, self.calls = folder, 0

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        self.calls += 1
        if self.calls == 1:
            rebuild(self.folder, embedder())
            rebuild(self.folder, embedder())
        return super().encode_with_tokens(texts)


def test_a_call_whose_edition_is_removed_under_it_is_made_again(folder: Path) -> None:
    with closing(Library.open(folder, embedder())) as library:
        passage, listed = best_passage(library), library.rank("heron").evidence
    meddled = TwoRebuildsInACall(folder)
    with closing(Library.open(folder, meddled)) as library:
        assert (best_passage(library), library.rank("heron").evidence) == (passage + 14, listed)
    tidy(folder)
    whole(folder, embedder())


def test_threads_ask_while_editions_come_and_go(folder: Path) -> None:
    failures: list[Exception] = []
    seen: set[int] = set()
    ended = threading.Event()

    def ask(library: Library) -> None:
        while not ended.is_set():
            try:
                seen.add(best_passage(library))
                assert (len(library), library.papers()[1], library.collections()) == (3, 3, {"nature": 3})
                assert library.coverage("heron", frogs) == covered
            except Exception as exc:  # noqa: BLE001  # whatever it is, the test fails with it
                failures.append(exc)

    with closing(Library.open(folder, embedder())) as library:
        old, frogs = best_passage(library), library.search("heron")[0].paper
        covered = library.coverage("heron", frogs)
        threads = [threading.Thread(target=ask, args=(library,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            rebuild(folder, embedder())
        assert best_passage(library) == old + 21
        ended.set()
        for thread in threads:
            thread.join()
    if failures:
        raise ExceptionGroup("threads failed", failures)
    assert seen <= {old, old + 7, old + 14, old + 21}
    assert len(seen) > 1


class Held(FakeVectors):
    """Holds a search up until it is let go on, and knows whether it was closed."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.reached, self.go_on, self.closed = threading.Event(), threading.Event(), False

    def all(self) -> tuple[Ids, Vectors]:
        self.reached.set()
        assert self.go_on.wait(60)
        assert not self.closed
        return super().all()

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("ending", ["a new edition", "the library is closed"])
def test_what_was_replaced_is_closed_when_its_last_search_has_ended(folder: Path, ending: str) -> None:
    shelf = open_shelf(folder, embedder())
    held = Held(shelf.embedder.dim)
    ids, rows = shelf.vectors.all()
    held.upsert(ids.tolist(), rows)
    shelf.vectors.close()
    library = Library(replace(shelf, vectors=held))
    found: list[str] = []
    search = threading.Thread(target=lambda: found.extend(hit.paper.title for hit in library.search("heron", 1)))
    search.start()
    assert held.reached.wait(60)
    if ending == "a new edition":
        rebuild(folder, embedder())
        assert library.search("rye")[0].paper.title == BREAD.title  # the new edition does not wait for the old one
    library.close()
    assert not held.closed
    held.go_on.set()
    search.join()
    assert found == [FROGS.title]
    assert held.closed


def test_an_edition_of_another_embedder_waits_for_a_new_start(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(Library.open(folder, embedder())) as library, caplog.at_level(logging.WARNING):
        old = best_passage(library)
        rebuild(folder, OTHER)
        assert [best_passage(library) for _ in range(3)] == [old] * 3
        [record] = caplog.records
        assert "built with another embedder digest" in record.message
        assert "Until I am started again" in record.message
        paper = library.search("heron")[0].paper
        for change in (library.remove, library.remove_departed, library.restore, library.split):
            with pytest.raises(LibraryMismatch, match="built again with other settings"):
                change([paper.id])  # type: ignore[arg-type]
        with pytest.raises(LibraryMismatch, match="Start me again"):
            library.merge(paper.id, paper.id)
        with closing(Library.open(folder, OTHER)) as newer:
            assert newer.paper(paper.id) is not None
        rebuild(folder, OTHER)  # removes what the library was answering from
        with pytest.raises(LibraryMismatch, match="another embedder digest"):
            library.search("heron")


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from index_store import durable, shadow, shelf
from index_store.shelf import writing
from tests.index_store.test_shadow import OTHER

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

folder, moment = Path(sys.argv[1]), sys.argv[2]
sync = durable.sync_folder
if moment == "copied":
    shadow.begin_afresh = die
elif moment == "embedding":
    OTHER.encode_with_tokens = die
elif moment == "marked":
    durable.sync_folder = lambda place: die() if (place / "published").exists() else sync(place)
elif moment == "removing":
    shelf.shutil.rmtree = die
with writing(folder):
    shadow.rebuild(folder, OTHER, examine=die if moment == "examined" else shadow.any_will_do)
"""


@pytest.mark.parametrize("moment", ["copied", "embedding", "examined", "marked", "removing"])
def test_a_killed_rebuild_leaves_the_old_library_or_the_new_one(folder: Path, moment: str) -> None:
    if moment == "removing":  # the library before the last rebuild is what the next one removes
        rebuild(folder, embedder())
        rebuild(folder, embedder())
    command = [sys.executable, "-c", KILLED, str(folder), moment]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == -signal.SIGKILL, done.stderr
    model = OTHER if moment == "marked" else embedder()
    with closing(Library.open(folder, model)) as library:
        assert len(library.search("frogs yeast")) == 3
    whole(folder, model)
    with writing(folder):
        doctor.repair(folder, model)
    assert [place for place in editions(folder).values() if not (place / "published").exists()] == []
    assert not (folder / "discarded").exists()
    rebuild(folder, embedder())
    whole(folder, embedder())
