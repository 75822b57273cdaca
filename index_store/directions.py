"""Which directions of a token's vector its code keeps the signs of: a fixed choice, the same for every embedder.

A vector is cut into lengths, each number gets a sign by lot, the lengths are added up, and a Hadamard transform mixes
the sum, so that every bit hears of every number (the randomised transform of Ailon and Chazelle, STOC 2006).  Nothing
is trained or stored; directions fitted to token vectors by PCA were no better (``eval/results/token-codes.md``).
Pure: arrays in, arrays out.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]

BITS = 192  # a power of 2, or 12 times one; another number makes other codes, see ``tokens.MIGRATIONS``
FEWER_BITS = 72  # the first of them, which the codes of a large library have: see ``late.shortened``
_LOT = b"citewell: the signs of token directions"


def code_bits(dim: int) -> int:
    """Tell how many bits the code of a vector of ``dim`` numbers has: one for each, up to ``BITS``."""
    return min(dim, BITS)


def kept(rows: Rows, bits: int = BITS) -> Rows:
    """Turn ``(n, dim)`` vectors to the directions that are kept: (n, bits), of about the same length.

    Vectors of no more than ``bits`` numbers stay as they are.
    """
    count, dim = rows.shape
    if dim <= bits:
        return rows
    lot = _lot(dim)
    folded = rows[:, :bits] * lot[:bits]
    for begin in range(bits, dim, bits):
        length = slice(begin, begin + bits)
        folded[:, : min(bits, dim - begin)] += rows[:, length] * lot[length]
    # The matrix of all is that of the inner numbers within that of the outer ones, and two small products do for one
    # large one; a row is (outer, inner).
    inner = min(bits, 12 if not bits % 12 else 16)
    outer = bits // inner
    turned = (folded.reshape(-1, inner) @ _mixing(inner)).reshape(count, outer, inner).transpose(0, 2, 1)
    mixed = turned.reshape(-1, outer) @ (_mixing(outer) / np.float32(np.sqrt(bits)))
    made: Rows = mixed.reshape(count, inner, outer).transpose(0, 2, 1).reshape(count, bits)
    return made


@cache
def _lot(dim: int) -> Rows:
    """Draw the signs: (dim,)."""
    drawn = np.frombuffer(hashlib.shake_256(_LOT).digest(-(-dim // 8)), np.uint8)
    return np.where(np.unpackbits(drawn)[:dim], 1, -1).astype(np.float32)


@cache
def _mixing(size: int) -> Rows:
    """Make a Hadamard matrix, ±1 and all columns orthogonal: (size, size), 12 times a power of 2 or a power of 2.

    One of 12 from the squares modulo 11 (Paley 1933), or one of 1, doubled until it is large enough (Sylvester 1867).
    """
    matrix = np.ones((1, 1), np.int64) if size % 12 else np.ones((12, 12), np.int64)
    if not size % 12:
        squares = {i * i % 11 for i in range(11)}
        matrix[1:, 0] = -1
        matrix[1:, 1:] = [[1 if (column - row) % 11 in squares else -1 for column in range(11)] for row in range(11)]
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix.astype(np.float32)
