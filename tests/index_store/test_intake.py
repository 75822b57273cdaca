"""What becomes of an entry: added, updated, unchanged or merged; and what the catalogue then says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from index_store.catalogue import Catalogue
from index_store.intake import Intake
from index_store.types import Entry, Paper
from tests.small_library import BREAD, FROGS, entry

OTHER_FROGS = "Budget deficits shape elections through what voters expect of later taxation."


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path / "catalogue.sqlite3")
    yield opened
    opened.close()


def take(catalogue: Catalogue, *entries: Entry, collection: str | None = None) -> list[str]:
    """Run once over the entries; give their outcomes, with ``+`` where passages must be cut."""
    intake = Intake(catalogue, collection)
    with catalogue.transaction():
        results = [intake.add(item) for item in entries]
    return [outcome + ("+" if paper else "") for outcome, paper in results]


def held(catalogue: Catalogue) -> list[Paper]:
    return catalogue.papers()[0]


def only(catalogue: Catalogue) -> Paper:
    [paper] = held(catalogue)
    return paper


def test_the_second_run_changes_nothing(catalogue: Catalogue) -> None:
    entries = [entry(FROGS), entry(BREAD, line=2)]
    assert take(catalogue, *entries) == ["added+", "added+"]
    before = held(catalogue)
    assert take(catalogue, *entries) == ["unchanged", "unchanged"]
    assert held(catalogue) == before


def test_typography_from_another_file_is_the_same_paper_with_two_sources(catalogue: Catalogue) -> None:
    curly = entry(FROGS, "/b.jsonl", title="FROGS — of the pond", abstract=FROGS.abstract.replace(" ", "  "))
    assert take(catalogue, entry(FROGS, "/a.jsonl"), curly) == ["added+", "merged"]
    paper = only(catalogue)
    assert (paper.title, paper.abstract) == (FROGS.title, FROGS.abstract)
    assert [source.path for source in paper.sources] == ["/a.jsonl", "/b.jsonl"]
    assert take(catalogue, entry(FROGS, "/a.jsonl"), curly) == ["unchanged", "unchanged"]


def test_one_title_and_two_abstracts_are_two_papers(catalogue: Catalogue) -> None:
    both = [entry(FROGS), entry(FROGS, line=2, abstract=OTHER_FROGS)]
    assert take(catalogue, *both) == ["added+", "added+"]
    assert take(catalogue, *both) == ["unchanged", "unchanged"]
    first, second = sorted(held(catalogue), key=lambda paper: paper.id)
    assert second.id == f"{first.id}-2"
    assert {first.abstract, second.abstract} == {FROGS.abstract, OTHER_FROGS}


def test_a_paper_twice_in_one_file_is_one(catalogue: Catalogue) -> None:
    nearly = FROGS.abstract.replace("Ten", "Twelve")
    twice = [entry(FROGS), entry(FROGS, line=9, abstract=nearly)]
    assert take(catalogue, *twice) == ["added+", "merged"]
    assert take(catalogue, *twice) == ["unchanged", "merged"]
    assert only(catalogue).abstract == FROGS.abstract
    assert [source.line for source in only(catalogue).sources] == [1]


def test_a_paper_twice_in_one_file_under_two_ids_is_one(catalogue: Catalogue) -> None:
    twice = [entry(FROGS, local_id="1"), entry(FROGS, line=9, local_id="2")]
    assert take(catalogue, *twice) == ["added+", "merged"]
    assert take(catalogue, *twice) == ["unchanged", "unchanged"]
    assert [(s.line, s.local_id) for s in only(catalogue).sources] == [(1, "1"), (9, "2")]


def test_an_edited_abstract_replaces_the_text(catalogue: Catalogue) -> None:
    edited = FROGS.abstract.replace("dusk", "dawn")
    take(catalogue, entry(FROGS))
    assert take(catalogue, entry(FROGS, abstract=edited)) == ["updated+"]
    assert only(catalogue).abstract == edited
    assert take(catalogue, entry(FROGS, abstract=edited)) == ["unchanged"]


def test_changed_metadata_need_no_new_passages(catalogue: Catalogue) -> None:
    take(catalogue, entry(FROGS))
    assert take(catalogue, entry(FROGS, year=1999)) == ["updated"]
    assert only(catalogue).year == 1999


def test_an_id_of_the_file_holds_through_a_new_title_and_text(catalogue: Catalogue) -> None:
    take(catalogue, entry(FROGS, local_id="7"))
    first = only(catalogue).id
    assert take(catalogue, entry(BREAD, local_id="7")) == ["updated+"]
    assert (only(catalogue).id, only(catalogue).title) == (first, BREAD.title)


def test_the_same_id_in_another_file_means_nothing(catalogue: Catalogue) -> None:
    assert take(catalogue, entry(FROGS, "/a.csv", local_id="7"), entry(BREAD, "/b.csv", local_id="7")) == ["added+"] * 2


def test_an_id_given_twice_in_one_file_loses_no_paper(catalogue: Catalogue) -> None:
    both = [entry(FROGS, local_id="7"), entry(BREAD, line=2, local_id="7")]
    assert take(catalogue, *both) == ["added+", "added+"]
    assert take(catalogue, *both) == ["unchanged", "unchanged"]
    assert take(catalogue, *reversed(both)) == ["unchanged", "unchanged"]
    assert {paper.abstract for paper in held(catalogue)} == {FROGS.abstract, BREAD.abstract}


def test_a_paper_has_the_fullest_text_and_what_any_source_knows(catalogue: Catalogue) -> None:
    fuller = entry(FROGS, "/b.jsonl", doi="10.1/f", year=1999, authors=("Ada",), abstract=FROGS.abstract + " Or so.")
    assert take(catalogue, entry(FROGS, "/a.jsonl", url="https://example.org/f"), fuller) == ["added+", "merged+"]
    paper = only(catalogue)
    assert (paper.doi, paper.year, paper.authors) == ("10.1/f", 1999, ("Ada",))
    assert (paper.abstract, paper.url) == (fuller.paper.abstract, "https://example.org/f")
    assert [source.path for source in paper.sources] == ["/b.jsonl", "/a.jsonl"]


def test_what_another_source_filled_in_survives_an_edit(catalogue: Catalogue) -> None:
    other = entry(FROGS, "/b.jsonl", doi="10.1/f")
    take(catalogue, entry(FROGS, "/a.jsonl"), other)
    take(catalogue, entry(FROGS, "/a.jsonl", abstract=FROGS.abstract + " Eleven."))
    assert take(catalogue, other) == ["unchanged"]
    assert only(catalogue).doi == "10.1/f"


def test_what_another_source_says_later_fills_gaps_too(catalogue: Catalogue) -> None:
    take(catalogue, entry(FROGS, "/a.jsonl"), entry(FROGS, "/b.jsonl"))
    assert take(catalogue, entry(FROGS, "/b.jsonl", url="https://example.org/f")) == ["merged"]
    assert only(catalogue).url == "https://example.org/f"


def test_a_withdrawn_identifier_is_free_for_the_paper_it_belongs_to(catalogue: Catalogue) -> None:
    take(catalogue, entry(FROGS, local_id="7", arxiv_id="2401.00001"))
    take(catalogue, entry(FROGS, local_id="7", arxiv_id="2401.00009"))
    assert take(catalogue, entry(BREAD, "/b.jsonl", arxiv_id="2401.00001")) == ["added+"]
    assert len(catalogue) == 2


def test_an_arxiv_id_joins_what_titles_would_not(catalogue: Catalogue) -> None:
    assert take(
        catalogue,
        entry(FROGS, arxiv_id="2401.00001"),
        entry(FROGS, "/b.jsonl", title="Anurans", abstract="Frogs.", arxiv_id="2401.00001"),
    ) == ["added+", "merged"]


def test_a_known_paper_joins_a_second_collection(catalogue: Catalogue) -> None:
    take(catalogue, entry(FROGS), entry(BREAD, line=2), collection="nature")
    assert take(catalogue, entry(FROGS), collection="ponds") == ["unchanged"]
    assert catalogue.collections() == {"nature": 2, "ponds": 1}


def test_a_file_that_grew_keeps_its_lines_right(catalogue: Catalogue) -> None:
    take(catalogue, entry(FROGS, line=1))
    take(catalogue, entry(BREAD, line=1), entry(FROGS, line=2))
    assert {paper.title: paper.sources[0].line for paper in held(catalogue)} == {FROGS.title: 2, BREAD.title: 1}


def state(catalogue: Catalogue) -> tuple[str, list[tuple[object, ...]]]:
    columns = "id, title, abstract, authors, year, doi, arxiv_id, identifiers"
    return catalogue.digest(), catalogue.db.all(f"SELECT {columns} FROM papers ORDER BY id")


VERSIONS = (
    entry(FROGS, "/a.jsonl", year=1998, authors=("A. Lovelace",), arxiv_id="2401.00001"),
    entry(FROGS, "/b.jsonl", year=1999, authors=("Ada Lovelace",), doi="10.1/f", abstract=FROGS.abstract + " Or so."),
    entry(FROGS, "/c.jsonl", title="FROGS OF THE POND", identifiers=("pmid:7",)),
    entry(FROGS, "/d.jsonl", title="Part II: Frogs of the pond", authors=("Ada Lovelace",)),
    entry(BREAD, "/e.jsonl", identifiers=("pmid:8",)),
    entry(BREAD, "/f.jsonl", title="Rye", abstract="Rye. " + BREAD.abstract, identifiers=("pmid:8",)),
)


def test_the_order_of_the_files_makes_no_difference(tmp_path: Path) -> None:
    states = []
    for number, order in enumerate(permutations(VERSIONS)):
        if number % 29 == 0:
            opened = Catalogue(tmp_path / f"{number}.sqlite3")
            take(opened, *order)
            states.append(state(opened))
            opened.close()
    assert len(states) == 25
    assert all(found == states[0] for found in states)
    assert states[0][1][0][0] == "arXiv:2401.00001"
    assert len(states[0][1]) == 3


def test_a_paper_that_joins_two_makes_them_one_whose_old_ids_hold(catalogue: Catalogue) -> None:
    first = entry(FROGS, "/a.jsonl", doi="10.1/f")
    second = entry(FROGS, "/b.jsonl", title="Anurans", abstract=OTHER_FROGS, identifiers=("pmid:7",))
    assert take(catalogue, first, second) == ["added+", "added+"]
    ids = {paper.id for paper in held(catalogue)}
    bridge = entry(
        FROGS, "/c.jsonl", doi="10.1/f", identifiers=("pmid:7",), abstract=OTHER_FROGS + " " + FROGS.abstract
    )
    assert take(catalogue, bridge)[0].startswith("merged")
    paper = only(catalogue)
    assert {source.path for source in paper.sources} == {"/a.jsonl", "/b.jsonl", "/c.jsonl"}
    assert {found.id for paper_id in ids if (found := catalogue.paper(paper_id))} == {paper.id}
    assert take(catalogue, first, second, bridge) == ["unchanged"] * 3


def test_what_no_source_says_any_more_no_longer_holds_papers_together(catalogue: Catalogue) -> None:
    take(catalogue, entry(FROGS, "/a.jsonl", doi="10.1/f", local_id="1"), entry(FROGS, "/b.jsonl", local_id="2"))
    assert len(catalogue) == 1
    take(catalogue, entry(BREAD, "/b.jsonl", local_id="2"))
    assert {paper.title for paper in held(catalogue)} == {FROGS.title, BREAD.title}


@pytest.mark.parametrize("shared", [{}, {"doi": "10.1000/volume"}])
def test_two_papers_that_should_have_one_id_give_one_digest_in_either_order(
    tmp_path: Path, shared: dict[str, str]
) -> None:
    both = [
        entry(FROGS, "/a.jsonl", title="Notes", **shared),
        entry(BREAD, "/b.jsonl", title="On rye" if shared else "Notes", **shared),
    ]
    digests = set()
    for order in (both, both[::-1]):
        opened = Catalogue(tmp_path / f"{order[0].path.stem}.sqlite3")
        assert take(opened, *order) == ["added+", "added+"]
        digests.add(opened.digest())
        opened.close()
    assert len(digests) == 1
