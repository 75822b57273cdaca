"""What papers are known by, and when two texts are the same text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from index_store.identity import (
    dois,
    entry_digest,
    entry_keys,
    identifiers,
    is_preprint,
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


def test_ids_are_the_same_in_every_library() -> None:
    assert new_id(replace(FROGS, arxiv_id="2401.00001", doi="10.1/A")) == "arXiv:2401.00001"
    assert new_id(replace(FROGS, doi="10.1/A")) == "doi:10.1/a"
    assert new_id(FROGS) == new_id(replace(TAXES, title="FROGS"))
    assert new_id(FROGS) != new_id(replace(FROGS, title="Toads"))


def test_dois_are_one_whatever_version_of_a_preprint_they_name() -> None:
    first = replace(FROGS, doi="10.21203/rs.3.rs-12/v1", identifiers=("doi:10.1/AB", "pmid:7"))
    assert identifiers(first) == ["doi:10.21203/rs.3.rs-12", "doi:10.1/AB", "pmid:7"]
    assert dois(replace(FROGS, doi="10.12688/F1000.7.2")) == ["10.12688/f1000.7"]
    assert dois(replace(FROGS, doi="10.1016/j.v2")) == ["10.1016/j.v2"]
    assert is_preprint("10.1101/2020.01.01.1")
    assert not is_preprint("10.1016/j.x")


def test_digests_notice_what_they_are_for() -> None:
    dated = replace(FROGS, year=2001)
    assert text_digest(dated) == text_digest(FROGS) != text_digest(replace(FROGS, title="Toads"))
    assert entry_digest(dated) != entry_digest(FROGS) == entry_digest(replace(FROGS, id="x", collections=("a",)))
