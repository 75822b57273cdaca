"""Which sentences of an abstract hold the answer: a chance for each, from five readable signs.

Each word of the question has a vote, as heavy as it is rare and as it is matched at all, and shares it out among the
sentences by how well they match it (late interaction).  A word that all sentences match alike, such as the name of the
paper's own method, thereby decides nothing.  The other signs: offering what is asked for, be it a number or code;
standing before the paper says what it does; standing first; and names and figures that the question does not hold.
A softmax over the sentences turns their weighted sum into chances.

The weights are rounded from a conditional logit (McFadden 1974) fitted to dev questions by
``eval/benchmarks/quoting_signs.py``, which also tells what each sign earns on papers it was not fitted to.  Knows no
search and no rendering; English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index_store.types import Span
from rag.abbreviations import abbreviation, spells_out
from rag.cues import asks_quantity, has_number, states_contribution
from rag.weighty import STEM

Scores = npt.NDArray[np.float32]

SIGNS = ("votes", "offers what is asked for", "before the contribution", "first", "specifics")
WEIGHTS = np.array([3.0, 3.0, -2.0, -2.5, 0.4], np.float32)
_DECISIVE = 7.0  # how far a word's vote goes to the sentences that match it best
_NOTHING = 1e-9

_THINGS = r"\b(?:code|implementation|data ?sets?|models?|weights|library)\b"
_OFFERS_CODE = re.compile(
    rf"https?://|{_THINGS}.{{0,40}}\b(?:available|released?|found)\b",
    re.IGNORECASE | re.DOTALL,  # an abstract may be broken into lines anywhere
)
_ASKS_CODE = re.compile(
    rf"\b(?:github|repositor(?:y|ies)|source code)\b|\bwhere\b.{{0,30}}{_THINGS}"
    rf"|{_THINGS}.{{0,30}}\b(?:available|released?|found|downloaded?|public\w*)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_][\w.^-]*")
_NAME = re.compile(r"[(\[\"'`“‘]*(?=\S*[A-Z])\w\S")


@dataclass(frozen=True, slots=True)
class Candidates:
    """The sentences of one paper, how each matches the question's tokens (s, n), and how the whole paper does (n,)."""

    source: int
    title: str
    texts: tuple[str, ...]
    spans: tuple[Span, ...]
    matches: Scores
    whole: Scores


def chances(paper: Candidates, weights: Scores, asked: str) -> Scores:
    """Tell how likely each sentence is to hold the answer: (s,), adding up to 1.

    ``weights`` (n,) are those of the question's tokens.
    """
    scores = signs(paper, weights, asked) @ WEIGHTS
    grown = np.exp(scores - scores.max(initial=-np.inf))
    likely: Scores = (grown / max(float(grown.sum()), _NOTHING)).astype(np.float32)
    return likely


def pick(likely: Scores, lengths: Sequence[int], enough: float, words: int) -> list[int]:
    """Choose positions, the likeliest first, until they hold the answer with a chance of ``enough``.

    The likeliest comes whatever its length; another only where it fits into ``words``.
    """
    chosen: list[int] = []
    chance, used = 0.0, 0
    for position in np.argsort(-likely, kind="stable").tolist():
        if chance >= enough:
            break
        if chosen and used + lengths[position] > words:
            continue
        chosen.append(position)
        chance += float(likely[position])
        used += lengths[position]
    return sorted(chosen)


def signs(paper: Candidates, weights: Scores, asked: str) -> Scores:
    """Give the signs of each sentence, in the order of ``SIGNS``: (s, 5)."""
    texts = paper.texts
    order = np.arange(len(texts))
    stated = np.flatnonzero([states_contribution(text) for text in texts])
    known = {_stem(word) for word in _WORD.findall(f"{paper.title} {asked}")}
    columns = (
        _votes(paper.matches, weights),
        _offers(texts, asked),
        order < (stated[0] if len(stated) else 0),
        order == 0,
        np.log1p([_specifics(text, known) for text in texts]),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _votes(matches: Scores, weights: Scores) -> Scores:
    """Share the words' votes out among ``(s, n)`` matches: (s,), the most voted for at 1."""
    best = matches.max(axis=0, initial=0)
    shares = np.exp(_DECISIVE * matches / np.maximum(best, _NOTHING))
    votes = (shares / shares.sum(axis=0)) @ (np.sqrt(best) * weights)
    counted: Scores = votes / max(float(votes.max(initial=0)), _NOTHING)
    return counted


def _offers(texts: Sequence[str], asked: str) -> npt.NDArray[np.bool_]:
    """Tell which sentences hold a number, say where the code is or spell an abbreviation out, as is asked: (s,)."""
    offered = np.zeros(len(texts), bool)
    if asks_quantity(asked):
        offered |= [has_number(text) for text in texts]
    if _ASKS_CODE.search(asked):
        offered |= [_OFFERS_CODE.search(text) is not None for text in texts]
    if name := abbreviation(asked):
        offered |= [spells_out(text, name) for text in texts]
    return offered


def _specifics(sentence: str, known: set[str]) -> int:
    """Count the figures, and the names after the first word, that are not among the stems ``known``."""
    count = 0
    for position, word in enumerate(sentence.split()):
        is_specific = any(map(str.isdigit, word)) or (position > 0 and _NAME.match(word))
        bare = _WORD.search(word)
        count += bool(is_specific and bare and _stem(bare.group()) not in known)
    return count


def _stem(word: str) -> str:
    return word.lower().strip(".-")[:STEM]
