"""Which number goes with what: a sentence with several numbers or contrasts says each of one thing only.

"Reviewers found 61% of the faults in people's code but 44% in models'" has two segments.  What tells them apart
("people", "models") must not change places with what they say ("61%").  Rules; where a sentence is too tangled to
tell, nothing is held against a claim.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from rag.comparisons import alike, comparisons
from rag.facts import Number, names, numbers
from rag.vocabulary import content_words, direction, words

_COUNT = "two three four five six seven eight nine ten twelve".replace(" ", "|")
_NUMERIC = rf"(?=\s+(?:[A-Za-z][\w-]*\s+){{0,5}}(?:\d|(?:{_COUNT})\b))"
_CONTRAST = r"while|whereas|but|although|though|compared (?:with|to)|against|instead of|versus|vs|than"
_CUT = re.compile(rf"[;:]|,?\s+\b(?P<contrast>{_CONTRAST})\b|,?\s+and\b{_NUMERIC}|,(?!\d){_NUMERIC}", re.IGNORECASE)
_FROM = re.compile(r"\bfrom (?:about |around )?$", re.IGNORECASE)
_TO = re.compile(r"\bto (?:about |around |only )?$", re.IGNORECASE)
_RANGE = re.compile(r"\b(?:between|from)\b[^,;]*$", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-zÀ-ÿ][\wÀ-ÿ-]*|\d[\d,.]*%?|[.,;()]")
_PREPOSITIONS = frozenset("in on at by for with of from to per after before during when under over within".split())
_PHRASE_ENDS = _PREPOSITIONS | set(".,;()") | set("it they we is was are were has had have and or".split())
_PHRASE_WORDS = 3
_ARTICLES = frozenset("a an the its their his our".split())
_PARTICIPLE = re.compile(r"\s*\w+ing\b")
_NOBODY = {""}  # stands where a segment does not say what it speaks of


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a sentence that makes one statement; ``contrasted`` where it is set against the one before it."""

    text: str
    numbers: tuple[Number, ...]
    words: frozenset[str]
    contrasted: bool
    named: tuple[str, ...] = ()

    @property
    def directions(self) -> frozenset[str]:
        return frozenset(word for word in self.words if direction(word))


def segments(sentence: str) -> list[Segment]:
    """Cut a sentence at contrasts, and between the parts of an enumeration that have numbers of their own."""
    parts, start, contrasted = [], 0, False
    for cut in _CUT.finditer(sentence):
        if not cut["contrast"] and _RANGE.search(sentence[start : cut.start()]):
            continue
        parts.append((sentence[start : cut.start()], contrasted))
        start, contrasted = cut.end(), bool(cut["contrast"])
    parts.append((sentence[start:], contrasted))
    return [_segment(text, against, first=at == 0) for at, (text, against) in enumerate(parts) if text.strip()]


def _segment(text: str, contrasted: bool, *, first: bool) -> Segment:
    named = names(text if first else f"and {text}")  # inside a sentence a capital is a name
    return Segment(text, tuple(numbers(text)), frozenset(content_words(text)), contrasted, tuple(named))


def mixes_up(claim: str, source: str) -> bool:
    """Tell whether a claim says of one thing what the source says of another in the same sentence."""
    said = segments(source)
    if _counts_otherwise(numbers(claim), numbers(source)) or _runs_backwards(claim, source):
        return True
    if _compares_otherwise(claim, said):
        return True
    return len(said) > 1 and any(_taken(part, mine, other) for part in segments(claim) for mine, other in _pairs(said))


def _counts_otherwise(claimed: Iterable[Number], said: Sequence[Number]) -> bool:
    """Tell whether a claim counts by one number what the source counts by another: 43 strains, 1,020 media."""
    for number in claimed:
        same = [other for other in said if other.noun and other.noun == number.noun]
        agreeing = [other for other in said if number.agrees(other)]
        if same and agreeing and not any(number.agrees(o) for o in same) and all(o.noun for o in agreeing):
            return True
    return False


def _runs_backwards(claim: str, source: str) -> bool:
    """Tell whether a claim goes "from 9 to 4" where the source goes "from 4 to 9"."""
    return any(
        mine[0].agrees(theirs[1]) and mine[1].agrees(theirs[0]) and not mine[0].agrees(theirs[0])
        for mine in _changes(claim)
        for theirs in _changes(source)
    )


def _changes(text: str) -> Iterator[tuple[Number, Number]]:
    for one, other in pairwise(numbers(text)):
        if _FROM.search(text[: one.start]) and _TO.search(text[: other.start]):
            yield one, other


def _compares_otherwise(claim: str, said: Sequence[Segment]) -> bool:
    """Tell whether a claim compares two things against the numbers of the source: "0.87, compared with 0.79 for X"."""
    for mine in comparisons(claim):
        for one, other in pairwise(said):
            if not (other.contrasted and one.numbers and other.numbers and mine.about <= one.words | other.words):
                continue
            first, second = one.numbers[-1], other.numbers[0]
            if not _same_kind(first, second) or first.value == second.value or not mine.of_amount:
                continue
            theirs = replace(
                mine,
                sign=1 if first.value > second.value else -1,
                left=one.words - other.words,
                right=other.words - one.words,
            )
            if alike(mine, theirs) is False:
                return True
    return False


def _pairs(said: list[Segment]) -> Iterator[tuple[Segment, Segment]]:
    for one, other in combinations(said, 2):
        yield one, other
        yield other, one


def _taken(part: Segment, mine: Segment, other: Segment) -> bool:
    """Tell whether ``part`` has what ``mine`` says, of what ``other`` is about."""
    own = [n for n in part.numbers if _has(mine, n) and not _has(other, n)]
    foreign = [n for n in part.numbers if _has(other, n) and not _has(mine, n)]
    if own and foreign:
        return _crossed(own, foreign, mine, other)
    turns = (mine.directions - other.words) & part.words
    if not (own or turns) or foreign or comparisons(part.text):
        return False
    return any(
        ours and theirs and ours.isdisjoint(theirs) and theirs & part.words and not ours & part.words
        for ours, theirs in _told_apart(mine, other)
    )


def _has(segment: Segment, number: Number) -> bool:
    return any(number.agrees(other) for other in segment.numbers)


def _crossed(own: list[Number], foreign: list[Number], mine: Segment, other: Segment) -> bool:
    """Tell whether numbers of two kinds come from two segments that each have both kinds."""
    kinds = [{_kind(n) for n in group} for group in (own, foreign)]
    both = {_kind(n) for n in mine.numbers} & {_kind(n) for n in other.numbers}
    return kinds[0].isdisjoint(kinds[1]) and kinds[0] | kinds[1] <= both


def _kind(number: Number) -> str:
    return number.unit or number.noun


def _same_kind(one: Number, other: Number) -> bool:
    """An enumeration names what it counts once: "81.5 percent on Cora, 70.3 on Citeseer"."""
    return _kind(one) == _kind(other) or not _kind(one) or not _kind(other)


def _told_apart(mine: Segment, other: Segment) -> Iterator[tuple[set[str], set[str]]]:
    """Give the words that tell two segments apart, in pairs.

    Such are those after the same preposition, those before the numbers, and the subjects of a contrast.
    """
    contrasted = mine.contrasted or other.contrasted
    if not (contrasted or any(_same_kind(a, b) for a in mine.numbers for b in other.numbers)):
        return
    phrases = [_phrases(segment.text) for segment in (mine, other)]
    for word in phrases[0].keys() & phrases[1].keys():
        yield phrases[0][word] - phrases[1][word], phrases[1][word] - phrases[0][word]
    yield _before_number(mine), _before_number(other)
    if not contrasted:
        return
    subjects = [_subject(segment) for segment in (mine, other)]
    if all(subjects):
        yield subjects[0], subjects[1]
    elif other.contrasted and not other.words & mine.words:
        yield _NOBODY, _words_of(other.named)


def _words_of(named: Iterable[str]) -> set[str]:
    return {word for name in named for word in content_words(name)}


def _phrases(text: str) -> dict[str, set[str]]:
    """Map each preposition to the content words that follow it, up to the next preposition, mark or verb."""
    tokens = _TOKEN.findall(text)
    found: dict[str, set[str]] = {}
    for at, token in enumerate(tokens):
        if token.lower() not in _PREPOSITIONS:
            continue
        phrase: list[str] = []
        for following in tokens[at + 1 :]:
            ends = following.lower() in _PHRASE_ENDS or (phrase and following.lower() in _ARTICLES)
            if ends or len(phrase) >= _PHRASE_WORDS:
                break
            phrase += content_words(following)
        found.setdefault(token.lower(), set(phrase))
    return found


def _before_number(segment: Segment) -> set[str]:
    """The last content word before the first number: "a sensitivity of 94%"."""
    if not segment.numbers:
        return set()
    before = [word.meaning for word in words(segment.text[: segment.numbers[0].start])]
    return set(before[-1:])


def _subject(segment: Segment) -> set[str]:
    """What a segment speaks of: its first name, or its first word, before any number and any direction."""
    end = segment.numbers[-1].start if segment.numbers else len(segment.text)
    if _PARTICIPLE.match(segment.text):  # "while running faster" speaks of the subject before it
        return set()
    opening = []
    for word in words(segment.text[:end]):
        if direction(word.meaning):
            break
        opening.append(word.meaning)
    named = [name for name in segment.named if name in segment.text[:end]]
    return _words_of(named[:1]) or set(opening[:1])
