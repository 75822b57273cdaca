"""Which sentences hold the answer: every sign, and the chances worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from index_store.types import Span
from rag.selection import SIGNS, WEIGHTS, Candidates, Scores, chances, pick, signs

VOTES, OFFERS, BEFORE, FIRST, SPECIFICS = range(5)
ONE = np.ones(1, np.float32)


def paper(texts: Sequence[str], matches: Sequence[Sequence[float]] | None = None, title: str = "Ponds") -> Candidates:
    rows = np.array(matches, np.float32) if matches else np.full((len(texts), 1), 0.1, np.float32)
    spans = tuple(Span(n * 100, n * 100 + len(text)) for n, text in enumerate(texts))
    return Candidates(1, title, tuple(texts), spans, rows, rows.max(axis=0, initial=0))


def sign(which: int, texts: Sequence[str], asked: str = "Frogs?", title: str = "Ponds") -> list[float]:
    return signs(paper(texts, title=title), ONE, asked)[:, which].tolist()


def votes(matches: Sequence[Sequence[float]], weights: Sequence[float]) -> Scores:
    given = paper(["Grass grows."] * len(matches), matches)
    found: Scores = signs(given, np.array(weights, np.float32), "Frogs?")[:, VOTES]
    return found


def test_every_sign_has_its_weight() -> None:
    assert len(SIGNS) == len(WEIGHTS)


def test_a_word_that_all_sentences_match_decides_nothing() -> None:
    """The name weighs four times as much, but its vote is halved; the other word's goes to the second sentence."""
    assert votes([[0.9], [0.9]], [1.0]).tolist() == [1.0, 1.0]
    first, second = votes([[0.9, 0.0], [0.9, 0.9]], [0.8, 0.2])
    assert second == pytest.approx(1.0)
    to_second = 0.2 / (1 + np.exp(-7.0))
    assert first == pytest.approx((0.4 + 0.2 - to_second) / (0.4 + to_second), abs=1e-5)


def test_a_word_that_hardly_matches_has_a_small_vote() -> None:
    """Both words go to one sentence each; that whose best match is 0.01 counts a ninth of the other."""
    strong, weak = votes([[0.81, 0.0], [0.0, 0.01]], [0.5, 0.5])
    assert strong == pytest.approx(1.0)
    assert weak == pytest.approx(1 / 9, abs=0.01)


def test_no_words_no_votes() -> None:
    assert votes([[0.0], [0.0]], [1.0]).tolist() == [0.0, 0.0]
    assert chances(paper(["Frogs sing."], [[]]), np.zeros(0, np.float32), "?").tolist() == [1.0]


def test_what_is_asked_for_is_offered() -> None:
    texts = ["Frogs sing.", "Forty of 90 frogs sing.", "Code: https://ponds.example", "The data set is\nreleased."]
    assert sign(OFFERS, texts, "Do frogs sing?") == [0, 0, 0, 0]
    assert sign(OFFERS, texts, "How many frogs sing?") == [0, 1, 0, 0]
    assert sign(OFFERS, texts, "Where is the code?") == [0, 0, 1, 1]
    assert sign(OFFERS, texts, "Is the data set available, and how many frogs has it?") == [0, 1, 1, 1]
    assert sign(OFFERS, texts, "How does it generate code?") == [0, 0, 0, 0]


def test_what_stands_before_the_contribution_and_first() -> None:
    texts = ["Frogs are old.", "Few sing.", "We present singing frogs.", "We propose more."]
    assert sign(BEFORE, texts) == [1, 1, 0, 0]
    assert sign(BEFORE, texts[:2]) == [0, 0]
    assert sign(FIRST, texts) == [1, 0, 0, 0]


def test_names_and_figures_that_the_question_does_not_hold() -> None:
    texts = ["Tests on WordNet with BERT gain 3.5%.", "Ponds with (Rana) frogs and Herons.", "A nice day."]
    assert sign(SPECIFICS, texts) == pytest.approx(np.log1p([3, 2, 0]))
    assert sign(SPECIFICS, texts, "What did BERT gain on wordnets?") == pytest.approx(np.log1p([1, 2, 0]))
    assert sign(SPECIFICS, texts, title="Herons") == pytest.approx(np.log1p([3, 1, 0]))


def test_chances_by_hand() -> None:
    """Alike but for the number, +3 and the logarithm of two figures: e^3.28 to 1, and e^-2.5 for the first."""
    likely = chances(paper(["Frogs sing.", "Frogs hop.", "All 40 frogs."]), ONE, "How many frogs?")
    grown = np.exp([-2.5, 0, 3 + 0.4 * np.log(2)])
    assert likely == pytest.approx(grown / grown.sum(), abs=1e-5)


def test_a_paper_without_sentences_has_no_chances() -> None:
    assert chances(paper([]), ONE, "Frogs?").tolist() == []
    assert pick(np.zeros(0, np.float32), [], 0.9, 100) == []


@pytest.mark.parametrize(
    ("enough", "words", "chosen"),
    [
        (0.5, 100, [1]),  # held by the likeliest
        (0.6, 100, [1, 3]),
        (0.9, 100, [0, 1, 3]),
        (1.1, 100, [0, 1, 2, 3]),
        (0.9, 45, [0, 1]),  # the second likeliest has 40 words, the third 15
        (0.9, 5, [1]),  # the likeliest comes whatever its length
    ],
)
def test_sentences_until_they_hold_the_answer(enough: float, words: int, chosen: list[int]) -> None:
    likely = np.array([0.15, 0.5, 0.05, 0.3], np.float32)
    assert pick(likely, [15, 20, 20, 40], enough, words) == chosen


def test_of_equals_the_first_comes_first() -> None:
    assert pick(np.full(4, 0.25, np.float32), [1] * 4, 0.5, 100) == [0, 1]


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.float32, (6, 3), elements=st.floats(0, 1, width=32)), st.integers(0, 200))
def test_chances_add_up_and_the_choice_is_in_order(matches: Scores, words: int) -> None:
    texts = ["The frogs sing.", "We show 3 ponds.", "It rains.", "Few Herons.", "(ii) Rye.", "End: https://x.example"]
    likely = chances(paper(texts, matches.tolist()), np.full(3, 1 / 3, np.float32), "How many frogs?")
    assert likely.sum() == pytest.approx(1, abs=1e-4)
    assert (likely > 0).all()
    chosen = pick(likely, [len(text.split()) for text in texts], 0.9, words)
    assert chosen == sorted(set(chosen))
    assert int(np.argmax(likely)) in chosen


def test_a_sentence_that_spells_an_abbreviation_out_offers_it_where_that_is_asked_for() -> None:
    texts = ["GFD is counted.", "Green frogs at dusk (GFD) call."]
    assert sign(OFFERS, texts, "What does GFD stand for?") == [0, 1]
    assert sign(OFFERS, texts, "Where is GFD counted?") == [0, 0]
