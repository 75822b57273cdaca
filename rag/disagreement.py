"""Do the abstracts that an answer cites disagree on what was asked?

Two sentences of different papers disagree where both speak of the same thing doing the same to the same, and one says
the opposite or denies it; where they compare the same two things the other way round; or where they give different
numbers for the same measure, system and data.  A false alarm would cast doubt on a sound answer, so whatever leaves
room for both to be true is taken as no disagreement: another condition, a "may", a subject such as "our method".
Measured in ``eval/results/support.md``.  Rules, no model; pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index_store.sentences import sentence_spans
from index_store.types import Hit
from rag.comparisons import Comparison, alike, comparisons
from rag.facts import names, numbers
from rag.polarity import is_softened, negations
from rag.types import Citation
from rag.vocabulary import content_words, direction, words

_CLAUSE = re.compile(
    r"[,;:()]|\.\s|\b(?:but|while|whereas|although|though|because|since|and|which|if)\b", re.IGNORECASE
)
_SCOPE = re.compile(
    r"\b(?:on|in|for|at|under|during|when|where|among|across|with|without|after|before|within|beyond|below|above|as"
    r"|until|unless|than|by|from|through|via|to)\b",
    re.IGNORECASE,
)
_SOMETIMES = re.compile(
    r"\b(?:some|certain|sometimes|often|usually|mostly|partly|not (?:all|always|every)|only)\b", re.IGNORECASE
)
# What every paper has one of: "our method" of one paper is not that of another.
_GENERIC = frozenset(
    content_words(
        "method model approach technique result system experiment framework algorithm network architecture work paper "
        "performance finding evidence analysis training proposed new novel simple baseline evaluation"
    )
)
_SHARED_WORDS = 2  # content words that two sentences about the same thing have in common, at least
_SUBJECT_WORDS = 2
_TOLERANCE = 0.02  # figures nearer than that may be the same, rounded


@dataclass(frozen=True, slots=True)
class _Statement:
    """One word of a clause as its predicate: what stands before it, after it, and under which conditions."""

    word: str
    denied: bool
    subject: frozenset[str]
    object: frozenset[str]
    scope: frozenset[str]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two sentences that cannot both be true: what citation ``number`` says, and what another paper says against it.

    ``other`` is that paper's citation number, or None where the answer does not cite it.
    """

    number: int
    said: str
    other: int | None
    title: str
    against: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence as it is compared; ``certain`` unless it says that something may or sometimes is so."""

    text: str
    words: frozenset[str]
    certain: bool
    compared: tuple[Comparison, ...]
    statements: tuple[_Statement, ...]


def find_disagreements(citations: Sequence[Citation], hits: Sequence[Hit]) -> tuple[Disagreement, ...]:
    """Find papers that disagree with what an answer quotes: first those that it cites, then others."""
    found = []
    cited = {citation.paper.id for citation in citations}
    for citation in citations:
        later = [c for c in citations if c.number > citation.number]
        against = [(c.number, c.paper, [quote.text for quote in c.quotes]) for c in later]
        uncited = [hit.paper for hit in hits if hit.paper.id not in cited]
        rivals = [*against, *((None, paper, _sentences(paper.abstract)) for paper in uncited)]
        for number, paper, texts in rivals:
            said = ((quote.text, text) for quote in citation.quotes for text in texts if disagree(quote.text, text))
            if pair := next(said, None):
                found.append(Disagreement(citation.number, pair[0], number, paper.title, pair[1]))
    return tuple(found)


def _sentences(abstract: str) -> list[str]:
    return [abstract[span.start : span.end] for span in sentence_spans(abstract)]


def disagree(first: str, second: str) -> bool:
    """Tell whether two sentences of different papers cannot both be true of the same thing."""
    if len(_words(first) & _words(second)) < _SHARED_WORDS:
        return False
    one, other = _read(first), _read(second)
    if not (one.certain and other.certain):
        return False
    if one.compared and other.compared:
        return _compare_otherwise(one, other)
    return _contradict(one.statements, other.statements) or _count_otherwise(first, second)


@lru_cache(maxsize=4096)
def _words(sentence: str) -> frozenset[str]:
    return frozenset(content_words(sentence))


@lru_cache(maxsize=4096)  # the papers of one question are compared sentence by sentence
def _read(sentence: str) -> _Sentence:
    return _Sentence(
        sentence,
        _words(sentence),
        not (is_softened(sentence) or _SOMETIMES.search(sentence)),
        tuple(compared for compared in comparisons(sentence) if compared.right),
        tuple(_statements(sentence)),
    )


def _statements(sentence: str) -> Iterator[_Statement]:
    subject: frozenset[str] = frozenset()
    start = 0
    for end in [*(cut.start() for cut in _CLAUSE.finditer(sentence)), len(sentence)]:
        clause, start = sentence[start:end], end
        found = list(_of_clause(clause, subject))
        yield from found
        # "Larger networks learn faster, and they forget less": the first words are what the next clause is about.
        subject = frozenset(statement.word for statement in found[:_SUBJECT_WORDS]) or subject


def _of_clause(clause: str, before: frozenset[str]) -> Iterator[_Statement]:
    """Take every word of a clause as its predicate; a clause without a subject has the one ``before`` it."""
    said = list(words(clause, polar=True))
    denied = {
        word
        for negation in negations(clause)
        for at, word in enumerate(negation.reached[:2])
        if at == 0 or direction(word)  # "no evidence that it improves"
    }
    cut = _SCOPE.search(clause, said[0].end) if said else None
    edge = cut.start() if cut else len(clause)
    scope = frozenset(word.meaning for word in said if word.start >= edge)
    inside = [word.meaning for word in said if word.start < edge]
    for at, word in enumerate(inside):
        subject = frozenset(inside[:at]) or before
        yield _Statement(word, word in denied, subject, frozenset(inside[at + 1 :]), scope)


def _contradict(ones: Sequence[_Statement], others: Sequence[_Statement]) -> bool:
    known = {other.word for other in others}
    may = [one for one in ones if one.word in known or direction(one.word)]
    return any(_opposed(one, other) for one in may for other in others)


def _opposed(one: _Statement, other: _Statement) -> bool:
    here, there = direction(one.word), direction(other.word)
    if one.word == other.word:
        contrary = one.denied != other.denied
    else:
        opposite = here is not None and there is not None and here[0] == there[0] and here[1] != there[1]
        contrary = opposite and one.denied == other.denied
    return contrary and _same(one.subject, other.subject) and _about_the_same(one, other)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two groups of words name the same thing: one adds nothing to the other, and it is no "method"."""
    return bool(one & other - _GENERIC) and (one <= other or other <= one)


def _same_scope(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two statements hold under the same conditions: a condition that only one names may be the reason."""
    return one == other or _same(one, other)


def _about_the_same(one: _Statement, other: _Statement) -> bool:
    if not _same_scope(one.scope, other.scope):
        return False
    if one.object or other.object:
        return _same(one.object, other.object)
    return bool(one.scope) or len(one.subject & other.subject) > 1


def _compare_otherwise(first: _Sentence, second: _Sentence) -> bool:
    """Tell whether both compare the same two things, each the other way round."""
    for mine in first.compared:
        for theirs in second.compared:
            things = mine.left | mine.right, theirs.left | theirs.right
            scopes = [_rest(side.words, group, mine) for side, group in zip((first, second), things, strict=True)]
            if _both_named(*things) and _same_scope(*scopes) and alike(mine, theirs) is False:
                return True
    return False


def _rest(said: frozenset[str], things: frozenset[str], compared: Comparison) -> frozenset[str]:
    """What a sentence says beside the things it compares and the word that compares them: the condition."""
    return frozenset(word for word in said - things if not compared.is_in(word))


def _both_named(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) > 1 and _same(one, other)


def _count_otherwise(first: str, second: str) -> bool:
    """Tell whether both give one number for the same measure, under the same names: a system and its data."""
    if len(_names(first)) < 2 or _names(first) != _names(second):
        return False
    counted = [numbers(text) for text in (first, second)]
    if any(len(found) != 1 for found in counted):
        return False
    mine, theirs = counted[0][0], counted[1][0]
    apart = abs(mine.size - theirs.size) > _TOLERANCE * max(mine.size, theirs.size)
    return apart and mine.unit == theirs.unit and mine.noun == theirs.noun and _same(_words(first), _words(second))


@lru_cache(maxsize=4096)
def _names(sentence: str) -> frozenset[str]:
    return frozenset(names(sentence))
