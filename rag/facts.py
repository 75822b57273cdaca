"""The facts of a sentence that must match exactly: quantities with their units, and names.

Rules for English scientific prose.  Pure; knows no paper and no embedding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.vocabulary import content_words

_DIGITS = {
    word: value
    for value, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split(),
        2,
    )
}
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_WORDS: dict[str, float] = {**_DIGITS, **_TENS, "dozen": 12}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_LETTERS = {"K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9}
_TIMES = {"twice": 2.0, "double": 2.0, "doubles": 2.0, "doubled": 2.0, "triple": 3.0, "triples": 3.0, "tripled": 3.0}
# Unit: what it measures, and how many of that measure's first unit it is.
_UNITS = {
    unit: (kind, size)
    for kind, sizes in {
        "%": {"% percent percentage": 1.0},
        "x": {"x × times fold factor": 1.0},
        "time": {
            "ms millisecond milliseconds": 1e-3,
            "s sec second seconds": 1.0,
            "min minute minutes": 60.0,
            "h hour hours": 3600.0,
            "day days": 86400.0,
            "week weeks": 604800.0,
        },
        "months": {"month months": 1.0, "year years": 12.0},
        "bit": {"bit bits": 1.0},
        "bytes": {
            "kb kilobyte kilobytes": 1e-6,
            "mb megabyte megabytes": 1e-3,
            "gb gigabyte gigabytes": 1.0,
            "tb terabyte terabytes": 1e3,
        },
        "length": {"mm": 1e-3, "cm": 1e-2, "m metre metres meter meters": 1.0, "km kilometre kilometres": 1e3},
    }.items()
    for units, size in sizes.items()
    for unit in units.split()
}
_VALUE = (
    r"(?P<value>\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+−]?\d+(?![A-Za-z\d]))?)(?:\s?(?P<letter>[KkMB])(?![A-Za-z]))?"
    rf"|(?i:\b(?P<tens>{'|'.join(_TENS)})-(?P<ones>{'|'.join(_DIGITS)})\b"
    rf"|\b(?P<word>{'|'.join(_WORDS)}|a(?=[\s-](?:{'|'.join(_SCALES)})\b))(?=\b|fold\b))"
)
_NUMBER = re.compile(
    r"(?:(?P<name>[A-Za-z]-?)|(?P<minus>(?<![^\s(\[$=~≈<>≤≥:,])[-−](?=\d)))?"  # not a range: "3-5"
    rf"(?<![\d.,])(?:{_VALUE})(?i:(?P<half>[\s-]and[\s-]a[\s-]half)?"
    rf"(?P<scales>(?:[\s-](?:{'|'.join(_SCALES)})s?\b)*))"
    r"(?:[\s-]?(?P<unit>%|×|[A-Za-z]+(?![A-Za-z0-9]))(?:(?=[\s-](?P<second>[A-Za-z]+)\b))?)?"
)
_ONE = re.compile(
    r"\b(?:(?:an?|every|each|one)\s+(?P<unit>hour|day|week|month|year)|(?:per|one)\s+(?P<short>second|minute))\b",
    re.IGNORECASE,
)
_HALF = re.compile(
    r"\bhalf an? (?P<unit>[A-Za-z]+)|\b(?:half|halves|halved)\b(?!-)|\border of magnitude\b", re.IGNORECASE
)
_MULTIPLE = re.compile(rf"\b(?:{'|'.join(_TIMES)})\b", re.IGNORECASE)
_FACTOR = re.compile(r"\bfactor of (?:about |around |roughly |some )?$", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*")
_PLAIN = re.compile(r"[A-Z][a-z]{3,}")


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity: its value with the scale worked in, its unit's kind ("" where none is known), the noun after it.

    ``value`` is in the first unit of the kind (seconds, gigabytes, metres, months); ``start`` is where it stands.  The
    sign is weighed apart: "a change of -3%" may be told as a fall by 3%.
    """

    value: float
    unit: str
    noun: str = ""
    start: int = 0

    @property
    def size(self) -> float:
        return abs(self.value)

    def agrees(self, other: Number) -> bool:
        """Tell whether both can be the same quantity, their signs aside.

        A missing unit agrees with any, 0.95 with 95%.
        """
        if self.unit and other.unit and self.unit != other.unit:
            return False
        if abs(self.size - other.size) <= 1e-9 * max(self.size, other.size):
            return True
        share, percent = sorted((self, other), key=lambda n: n.unit == "%")
        return percent.unit == "%" and not share.unit and abs(share.size * 100 - percent.size) < 1e-9


def numbers(text: str) -> list[Number]:
    """Quantities in figures and in words, in order; figures that belong to a name ("GPT-4", "L2") are no quantities."""
    found = [_number(match, text) for match in _NUMBER.finditer(text) if not match["name"]]
    found += [Number(_TIMES[m.group().lower()], "x", "", m.start()) for m in _MULTIPLE.finditer(text)]
    return sorted([*found, *_ones(text), *_halves(text)], key=lambda number: number.start)


def _number(match: re.Match[str], text: str) -> Number:
    value = _value(match)
    first, second = match["unit"] or "", match["second"] or ""
    if _FACTOR.search(text[: match.start()]):
        return Number(value, "x", "", match.start())
    for word in (first, second):  # "four GPU hours" are hours, but "five s" after a noun is no unit
        known = _UNITS.get(word.lower()) if word == first or len(word) > 2 else None
        if known:
            return Number(value * known[1], known[0], "", match.start())
    return Number(value, "", "".join(content_words(first)[:1]), match.start())


def _value(match: re.Match[str]) -> float:
    if match["value"]:
        value = float(match["value"].replace(",", "").replace("−", "-")) * _LETTERS.get(match["letter"] or "", 1.0)
    elif match["tens"]:
        value = float(_TENS[match["tens"].lower()] + _DIGITS[match["ones"].lower()])
    else:
        value = float(_WORDS.get(match["word"].lower(), 1.0))
    value += 0.5 if match["half"] else 0.0
    for scale in re.findall(r"[a-z]+", match["scales"].lower()):
        value *= _SCALES[scale.removesuffix("s")]
    return -value if match["minus"] else value


def _ones(text: str) -> Iterator[Number]:
    """ "A year" and "per year": what "90 euros a month" has wrong."""
    for match in _ONE.finditer(text):
        kind, size = _UNITS[(match["unit"] or match["short"]).lower()]
        if not re.search(r"\bhalf\s$", text[: match.start()], re.IGNORECASE):
            yield Number(size, kind, "", match.start())


def _halves(text: str) -> Iterator[Number]:
    """ "Half a year" is six months, "halved" is 50%, an order of magnitude is ten times."""
    for match in _HALF.finditer(text):
        unit = _UNITS.get((match["unit"] or "").lower())
        if unit:
            yield Number(0.5 * unit[1], unit[0], "", match.start())
        elif match.group().lower().startswith("order"):
            yield Number(10.0, "x", "", match.start())
        elif not re.search(r"\band an?[\s-]$", text[: match.start()]):
            yield Number(50.0, "%", "", match.start())


def matched(claimed: Sequence[Number], said: Sequence[Number]) -> list[bool]:
    """Tell for each number of a claim whether the source has it too."""
    return [any(number.agrees(other) for other in said) for number in claimed]


def signs_match(claimed: Sequence[Number], said: Sequence[Number]) -> bool:
    """Tell whether the source has each number of a claim with the same sign."""
    return all(any(n.agrees(other) and (n.value < 0) == (other.value < 0) for other in said) for n in claimed)


def names(sentence: str) -> list[str]:
    """Words that name something: with a capital inside, in capitals, with letters and figures, or capitalised late."""
    found = []
    for match in _NAME.finditer(sentence):
        word = match.group()
        letters = sum(c.isalpha() for c in word)
        inner = any(c.isupper() for c in word[1:])
        mixed = letters > 0 and any(c.isdigit() for c in word) and not word[0].isdigit()
        late = word[0].isupper() and letters > 1 and _inside_sentence(sentence, match.start())
        if word.lower() in _UNITS:
            continue
        if (inner and not word[0].isdigit()) or mixed or late:
            found.append(word)
    return found


def _inside_sentence(sentence: str, at: int) -> bool:
    before = sentence[:at].rstrip(" \"'“‘([")
    return bool(before) and before[-1] not in ".!?:"


def is_named(name: str, text: str) -> bool:
    """Tell whether ``text`` has the name, in whatever spelling, or words that a short name abbreviates."""
    if _spelling(name).search(text):
        return True
    if not (name.rstrip("s").isupper() and 2 <= len(name) <= 6):
        return False
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z]+", text)).lower()
    return _bare(name).removesuffix("s" if name.endswith("s") else "") in initials


@lru_cache(maxsize=4096)  # a name is looked for in every abstract that a sentence cites
def _spelling(name: str) -> re.Pattern[str]:
    """The name with any marks between its letters, one or many of it, and not in the midst of a longer word.

    A capital begins a word ("FlashRNN" has "RNN"); a plain word may go on ("Austria" in "Austrian").
    """
    bare = _bare(name)
    one = bare.removesuffix("s") if len(bare) > 3 else bare
    end = r"(?:(?i:e?s)?(?![A-Za-z])|(?<=[a-z])(?=[A-Z]))"
    if one[-1:].isdigit():
        end = r"(?!\d)"
    elif _PLAIN.fullmatch(name):
        end = ""
    letters = r"[\W_]*".join(one)
    return re.compile(rf"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))(?i:{letters}){end}")


def _bare(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
