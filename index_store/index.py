"""A published index, ready to search: what of it is kept in memory, and how the rest is reached.

Small libraries are held in full; of large ones, vectors are gone through in 8 bits or asked of a server, and token
codes are read for the candidates alone.  Knows no query.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from index_store.counting import counted
from index_store.directions import FEWER_BITS, code_bits
from index_store.errors import LibraryDamaged
from index_store.fusion import Scores
from index_store.late import LONG_CODES, Bits, inverse_frequency, joined, may_shorten, shortened
from index_store.protocols import Compact, Ids, TokenCodes, Vectors
from index_store.scan import Scan, scan
from index_store.shelf import Shelf

HELD_IN_MEMORY = 100_000  # passages whose vectors are kept in memory and compared one and all
HELD_CODES = 30_000  # passages whose token codes are kept in memory too, 2 KB each: half of a search was reading them


@dataclass(frozen=True, slots=True)
class Index:
    """A published index, ready to search, grouped by paper.

    ``papers`` (p,) paper numbers, ascending; paper ``i`` has the passages ``ids[first[i]:first[i + 1]]``.  ``by_id``
    (n,) is the order in which ``ids`` ascend.  ``matrix`` (n, dim) and ``wholes`` (p, dim) hold the passages' vectors
    and the papers' means, None beyond ``HELD_IN_MEMORY``; ``scan`` goes through the passages then, None where a server
    is asked.  ``bits`` are the token bits of each paper, None beyond ``HELD_CODES``.  ``idf`` (vocabulary + 1,) weighs
    the question's tokens; see ``late.inverse_frequency``.
    """

    shelf: Shelf
    ids: Ids
    papers: Ids
    first: Ids
    by_id: Ids
    matrix: Vectors | None
    scan: Scan | None
    wholes: Vectors | None
    bits: list[Bits] | None
    idf: Scores

    def passages_of(self, position: int) -> list[int]:
        """Give the passage ids of the paper at ``position``."""
        found: list[int] = self.ids[self.first[position] : self.first[position + 1]].tolist()
        return found


def load_index(shelf: Shelf) -> Index:
    """Read what a search needs to have at hand.

    Raises ``LibraryDamaged`` where an index lacks passages that a build has put there: answering from the others would
    look as if the papers said nothing.
    """
    waiting = shelf.catalogue.waiting_ids()  # first: what a build writes from now on may be there or not
    table = shelf.catalogue.passage_table()
    frequencies = shelf.tokens.frequencies()
    idf = inverse_frequency(frequencies, shelf.tokens.counted())
    matrix: Vectors | None = None
    compact: Compact | None = None
    if len(table) <= HELD_IN_MEMORY:
        stored, rows = shelf.vectors.all()
        table = _held(shelf, table, waiting, stored)
        table = table[np.lexsort((table[:, 0], table[:, 1]))]
        matrix = rows[np.searchsorted(stored, table[:, 0])]
    else:
        compact = shelf.vectors.compact()
        if compact is not None:
            table = _held(shelf, table, waiting, compact.ids)
        table = table[np.lexsort((table[:, 0], table[:, 1]))]
    ids, numbers = np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])
    papers, first = np.unique(numbers, return_index=True)
    wholes = None if matrix is None else means(matrix, first)
    first = np.append(first, len(ids))
    through = None if compact is None else scan(compact, ids)
    bits = _held_bits(shelf, ids, first, waiting)
    return Index(shelf, ids, papers, first, np.argsort(ids), matrix, through, wholes, bits, idf)


def codes_of(index: Index, number: int) -> list[TokenCodes]:
    """Give the token codes of one paper, by its number; none where it is not in this index."""
    (position,) = positions_of(index.papers, np.array([number], np.int64))
    return [] if position < 0 else _codes(index, int(position))


def means(matrix: Vectors, first: Ids) -> Vectors:
    """Give the mean of each paper's rows, scaled to length 1; paper ``i`` has those from ``first[i]`` on."""
    sums = np.add.reduceat(matrix, first, axis=0) if len(first) else matrix
    scaled: Vectors = (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return scaled


def positions_of(sorted_ids: Ids, wanted: Ids) -> npt.NDArray[np.intp]:
    """Find each of ``wanted`` in ascending ids: its position, or -1."""
    if not len(sorted_ids):
        return np.full(len(wanted), -1, np.intp)
    at = np.minimum(np.searchsorted(sorted_ids, wanted), len(sorted_ids) - 1)
    return np.where(sorted_ids[at] == wanted, at, -1)


def bits_of(index: Index, pool: npt.NDArray[np.intp]) -> list[list[Bits]]:
    """Give the token bits of each paper of the pool, in pieces."""
    if index.bits is not None:
        return [[index.bits[position]] for position in pool.tolist()]
    groups = [index.passages_of(position) for position in pool.tolist()]
    found = index.shelf.tokens.bits([id_ for group in groups for id_ in group])
    return [[found[id_][:, : _code_bytes(index)] for id_ in group if id_ in found] for group in groups]


def rows_of(index: Index, positions: npt.NDArray[np.intp]) -> tuple[Ids, npt.NDArray[np.intp], Vectors]:
    """Give the passages of papers in order: ids (n,), positions of their papers (n,), vectors (n, dim).

    Passages that a running build has taken out of the store, or has not put there yet, are left out.
    """
    lengths = np.diff(index.first)[positions]
    owners = np.repeat(positions, lengths)
    at = np.arange(len(owners)) + np.repeat(index.first[positions] - np.cumsum(lengths) + lengths, lengths)
    ids = index.ids[at]
    if index.matrix is not None:
        return ids, owners, index.matrix[at]
    if index.scan is not None:
        return ids, owners, index.scan.rows(at)
    try:
        return ids, owners, index.shelf.vectors.get(ids.tolist())
    except LibraryDamaged:
        kept = np.isin(ids, list(index.shelf.vectors.ids()))
        return ids[kept], owners[kept], index.shelf.vectors.get(ids[kept].tolist())


def _held(shelf: Shelf, table: Ids, waiting: Ids, stored: Ids) -> Ids:
    """Give the rows of passages that have a vector; those that a running build has not embedded yet are left out."""
    has_one = np.isin(table[:, 0], stored)
    _refuse_lost(shelf, "vectors", table[~has_one, 0], waiting)
    return table[has_one]


def _refuse_lost(shelf: Shelf, part: str, lacking: Ids, waiting: Ids) -> None:
    """Raise ``LibraryDamaged`` where some of those that lack ``part`` neither wait for it nor are gone by now."""
    lost = np.setdiff1d(lacking, waiting)
    if len(lost) and (count := len(shelf.catalogue.owners(lost.tolist()))):
        raise LibraryDamaged(
            f"{counted(count, 'passage')} of the library in {shelf.folder} {'has' if count == 1 else 'have'} no {part}"
            " any more: files of it were lost or cut off. Run `citewell doctor --repair`, which makes them again."
        )


def _held_bits(shelf: Shelf, ids: Ids, first: Ids, waiting: Ids) -> list[Bits] | None:
    """Read the token bits of every paper, its passages' one after the other; None where they are too many."""
    if len(ids) > HELD_CODES:
        _refuse_lost(shelf, "token codes", ids[:0] if shelf.tokens.counted() else ids, waiting)
        return None
    codes = shelf.tokens.bits(ids.tolist())
    _refuse_lost(shelf, "token codes", np.array([id_ for id_ in ids.tolist() if id_ not in codes], np.int64), waiting)
    none = np.zeros((0, code_bits(shelf.embedder.dim) // 8), np.uint8)
    each = [codes.get(id_, none) for id_ in ids.tolist()]
    return [joined(each[a:b]) for a, b in pairwise(first.tolist())]


def _codes(index: Index, position: int) -> list[TokenCodes]:
    found = index.shelf.tokens.get(index.passages_of(position))
    kept = (found[id_] for id_ in index.passages_of(position) if id_ in found)
    return [shortened(code) if _code_bytes(index) else code for code in kept]


def _code_bytes(index: Index) -> int | None:
    """Tell how much of a code counts: as much as the newest have, so that nothing depends on what came when."""
    return FEWER_BITS // 8 if len(index.ids) > LONG_CODES and may_shorten(index.shelf.embedder.dim) else None
