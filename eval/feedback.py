"""Question candidates from the thumbs that users gave in the chat: lines like those of ``eval.draft``.

A good answer's papers are proposed as the right ones; a bad answer's are only noted, for a person has to say what would
have been right.  Every line is a draft, which a question set refuses until it has been edited.

Knows no page and no home folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rag.conversations import Exchange
from rag.types import Answer

_HISTORY = 6  # exchanges before a follow-up that go along


def feedback_lines(rated: Iterable[tuple[Exchange, Sequence[Exchange]]]) -> Iterator[str]:
    """Give a line of a question file for every rated exchange, each given with what was said before it."""
    for number, (exchange, before) in enumerate(rated, 1):
        if exchange.answer is not None:
            yield json.dumps(_line(number, exchange, exchange.answer, before), ensure_ascii=False)


def _line(number: int, exchange: Exchange, answer: Answer, before: Sequence[Exchange]) -> dict[str, Any]:
    good = exchange.rating > 0
    is_followup = answer.standalone_question.strip() != exchange.question.strip()
    cited = [citation.paper.title for citation in answer.citations]
    return {
        "draft": True,
        "id": f"rated-{number:03}",
        "type": _type(answer, cited, is_followup=is_followup),
        "question": exchange.question,
        "history": _history(before) if is_followup else [],
        "gold": cited if good else [],
        "facts": [],
        "answerable": not answer.abstained,
        "split": "dev" if number % 2 else "test",
        "rated": "good" if good else "bad",
        "answered": answer.text,
        "cited": cited,
    }


def _type(answer: Answer, cited: Sequence[str], *, is_followup: bool) -> str:
    """Guess the kind of question; the person who edits the line corrects it."""
    if answer.abstained:
        return "off" if answer.reason == "off_topic" else "near"
    if is_followup:
        return "followup"
    return "multi" if len(cited) > 1 else "concept"


def _history(before: Sequence[Exchange]) -> list[dict[str, str]]:
    turns = []
    for exchange in before[-_HISTORY:]:
        turns.append({"role": "user", "content": exchange.question})
        if exchange.text:
            turns.append({"role": "assistant", "content": exchange.text})
    return turns
