"""A list of papers as an answer: every paper that matches, each with the sentence that qualifies it, page by page.

What the papers are to be about is searched for by its own words; "Which papers are about" would only blur it.  A paper
matches when its score comes near that of the best one, when it has all of the words in some form, or says them one
after the other.  On the dev lists of both libraries this gives an F1 of .89 and .86; shares of the best score from .55
on do about as well, miss less and cite more that was not meant (``eval/results/lists.md``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index_store.counting import counted
from index_store.library import Library
from index_store.search import Ranking
from index_store.sentences import sentence_spans
from index_store.types import Hit, Span
from rag.answerers import Brief, Piece, Quoted, Remark
from rag.cues import asks_for_papers
from rag.types import Turn
from rag.weighty import weighty_words, word_tokens, words_of

DEPTH = 300  # papers looked at for a list
_NEAR_BEST = 0.65  # share of the best paper's score
_HAS_WORD = 0.6  # cosine from which on a word is there, in this form or another
_SHORT = 4  # letters: "less", "bias" and "loss" are no plurals
_PAGE = 20  # papers
# How one asks for papers, which says nothing of what they are to be about.
_FRAME = frozenset(
    "hi hello recommend recommended suggest looking latest recent newest oldest literature articles publications works"
    " related discussing covering concerning regarding mentioning everything total cite cites cited".split()
)
_TRIED_ON = re.compile(r"(?<![-\w])(?:evaluat\w+|test(?:s|ed)?|trained?|benchmark(?:s|ed)?)\s+on\b", re.IGNORECASE)
# "Papers that do not use X", "X but not Y"; not "papers on learning without labels": that is what they are about.
_NOT = re.compile(
    r"\b(?:papers|articles|studies|publications|literature)\s+(?:(?:that|which)\s+)?"
    r"(?:(?:do|does|did|are|were|have)(?:\s+not|n['’]t)|not|without)\b|\bbut\s+not\b|\bexcluding\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\W*(?:(?:please|ok(?:ay)?|yes|and|now|can you|could you)\W+)*(?:(?:show|list|give|tell|see)\s+(?:me\s+)?)?"
    r"(?:the\s+|some\s+|all\s+)?(?:more|next(?:\s+(?:page|ones?|\d+))?|rest|others?|remaining(?:\s+ones)?|continue"
    r"|go on)(?:\s+(?:papers|of them|of the list|of these|results))?(?:\W+please)?\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A list that goes on: the question that began it, the turns before that, and the papers shown so far."""

    question: str
    history: tuple[Turn, ...]
    shown: int


def resumed(question: str, history: Sequence[Turn]) -> Resumed | None:
    """Tell which list "show more" goes on with; None where something else is asked, or no list was."""
    if not _MORE.fullmatch(question):
        return None
    shown = _PAGE
    for at in reversed(range(len(history))):
        turn = history[at]
        if turn.role == "user" and not _MORE.fullmatch(turn.content):
            return Resumed(turn.content, tuple(history[:at]), shown) if asks_for_papers(turn.content) else None
        shown += _PAGE if turn.role == "user" else 0
    return None


def subject(question: str) -> str:
    """Give the words that say what the papers are to be about, or all of the question where there are none."""
    wanted, *_ = _NOT.split(question, maxsplit=1)
    return _subject_words(wanted) or _subject_words(question) or question


def left_out(question: str) -> str:
    """Give the words that say what the papers are not to be about, "" where nothing is left out."""
    *_, unwanted = _NOT.split(question, maxsplit=1)
    return "" if unwanted == question else _subject_words(unwanted)


def _subject_words(text: str) -> str:
    words = weighty_words(_TRIED_ON.sub(" ", text))
    return " ".join([word for word in words if word not in _FRAME] or words)


def matching(ranking: Ranking, wanted: str) -> tuple[Hit, ...]:
    """Give the papers that match the ``subject`` that was searched for, best first."""
    if not ranking.hits:
        return ()
    words, said = word_tokens(wanted, ranking.starts), _phrase(wanted)
    enough = _NEAR_BEST * ranking.hits[0].score
    return tuple(
        hit
        for hit, cosines in zip(ranking.hits, ranking.matches, strict=False)  # the pool goes on beyond the hits
        if hit.score >= enough
        or (words and min(cosines[tokens].mean() for tokens in words) >= _HAS_WORD)
        or said.search(f"{hit.paper.title}. {hit.paper.abstract}")
    )


def _phrase(wanted: str) -> re.Pattern[str]:
    """Give the pattern of the very words, one after the other, each in the singular or the plural."""
    stems = (word[:-1] if word.endswith("s") and len(word) > _SHORT else word for word in words_of(wanted))
    return re.compile(r"\b" + r"s?[\W_]+".join(map(re.escape, stems)) + r"s?\b", re.IGNORECASE)


def list_papers(library: Library, brief: Brief) -> Iterator[Piece]:
    """List one page of ``brief.hits``, each paper with the sentence that matches the subject best."""
    count, first = len(brief.hits), brief.shown
    yield Remark(_beginning(count, first, brief.searched))
    wanted = subject(brief.question)
    for source, hit in enumerate(brief.hits[first : first + _PAGE], first + 1):
        span = _qualifying(library, wanted, hit)
        yield Remark(_heading(hit) if span else _heading(hit).removesuffix(": "))
        if span:
            yield Quoted(source, span)
    if left := max(count - first - _PAGE, 0):
        yield Remark(f"\n\nAsk “show more” for the {'other' if left == 1 else f'other {left:,}'}.")


def _heading(hit: Hit) -> str:
    return f"\n\n{hit.paper.title}: "


def _beginning(count: int, shown: int, searched: int) -> str:
    if not shown:
        least = "At least " if count >= DEPTH else ""
        of = counted(searched, "paper")
        return f"{least}{count:,} of {of} {'matches' if count == 1 else 'match'}."
    if shown >= count:
        return f"That was the whole list: {count:,} paper{' matches' if count == 1 else 's match'}."
    return f"Papers {shown + 1:,} to {min(shown + _PAGE, count):,} of the {count:,} that match."


def _qualifying(library: Library, wanted: str, hit: Hit) -> Span | None:
    """Give the sentence that matches best, None of a mere title."""
    spans = sentence_spans(hit.paper.abstract)
    if not spans:
        return None
    query, _ = library.question_tokens(wanted)
    return spans[int(np.argmax(library.span_matches(query, hit.paper, spans)[:-1] @ query.weights))]
