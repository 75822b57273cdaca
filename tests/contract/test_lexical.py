"""What every ``LexicalIndex`` does, on the fake and on tantivy; then analysis, and what only a folder can do."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from index_store import lexical
from index_store.errors import LibraryDamaged, LibraryLocked, StorageError
from index_store.lexical import MAX_TERMS, TantivyLexical
from index_store.protocols import LexicalDocument as Document
from index_store.protocols import LexicalIndex
from tests.fakes import FakeLexical

HOSTILE = [
    "",
    " \t\n",
    '"',
    'cat" OR "dog',
    "AND OR NOT (cat",
    "id:2 text:cat^9 ~2 *",
    "[* TO *]",
    "\\ / + - && || ! { } : ^",
    "cat\x00dog",
    "\ud800 cat",
    "🐈 猫 القط",
    "c" * 100_000,
    "cat " * 25_000,
    "ab-" * 33_000,
    "\\math" * 10_000 + "\\text{" * 10_000,
    " ".join(f"word{number}" for number in range(12_000)),
]


@pytest.fixture(params=["fake", "tantivy"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LexicalIndex]:
    made: LexicalIndex = FakeLexical() if request.param == "fake" else TantivyLexical(tmp_path / "lexical")
    yield made
    made.close()


def test_empty_index_finds_nothing(index: LexicalIndex) -> None:
    found = index.query("cat", 10)
    assert found.ids.shape == found.scores.shape == (0,)
    assert (found.ids.dtype.name, found.scores.dtype.name) == ("int64", "float32")
    assert (index.ids(), len(index)) == (set(), 0)


def test_more_shared_words_rank_first(index: LexicalIndex) -> None:
    index.add([Document(1, "cat bird fish"), Document(2, "cat dog fish"), Document(3, "bird")])
    found = index.query("cat dog", 10)
    assert found.ids.tolist() == [2, 1]
    assert found.scores[0] > found.scores[1] > 0


def test_ties_come_by_rising_id_also_where_k_cuts_them(index: LexicalIndex) -> None:
    for id_ in (900, 5, 700, 300, 1, 800, 2):  # one write each, so that they lie in different segments
        index.add([Document(id_, "cat dog")])
    index.add([Document(id_, "cat dog") for id_ in range(699, 500, -1)])
    assert index.query("cat", 4).ids.tolist() == [1, 2, 5, 300]
    assert len(set(index.query("cat", 1_000).scores.tolist())) == 1


def test_more_asked_than_stored_gives_all_that_match(index: LexicalIndex) -> None:
    index.add([Document(4, "cat"), Document(2, "cat"), Document(3, "bird")])
    assert index.query("cat", 1_000).ids.tolist() == [2, 4]
    assert index.query("cat", 0).ids.tolist() == []


@pytest.mark.parametrize("named", [0, 1_000_000], ids=["down the ranking", "papers named"])
def test_only_papers_inside_are_ranked(index: LexicalIndex, named: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "NAMED", named)
    index.add([Document(1, "cat dog"), Document(2, "cat"), Document(3, "cat dog"), Document(4, "bird")])
    whole = index.query("cat dog", 9)
    assert whole.ids.tolist() == [1, 3, 2]
    for inside, k, ids in (([2, 3, 4], 9, [3, 2]), ([2, 3, 4], 1, [3]), ([4, 77], 9, []), ([], 9, []), ([2], 0, [])):
        found = index.query("cat dog", k, np.array(inside, np.int64))
        assert found.ids.tolist() == ids
        assert set(found.scores.tolist()) <= set(whole.scores.tolist())


def test_add_twice_is_add_once(index: LexicalIndex) -> None:
    for _ in range(2):
        index.add([Document(1, "cat"), Document(2, "dog")])
    assert (index.ids(), len(index), index.query("cat", 5).ids.tolist()) == ({1, 2}, 2, [1])


def test_add_replaces(index: LexicalIndex) -> None:
    index.add([Document(1, "cat")])
    index.add([Document(1, "dog")])
    assert index.query("cat", 5).ids.tolist() == []
    assert index.query("dog", 5).ids.tolist() == [1]


def test_of_one_id_twice_the_last_counts(index: LexicalIndex) -> None:
    index.add([Document(1, "cat"), Document(1, "dog")])
    assert (len(index), index.query("dog", 5).ids.tolist(), index.query("cat", 5).ids.tolist()) == (1, [1], [])


def test_delete_forgets_and_passes_over_unknown_ids(index: LexicalIndex) -> None:
    index.add([Document(1, "cat"), Document(2, "cat")])
    index.delete({1, 777})
    index.delete(set())
    assert (index.ids(), len(index), index.query("cat", 5).ids.tolist()) == ({2}, 1, [2])


def test_terms_keep_order_and_repeats(index: LexicalIndex) -> None:
    assert index.terms("Dog, cat; DOG!") == ["dog", "cat", "dog"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_any_text_is_a_question(index: LexicalIndex, text: str) -> None:
    index.add([Document(1, "cat dog"), Document(2, "bird")])
    assert set(index.query(text, 10).ids.tolist()) <= {1}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_any_text_can_be_stored(index: LexicalIndex, text: str) -> None:
    index.add([Document(1, text), Document(2, "bird")])
    assert (index.ids(), index.query("bird", 5).ids.tolist()) == ({1, 2}, [2])


# How tantivy's analyzer lets names meet.


@pytest.fixture
def real(tmp_path: Path) -> TantivyLexical:
    return TantivyLexical(tmp_path / "lexical")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Fréchet distances", "frechet distance"),
        ("Frechet", "Fréchet"),
        ("Fre\u0301chet", "Frechet"),
        ("the k-FPF sampler", "k-FPF"),
        ("the k-FPF sampler", "kFPF"),
        ("the k-FPF sampler", "k fpf"),
        ("L-Mul", "LMul"),
        ("LMul", "L-Mul"),
        ("GPT\u20114", "GPT4"),
        ("GPT-4-turbo", "gpt4"),
        ("fine-tuning", "finetuning"),
        (r"$\mathcal{B}$-Coder", "B-Coder"),
        (r"$\mathcal{B}$-Coder", "BCoder"),
        (r"$\mathcal{B}$-Coder", r"$\mathcal{B}$-Coder"),
        ("attention is all you need", "ATTENTION"),
        ("retrieving", "retrieval retrieves"),
        ("snake_case", "snake"),
    ],
)
def test_names_meet_however_they_are_spelt(real: TantivyLexical, stored: str, asked: str) -> None:
    real.add([Document(1, stored), Document(2, "something else")])
    assert real.query(asked, 5).ids.tolist() == [1]


def test_a_name_as_written_beats_its_parts(real: TantivyLexical) -> None:
    real.add([Document(1, "l and mul apart"), Document(2, "the L-Mul way"), Document(3, "l")])
    assert real.query("L-Mul", 1).ids.tolist() == [2]


def test_stop_words_count_only_where_nothing_else_is_left(real: TantivyLexical) -> None:
    real.add([Document(1, "what is the cat"), Document(2, "to be or not to be, what is the")])
    assert real.query("What is the cat?", 5).ids.tolist() == [1]
    assert real.query("To be or not to be", 5).ids.tolist() == [2]


def test_of_too_many_terms_the_rarest_are_asked(real: TantivyLexical) -> None:
    rare = " ".join(f"rare{number}" for number in range(MAX_TERMS))
    real.add([Document(1, "common"), Document(2, "common"), Document(3, rare)])
    assert real.query(f"unknown common {rare}", 5).ids.tolist() == [3]
    assert real.query(f"unknown common {rare[:20]}", 5).ids.tolist() == [3, 1, 2]


# What only a folder can do.


def test_reopening_finds_everything(tmp_path: Path) -> None:
    TantivyLexical(tmp_path).add([Document(1, "cat")])
    again = TantivyLexical(tmp_path)
    assert (again.ids(), again.query("cat", 5).ids.tolist()) == ({1}, [1])


def test_an_open_reader_sees_what_others_commit(tmp_path: Path) -> None:
    reader, writer = TantivyLexical(tmp_path), TantivyLexical(tmp_path)
    writer.add([Document(1, "cat")])
    assert (reader.query("cat", 5).ids.tolist(), reader.ids(), len(reader)) == ([1], {1}, 1)
    writer.delete([1])
    assert reader.query("cat", 5).ids.tolist() == []


def test_a_failed_add_leaves_nothing_and_no_lock(real: TantivyLexical) -> None:
    with pytest.raises(LibraryDamaged):
        real.add([Document(1, "cat"), Document(2**70, "no such number")])
    assert real.ids() == set()
    real.add([Document(3, "cat")])
    assert real.ids() == {3}


def test_threads_share_one_index(real: TantivyLexical) -> None:
    def work(start: int) -> None:
        for id_ in range(start, start + 5):
            real.add([Document(id_, "cat")])
            real.query("cat", 3)

    threads = [threading.Thread(target=work, args=(start,)) for start in (1, 101, 201)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert real.ids() == {*range(1, 6), *range(101, 106), *range(201, 206)}


def empty_a_file(folder: Path) -> object:
    return next(folder.glob("*.idx")).write_bytes(b"")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "garbage in the head file": lambda folder: (folder / "meta.json").write_text("garbage"),
    "head file gone": lambda folder: (folder / "meta.json").unlink(),
    "a segment's file gone": lambda folder: next(folder.glob("*.term")).unlink(),
    "a segment's file emptied": empty_a_file,
    "a segment's file garbled": lambda folder: next(folder.glob("*.fast")).write_bytes(b"garbage " * 99),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_every_time(tmp_path: Path, damage: str) -> None:
    TantivyLexical(tmp_path).add([Document(id_, "cat") for id_ in range(1, 50)])
    DAMAGES[damage](tmp_path)
    for _ in range(2):
        with pytest.raises(LibraryDamaged, match=r"citewell doctor --repair$"):
            TantivyLexical(tmp_path)


def test_a_file_in_the_folders_place_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "lexical").write_text("not a folder")
    with pytest.raises(StorageError, match="cannot be written"):
        TantivyLexical(tmp_path / "lexical")


ADD_FOR_GOOD = """
import sys
from pathlib import Path
from index_store.lexical import TantivyLexical
from index_store.protocols import LexicalDocument
index, start = TantivyLexical(Path(sys.argv[1])), 1
while True:
    index.add([LexicalDocument(id_, f"cat word{id_ % 97}") for id_ in range(start, start + 500)])
    start += 500
    print(start - 1, flush=True)
"""


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.02, 0.04, 0.08])
def test_killed_while_adding_it_opens_and_holds_what_was_acknowledged(tmp_path: Path, moment: float) -> None:
    with subprocess.Popen([sys.executable, "-c", ADD_FOR_GOOD, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        acknowledged = max(int(child.stdout.readline()) for _ in range(3))
        time.sleep(moment)
        child.send_signal(signal.SIGKILL)
    index = TantivyLexical(tmp_path)
    assert set(range(1, acknowledged + 1)) <= index.ids()
    assert len(index) % 500 == 0, "a batch is stored as a whole or not at all"
    index.add([Document(999_999, "bird")])
    assert index.query("bird", 5).ids.tolist() == [999_999]


def test_remains_of_a_killed_write_are_passed_over(tmp_path: Path) -> None:
    TantivyLexical(tmp_path).add([Document(1, "cat")])
    (tmp_path / f"{0:032x}.idx").write_bytes(b"")
    assert TantivyLexical(tmp_path).query("cat", 5).ids.tolist() == [1]


HOLD_THE_LOCK = """
import sys
from pathlib import Path
from index_store.lexical import TantivyLexical
with TantivyLexical(Path(sys.argv[1]))._writing():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_to_wait_and_a_killed_one_blocks_nobody(tmp_path: Path) -> None:
    index = TantivyLexical(tmp_path)
    index.add([Document(1, "cat")])
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        assert index.query("cat", 5).ids.tolist() == [1]
        with pytest.raises(LibraryLocked, match="wait until it is done"):
            index.delete([1])
        child.send_signal(signal.SIGKILL)
    index.delete([1])
    assert index.ids() == set()
