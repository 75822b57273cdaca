"""The nearest vectors by going through all of them: signs first, then the best in 8 bits.

Beyond what is held in full, this takes the place of a graph.  The signs of a vector's numbers are 48 bytes for 384 of
them; two vectors differ in about as many signs as their angle says (Charikar, STOC 2002), so those that differ least
hold the nearest, which their 8-bit rows then tell apart.  Any part of the vectors is gone through as fast as all, so a
filter costs nothing.

The signs are those of the differences from the mean: texts of one field, or of one embedder, lie on one side of zero.
Knows positions and rows, no paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index_store.protocols import Compact, Ids, Vectors

_CANDIDATES = 10  # rows compared for each one wanted
_SAMPLE = 5_000  # vectors that the mean is taken from
_BLOCK = 1 << 15  # vectors gone through at a time: their differences stay in the processor's cache

Positions = npt.NDArray[np.intp]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Scan:
    """``n`` vectors in an order of the caller's.

    ``signs`` (dim / 64, n) are those of the differences from ``mean`` (dim,); ``places`` (n,) is where the rows are.
    """

    signs: Words
    mean: npt.NDArray[np.float32]
    places: Ids
    held: Compact

    def rows(self, at: Positions) -> Vectors:
        """Give the ``(m, dim)`` vectors at ``m`` positions, within the error of 8 bits."""
        places = self.places[at]
        rows: Vectors = self.held.levels[places].astype(np.float32)
        rows *= self.held.scales[places][:, None]
        return rows

    def nearest(
        self, vector: npt.NDArray[np.float32], k: int, inside: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Positions, npt.NDArray[np.float32]]:
        """Give positions and cosines of about the ``k`` nearest to a unit vector, among those ``inside`` (n,) if given.

        In no order.
        """
        wanted, asked = _CANDIDATES * k, vector - self.mean
        narrow = None if inside is None else np.flatnonzero(inside)
        if narrow is not None and len(narrow) <= wanted:
            candidates = narrow
        elif narrow is not None and 8 * len(narrow) < len(self.places):
            candidates = narrow[_least(_differences(self.signs[:, narrow], asked), wanted)]
        else:
            apart = _differences(self.signs, asked)
            if inside is not None:
                apart[~inside] = np.iinfo(np.uint16).max
            candidates = _least(apart, wanted)
        places = self.places[candidates]
        cosines = (self.held.levels[places].astype(np.float32) @ vector) * self.held.scales[places]
        if len(cosines) > k:
            best = np.argpartition(-cosines, k)[:k]
            candidates, cosines = candidates[best], cosines[best]
        return candidates, cosines


def scan(held: Compact, ids: Ids) -> Scan:
    """Make ready to go through the vectors of ``ids`` (n,), all of them held, in that order."""
    places = held.places[np.searchsorted(held.ids, ids)]
    words = -(-held.levels.shape[1] // 64)
    made = Scan(np.empty((words, len(ids)), np.uint64), np.zeros(held.levels.shape[1], np.float32), places, held)
    if len(ids):
        sample = np.arange(0, len(ids), len(ids) // _SAMPLE + 1)
        made.mean[:] = made.rows(sample).mean(axis=0)
        # In levels of a row as they mostly are: going through all rows in floats would be half of opening a library.
        middle = np.rint(made.mean / max(float(held.scales[places[sample]].mean()), 1e-12)).astype(np.int8)
        for start in range(0, len(ids), _BLOCK):
            block = slice(start, start + _BLOCK)
            made.signs[:, block] = _signs(held.levels[places[block]] > middle, words)
    return made


def _signs(positive: npt.NDArray[np.bool_], words: int) -> Words:
    """Pack signs of ``(n, dim)`` numbers: (words, n)."""
    packed = np.zeros((len(positive), 8 * words), np.uint8)
    bits = np.packbits(positive, axis=1)
    packed[:, : bits.shape[1]] = bits
    return packed.view(np.uint64).T


def _differences(signs: Words, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Count the signs in which each of ``n`` vectors differs from a ``(dim,)`` one: (n,)."""
    own = _signs(vector[None, :] > 0, len(signs))[:, 0]
    apart = np.zeros(signs.shape[1], np.uint16)
    for start in range(0, len(apart), _BLOCK):
        block = slice(start, start + _BLOCK)
        for word, mine in zip(signs, own, strict=True):
            apart[block] += np.bitwise_count(word[block] ^ mine)
    return apart


def _least(apart: npt.NDArray[np.uint16], count: int) -> Positions:
    """Give the positions of the ``count`` least numbers, and of all that equal the last."""
    if not len(apart):
        return np.empty(0, np.intp)
    upto = np.cumsum(np.bincount(apart))
    most = min(int(np.searchsorted(upto, min(count, upto[-1]))), np.iinfo(np.uint16).max - 1)
    return np.flatnonzero(apart <= most)
