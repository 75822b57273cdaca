"""Late interaction, on one-hot tokens: 8 dimensions, so a token's signs meet its own axis at a cosine of 1/√8."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from index_store import late
from index_store.late import (
    Bits,
    QueryTokens,
    Scores,
    codes,
    inverse_frequency,
    paper_matches,
    query_tokens,
    span_matches,
)
from index_store.protocols import TokenCodes, TokenVectors
from index_store.types import Span

SAME = 1 / 8  # squared cosine of a one-hot token with its own signs: +1 there, -1 elsewhere, over √8
AXES = np.eye(8, dtype=np.float32)
NOWHERE = np.zeros((0, 8), np.float32)


def tokens(*pieces: int, starts: Sequence[int] | None = None) -> TokenVectors:
    at = np.arange(len(pieces)) * 10 if starts is None else starts
    return TokenVectors(np.array(pieces, np.int32), np.array(at, np.int32), AXES[list(pieces)])


def question(*pieces: int, weights: Sequence[float] | None = None) -> QueryTokens:
    weighed = np.full(len(pieces), 1 / max(len(pieces), 1)) if weights is None else np.array(weights)
    return QueryTokens(AXES[list(pieces)], weighed.astype(np.float32))


def coverage(query: QueryTokens, groups: Sequence[Sequence[Bits]]) -> Scores:
    return late.coverage(query, paper_matches(query, groups).best)


def test_a_code_is_one_bit_a_dimension_the_first_one_highest() -> None:
    packed = codes(tokens(0, 7), 0, 0)
    assert packed.bits.tolist() == [[0b10000000], [0b00000001]]
    assert (packed.bits.dtype.name, packed.starts.dtype.name) == ("uint8", "int32")
    assert packed.pieces.tolist() == [0, 7]


def test_a_piece_has_one_code_the_signs_of_the_sum_of_its_tokens() -> None:
    rows = np.array([[0.6, 0.8, 0, 0, 0, 0, 0, 0], AXES[5], [0.8, -0.6, 0, 0, 0, 0, 0, 0]], np.float32)
    held = codes(TokenVectors(np.array([9, 4, 9], np.int32), np.array([0, 4, 11], np.int32), rows), 3, 50)
    assert held.pieces.tolist() == [4, 9]
    assert held.bits.tolist() == [[0b00000100], [0b11000000]]  # (1.4, 0.2, 0, …)
    assert (held.which.tolist(), held.starts.tolist()) == ([0, 1], [51, 58])  # the first 9 stands in the title


def test_a_zero_counts_as_negative() -> None:
    rows = np.array([[0.5, -0.5, 0, 0, 0.5, 0, -0.5, 0]], np.float32)
    assert codes(TokenVectors(np.zeros(1, np.int32), np.zeros(1, np.int32), rows), 0, 0).bits.tolist() == [[0b10001000]]


def test_offsets_become_those_of_the_abstract_and_the_title_s_are_not_kept() -> None:
    # "Frogs. sing at dusk": the passage begins 7 characters into the text, and at 0 in the abstract.
    assert codes(tokens(0, 1, 2, starts=[0, 7, 15]), 7, 0).starts.tolist() == [0, 8]


def test_the_title_before_a_later_passage_does_not_pass_for_the_passage_before() -> None:
    # The same head of 7 characters before a passage that begins at 100: its first token stands at 100, not at 93.
    assert codes(tokens(0, 1, 2, starts=[0, 7, 15]), 7, 100).starts.tolist() == [100, 108]


def test_no_tokens_no_codes() -> None:
    packed = codes(TokenVectors(np.zeros(0, np.int32), np.zeros(0, np.int32), NOWHERE), 5, 0)
    assert (packed.bits.shape, packed.pieces.shape, packed.which.shape, packed.starts.shape) == ((0, 1), *[(0,)] * 3)


def test_rare_pieces_weigh_more_and_those_never_seen_most() -> None:
    idf = inverse_frequency(np.array([9, 1, 0]), 9)
    assert idf.tolist() == pytest.approx([np.log(10 / 9.5), np.log(10 / 1.5), np.log(20), np.log(20)])
    weights = query_tokens(tokens(0, 1, 7), idf).weights  # 7 is beyond the library's vocabulary
    assert weights.sum() == pytest.approx(1)
    assert weights.tolist() == pytest.approx((idf[[0, 1, 3]] / idf[[0, 1, 3]].sum()).tolist())


@given(
    arrays.arrays(np.int64, st.integers(0, 20), elements=st.integers(0, 1000)),
    st.integers(0, 1000),
    st.lists(st.integers(0, 7), max_size=6),
)
def test_weights_are_positive_and_add_up_to_one(frequency: np.ndarray, documents: int, pieces: list[int]) -> None:
    """Also where a running build has counted passages that the catalogue has already lost."""
    idf = inverse_frequency(frequency, documents)
    assert idf.shape == (len(frequency) + 1,)
    assert (idf > 0).all()
    weights = query_tokens(tokens(*pieces), idf).weights
    assert weights.dtype.name == "float32"
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(float(bool(pieces)), abs=1e-5)


def test_coverage_by_hand() -> None:
    query = question(0, 1, 2, weights=[0.5, 0.3, 0.2])
    groups = [
        [codes(tokens(0), 0, 0).bits, codes(tokens(1, 5), 0, 0).bits],  # two passages of one paper count together
        [codes(tokens(2, 2), 0, 0).bits],
        [codes(tokens(6), 0, 0).bits],
    ]
    # A token that is another axis has the cosine -1/√8: no match at all, not a negative one.
    assert coverage(query, groups).tolist() == pytest.approx([0.8 * SAME, 0.2 * SAME, 0])


def test_beyond_chance_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two papers, of two codes and of one: cosines 1/√8 with what is asked for, and with all else -1/√8."""
    monkeypatch.setattr(late, "_SHORTEST", 1)
    query = question(0, 1, weights=[0.75, 0.25])
    groups = [[codes(tokens(0, 6), 0, 0).bits], [codes(tokens(1), 0, 0).bits]]
    matches = paper_matches(query, groups)
    # Three cosines, of which one is high: mean -1/3 and deviation √8/3 of 1/√8; the longer text has two draws.
    mean, deviation, match = -1 / 3 / np.sqrt(8), np.sqrt(8) / 3 / np.sqrt(8), 1 / np.sqrt(8)
    by_chance = [mean + np.sqrt(2 * np.log(2)) * deviation, mean]
    assert matches.best.tolist() == [pytest.approx([match, -match]), pytest.approx([-match, match])]
    assert matches.chance.tolist() == [pytest.approx([by_chance[0]] * 2), pytest.approx([by_chance[1]] * 2)]
    beyond = [0.75 * (match - by_chance[0]) ** 2, 0.25 * (match - by_chance[1]) ** 2]
    assert late.beyond_chance(query, matches).tolist() == pytest.approx(beyond)


def test_a_longer_text_must_match_better_and_a_short_one_as_one_of_fifty() -> None:
    query = question(0)
    held, other = codes(tokens(0), 0, 0).bits, codes(tokens(6), 0, 0).bits
    groups = [[held, *[other] * filling] for filling in (0, 49, 60, 200)] + [[other] * 60]
    short, ordinary, long, longer, without = late.beyond_chance(query, paper_matches(query, groups)).tolist()
    assert short == ordinary > long > longer > without == 0


def test_chance_is_told_by_the_core() -> None:
    query = question(0, 1, weights=[0.75, 0.25])
    groups = [[codes(tokens(*numbers), 0, 0).bits] for numbers in ([0, 6], [1], [0, 1, 5], [], [2, 3])]
    core = np.array([True, False, True, True, False])
    mixed, alone = paper_matches(query, groups, core), paper_matches(query, [groups[0], groups[2], groups[3]])
    assert mixed.chance[core].tolist() == alone.chance.tolist()
    assert mixed.best.tolist() == paper_matches(query, groups).best.tolist()
    assert mixed.chance[1].tolist() == mixed.chance[0].tolist() != paper_matches(query, groups).chance[1].tolist()
    nothing_there = paper_matches(query, groups, np.array([False, False, False, True, False]))
    assert nothing_there.chance.tolist() == paper_matches(query, groups).chance.tolist()


def test_groups_without_tokens_cover_nothing() -> None:
    nothing = np.zeros((0, 1), np.uint8)
    found = coverage(question(0), [[], [nothing], [nothing, codes(tokens(0), 0, 0).bits], [nothing]])
    assert found.tolist() == pytest.approx([0, 0, SAME, 0])
    assert coverage(question(0), []).shape == (0,)


def test_a_question_without_tokens_is_covered_by_nothing() -> None:
    empty = query_tokens(tokens(), inverse_frequency(np.array([1]), 2))
    assert empty.weights.shape == (0,)
    assert coverage(empty, [[codes(tokens(0), 0, 0).bits]]).tolist() == [0]
    assert span_matches(empty, [codes(tokens(0), 0, 0)], [Span(0, 9)]).shape == (2, 0)


@given(arrays.arrays(np.float32, (5, 8), elements=st.floats(-1, 1, width=16)), st.integers(1, 4))
def test_coverage_lies_between_nothing_and_all(rows: np.ndarray, asked: int) -> None:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    numbers = np.arange(5, dtype=np.int32)
    query = QueryTokens(rows[:asked], np.full(asked, 1 / asked, np.float32))
    held = codes(TokenVectors(numbers[asked:], numbers[asked:], rows[asked:]), 0, 0).bits
    (covered,) = coverage(query, [[held]])
    signs = np.where(rows[asked:] > 0, 1, -1) / np.sqrt(8)
    by_hand = np.mean(np.clip((rows[:asked].astype(float) @ signs.T).max(axis=1), 0, None) ** 2)
    assert covered == pytest.approx(by_hand, abs=1e-5)
    assert 0 <= covered <= 1 + 1e-6


def test_blocks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).standard_normal((30, 8)).astype(np.float32)
    numbers = np.arange(30, dtype=np.int32)
    held = codes(TokenVectors(numbers, numbers, rows), 0, 0).bits
    whole = coverage(question(0, 3), [[held[:7]], [held[7:]]])
    monkeypatch.setattr(late, "_BLOCK", 4)
    assert coverage(question(0, 3), [[held[:7]], [held[7:]]]).tolist() == whole.tolist()


def at(*placed: tuple[int, int]) -> TokenCodes:
    """Codes of tokens given as (piece, offset in the abstract), -1 in the title."""
    return codes(tokens(*(piece for piece, _ in placed), starts=[start for _, start in placed]), 0, 0)


def test_each_span_is_matched_by_its_own_tokens() -> None:
    spans = [Span(0, 10), Span(11, 20), Span(21, 30)]
    found = span_matches(question(0, 1, 2), [at((2, -1), (0, 0), (1, 9)), at((0, 11), (5, 19))], spans)
    assert found == pytest.approx(
        np.array([[SAME, SAME, 0], [SAME, 0, 0], [0, 0, 0], [SAME, SAME, SAME]])  # the title's 2 only in the last row
    )


def test_a_token_where_one_span_ends_belongs_to_the_next() -> None:
    found = span_matches(question(0), [at((0, 10))], [Span(0, 10), Span(10, 20)])
    assert found == pytest.approx(np.array([[0], [SAME], [SAME]]))


def test_spans_without_passages_and_passages_without_spans() -> None:
    assert span_matches(question(0, 1), [], [Span(0, 5)]).tolist() == [[0, 0], [0, 0]]
    assert span_matches(question(0, 1), [at((0, 0), (3, 7))], []) == pytest.approx(np.array([[SAME, 0]]))
    assert span_matches(question(0), [at()], [Span(0, 5)]).tolist() == [[0], [0]]


def test_a_token_beyond_the_last_span_counts_for_the_whole() -> None:
    assert span_matches(question(0), [at((0, 50))], [Span(0, 10)]) == pytest.approx(np.array([[0], [SAME]]))
