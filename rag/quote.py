"""Answers by quoting: sentences of the best papers, verbatim, chosen without any language model.

How likely each sentence is to hold the answer comes from ``rag.selection``.  An answer takes the likeliest until they
hold it with a chance of 0.9: one sentence where that decides it, more where the signs are weak, up to 160 words.  What
each piece earns, and what was tried and left out, is in ``eval/results/quoting.md``.  Knows no search and no rendering.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from index_store.library import Library
from index_store.sentences import sentence_spans
from index_store.types import Hit
from rag.answerers import Brief, Done, Piece, Quoted, Remark
from rag.cues import asks_for_papers, asks_for_several, asks_to_compare
from rag.listing import list_papers
from rag.naming import names_paper
from rag.selection import Candidates, Scores, chances, pick
from rag.together import named_together

_ENOUGH = 0.9  # chance that an answer holds what was asked for, as far as the signs tell
_WORDS, _WORDS_OF_SEVERAL = 160, 200  # at most, of the quotes from one paper, and from several together
_SHARES = {1: (1,), 2: (2, 1), 3: (3, 2, 2), 4: (2, 1, 1, 1), 5: (1, 1, 1, 1, 1)}  # of the words, best paper first
_WORDS_OF_ALL_MEANT = 240  # shared evenly by papers that were asked for by name: each is to answer, none is first
_MOST_PAPERS = max(_SHARES)
_HISTORY = 0.5  # weight of the words that come from earlier turns
# From these shares on, of the best one's score and coverage, the two best papers cannot be told apart, and both are
# quoted.  Of the dev questions' six second papers that score so high and cover less, none was meant; of 36 others, 16.
_TIE, _TIE_OF_WORDS = 0.92, 0.85
_NEAR_BEST = 0.75  # a paper is quoted beside the best one from this share of its score and coverage on
_PAIR = 2
_NOTHING = 1e-9


class QuoteAnswerer:
    """An ``Answerer`` without a model."""

    name = "quote"

    def __init__(self, library: Library) -> None:
        self._library = library

    def stream(self, brief: Brief) -> Iterator[Piece]:
        """Quote the sentences that answer, best paper first, those of one paper in the order of its abstract."""
        with self._library.turns.taken():
            lists = asks_for_papers(brief.asked or brief.question)
            pieces = list(list_papers(self._library, brief) if lists else self._quotes(brief))
        yield from pieces
        yield Done()

    def _quotes(self, brief: Brief) -> Iterator[Piece]:
        asked = brief.asked or brief.question
        weights = question_weights(self._library, brief.question, asked)
        papers = [candidates(self._library, brief.question, n, hit) for n, hit in enumerate(brief.hits, 1)]
        coverage = np.array([paper.whole @ weights for paper in papers], np.float32)
        near = near_best(np.array([hit.score for hit in brief.hits], np.float32), coverage)
        alike = len(coverage) >= _PAIR and bool(coverage[1] >= _TIE_OF_WORDS * coverage[0])
        ranks = papers_to_quote(asked, near, brief.hits, brief.about, alike=alike)
        chosen = [papers[rank] for rank in ranks if papers[rank].texts]  # of a mere title there is nothing to quote
        evenly = _asks_of_each(asked, brief.hits, brief.about)
        for number, paper in enumerate(chosen):
            if len(chosen) > 1:
                yield Remark(_heading(brief.hits[paper.source - 1], first=number == 0))
            yield from choose(chosen, number, weights, asked, evenly=evenly)


def question_weights(library: Library, question: str, asked: str) -> Scores:
    """Weigh the tokens of a question that ends with the words ``asked``: (n,), adding up to 1."""
    query, starts = library.question_tokens(question)
    weights = np.where(starts < len(question) - len(asked), _HISTORY, 1.0) * query.weights
    weighed: Scores = (weights / max(float(weights.sum()), _NOTHING)).astype(np.float32)
    return weighed


def candidates(library: Library, question: str, source: int, hit: Hit) -> Candidates:
    """Give the sentences of a paper found for a question, and how they match it."""
    query, _ = library.question_tokens(question)
    abstract, spans = hit.paper.abstract, tuple(sentence_spans(hit.paper.abstract))
    matches = library.span_matches(query, hit.paper, spans)
    texts = tuple(abstract[span.start : span.end] for span in spans)
    return Candidates(source, hit.paper.title, texts, spans, matches[:-1], matches[-1])


def near_best(scores: Scores, coverage: Scores) -> list[int]:
    """Give the ranks, from 0, of the papers that match about as well as the best, by ``(n,)`` scores and coverages.

    On the dev questions that want several papers this picks them with precision .91 and recall .79.
    """
    if not len(scores):
        return []
    near = (scores >= _NEAR_BEST * scores[0]) & (coverage >= _NEAR_BEST * coverage[0])
    near[0] = True
    ranks: list[int] = np.flatnonzero(near).tolist()
    return ranks


def papers_to_quote(
    question: str, near: Sequence[int], hits: Sequence[Hit], about: int = 0, *, alike: bool = True
) -> list[int]:
    """Give the ranks of the papers to quote: several only when the question asks for several.

    The two best are also quoted together when they cannot be told apart, unless the question names one of them: they
    score about the same, and have as many of its words (``alike``).  Where it is told that the first ``about`` papers
    are meant, no others are quoted: each that the question compares or asks of by name, since none has all of the
    words, or else those near the best.
    """
    if about:
        whole = asks_to_compare(question) or _asks_of_each(question, hits, about)
        return [rank for rank in range(about) if whole or rank in near][:_MOST_PAPERS]
    if asks_for_several(question) and len(near) > 1:
        return list(near[:_MOST_PAPERS])
    if len(hits) < _PAIR or hits[1].score <= _TIE * hits[0].score:
        return [0][: len(hits)]
    named = [rank for rank in range(_PAIR) if names_paper(question, hits[rank].paper)]
    return named or ([0, 1] if alike else [0])


def choose(
    papers: Sequence[Candidates], at: int, weights: Scores, asked: str, *, evenly: bool = False
) -> Iterator[Quoted]:
    """Choose sentences of paper ``at`` of those that are quoted, in the order of its abstract, within its share.

    The best paper has the largest share, unless all are meant ``evenly``.
    """
    paper, words = papers[at], _share(len(papers), at, evenly=evenly)
    lengths = [len(text.split()) for text in paper.texts]
    for position in pick(chances(paper, weights, asked), lengths, _ENOUGH, words):
        yield Quoted(paper.source, paper.spans[position])


def _asks_of_each(question: str, hits: Sequence[Hit], about: int) -> bool:
    """Tell whether a question names each of the first ``about`` papers, so that each is to answer."""
    return about > 1 and len(named_together(question, hits[:about])) == about


def _share(papers: int, at: int, *, evenly: bool) -> int:
    """Give how many words may be quoted from paper ``at`` of so many."""
    if papers == 1:
        return _WORDS
    shares = _SHARES[papers]
    return _WORDS_OF_ALL_MEANT // papers if evenly else _WORDS_OF_SEVERAL * shares[at] // sum(shares)


def _heading(hit: Hit, *, first: bool) -> str:
    return f"{'' if first else chr(10) * 2}{hit.paper.title}: "
