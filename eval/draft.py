"""Question candidates from a library's own abstracts, to be edited into a regression set.

A sentence with a measured number, an acronym spelled out, a named method or a claim becomes a question whose answer it
is.  The wording comes from templates, or from a model where one is given; either way a person has to read it: every
candidate is marked as a draft, and a question set refuses drafts.  The sentence goes along to check the fact against.
A question that the library answers in two ways, by two papers or with two facts, is not proposed.

Knows no home folder.  The same library gives the same candidates.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from index_store.sentences import sentence_spans
from index_store.types import Paper

# What a model is given to word a question better; returns None where it has nothing usable.
Wording = Callable[["Candidate"], str | None]
_Answer = tuple[str, tuple[tuple[str, ...], ...]]  # the paper's title, the facts

_PERCENT = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)*)\s?\\?(?:%|percent\b|per cent\b)")
_AMOUNT = r"(?<![\w.,$^{-])(\d+(?:[.,]\d+)*(?: (?:thousand|million|billion|trillion))?)"
_COUNTED = re.compile(_AMOUNT + r"\s+((?:[a-z][a-z-]+ ){0,2}?[a-z-]{3,}s)\b")
_FACTOR = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)\s?(?:(?:x|\$?\\times|times)\b|×)(?!\$?\s?\d)", re.I)  # not 3 × 3
_ACRONYM = re.compile(r"((?:[A-Za-z][\w-]*\s+){2,6})\(([A-Z][A-Za-z]*[A-Z][A-Za-z]*)s?\)")
_CLAIM = re.compile(r"\bwe (?:show|prove|find|demonstrate|propose|introduce|present|study|develop)\b(?: that)?", re.I)
_NAMED_TITLE = re.compile(r"^([A-Z][\w+.-]{2,24}):\s")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NAME_BEFORE = re.compile(r"(?<=\s)[\w-]*[A-Z][\w-]*\s+$")  # a number after it is part of it: Atari 2600, COCO 2015
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
    """Propose questions, one for each telling sentence, each with one answer in these papers."""
    by_sentence = [readings for paper in papers for readings in _of_paper(paper)]
    answers: dict[str, set[_Answer]] = defaultdict(set)
    for candidate in chain.from_iterable(by_sentence):
        answers[_asked(candidate)].add(_answer(candidate))
    proposed: set[str] = set()
    for readings in by_sentence:
        for candidate in readings:
            asked = _asked(candidate)
            if len(answers[asked]) == 1 and asked not in proposed:
                proposed.add(asked)
                yield candidate
                break


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


def _asked(candidate: Candidate) -> str:
    return candidate.question.casefold()


def _answer(candidate: Candidate) -> _Answer:
    return candidate.title, tuple(tuple(word.casefold() for word in group) for group in candidate.facts)


def _of_paper(paper: Paper) -> Iterator[list[Candidate]]:
    """Give the questions that the title could become, then those of each sentence."""
    if named := _NAMED_TITLE.match(paper.title):
        yield [Candidate("named", f"What is {named[1]}?", paper.title, (), paper.title)]
    for span in sentence_spans(paper.abstract):
        yield list(_of_sentence(paper, paper.abstract[span.start : span.end]))


def _of_sentence(paper: Paper, sentence: str) -> Iterator[Candidate]:
    """Try the kinds of question, the most checkable first."""
    about = f"“{_short(paper.title)}”"
    if match := _PERCENT.search(sentence):
        facts = _facts(match, "{}%", "{} %", "{}\\%", "{} percent")
        question = f"What percentage does {about} report for {_context(sentence, match)}?"
        yield Candidate("fact", question, paper.title, facts, sentence)
    if match := _FACTOR.search(sentence):
        facts = _facts(match, "{}x", "{} x", "{}×", "{}$\\times$", "{} times")
        question = f"By what factor, according to {about}: {_context(sentence, match)}?"
        yield Candidate("fact", question, paper.title, facts, sentence)
    for match in _COUNTED.finditer(sentence):
        if _is_count(sentence, match):
            alternatives = tuple(dict.fromkeys((match[1], match[1].replace(",", ""))))
            question = f"How many {match[2]} does {about} speak of?"
            yield Candidate("fact", question, paper.title, (alternatives,), sentence)
    for match in _ACRONYM.finditer(sentence):
        if full := _spelled_out(match[1], match[2]):
            acronym = match[2].removesuffix("s")
            yield Candidate("fact", f"What does {acronym} stand for?", paper.title, ((full,),), sentence)
    if match := _CLAIM.search(sentence):
        rest = sentence[match.end() :].strip(" ,.")
        if len(rest.split()) > 5:
            yield Candidate("concept", f"Which paper is about this: {rest}?", paper.title, (), sentence)


def _is_count(sentence: str, match: re.Match[str]) -> bool:
    """Tell whether a number with the words after it counts them, and is no year and no part of a name."""
    if _YEAR.fullmatch(match[1]) or _NAME_BEFORE.search(sentence, 0, match.start()):
        return False
    return not _NOT_COUNTED.search(match[2])


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
