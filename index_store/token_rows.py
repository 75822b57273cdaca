"""Token codes of a passage as the columns of a row, whole and shortened, and back.

Whole: a code for each distinct piece, the pieces, for each token of the abstract the number of its piece, and how far
it stands from the one before.  Shortened (see ``late``) the codes are so small that the rest must be too: they stand in
the order in which their pieces come, so that numbers are only needed where a piece comes again; a step takes half a
byte, or more where it is long; and one passage in ``COUNTED`` keeps its pieces, for the counts that weigh a question's
words.  Which passages those are follows from their pieces, not from when they came.  That is 2.2 KB for a passage of
the seeds, and 0.8 KB.  Pure: arrays in, bytes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index_store.directions import FEWER_BITS
from index_store.protocols import TokenCodes

COUNTED = 8

Row = tuple[bytes, bytes, bytes, bytes]
ShortRow = tuple[bytes, bytes | None, int, bytes, bytes, bytes]
_FEWER_BYTES = FEWER_BITS // 8
_ON = 255  # a byte of ``steps`` that goes on in the next
_HALF_ON = 15  # half a byte of the steps of a short row that does
_HALF_FILLING = np.full(1, _HALF_ON, np.uint8)
_NO_PIECES = np.zeros(0, np.int32)


def as_row(of: TokenCodes) -> Row:
    """Give the columns of a passage: codes, pieces, numbers of the tokens' pieces, steps between the tokens.

    Pieces take two bytes each, or four where one needs that; numbers take one byte, or two where there are more than
    256 pieces.  A step is the sum of bytes of which all but the last are 255.
    """
    which = of.which.astype(_number(len(of.pieces)))
    return of.bits.tobytes(), _packed_pieces(of.pieces), which.tobytes(), _steps(of.starts, 0, _ON).tobytes()


def as_short_row(of: TokenCodes) -> ShortRow:
    """Give the columns of a passage whose codes are shortened.

    Codes; pieces, ascending, where they are counted; where the first token of the abstract stands; a bit for each
    token, set where its piece came before; the numbers of those pieces; steps between tokens, the first of which is 0,
    as sums of halves of bytes of which all but the last are 15.
    """
    count, tokens = len(of.bits), np.arange(len(of.which))
    first = np.full(count, len(tokens))  # pieces of the title alone come last
    first[of.which[::-1]] = tokens[::-1]  # of several the last is taken: the first token
    order = np.argsort(first, kind="stable")
    numbers = np.empty(count, np.int64)
    numbers[order] = np.arange(count)
    again = first[of.which] != tokens
    begin = int(of.starts[0]) if len(tokens) else 0
    halves = _steps(of.starts, begin, _HALF_ON)
    if len(halves) % 2:
        halves = np.concatenate([halves, _HALF_FILLING])
    repeated = numbers[of.which[again]].astype(_number(count)).tobytes()
    pieces = _packed_pieces(of.pieces) if is_counted(of.pieces) else None
    bits, steps = of.bits[order].tobytes(), (halves[::2] << 4 | halves[1::2]).tobytes()
    return bits, pieces, begin, np.packbits(again).tobytes(), repeated, steps


def is_counted(pieces: npt.NDArray[np.int32]) -> bool:
    """Tell whether the pieces of a passage, ascending, are counted where its codes are shortened."""
    return crc32(pieces.astype("<i4").tobytes()) % COUNTED == 0


def from_row(widths: Sequence[int], bits: bytes, pieces: bytes, which: bytes, steps: bytes) -> TokenCodes:
    """Read the columns of ``as_row``.  Raises ``ValueError`` where they do not belong together."""
    rows = code_rows(widths, bits, len(pieces))
    added = np.frombuffer(steps, np.uint8)
    starts = np.cumsum(added, dtype=np.int32)[added != _ON]
    numbers = np.frombuffer(which, _number(len(rows)))
    if len(numbers) != len(starts) or numbers.max(initial=0) >= max(len(rows), 1) or (len(numbers) and not len(rows)):
        raise ValueError("tokens without a code")
    return TokenCodes(rows, read_pieces(pieces, len(rows)), numbers.astype(np.int32), starts)


def from_short_row(bits: bytes, begin: int, again: bytes, repeated: bytes, steps: bytes) -> TokenCodes:
    """Read the columns of ``as_short_row`` but the pieces, which are for counting alone.  Raises as ``from_row``."""
    rows, packed = short_rows(bits), np.frombuffer(steps, np.uint8)
    halves = np.stack([packed >> 4, packed & _HALF_ON], axis=1).ravel()
    starts = (begin + np.cumsum(halves, dtype=np.int32)[halves != _HALF_ON]).astype(np.int32)
    came = np.unpackbits(np.frombuffer(again, np.uint8))[: len(starts)] > 0
    numbers = np.frombuffer(repeated, _number(len(rows)))
    new = len(came) - len(numbers)
    fits = len(again) == -(-len(starts) // 8) and np.count_nonzero(came) == len(numbers) and new <= len(rows)
    if not fits or numbers.max(initial=0) >= max(new, 1) or (len(came) and not new):
        raise ValueError("tokens without a code")
    which = np.empty(len(came), np.int32)
    which[~came], which[came] = np.arange(new), numbers
    return TokenCodes(rows, _NO_PIECES, which, starts)


def code_rows(widths: Sequence[int], bits: bytes, pieces: int) -> npt.NDArray[np.uint8]:
    """Read the codes of a whole row whose pieces take so many bytes.  Raises as ``from_row``."""
    return np.frombuffer(bits, np.uint8).reshape(-1, code_width(widths, len(bits), pieces))


def short_rows(bits: bytes) -> npt.NDArray[np.uint8]:
    """Read the codes of a short row.  Raises as ``from_row``."""
    return np.frombuffer(bits, np.uint8).reshape(-1, _FEWER_BYTES)


def code_width(widths: Sequence[int], bits: int, pieces: int) -> int:
    """Tell which of ``widths`` codes have that take so many bytes, their pieces so many.

    Raises ``ValueError`` where none fits; no two do while the shorter is not half of the longer.
    """
    for width in widths:
        count, rest = divmod(bits, width)
        if not rest and pieces in (2 * count, 4 * count):
            return width
    raise ValueError("codes of other pieces")


def read_pieces(stored: bytes, count: int) -> npt.NDArray[np.int32]:
    """Read ``count`` pieces.  Raises ``ValueError`` where there are more or fewer."""
    wide = len(stored) == 4 * count
    if not wide and len(stored) != 2 * count:
        raise ValueError("codes of other pieces")
    return np.frombuffer(stored, "<u4" if wide else "<u2").astype(np.int32)


def _packed_pieces(pieces: npt.NDArray[np.int32]) -> bytes:
    return pieces.astype("<u2" if pieces.max(initial=0) < 1 << 16 else "<u4").tobytes()


def _number(count: int) -> str:
    """Give the type of a number below ``count``."""
    return "<u1" if count <= 1 << 8 else "<u2"


def _steps(starts: npt.NDArray[np.int32], begin: int, on: int) -> npt.NDArray[np.uint8]:
    """Write the steps from ``begin`` to each start as sums of numbers of which all but the last are ``on``."""
    between = starts.copy()
    between[1:] -= starts[:-1]
    between[:1] -= begin
    whole, rest = np.divmod(between, on)
    ends = np.cumsum(whole + 1)
    steps = np.full(ends[-1] if len(ends) else 0, on, np.uint8)
    steps[ends - 1] = rest
    return steps
