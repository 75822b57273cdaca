"""LaTeX made readable: worked examples from listings, and that no character of the stored text goes missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.display import display_text, pieces


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (r"$\mathcal{B}$-Coder", "B-Coder"),
        (r"Fr\'echet, Poincar\'{e}, na\"{\i}ve, \v{S}", "Fréchet, Poincaré, naïve, Š"),
        ("Fréchet", "Fréchet"),
        (r"Erd{\H o}s, Erd\H os, Erd\H{o}s, Ko{\v s}ice, \c Cinlar", "Erdős, Erdős, Erdős, Košice, Çinlar"),
        (r"{\O}rsted, \O rsted, Stra{\ss}e, {\L}uk, Schr{\"o}dinger", "Ørsted, Ørsted, Straße, Łuk, Schrödinger"),
        (r"na{\"{\i}}ve \v{\i} {Schr\"o}", "naïve ǐ {Schrö}"),
        (r"x \c dot y, $f \d t$ along $\v x$", "x c dot y, f d t along v x"),
        (r"a 100\% rate of \tool", "a 100% rate of tool"),
        (r"{\em labeled} and {\it model size}", "labeled and model size"),
        ("mathcal Q_k(x) = sigmaleft( sum_n mathcal V_{kn} x)", "Qₖ(x) = σ( ∑ₙ Vₖₙ x)"),
        ("mathcal{O}( n + nLvarepsilon^{-1})", "O( n + nLε⁻¹)"),
        ("O(1/epsilon^4) and K^{2/3}, sqrt K", "O(1/ε⁴) and K^(2/3), √K"),
        ("the sum is left) of epsilon-greedy sigma-fields", "the sum is left) of epsilon-greedy sigma-fields"),
        ("it costs $5 and then $10", "it costs $5 and then $10"),
        ("$3.5 million, less than $5 billion ($p<0.05$)", "$3.5 million, less than $5 billion (p<0.05)"),
        ("$5$-fold and $10^{-3}$ of $2(x)$", "5-fold and 10⁻³ of 2(x)"),
        ("float8_e4m3 --flag file_name", "float8_e4m3 --flag file_name"),
        (
            "\u202eturned round\u202c, \u2066held\u2069 and a\u200bb, but نمی\u200cخواهم",
            "turned round, held and ab, but نمی\u200cخواهم",
        ),
    ],
)
def test_latex_becomes_readable_and_plain_words_stay(stored: str, shown: str) -> None:
    assert display_text(stored) == shown


@given(text=st.text(alphabet="$\\{}_^'`matclepsion 1xO()\u202e", max_size=80))
def test_pieces_cover_the_stored_text_and_what_is_shown_is_stable(text: str) -> None:
    cut = pieces(text)
    assert "".join(text[piece.start : piece.end] for piece in cut) == text
    assert [piece.end for piece in cut][:-1] == [piece.start for piece in cut][1:]
    assert "".join(piece.shown for piece in cut) == display_text(text)
