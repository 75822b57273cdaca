"""What goes on about a list of papers: "only those from 2020", "which of them are by Hinton?", "the newest of them".

It is read as a question for a list that stands alone: "papers on attention" and "only those from 2020" make "papers on
attention published in 2020".  "Only" narrows further what was narrowed, "and since 2021?" puts other years in their
place.  Knows no library.  Pure; English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.ages import Superlative, of_list, superlative
from rag.cues import asks_for_papers
from rag.holdings import asks_for_all, asks_for_holdings
from rag.listing import Resumed, resumed
from rag.narrowing import Narrowing, narrowing
from rag.types import Turn
from rag.weighty import words_of

_ALL = "all papers"
_BARE_YEAR = re.compile(r"(?<![-–\w])(?=(?:1[89]|20)\d\d\W*$)")
_POINTS = frozenset("them these those ones one only just it restrict narrow filter limit keep".split())
_PAPERS = frozenset("papers articles publications studies".split())
_FRAME = _POINTS | frozenset(
    "a about all also among and any are articles but can could did do does from get give has have how i in is"
    " leave list many me my now of ok okay or other paper papers please pls publications published"
    " show so some studies that the then there they this to us was we were what which who written you".split()
)
_ANEW = re.compile(r"\W*(?:and|or|what\s+about|how\s+about)\b", re.IGNORECASE)


def refinement(question: str) -> Narrowing | None:
    """Tell what a question narrows a list before it to; None where it asks for more, or stands alone."""
    words = words_of(question)
    if _PAPERS & set(words) and not _POINTS & set(words) and not _ANEW.match(question):
        return None
    for text in (question, _BARE_YEAR.sub("in ", question)):
        read = narrowing(text, of_list=True)
        if read and set(words_of(read.rest)) <= _FRAME:
            return read
    return None


def on_list(question: str, history: Sequence[Turn]) -> Resumed | None:
    """Give the question for a list that a question asks, which goes on about one before it or asks for an order.

    None where it is no such question.  What it gives need not say "papers on" where the catalogue alone answers it.
    """
    asked = superlative(question)
    if asked and asked.rest and asks_for_papers(asked.papers):
        read = narrowing(asked.papers) or Narrowing(asked.papers)
        return None if read.is_all else Resumed(f"{_words(read)}, {asked} first", (), 0)
    among = of_list(question)
    if not among and not refinement(question):
        return None
    begun = _begun(history)
    if begun is None:
        return None
    turns = [turn.content for turn in history[begun:] if turn.role == "user"]
    narrowed = _narrowed([*turns, question])
    text = _extreme(narrowed, among) if among else _words(narrowed)
    return Resumed(text, tuple(history[:begun]), 0)


def _extreme(listed: Narrowing, among: Superlative) -> str:
    """Give the question for the oldest or newest of a list: the catalogue tells it, or the list in that order does."""
    if not (listed.is_all or asks_for_all(listed.rest)):
        return f"{_words(listed)}, {among} first"
    papers = "papers" if among.many or among.count else "paper"
    count = str(among.count or "")
    return " ".join(filter(None, ("the", count, str(among), papers, _words(replace(listed, rest="")))))


def _begun(history: Sequence[Turn]) -> int | None:
    """Give the place of the question for the list that a conversation ends with; None where it ends otherwise."""
    for at in reversed(range(len(history))):
        asked = history[at].content
        if history[at].role != "user" or resumed(asked, (Turn("user", _ALL),)):
            continue
        if not refinement(asked) and not of_list(asked):
            return at if asks_for_papers(asked) or asks_for_holdings(asked) else None
    return None


def _narrowed(questions: Sequence[str]) -> Narrowing:
    """Give the list that the first question asks for, narrowed to what the others say."""
    read = narrowing(questions[0]) or Narrowing(questions[0])
    for question in questions[1:]:
        if more := refinement(question):
            read = _both(read, more, anew=_ANEW.match(question) is not None)
    return read


def _both(read: Narrowing, more: Narrowing, *, anew: bool) -> Narrowing:
    """Narrow further, or ``anew``: then to other years, or to another author, than before."""
    first = max((year for year in (read.first_year, more.first_year) if year is not None), default=None)
    last = min((year for year in (read.last_year, more.last_year) if year is not None), default=None)
    if more.by_year and (anew or (first is not None and last is not None and first > last)):
        first, last = more.first_year, more.last_year
    authors = [more.author] if more.author and anew else [read.author, more.author]
    return Narrowing(read.rest, first, last, " and ".join(dict.fromkeys(filter(None, authors))))


def _words(read: Narrowing) -> str:
    """Give a question that narrows its papers so."""
    first, last = read.first_year, read.last_year
    years = f"since {first}" if last is None else f"before {last + 1}"
    if first is not None and last is not None:
        years = f"in {first}" if first == last else f"from {first} to {last}"
    said = [
        read.rest.rstrip(" ?.!"),
        *[f"published {years}"] * read.by_year,
        *[f"by {read.author}"] * bool(read.author),
    ]
    return " ".join(filter(None, said))
