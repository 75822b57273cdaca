"""When two texts are the same text and two entries the same paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_store.identity import (
    entry_digest,
    entry_keys,
    is_same_paper,
    new_id,
    normal_form,
    same_text,
    text_digest,
    title_key,
)
from index_store.types import Entry, Paper

FROGS = Paper("", "Frogs", "We count green frogs in a quiet pond and find that they sing at dusk.")
TAXES = Paper("", "Frogs", "Budget deficits shape elections through voter expectations about later taxation.")


def entry(paper: Paper, local_id: str = "", path: str = "/papers.csv") -> Entry:
    return Entry(paper, Path(path), 1, local_id)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("long – dash", "long - dash"),
        ("“quoted”", '"quoted"'),
        ("Fréchet", "Fre\u0301chet"),
        ("Fréchet", "Fr\\'echet"),
        ("Fréchet", "Fr{\\'e}chet"),
        ("garçon", "gar\\c{c}on"),
        ("Šimon", "\\v Simon"),
        ("ﬁne", "fine"),
        ("Straße", "STRASSE"),
        ("two  words\n here", "Two words here"),
        ("pre-training", "pretraining"),
    ],
)
def test_typography_makes_no_difference(left: str, right: str) -> None:
    assert same_text(left, right)
    assert title_key(left) == title_key(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("BERT", "BART"), ("GPT-2", "GPT-3"), ("$\\beta$-VAE", "$\\eta$-VAE"), ("\\cdot", "dot"), ("C++", "深層学習")],
)
def test_words_make_a_difference(left: str, right: str) -> None:
    assert not same_text(left, right)
    assert title_key(left) != title_key(right)


def test_titles_without_letters_keep_their_characters() -> None:
    assert title_key(" ??? ") != title_key("!!!")
    assert normal_form("???") == ""


def test_keys_come_strongest_first() -> None:
    paper = replace(FROGS, doi="10.1/AB", arxiv_id="hep-th/9901001")
    assert entry_keys(entry(paper, "7")) == [
        "doi:10.1/ab",
        "arxiv:hep-th/9901001",
        "source:/papers.csv#7",
        "title:frogs",
    ]
    assert entry_keys(entry(FROGS)) == ["title:frogs"]


@pytest.mark.parametrize("key", ["doi:10.1/x", "arxiv:2401.00001", "source:/papers.csv#7"])
def test_an_identifier_settles_it(key: str) -> None:
    assert is_same_paper(entry(FROGS), key, TAXES)


def test_a_title_needs_abstracts_that_overlap() -> None:
    longer = replace(FROGS, abstract=FROGS.abstract + " Later versions add newts.")
    assert is_same_paper(entry(FROGS), "title:frogs", longer)
    assert not is_same_paper(entry(FROGS), "title:frogs", TAXES)


@pytest.mark.parametrize("field", ["doi", "arxiv_id"])
def test_a_title_gives_way_to_two_different_identifiers(field: str) -> None:
    changes: list[dict[str, Any]] = [{field: "10.1/a"}, {field: "10.1/b"}]
    left, right = (replace(FROGS, **change) for change in changes)
    assert not is_same_paper(entry(left), "title:frogs", right)
    assert is_same_paper(entry(left), "title:frogs", FROGS)


def test_ids_are_the_same_in_every_library() -> None:
    assert new_id(replace(FROGS, arxiv_id="2401.00001", doi="10.1/A")) == "arXiv:2401.00001"
    assert new_id(replace(FROGS, doi="10.1/A")) == "doi:10.1/a"
    assert new_id(FROGS) == new_id(replace(TAXES, title="FROGS"))
    assert new_id(FROGS) != new_id(replace(FROGS, title="Toads"))


def test_digests_notice_what_they_are_for() -> None:
    dated = replace(FROGS, year=2001)
    assert text_digest(dated) == text_digest(FROGS) != text_digest(replace(FROGS, title="Toads"))
    assert entry_digest(dated) != entry_digest(FROGS) == entry_digest(replace(FROGS, id="x", collections=("a",)))
