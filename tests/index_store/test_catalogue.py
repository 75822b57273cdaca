"""The catalogue: papers and cuts as they were put in, all or nothing, and clear words when its file fails."""

from __future__ import annotations

import resource
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index_store.catalogue import Catalogue
from index_store.errors import InputError, LibraryDamaged, StorageError
from index_store.intake import Intake
from index_store.types import Paper, Scope, Span
from tests.small_library import BREAD, FROGS, STARS, entry


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """Frogs (1990), bread (2000, collection food), stars (no year), each in two passages."""
    with closing(Catalogue(tmp_path / "catalogue.sqlite3")) as opened:
        with opened.transaction():
            Intake(opened).add(entry(FROGS, year=1990, authors=("Ada Heron", "100% Bot")))
            Intake(opened, "food").add(entry(BREAD, year=2000, line=2))
            Intake(opened).add(entry(STARS, line=3))
            for number, paper in opened.papers_by_number([1, 2, 3]).items():
                middle = paper.abstract.index(".") + 1
                opened.set_passages(paper.id, [Span(0, middle), Span(middle + 1, len(paper.abstract) - number)])
        yield opened


def titles(found: tuple[list[Paper], int]) -> list[str]:
    assert found[1] == len(found[0])
    return [paper.title for paper in found[0]]


def test_passages_are_slices_of_the_abstract(catalogue: Catalogue) -> None:
    found = catalogue.passages([1, 2, 3, 4, 5, 6, 99])
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    for passage in found.values():
        paper = catalogue.paper(passage.paper_id)
        assert paper is not None
        assert (passage.title, passage.text) == (paper.title, paper.abstract[passage.start : passage.end])


def test_papers_at_hand_give_the_same_passages(catalogue: Catalogue) -> None:
    assert catalogue.passages_of(catalogue.papers_by_number([1, 3, 99])) == catalogue.passages([1, 2, 5, 6])
    assert catalogue.passages_of({}) == {}


def test_offsets_count_characters_not_bytes(catalogue: Catalogue) -> None:
    text = "Größe 😀 é 深層. Zweiter Satz."
    with catalogue.transaction():
        _, paper = Intake(catalogue).add(entry(FROGS, title="Umlaute", abstract=text, local_id="u"))
        assert paper is not None
        catalogue.set_passages(paper.id, [Span(6, 12), Span(13, len(text))])
    assert [p.text for p in catalogue.passages([7, 8]).values()] == [text[6:12], text[13:]]


def test_lists_by_title_and_pages(catalogue: Catalogue) -> None:
    assert titles(catalogue.papers()) == ["Faint stars", "Frogs of the pond", "Rye bread"]
    page, total = catalogue.papers(offset=1, limit=1)
    assert ([paper.title for paper in page], total) == (["Frogs of the pond"], 3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("RYE", ["Rye bread"]),
        ("heron", ["Frogs of the pond"]),
        ("100%", ["Frogs of the pond"]),
        ("%", ["Frogs of the pond"]),
        ("_", []),
        ("'; DROP TABLE papers", []),
    ],
)
def test_a_query_is_looked_for_literally(catalogue: Catalogue, query: str, expected: list[str]) -> None:
    assert titles(catalogue.papers(query=query)) == expected


@pytest.mark.parametrize(
    ("scope", "numbers"),
    [
        (Scope(), [1, 2, 3]),
        (Scope(collections=("food", "none")), [2]),
        (Scope(first_year=1990, last_year=1999), [1]),
        (Scope(first_year=1991), [2]),
        (Scope(collections=("food",), last_year=1999), []),
        (Scope(paper_ids=tuple(str(i) for i in range(40_000))), []),
    ],
)
def test_a_scope_is_what_it_admits(catalogue: Catalogue, scope: Scope, numbers: list[int]) -> None:
    assert catalogue.numbers_in(scope).tolist() == numbers
    admitted = [number for number, paper in catalogue.papers_by_number([1, 2, 3]).items() if scope.admits(paper)]
    assert admitted == numbers


def test_new_cuts_get_new_ids_and_leave_the_old_ones_to_be_forgotten(catalogue: Catalogue) -> None:
    frogs = catalogue.papers_by_number([1])[1]
    catalogue.mark_indexed([1, 2, 3, 4, 5, 6])
    catalogue.set_passages(frogs.id, [Span(0, 5)])
    assert catalogue.passage_table().tolist() == [[3, 2], [4, 2], [5, 3], [6, 3], [7, 1]]
    assert [passage.id for passage in catalogue.waiting(9)] == [7]
    assert catalogue.stale(9) == [1, 2]
    catalogue.forget_stale([1])
    assert catalogue.stale(9) == [2]


def test_a_removed_paper_leaves_only_stale_passages(catalogue: Catalogue) -> None:
    catalogue.remove([1])
    assert (len(catalogue), catalogue.passage_count(), catalogue.stale(9)) == (2, 4, [1, 2])
    assert catalogue.papers_by_number([1]) == {}
    with catalogue.transaction():
        outcome, _ = Intake(catalogue).add(entry(FROGS))
    assert outcome == "added"
    assert sorted(catalogue.papers_by_number([1, 2, 3, 4])) == [2, 3, 4]


def test_stale_passages_remember_papers_that_are_gone(catalogue: Catalogue) -> None:
    catalogue.remove([1])
    catalogue.set_passages(catalogue.papers_by_number([2])[2].id, [Span(0, 5)])
    assert catalogue.stale(9) == [1, 2, 3, 4]
    assert catalogue.gone([1, 2, 3, 4]) == [1]
    papers = catalogue.papers_by_number([2, 3])
    assert catalogue.texts_of([7, 5, 6]) == [(number, p.title, p.abstract) for number, p in sorted(papers.items())]


def test_a_transaction_is_all_or_nothing(catalogue: Catalogue) -> None:
    def stopped() -> None:
        with catalogue.transaction():
            catalogue.remove([1, 2, 3])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert len(catalogue) == 3
    with catalogue.transaction():  # and the next one begins as if nothing had been
        catalogue.set_meta("key", "value")
    assert catalogue.meta("key") == "value"


def test_an_error_of_the_caller_is_not_blamed_on_the_catalogue(catalogue: Catalogue) -> None:
    with pytest.raises(FileNotFoundError), catalogue.transaction():
        raise FileNotFoundError("a file of the user's")


def test_the_digest_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    digests = []
    for name, papers in (("a", [FROGS, BREAD]), ("b", [BREAD, FROGS]), ("c", [FROGS])):
        with closing(Catalogue(tmp_path / name)) as catalogue:
            for paper in papers:
                Intake(catalogue).add(entry(paper))
            digests.append(catalogue.digest())
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("text", ["\ud800", "a\udcffb"])
def test_half_a_character_is_refused_in_words(catalogue: Catalogue, text: str) -> None:
    with pytest.raises(InputError, match="Unicode"):
        catalogue.papers(query=text)
    with pytest.raises(InputError, match="Unicode"):
        catalogue.paper(text)


def test_a_number_beyond_sqlite_is_refused_in_words(catalogue: Catalogue) -> None:
    with pytest.raises(InputError, match="64 bits"):
        catalogue.papers(scope=Scope(first_year=1 << 70))
    assert catalogue.papers(offset=1 << 70) == ([], 3)


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite3").write_text("not a database at all " * 100)
    with pytest.raises(LibraryDamaged, match="Move it away, then read your files again") as raised:
        Catalogue(tmp_path / "catalogue.sqlite3")
    assert "--repair" not in str(raised.value)  # no repair mends the catalogue


def test_a_page_of_noise_is_found_by_the_check(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite3"
    with closing(Catalogue(path)) as catalogue:
        with catalogue.transaction():
            for number in range(200):
                Intake(catalogue).add(entry(FROGS, title=f"Frogs {number}", local_id=str(number)))
        assert catalogue.db.check() is None
    data = bytearray(path.read_bytes())
    half = len(data) // 2 // 4096 * 4096
    data[half : half + 8192] = b"\x5a" * 8192
    path.write_bytes(data)
    with closing(Catalogue(path)) as catalogue:
        try:
            trouble = catalogue.db.check()
        except LibraryDamaged as exc:
            trouble = str(exc)
    assert trouble


def test_a_folder_in_the_place_of_the_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite3").mkdir()
    with pytest.raises(StorageError, match=r"catalogue\.sqlite3"):
        Catalogue(tmp_path / "catalogue.sqlite3")


def test_a_file_in_the_place_of_the_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file")
    with pytest.raises(StorageError, match="library"):
        Catalogue(tmp_path / "library" / "catalogue.sqlite3")


def test_no_more_room_is_a_storage_error_and_loses_nothing(tmp_path: Path) -> None:
    """A process that may write no file beyond 200 kB stands for a full disk."""
    script = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        from index_store.catalogue import Catalogue
        from index_store.errors import StorageError
        from index_store.intake import Intake
        from tests.small_library import FROGS, entry
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        catalogue = Catalogue(Path(sys.argv[1]))
        try:
            for number in range(10_000):
                with catalogue.transaction():
                    Intake(catalogue).add(entry(FROGS, title=f"Frogs {number}", local_id=str(number)))
        except StorageError as exc:
            print(number, exc)
    """)
    path = tmp_path / "catalogue.sqlite3"
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    number, _, message = done.stdout.strip().partition(" ")
    assert str(path) in message or str(tmp_path) in message
    with closing(Catalogue(path)) as catalogue:
        assert catalogue.db.check() is None
        assert len(catalogue) == int(number)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
