"""Which words of a question carry it: neither stop words nor words that merely ask, report or count.  Pure; English."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from index_store.words import STOP_WORDS

STEM = 6
"""Letters by which two forms of a word are taken for the same."""

_WORD = re.compile(r"[^\W_]+")


@cache
def light_words() -> frozenset[str]:
    """Words that ask, report or count, and say little of what is asked: an abstract need not have them."""
    return frozenset(files("rag").joinpath("words", "light.txt").read_text("utf-8").split())


def words_of(text: str) -> list[str]:
    """Give all words of a text, in lower case."""
    return _WORD.findall(text.lower())


def content_words(text: str) -> list[str]:
    """Give the words of a text that tell what it is about: no stop words, no single letters."""
    return [word for word in words_of(text) if word not in STOP_WORDS and len(word) > 1]


def weighty_words(text: str) -> list[str]:
    """Give the content words that are not light."""
    return [word for word in content_words(text) if word not in light_words()]


def word_tokens(question: str, starts: npt.NDArray[np.int32], begun: int = 0) -> list[list[int]]:
    """Give the tokens of each weighty word from the character ``begun`` on; of each content word where none is weighty.

    ``starts`` (n,) are the characters where the question's tokens start.
    """
    return [tokens for _, tokens in words_with_tokens(question, starts, begun)]


def words_with_tokens(question: str, starts: npt.NDArray[np.int32], begun: int = 0) -> list[tuple[str, list[int]]]:
    """Give the words of ``word_tokens`` in lower case, each with its tokens."""
    words = []
    for match in _WORD.finditer(question, begun):  # lower case may be longer: "İ" has two characters there
        word = match.group().lower()
        inside = np.flatnonzero((starts >= match.start()) & (starts < match.end())).tolist()
        if inside and word not in STOP_WORDS:
            words.append((word, inside))
    return [pair for pair in words if pair[0] not in light_words()] or words
