"""The list of papers in pages: filtered, in one of five orders, as fast at the end as at the beginning.

Every order is an index of ``schema.sql`` that also holds what the filters look at, so a page is found without reading
an abstract; the second half is counted from the end.  A unary plus keeps SQLite from another index than the order's,
after which it would have to sort.  Measured on 100,000 papers, milliseconds of one processor for a page with its papers
and the count, best and worst page of the list: no filter 9 to 13 (newly added 7 to 32), years 15 to 20, a text 16 to 50
(newly added 64), a collection of all papers 30 to 64, all three filters 55 to 87 (newly added 116).

Knows tables, no paper's text.
"""

from __future__ import annotations

import json
from functools import reduce
from typing import Literal

import numpy as np

from index_store.database import Database
from index_store.protocols import Ids
from index_store.types import Scope

Order = Literal["title", "author", "newest", "oldest", "added"]

_FEW = 5_000  # papers that are sorted faster than the whole list is gone through

# Columns with their direction: 1 ascending, -1 descending.  The id ends every order, so that it is total.
_ORDERS: dict[str, tuple[tuple[str, int], ...]] = {
    "title": (("title COLLATE NOCASE", 1), ("id", 1)),
    "author": (("first_author COLLATE NOCASE", 1), ("title COLLATE NOCASE", 1), ("id", 1)),
    "newest": (("year", -1), ("title COLLATE NOCASE", 1), ("id", 1)),
    "oldest": (("year_up", 1), ("title COLLATE NOCASE", 1), ("id", 1)),
    "added": (("number", -1),),
    "found": (("+number", -1),),  # as added, sorted after they were found by their words: the table has no narrow index
}


def numbers(db: Database, query: str, scope: Scope, order: Order, offset: int, limit: int) -> tuple[list[int], int]:
    """Give the numbers of one page of papers, and how many there are in all; a negative ``limit`` has no end."""
    where, values = _filters(query, scope, few=_members(db, scope) <= _FEW)

    def page(way: int, skipped: int, length: int) -> list[int]:
        ordered = _ordered("found" if query and order == "added" else order, way)
        statement = f"SELECT number FROM listed{where} ORDER BY {ordered} LIMIT ? OFFSET ?"
        return [row[0] for row in db.all(statement, *values, length, skipped)]

    if offset == 0:
        first = page(1, 0, limit)
        if limit < 0 or len(first) < limit:
            return first, len(first)
        return first, _count(db, query, scope, where, values)
    total = _count(db, query, scope, where, values)
    length = total - offset if limit < 0 else min(limit, total - offset)
    if length <= 0:
        return [], total
    from_end = total - offset - length
    return (page(-1, from_end, length)[::-1] if from_end < offset else page(1, offset, length)), total


def numbers_in(db: Database, scope: Scope) -> Ids:
    """Give the numbers of all papers inside ``scope``, ascending: (n,).

    Each bound is asked by itself, with the index that knows it, for one text of numbers: as rows they take five times
    as long, and are more than a search.
    """
    found = [_packed(db, source, *values) for source, values in _bounds(scope)]
    return reduce(lambda one, other: one[np.isin(one, other, assume_unique=True)], found)


def _bounds(scope: Scope) -> list[tuple[str, list[object]]]:
    """Give where the papers within each bound of ``scope`` are found: all papers where there is none."""
    found: list[tuple[str, list[object]]] = []
    if scope.collections:
        found.append(
            ("memberships WHERE collection IN (SELECT value FROM json_each(?))", [json.dumps(scope.collections)])
        )
    if scope.paper_ids:  # as JSON, for SQLite limits the number of values
        found.append(("papers WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(scope.paper_ids)]))
    years = {">=": scope.first_year, "<=": scope.last_year}
    bounds = {comparison: year for comparison, year in years.items() if year is not None}
    if bounds:
        found.append((f"papers WHERE {' AND '.join(f'year {each} ?' for each in bounds)}", list(bounds.values())))
    return found or [("papers", [])]


def _packed(db: Database, source: str, *values: object) -> Ids:
    row = db.one(f"SELECT group_concat(number) FROM {source}", *values)
    if row is None or row[0] is None:
        return np.empty(0, np.int64)
    found = np.sort(np.fromstring(row[0], np.int64, sep=","))
    return found[
        np.diff(found, prepend=-1) > 0
    ]  # a paper may be in several collections; np.unique takes ten times as long


def _filters(query: str, scope: Scope, *, few: bool) -> tuple[str, list[object]]:
    """Give the WHERE of ``listed`` for papers inside ``scope`` with ``query`` in title or authors, and its values.

    The ``few`` papers of a small collection are looked up and sorted; in a large one the list is gone through in order.
    """
    terms: list[str] = []
    values: list[object] = []
    if query:
        pattern = "%" + query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        terms.append("(title LIKE ? ESCAPE '\\' OR authors LIKE ? ESCAPE '\\')")
        values += [pattern, pattern]
    if scope.collections:
        named = "collection IN (SELECT value FROM json_each(?))"
        if few:
            terms.append(f"number IN (SELECT number FROM memberships WHERE {named})")
        else:
            terms.append(f"EXISTS (SELECT 1 FROM memberships m WHERE m.number = listed.number AND {named})")
        values.append(json.dumps(scope.collections))
    if scope.paper_ids:  # as JSON, for SQLite limits the number of values
        terms.append("id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(scope.paper_ids))
    for bound, comparison in ((scope.first_year, ">="), (scope.last_year, "<=")):
        if bound is not None:
            terms.append(f"+year {comparison} ?")
            values.append(bound)
    return (" WHERE " + " AND ".join(terms) if terms else ""), values


def _members(db: Database, scope: Scope) -> int:
    """Count the papers of the scope's collections."""
    named = "SELECT COUNT(DISTINCT number) FROM memberships WHERE collection IN (SELECT value FROM json_each(?))"
    return _number(db, named, json.dumps(scope.collections)) if scope.collections else 0


def _count(db: Database, query: str, scope: Scope, where: str, values: list[object]) -> int:
    if scope and not query and scope == Scope(collections=scope.collections):
        return _members(db, scope)
    return _number(db, f"SELECT COUNT(*) FROM listed{where}", *values)


def _number(db: Database, statement: str, *values: object) -> int:
    row = db.one(statement, *values)
    return int(row[0]) if row else 0


def _ordered(order: str, direction: int) -> str:
    return ", ".join(f"{column} {'ASC' if way == direction else 'DESC'}" for column, way in _ORDERS[order])
