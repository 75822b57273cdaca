"""One user's conversation: what was asked, what came of it, and how both look in the page.

``follow`` turns the assistant's events into conversations, one after each event; every failure becomes part of the
conversation.  Frozen data in, frozen data out; each exchange is rendered once, when it changes.

Knows no page component; what is kept across a restart is decided elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import Literal, TypedDict

from index_store.errors import CitewellError, InputError
from index_store.types import Paper
from rag.limits import MAX_HISTORY_TURNS, MAX_QUESTION_CHARS, MAX_TURN_CHARS
from rag.types import Answer, AnswerEvent, DeltaEvent, HitsEvent, Request, Turn
from ui import render
from ui.cards import reading_html, sources_html, welcome_html
from ui.protocols import Assistant
from ui.streams import stopping

_log = logging.getLogger(__name__)
_REPAINT_S = 0.05
"""Seconds between two repaints while words arrive: faster than reading, slower than a local model's tokens."""
_TROUBLE = "Something failed inside Citewell. The log of `citewell serve` has the details; the conversation is intact."


class Message(TypedDict):
    """A message as the chat component takes it."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it so far: the papers found, the words that arrived, the answer.

    ``html`` shows all of that.  ``done`` is set once nothing more will come.
    """

    question: str
    html: str
    found: tuple[Paper, ...] = ()
    text: str = ""
    answer: Answer | None = None
    done: bool = False


Conversation = tuple[Exchange, ...]


def follow(assistant: Assistant, conversation: Conversation, question: str) -> Iterator[Conversation]:
    """Ask ``question`` and give the conversation after each step, the last one with the exchange done."""
    turn = len(conversation) + 1
    exchange = Exchange(question, render.pending_html("", turn))
    yield (*conversation, exchange)
    try:
        painted = 0.0
        for step in _steps(assistant, conversation, exchange):
            exchange = step
            if exchange.done or not exchange.text or monotonic() - painted >= _REPAINT_S:
                painted = monotonic()
                yield (*conversation, exchange)
    except CitewellError as exc:
        yield (*conversation, _failed(exchange, str(exc)))
    except Exception:  # noqa: BLE001 (whatever it was, the user is told in the conversation)
        _log.exception("a question of the chat page failed")
        yield (*conversation, _failed(exchange, _TROUBLE))


def stop(conversation: Conversation) -> Conversation:
    """Give the conversation after the user stopped its last answer; one that was complete stays as it is."""
    if not conversation or conversation[-1].done:
        return conversation
    last = conversation[-1]
    return (*conversation[:-1], replace(last, html=render.stopped_html(last.text, len(conversation)), done=True))


def messages(conversation: Conversation) -> list[Message]:
    """Give the conversation as the chat component shows it."""
    shown: list[Message] = []
    for exchange in conversation:
        shown.append({"role": "user", "content": render.question_html(exchange.question)})
        shown.append({"role": "assistant", "content": exchange.html})
    return shown


def history(conversation: Conversation) -> tuple[Turn, ...]:
    """Give the newest turns of the conversation for a follow-up question to refer to."""
    turns: list[Turn] = []
    for exchange in conversation:
        turns.append(Turn("user", exchange.question[:MAX_TURN_CHARS]))
        if exchange.text:
            turns.append(Turn("assistant", exchange.text[:MAX_TURN_CHARS]))
    return tuple(turns[-MAX_HISTORY_TURNS:])


def sources(conversation: Conversation, turn: int) -> str:
    """Give the sources panel for question number ``turn``, counted from 1; other numbers give the panel's welcome."""
    if not 1 <= turn <= len(conversation):
        return welcome_html()
    exchange = conversation[turn - 1]
    if exchange.answer is not None:
        return sources_html(exchange.answer, turn, exchange.found)
    return welcome_html() if exchange.done else reading_html(exchange.found)


def _steps(assistant: Assistant, conversation: Conversation, exchange: Exchange) -> Iterator[Exchange]:
    if len(exchange.question) > MAX_QUESTION_CHARS:
        raise InputError(f"A question may have at most {MAX_QUESTION_CHARS:,} characters; this one is longer.")
    turn = len(conversation) + 1
    with stopping(assistant.stream(Request(exchange.question, history(conversation)))) as events:
        for event in events:
            match event:
                case HitsEvent(hits):
                    exchange = replace(exchange, found=tuple(hit.paper for hit in hits))
                case DeltaEvent(text):
                    heard = exchange.text + text
                    exchange = replace(exchange, text=heard, html=render.pending_html(heard, turn))
                case AnswerEvent(answer):
                    html = render.answer_html(answer, turn, with_notice=_is_news(answer, conversation))
                    exchange = replace(exchange, text=answer.text, html=html, answer=answer, done=True)
            yield exchange
    if not exchange.done:
        raise CitewellError("The answer broke off before its end: ask again.")


def _failed(exchange: Exchange, sentence: str) -> Exchange:
    return replace(exchange, html=render.failure_html(sentence, exchange.text), done=True)


def _is_news(answer: Answer, conversation: Conversation) -> bool:
    """Tell whether the user has not yet read the answer's notice in this conversation."""
    return all(earlier.answer is None or earlier.answer.notice != answer.notice for earlier in conversation)
