"""Sentences without a source get one where a paper says them, whatever the pieces they arrive in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.attribution import AttributedStream, is_remark

KNOWN = {"Sums are cheap.": 0, "Shifts win.": 1, "- Sums are cheap": 0, "Roots lose.": None}


def attributed(text: str, cuts: tuple[int, ...] = ()) -> tuple[str, AttributedStream]:
    stream = AttributedStream(3, KNOWN.get)
    places = [0, *sorted({min(cut, len(text)) for cut in cuts}), len(text)]
    shown = "".join(stream.feed(text[a:b]) for a, b in pairwise(places))
    return shown + stream.finish(), stream


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sums are cheap. Shifts win.", "Sums are cheap. [1] Shifts win. [2]"),
        ("Shifts win. Sums are cheap [1].", "Shifts win. [1] Sums are cheap [2]."),  # numbered by first use
        ("Shifts win [3]. Sums are cheap.", "Shifts win [1]. Sums are cheap. [2]"),
        ("Sums are cheap. [2] Shifts win.", "Sums are cheap. [1] Shifts win. [1]"),  # source 2 both times
        ("Sums are cheap.[2]\nRoots lose.", "Sums are cheap.[1]\nRoots lose."),
        ("Sums are cheap [9]. Roots lose.", "Sums are cheap [9]. Roots lose."),  # invented is not forgotten
        ("- Sums are cheap\n- Roots lose.\n", "- Sums are cheap [1]\n- Roots lose.\n"),
        ("Sums are cheap.\n\nShifts win.", "Sums are cheap. [1]\n\nShifts win. [2]"),
        ("Sums are cheap", "Sums are cheap"),  # broken off: it might have gone on
        ("", ""),
    ],
)
def test_a_marker_is_added_after_a_sentence_without_one(text: str, expected: str) -> None:
    assert attributed(text)[0] == expected
    assert attributed(text, tuple(range(len(text))))[0] == expected


def test_the_sentences_that_got_a_marker_are_known() -> None:
    _, stream = attributed("Sums are cheap. Roots lose. Shifts win [3].")
    assert stream.attributed == ["Sums are cheap."]
    assert stream.order == (0, 2)


def test_a_model_that_runs_wild_is_not_followed_for_ever() -> None:
    asked: list[str] = []
    stream = AttributedStream(1, asked.append)
    text = "Sums are cheap. " * 500 + "no end " * 2000 + "Sums are cheap."
    shown = "".join(stream.feed(text[at : at + 7]) for at in range(0, len(text), 7)) + stream.finish()
    assert shown == text
    assert len(asked) == 40


@pytest.mark.parametrize(("length", "marked"), [(1500, True), (1501, False), (4000, False)])
def test_a_sentence_that_goes_on_for_long_gets_no_marker_in_whatever_pieces(length: int, marked: bool) -> None:
    text = f"{'word ' * (length // 5)}{'x' * (length % 5)}".strip().ljust(length - 1, "x") + ". Roots lose.\n"
    for size in (len(text), 7, 1):
        stream = AttributedStream(1, lambda sentence: 0 if sentence.startswith("word") else None)
        shown = "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.finish()
        assert (shown, len(stream.attributed)) == (text.replace(". R", ". [1] R") if marked else text, int(marked))


@settings(deadline=None)
@given(st.lists(st.integers(0, 70), max_size=8))
def test_any_chunking_gives_the_same_text(cuts: list[int]) -> None:
    text = "Here is a summary:\nSums are cheap. Roots lose [2]. [3] too. Shifts win."
    assert attributed(text, tuple(cuts))[0] == attributed(text)[0]


@pytest.mark.parametrize(
    "sentence",
    [
        "Here is a summary of the papers.",
        "In short:",
        "In summary,",
        "## Results",
        "**Findings:**",
        "The sources do not mention training cost.",
        "I hope this helps!",
        "Would you like to know more?",
        "Based on the abstracts, here is an answer.",
        "…",
    ],
)
def test_remarks_need_no_source(sentence: str) -> None:
    assert is_remark(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "In short, pruning halves the memory.",
        "Here is where pruning fails.",
        "Based on gradients, it prunes the weakest heads.",
        "No effect was found.",
        "Finally, sums are cheap.",
        "1. Sums are cheap.",
    ],
)
def test_claims_do(sentence: str) -> None:
    assert not is_remark(sentence)
