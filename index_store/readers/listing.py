"""Dumps of web pages that list papers: a title, its abstract, a title, its abstract.

Two layouts: blocks between blank lines, where an abstract may be wrapped over several lines (each line break inside a
block becomes one space), and one line each with no blank lines, where the first title may be glued to a button's label.
The page's furniture before the first paper and between papers is left out.

That titles and abstracts alternate is the prior; length and sentence form only show where a page slips.  An item that
could be either is what its turn makes it.  On the five seed pages abstracts have 383 to 1,920 characters and titles 15
to 141, and all 378 papers are read.  With 10 titles and 10 abstracts taken out at random every other paper still is;
where a title without abstract meets an abstract without title, the two become one paper, which nothing could tell.
Of some 3,600 READMEs, licences and manuals on one machine, 6 pass for listings: headings over one paragraph each.
Knows no column name and nothing of any one site.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from index_store.readers.columns import to_entry
from index_store.readers.lines import LINE_LIMIT, Line, lines
from index_store.readers.refusals import FORMATS
from index_store.types import Entry, Rejection

SUFFIXES = frozenset([".txt", ".text"])

# How much of a file is looked at before it counts as a listing.
_TRIAL_LINES, _TRIAL_CHARACTERS = 600, 262_144
_LONG_LINE = 200  # characters; no text is wrapped as wide as this,
_SHORT_LINE = 40  # and none as narrow as this

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_FURNITURE = re.compile(
    rf"[\W\d_]+|{_DAY}{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?|{_DAY}\d{{1,2}}\.?\s+{_MONTH}(?:\s+\d{{4}})?"
    r"|new|today|yesterday|papers|(?:daily|weekly|monthly|trending|latest|recent) papers|subscribe|subscribed"
    r"|(?:log|sign) ?(?:in|up|out)|get .{0,60}\binbox\b.{0,30}|by ?\S.{0,60}\bcommunity"
    r"|(?:\d+\s+)?(?:up)?(?:votes?|likes?|comments?|stars?)(?:[:\s]*\d+)?|submitted by \S.{0,40}|\d+ authors?"
    r"|(?:load|show|view|read) (?:more|all)|previous|next|previous\W+next|back to .{0,30}",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?:Subscribe|Sign ?[Uu]p|Sign ?[Ii]n|Log ?[Ii]n)(?=[A-Z0-9$\\\"“‘'({\[]|[^\x00-\x7f])")
_MARKUP = re.compile(r"#{1,6}\s|```|~~~|[-*+•] |> |\||<[a-z!/]|\.\. |={3,}|@\w+\{", re.IGNORECASE)

_FULL_STOP = re.compile(r"[.…。][)\]}\"'”’$]{0,3}\Z")
_STATEMENT_BREAK = re.compile(r"(?:[a-z]{3}|[)\]}])\.\s+[A-Z]")  # a title may go on after a question, not after this
_SENTENCE_BREAK = re.compile(r"(?:[a-z]{3}|[)\]}$%\"”])[.!?][)\]\"”]*\s+[A-Z(\\$\"“]|[。！？].")


@dataclass(frozen=True, slots=True)
class _Item:
    """A line or a block: a title, an abstract, or furniture.  Only a line too long to keep has no text.

    ``is_ragged``: a block whose lines break early, as in lists and tables; running text does not.
    """

    line: int
    text: str
    problem: str | None = None
    is_ragged: bool = False

    @property
    def is_furniture(self) -> bool:
        return bool(self.text) and len(self.text) < 120 and _FURNITURE.fullmatch(self.text) is not None

    @property
    def is_title(self) -> bool:
        """Whether it can only be a title."""
        if self.is_ragged or not 0 < len(self.text) <= 200:
            return False
        return not self._ends_a_sentence and not _STATEMENT_BREAK.search(self.text)

    @property
    def is_abstract(self) -> bool:
        """Whether it can only be an abstract."""
        length = len(self.text)
        if length == 0 or length > 500:
            return True
        return (length >= 300 and self._ends_a_sentence) or (
            length >= 200 and _SENTENCE_BREAK.search(self.text) is not None
        )

    @property
    def _ends_a_sentence(self) -> bool:
        return _FULL_STOP.search(self.text[-4:]) is not None


@dataclass(frozen=True, slots=True)
class _Pair:
    title: _Item | None
    abstract: _Item | None


def sniff(head: str) -> bool:
    """Tell whether the text has the form of a listing."""
    return _is_listing([Line(n, text) for n, text in enumerate(head.split("\n")[:_TRIAL_LINES], 1)])


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per title and abstract; a title or an abstract left alone is rejected, and reading goes on."""
    source = lines(path)
    trial = _trial(source)
    if not _is_listing(trial):
        yield _refusal(path, trial)
        return
    items = _items(chain(trial, source), in_blocks=_in_blocks(trial))
    for pair in _pairs(_after_header(items)):
        yield _entry(pair, path)


def _trial(source: Iterator[Line]) -> list[Line]:
    trial: list[Line] = []
    size = 0
    for line in source:
        trial.append(line)
        size += len(line.text)
        if len(trial) == _TRIAL_LINES or size > _TRIAL_CHARACTERS:
            break
    return trial


def _refusal(path: Path, trial: list[Line]) -> Rejection:
    unusable = next((line for line in trial if line.problem), None)
    if unusable is not None:
        return Rejection(path, unusable.number, unusable.problem or "")
    form = "titles and abstracts do not alternate in it; prose and notes are not read"
    return Rejection(path, 0, f"not a paper listing: {form}; Citewell reads {FORMATS}")


def _is_listing(trial: list[Line]) -> bool:
    items = list(_items(trial, in_blocks=_in_blocks(trial)))
    marked = sum(1 for item in items if _MARKUP.match(item.text))
    if marked * 10 > len(items):
        return False
    found = list(_pairs(_after_header(iter(items))))
    pairs = [p for p in found if p.title and p.abstract and p.abstract.is_abstract and not p.abstract.is_ragged]
    strong = sum(1 for p in pairs if p.title and p.title.is_title)
    stray_abstracts = sum(1 for p in found if p.title is None)
    if not stray_abstracts and len(pairs) == len(found) > 2:
        return True  # titles may end with a full stop where the alternation never slips
    # Prose is paragraph upon paragraph: abstracts without titles.
    return stray_abstracts < len(pairs) and len(found) <= 2 * len(pairs) <= 4 * strong


def _in_blocks(trial: list[Line]) -> bool:
    filled = [bool(line.text.strip()) for line in trial]
    blocks = sum(1 for before, now in zip([False, *filled], filled, strict=False) if now and not before)
    wrapped = all(len(line.text) < _LONG_LINE for line in trial)
    return wrapped or blocks * 10 >= 8 * sum(filled)


def _items(source: Iterable[Line], *, in_blocks: bool) -> Iterator[_Item]:
    block: list[Line] = []
    size = 0
    for line in source:
        usable = bool(line.text.strip())
        if block and (not in_blocks or not usable or size > LINE_LIMIT):
            yield _join(block)
            block, size = [], 0
        if usable:
            block.append(line)
            size += len(line.text)
        elif line.problem:
            yield _Item(line.number, "", line.problem)
    if block:
        yield _join(block)


def _join(block: list[Line]) -> _Item:
    problem = next((line.problem for line in block if line.problem), None)
    parts = [line.text.strip() for line in block]
    is_ragged = any(len(part) < _SHORT_LINE for part in parts[:-1])
    return _Item(block[0].number, " ".join(parts), problem, is_ragged)


def _after_header(items: Iterator[_Item]) -> Iterator[_Item]:
    """Drop what stands before the first paper: all up to the last piece of furniture, and labels of a few words."""
    held: list[_Item] = []
    for item in items:
        if item.is_abstract:
            rest = _without_header(held)
            yield from (early for early in rest[:-1] if len(early.text.split()) > 3)
            yield from (*rest[-1:], item)
            break
        held.append(item)
    yield from items


def _without_header(held: list[_Item]) -> list[_Item]:
    if not any(item.text.lower() == "subscribe" for item in held):
        held = list(chain.from_iterable(_unglue(item) for item in held))
    last = max((n for n, item in enumerate(held) if item.is_furniture), default=-1)
    return held[last + 1 :]


def _unglue(item: _Item) -> list[_Item]:
    label = _GLUED.match(item.text)
    if label is None:
        return [item]
    return [_Item(item.line, label.group()), _Item(item.line, item.text[label.end() :], item.problem)]


def _pairs(items: Iterator[_Item]) -> Iterator[_Pair]:
    title: _Item | None = None
    unsure: _Item | None = None  # what followed the title, if it could be the next title as well
    for item in items:
        if item.is_furniture:
            continue
        if title and unsure and item.is_abstract:
            yield _Pair(title, None)
            yield _Pair(unsure, item)
            title = unsure = None
            continue
        if title and unsure:
            yield _Pair(title, unsure)
            title = unsure = None
        if title is None and item.is_abstract:
            yield _Pair(None, item)
        elif title is None:
            title = item
        elif item.is_title:
            yield _Pair(title, None)
            title = item
        elif item.is_abstract:
            yield _Pair(title, item)
            title = None
        else:
            unsure = item
    if title:
        yield _Pair(title, unsure)


def _entry(pair: _Pair, path: Path) -> Entry | Rejection:
    unusable = next((item for item in (pair.title, pair.abstract) if item and item.problem), None)
    if unusable is not None:
        return Rejection(path, unusable.line, unusable.problem or "")
    fields = {"title": pair.title.text if pair.title else "", "abstract": pair.abstract.text if pair.abstract else ""}
    first = pair.title or pair.abstract
    return to_entry(fields, path, first.line if first else 0)
