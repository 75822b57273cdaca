"""Question candidates from a library's own abstracts, to be edited into a regression set.

A sentence with a measured number, an acronym spelled out, a named method or a claim becomes a question whose answer it
is.  The wording comes from templates, or from a model where one is given; either way a person has to read it: every
candidate is marked as a draft, and a question set refuses drafts.  The sentence goes along to check the fact against.

Knows no home folder.  The same library gives the same candidates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from index_store.sentences import sentence_spans
from index_store.types import Paper

# What a model is given to word a question better; returns None where it has nothing usable.
Wording = Callable[["Candidate"], str | None]

_PERCENT = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)*)\s?\\?(?:%|percent\b|per cent\b)")
_AMOUNT = r"(?<![\w.,$^{-])(\d+(?:[.,]\d+)*(?: (?:thousand|million|billion|trillion))?)"
_COUNTED = re.compile(_AMOUNT + r"\s+((?:[a-z][a-z-]+ ){0,2}?[a-z-]{3,}s)\b")
_FACTOR = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)\s?(?:(?:x|\$?\\times|times)\b|×)(?!\$?\s?\d)", re.I)  # not 3 × 3
_ACRONYM = re.compile(r"((?:[A-Za-z][\w-]*\s+){2,6})\(([A-Z][A-Za-z]*[A-Z][A-Za-z]*)s?\)")
_CLAIM = re.compile(r"\bwe (?:show|prove|find|demonstrate|propose|introduce|present|study|develop)\b(?: that)?", re.I)
_NAMED_TITLE = re.compile(r"^([A-Z][\w+.-]{2,24}):\s")
_NOT_COUNTED = re.compile(r"\b(?:than|times|with|from|that|over|which|is|was|has|does|as|this|and|or|of|to|in|on)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that an abstract seems to answer.  ``facts`` as in a question set; ``sentence`` is the evidence."""

    type: str
    question: str
    title: str
    facts: tuple[tuple[str, ...], ...]
    sentence: str


def candidates(papers: Iterable[Paper]) -> Iterator[Candidate]:
    """Propose questions, one for each telling sentence."""
    for paper in papers:
        if named := _NAMED_TITLE.match(paper.title):
            yield Candidate("named", f"What is {named[1]}?", paper.title, (), paper.title)
        for span in sentence_spans(paper.abstract):
            found = _from_sentence(paper, paper.abstract[span.start : span.end])
            if found is not None:
                yield found


def pick(found: Iterable[Candidate], n: int) -> list[Candidate]:
    """Choose ``n`` candidates: every paper one before any has two, and the kinds of question in turn."""
    by_paper: dict[str, list[Candidate]] = {}
    for candidate in found:
        by_paper.setdefault(candidate.title, []).append(candidate)
    turned = [_turned(mine, number) for number, mine in enumerate(by_paper.values())]
    rounds = zip_longest(*turned)
    return [candidate for one_each in rounds for candidate in one_each if candidate is not None][:n]


def draft_lines(chosen: Sequence[Candidate], wording: Wording | None = None) -> Iterator[str]:
    """Give the lines of a question file: each a draft, with the sentence it came from, half of them ``test``."""
    numbers: dict[str, int] = {}
    for candidate in chosen:
        number = numbers[candidate.type] = numbers.get(candidate.type, 0) + 1
        question = (wording(candidate) if wording else None) or candidate.question
        line = {
            "draft": True,
            "id": f"{candidate.type}-{number:03}",
            "type": candidate.type,
            "question": question,
            "history": [],
            "gold": [candidate.title],
            "facts": [list(group) for group in candidate.facts],
            "answerable": True,
            "split": "dev" if number % 2 else "test",
            "from": candidate.sentence,
        }
        yield json.dumps(line, ensure_ascii=False)


def _turned(mine: list[Candidate], by: int) -> list[Candidate]:
    """Start each paper's candidates at another kind, so that the first round is not all of one kind."""
    kinds = list(dict.fromkeys(candidate.type for candidate in mine))
    first = kinds[by % len(kinds)]
    return sorted(mine, key=lambda candidate: candidate.type != first)


def _from_sentence(paper: Paper, sentence: str) -> Candidate | None:
    """Try the kinds of question, the most checkable first."""
    about = f"“{_short(paper.title)}”"
    if match := _PERCENT.search(sentence):
        facts = _facts(match, "{}%", "{} %", "{}\\%", "{} percent")
        question = f"What percentage does {about} report for {_context(sentence, match)}?"
        return Candidate("fact", question, paper.title, facts, sentence)
    if match := _FACTOR.search(sentence):
        facts = _facts(match, "{}x", "{} x", "{}×", "{}$\\times$", "{} times")
        question = f"By what factor, according to {about}: {_context(sentence, match)}?"
        return Candidate("fact", question, paper.title, facts, sentence)
    if (match := _COUNTED.search(sentence)) and not _NOT_COUNTED.search(match[2]):
        alternatives = tuple(dict.fromkeys((match[1], match[1].replace(",", ""))))
        return Candidate("fact", f"How many {match[2]} does {about} speak of?", paper.title, (alternatives,), sentence)
    if (match := _ACRONYM.search(sentence)) and (full := _spelled_out(match[1], match[2])):
        return Candidate("fact", f"What does {match[2]} stand for?", paper.title, ((full,),), sentence)
    if match := _CLAIM.search(sentence):
        rest = sentence[match.end() :].strip(" ,.")
        if len(rest.split()) > 5:
            return Candidate("concept", f"Which paper is about this: {rest}?", paper.title, (), sentence)
    return None


def _facts(match: re.Match[str], *spellings: str) -> tuple[tuple[str, ...]]:
    """Give one fact: the number as the sentence has it, then the other ways to write it."""
    return (tuple(dict.fromkeys((match[0], *(spelling.format(match[1]) for spelling in spellings)))),)


def _context(sentence: str, match: re.Match[str]) -> str:
    """Give the words around a number, the number itself left out."""
    before, after = sentence[: match.start()].split()[-5:], sentence[match.end() :].strip(" .,;%").split()[:6]
    return " ".join([*before, "…", *after]).strip(" .,;")


def _spelled_out(words: str, acronym: str) -> str | None:
    """Give the words whose first letters the acronym takes, where they are there."""
    letters = [letter for letter in acronym if letter.isupper()]
    last = words.replace("-", " ").split()[-len(letters) :]
    if [word[0].upper() for word in last] != letters:
        return None
    start = len(words.rstrip()) - len(" ".join(last))
    return words.rstrip()[start:]


def _short(title: str) -> str:
    return title.split(":", maxsplit=1)[0] if ":" in title[:60] else title
