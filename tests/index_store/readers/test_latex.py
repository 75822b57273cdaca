r"""LaTeX of bibliographies as text: accents, braces, signs; formulas and unknown commands stay."""

from __future__ import annotations

import time

import pytest

from index_store.readers import latex


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no LaTeX  at\nall", "no LaTeX at all"),
        (
            r"Fr\'echet, G{\"o}del, {\O}rsted, \c{c}, {\L}uk\'asz, \v{S}, Erd\H{o}s",
            "Fréchet, Gödel, Ørsted, ç, Łukász, Š, Erdős",
        ),
        (r"{The {LaTeX}} {C}ompanion", "The LaTeX Companion"),
        (r"a \textit{slanted \emph{word}} and {\it old}", "a slanted word and old"),
        (r"95% of A & B, \$5 \% \_ \#", "95% of A & B, $5 % _ #"),
        (r"$\mathcal{O}(n^2)$ and \(x_1\) stay", r"$\mathcal{O}(n^2)$ and \(x_1\) stay"),
        (r"($p{\textless}0.05$, $x{\textgreater}1$)", "($p<0.05$, $x>1$)"),
        (r"{\'E}t{\'e} costs $5 and $10", "Été costs $5 and $10"),
        (r"x---y, 1--2, ``so''", "x—y, 1–2, “so”"),
        (r"A~B", "A B"),
        (r"10\textsuperscript{2} H\textsubscript{2}O, 4\textsuperscript{th}", "10² H₂O, 4th"),
        (r"10\textsuperscript{-3} x\textsubscript{-1} a\textsuperscript{}", "10⁻³ x₋₁ a"),
        (r"our \toolname{} and \weird{argument} and \odd", r"our toolname and argument and \odd"),
        (r"\href{https://example.org}{a page}, \url{https://example.org/x}", "a page, https://example.org/x"),
        (r"as in \cite{quill}", r"as in \cite{quill}"),
        (r"{\lbrace}x{\rbrace} \{y\}", "{x} {y}"),
        (r"{\textless}i{\textgreater} {\~{}}1 a{\^{}}b {\textperiodcentered} 5{\textdegree}C", "<i> ~1 a^b · 5°C"),
        (r"$\sim$5 and $\pm$10, $x$ and $5", "∼5 and ±10, $x$ and $5"),
        (r"\mbox{y} \texttt{z} \underline{w}", "y z w"),
        ("{unbalanced", "unbalanced"),
        ("$x", "$x"),
    ],
)
def test_text(written: str, read: str) -> None:
    assert latex.plain(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"https://example.org/a\_b\%20c", "https://example.org/a_b%20c"),
        (r"\url{https://example.org/\~{}quill}", "https://example.org/~quill"),
        (r"https://example.org/{\textasciitilde}quill", "https://example.org/~quill"),
        ("{10.1000/x}", "10.1000/x"),
    ],
)
def test_addresses(written: str, read: str) -> None:
    assert latex.verbatim(written) == read


@pytest.mark.parametrize(
    "nested", ["{" * 50_000, "{" * 20_000 + "}" * 20_000, r"\textit{" * 10_000, r"\begin{x}" * 5_000, "$a " * 10_000]
)
def test_hostile_nesting_ends_soon(nested: str) -> None:
    started = time.monotonic()
    latex.plain(nested)
    assert time.monotonic() - started < 5
