"""Late interaction: every content word of a question finds its best match among an abstract's tokens, in context.

One vector for a passage blurs what it says; token vectors keep it.  They come from the forward pass that makes the
passage vector, so the model runs no longer.  A code has one bit for each direction that is kept (see ``directions``),
and there is one for each distinct word piece of a passage: the signs of the mean of its tokens.  The question's tokens
stay in full precision.  Late interaction is of Khattab and Zaharia (ColBERT, SIGIR 2020), sign codes are of Charikar
(STOC 2002); there is nothing to train.  For a ranking a match counts by what it has over chance: the best of many
tokens matches well by chance alone, and the better the longer the abstract is, by the law of the largest of n normal
numbers (√(2 ln n) deviations above the mean; Fisher and Tippett, 1928).  What that earns is in
``eval/results/retrieval-ablation.md``, and what smaller and larger codes lose and gain in
``eval/results/token-codes.md``; the codes of a library of more than ``LONG_CODES`` passages are shortened, for they
would be a third of its disk.  Quoting and abstaining rest on it.  Pure: arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from index_store.directions import BITS, FEWER_BITS, code_bits, kept
from index_store.protocols import TokenCodes, TokenVectors, Vectors
from index_store.types import Span

Bits = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float32]

LONG_CODES = 100_000  # passages of a library whose codes have all their bits: of a larger one, codes fill the disk
_TOGETHER = 8  # texts coded at a time: their tokens' vectors stay in the processor's cache
_PIECE_BITS = 32
_SHORTEST = 50  # codes; from 20 to 100 do about as well, 1 does worse where half of the papers are titles alone
_BLOCK = 1024  # codes unpacked at a time: the block stays in the processor's cache


@dataclass(frozen=True, slots=True)
class QueryTokens:
    """The content tokens of a question: rows (n, code bits) as ``kept``, and ``(n,)`` weights that add up to 1."""

    rows: Vectors
    weights: Scores


@dataclass(frozen=True, slots=True)
class Matches:
    """How well each of ``n`` texts matches each content token of a question: cosines (n, tokens).

    ``best`` are of its best token, ``chance`` is what its best would have if its tokens were any of the core's.
    """

    best: Scores
    chance: Scores


def codes(tokens: TokenVectors, head: int, begin: int) -> TokenCodes:
    """Encode the tokens of an embedded passage, which has ``head`` characters of title in front of it.

    Their offsets become those in the abstract, where the passage begins at ``begin``.
    """
    return _coded([tokens], [head], [begin])[0]


def codes_of(texts: Sequence[TokenVectors], heads: Sequence[int], begins: Sequence[int]) -> list[TokenCodes]:
    """Give the ``codes`` of each of ``n`` texts; some at a time, which takes half as long."""
    made: list[TokenCodes] = []
    for first in range(0, len(texts), _TOGETHER):
        some = slice(first, first + _TOGETHER)
        made += _coded(texts[some], heads[some], begins[some])
    return made


def may_shorten(dim: int) -> bool:
    """Tell whether codes of vectors of ``dim`` numbers are shortened; those of short vectors stay as they are."""
    return code_bits(dim) == BITS


def shortened(code: TokenCodes) -> TokenCodes:
    """Keep the first directions only, as the codes of large libraries do: see ``may_shorten``."""
    return TokenCodes(code.bits[:, : FEWER_BITS // 8], code.pieces, code.which, code.starts)


def joined(parts: Sequence[Bits]) -> Bits:
    """Put codes together; where some are shortened, all become so."""
    least = min(bits.shape[1] for bits in parts)
    return np.concatenate([bits[:, :least] for bits in parts])


def packed(rows: Vectors) -> Bits:
    """Give the codes of ``(n, dim)`` vectors, whose lengths do not matter: (n, code bits / 8)."""
    return np.packbits(kept(rows) > 0, axis=1)


def query_tokens(tokens: TokenVectors, idf: Scores) -> QueryTokens:
    """Weigh the question's tokens by ``idf``, as ``inverse_frequency`` gives it: positive numbers."""
    weights = idf[np.minimum(tokens.pieces, len(idf) - 1)]
    return QueryTokens(kept(tokens.rows), (weights / max(float(weights.sum()), 1e-9)).astype(np.float32))


def inverse_frequency(frequency: npt.NDArray[np.int64], documents: int) -> Scores:
    """Give the Robertson–Spärck Jones weights of ``(vocabulary,)`` document frequencies: (vocabulary + 1,), positive.

    The last is for any piece beyond: no document has it.
    """
    frequency = np.append(frequency, 0)
    # A running build may have counted passages that are no longer, or not yet, among the documents.
    others = np.maximum(documents - frequency, 0)
    return np.log1p((others + 0.5) / (frequency + 0.5)).astype(np.float32)


def _coded(texts: Sequence[TokenVectors], heads: Sequence[int], begins: Sequence[int]) -> list[TokenCodes]:
    owners = np.repeat(np.arange(len(texts)), [len(text.pieces) for text in texts])
    named = owners << _PIECE_BITS | np.concatenate([text.pieces for text in texts])
    distinct, which, counts = np.unique(named, return_inverse=True, return_counts=True)
    bits = packed(_sums(np.concatenate([text.rows for text in texts]), which, counts))
    pieces = (distinct & ((1 << _PIECE_BITS) - 1)).astype(np.int32)
    ends = np.searchsorted(distinct >> _PIECE_BITS, np.arange(len(texts) + 1))
    starts = np.concatenate([text.starts - head for text, head in zip(texts, heads, strict=True)])
    said = np.flatnonzero(starts >= 0)  # those of the title are not
    said = said[np.lexsort((starts[said], owners[said]))]
    numbers = (which[said] - ends[owners[said]]).astype(np.int32)
    at = (starts[said] + np.array(begins)[owners[said]]).astype(np.int32)
    parts = np.searchsorted(owners[said], np.arange(len(texts) + 1))
    ours, theirs = (map(slice, some[:-1].tolist(), some[1:].tolist()) for some in (ends, parts))
    return [TokenCodes(bits[a], pieces[a], numbers[b], at[b]) for a, b in zip(ours, theirs, strict=True)]


def _sums(rows: Vectors, which: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> Vectors:
    """Add up the rows of each piece: (k, dim).  Most pieces come once, which ``np.add.reduceat`` takes no notice of."""
    order = np.argsort(which, kind="stable")
    times = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)  # the piece came before
    sums: Vectors = rows[order[times == 0]]
    for again in range(1, int(counts.max(initial=0))):
        at = order[times == again]
        sums[which[at]] += rows[at]
    return sums


def best_matches(
    query: QueryTokens, bits: Bits, starts: npt.NDArray[np.int64], core: npt.NDArray[np.bool_] | None = None
) -> Matches:
    """Give the matches of each segment of ``(c, code bits / 8)`` codes.

    ``starts`` (segments,) are the rows where the segments begin, ascending; none is empty.  ``core`` (segments,) are
    those that tell what chance gives, or all where none of them is in it.
    """
    query = _as_long(query, bits)
    found = largest(_products(query, bits), starts, core)
    return Matches(_cosines(query, found.best), _cosines(query, found.chance))  # cosines are in the products' order


def largest(values: Scores, starts: npt.NDArray[np.int64], core: npt.NDArray[np.bool_] | None = None) -> Matches:
    """Give the largest of each segment of ``(c, n)`` values, and what it would be by chance, drawn from the core's.

    Both are (segments, n), on the scale of the values.  A short segment counts as one of ordinary length: a title alone
    does not say what its paper lacks.
    """
    columns = np.ascontiguousarray(values.T)  # numpy goes through rows of a few numbers four times as slowly
    lengths = np.diff(np.append(starts, len(values)))
    drawn = columns if core is None or not core.any() else columns.compress(np.repeat(core, lengths), axis=1)
    deviations = np.sqrt(2 * np.log(np.maximum(lengths, _SHORTEST)))[:, None]
    chance: Scores = drawn.mean(axis=1) + deviations * drawn.std(axis=1)
    return Matches(np.maximum.reduceat(columns, starts, axis=1).T, chance.astype(np.float32))


def span_matches(query: QueryTokens, passages: Sequence[TokenCodes], spans: Sequence[Span]) -> Scores:
    """Tell how well each of ``s`` spans of an abstract matches each question token, squared cosines in [0, 1]: (s, n).

    The last row, ``s``, is for the whole paper, its title included: (s + 1, n).
    """
    best = np.zeros((len(spans) + 1, len(query.weights)), np.float32)
    if not sum(len(p.bits) for p in passages) or not len(query.weights):
        return best
    bits = joined([p.bits for p in passages])
    query = _as_long(query, bits)
    found = _cosines(query, _products(query, bits))
    found = np.clip(found, 0, 1) ** 2
    firsts = np.cumsum([0, *(len(p.bits) for p in passages)])
    which = np.concatenate([p.which + first for p, first in zip(passages, firsts.tolist(), strict=False)])
    starts = np.concatenate([p.starts for p in passages])
    owner = np.searchsorted([span.end for span in spans], starts, side="right")
    order = np.argsort(owner, kind="stable")
    owners, begins = np.unique(owner[order], return_index=True)
    if len(order):
        best[owners] = np.maximum.reduceat(found[which[order]], begins)
    best[-1] = found.max(axis=0)  # what stands after the last span counts for the whole only, as the title does
    return best


def paper_matches(
    query: QueryTokens, groups: Sequence[Sequence[Bits]], core: npt.NDArray[np.bool_] | None = None
) -> Matches:
    """Give the matches of each of ``n`` groups of codes; empty groups get 0.  ``core`` (n,): see ``best_matches``."""
    shape = len(groups), len(query.weights)
    matches = Matches(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    filled = [i for i, group in enumerate(groups) if sum(map(len, group))]
    if not filled or not len(query.weights):
        return matches
    bits = joined([bits for i in filled for bits in groups[i]])
    lengths = np.array([sum(map(len, groups[i])) for i in filled])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    found = best_matches(query, bits, starts, None if core is None else core[filled])
    matches.best[filled], matches.chance[filled] = found.best, found.chance
    return matches


def beyond_chance(query: QueryTokens, matches: Matches) -> Scores:
    """Tell how much better than by chance each text matches the question's tokens, in [0, 1]: (n,)."""
    beyond: Scores = np.clip(matches.best - matches.chance, 0, 1) ** 2 @ query.weights
    return beyond


def coverage(query: QueryTokens, matches: Scores) -> Scores:
    """Tell how well ``(n, tokens)`` best cosines cover the question, in [0, 1]: (n,)."""
    covered: Scores = np.clip(matches, 0, 1) ** 2 @ query.weights
    return covered


def _as_long(query: QueryTokens, bits: Bits) -> QueryTokens:
    """Keep those directions of the question's tokens that codes have which may be shortened."""
    whole, left = query.rows.shape[1], 8 * bits.shape[1]
    if left >= whole:
        return query
    return replace(query, rows=query.rows[:, :left] * np.float32(np.sqrt(whole / left)))


def _products(query: QueryTokens, bits: Bits) -> Scores:
    """Multiply the question's tokens with codes as rows of 0 and 1: (c, n)."""
    products = np.empty((len(bits), len(query.weights)), np.float32)
    for first in range(0, len(bits), _BLOCK):
        ones = np.unpackbits(bits[first : first + _BLOCK], axis=1).astype(np.float32)
        products[first : first + _BLOCK] = ones @ query.rows.T
    return products


def _cosines(query: QueryTokens, products: Scores) -> Scores:
    """Turn products with rows of 0 and 1 into those with rows of -1 and 1, scaled to length 1."""
    cosines: Scores = (2 * products - query.rows.sum(axis=1)) / np.float32(np.sqrt(query.rows.shape[1]))
    return cosines
