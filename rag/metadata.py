"""Questions about what the catalogue has of single papers, "who wrote X", "X: year and doi", "is X older than Y".

Strict, since a question about what a paper says must not be taken for one: it counts only where it asks for nothing
else, and X is the name of a paper or points back at one.  Knows no library.  Pure; English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.followup import new_subject

Field = Literal[
    "authors",
    "first author",
    "last author",
    "number of authors",
    "year",
    "link",
    "doi",
    "arxiv",
    "title",
    "citation",
    "order",  # which of several papers came first
]

_PLEASE = r"(?:please|pls|plz|thanks|thank\s+you|thx)\b"
_LEAD = (
    rf"\W*(?:(?:and|but|so|ok(?:ay)?|hi|hey|hello|now|also|then|sorry|{_PLEASE})\b\W*)*"
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?(?=\w)|please\s+)?"
    r"(?:(?:give|tell|send|show|get|find)\s+(?:me|us)\s+|do\s+you\s+(?:know|have)\s+|is\s+there\s+"
    r"|(?:can|could|may)\s+(?:i|we)\s+(?:have|get|see)\s+|i(?:['’]d|\s+would)\s+like\s+|i\s+(?:want|need)\s+)?"
    r"(?:(?:what|who)(?:['’]s|\s+(?:is|are|was|were))\s+)?(?:the\s+|an?\s+|its\s+|their\s+|any\s+)?"
)
_END = rf"\W*(?:{_PLEASE}\W*)*"
_X = r"(?P<name>(?!(?:about|on|for|in|with)\b)\S.*?)"  # "who wrote about X"
_NOUNS: tuple[tuple[Field, str], ...] = (
    ("first author", r"(?:first|lead)\s+authors?"),
    ("last author", r"(?:last|senior)\s+authors?"),
    ("authors", r"(?:names?\s+of\s+(?:the\s+)?)?authors?(?:\s+(?:names?|list))?"),
    ("year", r"(?:publication\s+(?:year|date)|(?:year|date)\s+of\s+publication|year)s?"),
    ("link", r"(?:web\s+)?(?:link|url|address|pdf|full\s+text)s?"),
    ("doi", r"dois?(?:\s+numbers?)?"),
    ("arxiv", r"arxiv(?:\s+(?:id|identifier|number|link|url|page|address)s?)?"),
    ("title", r"(?:(?:full|exact|complete)\s+)?titles?"),
    ("citation", r"bib\s?tex(?:\s+(?:entry|citation|reference))?|citation|reference"),  # "citations" counts others
)
_NOUN = "(?:" + "|".join(noun for _, noun in _NOUNS) + ")"
_JOIN = r"(?:\s*(?:,\s*and\b|,|&|\+|/)|\s+(?:and|or|plus|as\s+well\s+as)\b)\s*(?:(?:the|its|their)\s+)?"
_LIST = rf"(?P<nouns>{_NOUN}(?:{_JOIN}{_NOUN})*)"
_OF = re.compile(rf"{_LEAD}{_LIST}(?:\s+(?:of|for|to|on)\s+(?P<name>\S.*?))?{_END}", re.IGNORECASE | re.DOTALL)
_AFTER = re.compile(  # "X authors", "X: authors and doi", "X's year"
    rf"{_LEAD}(?P<name>\S.*?)(?:['’]s?\s+|\s*[:,–—-]\s*(?:the\s+)?|\s+){_LIST}{_END}", re.IGNORECASE | re.DOTALL
)

_CAME_OUT = r"(?:published(?:\s+in)?|written|posted|released|from|out)"
_OUT = rf"(?:\s+(?:first\s+)?{_CAME_OUT})"
_COPY = r"(?:(?:the|an?)\s+)?(?:(?:pdf|full\s+text|copy)\s+of\s+)?"
_FORMS: tuple[tuple[Field, str], ...] = (
    ("authors", rf"who\s+(?:wrote|authored|published)\s+{_X}"),
    ("authors", rf"by\s+whom(?:\s+(?:is|was)\s+{_X}\s+written)?"),
    ("number of authors", rf"how\s+many\s+authors\s+(?:do|does|did)\s+{_X}\s+have"),
    ("number of authors", rf"how\s+many\s+(?:authors|people)\s+(?:wrote|authored)\s+{_X}"),
    (
        "number of authors",
        r"(?:how\s+many|number\s+of)\s+authors(?:\s+are\s+there)?(?:\s+(?:of|for|on)\s+(?P<name>\S.*?))?",
    ),
    ("year", rf"when\s+(?:is|was|were)\s+{_X}{_OUT}"),
    ("year", rf"when\s+did\s+{_X}\s+(?:first\s+)?(?:come\s+out|appear)"),
    ("year", rf"(?:(?:in|from)\s+)?(?:what|which)\s+year\s+(?:is|was|were)\s+{_X}{_OUT}?"),
    ("year", rf"(?:in\s+)?(?:what|which)\s+year\s+did\s+{_X}\s+(?:come\s+out|appear)"),
    ("year", r"(?:in\s+|from\s+)?(?:what|which)\s+year"),
    (
        "link",
        rf"where\s+(?:can|could|do|may)\s+(?:i|we|one)\s+(?:find|read|get|download|access)\s+{_COPY}{_X}(?:\s+online)?",
    ),
    ("citation", rf"(?:how\s+(?:do|can|should|could|would)\s+(?:i|we|one)\s+)?cite\s+{_X}"),
)
_CUES = [(field, re.compile(_LEAD + form + _END, re.IGNORECASE | re.DOTALL)) for field, form in _FORMS]

_OLDER = r"(?:older|newer|younger|earlier|later|more\s+recent)"
_OLDEST = rf"(?:the\s+)?(?:{_OLDER}|oldest|newest|earliest|latest|most\s+recent)(?:\s+(?:one|paper))?"
_WHICH = r"(?:which|what)(?:\s+(?:one|paper|work|of\s+(?:them|these|those|the\s+(?:two|three)|both)))?"
_BEFORE = rf"(?:before|after|{_OLDER}\s+than)"
_APPEARED = r"(?:came(?:\s+out)?|appeared|(?:is|was|were)\s+(?:published|written|released|out))"
_IS_OLDER = (
    rf"(?:(?:\s+(?:is|are|was|were)|['’]s)\s+{_OLDEST}|\s+{_APPEARED}\s+(?:out\s+)?(?:first|last|earlier|later))"
)
_ORDERS = [
    re.compile(_LEAD + form + _END, re.IGNORECASE | re.DOTALL)
    for form in (
        rf"{_WHICH}{_IS_OLDER}(?:\s*[,:;–—-]\s*(?P<name>\S.*?)|\s+(?P<other>\S.*?\sor\s.*?))?",
        rf"which\s+of\s+(?P<name>\S.*?){_IS_OLDER}",
        rf"(?:(?:of|between)\s+)?(?P<name>\S.*?)\s*[,:;?–—-]\s*{_WHICH}{_IS_OLDER}",
        r"(?P<name>\S.*?\sor\s.*?)\s+(?:first|earlier)",
        rf"(?:is|was)\s+(?P<name>\S.*?)\s+(?:{_CAME_OUT}\s+)?{_BEFORE}\s+(?P<other>\S.*?)",
        rf"(?:did|does)\s+(?P<name>\S.*?)\s+(?:(?:come\s+out|appear)\s+{_BEFORE}|predate)\s+(?P<other>\S.*?)",
    )
]
_TOPIC = re.compile(
    rf"{_LEAD}(?P<name>\S.*?)\s*[:–—]\s+(?P<asked>\S.*)", re.IGNORECASE | re.DOTALL
)  # "X: who wrote it?"
_CLAUSE = re.compile(
    r"(?:\s*[,;?]\s*(?:and\s+)?|\s+and\s+)(?=(?:who|when|what|which|where|in|by|how)\b)", re.IGNORECASE
)
_GREETS = re.compile(_LEAD + _END, re.IGNORECASE)
_WHEN = re.compile(r"\W*(?:(?:and|but)\s+)?when(?:\s+was\s+(?:it|that|this))?\W*", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*(?:,\s*(?:and|or)\b|,|&|\b(?:and|or|vs\.?|versus)(?!\w))\s*", re.IGNORECASE)
_NOUN_OF_PAPER = r"(?:papers?|articles?|study|work|publication|preprint)"
_POINTS = re.compile(
    rf"it|this|that|(?:the|this|that)\s+(?P<place>first|second|third|fourth|fifth|last|former|latter)?"
    rf"\s*(?:one|{_NOUN_OF_PAPER})|(?:the|that)\s+(?P<bare>first|second|third|fourth|fifth|last|former|latter)",
    re.IGNORECASE,
)
_CALLED = re.compile(
    rf"(?:(?:the|this)\s+)?(?P<name>.+?)"
    rf"(?P<noun>(?:['’]s)?\s+(?:{_NOUN_OF_PAPER}|method|model|algorithm|optimi[sz]er|network|architecture))?",
    re.IGNORECASE | re.DOTALL,
)
_PAPER_AT_END, _AT_END = re.compile(rf"{_NOUN_OF_PAPER}$", re.IGNORECASE), re.compile("$")
_LOOKED_BACK = 4  # questions
_MOST_NAMES = 8  # in one question; what has more is a text
_LONGEST = 400  # characters; what is longer asks for more, and the patterns would take long to say so
_INDEFINITE = re.compile(r"(?:the|this|that|these|those|an?|its|their|his|her|such)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the paper called ``name``, or of several; of the one under discussion where that is empty.

    ``place``: which of several papers under discussion is meant, in words.  ``of_paper``: the question says "paper", so
    that the name need not look like one; ``bare``: it stands without an article.  ``terse``: little but the name tells
    what is asked ("BERT year"), so that the name has to be a paper's for certain.
    """

    fields: tuple[Field, ...]
    name: str = ""
    place: str = ""
    of_paper: bool = False
    bare: bool = False
    terse: bool = False

    @property
    def orders(self) -> bool:
        """Tell whether it asks which of several papers came first."""
        return "order" in self.fields

    @property
    def each(self) -> tuple[Asked, ...]:
        """The same asked of each of several names ("X, Y and Z"), if they are several."""
        names = [name for name in _SEVERAL.split(self.name) if name][:_MOST_NAMES]
        parts = (_asked(self.fields, name, terse=self.terse) for name in names)
        return tuple(replace(part, of_paper=part.of_paper or self.of_paper) for part in parts)


def asked_of(question: str, before: Sequence[str] = ()) -> Asked | None:
    """Tell which metadata of papers a question asks for; None where it asks for more, or for something else.

    ``before`` are the questions before it: only after one of this kind "when?" asks for a year, "and X?" for the same.
    """
    if len(question) > _LONGEST:
        return None
    last = asked_of(before[-1], before[-_LOOKED_BACK:-1]) if before else None
    if last and _WHEN.fullmatch(question):
        return Asked(("year",))
    if last and (subject := new_subject(question)):
        return Asked(last.fields, subject)
    first, *others = [clause for clause in _CLAUSE.split(question) if not _GREETS.fullmatch(clause)] or [question]
    asked = _in_one(first) if others else None
    if asked is None:
        return _in_one(question)
    return _of_the_same(asked, others) or replace(_in_one(question) or asked, terse=True)


def _of_the_same(asked: Asked, others: Sequence[str]) -> Asked | None:
    """Read "who wrote X and when was it published": all but the first clause ask of the same paper."""
    more = [Asked(("year",)) if _WHEN.fullmatch(clause) else _in_one(clause) for clause in others]
    if not all(each is not None and not each.name and not each.place for each in more):
        return None
    return replace(asked, fields=(*asked.fields, *(field for each in more if each for field in each.fields)))


def _in_one(question: str) -> Asked | None:
    for cue in _ORDERS:
        if match := cue.fullmatch(question):
            said = match.groupdict()
            return _asked(("order",), ", ".join(filter(None, (said.get("name"), said.get("other")))), terse=True)
    for field, cue in _CUES:
        if match := cue.fullmatch(question):
            return _asked((field,), match.groupdict().get("name") or "")
    if match := _OF.fullmatch(question):
        return _asked(_fields(match["nouns"]), match["name"] or "")
    if match := _AFTER.fullmatch(question):
        return _asked(_fields(match["nouns"]), match["name"], terse=True)
    match = _TOPIC.fullmatch(question)
    asked = _in_one(match["asked"]) if match else None
    return _asked(asked.fields, match["name"], terse=True) if match and asked and not asked.name else None


def _fields(nouns: str) -> tuple[Field, ...]:
    said = re.split(_JOIN, nouns, flags=re.IGNORECASE)
    found = (next(field for field, noun in _NOUNS if re.fullmatch(noun, each, re.IGNORECASE)) for each in said)
    return tuple(dict.fromkeys(found))


def _asked(fields: tuple[Field, ...], name: str, *, terse: bool = False) -> Asked:
    name = name.strip().rstrip("?!. ")
    if points := _POINTS.fullmatch(name):
        return Asked(fields, place=points["place"] or points["bare"] or "", terse=terse)
    called, bare = _CALLED.fullmatch(name), _INDEFINITE.match(name) is None
    if called is None:
        return Asked(fields, terse=terse)
    noun = _PAPER_AT_END if "order" in fields else _AT_END  # "the draft or the target model" are no papers
    of_paper = called["noun"] is not None and noun.search(called["noun"]) is not None
    return Asked(fields, called["name"], of_paper=of_paper, bare=bare, terse=terse)
