"""The list of papers: its orders, filters and pages, and that no page is found by sorting or by reading abstracts."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import get_args

import pytest

from index_store import browsing
from index_store.browsing import Order
from index_store.catalogue import Catalogue
from index_store.intake import Intake
from index_store.types import WHOLE_LIBRARY, Paper, Scope
from tests.small_library import entry

PAPERS = (
    Paper("", "beta waves", "1", authors=("Zoe Adams", "Al Young"), year=2001),
    Paper("", "Alpha rays", "2", authors=("Brown, Carl",), year=1999),
    Paper("", "Gamma rays", "3", year=2001),
    Paper("", "delta 100%_x", "4", authors=("Ludwig van Beethoven",)),
    Paper("", "Epsilon", "5", authors=("adams",), year=1999),
)


@pytest.fixture(params=[0, 50_000], ids=["kept in order", "by the indexes"])
def catalogue(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    monkeypatch.setattr(browsing, "LARGE", request.param)
    monkeypatch.setattr(browsing, "_NEAR", 2)
    made = Catalogue(tmp_path / "catalogue.sqlite3")
    with made.transaction():
        for line, paper in enumerate(PAPERS, 1):
            Intake(made, "odd" if line % 2 else "even").add(entry(paper, line=line))
    return made


def numbers(catalogue: Catalogue, order: Order = "title", query: str = "", scope: Scope = WHOLE_LIBRARY) -> list[int]:
    """The numbers of PAPERS, counted from 1, in the order of the list."""
    papers, total = catalogue.papers(order=order, query=query, scope=scope)
    assert total == len(papers)
    return [[known.title for known in PAPERS].index(paper.title) + 1 for paper in papers]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("title", [2, 1, 4, 5, 3]),
        ("author", [1, 5, 4, 2, 3]),  # Adams (beta), adams (Epsilon), Beethoven, Brown, none
        ("newest", [1, 3, 2, 5, 4]),  # without a year last
        ("oldest", [2, 5, 1, 3, 4]),
        ("added", [5, 4, 3, 2, 1]),
    ],
)
def test_each_order(catalogue: Catalogue, order: Order, expected: list[int]) -> None:
    assert numbers(catalogue, order) == expected


@pytest.mark.parametrize(
    ("query", "scope", "expected"),
    [
        ("RAYS", WHOLE_LIBRARY, [2, 3]),
        ("young", WHOLE_LIBRARY, [1]),
        ("100%_", WHOLE_LIBRARY, [4]),
        ("%", WHOLE_LIBRARY, [4]),
        ("a_ph", WHOLE_LIBRARY, []),
        ("'; DROP TABLE papers; --", WHOLE_LIBRARY, []),
        ("", Scope(collections=("even",)), [2, 4]),
        ("", Scope(collections=("even", "odd", "none")), [2, 1, 4, 5, 3]),
        ("rays", Scope(collections=("odd",), first_year=2000), [3]),
        ("", Scope(first_year=1999, last_year=1999), [2, 5]),
        ("", Scope(last_year=2000), [2, 5]),
        ("", Scope(collections=("none",)), []),
    ],
)
@pytest.mark.parametrize("few", [0, 5_000])
def test_filters(
    catalogue: Catalogue, query: str, scope: Scope, expected: list[int], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "_FEW", few)  # both ways of looking into collections
    assert numbers(catalogue, query=query, scope=scope) == expected
    assert sorted(numbers(catalogue, "added", query, scope)) == sorted(expected)


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("first", [None, 2000, 2002])
def test_any_page_is_a_slice(catalogue: Catalogue, order: Order, first: int | None) -> None:
    scope = Scope(first_year=first)
    whole, total = catalogue.papers(order=order, limit=-1, scope=scope)
    for offset, limit in itertools.product(range(7), range(-1, 7)):
        expected = whole[offset:] if limit < 0 else whole[offset : offset + limit]
        assert catalogue.papers(order=order, offset=offset, limit=limit, scope=scope) == (expected, total)


@pytest.mark.parametrize("order", ["title", "author", "added"])
@pytest.mark.parametrize("scope", [WHOLE_LIBRARY, Scope(first_year=2000, last_year=2001), Scope(collections=("odd",))])
def test_no_page_is_sorted_nor_found_among_abstracts(catalogue: Catalogue, order: Order, scope: Scope) -> None:
    where, values = browsing._filters(scope, few=False)
    for direction in (1, -1):
        ordered = browsing._ordered(order, direction)
        plan = catalogue.db.all(
            f"EXPLAIN QUERY PLAN SELECT number FROM listed{where} ORDER BY {ordered} LIMIT 50 OFFSET 50", *values
        )
        steps = "; ".join(row[3] for row in plan)
        assert "TEMP B-TREE" not in steps
        assert "SCAN papers USING COVERING INDEX" in steps or order == "added"  # which goes by the table itself


def test_nothing_kept_is_read_among_abstracts(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders, years, titles with authors, and the papers of some years: each has an index that holds it."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    one = catalogue.db.one
    monkeypatch.setattr(catalogue.db, "one", lambda sql, *values: asked.append((sql, values)) or one(sql, *values))
    assert numbers(catalogue, "newest", "rays", Scope(first_year=2000)) == [3]
    assert numbers(catalogue, "oldest") == [2, 5, 1, 3, 4]
    read = [(sql, values) for sql, values in asked if "group_concat" in sql]
    assert len(read) == 6  # by title and by author, years of each kind, texts, and the papers of the years
    for sql, values in read:
        steps = "; ".join(row[3] for row in catalogue.db.all(f"EXPLAIN QUERY PLAN {sql}", *values))
        assert "COVERING INDEX" in steps
        assert "TEMP B-TREE" not in steps


@pytest.mark.parametrize("held", [0, 1_000], ids=["by LIKE", "in memory"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("RAYS", [2, 3]),
        ("a", [2, 1, 4, 5, 3]),
        ("al", [2, 1]),
        ("al young", [1]),
        ('carl"]', [2]),  # authors as they are kept
        ("rays\n", []),
        ("rays[", []),  # nothing goes on from the title to the authors
        ("\\", []),
        ("é", []),
    ],
)
def test_words_are_looked_for_alike_in_memory_and_by_the_database(
    catalogue: Catalogue, query: str, expected: list[int], held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "_HELD_TEXTS", held)
    assert numbers(catalogue, query=query) == expected
    assert numbers(catalogue, "added", query) == sorted(expected, reverse=True)


def test_titles_of_any_length_in_bytes_are_found_and_only_they(tmp_path: Path) -> None:
    """Whatever fills its bytes up: nothing of one paper is taken for its neighbour's."""
    catalogue = Catalogue(tmp_path / "catalogue.sqlite3")
    titles = [
        "a\0b",
        *(f"{'x' * length}{length}-zebra" for length in range(40)),
        *("é" * n + f"{n}ü" for n in range(20)),
    ]
    with catalogue.transaction():
        for line, title in enumerate(titles, 1):
            Intake(catalogue, None).add(entry(Paper("", title, f"About {title}."), line=line))
    for query in ["a\0b", "\0b", "x", "ü", "a", "é1", "1", *(title[-9:] for title in titles)]:
        found, _ = catalogue.papers(query=query, limit=-1)
        assert {paper.title for paper in found} == {title for title in titles if query in title}


def test_a_catalogue_from_before_gains_the_indexes(tmp_path: Path) -> None:
    old = Catalogue(tmp_path / "catalogue.sqlite3")
    with old.transaction():
        Intake(old).add(entry(PAPERS[0]))
    for name in ("papers_by_title", "papers_by_year", "papers_by_first_author", "removed_by_key"):
        old.db.run(f"DROP INDEX {name}")
    for name in ("removed_papers", "removed_sources", "removed_memberships", "removed_keys"):
        old.db.run(f"DROP TABLE {name}")
    old.db.run("DROP VIEW listed")
    old.close()
    new = Catalogue(tmp_path / "catalogue.sqlite3")
    assert [paper.title for paper in new.papers(order="author")[0]] == ["beta waves"]
    new.close()


def test_what_is_kept_of_the_list_ends_with_any_change(catalogue: Catalogue, tmp_path: Path) -> None:
    even = Scope(collections=("even",))
    assert (numbers(catalogue), numbers(catalogue, scope=even)) == ([2, 1, 4, 5, 3], [2, 4])
    other = Catalogue(tmp_path / "catalogue.sqlite3")  # as another process
    with other.transaction():
        other.remove([2])
    assert (numbers(catalogue), numbers(catalogue, scope=even)) == ([1, 4, 5, 3], [4])
    with catalogue.transaction():
        catalogue.remove([4])
    assert (numbers(catalogue), numbers(catalogue, scope=even)) == ([1, 5, 3], [])
    with pytest.raises(KeyError):
        remove_and_think_better(catalogue)
    assert numbers(catalogue) == [1, 5, 3]
    other.close()


def remove_and_think_better(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        catalogue.remove([1])
        assert catalogue.papers()[1] == 2
        raise KeyError
