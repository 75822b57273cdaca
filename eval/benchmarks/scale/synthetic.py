"""An embedder that costs nothing, so that what a library does beside embedding can be measured.

A vector is the sum of its words' random directions, rare words weighing most (Johnson and Lindenstrauss 1984 keep the
angles of the bags of words).  Papers of a topic share words, so vectors come in clusters and a question lies near the
paper that it was made of, as real ones do.  A passage's token vectors are taken from a pool, as many as real ones have
and of as many pieces: their codes have the size of real ones and say nothing.  A token is a word; ``max_tokens`` is as
many words as 256 tokens of MiniLM's, 1.41 a word of the seeds, so abstracts are cut into as many passages.  Knows no
library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index_store.protocols import TokenVectors, Vectors
from index_store.types import Span

_WORD = re.compile(r"\w+")
_DIRECTIONS = 16_384
_PIECES = 30_000  # of a vocabulary
_COMMON_WEIGHT = 0.2  # of words of three letters, which are the frequent ones
_SHARED = 0.5  # of a direction common to all: real embeddings lie on one side; the mean cosine becomes .24
_POOL = 4_096  # token vectors
_CONTENT_WORDS = 62  # rarer words of a made-up passage
_TOKENS = 105  # content tokens of a passage of the seeds, on average
_WHOLE_PIECES = 54  # tokens of it, each word's first piece and some second ones, for so many different pieces
_NEXT = 7_919  # from a piece to the next of its word
_PIECES_KEPT = 77  # different pieces among them, see ``eval/results/token-codes.md``


class SyntheticEmbedder:
    """``protocols.Embedder`` with vectors of ``dim`` numbers."""

    def __init__(self, dim: int = 384) -> None:
        rng = np.random.default_rng(0)
        self._dim = dim
        self._directions = rng.normal(size=(_DIRECTIONS, dim)).astype(np.float32)
        pool = rng.normal(size=(_POOL, dim)).astype(np.float32)
        self._pool: Vectors = pool / np.linalg.norm(pool, axis=1, keepdims=True)

    @property
    def name(self) -> str:
        return "synthetic"

    @property
    def digest(self) -> str:
        return f"synthetic:{self._dim}"

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def max_tokens(self) -> int:
        return 182

    def warm(self) -> None:
        """Nothing to load."""

    def token_spans(self, text: str) -> list[Span]:
        return [Span(*match.span()) for match in _WORD.finditer(text)]

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.empty((len(texts), self._dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = text.lower().replace(".", " ").split() or [""]
            weights = np.array([_COMMON_WEIGHT if len(word) <= 3 else 1.0 for word in words], np.float32)
            row[:] = weights @ self._directions[[_hash(word) % _DIRECTIONS for word in words]]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        rows += _SHARED * self._pool[0]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        return self.encode(texts), [self._tokens(text) for text in texts]

    def _tokens(self, text: str) -> TokenVectors:
        found = [match for match in _WORD.finditer(text.lower()) if len(match.group()) > 3]
        said = np.array([_hash(match.group()) for match in found], np.int64)
        starts = np.array([match.start() for match in found], np.int32)
        again, times = _extended(len(found))
        pieces = ((said[again] + times * _NEXT) % _PIECES).astype(np.int32)
        first = _hash(text[-40:]) % (_POOL - min(len(again), _POOL // 2))
        return TokenVectors(pieces, starts[again], self._pool[first : first + len(again)])


@lru_cache(1_024)
def _extended(count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Repeat positions of words so that a made-up passage has as many tokens as a real one, and as many pieces.

    Gives positions, and how many other pieces of its word came before each: words are cut in two until there are enough
    pieces, what comes after that repeats them.
    """
    tokens = min(count * _TOKENS // _CONTENT_WORDS, _POOL // 2)
    made = np.arange(tokens)
    times = np.where(made < count * _PIECES_KEPT // _WHOLE_PIECES, made // max(count, 1), 0)
    order = np.argsort(made % max(count, 1), kind="stable")
    return (made % max(count, 1))[order], times[order]


@lru_cache(1_000_000)
def _hash(word: str) -> int:
    return crc32(word.encode())
