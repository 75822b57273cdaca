"""Hyphenated names in what the word index is given: found where a search of the whole text finds them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index_store.lexical import _COMPOUND, _joined, _with_joined


@given(st.text("ab4_ .\n\u00fc-\u2010\u2011\u2013", max_size=30))
def test_as_in_the_whole_text(text: str) -> None:
    assert _joined(text) == _COMPOUND.sub(_with_joined, text)


def test_by_hand() -> None:
    assert _joined("GPT-4 and state-of-the-art\nT5\u2013small") == (
        "GPT-4 GPT4 and state-of-the-art\nT5\u2013small T5small"
    )
