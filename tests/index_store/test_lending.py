"""A library whose files go away while it is open."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from index_store.errors import LibraryDamaged
from tests.small_library import BREAD, FROGS, library_of


def test_a_library_that_was_removed_says_so_until_it_is_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "library", tmp_path / "away"
    with closing(library_of(folder, (FROGS, BREAD))) as library:
        found = library.search("frogs", 1)
        folder.rename(away)
        for read in (library.status, library.waiting, lambda: library.search("frogs", 1), lambda: len(library)):
            with pytest.raises(LibraryDamaged, match=r"is no longer there: .* start Citewell again\.$"):
                read()
        for file in (folder, *folder.glob("*")) if folder.exists() else ():
            assert file.is_dir() or not file.stat().st_size  # nothing was begun in its place
        if folder.exists():
            folder.rename(tmp_path / "begun")
        away.rename(folder)
        assert library.search("frogs", 1) == found


def test_another_library_in_its_place_is_not_mistaken_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    with closing(library_of(folder, (FROGS, BREAD))) as library:
        assert library.search("frogs", 1)
        folder.rename(tmp_path / "away")
        library_of(folder, (BREAD,)).close()
        with pytest.raises(LibraryDamaged, match="removed or exchanged"):
            library.search("frogs", 1)
