"""Which way a sentence points: negations, opposites, hedges, claims about all cases.

Rules for English scientific prose.  Pure; knows no paper, no number and no embedding.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.comparisons import compared_alike
from rag.vocabulary import content_words, direction, words

_NEGATES = re.compile(
    r"\b(?:not(?! only| just)|cannot|never|no(?! longer than)|none|nor|neither|without|hardly|barely|scarcely|unable"
    r"|little(?! more| less)|lacks?|lacking|fail(?:s|ed)?|remov(?:e|es|ed|ing)|\w+n['’]t)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.,;:()]|\b(?:but|while|whereas|although|because|since|and|which)\b", re.IGNORECASE)
_NEGATED_WORDS = 3
_NEIGHBOURS = 2
_WORD = re.compile(r"[A-Za-zÀ-ÿ]+")
_OPPOSED = ("un", "in", "im", "non", "dis")  # "unaffected", "inaccurate"
# Words that claim for all cases, those that claim the same together.
_ABSOLUTES = tuple(
    frozenset(group.split())
    for group in (
        "all every any each always",
        "never none",
        "entirely completely perfectly fully eliminates eliminate solves solve solved lossless",
        "universally everywhere",
        "guarantees guarantee guaranteed proves prove",
        "best",
    )
)
_NEARLY = re.compile(r"\b(?:nearly|almost|not) (?:all|every|any|always|never)\b", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:may|might|probably|possibly|perhaps|likely|suggests?|suggested|expect(?:s|ed)?|hopes?|seems?|appears? to"
    r"|potentially|conjectures?|hypothesi[sz]es?|hypothesi[sz]ed)\b",
    re.IGNORECASE,
)
_SOFTENED = re.compile(
    rf"{_HEDGE.pattern}|\b(?:can|could|should|would|plausibly|estimated?|believes?)\b", re.IGNORECASE
)
_HEDGED_WORDS = 6


def contradicts(claim: str, source: str) -> bool:
    """Tell whether two sentences about the same thing differ in a negation, an opposite, or who is compared to whom."""
    if _differ_in_negation(claim, source) or _differ_in_prefix(claim, source):
        return True
    alike = compared_alike(claim, source)
    return not alike if alike is not None else _differ_in_direction(claim, source)


@dataclass(frozen=True, slots=True)
class Negation:
    """What a negation reaches: the next content words of its clause; ``before`` is the word that it follows."""

    before: str
    reached: tuple[str, ...]


def negations(text: str) -> list[Negation]:
    """Find the negations of a text: "not", "without", "hardly", "unable to"."""
    found = []
    for cue in _NEGATES.finditer(text):
        ends = (pattern.search(text, cue.end()) for pattern in (_CLAUSE, _NEGATES))
        after = content_words(text[cue.end() : min((end.start() for end in ends if end), default=len(text))])
        found.append(Negation("".join(content_words(text[: cue.start()])[-1:]), tuple(after[:_NEGATED_WORDS])))
    return found


def _negated(text: str) -> set[str]:
    return {word for negation in negations(text) for word in negation.reached}


def _differ_in_negation(claim: str, source: str) -> bool:
    sides = (claim, source)
    found = [set(content_words(side)) for side in sides]
    negated = [negations(side) for side in sides]
    return any(
        _denied(one, found[there]) and not any(_same_negation(one, other) for other in negated[there])
        for here, there in ((0, 1), (1, 0))
        for one in negated[here]
    )


def _denied(negation: Negation, said: Collection[str]) -> bool:
    """Tell whether a negation reaches what the other sentence says.

    The word right after it decides ("without loss of accuracy" says nothing against "accuracy"), with the next one
    where it is a direction: "without lowering the quality" says nothing against "lowers the cost".
    """
    decisive = negation.reached[: 2 if negation.reached and direction(negation.reached[0]) else 1]
    return bool(decisive) and all(word in said for word in decisive)


def _same_negation(one: Negation, other: Negation) -> bool:
    """ "Not require training" and "require no training", "days did not change" and "days did not fall"."""
    return bool(set(one.reached) & set(other.reached)) or one.before == other.before != ""


def _differ_in_prefix(claim: str, source: str) -> bool:
    """Tell whether one has a word and the other its negation by a prefix: "affected", "unaffected"."""
    mine, theirs = set(content_words(claim)), set(content_words(source))
    return any(
        prefix + word in there and prefix + word not in here and word not in there
        for here, there, negated in ((mine, theirs, _negated(claim)), (theirs, mine, _negated(source)))
        for word in here - negated
        for prefix in _OPPOSED
        if len(word) > 3
    )


def _differ_in_direction(claim: str, source: str) -> bool:
    """Tell whether a word and its opposite stand next to the same word; two such pairs say the same again.

    "Larger models forget more slowly" is "smaller models forget faster".
    """
    mine, theirs = ([word.meaning for word in words(side, polar=True)] for side in (claim, source))
    common = set(mine) & set(theirs)
    pairs = [(a, b) for a in set(mine) - common for b in set(theirs) - common if _opposite(a, b)]
    facing = [(a, b) for a, b in pairs if _near(mine, a) & _near(theirs, b) & common]
    turned = sum(_is_turned(a, mine, claim) != _is_turned(b, theirs, source) for a, b in facing)
    return (len(facing) - turned) % 2 == 1


def _is_turned(word: str, said: Sequence[str], text: str) -> bool:
    """Tell whether a word is negated wherever it stands."""
    return sum(word in negation.reached for negation in negations(text)) >= said.count(word)


def _opposite(one: str, other: str) -> bool:
    mine, theirs = direction(one), direction(other)
    return mine is not None and theirs is not None and mine[0] == theirs[0] and mine[1] != theirs[1]


def _near(said: Sequence[str], wanted: str) -> set[str]:
    """The words next to a wanted one."""
    places = [i for i, word in enumerate(said) if word == wanted]
    steps = [step for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1) if step]
    return {said[i + step] for i in places for step in steps if 0 <= i + step < len(said)}


def overclaims(claim: str, source: str) -> bool:
    """Tell whether the claim speaks for all cases and the source does not."""
    mine, theirs = ({word.lower() for word in _WORD.findall(_NEARLY.sub("", text))} for text in (claim, source))
    return any(mine & group - {"each"} and not theirs & group for group in _ABSOLUTES)


def is_softened(text: str) -> bool:
    """Tell whether a sentence says only that something may, can or should be so."""
    return _SOFTENED.search(text) is not None


def drops_hedge(claim: str, source: str) -> bool:
    """Tell whether the source only supposes ("may", "probably") what the claim says outright."""
    if is_softened(claim):
        return False
    said = set(content_words(claim))
    start = 0
    for end in [*(cut.start() for cut in _CLAUSE.finditer(source)), len(source)]:
        clause, start = source[start:end], end
        for cue in _HEDGE.finditer(clause):
            after = said & set(content_words(clause[cue.end() :])[:_HEDGED_WORDS])
            if after and len(after | said & set(content_words(clause[: cue.start()]))) > 1:
                return True
    return False
