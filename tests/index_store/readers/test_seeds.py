"""The seed documents, read to the last paper."""

from __future__ import annotations

from pathlib import Path

from index_store.readers import expand, read
from index_store.types import Entry


def test_every_paper_of_every_seed_is_read(seeds: list[Path]) -> None:
    found = [list(read(path)) for path in expand([seeds[0].parent]) if isinstance(path, Path)]
    assert [len(items) for items in found] == [44, 58, 183, 49, 44]
    entries = [item for items in found for item in items if isinstance(item, Entry)]
    assert len(entries) == 378
    assert len({e.paper.title for e in entries}) == 346
    assert {(e.paper.title == e.paper.title.strip(), 383 <= len(e.paper.abstract) <= 1920) for e in entries} == {
        (True, True)
    }


def test_titles_and_lines_are_as_in_the_documents(seeds: list[Path]) -> None:
    titles = {}
    for path in seeds:
        source = path.read_text(encoding="utf-8").splitlines()
        for item in read(path):
            assert isinstance(item, Entry)
            assert source[item.line - 1].removeprefix("Subscribe") == item.paper.title
            assert item.paper.abstract in source[item.line : item.line + 2]
            titles[item.paper.title.partition(" ")[0]] = item.line
    assert titles["Fréchet"] == 11
    assert r"$\mathcal{B}$-Coder:" in titles
