"""What every ``VectorIndex`` does: the same tests on the fake and both Chromas; then what only a folder can do."""

from __future__ import annotations

import gc
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from index_store.errors import LibraryDamaged, LibraryMismatch, StorageError
from index_store.protocols import VectorIndex, Vectors
from index_store.servers import ChromaServer
from index_store.vector_server import open_vectors
from index_store.vectors import ChromaVectors
from tests.chroma_process import ChromaProcess
from tests.fakes import FakeVectors

E0, E1, E2, E3 = np.eye(4, dtype=np.float32)
HALF = np.full(4, 0.5, np.float32)  # cosine 0.5 with every axis


def rows(*vectors: Vectors) -> Vectors:
    return np.stack(vectors)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    process = ChromaProcess(tmp_path_factory.mktemp("chroma"))
    process.start()
    yield ChromaServer(process.url)
    process.kill()


@pytest.fixture(params=["fake", "chroma", pytest.param("server", marks=pytest.mark.slow)])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    server = request.getfixturevalue("server") if request.param == "server" else None
    made = FakeVectors(4) if request.param == "fake" else open_vectors(tmp_path / "vectors", 4, server)
    yield made
    made.close()


def test_empty_index_finds_nothing(index: VectorIndex) -> None:
    found = index.query(E0, 10)
    ids, vectors = index.all()
    assert found.ids.shape == found.scores.shape == (0,)
    assert (found.ids.dtype.name, found.scores.dtype.name) == ("int64", "float32")
    assert (ids.shape, vectors.shape, index.ids()) == ((0,), (0, 4), set())


def test_best_first_with_cosine_scores(index: VectorIndex) -> None:
    index.upsert([1, 2, 3], rows(E1, HALF, E0))
    found = index.query(E0, 3)
    assert found.ids.tolist() == [3, 2, 1]
    assert found.scores.tolist() == pytest.approx([1.0, 0.5, 0.0], abs=1e-6)


def test_opposite_vectors_score_minus_one(index: VectorIndex) -> None:
    index.upsert([1], rows(-E0))
    assert index.query(E0, 1).scores.tolist() == pytest.approx([-1.0], abs=1e-6)


def test_ties_come_by_rising_id(index: VectorIndex) -> None:
    index.upsert([9, 3, 7, 5], rows(E0, E0, HALF, E0))
    assert index.query(E0, 4).ids.tolist() == [3, 5, 9, 7]


def test_more_asked_than_stored_gives_all(index: VectorIndex) -> None:
    index.upsert([4, 2], rows(E0, E1))
    assert index.query(E0, 1_000).ids.tolist() == [4, 2]


def test_none_asked_gives_none(index: VectorIndex) -> None:
    index.upsert([4], rows(E0))
    assert index.query(E0, 0).ids.tolist() == []


def test_upsert_twice_is_upsert_once(index: VectorIndex) -> None:
    for _ in range(2):
        index.upsert([1, 2], rows(E0, E1))
    assert index.ids() == {1, 2}
    assert index.query(E0, 5).ids.tolist() == [1, 2]


def test_upsert_replaces(index: VectorIndex) -> None:
    index.upsert([1, 2], rows(E0, E1))
    index.upsert([1], rows(E2))
    assert index.get([1]).tolist() == [E2.tolist()]
    assert index.query(E2, 1).ids.tolist() == [1]


def test_of_one_id_twice_the_last_row_counts(index: VectorIndex) -> None:
    index.upsert([1, 1], rows(E0, E3))
    assert index.get([1]).tolist() == [E3.tolist()]


def test_rows_of_another_length_are_refused(index: VectorIndex) -> None:
    with pytest.raises(ValueError, match="shape"):
        index.upsert([1], np.ones((1, 5), np.float32))
    with pytest.raises(ValueError, match="shape"):
        index.query(np.ones(5, np.float32), 1)
    assert index.ids() == set()


def test_delete_forgets_and_passes_over_unknown_ids(index: VectorIndex) -> None:
    index.upsert([1, 2, 3], rows(E0, E1, E2))
    index.delete([2, 777])
    index.delete([])
    assert index.ids() == {1, 3}
    assert index.query(E1, 5).ids.tolist() == [1, 3]


def test_get_keeps_the_order_asked_for(index: VectorIndex) -> None:
    index.upsert([1, 2, 3], rows(E0, E1, HALF))
    assert index.get([3, 1, 3]).tolist() == [HALF.tolist(), E0.tolist(), HALF.tolist()]
    assert index.get([]).shape == (0, 4)


def test_get_of_a_missing_id_names_it_and_the_repair(index: VectorIndex) -> None:
    index.upsert([1], rows(E0))
    with pytest.raises(LibraryDamaged, match=r"passage 8 .*citewell doctor --repair$"):
        index.get([1, 8])


def test_all_is_ascending_and_whole_over_several_pages(index: VectorIndex) -> None:
    turns = np.linspace(0, 3, 2_500)
    vectors = np.stack([np.cos(turns), np.sin(turns), 0 * turns, 0 * turns], axis=1).astype(np.float32)
    index.upsert(range(2_500, 0, -1), vectors)
    ids, stored = index.all()
    assert ids.tolist() == list(range(1, 2_501))
    assert (ids.dtype.name, stored.dtype.name) == ("int64", "float32")
    np.testing.assert_allclose(stored, vectors[::-1], atol=1e-6)


def test_every_write_makes_the_version_larger(index: VectorIndex) -> None:
    versions = [index.refresh()]
    index.upsert([1], rows(E0))
    versions.append(index.refresh())
    index.delete([1])
    versions.append(index.refresh())
    assert versions[0] < versions[1] < versions[2] == index.refresh()


# What only a folder can do.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


def filled(folder: Path, count: int = 300) -> Path:
    """Store ``count`` different vectors, enough for Chroma to save its graph."""
    turns = np.linspace(0, 3, count)
    index = ChromaVectors(folder, 4)
    index.upsert(range(1, count + 1), np.stack([np.cos(turns), np.sin(turns), 0 * turns, 0 * turns], 1).astype("f4"))
    index.close()
    return folder


def test_reopening_finds_everything(folder: Path) -> None:
    index = ChromaVectors(filled(folder), 4)
    assert index.ids() == set(range(1, 301))
    assert index.query(E0, 1).ids.tolist() == [1]
    index.close()
    index.close()


def test_as_many_come_back_as_asked_where_the_graph_falls_apart(folder: Path) -> None:
    index = ChromaVectors(folder, 4)
    index.upsert(range(1, 2_001), np.tile(E0, (2_000, 1)))
    assert len(index.query(E0, 1_500).ids) == 1_500
    index.close()


def test_a_reader_sees_another_writer_at_once_and_the_version_tells(folder: Path) -> None:
    reader, writer = ChromaVectors(filled(folder), 4), ChromaVectors(folder, 4)
    before = reader.refresh()
    writer.upsert([1_000], rows(E3))
    assert reader.query(E3, 1).ids.tolist() == [1_000]
    assert reader.refresh() > before
    writer.upsert([1_001], rows(E2))
    assert reader.get([1_001]).tolist() == [E2.tolist()]
    writer.upsert([1_002], rows(-E2))
    assert reader.all()[0].tolist()[-1] == 1_002
    reader.close()
    writer.close()


def test_two_writers_in_turn_lose_nothing(folder: Path) -> None:
    first, second = ChromaVectors(folder, 4), ChromaVectors(folder, 4)
    for turn in range(4):
        for writer, start in ((first, 1), (second, 5_001)):
            writer.upsert(range(start + turn * 150, start + turn * 150 + 150), np.tile(HALF, (150, 1)))
    first.close()
    second.close()
    index = ChromaVectors(folder, 4)
    assert index.all()[0].tolist() == [*range(1, 601), *range(5_001, 5_601)]
    index.close()


def test_another_length_of_vectors_is_a_mismatch(folder: Path) -> None:
    with pytest.raises(LibraryMismatch, match=r"holds vectors of 4 numbers.*gives 5.*citewell doctor --repair$"):
        ChromaVectors(filled(folder), 5)


def graph(folder: Path) -> Path:
    return next(child for child in folder.iterdir() if child.is_dir())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "garbage in the database": lambda folder: (folder / "chroma.sqlite3").write_bytes(b"garbage " * 999),
    "database cut off": lambda folder: (folder / "chroma.sqlite3").write_bytes(
        (folder / "chroma.sqlite3").read_bytes()[:9_000]
    ),
    "database gone": lambda folder: (folder / "chroma.sqlite3").unlink(),
    "graph gone": lambda folder: shutil.rmtree(graph(folder)),
    "graph's header garbled": lambda folder: (graph(folder) / "header.bin").write_bytes(b"xx"),
    "graph's data cut off": lambda folder: (graph(folder) / "data_level0.bin").write_bytes(b"xx"),
    "graph's ids garbled": lambda folder: (graph(folder) / "index_metadata.pickle").write_bytes(b"xx"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_every_time(folder: Path, damage: str) -> None:
    DAMAGES[damage](filled(folder))
    for _ in range(2):
        with pytest.raises(LibraryDamaged, match=r"citewell doctor --repair$"):
            ChromaVectors(folder, 4)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted through /proc")
def test_an_index_that_is_refused_leaves_no_file_open(folder: Path) -> None:
    DAMAGES["graph's data cut off"](filled(folder))
    with pytest.raises(LibraryDamaged):
        ChromaVectors(folder, 4)
    gc.collect()  # Chroma's own connections are in cycles
    opened = [file.resolve() for file in Path("/proc/self/fd").iterdir()]
    assert not [file for file in opened if file.is_relative_to(folder.resolve())]


def test_a_file_in_the_folders_place_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "vectors").write_text("not a folder")
    with pytest.raises(StorageError, match="cannot be written"):
        ChromaVectors(tmp_path / "vectors", 4)


ADD_FOR_GOOD = """
import sys, numpy as np
from pathlib import Path
from index_store.vectors import ChromaVectors
index, start = ChromaVectors(Path(sys.argv[1]), 64), 1
rng = np.random.default_rng(0)
while True:
    index.upsert(range(start, start + 200), rng.normal(size=(200, 64)).astype("f4"))
    start += 200
    print(start - 1, flush=True)
"""


def test_killed_while_adding_it_opens_and_holds_what_was_acknowledged(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ADD_FOR_GOOD, str(folder)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        acknowledged = max(int(child.stdout.readline()) for _ in range(4))
        child.send_signal(signal.SIGKILL)
    index = ChromaVectors(folder, 64)
    assert set(range(1, acknowledged + 1)) <= index.ids()
    assert len(index.all()[1]) == len(index.ids())
    index.upsert([99_999], np.eye(64, dtype=np.float32)[:1])
    assert index.query(np.eye(64, dtype=np.float32)[0], 1).ids.tolist() == [99_999]
    index.close()
