"""Characters that stand above and below the line by themselves."""

from __future__ import annotations

import pytest

from index_store.readers.raised import lowered, raised


@pytest.mark.parametrize(
    ("text", "above", "below"),
    [
        ("2", "²", "₂"),
        ("-3", "⁻³", "₋₃"),
        ("\u22126", "⁻⁶", "₋₆"),
        ("\u201310", "⁻¹⁰", "₋₁₀"),
        ("(n+1)", "⁽ⁿ⁺¹⁾", "₍ₙ₊₁₎"),
        ("th", "th", "ₜₕ"),
        ("2+", "²⁺", "₂₊"),
        ("-β", "-β", "-β"),
        ("", "", ""),
    ],
)
def test_a_text_is_shifted_as_a_whole_or_not_at_all(text: str, above: str, below: str) -> None:
    assert (raised(text), lowered(text)) == (above, below)
