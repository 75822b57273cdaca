"""What is asked of one paper's metadata, which paper its name stands for, and what the catalogue tells of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index_store.types import Paper
from rag.metadata import Asked, Field, Named, asked_of, is_absent, missing, named, statement

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


@pytest.mark.parametrize(
    ("question", "field", "name"),
    [
        ("authors of BERT", "authors", "BERT"),
        ("who wrote attention is all you need?", "authors", "attention is all you need"),
        ("who is the first author of the ResNet paper", "first author", "ResNet"),
        ("how many authors does the GPT-3 paper have", "number of authors", "GPT-3"),
        ("when was adam published?", "year", "adam"),
        ("what year is U-Net from", "year", "U-Net"),
        ("in which year did BERT come out", "year", "BERT"),
        ("arxiv link for lora", "arxiv", "lora"),
        ("give me the doi of GloVe please", "doi", "GloVe"),
        ("can you give me the link to the SNIP paper", "link", "SNIP"),
        ("who wrote it", "authors", ""),
        ("who wrote that one?", "authors", ""),
        ("and who are the authors?", "authors", ""),
        ("which year was it published in?", "year", ""),
        ("can you give me the link", "link", ""),
        ("what is its doi?", "doi", ""),
    ],
)
def test_what_is_asked_of_which_paper(question: str, field: Field, name: str) -> None:
    asked = asked_of(question)
    assert asked is not None
    assert (asked.field, asked.name) == (field, name)


@pytest.mark.parametrize(
    "question",
    [
        "who funded BERT",
        "who uses it",
        "who wrote about PageRank?",
        "who first let the decoder look back at the source sentence?",
        "when does the model diverge",
        "when is layer norm better?",
        "what is the link between dropout and ensembles",
        "what do the authors of BERT say about size?",
        "What is the e-mail address of AlexNet's first author?",
        "which papers did Tri Dao write",
        "when?",
    ],
)
def test_other_questions_ask_for_no_metadata(question: str) -> None:
    assert asked_of(question) is None


def test_a_question_goes_on_with_the_one_before() -> None:
    assert asked_of("when?", "who wrote it") == Asked("year")
    assert asked_of("and qlora?", "who wrote LoRA") == Asked("authors", "qlora")
    assert asked_of("and qlora?", "what is LoRA") is None
    assert asked_of("who wrote the second one") == Asked("authors", place="second")


def test_a_name_stands_for_the_paper_that_has_it_in_its_title() -> None:
    for name in ("adam", "Adam: a method for stochastic optimization", "“Adam”"):
        assert named(Asked("year", name), [CLIP, ADAM]) == Named(ADAM, sure=True)


def test_else_for_the_one_that_speaks_most_of_it_which_is_said() -> None:
    found = named(Asked("first author", "ResNet"), [CLIP, RESIDUAL])
    assert found == Named(RESIDUAL, sure=False)
    assert statement(Asked("first author", "ResNet"), Named(RESIDUAL, sure=False)) == (
        "The first author of “Deep Residual Learning”, the paper here that speaks most of ResNet, is Kaiming He."
    )


def test_a_common_word_is_a_name_only_where_a_paper_is_spoken_of() -> None:
    assert named(Asked("authors", "code"), [CLIP]) is None
    assert named(Asked("authors", "code", of_paper=True), [CLIP]) == Named(CLIP, sure=False)


def test_a_name_in_several_titles_is_nobodys() -> None:
    papers = [replace(RESIDUAL, title="Switch Transformers"), replace(CLIP, title="Vision Transformers")]
    assert named(Asked("authors", "Transformers"), papers) is None


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
    ],
)
def test_what_the_catalogue_tells(field: Field, says: str | None) -> None:
    told = statement(Asked(field, "adam"), Named(ADAM, sure=True))
    assert told == (says.format(ADAM.title) if says else None)


def test_of_many_authors_the_first_are_named() -> None:
    crowd = replace(ADAM, authors=tuple(f"A{n}" for n in range(31)))
    told = statement(Asked("number of authors", "adam"), Named(crowd, sure=True))
    assert told is not None
    assert told.endswith("has 31 authors: " + ", ".join(f"A{n}" for n in range(20)) + " and 11 others.")


def test_what_the_catalogue_lacks_is_named() -> None:
    assert missing(Asked("authors"), CLIP) == "“Transferable Visual Models” stands in your library without authors."
    assert missing(Asked("link"), CLIP).endswith("without an address.")
    assert statement(Asked("authors"), Named(CLIP, sure=True)) is None
