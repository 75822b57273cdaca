"""Token codes on disk: what was stored comes back, and the frequencies stay right whatever happens."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.database import Database
from index_store.errors import LibraryDamaged
from index_store.protocols import TokenCodes
from index_store.tokens import SqliteTokens


def passage(*pieces: int) -> TokenCodes:
    """Codes over 16 dimensions that tell the pieces apart."""
    bits = np.array([[piece, 255 - piece] for piece in pieces], np.uint8).reshape(-1, 2)
    return TokenCodes(bits, np.array(pieces, np.int32), np.arange(len(pieces), dtype=np.int32) - 1)


def same(left: TokenCodes, right: TokenCodes) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in ("bits", "pieces", "starts"))


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
    assert same(found[3], passage(5))
    assert found[3].starts.tolist() == [-1]
    assert {found[7].bits.dtype.name, found[7].pieces.dtype.name, found[7].starts.dtype.name} == {"uint8", "int32"}


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


def test_codes_of_another_length_are_damage(index: SqliteTokens, tmp_path: Path) -> None:
    index.upsert([1], [passage(1, 2)])
    with closing(Database(tmp_path / "tokens.sqlite3", "")) as database:
        database.run("UPDATE tokens SET bits = ? WHERE id = 1", b"\0\0\0")
    with pytest.raises(LibraryDamaged, match=r"tokens\.sqlite3 holds codes of another length\. Run `citewell doctor"):
        index.get([1])


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
