"""Which of many short texts have some characters in a row: all of them are gone through, as one run of bytes.

An index of words knows no parts of words, one of three characters in a row none of two, and either takes room on the
disk and time in every build; 560,000 titles with their authors are 70 MB, which a processor compares in 12 ms.  Capital
letters of ASCII are as good as small ones, all other characters are themselves, as in SQL's LIKE.  Knows no table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]

GROUP = 16  # bytes, all of one text
BETWEEN = b"\xff"  # a text's fields: no byte of UTF-8, so nothing that is looked for goes on in the next
FILLING = b"\xfe"  # up to a whole group, at least one: it is how a text ends
_BLOCK = 1 << 18  # bytes compared at a time, whole groups: they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Texts:
    """``n`` texts one after the other, their bytes in whole groups; ``owners`` gives each group's text: (groups,)."""

    content: Bytes
    owners: npt.NDArray[np.int32]

    def holding(self, wanted: str) -> Positions:
        """Give the positions of the texts that have ``wanted`` in one of their fields, ascending.

        Raises ``UnicodeEncodeError`` for what is no Unicode.
        """
        looked_for = wanted.encode().lower()
        if len(looked_for) < 3:  # they are in so many places that looking each up takes too long
            groups = np.flatnonzero(_groups(self.content, looked_for))
        else:
            groups = _places(self.content, looked_for) // GROUP
        has = np.zeros(self.owners[-1] + 1 if len(self.owners) else 0, np.bool_)
        has[self.owners[groups]] = True
        return np.flatnonzero(has)


def texts(content: bytes) -> Texts:
    """Take apart texts of small letters, each filled up to whole groups."""
    found = np.frombuffer(content, np.uint8)
    ends = found[GROUP - 1 :: GROUP] == ord(FILLING)
    return Texts(found, np.cumsum(ends, dtype=np.int32) - ends)


def _places(content: Bytes, wanted: bytes) -> Positions:
    """Give where ``wanted`` begins."""
    found = []
    for begin, same in _alike(content, wanted):
        at = np.flatnonzero(same) + begin
        for place in range(1, len(wanted) - 1):
            at = at[content[at + place] == wanted[place]]
        found.append(at)
    return np.concatenate(found) if found else np.empty(0, np.intp)


def _groups(content: Bytes, wanted: bytes) -> npt.NDArray[np.bool_]:
    """Tell of each group whether one or two bytes begin in it."""
    found = np.empty(len(content) // GROUP, np.bool_)
    for begin, same in _alike(content, wanted):
        halves = same.view(np.uint64)
        np.not_equal(halves[::2] | halves[1::2], 0, out=found[begin // GROUP :][: len(halves) // 2])
    return found


def _alike(content: Bytes, wanted: bytes) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """Tell of each byte whether the first and the last of ``wanted`` are where they would be if it began there."""
    last = len(wanted) - 1
    for begin in range(0, len(content), _BLOCK):
        same = content[begin : begin + _BLOCK] == wanted[0]
        if last:
            ends = content[begin + last : begin + _BLOCK + last] == wanted[last]
            same[: len(ends)] &= ends
            same[len(ends) :] = False
        yield begin, same
