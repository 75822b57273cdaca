"""Token codes on disk: what was stored comes back, and the frequencies stay right whatever happens."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.database import Database
from index_store.errors import LibraryDamaged
from index_store.late import codes, shortened
from index_store.protocols import TokenCodes, TokenVectors
from index_store.token_rows import is_counted
from index_store.tokens import MIGRATIONS, SqliteTokens

PARTS = ("bits", "pieces", "which", "starts")


def passage(*pieces: int, starts: Sequence[int] | None = None) -> TokenCodes:
    """Codes over 16 dimensions that tell the pieces apart; without ``starts`` they stand 9 characters apart."""
    known, which = np.unique(np.array(pieces, np.int32), return_inverse=True)
    bits = np.array([[piece % 256, 255 - piece % 256] for piece in known.tolist()], np.uint8).reshape(-1, 2)
    at = 9 * np.arange(len(pieces)) if starts is None else starts
    return TokenCodes(bits, known, which.astype(np.int32), np.array(at, np.int32))


def same(left: TokenCodes, right: TokenCodes) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in PARTS)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SqliteTokens]:
    with closing(SqliteTokens(tmp_path / "tokens.sqlite3", 16)) as made:
        yield made


def test_empty(index: SqliteTokens) -> None:
    assert (index.ids(), index.get([1, 2]), index.get([])) == (set(), {}, {})
    assert (index.frequencies().shape, index.frequencies().dtype.name) == ((0,), "int64")


def test_what_was_stored_comes_back(index: SqliteTokens) -> None:
    index.upsert([7, 3], [passage(1, 2, 1), passage(5)])
    found = index.get([3, 7, 99])
    assert set(found) == {3, 7}
    assert same(found[7], passage(1, 2, 1))
    assert {id_: bits.tolist() for id_, bits in index.bits([3, 7, 99]).items()} == {
        id_: codes_.bits.tolist() for id_, codes_ in found.items()
    }
    assert same(found[3], passage(5))
    assert found[7].pieces[found[7].which].tolist() == [1, 2, 1]
    assert [getattr(found[7], name).dtype.name for name in PARTS] == ["uint8", "int32", "int32", "int32"]


def test_a_passage_without_tokens(index: SqliteTokens) -> None:
    index.upsert([1], [passage()])
    assert index.ids() == {1}
    assert index.get([1])[1].bits.shape == (0, 2)
    assert index.frequencies().shape == (0,)


def test_a_piece_counts_once_a_passage(index: SqliteTokens) -> None:
    index.upsert([1, 2], [passage(0, 0, 2), passage(2)])
    assert index.frequencies().tolist() == [1, 0, 2]


def test_replacing_and_deleting_count_back(index: SqliteTokens) -> None:
    index.upsert([1, 2], [passage(0, 4), passage(2)])
    index.upsert([1], [passage(2, 1)])
    assert index.frequencies().tolist() == [0, 1, 2]
    index.delete([1, 1, 99])
    assert (index.ids(), index.frequencies().tolist()) == ({2}, [0, 0, 1])
    index.delete([2])
    assert index.frequencies().shape == (0,)


def test_the_last_of_two_under_one_id_counts(index: SqliteTokens) -> None:
    index.upsert([1, 1], [passage(0), passage(3)])
    assert same(index.get([1])[1], passage(3))
    assert index.frequencies().tolist() == [0, 0, 0, 1]


def test_more_ids_than_one_statement_takes(index: SqliteTokens) -> None:
    ids = list(range(1, 1_201))
    index.upsert(ids, [passage(id_ % 3) for id_ in ids])
    assert index.frequencies().tolist() == [400, 400, 400]
    assert len(index.get(ids)) == 1_200
    index.delete(ids[:600])
    assert index.frequencies().tolist() == [200, 200, 200]


def test_lengths_that_differ_change_nothing(index: SqliteTokens) -> None:
    index.upsert([1], [passage(0)])
    with pytest.raises(ValueError, match="shorter"):
        index.upsert([1, 2], [passage(5)])
    assert index.frequencies().tolist() == [1]


def test_reopened(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tokens.sqlite3"
    with closing(SqliteTokens(path, 16)) as index:
        index.upsert([1, 2], [passage(3), passage(3, 1)])
        index.delete([1])
    with closing(SqliteTokens(path, 16)) as index:
        assert (index.ids(), index.frequencies().tolist()) == ({2}, [0, 1, 0, 1])
        assert same(index.get([2])[2], passage(3, 1))


def test_another_opening_sees_what_was_written(index: SqliteTokens, tmp_path: Path) -> None:
    with closing(SqliteTokens(tmp_path / "tokens.sqlite3", 16)) as reader:
        index.upsert([4], [passage(1)])
        assert same(reader.get([4])[4], passage(1))
        assert reader.frequencies().tolist() == [0, 1]


def test_offsets_near_and_far_come_back(index: SqliteTokens) -> None:
    starts = [0, 254, 509, 765, 765, 10_000]  # steps of 254, 255, 256, none, and many bytes
    index.upsert([1, 2], [passage(*range(6), starts=starts), passage(3, starts=[1_275])])
    assert index.get([1])[1].starts.tolist() == starts
    assert index.get([2])[2].starts.tolist() == [1_275]


def test_more_pieces_than_a_byte_counts_and_a_large_vocabulary(index: SqliteTokens) -> None:
    many = passage(*range(300), *range(299, -1, -1))
    large = passage(65_535, 65_536, 250_000)
    index.upsert([1, 2, 3], [many, large, passage(65_535)])
    found = index.get([1, 2, 3])
    assert [same(found[1], many), same(found[2], large), same(found[3], passage(65_535))] == [True] * 3
    assert index.frequencies()[[65_535, 65_536, 250_000]].tolist() == [2, 1, 1]
    index.delete([1, 2])
    assert np.flatnonzero(index.frequencies()).tolist() == [65_535]


def test_a_token_of_the_title_takes_no_place(index: SqliteTokens) -> None:
    title_only = TokenCodes(np.array([[7, 9]], np.uint8), np.array([4], np.int32), *np.zeros((2, 0), np.int32))
    index.upsert([1], [title_only])
    assert same(index.get([1])[1], title_only)
    assert index.frequencies().tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("column", "content"),
    [
        ("bits", b"\0\0\0"),
        ("bits", b"\0" * 6),
        ("bits", b""),
        ("pieces", b"\1"),
        ("pieces", b"\0" * 6),
        ("which", b"\0"),
        ("which", b"\0\2"),
        ("steps", b"\0"),
        ("steps", b"\0\xff"),
        ("steps", b""),
    ],
)
def test_codes_of_another_length_are_damage(index: SqliteTokens, tmp_path: Path, column: str, content: bytes) -> None:
    index.upsert([1], [passage(1, 2)])
    with closing(Database(tmp_path / "tokens.sqlite3", "", migrations=MIGRATIONS)) as database:
        database.run(f"UPDATE codes SET {column} = ? WHERE id = 1", content)
    with pytest.raises(LibraryDamaged, match=r"tokens\.sqlite3 holds codes of another length\. Run `citewell doctor"):
        index.get([1])


def test_bits_that_are_no_whole_codes_are_damage(index: SqliteTokens, tmp_path: Path) -> None:
    index.upsert([1], [passage(1, 2)])
    with closing(Database(tmp_path / "tokens.sqlite3", "", migrations=MIGRATIONS)) as database:
        database.run("UPDATE codes SET bits = ? WHERE id = 1", b"\0\0\0")
    with pytest.raises(LibraryDamaged, match="--repair"):
        index.bits([1])


def test_pieces_that_cannot_be_counted_back_are_damage(index: SqliteTokens, tmp_path: Path) -> None:
    index.upsert([1], [passage(1, 2)])
    with closing(Database(tmp_path / "tokens.sqlite3", "", migrations=MIGRATIONS)) as database:
        database.run("UPDATE codes SET pieces = ? WHERE id = 1", b"\0")
    with pytest.raises(LibraryDamaged, match="--repair"):
        index.delete([1])
    assert index.ids() == {1}


# --- the format before ------------------------------------------------------------------------------------------------

FORMAT_1 = """
CREATE TABLE tokens (id INTEGER PRIMARY KEY, bits BLOB NOT NULL, pieces BLOB NOT NULL, starts BLOB NOT NULL);
CREATE TABLE frequencies (piece INTEGER PRIMARY KEY, passages INTEGER NOT NULL);
INSERT INTO frequencies VALUES (3, 2), (7, 1);
PRAGMA user_version = 1;
"""


def of_format_1(path: Path, rows: Sequence[tuple[int, bytes, list[int], list[int]]]) -> None:
    """A file whose passages have a code of one bit a dimension for each token, and tokens of the title at -1."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FORMAT_1)
        for id_, bits, pieces, starts in rows:
            made = (id_, bits, np.array(pieces, "<i4").tobytes(), np.array(starts, "<i4").tobytes())
            db.execute("INSERT INTO tokens VALUES (?, ?, ?, ?)", made)
        db.commit()


def wide(pieces: list[int], seed: int = 0) -> TokenCodes:
    """Codes of 192 bits."""
    bits = np.random.default_rng(seed).integers(0, 256, (len(pieces), 24), np.uint8)
    return TokenCodes(bits, np.array(pieces, np.int32), *np.zeros((2, 0), np.int32))


@pytest.mark.parametrize("pieces", [[], [4], [4, 5, 6], [4, 70_000, 80_000], list(range(300))])
def test_codes_of_both_lengths_lie_in_one_file(tmp_path: Path, pieces: list[int]) -> None:
    long, short = wide(pieces), shortened(wide(pieces, 1))
    with closing(SqliteTokens(tmp_path / "tokens.sqlite3", 384)) as index:
        index.upsert([1, 2], [long, short])
        found = index.get([1, 2])
        assert same(found[1], long)
        assert len(found[2].pieces) == 0
        assert found[2].bits.tobytes() == short.bits.tobytes() == index.bits([2])[2].tobytes()
        counted = is_counted(short.pieces)
        assert (index.counted(), index.frequencies().sum()) == (1 + counted, (1 + counted) * len(pieces))
        index.delete([1, 2])
        assert (index.counted(), index.frequencies().sum(), index.ids()) == (0, 0, set())


def test_shortening_comes_to_all_that_are_whole(tmp_path: Path) -> None:
    made = {id_: wide([id_, id_ + 1, 900], id_) for id_ in range(1, 60)}
    with closing(SqliteTokens(tmp_path / "tokens.sqlite3", 384)) as index:
        index.upsert(list(made), list(made.values()))
        index.upsert([7], [shortened(made[7])])
        assert [index.shorten(40), index.shorten(40), index.shorten(40)] == [40, 18, 0]
        found = index.get(list(made))
        assert {id_: one.bits.tolist() for id_, one in found.items()} == {
            id_: shortened(one).bits.tolist() for id_, one in made.items()
        }
        counted = [one for one in made.values() if is_counted(one.pieces)]
        assert 0 < index.counted() == len(counted) == index.frequencies()[900] < len(made)
        index.upsert([8], [made[8]])
        assert index.counted() == len(counted) + (not is_counted(made[8].pieces))
        index.delete(list(made))
        assert (index.counted(), index.frequencies().sum(), index.ids()) == (0, 0, set())


def test_a_shortening_that_is_cut_short_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_short(_: TokenCodes) -> None:
        raise KeyboardInterrupt

    with closing(SqliteTokens(tmp_path / "tokens.sqlite3", 384)) as index:
        index.upsert([1, 2], [wide([3, 9]), wide([9])])
        with monkeypatch.context() as patched:
            patched.setattr("index_store.tokens.as_short_row", cut_short)
            with pytest.raises(KeyboardInterrupt):
                index.shorten(9)
        assert same(index.get([1])[1], wide([3, 9]))
        assert (index.counted(), index.frequencies()[[3, 9]].tolist()) == (2, [1, 2])
        assert index.shorten(9) == 2


def test_codes_of_short_vectors_are_never_shortened(index: SqliteTokens) -> None:
    index.upsert([1], [passage(1, 2)])
    assert index.shorten(10) == 0
    assert same(index.get([1])[1], passage(1, 2))


@pytest.mark.parametrize("former", [2, 3])
def test_a_file_of_a_format_before_short_rows_is_taken_as_it_is(tmp_path: Path, former: int) -> None:
    """Of format 3 it may have codes of 128 bits among the whole ones."""
    path, whole = tmp_path / "tokens.sqlite3", wide([3, 9])
    less = replace(whole, bits=whole.bits[:, :16])
    with closing(SqliteTokens(path, 384)) as index:
        index.upsert([1, 2], [whole, less])
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            f"DROP TABLE short_codes; DELETE FROM frequencies WHERE piece < 0; PRAGMA user_version = {former}"
        )
    with closing(SqliteTokens(path, 384)) as index:
        assert (index.counted(), index.frequencies()[[3, 9]].tolist()) == (2, [2, 2])
        assert same(index.get([1])[1], whole)
        assert same(index.get([2])[2], less)
        assert index.shorten(9) == 2
        assert [bits.tolist() for bits in index.bits([1, 2]).values()] == [shortened(whole).bits.tolist()] * 2
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (4,)


@pytest.mark.parametrize(
    ("column", "content"),
    [
        ("bits", b"\0" * 10),
        ("bits", b""),
        ("bits", b"\0" * 9),
        ("again", b""),
        ("again", b"\xe0"),
        ("repeated", b""),
        ("repeated", b"\7"),
        ("steps", b""),
        ("steps", b"\xff"),
    ],
)
def test_shortened_codes_of_another_length_are_damage(tmp_path: Path, column: str, content: bytes) -> None:
    path, bits = tmp_path / "tokens.sqlite3", np.zeros((2, 9), np.uint8)
    placed = TokenCodes(bits, np.array([4, 5], np.int32), np.array([1, 0, 1], np.int32), np.array([0, 9, 30], np.int32))
    with closing(SqliteTokens(path, 384)) as index:
        index.upsert([1], [placed])
        assert index.get([1])[1].starts.tolist() == [0, 9, 30]
        with closing(Database(path, "", migrations=MIGRATIONS)) as database:
            database.run(f"UPDATE short_codes SET {column} = ? WHERE id = 1", content)
        with pytest.raises(LibraryDamaged, match="--repair"):
            index.get([1])


def test_codes_of_the_format_before_are_taken_over(tmp_path: Path) -> None:
    """Of three tokens of one piece the sum of the signs decides; 16 dimensions keep them as they are."""
    path = tmp_path / "tokens.sqlite3"
    thrice = bytes([0b11110000, 0, 0b11000000, 0, 0b10101111, 255, 0b00000001, 2])  # pieces 3, 3, 3 and 7
    of_format_1(path, [(5, thrice, [3, 3, 3, 7], [-1, 0, 40, 12]), (6, bytes([1, 2]), [3], [8]), (9, b"", [], [])])
    with closing(SqliteTokens(path, 16)) as index:
        found = index.get([5, 6, 9])
        assert found[5].bits.tolist() == [[0b11100000, 0], [1, 2]]
        assert (found[5].pieces.tolist(), found[5].which.tolist()) == ([3, 7], [0, 1, 0])
        assert found[5].starts.tolist() == [0, 12, 40]
        assert (found[6].bits.tolist(), found[6].starts.tolist(), len(found[9].pieces)) == ([[1, 2]], [8], 0)
        assert index.frequencies().tolist() == [0, 0, 0, 2, 0, 0, 0, 1]
        index.delete([5])
        assert (index.ids(), index.frequencies().tolist()) == ({6, 9}, [0, 0, 0, 1])
    assert [file.name for file in tmp_path.iterdir()] == [path.name]  # the copy has gone
    with closing(sqlite3.connect(path)) as db:
        told = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "freelist_count", "journal_mode")]
        assert told == [16_384, 0, "wal"]


def test_a_new_file_has_pages_of_many_rows(index: SqliteTokens, tmp_path: Path) -> None:
    assert index.ids() == set()
    with closing(sqlite3.connect(tmp_path / "tokens.sqlite3")) as db:
        assert db.execute("PRAGMA page_size").fetchone() == (16_384,)


def test_a_longer_code_is_turned_as_a_vector_is(tmp_path: Path) -> None:
    path, bits = tmp_path / "tokens.sqlite3", np.random.default_rng(3).integers(0, 256, (1, 48), np.uint8)
    of_format_1(path, [(1, bits.tobytes(), [3], [0])])
    with closing(SqliteTokens(path, 384)) as index:
        signs = np.where(np.unpackbits(bits, axis=1), 1, -1).astype(np.float32)
        expected = codes(TokenVectors(np.array([3], np.int32), np.zeros(1, np.int32), signs / np.sqrt(384)), 0, 0)
        assert same(index.get([1])[1], expected)


@pytest.mark.parametrize("row", [(1, b"\0\0\0", [1, 2], [0, 1]), (1, b"\0\0", [1, 2], [0])])
def test_a_damaged_file_of_the_format_before_says_so(
    tmp_path: Path, row: tuple[int, bytes, list[int], list[int]]
) -> None:
    of_format_1(tmp_path / "tokens.sqlite3", [row])
    with pytest.raises(LibraryDamaged, match="--repair"):
        SqliteTokens(tmp_path / "tokens.sqlite3", 16)


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "tokens.sqlite3").write_bytes(b"no database at all " * 100)
    with pytest.raises(LibraryDamaged, match="--repair"):
        SqliteTokens(tmp_path / "tokens.sqlite3", 16)


PIECES = st.lists(st.integers(0, 9), max_size=5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), st.lists(st.tuples(st.integers(1, 6), PIECES), max_size=4)),
        st.tuples(st.just("delete"), st.lists(st.integers(1, 6), max_size=4)),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_frequencies_are_those_of_what_is_stored(steps: list[tuple[str, list[Any]]]) -> None:
    held: dict[int, list[int]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SqliteTokens(Path(folder) / "tokens.sqlite3", 16)) as index,
    ):
        for what, given_ in steps:
            if what == "upsert":
                index.upsert([id_ for id_, _ in given_], [passage(*pieces) for _, pieces in given_])
                held |= dict(given_)
            else:
                index.delete(given_)
                held = {id_: pieces for id_, pieces in held.items() if id_ not in given_}
        assert index.ids() == set(held)
        counted = Counter(piece for pieces in held.values() for piece in set(pieces))
        expected = [counted[piece] for piece in range(max(counted, default=-1) + 1)]
        assert index.frequencies().tolist() == expected
        assert all(same(index.get([id_])[id_], passage(*pieces)) for id_, pieces in held.items())
