"""Abstracts that disagree are noticed, those that merely differ are not; measured on labelled pairs."""

from __future__ import annotations

import pytest

from eval.sentence_pairs import DISAGREE, disagreement_pairs
from index_store.types import Hit, Paper
from rag.disagreement import Disagreement, disagree, find_disagreements
from rag.types import Citation, Quote
from rag.wording import disagreement_notice

YES = "Dropout improves the accuracy of small networks."
NO = "Dropout does not improve the accuracy of small networks."


def paper(name: str, text: str) -> Paper:
    return Paper(name, f"On {name}", text)


def citation(number: int, name: str, text: str) -> Citation:
    return Citation(number, paper(name, text), (Quote(text, 0, len(text)),))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (YES, NO),
        ("Noise increases robustness.", "Noise lowers robustness."),
        ("Trees outperform networks on tables.", "Networks outperform trees on tables."),
        ("GraphX reaches 81.5 percent on Cora.", "GraphX reaches 74.2 percent on Cora."),
    ],
)
def test_the_opposite_of_the_same_is_a_disagreement(first: str, second: str) -> None:
    assert disagree(first, second)
    assert disagree(second, first)


@pytest.mark.parametrize(
    "other",
    [
        YES,
        "Dropout may harm the accuracy of small networks.",
        "Weight decay does not improve the accuracy of small networks.",
        "Dropout does not improve the accuracy of small networks on speech.",  # another condition
        "Dropout does not improve the speed of small networks.",
        "Dropout does not always improve the accuracy of small networks.",
        "",
    ],
)
def test_what_can_be_true_beside_it_is_none(other: str) -> None:
    assert not disagree(YES, other)
    assert not disagree(other, YES)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Trees beat networks on small tables.", "Networks beat trees on large tables."),
        ("Trees beat networks on tables.", "Networks do not beat trees on tables."),
        ("Trees are faster than networks.", "Networks are slower than trees."),
    ],
)
def test_comparisons_that_agree_or_hold_elsewhere_are_none(first: str, second: str) -> None:
    assert not disagree(first, second)
    assert not disagree(second, first)


def test_our_method_is_not_the_same_in_two_papers() -> None:
    assert not disagree("Our method improves recall.", "Our method does not improve recall.")


def test_figures_that_may_be_rounded_do_not_disagree() -> None:
    assert not disagree("GraphX reaches 81.5 percent on Cora.", "GraphX reaches 81 percent on Cora.")
    assert not disagree("GraphX reaches 81.5 percent on Cora.", "GraphX reaches 70.3 percent on Citeseer.")


def test_cited_papers_are_compared_with_each_other_and_with_the_other_papers_found() -> None:
    cited = (citation(1, "a", YES), citation(2, "b", NO))
    hits = [Hit(paper(name, text), 1.0, ()) for name, text in (("a", YES), ("b", NO), ("c", f"We looked. {NO}"))]
    assert find_disagreements(cited, hits) == (
        Disagreement(1, YES, 2, "On b", NO),
        Disagreement(1, YES, None, "On c", NO),
    )
    assert find_disagreements(cited[:1], hits[:1]) == ()


def test_the_notice_shows_both_sides() -> None:
    cited = Disagreement(1, "A rises.", 2, "On b", "A falls.")
    assert disagreement_notice([]) is None
    assert disagreement_notice([cited]) == "The abstracts disagree: [1] says “A rises.”, but [2] says “A falls.”."
    assert "but “On b” says" in str(disagreement_notice([Disagreement(1, "A rises.", None, "On b", "A falls.")]))


def test_precision_and_recall_on_the_half_that_the_rules_were_made_on() -> None:
    pairs = disagreement_pairs("dev")
    assert len(pairs) + len(disagreement_pairs("test")) >= 40
    noticed = [pair.label for pair in pairs if disagree(pair.first, pair.second)]
    assert noticed.count(DISAGREE) / len(noticed) >= 0.95
    assert noticed.count(DISAGREE) / sum(pair.label == DISAGREE for pair in pairs) >= 0.8
