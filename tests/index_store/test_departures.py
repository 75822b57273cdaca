"""What a file, an archive or an entry had and has no longer is offered for removal, and removed only when asked."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from index_store import removal
from index_store.build import IndexReport, index_paths
from index_store.shelf import Shelf
from index_store.types import Paper
from tests.small_library import BREAD, FROGS, STARS, assert_whole, fake_shelf, outcome


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return fake_shelf(tmp_path / "library")


def lines(*papers: Paper) -> str:
    return "\n".join(json.dumps({"title": paper.title, "abstract": paper.abstract}) for paper in papers)


def write(path: Path, *papers: Paper) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(lines(*papers))
    return path


def pack(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.jsonl", content)
    return path


def offered(report: IndexReport) -> list[str]:
    return [paper.title for paper in report.departed]


def test_a_file_that_is_gone_from_its_folder(shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    write(folder / "a.jsonl", FROGS)
    gone = write(folder / "deep" / "b.jsonl", BREAD, STARS)
    assert offered(index_paths(shelf, [folder])) == []
    gone.unlink()
    report = index_paths(shelf, [folder])
    assert offered(report) == [BREAD.title, STARS.title]
    assert [(paper.path, paper.line) for paper in report.departed] == [(str(gone), 1), (str(gone), 2)]
    assert outcome(report) == {"read": 1, "unchanged": 1, "papers": 3}, "offered, not removed"
    assert [each["title"] for each in report.to_dict()["gone"]] == offered(report)
    assert offered(index_paths(shelf, [folder / "a.jsonl"])) == [], "not below what was given"
    assert offered(index_paths(shelf, [gone])) == [BREAD.title, STARS.title], "named itself"


def test_a_member_that_is_gone_from_its_archive(shelf: Shelf, tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", one=lines(FROGS), two=lines(BREAD))
    assert offered(index_paths(shelf, [path])) == []
    pack(path, one=lines(FROGS))
    for given in (path, tmp_path):
        report = index_paths(shelf, [given])
        assert [(paper.title, paper.path) for paper in report.departed] == [(BREAD.title, str(path / "two.jsonl"))]


@pytest.mark.parametrize("given", ["a.zip", "."])
def test_an_archive_that_is_gone_as_a_whole(shelf: Shelf, tmp_path: Path, given: str) -> None:
    write(tmp_path / "papers" / "b.jsonl", BREAD)
    path = pack(tmp_path / "papers" / "a.zip", one=lines(FROGS))
    index_paths(shelf, [path.parent])
    path.unlink()
    assert offered(index_paths(shelf, [path.parent / given])) == [FROGS.title]


def test_an_archive_in_the_place_of_which_lies_another_file(shelf: Shelf, tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", one=lines(FROGS))
    index_paths(shelf, [path])
    path.unlink()
    write(path, BREAD)
    assert offered(index_paths(shelf, [path])) == [FROGS.title]


def test_an_archive_that_is_broken_has_lost_nothing_for_sure(shelf: Shelf, tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", one=lines(FROGS), two=lines(BREAD))
    index_paths(shelf, [path])
    path.write_bytes(path.read_bytes()[:60])
    report = index_paths(shelf, [path])
    assert (len(report.rejected), offered(report)) == (1, [])


def test_an_entry_that_is_gone_from_its_file(shelf: Shelf, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", FROGS, BREAD)
    index_paths(shelf, [path])
    write(path, BREAD, STARS)
    report = index_paths(shelf, [path])
    assert outcome(report) == {"read": 2, "added": 1, "unchanged": 1, "papers": 3}
    assert offered(report) == [FROGS.title]


def test_an_entry_of_a_file_that_could_not_be_read_whole_may_still_be_there(shelf: Shelf, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", FROGS, BREAD)
    index_paths(shelf, [path])
    path.write_text(lines(BREAD) + "\n{broken\n")
    report = index_paths(shelf, [path])
    assert (len(report.rejected), offered(report)) == (1, [])


def test_a_paper_that_another_file_has_stays(shelf: Shelf, tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.jsonl", FROGS, BREAD), write(tmp_path / "elsewhere" / "b.jsonl", BREAD)
    index_paths(shelf, [first, second])
    first.unlink()
    assert offered(index_paths(shelf, [first])) == [FROGS.title]
    second.unlink()
    assert offered(index_paths(shelf, [first])) == [FROGS.title, BREAD.title]


def test_what_was_removed_returns_with_its_file(shelf: Shelf, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", FROGS, BREAD)
    index_paths(shelf, [path], "pond")
    write(path, BREAD)
    departed = index_paths(shelf, [path]).departed
    assert removal.remove_departed(shelf, [paper.id for paper in departed]) == [departed[0].id]
    assert_whole(shelf)
    assert offered(index_paths(shelf, [path])) == [], "offered once"
    assert [paper.title for paper in removal.removed(shelf.catalogue)] == [FROGS.title]
    edited = Paper("", FROGS.title, FROGS.abstract + " Toads came later.")
    write(path, BREAD, edited)
    assert outcome(index_paths(shelf, [path])) == {"read": 2, "added": 1, "unchanged": 1, "papers": 2}
    back = shelf.catalogue.paper(departed[0].id)
    assert back is not None
    assert (back.abstract, back.collections, len(back.sources)) == (edited.abstract, ("pond",), 1)
    assert_whole(shelf)


def test_what_was_removed_by_hand_stays_away_also_after_its_return(shelf: Shelf, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", FROGS, BREAD)
    index_paths(shelf, [path])
    write(path, BREAD)
    (frogs,) = index_paths(shelf, [path]).departed
    removal.remove_departed(shelf, [frogs.id])
    removal.restore(shelf, [frogs.id])
    removal.remove(shelf, [frogs.id])  # unwanted now
    write(path, FROGS, BREAD)
    assert outcome(index_paths(shelf, [path])) == {"read": 2, "unchanged": 2, "papers": 1}


def test_odd_paths_hold_nothing(shelf: Shelf, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", FROGS)
    index_paths(shelf, [tmp_path / "a.jsonl"])
    report = index_paths(shelf, [Path("a\0b"), tmp_path / "a.json", tmp_path / "a.jsonl.more"])
    assert (len(report.rejected), offered(report)) == (3, [])
