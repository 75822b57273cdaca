"""What Citewell says where it does not answer."""

from __future__ import annotations

import pytest

from index_store.types import Paper, Scope
from rag.wording import abstention_text, no_paper_called, says_nothing_found, scope_notice


def test_a_paper_whose_abstract_does_not_say_is_linked() -> None:
    paper = Paper("p", "Adders", "They add.", url="https://example.org/adders")
    said = "The abstracts in your library (3 papers) do not say."
    assert abstention_text("not_in_abstract", 3, paper) == (
        f"{said} The nearest is “Adders”; its full text may: https://example.org/adders"
    )
    for other, end in (({}, "may."), ({"doi": "10.1/adders"}, "may."), ({"url": "javascript:alert(1)"}, "may.")):
        assert abstention_text("not_in_abstract", 3, Paper("p", "Adders", "They add.", **other)).endswith(end)  # type: ignore[arg-type]
    by_doi = Paper("p", "Adders", "They add.", doi="10.1000/adders")
    assert abstention_text("not_in_abstract", 3, by_doi).endswith("may: https://doi.org/10.1000/adders")
    assert abstention_text("not_in_abstract", 3, None) == said


def test_nothing_here_is_another_reason() -> None:
    assert abstention_text("off_topic", 1, None) == "I found nothing about this in your library (1 paper)."
    assert abstention_text("empty_library", 0, None).startswith("Your library is empty.")


def test_of_a_name_that_no_abstract_has_the_nearest_paper_s_full_text_tells_nothing() -> None:
    paper = Paper("p", "Adders", "They add.", url="https://example.org/adders")
    assert abstention_text("not_in_abstract", 3, paper, unknown=("Adder-9", "SumNet")) == (
        "No abstract found in your library has “Adder-9” or “SumNet”. The nearest is “Adders”."
    )


def test_of_a_narrowed_library_only_what_was_searched_is_spoken_of() -> None:
    text = abstention_text("off_topic", 349, None, searched=3)
    assert text == "I found nothing about this in the 3 papers searched (of 349)."
    assert abstention_text("not_in_abstract", 349, None, searched=1) == (
        "The abstracts in the 1 paper searched (of 349) do not say."
    )


def test_that_nothing_was_found_is_known_by_its_words() -> None:
    texts = [abstention_text("off_topic", 3, None), abstention_text("off_topic", 3, None, searched=1)]
    assert all(map(says_nothing_found, [*texts, no_paper_called("Hamlet", 3)]))
    assert not says_nothing_found(abstention_text("not_in_abstract", 3, None))


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(collections=("a", "b")), "in “a” or “b”"),
        (Scope(first_year=2020, last_year=2020), "of 2020"),
        (Scope(first_year=2020, last_year=2023), "from 2020 up to 2023"),
        (Scope(last_year=1900), "up to 1900"),
        (Scope(first_year=0), "from 0"),
        (Scope(paper_ids=("gone",)), "among those to be searched"),
    ],
)
def test_a_scope_without_papers_is_told_in_words(scope: Scope, said: str) -> None:
    assert scope_notice(scope) == f"No paper of your library is {said}, so nothing was searched."
