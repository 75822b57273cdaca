"""Are two records one study?"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from eval.benchmarks.identity import judged, precision_and_recall
from eval.identity_pairs import identity_pairs
from index_store.sameness import contradicts, likeness
from index_store.sketches import HASHES, sketch
from index_store.types import Paper
from index_store.wordings import kind_of, person, plain, title_numbers

FROGS = Paper("", "Frogs", "We count green frogs in a quiet pond and find that they sing at dusk.")
TAXES = Paper("", "Frogs", "Budget deficits shape elections through voter expectations about later taxation.")


@pytest.mark.parametrize("shared", [{"doi": "10.1/x"}, {"arxiv_id": "2401.00001"}, {"identifiers": ("pmid:7",)}])
def test_an_identifier_settles_it(shared: Mapping[str, Any]) -> None:
    assert likeness(replace(FROGS, **shared), replace(TAXES, **shared))


def test_the_identifier_of_a_volume_does_not() -> None:
    other = replace(TAXES, title="Deficits before elections", doi="10.1/x")
    assert not likeness(replace(FROGS, doi="10.1/x"), other)
    assert contradicts(replace(FROGS, doi="10.1/x"), other)


def test_a_title_needs_abstracts_that_overlap() -> None:
    assert likeness(FROGS, replace(FROGS, abstract=FROGS.abstract + " Later versions add newts."))
    assert not likeness(FROGS, TAXES)


@pytest.mark.parametrize(
    ("field", "values"), [("doi", ("10.1/a", "10.1/b")), ("arxiv_id", ("2401.00001", "2401.00002"))]
)
def test_a_title_gives_way_to_two_different_identifiers(field: str, values: tuple[str, str]) -> None:
    left, right = (replace(FROGS, **{field: value}) for value in values)  # type: ignore[arg-type]
    assert not likeness(left, right)
    assert contradicts(left, right)
    assert likeness(left, FROGS)


def test_a_preprint_has_another_doi_than_the_journal() -> None:
    assert likeness(replace(FROGS, doi="10.1101/2020.01.01.1"), replace(FROGS, doi="10.1/b"))


def test_it_is_the_same_from_both_sides_and_close_to_perfect_on_the_dev_half() -> None:
    pairs = identity_pairs("dev")
    for pair in pairs:
        assert likeness(pair.first, pair.second) == likeness(pair.second, pair.first)
        assert contradicts(pair.first, pair.second) == contradicts(pair.second, pair.first)
    precision, recall = precision_and_recall(judged(pairs[::42]))
    assert precision == recall == 1


@pytest.mark.parametrize(
    ("title", "kind", "numbers"),
    [
        ("Llama 2: open models", "", ("2",)),
        ("On ponds, Part II", "", ("2",)),
        ("The second pond", "", ("2",)),
        ("Ponds I: frogs", "", ("1",)),
        ("Error correction codes", "", ()),
        ("Correction to: Ponds", "correction", ()),
        ("Ponds (Erratum)", "correction", ()),
        ("Comment on \u201cPonds\u201d", "comment", ()),
        ("Reply to a comment on ponds", "reply", ()),
        ("RETRACTED: Ponds", "retraction", ()),
        ("Ponds: study protocol", "protocol", ()),
    ],
)
def test_titles_say_what_they_are_and_count(title: str, kind: str, numbers: tuple[str, ...]) -> None:
    assert kind_of(title) == kind
    assert title_numbers(title) == numbers


@pytest.mark.parametrize("name", ["Smith, John A.", "John A. Smith", "J. Smith", "Smith JA", "John A Smith Jr."])
def test_names_in_any_order_have_the_same_family_and_initial(name: str) -> None:
    assert (person(name).family, person(name).initials[:1]) == ("smith", "j")


def test_markup_greek_and_spelling_make_no_difference() -> None:
    assert plain("<i>\u03b1</i>-colour &amp; \\emph{modelling}") == plain("$\\alpha$-color modeling")


def test_texts_that_share_most_of_their_wording_share_a_number() -> None:
    shuffler = random.Random(5)
    words = [f"word{shuffler.randrange(10_000)}" for _ in range(120)]
    edited = [*words[:20], "another", *words[21:70], "second", *words[71:]]
    strangers = [f"other{i}" for i in range(120)]
    assert len(sketch(" ".join(words))) == HASHES
    assert set(sketch(" ".join(words))) & set(sketch(" ".join(edited)))
    assert not set(sketch(" ".join(words))) & set(sketch(" ".join(strangers)))
    assert sketch("a of") == []
