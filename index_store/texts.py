"""Which of many short texts have some characters in a row: all of them are gone through, as one run of bytes.

An index of words knows no parts of words, one of three characters in a row none of two, and either takes room on the
disk and time in every build; 560,000 titles with their authors are 70 MB, which a processor compares in 25 ms.  Capital
letters of ASCII are as good as small ones, all other characters are themselves, as in SQL's LIKE.  Knows no table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]

END = 255  # of a field: no byte of UTF-8, so nothing that is looked for goes on in the next
_BLOCK = 1 << 16  # bytes compared at a time: they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Texts:
    """``n`` texts one after the other; text ``i`` has the bytes from ``first[i]`` to ``first[i + 1]``: (n + 1,)."""

    content: Bytes
    first: Positions

    def holding(self, wanted: str) -> Positions:
        """Give the positions of the texts that have ``wanted`` in one of their fields, ascending.

        Raises ``UnicodeEncodeError`` for what is no Unicode.
        """
        if len(self.first) == 1:
            return np.empty(0, np.intp)
        looked_for = wanted.encode().lower()
        if len(looked_for) < 3:  # most texts have it, many of them more than once
            begins = np.zeros(len(self.content), np.bool_)
            for begin, same in _alike(self.content, looked_for):
                begins[begin : begin + len(same)] = same
            return np.flatnonzero(np.logical_or.reduceat(begins, self.first[:-1]))
        owners = np.searchsorted(self.first, _places(self.content, looked_for), side="right") - 1
        return owners[np.diff(owners, prepend=-1) > 0]


def texts(content: bytes, fields: int) -> Texts:
    """Take apart texts of so many ``fields``, small letters all, each of which ends in ``END``."""
    found = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(found == END)[fields - 1 :: fields] + 1
    return Texts(found, np.concatenate([np.zeros(1, np.intp), ends]))


def _places(content: Bytes, wanted: bytes) -> Positions:
    """Give where ``wanted`` begins."""
    found = []
    for begin, same in _alike(content, wanted):
        at = np.flatnonzero(same) + begin
        for place in range(1, len(wanted) - 1):
            at = at[content[at + place] == wanted[place]]
        found.append(at)
    return np.concatenate(found) if found else np.empty(0, np.intp)


def _alike(content: Bytes, wanted: bytes) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """Tell of each byte whether the first and the last of ``wanted`` are where they would be if it began there."""
    last = len(wanted) - 1
    for begin in range(0, len(content) - last, _BLOCK):
        end = min(begin + _BLOCK, len(content) - last)
        same = content[begin:end] == wanted[0]
        if last:
            same &= content[begin + last : end + last] == wanted[last]
        yield begin, same
