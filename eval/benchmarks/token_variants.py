"""Codes of tokens of other sizes than production's, put in its place for as long as a measurement takes.

The tokens' vectors are embedded once, as the build does, and kept in half precision.  Knows no question and no measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt

from eval.benchmarks.variants import PRODUCTION, Piece, exchanged
from index_store import index as published
from index_store import late, search
from index_store.chunking import embedding_text
from index_store.directions import BITS, FEWER_BITS, kept
from index_store.index import Index
from index_store.late import Bits, QueryTokens, Scores
from index_store.protocols import TokenCodes, TokenVectors, Vectors
from index_store.token_rows import as_row, as_short_row

_AT_ONCE = 64  # passages
_SMALLER = (192, 128, 96, 64)


@dataclass(frozen=True, slots=True)
class Coding:
    """A way of coding: ``bits`` of a code, None for full precision; one code for ``every`` token or for each piece.

    ``first``: how many of the bits stay, None for all.
    """

    name: str
    bits: int | None
    every: bool = False
    first: int | None = None

    def pack(self, rows: Vectors) -> Bits:
        """Give the codes of ``(n, dim)`` vectors, in place of ``late.packed``."""
        if self.bits is not None:
            return np.packbits(kept(rows, self.bits)[:, : self.first] > 0, axis=1)
        return cast("Bits", rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))

    def code(self, taken: Taken) -> TokenCodes:
        """Code the tokens of a passage, in place of ``late.codes``."""
        tokens = replace(taken.tokens, rows=taken.tokens.rows.astype(np.float32))
        if self.every:
            tokens = replace(tokens, pieces=np.arange(len(tokens.pieces), dtype=np.int32))
        with exchanged([Piece(late, "packed", self.pack)]):
            made = late.codes(tokens, taken.head, taken.begin)
        return replace(made, pieces=taken.tokens.pieces) if self.every else made


CODINGS = (
    Coding("a code for every token, a bit for each of 384 numbers", 384, every=True),
    Coding("a code for every token, in full precision", None, every=True),
    Coding("a code for each piece, 384 bits", 384),
    *(Coding(f"a code for each piece, {bits} bits" + f" ({PRODUCTION})" * (bits == BITS), bits) for bits in _SMALLER),
    Coding(f"of {BITS} bits the first {FEWER_BITS} (large libraries)", BITS, first=FEWER_BITS),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The tokens of an embedded passage, which begins at ``begin`` and has ``head`` characters of title before it."""

    tokens: TokenVectors
    head: int
    begin: int


def take_tokens(index: Index) -> dict[int, Taken]:
    """Embed every passage of a library: by passage."""
    return dict(_embedded(index))


def _embedded(index: Index) -> Iterator[tuple[int, Taken]]:
    shelf, ids = index.shelf, index.ids.tolist()
    cut = shelf.embedder.token_spans, shelf.embedder.max_tokens
    for first in range(0, len(ids), _AT_ONCE):
        passages = shelf.catalogue.passages(ids[first : first + _AT_ONCE])
        texts = [embedding_text(p.title, p.text, *cut) for p in passages.values()]
        for p, text, tokens in zip(passages.values(), texts, shelf.embedder.encode_with_tokens(texts)[1], strict=True):
            small = replace(tokens, rows=cast("Vectors", tokens.rows.astype(np.float16)))
            yield p.id, Taken(small, len(text) - len(p.text), p.start)


def size(codes: dict[int, TokenCodes]) -> float:
    """Tell how many bytes a passage takes in the file."""
    rows = (as_short_row(code) if 8 * code.bits.shape[1] == FEWER_BITS else as_row(code) for code in codes.values())
    return sum(len(column) for row in rows for column in row if isinstance(column, bytes)) / max(len(codes), 1)


def stand_in(coding: Coding, codes: dict[int, TokenCodes]) -> tuple[Piece, ...]:
    """Give what makes the production code use ``codes``, by passage, for those that it has stored."""

    def of(index: Index, position: int) -> list[TokenCodes]:
        return [codes[id_] for id_ in index.passages_of(position)]

    def bits(index: Index, pool: npt.NDArray[np.intp]) -> list[list[Bits]]:
        return [[code.bits for code in of(index, position)] for position in pool.tolist()]

    pieces = (Piece(published, "_codes", of), Piece(search, "bits_of", bits))
    if coding.bits is not None:
        return (*pieces, Piece(late, "kept", partial(kept, bits=coding.bits)))
    floats = (Piece(late, "kept", _same), Piece(late, "_products", _products), Piece(late, "_cosines", _cosines))
    return (*pieces, *floats)


def _same(rows: Vectors) -> Vectors:
    return rows


def _products(query: QueryTokens, rows: Sequence[float]) -> Scores:
    return np.asarray(rows @ query.rows.T, np.float32)


def _cosines(query: QueryTokens, products: Scores) -> Scores:  # noqa: ARG001  # as late's
    return products
