"""Collections by hand: renamed, united, taken off; the papers stay, and a run under way is not disturbed."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.build import index_entries
from index_store.errors import InputError, LibraryLocked
from index_store.memberships import clean_name, remove_collection, rename_collection
from index_store.shelf import Shelf, writing
from tests.small_library import BREAD, FROGS, STARS, assert_whole, entry, fake_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Ponds: frogs and bread; sky: bread and stars."""
    made = fake_shelf(tmp_path)
    index_entries(made, [entry(FROGS), entry(BREAD, line=2)], "ponds")
    index_entries(made, [entry(BREAD, line=2), entry(STARS, line=3)], "sky")
    return made


def test_a_collection_gets_another_name(shelf: Shelf) -> None:
    assert rename_collection(shelf.folder, "ponds", "  wet \n places ") == 2
    assert shelf.catalogue.collections() == {"sky": 2, "wet places": 2}
    assert_whole(shelf)


def test_the_name_of_another_unites_the_two(shelf: Shelf) -> None:
    assert rename_collection(shelf.folder, "ponds", "sky") == 2
    assert shelf.catalogue.collections() == {"sky": 3}, "the paper in both is counted once"


def test_its_own_name_changes_nothing(shelf: Shelf) -> None:
    assert rename_collection(shelf.folder, "ponds", "ponds") == 2
    assert shelf.catalogue.collections() == {"ponds": 2, "sky": 2}


def test_the_name_is_taken_off_and_the_papers_stay(shelf: Shelf) -> None:
    assert remove_collection(shelf.folder, "ponds") == 2
    assert shelf.catalogue.collections() == {"sky": 2}
    assert len(shelf.catalogue) == 3


def test_a_collection_that_is_not_there_has_no_papers(shelf: Shelf) -> None:
    assert rename_collection(shelf.folder, "absent", "other") == 0
    assert remove_collection(shelf.folder, "'; DROP TABLE papers; --") == 0
    assert shelf.catalogue.collections() == {"ponds": 2, "sky": 2}


@pytest.mark.parametrize("name", ["", "  ", "\n\t", "\u200b\u202e", "x" * 81])
def test_a_name_that_is_none_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(InputError):
        rename_collection(shelf.folder, "ponds", name)
    assert shelf.catalogue.collections() == {"ponds": 2, "sky": 2}


def test_a_name_is_kept_on_one_line() -> None:
    assert clean_name(" a\u0000b\r\nc  <d> ") == "a b c <d>"


def test_while_a_run_is_under_way_it_is_refused(shelf: Shelf) -> None:
    with writing(shelf.folder), pytest.raises(LibraryLocked):
        rename_collection(shelf.folder, "ponds", "other")
