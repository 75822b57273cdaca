"""Supported, partial or not: the facts that must match, the sentences quoted, and accuracy on labelled sentences."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from index_store.embedding import SentenceEmbedder
from index_store.protocols import Vectors
from index_store.types import Paper
from rag.drafting import Verdict
from rag.facts import Number, content_words, contradicts, is_named, names, numbers
from rag.support import SentenceSupport
from rag.types import Quote
from tests.fakes import FakeEmbedder
from tests.rag.support_pairs import PAIRS, PAPERS

HELD_OUT = ("tide", "bee", "chip")
KILNS = Paper("k", "On kilns", "Glass cools slowly. Kilns hold heat for nine hours. Doors leak heat.")
TIDES = Paper("t", "On tides", "Tides rise daily. The moon pulls heat and tides.")


class NoEmbedder(FakeEmbedder):
    def encode(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"nothing needs embedding here: {texts}")


@pytest.fixture
def fake() -> SentenceSupport:
    return SentenceSupport(FakeEmbedder(("glass", "kilns", "heat", "doors", "leak", "tides", "rise", "moon")))


def test_a_sentence_of_the_abstract_is_supported_without_any_model() -> None:
    support = SentenceSupport(NoEmbedder(()))
    expected = Verdict("supported", ((1, Quote("Kilns hold heat for nine hours.", 20, 51)),))
    for said in (
        "Kilns hold heat for nine hours.",
        "kilns  hold heat for nine hours",
        "“Kilns hold heat for nine hours.”",
    ):
        assert support.check(said, [TIDES, KILNS]) == expected


def test_other_words_for_the_same_are_supported_and_quote_the_sentence(fake: SentenceSupport) -> None:
    verdict = fake.check("The kilns are holding heat for nine hours.", [KILNS])
    assert verdict == Verdict("supported", ((0, Quote("Kilns hold heat for nine hours.", 20, 51)),))


def test_a_claim_may_rest_on_two_sentences_of_two_papers(fake: SentenceSupport) -> None:
    verdict = fake.check("Doors leak heat, and tides rise daily.", [KILNS, TIDES])
    assert verdict.support == "supported"
    assert {(number, quote.text) for number, quote in verdict.quotes} == {
        (0, "Doors leak heat."),
        (1, "Tides rise daily."),
    }
    for number, quote in verdict.quotes:
        assert (KILNS, TIDES)[number].abstract[quote.start : quote.end] == quote.text


@pytest.mark.parametrize("claim", ["The moon is made of cheese.", "Kilns hold heat for ten hours.", "1 2 3", "", "—"])
def test_what_is_not_said_is_unsupported_and_quotes_nothing(fake: SentenceSupport, claim: str) -> None:
    assert fake.check(claim, [KILNS]) == Verdict("unsupported")


def test_a_paper_without_an_abstract_supports_nothing(fake: SentenceSupport) -> None:
    assert fake.check("Kilns hold heat.", [Paper("x", "Kilns hold heat", "")]) == Verdict("unsupported")
    assert fake.check("Kilns hold heat.", []) == Verdict("unsupported")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cut by 12%", [(12, "%")]),
        ("cut by 12 percent", [(12, "%")]),
        ("14,000 firings and 0.95", [(14000, ""), (0.95, "")]),
        ("2.1x, 3-fold, 4×, 5 times, a factor of 7.6", [(2.1, "x"), (3, "x"), (4, "x"), (5, "x"), (7.6, "x")]),
        ("a 7B model, 2.3 million users", [(7e9, ""), (2.3e6, "")]),
        ("40 ms or 40 seconds, 4-bit", [(40, "ms"), (40, "s"), (4, "bit")]),
        ("GPT-4, L2, Llama-3.1", []),
        ("five days; twice", [(5, "day"), (2, "x")]),
    ],
)
def test_quantities_are_read_with_their_units(text: str, found: list[tuple[float, str]]) -> None:
    assert [(n.value, n.unit) for n in numbers(text)] == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12%", "12 percent", True),
        ("12%", "21%", False),
        ("40 ms", "40 s", False),
        ("95%", "0.95", True),
        ("40 cases", "40", True),
        ("three models", "3 models", True),
        ("2.30", "2.3", True),
    ],
)
def test_quantities_agree_or_not(one: str, other: str, same: bool) -> None:
    (a,), (b,) = numbers(one), numbers(other)
    assert a.agrees(b) is b.agrees(a) is same
    assert a.agrees(Number(a.value, a.unit))


def test_names_are_found_and_matched_in_any_spelling() -> None:
    assert names("Here GPT-4, LLMs and KilnNet beat Delft-Q in Slovenia.") == [
        "GPT-4",
        "LLMs",
        "KilnNet",
        "Delft-Q",
        "Slovenia",
    ]
    assert is_named("LLMs", "large language models")
    assert is_named("L-Mul", "we call it LMul")
    assert not is_named("GPT-3", "GPT-35 and GPT4")
    assert not is_named("Austria", "hives in Slovenia")


@pytest.mark.parametrize(
    ("claim", "source", "contradictory"),
    [
        ("It requires training.", "It does not require training.", True),
        ("It does not require training.", "It requires no training at all.", False),
        ("It improves accuracy.", "It improves accuracy without loss of speed.", False),
        ("It increases the error.", "It reduces the error.", True),
        ("It increases speed.", "It reduces the error.", False),
        ("It reduces cost.", "It increases speed and reduces cost.", False),
        ("Larger models forget faster.", "Larger models forget more slowly.", True),
        ("It is not only fast.", "It is fast.", False),
    ],
)
def test_negations_and_opposites_are_seen(claim: str, source: str, contradictory: bool) -> None:
    assert contradicts(claim, source) is contradictory


def test_forms_of_a_word_meet_in_one_stem() -> None:
    for forms in ("reduces reduced reducing reduce", "efficient efficiency", "models model", "running run runs"):
        assert len({content_words(form)[0] for form in forms.split()}) == 1, forms


def test_accuracy_on_papers_that_no_threshold_was_set_on() -> None:
    """Measured: .98 balanced on the half used for the thresholds (54 sentences), .95 on this one (55)."""
    support = SentenceSupport(SentenceEmbedder(precision="float32"))
    right: dict[bool, list[bool]] = {True: [], False: []}
    for paper, kind, sentence in PAIRS:
        if paper in HELD_OUT:
            supported = support.check(sentence, [PAPERS[paper]]).support == "supported"
            right[kind == "true"].append(supported == (kind == "true"))
    assert len(right[True]) + len(right[False]) == 55
    accuracy = [sum(values) / len(values) for values in right.values()]
    assert sum(accuracy) / 2 >= 0.92
