"""The seams of the library: what an embedder, a vector store and a lexical index must do.

The real parts live in ``embedding``, ``vectors`` and ``lexical``; the fakes that tests use live in ``tests/fakes.py``
and pass the same contract suite.  Knows no implementation.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index_store.types import Paper, Span

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Ids of passages or papers with scores, best first, ties by id: ``ids`` (k,) int64, ``scores`` (k,) float32."""

    ids: Ids
    scores: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LexicalDocument:
    """What the lexical index keeps of a paper: its number and one text, title and abstract together."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Compact:
    """Rows of vectors: ``ids`` (n,) ascending; row ``i`` is ``levels[places[i]] * scales[places[i]]``.

    ``levels`` (m, dim) int8 and ``scales`` (m,) float32 may lie in a file, in the order of their arrival.
    """

    ids: Ids
    places: Ids
    levels: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The content tokens of one text, in order, stop words and punctuation left out.

    ``pieces`` (t,) int32: ids in the model's vocabulary.  ``starts`` (t,) int32: character offsets in the text.
    ``rows`` (t, dim) float32: contextual vectors of length 1.
    """

    pieces: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    rows: Vectors


@dataclass(frozen=True, slots=True)
class TokenCodes:
    """The content tokens of one passage as they are stored: a code for each distinct piece, and where it stands.

    ``bits`` (k, code bits / 8) uint8: see ``late.codes``.  ``pieces`` (k,) int32, ascending: ids in the model's
    vocabulary; (0,) where shortened codes were stored.  ``which`` (t,) int32: the row in ``bits`` of each token of the
    abstract, in order; those of the title have none.  ``starts`` (t,) int32, ascending: character offsets in the
    abstract.
    """

    bits: npt.NDArray[np.uint8]
    pieces: npt.NDArray[np.int32]
    which: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]


class Embedder(Protocol):
    """Texts to unit vectors.  ``digest`` identifies the weights; vectors of different digests do not mix."""

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def max_tokens(self) -> int:
        """How many tokens the model reads, its own special tokens included."""
        ...

    def token_spans(self, text: str) -> list[Span]:
        """Where the model's own tokenizer cuts ``text``, special tokens left out."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed ``n`` texts as ``(n, dim)`` float32 rows of length 1."""
        ...

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """Embed ``n`` texts and give the vectors of their tokens from the same pass.  ``dim`` is a multiple of 8."""
        ...

    def warm(self) -> None:
        """Load what makes the calls that follow faster."""
        ...


class Reranker(Protocol):
    """Reads a question and a paper together."""

    def scores(self, query: str, papers: Sequence[Paper]) -> npt.NDArray[np.float32]:
        """Tell how well each of ``n`` papers answers ``query``, in [0, 1]: (n,)."""
        ...


class Entailment(Protocol):
    """Reads two texts together and tells whether one follows from the other."""

    def judge(self, premise: str, claim: str) -> tuple[float, float]:
        """Give the probabilities, in [0, 1], that ``premise`` entails ``claim`` and that it contradicts it."""
        ...


class VectorIndex(Protocol):
    """Passage vectors by id.  What ``upsert`` and ``delete`` did is on disk when they return."""

    def upsert(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Store ``(n, dim)`` float32 rows under ``n`` ids, replacing what the ids held."""
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Forget the ids; unknown ones are no error."""
        ...

    def query(self, vector: npt.NDArray[np.float32], k: int) -> Scored:
        """Find the ``k`` nearest passages to a ``(dim,)`` unit vector, scored by cosine in [-1, 1]."""
        ...

    def get(self, ids: Sequence[int]) -> Vectors:
        """Give the ``(n, dim)`` rows of ``n`` ids in that order.  Raises ``LibraryDamaged`` where one is missing."""
        ...

    def all(self) -> tuple[Ids, Vectors]:
        """Give every id ``(n,)`` int64, ascending, with its row ``(n, dim)`` float32."""
        ...

    def compact(self) -> Compact | None:
        """Give all rows in 8 bits; None where ``query`` is to be asked instead."""
        ...

    def ids(self) -> set[int]: ...

    def refresh(self) -> int:
        """See what other processes wrote; give the version of the content, which every write makes larger."""
        ...

    def close(self) -> None: ...


class TokenIndex(Protocol):
    """Token codes by passage id.  What ``upsert`` and ``delete`` did is on disk when they return."""

    def upsert(self, ids: Sequence[int], tokens: Sequence[TokenCodes]) -> None:
        """Store the codes of ``n`` passages, replacing what the ids held."""
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Forget the ids; unknown ones are no error."""
        ...

    def get(self, ids: Sequence[int]) -> dict[int, TokenCodes]:
        """Give the codes by id; unknown ids are left out."""
        ...

    def bits(self, ids: Sequence[int]) -> dict[int, npt.NDArray[np.uint8]]:
        """Give the ``bits`` of the codes alone, as ``get`` does."""
        ...

    def frequencies(self) -> npt.NDArray[np.int64]:
        """Count the passages that have each piece of the vocabulary, of those ``counted``: (largest piece + 1,)."""
        ...

    def counted(self) -> int:
        """Count the passages that ``frequencies`` is of: all, or of those with shortened codes some."""
        ...

    def shorten(self, limit: int) -> int:
        """Shorten the codes of up to ``limit`` passages that are not yet; gives how many they were, 0 at the end."""
        ...

    def ids(self) -> set[int]: ...

    def close(self) -> None: ...


class LexicalIndex(Protocol):
    """Papers by catalogue number, ranked by BM25.  What ``add`` and ``delete`` did is on disk when they return."""

    def add(self, documents: Sequence[LexicalDocument]) -> None:
        """Index the documents, replacing those that have the same number."""
        ...

    def delete(self, ids: Collection[int]) -> None:
        """Forget the papers; unknown numbers are no error."""
        ...

    def query(self, text: str, k: int, inside: Ids | None = None) -> Scored:
        """Rank the ``k`` best papers for a question in plain words; operators have no meaning in it.

        Of those ``inside`` alone where numbers are given; their scores are the same as among all.
        """
        ...

    def terms(self, text: str) -> list[str]:
        """Give the terms of ``text`` as the index knows them (lower case, stemmed), in order, with repeats."""
        ...

    def ids(self) -> set[int]: ...

    def __len__(self) -> int:
        """Count the papers."""
        ...

    def close(self) -> None: ...
