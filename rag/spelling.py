"""Whether a question that nothing was found for may name a paper with a slip: "distilbret" for "DistilBERT".

A word is taken for a slip where the library does not have it, and for one of a rare word of the title where it begins
with the same letter and is as like it as a letter or two amiss leave it (Ratcliff and Obershelp's ratio, ``difflib``).
Knows no answer.
"""

from __future__ import annotations

from difflib import get_close_matches

from index_store.library import Library
from index_store.types import Paper
from rag.weighty import weighty_words

_FEWEST_LETTERS = 5
_FOUND = 10  # papers, one of which has a word that the library has
_ALIKE = 0.8  # "alfafold" is as like "alphafold" as .82
_RARE = 0.05  # share of the papers that may have a rare word in their titles …
_FEW = 3  # … or so many papers


def misspells(question: str, paper: Paper, library: Library) -> bool:
    """Tell whether a word of the question, unknown to the library, is a rare word of the paper's title with a slip."""
    return any(
        not _is_known(word, library) and any(_is_rare(each, library) for each in alike)
        for word in dict.fromkeys(_long(question))
        if (alike := _alike(word, paper.title))
    )


def _alike(word: str, title: str) -> list[str]:
    likely = [each for each in _long(title) if each[0] == word[0] and each != word]
    return get_close_matches(word, likely, cutoff=_ALIKE)


def _long(text: str) -> list[str]:
    return [word for word in weighty_words(text) if len(word) >= _FEWEST_LETTERS]


def _is_known(word: str, library: Library) -> bool:
    return library.rank(word, _FOUND).strongest > 0


def _is_rare(word: str, library: Library) -> bool:
    _, titled = library.papers(query=word, limit=0)
    return titled <= max(_FEW, _RARE * len(library))
