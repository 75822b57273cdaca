"""What titles, names and abstracts say, taken apart for comparison: kind of publication, numbers, persons, words.

Typography, LaTeX, HTML, British and American spelling make no difference.  Everything is computed once a paper and kept
for the last thousand.  Pure; decides nothing (see ``sameness``).
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from index_store.identity import normal_form
from index_store.sketches import content_words, sketch
from index_store.types import Paper

# What a notice about a paper calls itself, at the start of its title or at its end.
_NOTICES = {
    "correction": r"(?:publisher'?s? |authors?'? )?(?:corrections?|corrigend(?:um|a)|errat(?:um|a)|addendum|amendment)",
    "retraction": r"(?:notice of )?(?:retract(?:ion|ed)|withdraw(?:n|al)|removed|expression of concern)",
    "reply": r"(?:authors?'? )?(?:a )?(?:reply|replies|response|rejoinder|rebuttal)",
    "comment": r"(?:a )?(?:short )?(?:comments?|commentary|discussion|remarks?|letter)",
    "review": r"(?:book )?review of|editorial|preface|foreword|in this issue",
    "protocol": r"(?:study )?protocol",
    "supplement": r"supplement(?:ary|al)?(?: (?:material|information|data|file)s?)?|appendix|data (?:for|from)",
}
_LINK = (
    r"\s*(?:article|paper|notice|statement)?\s*"
    r"(?:[:\u2013\u2014\u2019\]-]|\b(?:to|on|for|of|from|regarding|about)\b|$)"
)
_STARTS = {kind: re.compile(rf"[\W_]*(?:{words}){_LINK}", re.IGNORECASE) for kind, words in _NOTICES.items()}
_ENDS = {
    kind: re.compile(rf"(?:[:(\[\u2013\u2014]|\s-)\s*(?:{words})(?: for an? .*)?\s*[)\]]?\s*$", re.IGNORECASE)
    for kind, words in _NOTICES.items()
}

_MARKUP = re.compile(r"</?(?:i|b|em|sub|sup|strong|span|p|title|scp|tt|jats:\w+|mml:\w+)\b[^<>]{0,200}>", re.IGNORECASE)
_COMMAND = re.compile(
    r"\\(?:emph|text(?:it|bf|rm|sc|tt|sf)?|math(?:cal|rm|bf|it|bb|sf)|mbox|ensuremath|it|bf|rm|em)\b\s*"
)
_SPELLINGS = (
    (re.compile(r"is(?=(?:e|es|ed|ing|ation|ations|er|ers)\b)"), "iz"),
    (re.compile(r"our(?=s?\b|ed\b|al)"), "or"),
    (re.compile(r"(?<=t)re\b"), "er"),
    (re.compile(r"ll(?=(?:ed|ing|er)\b)"), "l"),
    (re.compile(r"yz"), "ys"),
)

_TOKEN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12"}
_LONE_ROMAN = {
    "i": "1",
    "v": "5",
    "x": "10",
}  # letters too: numerals after such a word, or at a title's or a head's end
_SPELT = (
    "one two three four five six seven eight nine ten",
    "first second third fourth fifth sixth seventh eighth ninth tenth",
)
_NUMBERS = {word: str(n) for row in _SPELT for n, word in enumerate(row.split(), 1)} | _ROMAN
_PART = re.compile(
    r"\b(?:part|volume|vol|no|number|type|phase|study|paper|chapter|stage|series|book|act)\.?\s+([ivx])\b",
    re.IGNORECASE,
)
_END = re.compile(r"\b([IVX])\s*(?:$|[:.\u2013\u2014(-])")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")

_SEPARATOR = re.compile(r":\s|\s[-\u2013\u2014]+\s|\u2014|\.\s|\?\s|\s\(")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_COPYRIGHT = re.compile(
    r"(?:\u00a9|\(c\)|\bcopyright\b)[^.]{0,120}\.?(?:\s*All rights reserved\.?)?\s*$", re.IGNORECASE
)
_GROUP = re.compile(
    r"\b(?:collaborations?|consortium|group|team|network|committee|investigators|et al|others)\b", re.IGNORECASE
)
_SUFFIXES = frozenset(["jr", "sr", "phd", "md"])
_CUT_OFF = re.compile(r"(?:\u2026|\.\.\.)\s*(?:\[?(?:read )?more\]?)?\s*$")


@dataclass(frozen=True, slots=True)
class Person:
    """A name: its family name, the words of all of it, and the initials of the given names ("" where unknown)."""

    family: str
    words: frozenset[str]
    initials: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A paper taken apart.  ``heads`` are the titles that are left when a subtitle is dropped,
    ``edition`` the numbers in sentences about an edition."""

    kind: str
    title: str
    title_words: frozenset[str]
    heads: frozenset[str]
    numbers: tuple[str, ...]
    persons: tuple[Person, ...]
    abstract: str
    words: frozenset[str]
    runs: frozenset[tuple[str, ...]]
    years: frozenset[str]
    edition: frozenset[str]
    figures: frozenset[str]
    is_cut_off: bool


@lru_cache(1_024)
def wording(paper: Paper) -> Wording:
    """Take a paper apart."""
    abstract = plain(_COPYRIGHT.sub("", paper.abstract))
    words = content_words(abstract)
    title = plain(paper.title)
    return Wording(
        kind=kind_of(paper.title),
        title=joined(title),
        title_words=frozenset(singular(word) for word in title.split()),
        heads=frozenset(joined(plain(head)) for head in _heads(paper.title)),
        numbers=title_numbers(paper.title),
        persons=tuple(person(name) for name in paper.authors if not _GROUP.search(name) and name.strip()),
        abstract=joined(abstract),
        words=frozenset(singular(word) for word in words),
        runs=frozenset(zip(words, words[1:], words[2:], strict=False)),
        years=frozenset(_YEAR.findall(abstract)),
        edition=frozenset(n for said in paper.abstract.split(".") if "edition" in said for n in title_numbers(said)),
        figures=frozenset(re.findall(r"\d+", abstract)),
        is_cut_off=bool(_CUT_OFF.search(paper.abstract)),
    )


@lru_cache(512)
def meeting_points(title: str, authors: tuple[str, ...], abstract: str) -> tuple[int, ...]:
    """Give the numbers under which records of one study meet whose titles or abstracts are not quite the same."""
    hashes = sketch(normal_form(abstract))
    start = content_words(normal_form(title))[:3]
    if authors and len(start) == 3:
        named = " ".join([*start, person(authors[0]).family])
        hashes.append(int.from_bytes(blake2b(named.encode(), digest_size=8).digest(), signed=True))
    return tuple(hashes)


def plain(text: str) -> str:
    """Give a text's normal form without markup, with Greek letters by name and one spelling."""
    text = html.unescape(_MARKUP.sub("", text)) if "<" in text or "&" in text else text
    text = _COMMAND.sub("", text) if "\\" in text else text
    if not text.isascii():
        text = "".join(_greek(c) if "\u0370" <= c <= "\u03ff" else c for c in text)
    text = normal_form(text)
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    return text


def singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def joined(text: str) -> str:
    return text.replace(" ", "")


def kind_of(title: str) -> str:
    """Tell what a title says it is: "correction", "reply", …; "" for a paper."""
    text = unicodedata.normalize("NFKC", title).replace("\u2019", "'")
    return next((kind for kind in _NOTICES if _STARTS[kind].match(text) or _ENDS[kind].search(text)), "")


def title_numbers(title: str) -> tuple[str, ...]:
    """Give the numbers in a title in order, however they are written: "Part II", "part two" and "2nd part" have "2"."""
    text = unicodedata.normalize("NFKC", _MARKUP.sub("", title))
    text = _PART.sub(lambda m: f"{_LONE_ROMAN[m[1].lower()]} ", text)
    text = _END.sub(lambda m: f"{_LONE_ROMAN[m[1].lower()]} ", text)
    tokens = _TOKEN.findall(_ORDINAL.sub("", plain(text).replace("_", " ")))
    # A point inside a number is gone from the normal form: "2.0" and "2" are told apart by the zero that stays.
    return tuple(found for token in tokens if (found := token if token[0].isdigit() else _NUMBERS.get(token, "")))


def person(name: str) -> Person:
    """Take a name apart: "Family, Given", "Given Family", "Family GM" (PubMed)."""
    family, comma, given = name.partition(",")
    words = plain(name).split()
    if comma and plain(given) and plain(given) not in _SUFFIXES:
        last, first = plain(family).split()[-1:], plain(given).split()
    else:
        kept = [word for word in plain(family).split() if word not in _SUFFIXES]
        raw = family.split()
        is_pubmed = len(raw) > 1 and raw[-1].isupper() and raw[-1].isalpha() and len(raw[-1]) <= 3 and len(raw[0]) > 2
        is_pubmed = is_pubmed and not raw[0].isupper()
        last, first = (kept[-2:-1], kept[-1:]) if is_pubmed else (kept[-1:], kept[:-1])
        if is_pubmed and first:
            first = list(first[0])
    return Person("".join(last), frozenset(words), "".join(word[0] for word in first))


def _heads(title: str) -> list[str]:
    """Give what comes before and after each separator, where it is long enough to be a title of its own."""
    found = []
    for separator in _SEPARATOR.finditer(title):
        found += [title[: separator.start()], title[separator.end() :]]
    return [part for part in found if len(joined(plain(part))) >= 6]


def _greek(letter: str) -> str:
    name = unicodedata.name(letter, "").split()
    return f" {name[3].lower()} " if len(name) >= 4 and name[0] == "GREEK" and name[2] == "LETTER" else letter
