"""Papers by the million for measurements: words of no language, with the statistics of real abstracts.

``SEEDS`` holds what ``measured`` found in 346 abstracts of machine learning, as numbers only; a test finds the same in
the papers made here.  Words follow Zipf's law as Mandelbrot extended it (p ~ 1 / (rank + q) ** s), with a steeper tail
from ``tail_rank`` on, so that the vocabulary grows as Heaps' law says (Gerlach and Altmann 2013, "Stochastic model for
the vocabulary growth in natural languages").  A topic has words of its own at every rank, so papers of a topic resemble
each other and no two are alike; of a hundred papers one comes again from another source, shortened.  Years, authors and
topics are made up and follow nothing.  The same ``seed`` gives the same papers.  Knows no library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store.sentences import sentence_spans
from index_store.types import Entry, Paper

FIRST_YEAR, LAST_YEAR = 1991, 2025
AGAIN = 100  # every so many papers, one that was there before

_BLOCK = 1_000  # papers made at a time; a multiple of AGAIN
_RANKS = 4_000_000  # words at most
_TOPICS = 500
_COMMON = 128  # ranks that all topics share
_NARROW = 32  # of the words of an octave, a topic uses one in so many
_TOPICAL = 0.8  # share of the rarer words that are the topic's own
_WORD = re.compile(r"\w+")
_OPEN = [c + v for c in "bdfgklmnprtvzjhw" for v in "aeiou"]
_CLOSED = [syllable + c for syllable in _OPEN for c in "lmnrkt"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers of words, means with standard deviations, and the laws of their frequencies.

    Papers are made by the first three; the others are what their words have to come to.
    """

    title_words: tuple[float, float]
    abstract_words: tuple[float, float]
    sentences: tuple[float, float]
    word_length: float
    distinct_share: float
    """Different words of an abstract, of all its words."""
    zipf: tuple[float, ...]
    """Shares of all words that ranks 1 to 10, 11 to 100 and 101 to 1,000 have."""
    vocabulary: int
    """Different words in the first 70,000."""


SEEDS = Statistics((9.11, 3.23), (207.4, 50.5), (8.50, 2.42), 5.64, 0.628, (0.215, 0.233, 0.344), 6_260)
_S, _Q = 1.031, 3.06  # Zipf and Mandelbrot's, fitted to the seeds
_HEAPS = 0.517  # growth of the seeds' vocabulary: words ** 0.517
_TAIL_RANK = 2_000  # where the tail begins


def measured(papers: Sequence[Paper]) -> Statistics:
    """Take the statistics of papers: of the seeds, or of papers made here to compare them."""
    titles, abstracts = ([_WORD.findall(text) for text in texts] for texts in _texts(papers))
    words = [word.lower() for pair in zip(titles, abstracts, strict=True) for part in pair for word in part]
    counts = np.array(sorted(Counter(words).values(), reverse=True))
    return Statistics(
        _spread([len(title) for title in titles]),
        _spread([len(abstract) for abstract in abstracts]),
        _spread([len(sentence_spans(paper.abstract)) for paper in papers]),
        float(np.mean([len(word) for word in words])),
        float(np.mean([len({word.lower() for word in words}) / max(len(words), 1) for words in abstracts])),
        tuple(float(counts[a:b].sum() / counts.sum()) for a, b in ((0, 10), (10, 100), (100, 1_000))),
        len(set(words[:70_000])),
    )


def entries(count: int, seed: int = 1, first: int = 0) -> Iterator[Entry]:
    """Yield ``count`` papers from number ``first`` on as a reader would, a multiple of 1,000 in all or fewer."""
    for block in range(first // _BLOCK, (first + count - 1) // _BLOCK + 1):
        for entry in _block(block, seed):
            if first <= entry.line - 1 < first + count:
                yield entry


def question(paper: Paper, rng: np.random.Generator) -> str:
    """Ask for a paper: eight of its rarer words in a made-up order."""
    rare = [word for word in _WORD.findall(paper.abstract.lower()) if len(word) > 3] or ["nothing"]
    return " ".join(rare[at] for at in rng.integers(0, len(rare), 8))


def _texts(papers: Sequence[Paper]) -> tuple[list[str], list[str]]:
    return [paper.title for paper in papers], [paper.abstract for paper in papers]


def _spread(numbers: Sequence[int]) -> tuple[float, float]:
    return float(np.mean(numbers)), float(np.std(numbers))


def _block(block: int, seed: int) -> list[Entry]:
    rng = np.random.default_rng((seed, block))
    titles = _lengths(rng, SEEDS.title_words, 2)
    abstracts = _lengths(rng, SEEDS.abstract_words, 20)
    mean = SEEDS.abstract_words[0] / SEEDS.sentences[0]
    rest = (SEEDS.sentences[1] ** 2 - (SEEDS.abstract_words[1] / mean) ** 2) ** 0.5  # what lengths do not explain
    sentences = np.maximum(np.rint(abstracts / mean + rng.normal(0, rest, _BLOCK)), 1).astype(int)
    topics = (_TOPICS * rng.random(_BLOCK) ** 2).astype(np.int64)  # some are larger than others
    ends = np.cumsum(titles + abstracts)
    ranks = _ranks(rng, int(ends[-1]), np.repeat(topics, titles + abstracts))
    made: list[Entry] = []
    for i in range(_BLOCK):
        number = block * _BLOCK + i
        if i % AGAIN == AGAIN - 1:
            made.append(_again(made[i - AGAIN // 2], number))
            continue
        words = [_word(rank) for rank in ranks[ends[i] - titles[i] - abstracts[i] : ends[i]].tolist()]
        title, abstract = " ".join(words[: titles[i]]).capitalize(), _prose(words[titles[i] :], int(sentences[i]))
        year = FIRST_YEAR + int((LAST_YEAR - FIRST_YEAR + 1) * rng.random() ** 0.5)
        paper = Paper(
            *("", title, abstract, _authors(rng), year),
            arxiv_id=f"{number // 100_000:04}.{number % 100_000:05}",
            categories=(f"topic-{topics[i]}",),
        )
        made.append(Entry(paper, Path("/generated.jsonl"), number + 1))
    return made


def _again(before: Entry, number: int) -> Entry:
    """Give a paper as another source has it: without its id, and without its last sentence."""
    cut = before.paper.abstract.rstrip(".").rpartition(". ")[0]
    paper = replace(before.paper, abstract=f"{cut}." if cut else before.paper.abstract, arxiv_id=None, categories=())
    return Entry(paper, Path("/elsewhere.jsonl"), number + 1)


def _lengths(rng: np.random.Generator, law: tuple[float, float], least: int) -> npt.NDArray[np.int64]:
    return np.maximum(np.rint(rng.normal(*law, _BLOCK)), least).astype(np.int64)


def _ranks(rng: np.random.Generator, count: int, topics: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Draw words as ranks; those of a topic lie in its own part of each octave of ranks, which all topics share out."""
    ranks = np.searchsorted(_cumulative(), rng.random(count)).astype(np.int64)
    octave = np.left_shift(1, np.log2(np.maximum(ranks, 1)).astype(np.int64))
    start = topics * 2_654_435_761 + octave * 40_503
    own = octave + (start % octave + (ranks - octave) // _NARROW) % octave
    return np.where((ranks >= _COMMON) & (rng.random(count) < _TOPICAL), np.minimum(own, _RANKS - 1), ranks)


@cache
def _cumulative() -> npt.NDArray[np.float64]:
    ranks = np.arange(_RANKS) + 1 + _Q
    tail = _TAIL_RANK + _Q
    weights = np.where(ranks < tail, ranks**-_S, tail**-_S * (ranks / tail) ** (-1 / _HEAPS))
    return np.cumsum(weights / weights.sum())[:-1]


@lru_cache(200_000)
def _word(rank: int) -> str:
    """Spell a rank: frequent words have three letters, the next 900 seven, the others nine."""
    if rank < 100:
        return _CLOSED[rank * 79 % 480]
    first, rest = _CLOSED[rank * 7 % 480], rank // 480
    if rank < 1_000:
        return first + _OPEN[rank * 13 % 80] + _OPEN[rest * 31 % 80]
    return first + _CLOSED[rest * 91 % 480] + _CLOSED[(rest // 480 * 17 + 5) % 480]


def _prose(words: list[str], sentences: int) -> str:
    size = -(-len(words) // sentences)
    return " ".join(" ".join(words[at : at + size]).capitalize() + "." for at in range(0, len(words), size))


def _authors(rng: np.random.Generator) -> tuple[str, ...]:
    drawn = rng.integers(0, 480, (min(int(rng.geometric(0.3)), 12), 4)).tolist()
    return tuple(f"{_CLOSED[a]}{_OPEN[b % 80]} {_CLOSED[c]}{_CLOSED[d]}".title() for a, b, c, d in drawn)
