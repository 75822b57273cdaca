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
_LOT = b"citewell: the signs of token directions"


def code_bits(dim: int) -> int:
    """Tell how many bits the code of a vector of ``dim`` numbers has: one for each, up to ``BITS``."""
    return min(dim, BITS)


def kept(rows: Rows, bits: int = BITS) -> Rows:
    """Turn ``(n, dim)`` vectors to the directions that are kept: (n, bits), of about the same length.

    Vectors of no more than ``bits`` numbers stay as they are.
    """
    dim = rows.shape[1]
    return rows if dim <= bits else rows @ _directions(dim, bits)


@cache
def _directions(dim: int, bits: int) -> Rows:
    """Give directions: (dim, bits), columns of length √(dim / bits), orthogonal where ``bits`` divides ``dim``."""
    lot = np.frombuffer(hashlib.shake_256(_LOT).digest(-(-dim // 8)), np.uint8)
    signs = np.where(np.unpackbits(lot)[:dim], 1, -1)
    turned: Rows = (np.resize(_mixing(bits), (dim, bits)) * signs[:, None] / np.sqrt(bits)).astype(np.float32)
    return turned


def _mixing(size: int) -> npt.NDArray[np.int64]:
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
    return matrix
