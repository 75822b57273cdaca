"""Does the cited abstract say this sentence?

A sentence that stands in an abstract is supported at once.  Any other is compared with the abstract's sentences: by
meaning (cosine of sentence embeddings) and by content words and numbers (the share that the best sentences cover).
What no closeness can excuse is checked by rules: a number with its unit, a name, a negation, a direction, who is
compared with whom, and which number belongs to what make a claim unsupported where they differ; a claim about all
cases, a dropped "may", a lost minus, or a name that stands elsewhere in the abstract make it partial at most.  An NLI
model, where the user has named one, judges what the rules let pass.

Measured on sentences about invented and starter papers: ``eval/results/support.md``.  Knows no answerer and no page;
the embedder is given from outside.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index_store.protocols import Embedder, Entailment, Vectors
from index_store.sentences import sentence_spans
from index_store.types import Paper, Span
from rag.clauses import mixes_up
from rag.drafting import Verdict
from rag.facts import Number, is_named, matched, names, numbers, signs_match
from rag.polarity import contradicts, drops_hedge, overclaims
from rag.types import Quote, Support
from rag.vocabulary import content_words

_SUPPORTED = 0.62
_PARTIAL = 0.45
_CERTAIN = 0.5  # from here on an NLI model's word counts
_SECOND_QUOTE = 0.2  # share of the claim's words that a second sentence must add to be quoted too
_OPENING = 3  # words that say what a sentence speaks of
_MOST_ABSTRACTS = 64
_SPACE = re.compile(r"\s+")
_DASHES = str.maketrans({"–": "-", "—": "-", "‐": "-", "‑": "-", "“": '"', "”": '"', "’": "'", "‘": "'"})


@dataclass(frozen=True, slots=True)
class _Read:
    """An abstract as it is compared: its sentences, their vectors and content words, and what it mostly speaks of."""

    spans: tuple[Span, ...]
    vectors: Vectors
    words: tuple[frozenset[str], ...]
    subject: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence of a cited paper: which paper, where, and how near it comes to the claim."""

    paper: int
    span: Span
    text: str
    cosine: float
    words: frozenset[str]

    def score(self, wanted: frozenset[str]) -> float:
        return (self.cosine + _share(wanted, self.words)) / 2


class SentenceSupport:
    """Checks sentences against abstracts; keeps what it read of the abstracts it saw last."""

    def __init__(self, embedder: Embedder, entailment: Entailment | None = None) -> None:
        self._embedder = embedder
        self._entailment = entailment
        self._seen: dict[str, _Read] = {}

    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        """Tell whether the abstracts of ``papers`` together say ``sentence``; quotes are what says it."""
        verbatim = _verbatim(sentence, papers)
        if verbatim:
            return Verdict("supported", verbatim)
        wanted = frozenset(content_words(sentence))
        if not wanted or not any(paper.abstract.strip() for paper in papers):
            return Verdict("unsupported")
        read = [self._read(paper.abstract) for paper in papers]
        candidates = self._candidates(sentence, papers, read)
        evidence = _evidence(sentence, wanted, candidates)
        support = _grade(sentence, wanted, evidence, papers, [r.subject for r in read])
        if self._entailment is not None and support != "unsupported":
            support = _second_opinion(self._entailment, evidence, sentence)
        if support == "unsupported":
            return Verdict(support)
        return Verdict(support, _quotes(evidence, candidates, wanted, papers))

    def _candidates(self, sentence: str, papers: Sequence[Paper], read: Sequence[_Read]) -> list[_Sentence]:
        (vector,) = self._embedder.encode([sentence])
        return [
            _Sentence(number, span, paper.abstract[span.start : span.end], float(cosine), words)
            for number, (paper, known) in enumerate(zip(papers, read, strict=True))
            for span, cosine, words in zip(known.spans, known.vectors @ vector, known.words, strict=True)
        ]

    def _read(self, abstract: str) -> _Read:
        known = self._seen.get(abstract)
        if known is None:
            spans = tuple(sentence_spans(abstract))
            texts = [abstract[span.start : span.end] for span in spans]
            named = Counter(names(f"… {abstract}"))
            subject = max(named, key=lambda name: named[name], default="")
            words = tuple(frozenset(content_words(text)) for text in texts)
            known = _Read(spans, self._embedder.encode(texts), words, subject)
            if len(self._seen) >= _MOST_ABSTRACTS:
                self._seen.clear()
            self._seen[abstract] = known
        return known


def _verbatim(sentence: str, papers: Sequence[Paper]) -> tuple[tuple[int, Quote], ...]:
    said = _plain(sentence)
    return tuple(
        (number, _quote(paper, span))
        for number, paper in enumerate(papers)
        for span in sentence_spans(paper.abstract)
        if said and _plain(paper.abstract[span.start : span.end]) == said
    )


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text.translate(_DASHES)).strip(" .!?\"'").lower()


def _quote(paper: Paper, span: Span) -> Quote:
    return Quote(paper.abstract[span.start : span.end], span.start, span.end)


def _evidence(sentence: str, wanted: frozenset[str], candidates: Sequence[_Sentence]) -> list[_Sentence]:
    """The sentence that comes nearest, and the one that adds most of what it leaves out."""
    facts = numbers(sentence)

    def value(candidate: _Sentence) -> float:
        found = sum(matched(facts, numbers(candidate.text))) / len(facts) if facts else 0.0
        return candidate.score(wanted) + 0.1 * found

    first = max(candidates, key=lambda c: (value(c), -c.paper, -c.span.start))
    missing = wanted - first.words
    rest = [c for c in candidates if c is not first]
    second = max(rest, key=lambda c: (len(missing & c.words), value(c), -c.span.start), default=None)
    if second is None or len(missing & second.words) < _SECOND_QUOTE * len(wanted):
        return [first]
    return [first, second]


def _grade(
    sentence: str,
    wanted: frozenset[str],
    evidence: Sequence[_Sentence],
    papers: Sequence[Paper],
    subjects: Sequence[str],
) -> Support:
    best, text = evidence[0], " ".join(e.text for e in evidence)
    claimed, said = numbers(sentence), numbers(text)
    covered = frozenset[str]().union(*(e.words for e in evidence), *(content_words(paper.title) for paper in papers))
    found = sum(matched(claimed, said))
    # A number that matches says as much as a word that does.
    share = (len(wanted & covered) + found) / (len(wanted) + len(claimed))
    score = (best.cosine + share) / 2
    if score < _PARTIAL or contradicts(sentence, best.text) or not _facts_match(sentence, claimed, papers):
        return "unsupported"
    if any(mixes_up(sentence, e.text) for e in evidence):
        return "unsupported"
    overstated = overclaims(sentence, text) or drops_hedge(sentence, best.text)
    if score < _SUPPORTED or overstated or not signs_match(claimed, said):
        return "partial"
    return "supported" if _named_nearby(sentence, claimed, evidence, papers, subjects) else "partial"


def _facts_match(sentence: str, claimed: Sequence[Number], papers: Sequence[Paper]) -> bool:
    text = " ".join(f"{paper.title}. {paper.abstract}" for paper in papers)
    return all(matched(claimed, numbers(text))) and all(is_named(name, text) for name in names(sentence))


def _named_nearby(
    sentence: str,
    claimed: Sequence[Number],
    evidence: Sequence[_Sentence],
    papers: Sequence[Paper],
    subjects: Sequence[str],
) -> bool:
    """Tell whether the names of a claim stand where its evidence is: there, just before, or as the paper's subject."""
    decisive = [e for e in evidence if any(matched(claimed, numbers(e.text)))] or evidence
    text = " ".join(e.text for e in decisive)
    for e in decisive:
        paper = papers[e.paper]
        own = names(" ".join(e.text.split()[:_OPENING]))  # "GrowCast predicts" goes on from no sentence before it
        before = [] if own else sentence_spans(paper.abstract[: e.span.start])[-1:]
        text += " ".join((" ", paper.title, subjects[e.paper], *(paper.abstract[s.start : s.end] for s in before)))
    return all(is_named(name, text) for name in names(sentence))


def _second_opinion(model: Entailment, evidence: Sequence[_Sentence], sentence: str) -> Support:
    """What an NLI model makes of a claim that the rules let pass: entailed, contradicted, or neither."""
    entailed, contradicted = model.judge(" ".join(e.text for e in evidence), sentence)
    if contradicted >= _CERTAIN:
        return "unsupported"
    return "supported" if entailed >= _CERTAIN else "partial"


def _share(wanted: frozenset[str], words: frozenset[str]) -> float:
    return len(wanted & words) / len(wanted)


def _quotes(
    evidence: Sequence[_Sentence], candidates: Sequence[_Sentence], wanted: frozenset[str], papers: Sequence[Paper]
) -> tuple[tuple[int, Quote], ...]:
    """The evidence, and for a cited paper without any its own nearest sentence."""
    chosen = list(evidence)
    for number in range(len(papers)):
        own = [c for c in candidates if c.paper == number]
        if own and not any(e.paper == number for e in evidence):
            nearest = max(own, key=lambda c: (c.score(wanted), -c.span.start))
            chosen += [nearest] if nearest.score(wanted) >= _PARTIAL else []
    return tuple((c.paper, _quote(papers[c.paper], c.span)) for c in chosen)
