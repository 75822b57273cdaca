"""Characters in a row among many texts: as Python's own ``in`` finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store import texts as module
from index_store.texts import texts

LETTERS = st.text("abÄ é\n", max_size=6)


def content(rows: list[tuple[str, str]]) -> bytes:
    whole = [module.BETWEEN.join(field.encode().lower() for field in row) for row in rows]
    return b"".join(text + module.FILLING * (module.GROUP - len(text) % module.GROUP) for text in whole)


@given(st.lists(st.tuples(LETTERS, LETTERS), max_size=12), st.text("abÄ é\nB", min_size=1, max_size=4))
def test_as_python_finds_them(rows: list[tuple[str, str]], wanted: str) -> None:
    looked_for = wanted.encode().lower()
    expected = [at for at, row in enumerate(rows) if any(looked_for in field.encode().lower() for field in row)]
    assert texts(content(rows)).holding(wanted).tolist() == expected


@pytest.mark.parametrize("block", [16, 32, 64])
@pytest.mark.parametrize("wanted", ["e", "rn", "ern", "modern", "modern times", "s", "zz"])
def test_where_blocks_meet_nothing_is_lost(wanted: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", block)
    rows = [("Modern times", "A. Bee"), ("of mode", "rn times"), ("", ""), ("Post-modern timess", "")]
    expected = [at for at, row in enumerate(rows) if wanted in row[0].lower() or wanted in row[1].lower()]
    assert texts(content(rows)).holding(wanted).tolist() == expected


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        texts(content([("a", "b")])).holding("\ud800")
    assert texts(b"").holding("a").tolist() == []
