"""Markup of HTML and JATS in titles and abstracts: what goes, and what only looks like it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.readers.markup import plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<p>We show it.</p><p>And more.</p>", "We show it. And more."),
        (
            "<jats:title>Abstract</jats:title>\n<jats:p>Of <jats:italic>E. coli</jats:italic>.</jats:p>",
            "Abstract Of E. coli.",
        ),
        ('<span class="nocase">LoRA</span> and <a href=https://example.org>more</a>', "LoRA and more"),
        ("<I>in vivo</I>, <inline-formula id='e1'><tex-math>$a<b$</tex-math></inline-formula>", "in vivo, $a<b$"),
        ("First<br>second<br />third", "First second third"),
        ("<p>An abstract that was cut", "An abstract that was cut"),
        ("Salt &amp; water, p &lt; 0.05,&nbsp;&#945; and &#x3B2;", "Salt & water, p < 0.05, α and β"),
        ("P &amp;lt; 0.05", "P < 0.05"),
        ("&lt;i&gt;E. coli&lt;/i&gt; grows", "E. coli grows"),
        (r"\&lt;5% of R\&amp;D", "<5% of R&D"),
        (
            "10<sup>-3</sup>, 10<jats:sup>\u22126</jats:sup>, H<sub>2</sub>O, the 4<sup>th</sup>",
            "10⁻³, 10⁻⁶, H2O, the 4th",
        ),
    ],
)
def test_markup_goes(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "x < y and z > 3",
        "if a <b and c> d",
        "the tokens <s>, </s>, <unk> and <think>so</think>",
        "a mean degree <k> and the mean <b>",
        r"A & B, K\"ahler \& co; R&D; AT&T; a &notation; of &copyx;",
        "Line one,\nline two & three.",
        "no markup  at\nall",
    ],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert plain(text) == text


@given(st.text(st.sampled_from("<>/&;#= \"'\\abipsux1\n"), max_size=60))
def test_words_without_signs_are_never_lost(text: str) -> None:
    assert "tides" in plain(f"{text} tides")


@pytest.mark.parametrize("hostile", ["<", "<b ", "<b a=", "&amp;", "&a", "<sup>", "<i>x</i>", "<b" + " " * 99])
def test_hostile_markup_ends_soon(hostile: str) -> None:
    started = time.monotonic()
    plain(hostile * (400_000 // len(hostile)))
    assert time.monotonic() - started < 5
