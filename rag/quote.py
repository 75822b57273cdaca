"""Answers by quoting: at most five sentences of the best papers, verbatim, chosen without any language model.

A sentence's score is how well its tokens match the question's (late interaction inside the sentence), scaled to [0, 1]
within its abstract, plus 1 where it offers what is asked for: a number when the question wants a quantity, else a
statement of what the paper does.  The choice is greedy; each step also counts the question's words that no chosen
sentence matches yet (after the maximal marginal relevance of Carbonell and Goldstein, SIGIR 1998).  Sentence
embeddings, position, length and a trained scorer were tried on the dev questions and added nothing; the figures are in
``eval/results/quoting.md``.  Knows no search and no rendering.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index_store.library import Library
from index_store.sentences import sentence_spans
from index_store.types import Hit, Span
from rag.answerers import Brief, Done, Piece, Quoted, Remark
from rag.cues import asks_for_papers, asks_for_several, asks_quantity, has_number, states_contribution

Scores = npt.NDArray[np.float32]

MOST_SENTENCES = 5
_FOCUSED_WORDS, _FOCUSED_SENTENCES = 80, 3  # "how many …": a short answer
_OPEN_WORDS = 130  # "what is …", comparisons
_SHARES = {2: (3, 2), 3: (2, 2, 1), 4: (2, 1, 1, 1), 5: (1, 1, 1, 1, 1)}  # sentences of each paper, best paper first
_HISTORY = 0.5  # weight of the words that come from earlier turns
_TIE = 0.9  # from here on the two best papers cannot be told apart, and both are quoted
_NEAR_BEST = 0.75  # a paper is quoted beside the best one from this share of its score and coverage on
_LIST_PAGE = 10  # papers of a list that are quoted; further ones are named
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Candidates:
    """The sentences of one paper, how each matches the question's tokens (s, n), and how the whole paper does (n,)."""

    source: int
    texts: tuple[str, ...]
    spans: tuple[Span, ...]
    matches: Scores
    whole: Scores


class QuoteAnswerer:
    """An ``Answerer`` without a model."""

    name = "quote"

    def __init__(self, library: Library) -> None:
        self._library = library

    def stream(self, brief: Brief) -> Iterator[Piece]:
        """Quote the sentences that answer, best paper first, those of one paper in the order of its abstract."""
        query, starts = self._library.question_tokens(brief.question)
        asked = brief.asked or brief.question
        weights = np.where(starts < len(brief.question) - len(asked), _HISTORY, 1.0) * query.weights
        weights = (weights / max(float(weights.sum()), _NOTHING)).astype(np.float32)
        papers = [self._candidates(number, hit, brief) for number, hit in enumerate(brief.hits, 1)]
        coverage = np.array([paper.whole @ weights for paper in papers], np.float32)
        near = near_best(np.array([hit.score for hit in brief.hits], np.float32), coverage)
        if asks_for_papers(asked):
            yield from self._list([papers[rank] for rank in near], weights, brief)
        else:
            ranks = papers_to_quote(asked, near, brief.hits)
            chosen = [papers[rank] for rank in ranks if papers[rank].texts]  # of a mere title there is nothing to quote
            for number, paper in enumerate(chosen):
                if len(chosen) > 1:
                    yield Remark(_heading(brief.hits[paper.source - 1], first=number == 0))
                yield from choose(chosen, number, weights, asked)
        yield Done()

    def _list(self, papers: Sequence[Candidates], weights: Scores, brief: Brief) -> Iterator[Piece]:
        """Name every paper that matches, each with the sentence that qualifies it."""
        of = f"{brief.searched:,} paper{'' if brief.searched == 1 else 's'}"
        yield Remark(f"{len(papers)} of {of} {'matches' if len(papers) == 1 else 'match'}.")
        for paper in papers[:_LIST_PAGE]:
            heading = _heading(brief.hits[paper.source - 1], first=False)
            if not paper.texts:
                yield Remark(heading.removesuffix(": "))
                continue
            yield Remark(heading)
            yield Quoted(paper.source, paper.spans[int(np.argmax(paper.matches @ weights))])
        if len(papers) > _LIST_PAGE:
            more = "; ".join(brief.hits[paper.source - 1].paper.title for paper in papers[_LIST_PAGE:])
            yield Remark(f"\n\nAnd {len(papers) - _LIST_PAGE} more: {more}.")

    def _candidates(self, source: int, hit: Hit, brief: Brief) -> Candidates:
        query, _ = self._library.question_tokens(brief.question)
        spans = sentence_spans(hit.paper.abstract)
        matches = self._library.span_matches(query, hit.paper, spans)
        texts = tuple(hit.paper.abstract[span.start : span.end] for span in spans)
        return Candidates(source, texts, tuple(spans), matches[:-1], matches[-1])


def near_best(scores: Scores, coverage: Scores) -> list[int]:
    """Give the ranks, from 0, of the papers that match about as well as the best, by ``(n,)`` scores and coverages.

    On the dev questions that want several papers this picks them with precision .93 and recall .87.
    """
    if not len(scores):
        return []
    near = (scores >= _NEAR_BEST * scores[0]) & (coverage >= _NEAR_BEST * coverage[0])
    near[0] = True
    ranks: list[int] = np.flatnonzero(near).tolist()
    return ranks


def papers_to_quote(question: str, near: Sequence[int], hits: Sequence[Hit]) -> list[int]:
    """Give the ranks of the papers to quote: several only when the question asks for several.

    The two best are also quoted together when they cannot be told apart.
    """
    if asks_for_several(question) and len(near) > 1:
        return list(near[:MOST_SENTENCES])
    return [0, 1] if len(hits) > 1 and hits[1].score > _TIE * hits[0].score else [0][: len(hits)]


def choose(papers: Sequence[Candidates], at: int, weights: Scores, question: str) -> Iterator[Quoted]:
    """Choose sentences of paper ``at`` of those that are quoted, within its share of sentences and words."""
    wants_number = len(papers) == 1 and asks_quantity(question)
    most, words = (_FOCUSED_SENTENCES, _FOCUSED_WORDS) if wants_number else (MOST_SENTENCES, _OPEN_WORDS)
    shares = _SHARES.get(len(papers), (most,))
    paper, share = papers[at], shares[at]
    cue = has_number if wants_number else states_contribution
    scores = _scaled(paper.matches @ weights) + np.array([cue(text) for text in paper.texts])
    for position in sorted(_greedy(paper, scores, weights, share, words * share // sum(shares))):
        yield Quoted(paper.source, paper.spans[position])


def _heading(hit: Hit, *, first: bool) -> str:
    return f"{'' if first else chr(10) * 2}{hit.paper.title}: "


def _greedy(paper: Candidates, scores: Scores, weights: Scores, most: int, words: int) -> list[int]:
    """Choose up to ``most`` sentences: the best first, whatever its length, then those that fit into ``words``."""
    unit = max(float((paper.matches @ weights).max()), _NOTHING)
    lengths = np.array([len(text.split()) for text in paper.texts])
    covered = np.zeros(paper.matches.shape[1], np.float32)
    chosen: list[int] = []
    while len(chosen) < most:
        gain = scores + np.maximum(paper.matches - covered, 0) @ weights / unit
        gain[chosen] = -np.inf
        if chosen:
            gain[lengths > words - lengths[chosen].sum()] = -np.inf
        best = int(np.argmax(gain))
        if np.isneginf(gain[best]):
            break
        chosen.append(best)
        covered = np.maximum(covered, paper.matches[best])
    return chosen


def _scaled(scores: Scores) -> Scores:
    span = float(np.ptp(scores))
    return (scores - scores.min()) / span if span > _NOTHING else np.zeros_like(scores)
