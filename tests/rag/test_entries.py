"""Which paper a name stands for, and what the catalogue tells of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index_store.types import Paper
from rag.entries import Named, came_first, is_absent, missing, named, statement, subject_of
from rag.metadata import Asked, Field, asked_of

ADAM = Paper(
    "a",
    "Adam: A Method for Stochastic Optimization",
    "Adam adapts.",
    authors=("Diederik P. Kingma", "Jimmy Ba"),
    year=2014,
    arxiv_id="1412.6980",
)
RESIDUAL = Paper("r", "Deep Residual Learning", "A ResNet is deep. ResNets win.", authors=("Kaiming He",))
CLIP = Paper("c", "Transferable Visual Models", "As good as a ResNet. The code is public, and code matters.")


def test_a_name_stands_for_the_paper_that_has_it_in_its_title() -> None:
    for name in ("adam", "Adam: a method for stochastic optimization", "“Adam”"):
        assert named(Asked(("year",), name), [CLIP, ADAM]) == Named(ADAM, sure=True)


def test_else_for_the_one_that_speaks_most_of_it_which_is_said() -> None:
    found = named(Asked(("first author",), "ResNet"), [CLIP, RESIDUAL])
    assert found == Named(RESIDUAL, sure=False)
    assert subject_of(Asked(("year",), "ResNet"), Named(RESIDUAL, sure=False)) == (
        "“Deep Residual Learning”, the paper here that speaks most of ResNet,"
    )


def test_a_common_word_is_a_name_only_where_a_paper_is_spoken_of() -> None:
    assert named(Asked(("authors",), "code"), [CLIP]) is None
    assert named(Asked(("authors",), "code", of_paper=True), [CLIP]) == Named(CLIP, sure=False)


@pytest.mark.parametrize(
    ("name", "found"), [("ResNet", True), ("Adam", True), ("deep residual", False), ("residual", False)]
)
def test_where_little_but_a_name_is_said_it_must_look_like_one(name: str, found: bool) -> None:
    text = "Residual learning is deep residual learning."
    papers = [ADAM, replace(RESIDUAL, abstract=f"{RESIDUAL.abstract} {text}")]
    assert (named(Asked(("year",), name, terse=True), papers) is not None) == found


def test_a_name_in_several_titles_is_nobodys() -> None:
    papers = [replace(RESIDUAL, title="Switch Transformers"), replace(CLIP, title="Vision Transformers")]
    assert named(Asked(("authors",), "Transformers"), papers) is None


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("who wrote GPT-4", True),
        ("who wrote the hamlet paper", True),
        ("authors of hamlet", True),
        ("who wrote the questions", False),
        ("authors of code", False),
        ("year of the flood", False),
    ],
)
def test_only_what_can_but_be_a_name_is_said_not_to_be_there(question: str, absent: bool) -> None:
    asked = asked_of(question)
    assert asked is not None
    assert is_absent(asked, [CLIP]) == absent


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("authors", "“{}” was written by Diederik P. Kingma and Jimmy Ba."),
        ("first author", "The first author of “{}” is Diederik P. Kingma."),
        ("last author", "The last author of “{}” is Jimmy Ba."),
        ("number of authors", "“{}” has 2 authors: Diederik P. Kingma and Jimmy Ba."),
        ("year", "“{}” is from 2014."),
        ("link", "“{}” is at https://arxiv.org/abs/1412.6980"),
        ("arxiv", "The arXiv id of “{}” is 1412.6980: https://arxiv.org/abs/1412.6980"),
        ("doi", None),
        ("title", "The full title is “{}”."),
        ("citation", "Cite it as: Diederik P. Kingma and Jimmy Ba: “{}”, 2014. https://arxiv.org/abs/1412.6980"),
    ],
)
def test_what_the_catalogue_tells(field: Field, says: str | None) -> None:
    told = statement(field, f"“{ADAM.title}”", ADAM)
    assert told == (says.format(ADAM.title) if says else None)


def test_of_many_authors_the_first_are_named() -> None:
    crowd = replace(ADAM, authors=tuple(f"A{n}" for n in range(31)))
    told = statement("number of authors", "It", crowd)
    assert told is not None
    assert told.endswith("has 31 authors: " + ", ".join(f"A{n}" for n in range(20)) + " and 11 others.")


def test_what_the_catalogue_lacks_is_named() -> None:
    assert missing(["authors", "year"], "“Cheap Sums”") == (
        "“Cheap Sums” stands in your library without authors or a year."
    )
    bare = replace(CLIP, authors=(), year=None)
    assert [statement(field, "It", bare) for field in ("authors", "year", "link", "citation")] == [None] * 4


def test_the_oldest_of_several_papers_came_first() -> None:
    later, same = replace(RESIDUAL, year=2016), replace(CLIP, year=2014)
    assert came_first([later, ADAM]) == f"“Adam” came out first, “{RESIDUAL.title}” last."
    assert came_first([later, ADAM, same]) == (
        f"“Adam” and “Transferable Visual Models” came out first, “{RESIDUAL.title}” last."
    )
    assert came_first([same, ADAM]) == "They came out in the same year, 2014."
