"""What a sentence compares with what: "A is faster than B", "A outperforms B", "compared with B, A needs fewer".

Two sentences that compare the same things must do so the same way round.  Rules for English scientific prose.  Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.vocabulary import content_words, direction, meaning

_OPPOSITES = "opposites "  # begins the name of a dimension that has two ends
_AMOUNT = f"{_OPPOSITES}{(direction(meaning('high')) or (0, 0))[0]}"
_QUALITY = f"{_OPPOSITES}{(direction(meaning('better')) or (0, 0))[0]}"
_NOT = re.compile(r"(?:\b(?:not|never|no|cannot|hardly)|n['’]t)(?:\s+[\w%.]+){0,2}\s*$", re.IGNORECASE)
_HOW_OFTEN = frozenset(content_words("often"))
_SMALL = re.compile(r"^\s*(?:(?:that|those)\b\s*)?(?:in|on|at|by|for|with|of)\b|^\s*(?:that|those)\b", re.IGNORECASE)
_UNITS = frozenset(content_words("times percent"))  # "12 times faster" compares no times
_ALL_SIDES = re.compile(r"[;:]|,?\s*\b(?:while|whereas|but|although|though|because|since)\b", re.IGNORECASE)
_SIDE_ENDS = re.compile(
    r"[;:.)]|,\s+(?:and|but)\b|\b(?:in|on|at|for|with|when|while|whereas|during|from|because|since|although|although"
    r"|after|before|under|do|does|did|is|are|was|were|which)\b",
    re.IGNORECASE,
)
_THAN = re.compile(
    r"\b(?:(?P<more>more|less|fewer)(?:\s+(?P<what>[A-Za-z]+))?"
    r"|(?P<er>(?:better|worse|higher|lower|larger|smaller|greater|longer|shorter|faster|slower|stronger|weaker)"
    r"|(?!rather|other)[a-z]+er(?=\s+than\b)))(?P<gap>(?:\s+[\w'’-]+){0,7}?)\s+than\b",
    re.IGNORECASE,
)
_BEATS = re.compile(
    r"\b(?P<passive>(?:outperformed|beaten|surpassed|exceeded)\s+by)\b"
    r"|\b(?P<wins>outperform(?:s|ed|ing)?|beat(?:s|ing)?|surpass(?:es|ed)?|exceed(?:s|ed)?|ahead\s+of|superior\s+to)\b"
    r"|\b(?P<loses>underperform(?:s|ed)?|inferior\s+to|behind)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\bcompared (?:with|to)\s+(?P<right>[^,.;]+)", re.IGNORECASE)
_COMPARATIVE = re.compile(
    r"\b(?P<more>more|less|fewer)\b(?:\s+(?P<what>[A-Za-z]+))?|\b(?P<er>better|worse|faster|slower|[a-z]{3,}er)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left`` has more of ``what`` than ``right`` (``sign`` 1), or less (-1); ``what`` is "" where it is left open."""

    what: str
    sign: int
    left: frozenset[str]
    right: frozenset[str]
    about: frozenset[str] = frozenset()

    def is_in(self, word: str) -> bool:
        """Tell whether a word is what this compares by."""
        pair = direction(word)
        return word == self.what or (pair is not None and f"{_OPPOSITES}{pair[0]}" == self.what)

    @property
    def of_amount(self) -> bool:
        """Tell whether more or less of a measure is meant ("more faults"), and not better, faster, easier."""
        return self.what == _AMOUNT or not self.what.startswith(_OPPOSITES)


def comparisons(sentence: str) -> list[Comparison]:
    """Find what a sentence compares: "is slower than", "outperforms", "compared with X, … fewer"."""
    found = []
    for match in _THAN.finditer(sentence):
        what, sign = _dimension(match)
        sign *= _turned(sentence, match.start())
        gap = content_words(match["gap"])
        about = frozenset(content_words(match["what"]) if match["what"] else gap) - _HOW_OFTEN
        left = (_left(sentence, match.start()) | frozenset(gap)) - about
        found.append(Comparison(what, sign, left, _right(sentence, match.end()), about))
    for match in _BEATS.finditer(sentence):
        sign = (1 if match["wins"] else -1) * _turned(sentence, match.start())
        found.append(Comparison(_QUALITY, sign, _left(sentence, match.start()), _right(sentence, match.end())))
    return found or _without_than(sentence)


def _without_than(sentence: str) -> list[Comparison]:
    """ "Compared with X, Y is faster", and comparatives that leave open what they compare with: "Y is faster"."""
    target = _COMPARED.search(sentence)
    if target:
        right = frozenset(content_words(target["right"]))
        rest = sentence[: target.start()] + " " * (target.end() - target.start()) + sentence[target.end() :]
    else:
        right, rest = frozenset(), sentence
    found = []
    for match in _COMPARATIVE.finditer(rest):
        what, sign = _dimension(match)
        if what.startswith(_OPPOSITES) or match["more"]:  # "number" is no comparative of "numb"
            left = frozenset(content_words(rest)) if target else _left(rest, match.start())
            found.append(Comparison(what, sign, left - right, right))
    return found


def _dimension(match: re.Match[str]) -> tuple[str, int]:
    """Give what is compared and which way, so that "slower", "less fast" and "more slowly" are the same."""
    sign = -1 if (match["more"] or "").lower() in ("less", "fewer") else 1
    word = (match["er"] or match["what"] or "").lower()
    if word in ("", "than"):
        return "", sign
    what = meaning(word)
    pair = direction(what)
    return (f"{_OPPOSITES}{pair[0]}", sign * pair[1]) if pair else (what, sign)


def _turned(sentence: str, at: int) -> int:
    """-1 where a negation stands right before the comparison: "does not beat", "is no faster than"."""
    return -1 if _NOT.search(sentence[:at]) else 1


def _left(sentence: str, end: int) -> frozenset[str]:
    cuts = [m.end() for m in _ALL_SIDES.finditer(sentence, 0, end)]
    return frozenset(content_words(sentence[cuts[-1] if cuts else 0 : end])) - _UNITS


def _right(sentence: str, start: int) -> frozenset[str]:
    start += len(sentence[start:]) - len(_SMALL.sub("", sentence[start:], count=1))
    end = _SIDE_ENDS.search(sentence, start)
    return frozenset(content_words(sentence[start : end.start() if end else len(sentence)]))


def compared_alike(claim: str, source: str) -> bool | None:
    """Tell whether both compare the same things the same way; None where they do not compare the same things."""
    verdicts = [alike(mine, theirs) for mine in comparisons(claim) for theirs in comparisons(source)]
    known = [verdict for verdict in verdicts if verdict is not None]
    return all(known) if known else None


def alike(mine: Comparison, theirs: Comparison) -> bool | None:
    """Tell whether two comparisons agree; None where they do not compare the same things."""
    if mine.what and theirs.what and mine.what != theirs.what:
        return None
    left, right = theirs.left - theirs.right, theirs.right - theirs.left
    straight = len(mine.left & left) + len(mine.right & right)
    crossed = len(mine.left & right) + len(mine.right & left)
    if straight == crossed or not (mine.right & right or mine.left & right or mine.right & left):
        return None
    return (straight > crossed) == (mine.sign == theirs.sign)
