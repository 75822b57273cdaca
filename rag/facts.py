"""What can be checked in a sentence without a model: content words, numbers with units, names, negations, opposites.

Rules for English scientific prose.  Pure; knows no paper and no embedding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’]t)?|\d+")
_STOP = frozenset(
    "a about according across after all also am among an and any are as at author authors be been before being between "
    "both but by can case come comes could did do does during each either else even ever every find found for from "
    "given had has have he her here his how however i if in into is it its itself made make makes many may might more "
    "most much must of on only or other our out over own paper per rather same several shall she should show shown "
    "shows so some still study such than that the their them then there these they this those through thus to too "
    "under until up upon us use used uses using very via was way we were what when where whether which while who whose "
    "why will with within would yet you".split()
)
# Longest first; a stem keeps at least three letters.
_SUFFIXES = (
    "izations ization isation ations ation ingly ments ment tions tion ances ences ance ence iency ient edly ness ical "
    "ings ally ing ied ies ers er est ed es ly al s e y"
).split()
_NUMBER_WORDS = {
    word: value
    for value, word in enumerate("two three four five six seven eight nine ten eleven twelve thirteen".split(), 2)
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}
_TIMES = {"twice": 2.0, "doubles": 2.0, "doubled": 2.0, "double": 2.0, "triple": 3.0, "triples": 3.0, "tripled": 3.0}
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9}
_UNITS = {
    unit: kind
    for kind, units in {
        "%": "% percent percentage",
        "x": "x × times fold factor",
        "s": "s sec second seconds",
        "ms": "ms millisecond milliseconds",
        "min": "min minute minutes",
        "h": "h hour hours",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
        "bit": "bit bits",
        "KB": "kb",
        "MB": "mb",
        "GB": "gb",
        "TB": "tb",
        "mm": "mm",
        "cm": "cm",
        "m": "m",
        "km": "km",
    }.items()
    for unit in units.split()
}
_NUMBER = re.compile(
    r"(?P<name>[A-Za-z]-?)?(?<![\d.,])(?P<value>\d+(?:,\d{3})*(?:\.\d+)?)(?:\s?(?P<scale>thousand|million|billion|trillion"
    r"|[KkMB](?![A-Za-z])))?(?:[\s-]?(?P<unit>%|×|[A-Za-z]+))?"
)
_WORD_NUMBER = re.compile(rf"\b({'|'.join([*_NUMBER_WORDS, *_TIMES])})\b(?:[\s-]([A-Za-z]+))?", re.IGNORECASE)
_FACTOR = re.compile(r"\bfactor of $", re.IGNORECASE)
_NEGATES = re.compile(
    r"\b(?:not(?! only| just)|cannot|never|no(?! longer than)|none|nor|neither|without|hardly|unable|lacks?|lacking"
    r"|fail(?:s|ed)?|remov(?:e|es|ed|ing)|\w+n['’]t)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.,;:()]|\b(?:but|while|whereas|although|because|since|and|which)\b", re.IGNORECASE)
_NEGATED_WORDS = 3
_NAME = re.compile(r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*")
_ABSOLUTE = frozenset(
    "always all every any entirely completely perfectly universally guarantees guarantee guaranteed proves prove "
    "eliminates eliminate solves solve solved best".split()
)


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity: its value with the scale worked in, its unit ("" where none is known), and the noun after it."""

    value: float
    unit: str
    noun: str = ""

    def agrees(self, other: Number) -> bool:
        """Tell whether both can be the same quantity; a missing unit agrees with any, 0.95 with 95%."""
        if self.unit and other.unit and self.unit != other.unit:
            return False
        if abs(self.value - other.value) <= 1e-9 * max(self.value, other.value):
            return True
        share, percent = sorted((self, other), key=lambda n: n.unit == "%")
        return percent.unit == "%" and not share.unit and abs(share.value * 100 - percent.value) < 1e-9


def stem(word: str) -> str:
    """Cut a word's ending, crudely: enough that "reduces", "reduced" and "reducing" meet."""
    word = word.lower().removesuffix("'s").removesuffix("’s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


_OPPOSITES = tuple(
    (frozenset(map(stem, one.split())), frozenset(map(stem, other.split())))
    for one, other in (
        ("increase raise rise grow boost gain", "decrease reduce lower fall drop shrink cut decline"),
        ("improve", "worsen degrade harm hurt"),
        ("high", "low"),
        ("fast", "slow"),
        ("large big great", "small"),
        ("better", "worse"),
        ("outperform", "underperform"),
        ("strong", "weak"),
        ("easy", "hard difficult"),
        ("cheap", "expensive"),
        ("robust", "fragile"),
        ("success succeed", "fail failure"),
    )
)


def content_words(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order; numbers are left to ``numbers``."""
    return [stem(word) for word in _WORD.findall(text) if word.lower() not in _STOP and not word.isdigit()]


def numbers(text: str) -> list[Number]:
    """Quantities in figures and in words; figures that belong to a name ("GPT-4", "L2") are no quantities."""
    found = []
    for match in _NUMBER.finditer(text):
        if match["name"]:
            continue
        value = float(match["value"].replace(",", "")) * _SCALES.get(match["scale"] or "", 1.0)
        after = match["unit"] or ""
        unit = "x" if _FACTOR.search(text[: match.start()]) else _UNITS.get(after, _UNITS.get(after.lower(), ""))
        found.append(Number(value, unit, "" if unit else stem(after)))
    for word, after in _WORD_NUMBER.findall(text):
        times = _TIMES.get(word.lower())
        if times:
            found.append(Number(times, "x"))
        else:
            unit = _UNITS.get(after.lower(), "")
            found.append(Number(float(_NUMBER_WORDS[word.lower()]), unit, "" if unit else stem(after)))
    return found


def names(sentence: str) -> list[str]:
    """Words that name something: with a capital inside, in capitals, with letters and figures, or capitalised late."""
    found = []
    for match in _NAME.finditer(sentence):
        word = match.group()
        letters = sum(c.isalpha() for c in word)
        inner = any(c.isupper() for c in word[1:])
        mixed = letters > 0 and any(c.isdigit() for c in word) and not word[0].isdigit()
        late = word[0].isupper() and letters > 1 and _inside_sentence(sentence, match.start())
        if (inner and not word[0].isdigit()) or mixed or late:
            found.append(word)
    return found


def _inside_sentence(sentence: str, at: int) -> bool:
    before = sentence[:at].rstrip(" \"'“‘([")
    return bool(before) and before[-1] not in ".!?:"


def is_named(name: str, text: str) -> bool:
    """Tell whether ``text`` has the name, in whatever spelling, or words that a short name abbreviates."""
    bare = _squashed(name)
    options = [bare, bare.removesuffix("s")] if len(bare) > 3 else [bare]
    squashed = _squashed(text)
    if any(re.search(re.escape(option) + (r"(?!\d)" if option[-1:].isdigit() else ""), squashed) for option in options):
        return True
    if not (name.rstrip("s").isupper() and 2 <= len(name) <= 6):
        return False
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z]+", text)).lower()
    return bare.removesuffix("s" if name.endswith("s") else "") in initials


def _squashed(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def negated_words(text: str) -> list[list[str]]:
    """For each negation, the content words that it reaches: the next few of its clause."""
    reached = []
    for cue in _NEGATES.finditer(text):
        clause = _CLAUSE.search(text, cue.end())
        words = content_words(text[cue.end() : clause.start() if clause else len(text)])
        reached.append(words[:_NEGATED_WORDS])
    return reached


def contradicts(claim: str, source: str) -> bool:
    """Tell whether two sentences about the same thing differ in a negation, or in a word and its opposite."""
    return _differ_in_negation(claim, source) or _differ_in_direction(content_words(claim), content_words(source))


def _differ_in_negation(claim: str, source: str) -> bool:
    sides = (claim, source)
    words = [set(content_words(side)) for side in sides]
    negated = [negated_words(side) for side in sides]
    for here, there in ((0, 1), (1, 0)):
        elsewhere = {word for reached in negated[there] for word in reached}
        for reached in negated[here]:
            # The word right after a negation decides ("without loss of accuracy" says nothing against "accuracy"),
            # unless the other sentence negates one of the words too: "not require training", "require no training".
            if reached and reached[0] in words[there] and not elsewhere & set(reached):
                return True
    return False


def _differ_in_direction(claim: Sequence[str], source: Sequence[str]) -> bool:
    common = set(claim) & set(source)
    for one, other in _OPPOSITES:
        for up, down in ((one, other), (other, one)):
            mine, theirs = _near(claim, up) & common, _near(source, down) & common
            if mine & theirs and not up & set(source) and not down & set(claim):
                return True
    return False


def _near(words: Sequence[str], wanted: Iterable[str]) -> set[str]:
    """The words next to any of the wanted ones."""
    places = [i for i, word in enumerate(words) if word in set(wanted)]
    return {words[j] for i in places for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < len(words)}


def absolutes(text: str) -> set[str]:
    """Words that claim for all cases."""
    return {word.lower() for word in _WORD.findall(text)} & _ABSOLUTE
