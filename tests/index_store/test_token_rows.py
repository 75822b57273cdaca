"""A passage's shortened codes as the columns of a row, worked out by hand, and any of them back again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.protocols import TokenCodes
from index_store.token_rows import COUNTED, as_short_row, from_short_row, is_counted


def short(which: list[int], starts: list[int], pieces: list[int]) -> TokenCodes:
    """Codes of 72 bits that begin with the number of their piece."""
    bits = np.zeros((len(pieces), 9), np.uint8)
    bits[:, 0] = np.array(pieces) % 256
    return TokenCodes(bits, *(np.array(part, np.int32) for part in (pieces, which, starts)))


def test_codes_stand_as_their_pieces_come_and_those_that_come_again_have_a_number() -> None:
    """Pieces 20, 10, 20, 40, 10 at 7, 9, 24, 24 and 60; 30 stands in the title alone."""
    bits, pieces, begin, again, repeated, steps = as_short_row(
        short([1, 0, 1, 3, 0], [7, 9, 24, 24, 60], [10, 20, 30, 40])
    )
    assert list(bits[::9]) == [20, 10, 40, 30]
    assert begin == 7
    assert again == bytes([0b00101000])
    assert repeated == bytes([0, 1])
    assert steps.hex() == "02f00ff6"  # 0, 2, 15 + 0, 0, 15 + 15 + 6
    assert pieces is None or np.frombuffer(pieces, "<u2").tolist() == [10, 20, 30, 40]


def test_a_last_half_that_is_none_belongs_to_no_token() -> None:
    *_, steps = as_short_row(short([0], [1_000], [5]))
    assert steps.hex() == "0f"
    assert from_short_row(bytes(9), 1_000, b"\0", b"", steps).starts.tolist() == [1_000]


TOKENS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 70)), max_size=60)


@given(TOKENS, st.integers(0, 70_000), st.integers(0, 300))
def test_any_codes_come_back(tokens: list[tuple[int, int]], begin: int, in_title: int) -> None:
    pieces = sorted({piece for piece, _ in tokens} | set(range(500, 500 + in_title)))
    which = [pieces.index(piece) for piece, _ in tokens]
    starts = (begin + np.cumsum([step for _, step in tokens], dtype=np.int64)).tolist()
    given_ = short(which, starts, pieces)
    bits, kept, *rest = as_short_row(given_)
    found = from_short_row(bits, *rest)
    assert found.starts.tolist() == starts
    assert found.bits[found.which].tolist() == given_.bits[given_.which].tolist()
    assert sorted(found.bits[:, 0].tolist()) == sorted(given_.bits[:, 0].tolist())
    assert (kept is not None) == is_counted(given_.pieces)


def test_one_passage_in_so_many_is_counted() -> None:
    rng = np.random.default_rng(0)
    made = [np.unique(rng.integers(0, 30_000, 70)).astype(np.int32) for _ in range(4_000)]
    assert sum(map(is_counted, made)) / len(made) == pytest.approx(1 / COUNTED, rel=0.1)
