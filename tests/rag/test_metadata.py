"""Which metadata of which papers a question asks for."""

from __future__ import annotations

import pytest

from rag.metadata import Asked, Field, asked_of


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
        ("link to the u-net paper pls", "link", "u-net"),
        ("thx, pdf of SNIP plz", "link", "SNIP"),
        ("where can I read the SNIP paper?", "link", "SNIP"),
        ("can I have the bibtex of GloVe", "citation", "GloVe"),
        ("how do I cite GloVe?", "citation", "GloVe"),
        ("full title of the SNIP paper", "title", "SNIP"),
        ("GloVe authors", "authors", "GloVe"),
        ("SNIP's year?", "year", "SNIP"),
        ("what's BERT's arXiv id?", "arxiv", "BERT"),
        ("BERT: who wrote it?", "authors", "BERT"),
        ("is BERT older than GloVe?", "order", "BERT, GloVe"),
        ("which came out earlier, BERT or GloVe?", "order", "BERT or GloVe"),
        ("BERT or GloVe first?", "order", "BERT or GloVe"),
        ("BERT vs GloVe: which one is newer?", "order", "BERT vs GloVe"),
        ("did BERT come out after GloVe?", "order", "BERT, GloVe"),
        ("of BERT and GloVe, which was published first?", "order", "BERT and GloVe"),
        ("which of them is older?", "order", ""),
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
    assert (asked.fields, asked.name) == ((field,), name)


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
        "which papers did Tri Dao write",
        "which is faster, BERT or GloVe?",
        "which layer comes first, attention or feed-forward?",
        "what is first in U-Net?",
        "is BERT larger than GloVe?",
        "what year of data was used",
        "which authors does the corpus cover",
        "link prediction in graphs",
        "citation networks",
        "citations of BERT",
        "when was BERT trained and by whom was it evaluated?",
        "who wrote " + "and " * 1_000,
        "when?",
    ],
)
def test_other_questions_ask_for_no_metadata(question: str) -> None:
    assert asked_of(question) is None


@pytest.mark.parametrize(
    ("question", "fields", "name"),
    [
        ("BERT: authors and DOI?", ("authors", "doi"), "BERT"),
        ("authors, year & link of BERT", ("authors", "year", "link"), "BERT"),
        ("who wrote BERT and when?", ("authors", "year"), "BERT"),
        ("When was BERT published and by whom?", ("year", "authors"), "BERT"),
        ("who is the last author of BERT, and what's its arxiv id?", ("last author", "arxiv"), "BERT"),
        ("Hi, who wrote BERT and what year is it from?", ("authors", "year"), "BERT"),
        ("authors and year please", ("authors", "year"), ""),
    ],
)
def test_several_fields_of_one_paper_are_asked_for_at_once(question: str, fields: tuple[Field, ...], name: str) -> None:
    asked = asked_of(question)
    assert asked is not None
    assert (asked.fields, asked.name) == (fields, name)


def test_several_names_are_asked_for_one_by_one() -> None:
    asked = asked_of("authors of BERT, the GloVe paper and it")
    assert asked is not None
    assert [(each.name, each.of_paper) for each in asked.each] == [("BERT", False), ("GloVe", True), ("", False)]


def test_little_but_a_name_has_to_be_a_papers_for_certain() -> None:
    terse = [asked_of(question) for question in ("BERT year", "is BERT older than GloVe", "year of BERT")]
    assert [asked.terse for asked in terse if asked] == [True, True, False]


def test_a_question_goes_on_with_the_one_before() -> None:
    assert asked_of("when?", ["who wrote it"]) == Asked(("year",))
    assert asked_of("and qlora?", ["who wrote LoRA"]) == Asked(("authors",), "qlora")
    assert asked_of("and when?", ["who wrote LoRA", "and qlora?"]) == Asked(("year",))
    assert asked_of("and qlora?", ["what is LoRA"]) is None
    assert asked_of("who wrote the second one") == Asked(("authors",), place="second")
