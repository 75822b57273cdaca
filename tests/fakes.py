"""Stand-ins for the embedder and the two indexes, small enough that every result can be worked out by hand.

They keep everything in memory and pass the same contract suite as the real parts (``tests/contract``).  Use them for
tests of what is built on top; they know no file, no model and no engine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from index_store.errors import LibraryDamaged
from index_store.protocols import Ids, LexicalDocument, Scored, TokenVectors, Vectors
from index_store.types import Span

WORD = re.compile(r"\w+")


class FakeEmbedder:
    """Each word of ``vocabulary`` is one dimension; a text is its counts of them, scaled to length 1.

    The last dimension is 1 for a text with no known word, so that every row has length 1; zeros before it make the
    dimensions a multiple of 8.  ("cat cat dog" over ("cat", "dog") is (2, 1, 0, 0, 0, 0, 0, 0) / √5.)  A token is a
    run of word characters; only known words have a token vector, the word's dimension alone: 1 there, 0 elsewhere.
    """

    def __init__(self, vocabulary: Sequence[str], max_tokens: int = 256) -> None:
        self._dimension = {word: index for index, word in enumerate(vocabulary)}
        self._max_tokens = max_tokens

    @property
    def name(self) -> str:
        return "fake"

    @property
    def digest(self) -> str:
        return "fake:" + ",".join(self._dimension)

    @property
    def dim(self) -> int:
        return (len(self._dimension) // 8 + 1) * 8

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def token_spans(self, text: str) -> list[Span]:
        return [Span(*match.span()) for match in WORD.finditer(text)]

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for index, count in Counter([piece for _, piece in self._known(text)] or [-1]).items():
                row[index] = count
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        return self.encode(texts), [self._tokens(text) for text in texts]

    def warm(self) -> None:
        """Nothing to load."""

    def _tokens(self, text: str) -> TokenVectors:
        starts, pieces = np.asarray(self._known(text), np.int32).reshape(-1, 2).T
        return TokenVectors(pieces, starts, np.eye(self.dim, dtype=np.float32)[pieces])

    def _known(self, text: str) -> list[tuple[int, int]]:
        """Give where each known word starts, and its dimension."""
        words = ((match.start(), self._dimension.get(match.group().lower())) for match in WORD.finditer(text))
        return [(start, piece) for start, piece in words if piece is not None]


class FakeVectors:
    """Exact search over a dictionary of vectors."""

    def __init__(self, dim: int) -> None:
        self._dim = dim
        self._rows: dict[int, npt.NDArray[np.float32]] = {}
        self._version = 0

    def upsert(self, ids: Sequence[int], vectors: Vectors) -> None:
        if vectors.shape != (len(ids), self._dim):
            raise ValueError(f"{len(ids)} ids need vectors of shape ({len(ids)}, {self._dim}), not {vectors.shape}")
        self._rows |= dict(zip(ids, vectors.copy(), strict=True))
        self._version += 1

    def delete(self, ids: Sequence[int]) -> None:
        for id_ in ids:
            self._rows.pop(id_, None)
        self._version += 1

    def query(self, vector: npt.NDArray[np.float32], k: int) -> Scored:
        if vector.shape != (self._dim,):
            raise ValueError(f"a query vector has the shape ({self._dim},), not {vector.shape}")
        ids, rows = self.all()
        return _best_first(ids, rows @ vector, k)

    def get(self, ids: Sequence[int]) -> Vectors:
        missing = [id_ for id_ in ids if id_ not in self._rows]
        if missing:
            raise LibraryDamaged(f"passage {missing[0]} has no vector; build the index again: citewell doctor --repair")
        return np.asarray([self._rows[id_] for id_ in ids], np.float32).reshape(len(ids), self._dim)

    def all(self) -> tuple[Ids, Vectors]:
        ids = sorted(self._rows)
        return np.asarray(ids, np.int64), self.get(ids)

    def compact(self) -> None:
        """Ask ``query`` instead, as of a server."""

    def ids(self) -> set[int]:
        return set(self._rows)

    def refresh(self) -> int:
        return self._version

    def close(self) -> None:
        """Nothing is open."""


class FakeLexical:
    """A paper scores one point for each different word of the query that it has."""

    def __init__(self) -> None:
        self._words: dict[int, set[str]] = {}

    def add(self, documents: Sequence[LexicalDocument]) -> None:
        self._words |= {document.id: set(self.terms(document.text)) for document in documents}

    def delete(self, ids: Collection[int]) -> None:
        for id_ in ids:
            self._words.pop(id_, None)

    def query(self, text: str, k: int, inside: Ids | None = None) -> Scored:
        asked = set(self.terms(text))
        points = {id_: len(asked & words) for id_, words in self._words.items() if asked & words}
        if inside is not None:
            points = {id_: points[id_] for id_ in inside.tolist() if id_ in points}
        return _best_first(np.asarray(list(points), np.int64), np.asarray(list(points.values()), np.float32), k)

    def terms(self, text: str) -> list[str]:
        return WORD.findall(text.lower())

    def ids(self) -> set[int]:
        return set(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def close(self) -> None:
        """Nothing is open."""


def _best_first(ids: Ids, scores: npt.NDArray[np.float32], k: int) -> Scored:
    order = np.lexsort((ids, -scores))[: max(k, 0)]
    return Scored(ids[order], scores[order])
