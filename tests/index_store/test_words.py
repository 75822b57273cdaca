"""Which pieces of a vocabulary carry content, in the spellings of three kinds of tokenizers."""

from __future__ import annotations

import pytest

from index_store.words import STOP_WORDS, carries_content


@pytest.mark.parametrize("piece", ["frogs", "Frogs", "7", "##s", "##ing", "▁frogs", "Ġfrogs", "état", "深", "x"])
def test_content(piece: str) -> None:
    assert carries_content(piece)


@pytest.mark.parametrize(
    "piece",
    ["the", "The", "▁the", "Ġof", "s", ".", "##.", "##-", "▁", "Ġ", "", "[PAD]", "[unused12]", "<s>", "</s>", "<0x0A>"],
)
def test_no_content(piece: str) -> None:
    assert not carries_content(piece)


def test_the_end_of_a_word_is_no_stop_word() -> None:
    assert carries_content("##is")
    assert not carries_content("is")


@pytest.mark.parametrize("mark", ["[", "]", "<", ">", "[[", "##"])
def test_brackets_alone_are_marks(mark: str) -> None:
    assert not carries_content(mark)


def test_words_that_ask_tell_nothing_and_words_that_count_do() -> None:
    assert {"which", "what", "how", "does", "not"} <= STOP_WORDS
    assert not {"many", "two", "no.", "less", "without-loss"} & STOP_WORDS
    assert all(word == word.lower().strip() for word in STOP_WORDS)
