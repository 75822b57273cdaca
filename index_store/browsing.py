"""The list of papers in pages: filtered, in one of five orders, as fast at the end as at the beginning.

The orders by title, by author and of arrival are indexes of ``schema.sql`` that also hold what filters look at, so a
page is found without reading an abstract; the second half is counted from the end.  A unary plus keeps SQLite from
another index than the order's, after which it would have to sort.  Beyond ``LARGE`` papers, going through an index
takes too long for a page: then the whole order is read once, and what filters admit of it, and kept until the catalogue
changes (see ``kept``).  So it is at any size for the orders by year, which are those by title sorted again, and for
papers that are looked for by their words, all of which are kept too (see ``texts``).

Measured on 100,000 papers by the indexes, milliseconds of one processor for a page with its papers and the count, best
and worst page of the list: no filter 9 to 13 (newly added 7 to 32), years 15 to 20, a collection of all papers 30 to
64.  For the orders that are kept, see ``eval/results/scale.md``.

Knows tables, no paper's text.
"""

from __future__ import annotations

import json
from functools import partial, reduce
from typing import Literal

import numpy as np

from index_store.database import Database
from index_store.kept import Kept
from index_store.protocols import Ids
from index_store.texts import BETWEEN, FILLING, GROUP, Texts, texts
from index_store.types import Scope

Order = Literal["title", "author", "newest", "oldest", "added"]

LARGE = 50_000
_NEAR = 1_000  # papers at the head of the list that an index gives as fast as an order that is kept
_HELD_TEXTS = 2_000_000  # papers whose titles and authors are kept in memory, about 150 bytes each
_FEW = 5_000  # papers that are sorted faster than the whole list is gone through

# Papers by their ids, also by those from before they were merged; as JSON, for SQLite limits the number of values.
_NAMED = (
    "SELECT number FROM papers WHERE id IN (SELECT value FROM json_each(?))"
    " UNION SELECT number FROM aliases JOIN papers USING (number) WHERE alias IN (SELECT value FROM json_each(?))"
)

# Columns with their direction: 1 ascending, -1 descending.  The id ends every order, so that it is total.
_ORDERS: dict[str, tuple[tuple[str, int], ...]] = {
    "title": (("title COLLATE NOCASE", 1), ("id", 1)),
    "author": (("first_author COLLATE NOCASE", 1), ("title COLLATE NOCASE", 1), ("id", 1)),
    "added": (("number", -1),),
}
# What sorts the order by title, ascending; papers without a year come last.
_YEARS = {"newest": "-ifnull(year, -9999)", "oldest": "ifnull(year, 9999)"}


def numbers(kept: Kept, query: str, scope: Scope, order: Order, offset: int, limit: int) -> tuple[list[int], int]:
    """Give the numbers of one page of papers, and how many there are in all; a negative ``limit`` has no end."""
    held = _held(kept)
    by_index = not query and order not in _YEARS
    if by_index and held <= LARGE:
        return _read(kept.db, scope, order, offset, limit)
    if by_index and not scope and limit >= 0 and offset + limit <= _NEAR:
        near = kept.db.all(f"SELECT number FROM listed ORDER BY {_ordered(order, 1)} LIMIT ? OFFSET ?", limit, offset)
        return [row[0] for row in near], held
    found = kept.get(("listed", query, scope, order), lambda: _listed(kept, query, scope, order))
    return found[offset : offset + limit if limit >= 0 else None].tolist(), len(found)


def _listed(kept: Kept, query: str, scope: Scope, order: Order) -> Ids:
    """Give the numbers of all papers that the filters admit, in order."""
    listed = _whole(kept, order)
    if scope:
        listed = _kept_to(listed, numbers_in(kept, scope))
    if query:
        listed = _kept_to(listed, kept.get(("words", query), lambda: _holding(kept, query)))
    return listed


def _whole(kept: Kept, order: str) -> Ids:
    """Give the numbers of all papers in order."""
    return kept.get(("order", order), lambda: _sorted(kept, order))


def _sorted(kept: Kept, order: str) -> Ids:
    if order not in _YEARS:  # group_concat keeps to the order
        return _concatenated(kept.db, f"(SELECT number FROM listed ORDER BY {_ordered(order, 1)})")
    years = f"(SELECT {_YEARS[order]} AS number FROM listed ORDER BY {_ordered('title', 1)})"
    return _whole(kept, "title")[np.argsort(_concatenated(kept.db, years), kind="stable")]


def _holding(kept: Kept, query: str) -> Ids:
    """Give the numbers of the papers that have ``query`` in their title or authors, in no order."""
    if _held(kept) <= _HELD_TEXTS:
        held = kept.get("texts", lambda: _texts(kept.db))
        with kept.db.errors():  # half a character is no text
            return _whole(kept, "author")[held.holding(query)]
    pattern = "%" + query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    either = "title LIKE ? ESCAPE '\\' OR authors LIKE ? ESCAPE '\\'"
    return _concatenated(kept.db, f"listed WHERE {either}", pattern, pattern)


def _texts(db: Database) -> Texts:
    """Read titles and authors in the order by author, whose index has both."""
    ordered = f"SELECT title, authors FROM listed ORDER BY {_ordered('author', 1)}"
    fields = f"lower(title) || x'{BETWEEN.hex()}' || lower(authors)"
    filling = f"substr(x'{(FILLING * GROUP).hex()}', 1 + length(CAST({fields} AS BLOB)) % {GROUP})"
    row = db.one(f"SELECT CAST(group_concat({fields} || {filling}, '') AS BLOB) FROM ({ordered})")
    return texts(row[0] if row and row[0] else b"")


def _kept_to(listed: Ids, inside: Ids) -> Ids:
    admitted = np.zeros(int(max(listed.max(initial=0), inside.max(initial=0))) + 1, np.bool_)
    admitted[inside] = True
    return listed[admitted[listed]]


def _read(db: Database, scope: Scope, order: Order, offset: int, limit: int) -> tuple[list[int], int]:
    where, values = _filters(scope, few=_members(db, scope) <= _FEW)

    def page(way: int, skipped: int, length: int) -> list[int]:
        statement = f"SELECT number FROM listed{where} ORDER BY {_ordered(order, way)} LIMIT ? OFFSET ?"
        return [row[0] for row in db.all(statement, *values, length, skipped)]

    if offset == 0:
        first = page(1, 0, limit)
        if limit < 0 or len(first) < limit:
            return first, len(first)
        return first, _count(db, scope, where, values)
    total = _count(db, scope, where, values)
    length = total - offset if limit < 0 else min(limit, total - offset)
    if length <= 0:
        return [], total
    from_end = total - offset - length
    return (page(-1, from_end, length)[::-1] if from_end < offset else page(1, offset, length)), total


def numbers_in(kept: Kept, scope: Scope) -> Ids:
    """Give the numbers of all papers inside ``scope``, ascending: (n,).

    Each bound is asked by itself, with the index that knows it, for one text of numbers: as rows they take five times
    as long, and are more than a search.
    """
    found = [
        kept.get(("bound", source, *map(str, values)), partial(_packed, kept.db, source, *values))
        for source, values in _bounds(scope)
    ]
    return reduce(lambda one, other: one[np.isin(one, other, assume_unique=True)], found)


def _bounds(scope: Scope) -> list[tuple[str, list[object]]]:
    """Give where the papers within each bound of ``scope`` are found: all papers where there is none."""
    found: list[tuple[str, list[object]]] = []
    if scope.collections:
        found.append(
            ("memberships WHERE collection IN (SELECT value FROM json_each(?))", [json.dumps(scope.collections)])
        )
    if scope.paper_ids:
        found.append((f"({_NAMED})", [json.dumps(scope.paper_ids)] * 2))
    years = {">=": scope.first_year, "<=": scope.last_year}
    bounds = {comparison: year for comparison, year in years.items() if year is not None}
    if bounds:
        found.append((f"papers WHERE {' AND '.join(f'year {each} ?' for each in bounds)}", list(bounds.values())))
    return found or [("papers", [])]


def _packed(db: Database, source: str, *values: object) -> Ids:
    """Give the numbers of ``source``, ascending, each once; np.unique takes ten times as long."""
    found = np.sort(_concatenated(db, source, *values))
    return found[np.diff(found, prepend=-1) > 0]


def _concatenated(db: Database, source: str, *values: object) -> Ids:
    row = db.one(f"SELECT group_concat(number) FROM {source}", *values)
    if row is None or row[0] is None:
        return np.empty(0, np.int64)
    return np.fromstring(row[0], np.int64, sep=",")


def _filters(scope: Scope, *, few: bool) -> tuple[str, list[object]]:
    """Give the WHERE of ``listed`` for papers inside ``scope``, and its values.

    The ``few`` papers of a small collection are looked up and sorted; in a large one the list is gone through in order.
    """
    terms: list[str] = []
    values: list[object] = []
    if scope.collections:
        named = "collection IN (SELECT value FROM json_each(?))"
        if few:
            terms.append(f"number IN (SELECT number FROM memberships WHERE {named})")
        else:
            terms.append(f"EXISTS (SELECT 1 FROM memberships m WHERE m.number = listed.number AND {named})")
        values.append(json.dumps(scope.collections))
    if scope.paper_ids:
        terms.append(f"number IN ({_NAMED})")
        values += [json.dumps(scope.paper_ids)] * 2
    for bound, comparison in ((scope.first_year, ">="), (scope.last_year, "<=")):
        if bound is not None:
            terms.append(f"+year {comparison} ?")
            values.append(bound)
    return (" WHERE " + " AND ".join(terms) if terms else ""), values


def _members(db: Database, scope: Scope) -> int:
    """Count the papers of the scope's collections."""
    named = "SELECT COUNT(DISTINCT number) FROM memberships WHERE collection IN (SELECT value FROM json_each(?))"
    return _number(db, named, json.dumps(scope.collections)) if scope.collections else 0


def _count(db: Database, scope: Scope, where: str, values: list[object]) -> int:
    if scope and scope == Scope(collections=scope.collections):
        return _members(db, scope)
    return _number(db, f"SELECT COUNT(*) FROM listed{where}", *values)


def _held(kept: Kept) -> int:
    return kept.get("held", lambda: _number(kept.db, "SELECT COUNT(*) FROM papers"))


def _number(db: Database, statement: str, *values: object) -> int:
    row = db.one(statement, *values)
    return int(row[0]) if row else 0


def _ordered(order: str, direction: int) -> str:
    return ", ".join(f"{column} {'ASC' if way == direction else 'DESC'}" for column, way in _ORDERS[order])
