"""Markers as small models write them, cut at any character; sentences with the numbers they cite."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.citations import CitedSentence, MarkerStream, claims, strip_markers

ALPHABET = [
    *list("12390 []()【】［］$`\\,.;-–†^#x_\nSa"),
    "[1]",
    "[2, 3]",
    "[1-3]",
    "【4】",
    "[Source 2]",
    "(Source 1)",
    "(Source [2])",
    "word",
    "[9]",
    "$x$",
    "```",
    ". ",
    "and",
]
texts = st.lists(st.sampled_from(ALPHABET), max_size=60).map("".join)


def renumber(text: str, n_sources: int = 5) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    stream = MarkerStream(n_sources)
    shown = stream.feed(text) + stream.finish()
    return shown, stream.order, stream.invented


@pytest.mark.parametrize(
    ("written", "shown", "order"),
    [
        ("So it is [3].", "So it is [1].", (2,)),
        ("So [3] it [1] is [3].", "So [1] it [2] is [1].", (2, 0)),
        ("a [2, 4]", "a [1][2]", (1, 3)),
        ("a [2; 4 and 5]", "a [1][2][3]", (1, 3, 4)),
        ("a [2][4]", "a [1][2]", (1, 3)),
        ("a [2-4]", "a [1][2][3]", (1, 2, 3)),
        ("a [2–3, 2]", "a [1][2]", (1, 2)),
        ("a 【2】", "a [1]", (1,)),
        ("a 【2†source】", "a [1]", (1,)),
        ("a [2†]", "a [1]", (1,)),
        ("a ［２］", "a [1]", (1,)),
        ("a [Source 2]", "a [1]", (1,)),
        ("a [source 2, source 3]", "a [1][2]", (1, 2)),
        ("a [Sources: 2, 3]", "a [1][2]", (1, 2)),
        ("a [^2] b [#3]", "a [1] b [2]", (1, 2)),
        ("a (Source 2) b (sources 3 and 2)", "a [1] b [2][1]", (1, 2)),
        ("a (Source [2]). b (sources [3][2]; [4])", "a [1]. b [2][1][3]", (1, 2, 3)),
        ("a (paper 【2】 and [3])", "a [1][2]", (1, 2)),
        ("GPT-4[2] and energy[3]", "GPT-4[1] and energy[2]", (1, 2)),
        ("**bold**[2] “said”[3]", "**bold**[1] “said”[2]", (1, 2)),
    ],
)
def test_every_way_of_writing_a_marker_is_understood(written: str, shown: str, order: tuple[int, ...]) -> None:
    assert renumber(written) == (shown, order, ())


@pytest.mark.parametrize(
    "text",
    [
        "in (1) speed and (2) size",
        "`a[1]` and ``b[2] ` c``",
        "```\nx = rows[1]\n```",
        "$x[1]$ and $$\\sum_i y[2]$$",
        "array[0], x[1], a_i[2], m[0][1]",
        "in [0, 1] or [0.1, 0.5]",
        "\\[ 1 \\] is display math",
        "[see the appendix] [x] [] [1:3] [1",
        "(see section 2) (a) (Paper) (Source) (Source [x])",
        "a lone ` tick, a lone $ sign, 【",
    ],
)
def test_brackets_that_are_no_citation_are_left_alone(text: str) -> None:
    assert renumber(text) == (text, (), ())


def test_money_is_not_mathematics() -> None:
    assert renumber("costs $5 [2] and $6 [2]")[0] == "costs $5 [1] and $6 [1]"


def test_invented_markers_stay_visible_and_are_reported_once() -> None:
    shown, order, invented = renumber("a [7], b [7], c [Source 12], d [2, 9], e [4-8], f [0].")
    assert shown == "a [7], b [7], c [Source 12], d [1][9], e [4-8], f [0]."
    assert order == (1,)
    assert invented == ("[7]", "[Source 12]", "[9]", "[4-8]", "[0]")


def test_text_is_shown_before_the_marker_is_complete() -> None:
    stream = MarkerStream(3)
    assert stream.feed("It is so (as seen) [") == "It is so (as seen) "
    assert stream.feed("2") == ""
    assert stream.feed("] and") == "[1] and"
    assert stream.finish() == ""


@given(texts, st.lists(st.integers(1, 7), min_size=1, max_size=8))
@settings(max_examples=600, deadline=None)
def test_any_chunking_gives_the_same_result(text: str, sizes: list[int]) -> None:
    stream, shown, at = MarkerStream(5), "", 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        shown += stream.feed(text[at : at + size])
        at += size
    shown += stream.finish()
    assert (shown, stream.order, stream.invented) == renumber(text)


@given(texts)
@settings(max_examples=600, deadline=None)
def test_what_is_shown_reads_back_as_itself(text: str) -> None:
    shown, order, invented = renumber(text)
    assert renumber(shown, len(order))[0] == shown
    cited = [number for sentence in claims(shown, len(order)) for number in sentence.citations]
    assert set(cited) <= set(range(1, len(order) + 1))
    assert all(marker in shown for marker in invented)


def test_held_back_text_is_bounded_and_cheap() -> None:
    for hostile in ("```" + "x" * 100_000, "`" * 50_000, "$a" * 50_000, "[" * 50_000, "[1," * 30_000):
        stream, shown = MarkerStream(5), 0
        started = time.perf_counter()
        for at in range(0, len(hostile), 4):
            shown += len(stream.feed(hostile[at : at + 4]))
            assert at + 4 - shown <= 4100
        shown += len(stream.finish())
        assert shown == len(hostile)
        assert time.perf_counter() - started < 20


def test_a_long_line_full_of_markers_is_cut_in_time_that_grows_with_it() -> None:
    started = time.perf_counter()
    (claim,) = claims("It is small [1] and it is fast and " * 3000, 1)
    assert claim.citations == (1,)
    assert time.perf_counter() - started < 15


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is fast [1]. It is small [2][1].", [("It is fast.", (1,)), ("It is small.", (2, 1))]),
        ("It is fast. [1] It is small.[2]", [("It is fast.", (1,)), ("It is small.", (2,))]),
        ("It is fast. [2] shows why.", [("It is fast.", ()), ("[2] shows why.", (2,))]),
        (
            "According to [1], it is fast. Kilns, as in [2], leak [1].",
            [("According to [1], it is fast.", (1,)), ("Kilns, as in [2], leak.", (2, 1))],
        ),
        (
            "As [1] and [2] show, it leaks. Unlike [1][2] it holds.",
            [("As [1] and [2] show, it leaks.", (1, 2)), ("Unlike [1] it holds.", (1, 2))],
        ),
        ("[1] It is fast.", [("It is fast.", (1,))]),
        ("One [1] or two ([2]) things [1], [2] and [1].", [("One or two things.", (1, 2))]),
        ("- first thing [1]\n2. **second** thing [2]", [("first thing", (1,)), ("second thing", (2,))]),
        ("# Summary\nThey report:\n- it is fast [1]", [("it is fast", (1,))]),
        ("Nothing is cited. [7] is invented [2].", [("Nothing is cited.", ()), ("[7] is invented.", (2,))]),
        ("`rows[1]` holds $x[2]$ [1].", [("`rows[1]` holds $x[2]$.", (1,))]),
        ("See e.g. [1] and so on.", [("See e.g. [1] and so on.", (1,))]),
        ("[1]: It is fast.\n- [2]: It is small.", [("It is fast.", (1,)), ("It is small.", (2,))]),
        ("It is fast. Source: [1]\nIt is small. (Sources: [1] [2])", [("It is fast.", (1,)), ("It is small.", (1, 2))]),
        ("", []),
        ("[1]", []),
    ],
)
def test_sentences_lose_their_markers_and_keep_their_numbers(
    text: str, expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert claims(text, 2) == tuple(CitedSentence(*pair) for pair in expected)


@pytest.mark.parametrize(
    "listed",
    [
        "Sources: [1], [2]",
        "**Sources used:**\n[1]\n[2]",
        "References:\n\n[1] LoRA: Low-Rank Adaptation of Large Language Models (2021)\n[2] QLoRA",
        "## References\n1. LoRA: Low-Rank Adaptation [1]\n2. QLoRA [2]",
    ],
)
def test_a_list_of_sources_claims_nothing(listed: str) -> None:
    fast, small = CitedSentence("It is fast.", (1,)), CitedSentence("It is small.", (2,))
    assert claims(f"It is fast [1].\n\n{listed}", 2) == (fast,)
    assert claims(f"{listed}\n\nIt is fast [1]. It is small [2].", 2) == (fast, small)


def test_markers_whose_numbering_no_longer_holds_are_stripped() -> None:
    assert strip_markers("It is fast [1].\n\nIt is small [2][3], says `a[1]`.\n") == (
        "It is fast.\n\nIt is small, says `a[1]`.\n"
    )
