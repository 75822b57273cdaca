"""A text file cut into records at the lines where one begins, for parsers that want a record whole.

Memory stays at one record of ``CHUNK_LIMIT`` characters.  Knows no file format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index_store.readers.lines import Line, lines

# Four times the longest abstract.  The parsers' time is not linear: a hostile record of this size takes seconds.
CHUNK_LIMIT = 400_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """The lines from one beginning to the next; the first chunk may hold what stands before any record.

    ``problems`` are the lines of it that cannot be used, with the reason.  Of a chunk too long there is no text.
    """

    line: int
    text: str
    problems: tuple[tuple[int, str], ...] = ()

    def problem_in(self, line: int, part: str) -> tuple[int, str] | None:
        """Give the first unusable line of ``part``, which begins at ``line``, with what is wrong with it."""
        end = line + part.count("\n")
        return next((found for found in self.problems if line <= found[0] <= end), None)


def chunks(path: Path, begins: Callable[[str], object]) -> Iterator[Chunk]:
    """Cut a file where ``begins`` finds something in a line."""
    held: list[Line] = []
    size = 0
    for line in lines(path):
        if held and begins(line.text):
            yield _chunk(held, size)
            held, size = [], 0
        size += len(line.text) + 1
        if size <= CHUNK_LIMIT or not held:
            held.append(line)
    if held:
        yield _chunk(held, size)


def _chunk(held: list[Line], size: int) -> Chunk:
    if size > CHUNK_LIMIT:
        return Chunk(held[0].number, "", ((held[0].number, f"a record of more than {CHUNK_LIMIT:,} characters"),))
    problems = tuple((line.number, line.problem) for line in held if line.problem)
    return Chunk(held[0].number, "\n".join(line.text for line in held) + "\n", problems)
