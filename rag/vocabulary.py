"""English words as the support check sees them: which carry meaning, which mean the same, which are opposites.

A word is cut to a stem, and stems that say the same in scientific prose ("cuts", "reduces", "lowers") become one
word.  The lists are short on purpose: words whose sense depends on the field are left to sentence embeddings.  Pure;
knows no sentence and no paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-z]+)?|\d+")
_STOP = frozenset(
    "a about according across after all also am among an and any are as at author authors be been before being "
    "between both but by can case come comes could did do does during each either else even ever every find found for "
    "from given had has have he her here his how however i if in into is it its itself made make makes many may might "
    "more most much must of on one ones only or other our out over own paper per rather same several shall she should "
    "show shown shows so some still study such than that the their them then there though these they this those "
    "through thus to too under until up upon us use used uses using very via was we were what when where whether "
    "which while who whose why will with within would yet you "
    # Negations are read by ``rag.polarity``; these verbs say nothing without what follows them.
    "no not cannot never none nor neither without hardly barely bring brings brought go goes going take takes took "
    "taken taking place".split()
)
_POLAR_STOP = frozenset("more most many".split())  # carry no topic, but a direction
# Longest first; a stem keeps at least three letters.
_SUFFIXES = (
    "izations isations ization isation ations ation ingly ments ment tions tion ances ences ance ence iency ient edly "
    "ness ical ings ally ised ized ises izes ise ize ing ied ies ers er est ed es ly al s e y"
).split()
_IRREGULAR = {
    form: word
    for word, forms in {
        "beat": "beaten beating",
        "begin": "began begun",
        "build": "built",
        "draw": "drew drawn",
        "drop": "dropped dropping",
        "fall": "fell fallen",
        "less": "fewer least fewest lesser",
        "good": "best",
        "grow": "grew grown",
        "half": "halves halved halving halve",
        "hold": "held",
        "keep": "kept",
        "lead": "led",
        "lose": "lost loses loss losses",
        "medium": "media",
        "rise": "rose risen",
        "shrink": "shrank shrunk",
        "teach": "taught",
        "write": "wrote written",
    }.items()
    for form in forms.split()
}


def _stem(word: str) -> str:
    word = re.sub(r"['’]s$", "", word.lower())
    word = _IRREGULAR.get(word, word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            if suffix in ("ed", "ing") and word.endswith("er") and len(word) >= 5:  # "lowered", "discovering"
                word = word[:-2]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


_OPPOSITES = (
    (
        "increase raise rise grow boost gain climb restore recover high more most many",
        "decrease reduce lower fall drop shrink cut decline lessen diminish low less",
    ),
    ("improve enhance better outperform beat surpass exceed superior ahead", "worsen worse degrade harm hurt impair"),
    ("fast quick rapid", "slow"),
    ("large big great", "small"),
    ("strong strengthen", "weak weaken"),
    ("easy simple", "hard difficult"),
    ("cheap", "expensive costly"),
    ("robust", "fragile"),
    ("success succeed", "fail failure"),
    ("double twice", "half"),
    ("long lengthen", "short shorten"),
    ("see detect recognise discover", "miss overlook"),
    ("accept", "reject"),
    ("include contain", "exclude"),
    ("positive", "negative"),
    ("correct right", "wrong incorrect"),
    ("early", "late"),
    ("first", "last"),
    ("top", "bottom"),
    ("wide widen", "narrow"),
    ("deep", "shallow"),
    ("maximum", "minimum"),
    ("safe", "dangerous"),
)
_SYNONYMS = (
    "require need necessary",
    "obtain achieve attain reach score get",
    "keep retain preserve maintain",
    "method approach technique",
    "accuracy accurate",
    "cost price",
    "benefit help",
    "mean average",
    "whole entire full",
    "often frequently",
    "gigabyte gb",
    "megabyte mb",
    "terabyte tb",
    "twelve dozen",
    "near close",
    "begin start",
    "train training trained",
    "people human persons",
    "compute computation computational calculate",
    "precise precision",
    "sort classify",
    "error mistake",
    "consumption consume use",
    "add addition added",
    "forecast predict",
    "cover include contain comprise",
)


def _classes() -> dict[str, str]:
    """Map stems to the first stem of those that mean the same."""
    found: dict[str, str] = {}
    for group in (*(side for pair in _OPPOSITES for side in pair), *_SYNONYMS):
        stems = [_stem(word) for word in group.split()]
        first = next((found[s] for s in stems if s in found), stems[0])
        for stem in stems:
            found.setdefault(stem, first)
    return found


_CLASS = _classes()


def _directions() -> dict[str, tuple[int, int]]:
    return {
        meaning(word): (number, sign)
        for number, pair in enumerate(_OPPOSITES)
        for sign, side in zip((1, -1), pair, strict=True)
        for word in side.split()
    }


@lru_cache(maxsize=65536)
def meaning(word: str) -> str:
    """Give one word for all that mean the same, as a stem."""
    stem = _stem(word)
    return _CLASS.get(stem, stem)


_DIRECTIONS = _directions()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: what it means, and its characters."""

    meaning: str
    start: int
    end: int


def direction(word: str) -> tuple[int, int] | None:
    """Give the pair of opposites that a meaning belongs to, and its side of it (1 or -1)."""
    return _DIRECTIONS.get(word)


def words(text: str, *, polar: bool = False) -> Iterator[Word]:
    """Give the words that carry meaning, in order; ``polar`` also those that only say "more" or "most"."""
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if word.isdigit() or (word in _STOP and not (polar and word in _POLAR_STOP)):
            continue
        yield Word(meaning(word), *match.span())


def content_words(text: str) -> list[str]:
    """Meanings of the words that carry one, in order; numbers are left to ``rag.facts``."""
    return [word.meaning for word in words(text)]
